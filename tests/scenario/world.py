# SPDX-License-Identifier: Apache-2.0
"""What stands in the private machine (root.py): a name server, an SMTP sink at the receiving end, Postfix or Sendmail, and
Signet's roles.  Everything is started by a test and ends with it."""

import os
import pwd
import re
import shutil
import signal
import smtplib
import socket
import subprocess
import threading
import time

FOLDER = "/var/signet-test"


def wait_for(what, ready, patience=60.0):
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if ready():
            return
        time.sleep(0.02)
    raise RuntimeError(f"{what} is not there after {patience:.0f} s")


def listens(where):
    """`where`: a port of loopback, or the path of a Unix socket."""
    family, address = (socket.AF_UNIX, where) if isinstance(where, str) else (socket.AF_INET, ("127.0.0.1", where))
    with socket.socket(family, socket.SOCK_STREAM) as s:
        s.settimeout(1)
        return s.connect_ex(address) == 0


def write(path, text, mode=0o644, owner=None):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, mode)
    if owner:
        who = pwd.getpwnam(owner)
        os.chown(path, who.pw_uid, who.pw_gid)


class Process:
    """One that we started, its output in a file."""

    def __init__(self, name, command, **more):
        self.name, self.command, self.more = name, command, more
        self.log = f"{FOLDER}/{name}.log"
        self.start()

    def start(self):
        os.makedirs(FOLDER, exist_ok=True)
        with open(self.log, "ab") as log:
            self.child = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **self.more)

    def stop(self, number=signal.SIGTERM, patience=60):
        if self.child.poll() is None:
            self.child.send_signal(number)
        return self.child.wait(patience)

    def text(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return log.read()


class NameServer(Process):
    """NSD with all names of the test in one zone, the root: what is not in it does not exist.  `unloaded`: zones that it
    cannot answer for (SERVFAIL); `zones`: {name: text} of further ones."""

    def __init__(self, zone, port=53, unloaded=(), zones=None):
        zones = zones or {}
        for name, text in zones.items():
            write(f"{FOLDER}/{name}.zone", text)
        named = "".join(f'zone:\n    name: "{name}"\n    zonefile: "{name}.zone"\n' for name in [*unloaded, *zones])
        write(f"{FOLDER}/root.zone", "$TTL 60\n. SOA ns. postmaster. 1 60 60 60 1\n. NS ns.\nns. A 127.0.0.1\n" + zone)
        write(f"{FOLDER}/nsd.conf", f"""
server:
    ip-address: 127.0.0.1
    port: {port}
    username: ""
    chroot: ""
    database: ""
    zonesdir: "{FOLDER}"
    zonelistfile: "{FOLDER}/zone.list"
    xfrdfile: "{FOLDER}/xfrd.state"
    xfrdir: "{FOLDER}"
    pidfile: "{FOLDER}/nsd.pid"
    server-count: 1
    rrl-ratelimit: 0
remote-control:
    control-enable: no
zone:
    name: "."
    zonefile: "root.zone"
{named}""")
        self.port = port
        super().__init__("nsd", ["nsd", "-d", "-c", f"{FOLDER}/nsd.conf"])
        wait_for("nsd", lambda: listens(port))


class Sink:
    """The receiving end: an SMTP server that keeps every message as it came over the wire.  `offers`: what it says to EHLO."""

    def __init__(self, port=2600, offers=("8BITMIME", "SMTPUTF8", "SIZE 0")):
        self.port, self.messages, self.lock = port, [], threading.Lock()
        lines = ["sink.example", *offers]
        self.hello = "".join(f"250{'-' if i + 1 < len(lines) else ' '}{line}\r\n" for i, line in enumerate(lines)).encode()
        self.socket = socket.create_server(("127.0.0.1", port), backlog=200)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            connection, _ = self.socket.accept()
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with connection, connection.makefile("rb") as lines:
            connection.sendall(b"220 sink.example ESMTP\r\n")
            envelope = {}
            for line in lines:
                verb = line[:4].upper()
                answer = b"250 ok\r\n"
                if verb == b"EHLO":
                    answer = self.hello
                elif verb == b"MAIL":
                    envelope = {"from": line[10:].split(b">")[0].strip(b"< \r\n").decode(), "to": []}
                elif verb == b"RCPT":
                    if b"refuse" in line:
                        connection.sendall(b"550 5.1.1 nobody of that name\r\n")
                        continue
                    envelope["to"].append(line[8:].split(b">")[0].strip(b"< \r\n").decode())
                elif verb == b"DATA":
                    connection.sendall(b"354 go on\r\n")
                    self.keep(envelope, self.data(lines))
                elif verb == b"QUIT":
                    connection.sendall(b"221 bye\r\n")
                    return
                connection.sendall(answer)

    @staticmethod
    def data(lines):
        octets = []
        for line in lines:
            if line == b".\r\n":
                break
            octets.append(line[1:] if line.startswith(b".") else line)
        return b"".join(octets)

    def keep(self, envelope, octets):
        with self.lock:
            self.messages.append({**envelope, "octets": octets})

    def find(self, mark, patience=60.0):
        """The messages that hold `mark` (octets); waits for the first."""
        end = time.monotonic() + patience
        while time.monotonic() < end:
            with self.lock:
                found = [message for message in self.messages if mark in message["octets"]]
            if found:
                return found
            time.sleep(0.02)
        return []


POSTFIX_MAIN = """
compatibility_level = 3.6
queue_directory = /var/spool/postfix
data_directory = /var/lib/postfix
daemon_directory = /usr/lib/postfix/sbin
command_directory = /usr/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = /var/log/postfix.log
inet_interfaces = loopback-only
inet_protocols = all
myhostname = mx.recv.example
mydestination =
mynetworks = 127.0.0.0/8 [::1]/128
relay_domains = recv.example
default_transport = smtp:[127.0.0.1]:2600
relay_transport = smtp:[127.0.0.1]:2600
local_transport = error:none
alias_maps =
alias_database =
smtp_tls_security_level = none
smtpd_peername_lookup = no
smtpd_authorized_xclient_hosts = 127.0.0.0/8 [::1]/128
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
smtpd_relay_restrictions = permit_mynetworks, permit_sasl_authenticated, permit_auth_destination, reject
smtpd_recipient_restrictions = permit
smtpd_timeout = 300s
message_size_limit = 0
mailbox_size_limit = 0
queue_minfree = 0
minimal_backoff_time = 1s
maximal_backoff_time = 2s
queue_run_delay = 2s
milter_default_action = tempfail
{more}
"""

POSTFIX_MASTER = """
2525 inet n - {chroot} - 0 smtpd
{inbound}
5587 inet n - n - 0 smtpd
{submission}
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
discard unix - - n - - discard
error unix - - n - - error
retry unix - - n - - error
showq unix n - n - - showq
postlog unix-dgram n - n - 1 postlogd
{services}
"""


class Postfix:
    """Port 2525 takes mail from outside (XCLIENT gives the client), 5587 takes mail of our own users.  `services`: further
    {port: options}; `programs`: {name: (program, options)} of further ones that work inside.
    `chroot`: "y" puts the first into one, as Debian does."""

    INBOUND, SUBMISSION = 2525, 5587

    def __init__(self, inbound="", submission="", more="", services=None, programs=None, chroot="n"):
        def options(text):
            return "\n".join(f"  -o {line}" for line in text.splitlines() if line)

        added = "\n".join(f"{port} inet n - n - 0 smtpd\n{options(text)}" for port, text in (services or {}).items())
        added += "".join(f"\n{name} unix {'n' if program == 'cleanup' else '-'} - n - 0 {program}\n{options(text)}"
                         for name, (program, text) in (programs or {}).items())
        master = POSTFIX_MASTER.format(chroot=chroot, inbound=options(inbound), submission=options(submission), services=added)
        write("/etc/postfix/main.cf", POSTFIX_MAIN.format(more=more))
        write("/etc/postfix/master.cf", master)
        os.makedirs("/var/spool/postfix", exist_ok=True)
        os.makedirs("/var/lib/postfix", exist_ok=True)
        shutil.chown("/var/lib/postfix", "postfix", "postfix")
        self.run("postfix", "set-permissions")
        self.run("postfix", "start")
        wait_for("postfix", lambda: listens(self.INBOUND) and listens(self.SUBMISSION))

    @staticmethod
    def run(*command):
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, stdin=subprocess.DEVNULL)
        if done.returncode != 0 and command[-1] != "set-permissions":
            raise RuntimeError(f"{' '.join(command)}: {done.stdout[-500:]}")
        return done.stdout

    def queue(self):
        """Queue ids and what becomes of them: {id: "held", "active" or "deferred"}."""
        found = {}
        for line in self.run("mailq").splitlines():
            word = line.split()[0] if line[:1].isalnum() else ""
            if word and not line.startswith("Mail queue"):
                found[word.rstrip("!*")] = "held" if word.endswith("!") else "active" if word.endswith("*") else "deferred"
        return found

    @staticmethod
    def log():
        with open("/var/log/postfix.log", encoding="utf-8", errors="replace") as log:
            return log.read()

    @classmethod
    def find_in_log(cls, pattern, patience=60.0):
        """All matches; its log is written by a process of its own, so that the first may take a moment."""
        end = time.monotonic() + patience
        while True:
            found = re.findall(pattern, cls.log())
            if found or time.monotonic() > end:
                return found
            time.sleep(0.05)

    def stop(self):
        self.run("postfix", "stop")


