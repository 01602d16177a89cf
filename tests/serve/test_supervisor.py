#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""test_supervisor.py SUPERVISE: the supervisor over roles that do what a file says.  TAP."""

import os
import signal
import socket
import sys
import time

from process import Process, end, is_sanitized, row, skip, wait_for

SUPERVISE = sys.argv[1]
ROLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "role.py")
SLOW = 4 if is_sanitized(SUPERVISE) else 1


class Supervised(Process):
    def __init__(self, **roles):
        super().__init__("signet-serve-")
        self.command = [SUPERVISE]
        for name, words in roles.items():
            self.write(name, words)
            self.command += [name, ROLE, self.path(name)]
        self.told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.told.bind(self.path("notify"))
        self.told.settimeout(30)

    def start(self, ready=" ready roles="):
        return self.spawn(self.command, ready, env={**os.environ, "NOTIFY_SOCKET": self.path("notify")})

    def events(self, name):
        """[(what, when, process)] of a role"""
        try:
            with open(self.path(name + ".told"), encoding="ascii") as file:
                return [(w, float(t), int(p)) for w, t, p in (line.split() for line in file)]
        except FileNotFoundError:
            return []

    def starts(self, name):
        return [event for event in self.events(name) if event[0] == "start"]

    def remove(self):
        self.told.close()
        super().remove()


def is_there(pid):
    try:
        os.kill(pid, 0)
        return True
    except ProcessLookupError:
        return False


def test_life():
    p = Supervised(signer="ready slow-stop", milter="ready slow raw").start()
    row("the service manager hears when all are ready", p.told.recv(100), b"READY=1")
    row("each was started once", [len(p.starts(name)) for name in ("signer", "milter")], [1, 1])
    row("lines of their logs go on as they are", p.said("2026-11-27T23:40:00.123Z signer notice hello a=b\n"), 1)
    row("anything else is told with its role",
        p.said('warning said role=milter text="free(): \\x1b[1minvalid pointer"'), 1)
    p.kick(signal.SIGHUP)
    row("SIGHUP goes to all", bool(wait_for(lambda: all(
        any(e[0] == "SIGHUP" for e in p.events(name)) for name in ("signer", "milter")))))
    row("of which the service manager hears", [p.told.recv(100)[:12], p.told.recv(100)], [b"RELOADING=1\n", b"READY=1"])
    pid = p.starts("milter")[0][2]
    os.kill(pid, signal.SIGKILL)
    row("a role that is killed is told", bool(wait_for(lambda: p.said("ended role=milter pid=%d signal=9" % pid))))
    row("and started again", bool(wait_for(lambda: len(p.starts("milter")) == 2)))
    times = [e[1] for e in p.starts("milter")]
    row("at once", p.said("restart role=milter after_ms=0"), 1)
    row("the other goes on", len(p.starts("signer")), 1)
    time.sleep(1)
    row("it ends well", p.stop(), 0)
    row("the service manager hears that it stops", p.told.recv(100), b"STOPPING=1")
    ends = {name: next(e[1] for e in p.events(name) if e[0] == "SIGTERM") for name in ("signer", "milter")}
    gone = next(e[1] for e in reversed(p.events("milter")) if e[0] == "gone")
    row("who asks ends before who answers", ends["signer"] >= gone)
    row("nobody is left", [is_there(e[2]) for name in ("signer", "milter") for e in p.starts(name)], [False] * 3)
    p.remove()


def test_back_off():
    p = Supervised(signer="ready lives-10").start(None)
    wait_for(lambda: len(p.starts("signer")) >= 4, 15, SLOW)
    times = [e[1] for e in p.starts("signer")]
    gaps = [b - a for a, b in zip(times, times[1:])]
    row("a role that ends again and again is started at once, then after 1, 2 seconds (%s)" % " ".join("%.1f" % g for g in gaps),
        [low <= g < high for g, low, high in zip(gaps, (0, 0.9, 1.8), (4, 6, 9))], [True] * 3)  # the role takes its time as well
    p.kick(signal.SIGTERM)
    row("while it waits it can be stopped", p.process.wait(timeout=10), 0)
    p.remove()


