# SPDX-License-Identifier: Apache-2.0
"""What a milter benchmark runs against each other, inside the private machine of tests/scenario/root.py: a name server with a
cache, OpenDKIM and OpenDMARC, rspamd with its authentication modules alone, filters that do nothing, and signet milter.

All of them run on one core, SERVERS; who asks runs on another, CLIENT.  With one core it is the same."""

import glob
import os
import pwd
import subprocess

import world

CORES = sorted(os.sched_getaffinity(0))
CLIENT, SERVERS = CORES[0], CORES[-1]
RUN = "/run/bench"
OURS = "mx.receiver.example"
RESOLVER = "192.0.2.53"  # libunbound, and so OpenDKIM, asks no server in 127.0.0.0/8
NSD_PORT = 5300
PACKAGES = ["nsd", "unbound", "opendkim", "opendmarc", "rspamd", "postfix"]
# Trees that RFC 6303 has every resolver answer itself.
REVERSE = ["18.198.in-addr.arpa.", "19.198.in-addr.arpa.", "100.51.198.in-addr.arpa.", "113.0.203.in-addr.arpa.",
           "2.0.192.in-addr.arpa.", "8.b.d.0.1.0.0.2.ip6.arpa."]
# What is not there is remembered for as long as what is: all contenders run on warm caches.
ZONE = "$TTL 3600\n{name}. SOA ns. postmaster. 1 3600 3600 3600 3600\n{name}. NS ns.\n"
SUFFIXES = "// ===BEGIN ICANN DOMAINS===\ncom\nnet\norg\narpa\nexample\n// ===END ICANN DOMAINS===\n"

UNBOUND = """
server:
    interface: 127.0.0.1
    interface: {address}
    access-control: 127.0.0.0/8 allow
    access-control: {address}/32 allow
    username: ""
    chroot: ""
    directory: "{run}"
    pidfile: ""
    use-syslog: no
    logfile: ""
    do-daemonize: no
    module-config: "iterator"
    do-not-query-localhost: no
    cache-min-ttl: 3600
    msg-cache-size: 64m
    rrset-cache-size: 128m
    num-threads: 1
{reverse}
remote-control:
    control-enable: no
stub-zone:
    name: "."
    stub-addr: 127.0.0.1@{port}
"""

OPENDKIM = """
Mode v
Socket local:{run}/opendkim.sock
UserID root
UMask 000
Background no
Syslog no
AuthservID {ours}
AlwaysAddARHeader yes
InternalHosts /dev/null
ExternalIgnoreList /dev/null
PeerList /dev/null
Nameservers {address}
"""

OPENDMARC = """
Socket local:{run}/opendmarc.sock
UserID root
UMask 000
Background no
Syslog no
AuthservID {ours}
TrustedAuthservIDs {ours}
SPFSelfValidate yes
SPFIgnoreResults yes
IgnoreAuthenticatedClients no
IgnoreHosts /dev/null
PublicSuffixList {run}/suffixes
RejectFailures no
RequiredHeaders no
"""

RSPAMD = """
options {{
    pidfile = "{run}/rspamd.pid"; tempdir = "{run}"; hs_cache_dir = "{run}"; control_socket = "{run}/rspamd.ctl mode=0600";
    filters = "dkim"; url_tld = "{run}/suffixes"; local_addrs = []; disable_hyperscan = true; task_timeout = 60s;
    dns {{ nameserver = ["127.0.0.1:53"]; timeout = 2s; retransmits = 5; sockets = 16; }}
}}
logging {{ type = "file"; filename = "{run}/rspamd.log"; level = "warning"; }}
modules {{ path = "/usr/share/rspamd/plugins/"; }}
dkim {{ dkim_cache_size = 2K; check_local = true; check_authed = true; trusted_only = false; skip_multi = false; max_sigs = 5; }}
spf {{ spf_cache_size = 2k; spf_cache_expire = 1d; check_local = true; check_authed = true; }}
dmarc {{ }}
arc {{ check_local = true; check_authed = true; sign_local = false; sign_authenticated = false; sign_inbound = false; }}
milter_headers {{
    use = ["authentication-results"]; skip_local = false; skip_authenticated = false;
    local_headers = ["authentication-results"]; authenticated_headers = ["authentication-results"];
    routines {{ authentication-results {{ add_smtp_user = false; }} }}
}}
worker "rspamd_proxy" {{
    bind_socket = "{run}/rspamd.sock mode=0666"; milter = yes; count = 1; timeout = 120s;
    upstream "local" {{ default = yes; self_scan = yes; }}
    discard_on_reject = false; quarantine_on_reject = false;
}}
"""