SENDMAIL_MC = """divert(-1)
divert(0)dnl
OSTYPE(`linux')dnl
define(`confEBINDIR', `/usr/libexec/sendmail')dnl
define(`confCF_VERSION', `signet')dnl
define(`confDOMAIN_NAME', `mx.recv.example')dnl
define(`confPID_FILE', `/run/sendmail.pid')dnl
define(`confDEF_USER_ID', `smmta:smmta')dnl
define(`confRUN_AS_USER', `smmta:smmta')dnl
define(`confTRUSTED_USER', `smmta')dnl
define(`STATUS_FILE', `/var/spool/mqueue/sendmail.st')dnl
define(`confDONT_BLAME_SENDMAIL', `GroupReadableKeyFile')dnl
define(`confMILTER_LOG_LEVEL', `9')dnl
define(`confLOG_LEVEL', `14')dnl
define(`confQUEUE_LA', `1000')dnl
define(`confREFUSE_LA', `1000')dnl
define(`confDELAY_LA', `0')dnl
define(`confTO_IDENT', `0')dnl
define(`confTO_ICONNECT', `5s')dnl
define(`confMAX_MESSAGE_SIZE', `0')dnl
define(`confMIN_FREE_BLOCKS', `0')dnl
define(`confDELIVERY_MODE', `background')dnl
define(`confDONT_PROBE_INTERFACES', `True')dnl
define(`confPRIVACY_FLAGS', `')dnl
define(`RELAY_MAILER_ARGS', `TCP $h 2600')dnl
define(`ESMTP_MAILER_ARGS', `TCP $h 2600')dnl
define(`SMART_HOST', `relay:[127.0.0.1]')dnl
define(`MAIL_HUB', `relay:[127.0.0.1]')dnl
FEATURE(`promiscuous_relay')dnl
FEATURE(`accept_unresolvable_domains')dnl
FEATURE(`accept_unqualified_senders')dnl
FEATURE(`no_default_msa')dnl
{filters}
DAEMON_OPTIONS(`Name=MTA, Family=inet, Addr=127.0.0.1, Port=2525{inbound}')dnl
DAEMON_OPTIONS(`Name=MTA6, Family=inet6, Addr=::1, Port=2525{inbound}')dnl
DAEMON_OPTIONS(`Name=ORIGINATING, Family=inet, Addr=127.0.0.1, Port=5587{submission}')dnl
MAILER(`local')dnl
MAILER(`smtp')dnl
"""


