# SPDX-License-Identifier: Apache-2.0
"""The engines that are compared: signet, dkimpy, and Mail::DKIM through peer.pl."""

import json
import os
import subprocess
import time

import dkim

# What dkimpy raises over octets it did not expect.
REFUSALS = (dkim.DKIMException, ValueError, IndexError, TypeError, AssertionError, KeyError)
HERE = os.path.dirname(os.path.abspath(__file__))


class MailDkim:
    def __init__(self, keys):
        self.process = subprocess.Popen(["/usr/bin/perl", os.path.join(HERE, "peer.pl")], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)
        self.ask("keys", "".join(f"{key.name} {key.record}\n" for key in keys).encode())

    def ask(self, verb, octets, **options):
        words = [verb, *(f"{name}={value}" for name, value in options.items()), str(len(octets))]
        self.process.stdin.write(" ".join(words).encode() + b"\n" + octets)
        self.process.stdin.flush()
        length = int(self.process.stdout.readline())
        return self.process.stdout.read(length)

    def dkim(self, octets):
        return [word == b"pass" for word in self.ask("dkim", octets).split()]

    def arc(self, octets):
        return self.ask("arc", octets).decode()

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Dkimpy:
    def __init__(self, keys):
        self.records = {key.name.lower(): key.record for key in keys}

    def text(self, name, timeout=5):
        name = name.decode().rstrip(".").lower()
        if not name.isascii():
            name = name.encode("idna").decode()  # as dnspython does, which dkimpy uses
        return self.records.get(name, "").encode() or None

    def dkim(self, octets):
        """One verdict a signature, from the top; none at all where dkimpy refuses the message."""
        try:
            n = sum(name.lower() == b"dkim-signature" for name, _ in dkim.DKIM(octets).headers)
        except REFUSALS:
            return []
        return [self.one(octets, i) for i in range(n)]

    def one(self, octets, i):
        try:
            return bool(dkim.DKIM(octets).verify(i, self.text))
        except REFUSALS:
            return False

    def arc(self, octets):
        try:
            return (dkim.ARC(octets).verify(self.text)[0] or b"fail").decode()
        except REFUSALS:
            return "error"


def write_zone(folder, keys, more=""):
    path = os.path.join(folder, "zone")
    with open(path, "w", encoding="ascii") as out:
        for key in keys:
            parts = " ".join(f'"{key.record[i:i + 250]}"' for i in range(0, len(key.record), 250))
            out.write(f"{key.name}. 300 IN TXT {parts}\n")
        out.write(more)
    return path


def check(signet, folder, zone, messages, *options):
    """One report for each message."""
    paths = []
    for i, octets in enumerate(messages):
        paths.append(os.path.join(folder, f"{i:05d}.eml"))
        with open(paths[-1], "wb") as out:
            out.write(octets)
    command = [signet, "check", "-j", "--zone", zone, "--now", str(int(time.time())), *options]
    reports = []
    for i in range(0, len(paths), 500):
        done = subprocess.run([*command, *paths[i:i + 500]], stdin=subprocess.DEVNULL, capture_output=True, check=False)
        reports += [json.loads(line) for line in done.stdout.splitlines()]
    assert [report["path"] for report in reports] == paths
    return reports