SIGNET = """
authserv_id = "{ours}"
mode = "monitor"
dns {{ resolver = "127.0.0.1" }}
milter {{ user = "signet-milter" workers = {workers} connections = 12000 spool = "{spool}" overrides = "{run}/overrides" }}
listen "unix" {{ socket = "unix:{run}/signet.sock" socket_mode = "0666" role = "verify" }}
listen "inet" {{ socket = "inet:127.0.0.1:{port}" role = "verify" }}
"""


def on_core(core, command):
    return ["taskset", "-c", str(core), *command]


def put(name, text, **facts):
    path = os.path.join(RUN, name)
    world.write(path, text.format(run=RUN, ours=OURS, address=RESOLVER, **facts))
    return path


def start_names(corpus):
    """NSD with the zones of the corpus, and Unbound before it, both on the core of who asks."""
    subprocess.run(["ip", "addr", "add", RESOLVER + "/32", "dev", "lo"], check=True)
    zones = {}
    for name in ("example", "arpa"):
        with open(f"{corpus}/zones/{name}.zone", encoding="ascii") as file:
            zones[name] = ZONE.format(name=name) + file.read()
    world.NameServer("", port=NSD_PORT, zones=zones)
    reverse = "\n".join(f'    local-zone: "{name}" nodefault' for name in REVERSE)
    conf = put("unbound.conf", UNBOUND, reverse=reverse, port=NSD_PORT)
    world.Process("unbound", on_core(CLIENT, ["unbound", "-d", "-c", conf]))
    world.wait_for("unbound", lambda: world.listens(53))


def add_clients():
    """Every address of the corpus is one of this machine: who sends comes from it."""
    for family, network in (("-4", "198.18.0.0/15"), ("-4", "198.51.100.0/24"), ("-4", "203.0.113.0/24"), ("-6", "2001:db8::/32")):
        subprocess.run(["ip", family, "route", "add", "local", network, "dev", "lo"], check=True)


class Milter:
    """One contender; a chain of several has several processes and addresses."""

    def __init__(self, key, name, does, parts, passes=1):
        self.key, self.name, self.does, self.passes = key, name, does, passes
        self.agreed = "-"
        self.processes, self.addresses = [], []
        for program, address, *more in parts:
            self.start(program, address, *more)

    def start(self, command, address, process_name=None, **more):
        started = world.Process(f"{self.key}-{len(self.processes)}", on_core(SERVERS, command), **more)
        where = int(address.rpartition(":")[2]) if address.startswith("inet:") else address[5:]
        world.wait_for(f"{self.name} ({started.log})", lambda: started.child.poll() is not None or world.listens(where), 60)
        if started.child.poll() is not None:
            raise RuntimeError(f"{self.name} ends: {started.text()[-500:]}")
        self.processes.append((started, process_name))
        self.addresses.append(address)

    def pids(self):
        found = []
        for process, name in self.processes:
            found.append(child_of(process.child.pid, name) if name else process.child.pid)
        return found

    def spread_out(self):
        """Onto all cores, with all threads."""
        for pid in self.pids():
            subprocess.run(["taskset", "-a", "-p", "-c", ",".join(map(str, CORES)), str(pid)], check=True, stdout=subprocess.DEVNULL)

    def stop(self):
        for process, _ in self.processes:
            process.stop()


