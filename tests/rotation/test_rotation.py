#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""test_rotation.py SIGNET: whole rotations against real servers, killed at every step.  Prints TAP.

For each system call that changes the world (rename, fsync, unlink, write, sendto) one domain lives through a rotation in which
signet is killed by SIGKILL at the first such call, started again and killed at the second, and so on; after each call that
made progress it begins again with the first.  So there is no such call of the whole rotation at which a process did not die
once.  Meanwhile an observer of the domain signs and verifies every 50 ms (observer.py)."""

import importlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time

OBSERVER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "observer.py")
CALLS = ("renameat,renameat2,rename", "fsync", "unlinkat", "write", "sendto")
TTL, GRACE = "2", "3"
PATIENCE = 170  # seconds for all; the servers take some of the three minutes


def skip(why):
    print(f"1..0 # SKIP {why}")
    return 1 if os.environ.get("CI") == "true" else 0


class Rotation(threading.Thread):
    """The rotation of one domain, killed again and again."""

    def __init__(self, signet, world, calls, deadline):
        super().__init__(daemon=True)
        self.name = calls.split(",")[0]
        self.domain = self.name + ".example"
        self.calls, self.world, self.deadline = calls, world, deadline
        self.keys = world.path("keys")
        self.command = [signet, "key"]
        self.options = [self.domain, "--keys", self.keys, "--server", f"127.0.0.1@{world.primary}", "--server",
                        f"127.0.0.1@{world.secondary}", "--resolver", f"127.0.0.1@{world.resolver}", "--tsig",
                        world.tsig("update"), "--ttl", TTL, "--grace", GRACE, "--force"]  # for a grace as short as that
        self.kills, self.most, self.progress = 0, 0, 0
        self.trouble = []
        self.observer, self.seen, self.signed = None, None, None

    def watch(self):
        self.observer = subprocess.Popen([sys.executable, OBSERVER, os.path.join(self.keys, self.domain), self.domain,
                                          str(self.world.unrelated)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def watched(self):
        if self.observer:
            self.seen = json.loads(self.observer.communicate(timeout=60)[0])

    def signet(self, *arguments, trace=()):
        env = dict(os.environ)
        if trace:  # who looks for leaks traces itself, which strace does already
            env["ASAN_OPTIONS"] = env.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
        return subprocess.run([*trace, *self.command, *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=PATIENCE, check=False, env=env)

    def files(self):
        return sorted(os.listdir(os.path.join(self.keys, self.domain)))

    def state(self):
        """What counts as progress: lines and keys, not what is half written."""
        with open(os.path.join(self.keys, self.domain, "state"), encoding="ascii") as file:
            return file.read(), [file for file in self.files() if file.endswith(".pem")]

    def is_over(self):
        keys = importlib.import_module("observer").read_state(os.path.join(self.keys, self.domain))
        stages = sorted(stage for _, stage in keys.values())
        return stages == ["active", "active", "revoked", "revoked"]

    def bear(self):
        """The first keys, without a kill."""
        for action in (["new"], ["rotate", "--wait"]):
            done = self.signet(*action, *self.options)
            if done.returncode != 0:
                self.trouble.append(f"{self.domain}: {action}: {done.returncode} {done.stderr.decode()}")

    def kill_at(self, number):
        """True if it was killed at that call, false if it ended before."""
        trace = ["strace", "-qq", "-o", "/dev/null", "-e", "trace=" + self.calls, "-e",
                 f"inject={self.calls}:signal=SIGKILL:when={number}"]
        done = self.signet("rotate", "--begin", "--wait", *self.options, trace=trace)
        if done.returncode not in (-9, 0, 3):  # 3: the server saw half an update
            self.trouble.append(f"{self.domain}: exit status {done.returncode}: {done.stderr.decode()}")
        return done.returncode == -9

    def round_trip(self):
        """The store signs a message; our verifier, through the resolver, finds both signatures good."""
        message = f"From: a@{self.domain}\r\nTo: b@example\r\nSubject: x\r\nDate: Fri, 27 Nov 2026 10:00:00 +0000\r\n" \
                  f"Message-ID: <1@{self.domain}>\r\n\r\nhello\r\n".encode()
        signed = subprocess.run([self.command[0], "sign", "--domain", self.domain, "--keys", self.keys], input=message,
                                capture_output=True, timeout=PATIENCE, check=False).stdout
        checked = subprocess.run([self.command[0], "check", "-j", "--resolver", f"127.0.0.1@{self.world.resolver}", "-"],
                                 input=signed, capture_output=True, timeout=PATIENCE, check=False).stdout
        return sorted((one["algorithm"], one["result"]) for one in json.loads(checked or "{}").get("dkim", []))

    def run(self):
        number, before = 1, self.state()
        while not self.is_over() and not self.trouble:
            if time.monotonic() > self.deadline:
                self.trouble.append(f"{self.domain}: not over in time")
                return
            self.kills += self.kill_at(number)
            after = self.state()
            self.progress += after != before
            number = 1 if after != before else number + 1
            self.most = max(self.most, number)
            before = after


def rotate_all(signet, world):
    began = time.monotonic()
    rotations = [Rotation(signet, world, calls, began + PATIENCE) for calls in CALLS]
    births = [threading.Thread(target=rotation.bear) for rotation in rotations]
    for birth in births:
        birth.start()
    for birth in births:
        birth.join()
    born = [rotation for rotation in rotations if not rotation.trouble]
    for rotation in born:
        rotation.watch()
    time.sleep(1)  # the observers are at work, the caches are full of denials
    for rotation in born:
        rotation.start()
    for rotation in born:
        rotation.join()
    time.sleep(0.5)
    for rotation in born:
        rotation.watched()
        rotation.signed = rotation.round_trip()
    return rotations


class Rows:
    def __init__(self):
        self.count = self.failed = 0

    def row(self, clause, what, ok, why=""):
        self.count += 1
        self.failed += not ok
        print(f"{'' if ok else 'not '}ok {self.count} - {clause}: {what}{'' if ok else ': ' + why}", flush=True)


def judge(rows, rotation):
    seen = rotation.seen
    name = f"killed at each {rotation.name}: "
    rows.row("-", name + "the rotation ends, nothing is left half done", not rotation.trouble, "; ".join(rotation.trouble))
    if not seen:
        return
    rows.row("6376:3.6.2", name + "what signs is found by an unrelated resolver and verifies, at every moment",
             not seen["faults"], f"{len(seen['faults'])} times, first {seen['faults'][:3]}")
    rows.row("-", name + "the observer was in time for nearly all", seen["late"] * 20 <= seen["rounds"], str(seen["late"]))
    rows.row("2308:5", name + "whose cache held that there were no such names", seen["denied"] >= 3, str(seen["denied"]))
    rows.row("-", name + "both old and both new keys have signed", len(seen["used"]) == 4, str(seen["used"]))
    rows.row("-", name + "it was killed", rotation.kills >= 3, f"{rotation.kills} times")
    left = [file for file in rotation.files() if file not in ("state", "lock") and not file.endswith(".pem")]
    private = [file for file in rotation.files() if file.endswith(".pem")]
    rows.row("-", name + "only the private halves of the new keys are left", not left and len(private) == 2,
             str(rotation.files()))
    rows.row("6376:3.6.2", name + "signet sign takes the new keys, and signet check finds them", rotation.signed ==
             [("ed25519-sha256", "pass"), ("rsa-sha256", "pass")], str(rotation.signed))
    print(f"# {rotation.domain}: killed {rotation.kills} times, at most at call {rotation.most} after the last progress; "
          f"{seen['signed']} signatures in {seen['rounds']} rounds of {seen['seconds'] * 1000 / seen['rounds']:.0f} ms, the "
          f"slowest took {seen['slowest'] * 1000:.0f} ms; {seen['denied']} denials")


def main():
    signet = os.path.abspath(sys.argv[1])
    try:
        for name in ("cryptography", "dns"):
            importlib.import_module(name)
    except ImportError as missing:
        return skip(missing)
    if not shutil.which("strace"):
        return skip("strace is missing")
    world = importlib.import_module("world")
    rows = Rows()
    with tempfile.TemporaryDirectory() as folder:
        try:
            with world.World(folder) as servers:
                for rotation in rotate_all(signet, servers):
                    judge(rows, rotation)
        except world.Missing as missing:
            return skip(missing)
    print(f"1..{rows.count}")
    return 1 if rows.failed else 0


if __name__ == "__main__":
    sys.exit(main())