def test_order():
    p = Supervised(signer="ready slow", milter="ready").start()
    times = [p.starts(name)[0][1] for name in ("signer", "milter")]
    row("who asks is started when who answers is ready", times[1] - times[0] >= 0.5)
    p.stop()
    p.remove()
    p = Supervised(signer="exit-3", milter="ready").start(None)
    row("or has failed", bool(wait_for(lambda: p.starts("milter"), 10, SLOW)))
    p.stop()
    p.remove()
    p = Supervised(signer="slow ready", milter="ready").start(None)
    wait_for(lambda: p.starts("signer"))
    p.kick(signal.SIGHUP)
    row("SIGHUP is heard while a role starts", bool(wait_for(lambda: p.said("reload-passed-on"))))
    row("not by the role yet", [e[0] for e in p.events("signer")], ["start"])
    row("and reaches it once it is ready", bool(wait_for(lambda: any(e[0] == "SIGHUP" for e in p.events("signer")), 10, SLOW)))
    time.sleep(0.3)
    row("once", sum(e[0] == "SIGHUP" for e in p.events("signer")), 1)
    row("one that was not started reads it anyhow", bool(wait_for(lambda: p.starts("milter"), 10, SLOW)))
    p.stop()
    p.remove()


def test_wrong():
    for status in (2, 4):
        p = Supervised(signer="ready", milter="exit-%d" % status).start(None)
        row("a role whose first start says %d ends all, with that status" % status, p.process.wait(timeout=20), status)
        row("and the others are stopped", [is_there(e[2]) for e in p.starts("signer")] in ([False], []))
        p.remove()
    p = Supervised(signer="exit-3").start(None)
    row("another status may pass: it is tried again", bool(wait_for(lambda: len(p.starts("signer")) == 2)))
    p.stop()
    p.remove()
    p = Supervised(signer="ready lives-300").start()
    p.write("signer", "exit-4")
    again = wait_for(lambda: len(p.starts("signer")) >= 2, 30, SLOW)
    row("a configuration that went wrong later is waited for", (p.process.poll(), bool(again)), (None, True))
    p.write("signer", "ready")
    row("and mended, it works again", bool(wait_for(lambda: len(p.starts("signer")) >= 3, 30, SLOW)))
    p.stop()
    p.remove()
    p = Supervised(signer="ready")
    p.command[2] = "/nonexistent/program"
    p.start(None)
    row("a program that is not there is told", bool(wait_for(lambda: p.said("No such file or directory"))))
    p.stop()
    p.remove()


def test_strangers():
    p = Supervised(signer="slow").start(None)
    wait_for(lambda: p.starts("signer"))
    with open("/proc/%d/environ" % p.starts("signer")[0][2], "rb") as file:
        name = next(v[14:] for v in file.read().split(b"\0") if v.startswith(b"NOTIFY_SOCKET="))
    row("roles get a socket of the supervisor", name[:1], b"@")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.sendto(b"READY=1", b"\0" + name[1:])
        s.sendto(b"x" * 5000, b"\0" + name[1:])
    time.sleep(0.3)
    row("a stranger does not make a role ready", p.said(" ready roles="), 0)
    p.stop()
    p.remove()


def test_killed():
    p = Supervised(signer="ready").start()
    pid = p.starts("signer")[0][2]
    p.stop(signal.SIGKILL)
    row("roles end when the supervisor is killed", bool(wait_for(lambda: not is_there(pid))))
    p.remove()


def test_confined():
    p = Supervised(signer="ready").start()
    for who, pid in (("the supervisor", p.pid), ("its role", p.starts("signer")[0][2])):
        with open("/proc/%d/status" % pid, encoding="ascii") as file:
            words = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
        row("%s has a filter and gets no new privileges" % who, (words["Seccomp"].strip(), words["NoNewPrivs"].strip()), ("2", "1"))
        if os.geteuid() == 0:
            for kind in ("CapBnd", "CapPrm", "CapEff"):
                row("%s has no capability that roles do not need (%s)" % (who, kind), int(words[kind], 16) & ~0x10045ef, 0)
    if os.geteuid() != 0:
        skip("capabilities", "not root")
    p.stop()
    p.remove()


def main():
    test_life()
    test_back_off()
    test_order()
    test_wrong()
    test_strangers()
    test_killed()
    test_confined()
    end()


if __name__ == "__main__":
    main()