def child_of(pid, name):
    """The process of that title whose parent is `pid`."""
    def find():
        for path in glob.glob("/proc/[0-9]*/stat"):
            try:
                with open(path, encoding="ascii", errors="replace") as stat:
                    parent = int(stat.read().rsplit(")", 1)[1].split()[1])
                with open(os.path.dirname(path) + "/cmdline", encoding="ascii", errors="replace") as title:
                    if parent == pid and name in title.read():
                        return int(path.split("/")[2])
            except OSError:
                continue
        return None
    world.wait_for(name, find)
    return find()


def start_open(build):
    del build
    world.write(f"{RUN}/suffixes", SUFFIXES)
    dkim = put("opendkim.conf", OPENDKIM)
    dmarc = put("opendmarc.conf", OPENDMARC)
    return Milter("open", "opendkim + opendmarc", "DKIM; SPF, DMARC", [
        (["opendkim", "-f", "-x", dkim], f"unix:{RUN}/opendkim.sock"),
        (["opendmarc", "-f", "-c", dmarc], f"unix:{RUN}/opendmarc.sock")], 0.5)


def start_rspamd(build):
    del build
    world.write(f"{RUN}/suffixes", SUFFIXES)
    conf = put("rspamd.conf", RSPAMD)
    return Milter("rspamd", "rspamd, these modules alone", "SPF, DKIM, ARC, DMARC", [
        (["rspamd", "-u", "root", "-g", "root", "-i", "-f", "-c", conf], f"unix:{RUN}/rspamd.sock", "rspamd_proxy")], 0.5)


def start_library(build):
    return Milter("library", "libmilter, no replies before the end", "nothing", [
        ([f"{build}/bench/bench-milter-library", f"unix:{RUN}/library.sock", "quiet"], f"unix:{RUN}/library.sock")], 5)


def start_chatty(build):
    return Milter("chatty", "libmilter as it comes", "nothing", [
        ([f"{build}/bench/bench-milter-library", f"unix:{RUN}/chatty.sock", "plain"], f"unix:{RUN}/chatty.sock")], 3)


def start_session(build):
    return Milter("session", "Signet's session alone", "nothing", [
        (["sh", "-c", f"umask 0; exec {build}/bench/bench-milter-noop unix:{RUN}/session.sock"], f"unix:{RUN}/session.sock")], 5)


class Signet(Milter):
    """`spool`: a folder on a disk, emptied first, or none; the log lies beside it."""

    PORT = 8892

    def __init__(self, build, spool=True, workers=1):
        self.folder = os.path.join(build, "milter")
        self.spool = os.path.join(self.folder, "spool")
        subprocess.run(["rm", "-rf", self.spool], check=True)
        os.makedirs(self.spool)
        os.chown(self.spool, *owner("signet-milter"))
        for parent in (RUN, self.folder):
            os.chmod(parent, 0o755)
        conf = put("signet.conf", SIGNET, workers=workers, spool=self.spool if spool else "none", port=self.PORT)
        self.log = os.path.join(self.folder, "log")
        with open(self.log, "wb"):
            pass
        # The log grows by a line each message: where it is, a shell can end it (empty()) while it is written.
        command = ["sh", "-c", f'exec "$@" 2>>{self.log}', "sh", f"{build}/service/milter/signet-milter", "--config", conf]
        super().__init__("signet", "signet milter", "SPF, DKIM, ARC, DMARC", [(command, f"unix:{RUN}/signet.sock")], 4)

    def empty(self):
        os.truncate(self.log, 0)

    @property
    def inet(self):
        return f"inet:127.0.0.1:{self.PORT}"


def owner(user):
    entry = pwd.getpwnam(user)
    return entry.pw_uid, entry.pw_gid
