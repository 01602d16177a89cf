# SPDX-License-Identifier: Apache-2.0
"""A small internet on loopback: a primary and a secondary name server (Knot DNS, through tools/peer) that take DNS UPDATE
with TSIG, and two resolvers with caches (Unbound) in front of them: ours, and one that has nothing to do with us.  Nothing is
installed; what is missing is said by name (Missing)."""

import os
import shutil
import signal
import socket
import subprocess
import time

import dns.exception
import dns.message
import dns.query

PEER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools", "peer")
SECRET = "dGhpcyBpcyBub3QgYSBzZWNyZXQ="  # of the test's own servers, worth nothing
OTHER_SECRET = "dGhpcyBpcyBhbm90aGVyIG9uZQ=="

KNOT = """
server:
    listen: 127.0.0.1@{port}
    rundir: {folder}
    automatic-acl: off
database:
    storage: {folder}/db
log:
  - target: stderr
    any: warning
key:
  - id: update.
    algorithm: hmac-sha256
    secret: {secret}
  - id: mute.
    algorithm: hmac-sha256
    secret: {secret}
remote:
  - id: primary
    address: 127.0.0.1@{primary}
  - id: secondary
    address: 127.0.0.1@{secondary}
acl:
  - id: up
    key: update.
    action: update
  - id: transfer
    address: 127.0.0.1
    action: [transfer, notify]
zone:
  - domain: example
    storage: {folder}
    file: example.zone
{role}
"""
PRIMARY = "    notify: secondary\n    acl: [up, transfer]\n"
SECONDARY = "    master: primary\n    acl: [transfer]\n"

ZONE = """$ORIGIN example.
$TTL 2
@ 4 SOA ns1 hostmaster 1 3600 1 86400 4
@ NS ns1
@ NS ns2
ns1 A 127.0.0.1
ns2 A 127.0.0.1
{names}
"""

UNBOUND = """
server:
    interface: 127.0.0.1
    port: {port}
    directory: "{folder}"
    chroot: ""
    username: ""
    pidfile: ""
    use-syslog: no
    logfile: ""
    verbosity: 0
    module-config: "iterator"
    do-not-query-localhost: no
    do-ip6: no
    access-control: 127.0.0.0/8 allow
    num-threads: 1
    trust-anchor-file: ""
    target-fetch-policy: "0 0 0 0 0"
    local-zone: "example." nodefault
stub-zone:
    name: "example."
    stub-addr: 127.0.0.1@{primary}
    stub-addr: 127.0.0.1@{secondary}
remote-control:
    control-enable: no
"""


class Missing(Exception):
    """A server that is not there."""


def free_port():
    """A port that nobody has, for UDP and TCP."""
    while True:
        with socket.socket() as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            tcp.bind(("127.0.0.1", 0))
            try:
                udp.bind(tcp.getsockname())
            except OSError:
                continue
            return tcp.getsockname()[1]


def ask(port, name, kind="TXT", recursion=False, timeout=20):
    query = dns.message.make_query(name, kind)
    if not recursion:
        query.flags = 0
    answer, _ = dns.query.udp_with_fallback(query, "127.0.0.1", port=port, timeout=timeout)
    return answer


class World:
    """Starts the servers in `folder`; a context manager."""

    def __init__(self, folder, names=()):
        self.folder = folder
        self.names = names
        self.primary, self.secondary, self.resolver, self.unrelated = (free_port() for _ in range(4))
        self.servers = []

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def write(self, name, text, mode=0o600):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)
        return path

    def start(self, package, *command):
        log = open(self.path(f"{command[0]}-{len(self.servers)}.log"), "wb")  # pylint: disable=consider-using-with
        server = subprocess.Popen([PEER, package, *command], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                  start_new_session=True)
        log.close()
        self.servers.append(server)
        return server

    def wait_for(self, server, what, port, recursion=False):
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            if server.poll() is not None:
                raise Missing(what)
            try:
                if ask(port, "example.", "SOA", recursion, 1).answer:
                    return
            except (OSError, dns.exception.DNSException):
                pass
            time.sleep(0.05)
        raise Missing(f"{what}, which does not answer")

    def knot(self, name, port, role):
        os.makedirs(self.path(name, "db"))
        conf = KNOT.format(port=port, folder=self.path(name), secret=SECRET, primary=self.primary,
                           secondary=self.secondary, role=role)
        self.write(f"{name}/knot.conf", conf)
        return self.start("knot", "knotd", "-c", self.path(name, "knot.conf"))

    def tsig(self, name, secret=SECRET, algorithm="hmac-sha256"):
        """A file with a key of TSIG."""
        return self.write(f"{name}.tsig", f'key "{name}" {{\n\talgorithm {algorithm};\n\tsecret "{secret}";\n}};\n')

    def __enter__(self):
        try:
            self.write("primary/example.zone", ZONE.format(names="\n".join(self.names)))
            primary = self.knot("primary", self.primary, PRIMARY)
            self.wait_for(primary, "knotd (package knot)", self.primary)
            secondary = self.knot("secondary", self.secondary, SECONDARY)
            self.wait_for(secondary, "knotd (package knot)", self.secondary)
            for name, port in ("resolver", self.resolver), ("unrelated", self.unrelated):
                conf = UNBOUND.format(port=port, folder=self.path(name), primary=self.primary, secondary=self.secondary)
                resolver = self.start("unbound", "unbound", "-d", "-c", self.write(f"{name}/unbound.conf", conf))
                self.wait_for(resolver, "unbound (package unbound)", port, recursion=True)
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self):
        for server in self.servers:
            if server.poll() is None:
                os.killpg(server.pid, signal.SIGTERM)
        for server in self.servers:
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(server.pid, signal.SIGKILL)
                server.wait()

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.path("primary"), ignore_errors=True)
        shutil.rmtree(self.path("secondary"), ignore_errors=True)
