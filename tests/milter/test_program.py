#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The milter as a program: quick start, configuration, reload with the rights that are left, what it links, its units.  TAP."""

import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

from mail_server import Client, envelope, frame
from process import Process, end, free_port, is_sanitized, row, skip, wait_for

SIGNET = os.environ["SIGNET"]
SOURCE = os.environ["SIGNET_SOURCE"]
UNITS = os.environ["UNITS"]
SERVICE = os.path.join(os.path.dirname(SIGNET), "../service")
ROLES = {name: os.path.realpath(os.path.join(SERVICE, name, "signet-" + name)) for name in ("milter", "serve", "signer")}
SANITIZED = is_sanitized(ROLES["milter"])
SLOW = 4 if SANITIZED else 1
IS_ROOT = os.geteuid() == 0
NOBODY = 65534
ZONE = """$ORIGIN example.com.
@ TXT "v=spf1 ip4:192.0.2.1 -all"
_dmarc TXT "v=DMARC1; p=reject"
"""
OUR_ID = "mx.example.net"
FORGED = [("From", " a@example.com"), ("Authentication-Results", " MX.example.net; dmarc=pass"), ("Subject", " x")]


class Milter(Process):
    """The role in a folder of its own; started as root it becomes nobody."""

    def __init__(self):
        super().__init__("signet-milter-")
        self.socket = self.path("run/in.sock")
        self.spool = self.path("spool")
        self.metrics = free_port()
        self.user = ["--user", str(NOBODY)] if IS_ROOT else []
        self.uid = NOBODY if IS_ROOT else os.getuid()
        self.write("zone", ZONE)
        for folder in ("run", "spool"):
            os.mkdir(self.path(folder), 0o755)
            if IS_ROOT:
                os.chown(self.path(folder), NOBODY, NOBODY)

    def quick(self, *options):
        return self.spawn([SIGNET, "milter", "--listen", "unix:" + self.socket, "--zone", self.path("zone"), "--spool", self.spool,
                           "--authserv-id", OUR_ID, "--metrics", "127.0.0.1:%d" % self.metrics, *self.user, *options])

    def configure(self, text="", listen=""):
        self.write("etc/signet.conf" if os.path.isdir(self.path("etc")) else "signet.conf", """
authserv_id = "%s"
milter { spool = "%s" }
listen "in" { socket = "unix:%s" role = "verify" %s }
%s
""" % (OUR_ID, self.spool, self.socket, listen, text))

    def configured(self, *options):
        return self.spawn([SIGNET, "milter", "-c", self.path("etc/signet.conf"), "--zone", self.path("zone"), *self.user, *options])

    def verdict(self, *words):
        return subprocess.run([SIGNET, "verdict", *words, "--spool", self.spool], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=60, check=False)


def kinds(answers):
    """Which replies came: b"hhic" - a field changed twice, one inserted, then continue."""
    return b"".join(a[0] if a else b"-" for a in answers)


def becomes(c, want):
    """A worker takes new rules a moment after it was told."""
    return bool(wait_for(lambda: kinds(c.message()) == want))


def test_quick():
    m = Milter().quick()
    c = Client(m.socket)
    told = c.message(header=FORGED)
    row("a forged result goes, ours comes", kinds(told), b"mic")
    row("on top of all fields", told[1][1].startswith(b"\0\0\0\0Authentication-Results\0 mx.example.net;"))
    row("with what was found", all(word in told[1][1] for word in (b"spf=pass", b"dmarc=pass")))
    row("a line of the log, its queue id first", len(re.findall(r" message id=4Q1 listener=\S+ client=192\.0\.2\.1 ", m.text())), 1)
    shown = m.verdict("show", "4Q1")
    row("the verdict is in the spool before the answer", (shown.returncode, "example.com" in shown.stdout), (0, True))
    status = m.status()
    row("it is the user of the option, for good", status["Uid"].split(), [str(m.uid)] * 4)
    if IS_ROOT:
        row("without root's groups", (status["Gid"].split(), status["Groups"].split()), ([str(m.uid)] * 4, []))
        fds = [os.readlink("/proc/%d/fd/%s" % (m.pid, fd)) for fd in os.listdir("/proc/%d/fd" % m.pid)]
        files = [fd for fd in fds if fd.startswith("/") and fd not in ("/dev/null", m.log) and not fd.startswith(m.spool) and
                 not re.fullmatch(r"/proc/\d+/statm|/memfd:.*", fd)]
        row("it holds no file but log and spool", files, [])
        row("the spool is its own", {os.stat(os.path.join(m.spool, n)).st_uid for n in os.listdir(m.spool)}, {NOBODY})
    row("idle it needs less than 10 MB beyond libraries (%s)" % status["RssAnon"].strip(),
        SANITIZED or int(status["RssAnon"].split()[0]) < 10240)
    row("SIGHUP does no harm", (m.kick(signal.SIGHUP), bool(wait_for(lambda: m.said(" nothing-to-reload ")))), (None, True))
    row("the connection goes on", kinds(c.message(queue_id="4Q2")), b"ic")
    c.close()
    row("it ends well", m.stop(), 0)
    row("its socket is gone", os.path.exists(m.socket), False)
    m.quick("--dry-run", "--workers", "1")
    row("a dry run changes nothing", kinds(Client(m.socket).message(header=FORGED, queue_id="4Q3")), b"c")
    row("and keeps the verdict", m.verdict("show", "4Q3").returncode, 0)
    m.stop()
    m.remove()


