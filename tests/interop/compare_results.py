# SPDX-License-Identifier: Apache-2.0
"""Authentication-Results: what hostile senders make us write is read by python3-authres, and says what the JSON says."""

import collections
import json
import os
import re
import subprocess

import authres

import material
import peers

KEYS = [material.Key("example.com", "r1", "rsa-1.pem"), material.Key("example.com", "e1")]
ZONE = """_dmarc.example.com. TXT "v=DMARC1; p=reject"
example.com. TXT "v=spf1 ip4:192.0.2.1 -all"
broken.example. TXT "v=spf1 foo:bar; ) ( -all"
"""
BITS = ["a", "example.com", "x.y", '"', "\\", "(", ")", "(c", "; dkim=pass header.d=evil.example", ";", " ", "\t", "=", "@",
        "<", ">", ",", "\r\n ", "\r\n", "\u00e9", "\u202e", "\x01", "\x7f", "spf=pass", "]", "[", "'", "%00", "xn--", "..",
        "-", "_", "*", "A" * 70, "b" * 400, "\u200b", "\u043f\u0440\u0438.\u0440\u0444", '"@', "/", "?", "&", "1", "\udcff"]


def evil(random, most=5):
    return "".join(random.choice(BITS) for _ in range(random.randrange(1, most)))


def octets_of(text):
    return text.encode("utf-8", "surrogateescape")


def signature(random):
    quoted = "".join(c if "!" <= c <= "~" and c not in ";=" else "".join(f"={b:02X}" for b in octets_of(c)) for c in evil(random))
    return octets_of(f"DKIM-Signature: v=1; a={random.choice(['rsa-sha256', evil(random)])}; h=from; "
                     f"d={random.choice(['example.com', evil(random)])}; s={random.choice(['r1', evil(random)])}; "
                     f"i={quoted}@{random.choice(['example.com', evil(random)])}; bh={random.choice(['AAAA', evil(random)])}; "
                     f"b={random.choice(['AAAA', evil(random)])}\r\n")


def make(random):
    author = random.choice(["ann@example.com", "ann@" + evil(random), evil(random) + "@example.com", evil(random, 9),
                            evil(random) + " <ann@example.com>", f'"{evil(random)}" <a@example.com>'])
    fields = [octets_of("From: " + author.replace("\r\n", "\r\n ") + "\r\n")]
    for _ in range(random.choice([0, 1, 1, 2, 5])):
        honest = random.random() < 0.5
        fields.insert(0, material.odd_signature(random, random.choice(KEYS), fields, b"hi\r\n") if honest else signature(random))
    if random.random() < 0.3:
        fields.append(octets_of(f"ARC-Seal: i=1; cv=none; a=rsa-sha256; d={evil(random)}; s={evil(random)}; b=AAAA\r\n"))
    return material.message(fields, b"hi\r\n")


def envelope(random):
    options = []
    if random.random() < 0.8:
        options += ["--mail-from", random.choice(["", evil(random), evil(random) + "@example.com", "a@" + evil(random),
                                                  f'"{evil(random)}"@example.com', "a@broken.example"])]
    if random.random() < 0.7:
        options += ["--helo", random.choice([evil(random), "mx.example.com", "broken.example"])]
    if random.random() < 0.8:
        options += ["--ip", random.choice(["192.0.2.1", "2001:db8::1", "192.0.2.77"])]
    return [octets_of(option) for option in options]


def results_in(report):
    pairs = [("spf", one["result"]) for one in report["spf"]]
    pairs += [("dkim", one["result"]) for one in report["dkim"]] or [("dkim", "none")]
    return collections.Counter(pairs + [(name, report[name]["result"]) for name in ("arc", "dmarc")])


def fault(report):
    """What is wrong with the field; None: nothing."""
    value = report["authentication_results"]
    if re.search(r"[^\t\r\n -~]|\r(?!\n)|(?<!\r)\n|\r\n(?![ \t])", value):
        return "octets"
    if max(map(len, ("Authentication-Results: " + value).split("\r\n"))) > 998:
        return "a long line"
    try:
        read = authres.AuthenticationResultsHeader.parse("Authentication-Results: " + value)
    except authres.core.SyntaxError as error:
        return str(error)
    if collections.Counter((one.method, one.result) for one in read.results) != results_in(report):
        return "other results"
    domains = {one["domain"] for one in report["dkim"]}
    told = {p.value for one in read.results if one.method == "dkim" for p in one.properties if p.name == "d"}
    return None if told <= domains else "other domains"


def compare(random, signet, folder, n):
    zone, path = peers.write_zone(folder, KEYS, ZONE), os.path.join(folder, "message.eml")
    bad, counts = [], collections.Counter()
    for _ in range(n):
        with open(path, "wb") as out:
            out.write(make(random))
        command = [signet, "check", "-j", "--zone", zone, "--authserv-id", "mx.example.net", *envelope(random), path]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
        counts["refused" if done.returncode == 2 else "read"] += 1
        wrong = fault(json.loads(done.stdout)) if done.returncode != 2 else None
        if wrong:
            bad.append((wrong, json.loads(done.stdout)["authentication_results"], command[7:-1]))
    return [("8601:2.2", "readers understand the results whatever the sender wrote", bad, dict(counts), counts["read"] > n / 2)]
