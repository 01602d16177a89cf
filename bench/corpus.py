#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""corpus.py OUT: writes a corpus of signed messages, the DNS they need, and what a verifier must say of them.

    OUT/messages/NNNNNN.eml  octets as on the wire, with the Return-Path and Received that our relay put on top
    OUT/index.jsonl          one line a message: envelope, expected results, the work that verifying it takes
    OUT/keys.jsonl           the public keys by name, decoded from base64 by who wants them
    OUT/zones/*.zone         RFC 1035 master files
    OUT/private.json         the private keys; used again if it is there
    OUT/mbox                 all messages in one file, with --mbox

The same seed gives the same corpus, but for the keys and what depends on them.  Our relay is 192.0.2.1: with
--trusted-net 192.0.2.0/24 its Received field gives the envelope.
"""

import argparse
import base64
import json
import math
import os
import random
import sys
from dataclasses import asdict, dataclass, field

from mailgen.signer import Options, canon_body, seal, sign
from mailgen.text import Writer, stamp
from mailgen.world import World
from mailgen.zone import Zone

START = 1760000000  # when the first message arrives
BAD = {"body": 26, "subject": 16, "unsigned": 18, "spoof": 16, "nokey": 6, "revoked": 6, "expired": 6, "badsig": 6}
MEDIAN, MEAN_TO_MEDIAN, LEAST, MOST = 15 << 10, 10 / 3, 1500, 8 << 20
NO_MATCH = {"-": "fail", "~": "softfail", "?": "neutral"}
FOOTER = b"_______________________________________________\r\nThe list: https://lists.example/subscribe\r\n"


@dataclass
class Message:
    domain: object
    author_domain: str
    fields: list
    body: bytes
    when: int
    recipient: str
    kind: str = "good"
    ip: str = ""
    helo: str = ""
    mail_from: str = ""
    spf: str = "pass"
    arc: str = "none"
    dkim: list = field(default_factory=list)  # (domain, result), the topmost signature first
    work: list = field(default_factory=list)
    bodies: set = field(default_factory=set)

    def mail_from_domain(self):
        return self.mail_from.split("@")[1] if self.mail_from else self.helo

    def is_aligned(self, domain):
        if self.domain.strict:
            return domain == self.author_domain
        return domain.split(".")[-2:] == self.author_domain.split(".")[-2:]

    def dmarc(self):
        if not self.domain.policy:
            return "none"
        proved = [self.mail_from_domain()] if self.spf == "pass" else []
        proved += [domain for domain, result in self.dkim if result == "pass"]
        return "pass" if any(self.is_aligned(domain) for domain in proved) else "fail"


class Corpus:
    def __init__(self, options, keys):
        self.random = random.Random(options.seed)
        self.options = options
        self.zone = Zone()
        self.world = World(self.zone, keys, options.domains, options.few_keys)
        self.writer = Writer(self.random)
        self.weights = [1 / (n + 3) ** 0.7 for n in range(options.domains)]
        self.sigma = math.sqrt(2 * math.log(MEAN_TO_MEDIAN))

    def size(self):
        octets = self.random.lognormvariate(math.log(self.options.median), self.sigma)
        return int(min(MOST, max(LEAST, octets)))

    def compose(self, number):
        domain = self.random.choices(self.world.domains, self.weights)[0]
        author = domain.name
        if not domain.strict and self.random.random() < 0.2:
            author = self.random.choice(["news.", "mail."]) + author
        when = START + number
        recipient = f"user{self.random.randint(1, 99)}@receiver.example"
        fields, body = self.writer.message(self.size(), author, when - 10, recipient)
        message = Message(domain, author, fields, body, when, recipient)
        if self.random.random() < self.options.bad:
            message.kind = self.random.choices(list(BAD), list(BAD.values()))[0]
        return message

    def choose_route(self, message, double):
        """Who delivers it, and under which envelope."""
        domain, roll = message.domain, self.random.random()
        message.mail_from = f"bounce-{self.writer.token(8)}@{domain.name}"
        if message.kind == "spoof":
            last = self.random.randint(1, 250)
            message.ip, message.helo = f"203.0.113.{last}", f"host{last}.dialup.example"
            message.spf = NO_MATCH[domain.qualifier]
        elif double or roll < 0.5:
            self.send_by_provider(message)
        else:
            out = self.random.choice([1, 2])
            message.ip, message.helo = f"{domain.network}.{10 + out}", f"out{out}.{domain.name}"
            if roll > 0.97:
                message.mail_from = ""  # a bounce: HELO stands for it, and publishes that it may
        if message.kind == "good" and not double and message.mail_from and self.random.random() < 0.05:
            message.ip, message.helo = f"198.51.100.{self.random.randint(1, 99)}", "forward.example"
            foreign = message.mail_from_domain() == domain.provider.name
            message.spf = NO_MATCH["~" if foreign else domain.qualifier]

    def send_by_provider(self, message):
        provider = message.domain.provider
        own_bounces = self.random.random() < 0.35
        if own_bounces:
            message.mail_from = f"b{self.writer.token(10)}@{provider.name}"
        six = self.random.random() < 0.1 and (own_bounces or message.domain.only_networks)
        message.ip = provider.address6(self.random) if six else provider.address(self.random)
        message.helo = f"o{message.ip.replace('.', '-').replace(':', '-')}.{provider.name}"
        self.zone.host(message.helo, message.ip)
        self.zone.pointer(message.ip, message.helo)

    def sign_author(self, message):
        key, roll = message.domain.key, self.random.random()
        header, body = self.random.choices([("relaxed", "relaxed"), ("relaxed", "simple"), ("simple", "simple")],
                                           [87, 10, 3])[0]
        options = Options(header, body, signed_at=message.when - 5)
        if message.kind == "expired":
            options.signed_at, options.expires = START - 10000000, START - 9000000
        elif roll < 0.3:
            options.expires = message.when + 86400 * 3650
        if roll > 0.7:
            options.oversign = ("from", "subject", "date")
        elif roll > 0.5 and "t=s" not in key.flags:
            options.identity = "@" + message.author_domain
        options.length = self.random.random() < 0.005 and message.kind == "good"
        published = key.selector
        key.selector = {"nokey": "gone", "revoked": "revoked"}.get(message.kind, published)
        signature, work = sign(message.fields, message.body, key, options)
        key.selector = published
        if message.kind == "badsig":
            last = len(signature[1]) - 12
            signature = (signature[0], signature[1][:last] + ("A" if signature[1][last] != "A" else "B")
                         + signature[1][last + 1:])
        self.enter(message, signature, work, options, key.domain)

    def enter(self, message, signature, work, options, domain):
        """Puts a signature on top and writes down what becomes of it."""
        result = {"nokey": "permerror", "revoked": "permerror", "expired": "permerror", "badsig": "fail",
                  "body": "fail", "subject": "fail"}.get(message.kind, "pass")
        message.fields.insert(0, signature)
        message.dkim.insert(0, (domain, result))
        if message.kind != "expired":
            message.bodies |= options.bodies
        if result != "permerror":
            message.work.append(work)

    def sign_provider(self, message):
        options = Options(signed_at=message.when - 3)
        signature, work = sign(message.fields, message.body, message.domain.provider.key, options)
        kind, message.kind = message.kind, message.kind if message.kind in ("body", "subject") else "good"
        self.enter(message, signature, work, options, message.domain.provider.name)
        message.kind = kind

    def spoil(self, message):
        if message.kind == "body":
            at = self.random.randrange(len(message.body) // 4, len(message.body) - 10)
            while message.body[at:at + 1] in (b"\r", b"\n", b" ", b"\t", b"-", b"=", b"x"):
                at += 1
            message.body = message.body[:at] + b"x" + message.body[at + 1:]
        if message.kind == "subject":
            message.fields = [(name, "[EXTERNAL] " + value if name == "Subject" else value)
                              for name, value in message.fields]

    def pass_list(self, message):
        """A list changes the message, seals it and sends it on, once or several times."""
        forwarders = self.random.choices(self.world.forwarders, k=self.random.choice([1, 1, 2, 3]))
        found = f"dkim={message.dkim[0][1] if message.dkim else 'none'}; spf={message.spf}"
        if message.kind == "good":
            message.kind = "list"
            message.body = message.body.rstrip(b"\r\n") + b"\r\n" + FOOTER
            limited = any(limit for _, limit in message.bodies)
            message.dkim = [(domain, "policy" if limited and len(message.dkim) == 1 else "fail")
                            for domain, _ in message.dkim]
        for hop, forwarder in enumerate(forwarders):
            options = Options()
            message.fields, work = seal(message.fields, message.body, forwarder.key, message.when + hop, found,
                                        "pass" if hop else "none", options)
            message.work += work
            message.bodies |= options.bodies
        message.arc = "pass"
        message.ip, message.helo = f"198.51.100.{self.random.randint(100, 250)}", f"mx.{forwarders[-1].name}"
        message.mail_from, message.spf = f"owner@{forwarders[-1].name}", "pass"

    def trace(self, message):
        """The fields of the way, ours last and so on top."""
        ip = f"IPv6:{message.ip}" if ":" in message.ip else message.ip
        inner = ("Received", f"by {message.helo} with ESMTPSA id {self.writer.token(12)};\r\n\t{stamp(message.when - 5)}")
        ours = ("Received", f"from {message.helo} ({message.helo} [{ip}])\r\n\tby mx.receiver.example (Postfix) with ESMTPS"
                f" id {self.writer.token(11)}\r\n\tfor <{message.recipient}>; {stamp(message.when)}")
        message.fields = [("Return-Path", f"<{message.mail_from}>"), ours, inner] + message.fields

    def message(self, number):
        message = self.compose(number)
        double = self.random.random() < 0.10
        self.choose_route(message, double)
        if message.kind not in ("unsigned", "spoof"):
            self.sign_author(message)
            if double:
                self.sign_provider(message)
        self.spoil(message)
        if self.random.random() < self.options.arc:
            self.pass_list(message)
        self.trace(message)
        return message


def octets_of(message):
    return b"".join(f"{name}: {value}\r\n".encode() for name, value in message.fields) + b"\r\n" + message.body


def hashed_octets(message):
    lengths = []
    for how, limit in sorted(message.bodies, key=str):
        octets = len(canon_body(message.body, how))
        lengths.append(octets if limit is None else min(limit, octets))
    return lengths


def entry_of(message, file, octets):
    return {"file": file, "octets": octets, "body": len(message.body), "kind": message.kind, "time": message.when,
            "ip": message.ip, "helo": message.helo, "mail_from": message.mail_from, "author": message.author_domain,
            "expect": {"spf": message.spf, "dkim": [result for _, result in message.dkim] or ["none"],
                       "arc": message.arc, "dmarc": message.dmarc()},
            "hashes": hashed_octets(message), "signatures": [asdict(work) for work in message.work]}


def mbox_of(message, octets):
    lines = octets.replace(b"\r\n", b"\n").split(b"\n")
    quoted = [b">" + line if line.lstrip(b">").startswith(b"From ") else line for line in lines]
    sender = message.mail_from or "MAILER-DAEMON"
    return f"From {sender} Thu Oct  9 08:53:20 2025\n".encode() + b"\n".join(quoted) + b"\n"


def write_keys(world, path):
    with open(path, "w", encoding="ascii") as out:
        for owner in world.domains + world.providers + world.forwarders:
            key = base64.b64encode(owner.key.public_octets()).decode()
            out.write(json.dumps({"name": owner.key.name, "algorithm": owner.key.algorithm, "key": key}) + "\n")


def load_keys(path):
    if not os.path.exists(path):
        return {}
    with open(path, encoding="ascii") as source:
        return json.load(source)


def read_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out")
    parser.add_argument("-n", type=int, default=1000, help="messages")
    parser.add_argument("--domains", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--bad", type=float, default=0.10, help="share of spoiled, unsigned and forged messages")
    parser.add_argument("--arc", type=float, default=0.0, help="share that came through a list that seals with ARC")
    parser.add_argument("--median", type=int, default=MEDIAN, help="octets; the mean is about three times as large")
    parser.add_argument("--few-keys", action="store_true", help="all domains share three keys: quick to make")
    parser.add_argument("--mbox", action="store_true", help="write all messages into one mbox as well")
    return parser.parse_args()


def main():
    options = read_options()
    os.makedirs(os.path.join(options.out, "messages"), exist_ok=True)
    private = os.path.join(options.out, "private.json")
    keys = load_keys(private)
    corpus = Corpus(options, keys)
    with open(private, "w", encoding="ascii") as out:
        json.dump(keys, out)
    write_keys(corpus.world, os.path.join(options.out, "keys.jsonl"))
    mbox = open(os.path.join(options.out, "mbox"), "wb") if options.mbox else None
    with open(os.path.join(options.out, "index.jsonl"), "w", encoding="ascii") as index:
        for number in range(options.n):
            message = corpus.message(number)
            octets = octets_of(message)
            file = f"messages/{number:06}.eml"
            with open(os.path.join(options.out, file), "wb") as out:
                out.write(octets)
            index.write(json.dumps(entry_of(message, file, len(octets))) + "\n")
            if mbox:
                mbox.write(mbox_of(message, octets))
    if mbox:
        mbox.close()
    corpus.zone.write(os.path.join(options.out, "zones"))


if __name__ == "__main__":
    sys.exit(main())