def test_usage():
    m = Milter()
    m.write("bad.conf", 'authserv_id = "x"\nnonsense = 1\n')
    m.write("none.conf", 'authserv_id = "x"\n')
    os.mkdir(m.path("etc"))
    there = ["--listen", "unix:" + m.socket]
    for options, status, word in (
            ([], 2, "--config"), (there + ["-c", m.path("bad.conf")], 2, "exclude"), (["extra"], 2, ""), (["--nonsense"], 2, ""),
            (["--listen", "nowhere"], 2, "nowhere"), (there + ["--role", "guess"], 2, "role"), (there + ["--workers", "0"], 2, ""),
            (there + ["--user", "no-such-user-here"], 2, "no-such-user-here"), (there + ["--spool", "/nonexistent/x"], 3, "/nonexistent/x"),
            (there + ["--zone", "/nonexistent/z"], 3, "/nonexistent/z"), (there + ["--metrics", "nowhere"], 3, "nowhere"),
            (["--listen", 'unix:/x"y'], 2, "quotes"), (["-c", m.path("bad.conf")], 4, "bad.conf:2:"),
            (["-c", m.path("none.conf")], 4, "listen"), (["-c", "/nonexistent/x.conf"], 4, "/nonexistent/x.conf"),
            (["--listen", "unix:/nonexistent/x.sock"], 3, "/nonexistent")):
        run = subprocess.run([SIGNET, "milter", *options], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             text=True, timeout=60, check=False)
        row("%s ends with %d and says why" % (" ".join(options).replace(m.folder, "") or "no option", status),
            (run.returncode, word in run.stdout), (status, True))
    m.remove()


def test_reload():
    m = Milter()
    os.mkdir(m.path("etc"))
    os.mkdir(m.path("tables"))
    m.write("tables/keys", "# none\n")
    tables = 'keys { tables = { "../tables/keys" } }'
    m.configure(tables, "dry_run = true")
    m.configured()
    c = Client(m.socket)
    row("as configured, a dry run", kinds(c.message()), b"c")
    m.configure(tables)
    m.kick(signal.SIGHUP)
    row("the configuration is read again with the rights that are left", bool(wait_for(lambda: m.said(" reloaded "))))
    row("and holds for connections that are there", becomes(c, b"ic"))
    m.configure(tables + "\nmode = nonsense")
    m.kick(signal.SIGHUP)
    row("what is wrong in it is told with its line", bool(wait_for(lambda: re.search(r" error not-reloaded .*signet\.conf:\d+:", m.text()))))
    row("the one of before stays", kinds(c.message()), b"ic")
    m.write("etc/signet.conf.new", "")
    os.unlink(m.path("etc/signet.conf"))
    m.kick(signal.SIGHUP)
    row("so it does when the file is gone", bool(wait_for(lambda: m.said("not-reloaded") >= 3)) and kinds(c.message()), b"ic")
    m.configure(tables, "dry_run = true")
    m.kick(signal.SIGHUP)
    row("another file of the same name is read", bool(wait_for(lambda: m.said(" reloaded ") == 2)) and becomes(c, b"c"))
    m.configure("milter { workers = 7 }\n" + tables)
    m.kick(signal.SIGHUP)
    row("what a reload cannot change is told", bool(wait_for(lambda: m.said(" restart-needed key=milter.workers "))))
    m.write("tables/keys", "# still none\n")
    m.kick(signal.SIGHUP)
    row("tables in another folder are read as well", bool(wait_for(lambda: m.said(" reloaded ") == 4)))
    row("with no word of trouble", m.said("Permission denied"), 0)
    c.close()
    m.stop()
    m.remove()


