#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""signet sign and signet seal with keys that only the signer has: the same signatures, tables, sets of ARC fields, and what
comes out if the signer is killed in the middle of a message.  TAP."""

import base64
import json
import os
import signal
import socket
import struct
import subprocess
import threading

from process import end, row, skip
from signer import ED25519, IS_ROOT, KEYS, RSA, SIGN, SIGNET, Signer, make_key, pem, public_octets

HEAD = b"To: a@b.example\r\nSubject: x\r\nDate: Fri, 27 Nov 2026 12:00:00 +0000\r\nMessage-ID: <1@example.com>\r\n\r\nhello\r\n"
RSA_PASS, ED25519_PASS = ("pass", "rsa-sha256"), ("pass", "ed25519-sha256")
DKIMPY = """
import sys, dkim
records = dict(line.split(" ", 1) for line in open(sys.argv[1], encoding="ascii").read().splitlines())
found = dkim.ARC(sys.stdin.buffer.read()).verify(lambda name, timeout=5: records.get(name.decode().rstrip("."), "").encode() or None)
print(found[0].decode(), len(found[1]))
"""


def message_of(author):
    return b"From: " + author + b"\r\n" + HEAD


class World:
    """A signer with keys of three domains, the zone that publishes them, and a table that says who signs for whom."""

    def __init__(self):
        self.signer = Signer()
        self.zone = os.path.join(self.signer.folder, "zone")
        self.records = os.path.join(self.signer.folder, "records")
        self.table = os.path.join(self.signer.folder, "table")
        self.keys = {}
        for domain, selector, kind in (("a.example", "r", RSA), ("a.example", "e", ED25519), ("b.example", "e", ED25519),
                                       ("c.example", "r", RSA)):
            self.add(domain, selector, make_key(kind), kind)
        with open(self.table, "w", encoding="ascii") as out:
            out.write("a.example r signer\na.example e signer\nb.example e signer\n.c.example r signer d=c.example\n"
                      "d.example r signer\nw.example e signer\n")
        self.signer.put("w.example", "e", b"no key")
        self.signer.start()

    def add(self, domain, selector, key, kind):
        self.keys[domain, selector] = key
        self.signer.put(domain, selector, key)
        name, text = "%s._domainkey.%s" % (selector, domain), base64.b64encode(public_octets(key)).decode()
        start = "v=DKIM1; k=%s; p=" % ("rsa" if kind == RSA else "ed25519")
        with open(self.zone, "a", encoding="ascii") as out:
            parts = " ".join('"%s"' % part for part in [start] + [text[i:i + 200] for i in range(0, len(text), 200)])
            out.write("%s. TXT %s\n" % (name, parts))
        with open(self.records, "a", encoding="ascii") as out:
            out.write("%s %s%s\n" % (name, start, text))

    def run(self, data, command, *args, at=None):
        return subprocess.run([SIGNET, command, "--signer", at or self.signer.socket, *args], input=data, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=100, check=False)

    def check(self, octets):
        done = subprocess.run([SIGNET, "check", "-j", "--zone", self.zone, "-"], input=octets, stdout=subprocess.PIPE, timeout=100,
                              check=False)
        return json.loads(done.stdout)

    def results(self, octets):
        return [(one["result"], one["algorithm"]) for one in self.check(octets)["dkim"]]

    def arc(self, octets):
        found = self.check(octets)["arc"]
        return found["result"], found["instances"]


def test_same(w):
    """The same with keys in files."""
    files = []
    for selector in ("r", "e"):
        path = os.path.join(w.signer.keys, "a.example", selector + ".pem")
        if IS_ROOT:  # its owner is another user: root reads a copy of its own
            path = os.path.join(w.signer.folder, selector)
            with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as out:
                out.write(pem(w.keys["a.example", selector]))
        files += ["--selector", selector, "--key", path]
    message = message_of(b"joe@a.example")
    fixed = ["--domain", "a.example", "--now", "1790000000"]
    here = subprocess.run([SIGNET, "sign", *fixed, *files], input=message, stdout=subprocess.PIPE, timeout=100, check=False)
    there = w.run(message, "sign", *fixed, "--selector", "r", "--selector", "e")
    row("signet sign makes the same signatures by the signer", (there.returncode, there.stdout == here.stdout,
                                                                here.stdout.count(b"DKIM-Signature")), (0, True, 2))
    row("JSON tells the size of a key it never saw", b'"key_bits":2048' in w.run(message, "sign", "-j", *fixed, "--selector",
                                                                                 "r").stderr)
    lost = w.run(message, "sign", *fixed, "--selector", "other")
    row("a key that the signer does not have", (lost.returncode, lost.stdout, b"no such key" in lost.stderr), (4, b"", True))
    away = w.run(message, "sign", *fixed, "--selector", "e", at=w.signer.socket + ".not")
    row("a signer that is away", (away.returncode, away.stdout, b"No such file" in away.stderr), (3, b"", True))
    row("a key file beside it", w.run(message, "sign", *fixed, *files).returncode, 2)


def test_table(w):
    for author, want, names in (
            (b"joe@a.example", [RSA_PASS, ED25519_PASS], [b"d=a.example; s=r;", b"d=a.example; s=e;"]),
            (b"Joe <joe@B.example>", [ED25519_PASS], [b"d=b.example; s=e;"]),
            (b"joe@news.c.example", [RSA_PASS], [b"d=c.example; s=r;"]),
            (b"joe@a.example, ann@a.example", [RSA_PASS, ED25519_PASS], [b"d=a.example; s=r;", b"d=a.example; s=e;"])):
        message = message_of(author)
        done = w.run(message, "sign", "--table", w.table)
        row("a table, the keys in the signer: %s" % author.decode(),
            (done.returncode, done.stderr, done.stdout.endswith(message), w.results(done.stdout),
             [name in done.stdout.replace(b"\r\n\t", b" ") for name in names]), (0, b"", True, want, [True] * len(names)))
        again = w.run(done.stdout, "sign", "--table", w.table)
        row("and once more on top", (again.returncode, again.stdout.endswith(done.stdout), w.results(again.stdout)),
            (0, True, want + want))
    for what, author, why in (("nobody's key", b"joe@x.example", b"unsigned: "),
                              ("authors with different keys", b"joe@a.example, joe@b.example", b"different keys"),
                              ("a key the signer lacks", b"joe@d.example", b"no such key"),
                              ("a key that is none", b"joe@w.example", b"cannot use this key")):
        done = w.run(message_of(author), "sign", "--table", w.table)
        row(what + ": the reason, and nothing is written", (done.returncode, done.stdout, why in done.stderr), (4, b"", True))


def validate(w, octets):
    """What dkimpy says; None: it is not here."""
    if subprocess.run(["/usr/bin/python3", "-c", "import dkim"], stderr=subprocess.DEVNULL, check=False).returncode:
        return None
    done = subprocess.run(["/usr/bin/python3", "-c", DKIMPY, w.records], input=octets, stdout=subprocess.PIPE, timeout=100, check=False)
    return done.stdout.decode().strip()


def test_seal(w):
    message = message_of(b"joe@a.example")
    signed = w.run(message, "sign", "--table", w.table).stdout
    sealer = ["--zone", w.zone, "--domain", "c.example", "--selector", "r", "--authserv-id", "mx.c.example"]
    one = w.run(signed, "seal", *sealer)
    row("signet seal by the signer: the first set", (one.returncode, one.stderr, one.stdout.endswith(signed), w.arc(one.stdout)),
        (0, b"", True, ("pass", 1)))
    two = w.run(one.stdout, "seal", "--zone", w.zone, "--domain", "a.example", "--selector", "r")
    row("the second by another domain", (two.returncode, b"cv=pass" in two.stdout, w.arc(two.stdout)), (0, True, ("pass", 2)))
    three = w.run(two.stdout, "seal", "--zone", w.zone, "--domain", "b.example", "--selector", "e")
    row("the third by Ed25519", (three.returncode, w.arc(three.stdout)), (0, ("pass", 3)))
    row("the signatures below still verify", w.results(three.stdout), [RSA_PASS, ED25519_PASS])
    row("a body that is changed does not", w.arc(two.stdout.replace(b"hello", b"HELLO"))[0], "fail")
    for sets, octets in ((1, one.stdout), (2, two.stdout)):
        said = validate(w, octets)
        if said is None:
            skip("dkimpy validates %d" % sets, "there is no dkimpy")
        else:
            row("dkimpy validates %d" % sets, said, "pass %d" % sets)
    lost = w.run(signed, "seal", "--zone", w.zone, "--domain", "a.example", "--selector", "other")
    row("a key that the signer does not have", (lost.returncode, lost.stdout, b"no such key" in lost.stderr), (4, b"", True))
    away = w.run(signed, "seal", *sealer, at=w.signer.socket + ".not")
    row("a signer that is away", (away.returncode, away.stdout, b"No such file" in away.stderr), (3, b"", True))


class Relay:
    """Between one client and the signer: what is asked goes on, until `before` is called in front of a request."""

    def __init__(self, w, before):
        self.path = os.path.join(w.signer.folder, "relay")
        self.before, self.seen = before, []
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(self.path)
        self.listener.listen(1)
        self.far = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.far.connect(w.signer.socket)
        self.thread = threading.Thread(target=self.carry)
        self.thread.start()

    @staticmethod
    def frame(source):
        head = source.recv(2, socket.MSG_WAITALL)
        return head and head + source.recv(struct.unpack("!H", head)[0], socket.MSG_WAITALL)

    def carry(self):
        near, _ = self.listener.accept()
        self.listener.close()
        with near, self.far:
            while True:
                asked = self.frame(near)
                if not asked:
                    return
                self.seen.append(asked[3])
                self.before(self.seen)
                try:
                    self.far.sendall(asked)
                    answer = self.frame(self.far)
                except (BrokenPipeError, ConnectionResetError):
                    answer = b""
                if not answer:
                    return
                near.sendall(answer)

    def end(self):
        self.thread.join()
        os.unlink(self.path)
        return self.seen


def killer(w, nth):
    def kill(seen):
        if seen.count(SIGN) == nth:
            w.signer.process.kill()
            w.signer.process.wait()
    return kill


def test_killed(w):
    message = message_of(b"joe@a.example")
    seal = ["--zone", w.zone, "--domain", "a.example", "--selector", "r"]
    for what, args, nth, asked in (("a message before its signature", ["sign", "--table", w.table], 1, [KEYS, KEYS, SIGN]),
                                   ("a message between two signatures", ["sign", "--table", w.table], 2, [KEYS, KEYS, SIGN, SIGN]),
                                   ("a set of ARC fields before it", ["seal", *seal], 1, [KEYS, SIGN]),
                                   ("a set of ARC fields in the middle", ["seal", *seal], 2, [KEYS, SIGN, SIGN])):
        relay = Relay(w, killer(w, nth))
        done = w.run(message, *args, at=relay.path)
        row("the signer is killed, %s" % what, relay.end(), asked)
        row("nothing is written, another time it may work", (done.returncode, done.stdout), (3, b""))
        row("one line tells", (done.stderr.count(b"\n"), b"the signer cannot be reached" in done.stderr), (1, True))
        w.signer.start()
        row("it works when the signer is back", w.run(message, *args).returncode, 0)
    w.signer.process.send_signal(signal.SIGSTOP)
    done = w.run(message, "sign", "--domain", "a.example", "--selector", "r")
    w.signer.process.send_signal(signal.SIGCONT)
    row("a signer that stands still", (done.returncode, done.stdout, b"does not answer" in done.stderr), (3, b"", True))


def test_bench(folder):
    """bench/signer ends, with what the signer said, where that does not start."""
    build = os.path.join(folder, "build")
    os.makedirs(os.path.join(build, "cmd"))
    with open(os.open(os.path.join(build, "cmd", "signet"), os.O_WRONLY | os.O_CREAT, 0o755), "w", encoding="ascii") as out:
        out.write("#!/bin/sh\necho cannot do it >&2\nexit 3\n")
    done = subprocess.run([os.path.join(os.environ["SIGNET_SOURCE"], "bench", "signer"), build, "1", "1"], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=60, check=False)
    row("bench/signer does not wait for a signer that does not start", (done.returncode, "status 3\ncannot do it" in done.stderr), (1, True))


def main():
    w = World()
    test_same(w)
    test_table(w)
    test_seal(w)
    test_killed(w)
    test_bench(w.signer.folder)
    row("it ends well", w.signer.stop(), 0)
    w.signer.remove()
    end()


if __name__ == "__main__":
    main()