class Sendmail:
    """The same two services.  `inbound` and `submission`: the sockets of milters as Sendmail writes them."""

    def __init__(self, inbound=(), submission=(), flags="F=T, T=C:10s;S:30s;R:30s;E:2m"):
        names, filters = {"in": [], "sub": []}, []
        for service, sockets in (("in", inbound), ("sub", submission)):
            for where in sockets:
                names[service].append(f"{service}{len(names[service])}")
                filters.append(f"MAIL_FILTER(`{names[service][-1]}', `S={where}, {flags}')dnl")
        given = {service: f", InputMailFilters={';'.join(found)}" if found else "" for service, found in names.items()}
        write("/etc/mail/sendmail.mc", SENDMAIL_MC.format(filters="\n".join(filters), inbound=given["in"],
                                                          submission=given["sub"]))
        for name in ("local-host-names", "relay-domains", "trusted-users"):
            write("/etc/mail/" + name, "")
        done = subprocess.run(["m4", "-D_CF_DIR_=/usr/share/sendmail/cf/", "/usr/share/sendmail/cf/m4/cf.m4",
                               "/etc/mail/sendmail.mc"], stdout=subprocess.PIPE, text=True, check=True)
        write("/etc/mail/sendmail.cf", done.stdout)
        write("/etc/mail/aliases", "")
        os.makedirs("/var/spool/mqueue", exist_ok=True)
        shutil.chown("/var/spool/mqueue", "smmta", "smmta")
        os.chmod("/var/spool/mqueue", 0o700)
        self.process = Process("sendmail", ["/usr/libexec/sendmail/sendmail", "-bD", "-q1s", "-C", "/etc/mail/sendmail.cf"])
        wait_for("sendmail", lambda: listens(Postfix.INBOUND) and listens(Postfix.SUBMISSION))

    def stop(self):
        self.process.stop()


def add_addresses(*addresses):
    """On loopback, for clients of mail servers that know no XCLIENT."""
    for address in addresses:
        subprocess.run(["ip", "address", "add", address, "dev", "lo", *(["nodad"] if ":" in address else [])], check=True)


def send(octets, sender, recipients, port=Postfix.INBOUND, client=None, helo="client.example", name=None, options=(),
         source=None, login=None, xclient=""):
    """Hands a message over as a client would; the reply of the mail server to its end, (code, text).  `client`: who we claim
    to be (XCLIENT, with `xclient` as further words); `source`: an address of add_addresses() that we really come from; `login`:
    (name, password)."""
    host = "::1" if source and ":" in source else "127.0.0.1"
    with smtplib.SMTP(host, port, timeout=120, source_address=(source, 0) if source else None) as smtp:
        smtp.ehlo(helo)
        if client:
            address = "IPV6:" + client if ":" in client else client
            smtp.docmd("XCLIENT", f"ADDR={address} NAME={name or '[UNAVAILABLE]'} HELO={helo} PROTO=ESMTP {xclient}")
            smtp.ehlo(helo)
        if login:
            smtp.login(*login)
        code, text = smtp.mail(sender, list(options))
        for recipient in recipients:
            if code < 400:
                code, text = smtp.rcpt(recipient)
        if code >= 400:
            return code, text.decode(errors="replace")
        code, text = smtp.data(octets)
        return code, text.decode(errors="replace")