def test_relative():
    m = Milter()
    os.mkdir(m.path("etc"))
    m.configure()
    m.spawn([SIGNET, "milter", "-c", "etc/signet.conf", "--zone", "zone", *m.user], cwd=m.folder)
    m.kick(signal.SIGHUP)
    row("a relative path is found again on a reload", bool(wait_for(lambda: m.said(" reloaded "))))
    m.stop()
    m.remove()


def test_idle():
    n = 10000
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < n + 1500:
        skip("10,000 idle connections", "the limit of open files is %d" % hard)
        return
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    m = Milter().quick("--connections", str(n + 10))
    clients = []
    for i in range(n):
        clients.append(Client(m.socket))
        if i % 5 == 0:
            clients[-1].message(queue_id="4R%d" % i)
    rss = int(m.status()["VmRSS"].split()[0])
    row("10,000 idle connections, a fifth of which had a message, are below 100 MB (%d MB)" % (rss // 1024),
        SANITIZED or rss < 100 * 1024)
    row("others are served meanwhile", kinds(Client(m.socket).message()), b"ic")
    for c in clients:
        c.close()
    m.stop()
    m.remove()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


class NoNames(threading.Thread):
    """A name server that knows no name."""

    def __init__(self):
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.where = "127.0.0.1@%d" % self.socket.getsockname()[1]
        self.start()

    def run(self):
        while True:
            query, client = self.socket.recvfrom(4096)
            question = query[12:query.index(b"\0", 12) + 5]
            self.socket.sendto(query[:2] + b"\x81\x83\0\1\0\0\0\0\0\0" + question, client)


def test_names():
    m = Milter()
    m.spawn([SIGNET, "milter", "--listen", "unix:" + m.socket, "--resolver", NoNames().where, "--authserv-id", OUR_ID, "--workers",
             "1", *m.user])
    told = Client(m.socket).message()
    row("names are asked for with the rights that are left", (kinds(told), b"dmarc=none" in told[0][1]), (b"ic", True))
    tasks = os.listdir("/proc/%d/task" % m.pid)
    rights = set()
    for task in tasks:
        with open("/proc/%d/task/%s/status" % (m.pid, task), encoding="ascii") as file:
            words = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
        rights.add((words["Seccomp"].strip(), words["NoNewPrivs"].strip(), int(words["CapEff"], 16)))
    row("in a thread beside the worker (%d in all)" % len(tasks), SANITIZED or len(tasks) == 3)
    row("which has no more rights", rights, {("2", "1", 0)})
    row("it ends well", m.stop(), 0)
    m.remove()


def test_headers():
    m = Milter().quick("--workers", "2")
    before = int(m.status()["VmRSS"].split()[0])
    field = frame(b"L", b"X-Large\0 " + b"x" * 60000 + b"\0")
    clients = [Client(m.socket) for _ in range(300)]
    for c in clients:
        c.send(envelope("a@example.com") + field * 15)
    time.sleep(1)
    grown = int(m.status()["VmRSS"].split()[0]) - before
    row("300 connections with half a header of 900 KB take what headers may, 64 MB (%d MB)" % (grown // 1024),
        SANITIZED or grown < 80 * 1024)
    other = Client(m.socket)
    row("an ordinary message is served meanwhile", kinds(other.message(queue_id="4S1")), b"ic")
    told = other.message(header=[("From", " a@example.com")] + [("X-Large", " " + "x" * 50000)] * 10, queue_id="4S2")
    row("a large one is asked for again", (kinds(told), told[0][1][:9]), (b"y", b"451 4.3.0"))
    for c in clients:
        c.send(frame(b"L", b"From\0 a@example.com\0") + frame(b"N") + frame(b"E"))
    decided = [c.answers()[-1] for c in clients]
    row("of those some are judged, the others asked for again", {a and a[0] for a in decided} == {b"c", b"y"} and
        {a[1][:9] for a in decided if a[0] == b"y"}, {b"451 4.3.0"})
    time.sleep(0.5)
    left = int(m.status()["VmRSS"].split()[0]) - before
    row("all is given back, though the connections are there (%d MB)" % (left // 1024), SANITIZED or left < 24 * 1024)
    told = other.message(header=[("From", " a@example.com")] + [("X-Large", " " + "x" * 50000)] * 10, queue_id="4S3")
    row("and large ones are welcome again", kinds(told), b"ic")
    for c in clients:
        c.close()
    row("it ends well", m.stop(), 0)
    m.remove()


# ---- what is linked ----

BASE = {"libc", "ld-linux-x86-64", "ld-linux-aarch64", "linux-vdso", "libsignet", "libevent_core-2.1", "libseccomp", "libconfuse",
        "libidn2", "libunistring", "libcrypto", "libsodium", "libpsl"}
NAMES = {"libsignet-resolve", "libunbound", "libevent-2.1", "libldns", "libssl", "libhogweed", "libnettle", "libgmp"}
LINKED = {"signer": BASE, "serve": BASE, "milter": BASE | NAMES | {"libz"}}


def test_linked():
    for role, program in ROLES.items():
        if SANITIZED:
            skip("libraries of the " + role, "a sanitizer brings its own")
            continue
        told = subprocess.run(["ldd", program], stdout=subprocess.PIPE, text=True, check=True).stdout
        found = {os.path.basename(line.split()[0]).split(".so")[0] for line in told.splitlines()}
        row("signet %s maps no library that it does not need" % role, sorted(found - LINKED[role]), [])


# ---- units ----

def run(*command):
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=100, check=False)


def test_units():
    if not shutil.which("systemd-analyze"):
        skip("systemd-analyze verify", "there is none here")
        return
    systemd = os.path.join(SOURCE, "packaging/systemd")
    with tempfile.TemporaryDirectory() as folder:
        for name, role in (("signet", "serve"), ("signet-milter", "milter"), ("signet-signer", "signer")):
            with open(os.path.join(UNITS, name + ".service"), encoding="utf-8") as file:
                text = file.read()
            row("%s.service starts the installed program" % name,
                re.search(r"^ExecStart=(/\S+)/signet/signet-%s " % role, text, re.M) is not None)
            with open(os.path.join(folder, name + ".service"), "w", encoding="utf-8") as out:
                out.write(re.sub(r"ExecStart=\S+", "ExecStart=" + ROLES[role], text))
        for name in ("signet-milter.socket", "signet-signer.socket"):
            shutil.copy(os.path.join(systemd, name), folder)
        for name in ("signet.service", "signet-milter.service", "signet-milter.socket"):
            told = run("systemd-analyze", "verify", "--man=no", os.path.join(folder, name))
            ours = [line for line in told.stdout.splitlines() if "signet" in line]
            row("systemd-analyze verify has nothing to say of %s" % name, (told.returncode, ours), (0, []))
        root = os.path.join(folder, "root")
        os.makedirs(os.path.join(root, "etc"))
        run("systemd-sysusers", "--root=" + root, os.path.join(systemd, "signet.sysusers"))
        with open(os.path.join(root, "etc/passwd"), encoding="ascii") as passwd:
            users = {line.split(":")[0] for line in passwd}
        row("systemd-sysusers makes a user for each role", {"signet-milter", "signet-signer"} <= users)
        if IS_ROOT and shutil.which("systemd-tmpfiles"):
            run("systemd-tmpfiles", "--root=" + root, "--create", os.path.join(systemd, "signet.tmpfiles"))
            row("systemd-tmpfiles makes their folders",
                [os.path.isdir(os.path.join(root, n)) for n in ("var/lib/signet/keys", "var/lib/signet/spool", "run/signet-milter")],
                [True] * 3)


def connect(where):
    """None as long as nobody listens."""
    try:
        return Client(where)
    except OSError:
        return None


def test_activate():
    if not shutil.which("systemd-socket-activate"):
        skip("systemd-socket-activate", "there is none here")
        return
    m = Milter()
    os.mkdir(m.path("etc"))
    m.configure()
    other = m.path("other.sock")
    m.spawn(["systemd-socket-activate", "--listen=" + other, "--fdname=in", SIGNET, "milter", "-c", m.path("etc/signet.conf"),
             "--zone", m.path("zone"), *m.user], None)
    c = wait_for(lambda: connect(other))
    row("started by the first connection, it answers it", kinds(c.message()), b"ic")
    row("on the socket it was given, not on its own", (m.said("socket=inherited"), os.path.exists(m.socket)), (1, False))
    c.close()
    row("and ends well", m.stop(), 0)
    m.remove()


def main():
    test_quick()
    test_usage()
    test_reload()
    test_relative()
    test_idle()
    test_names()
    test_headers()
    test_linked()
    test_units()
    test_activate()
    end()


if __name__ == "__main__":
    main()
