# SPDX-License-Identifier: Apache-2.0
"""DKIM: messages signed by dkimpy, by Mail::DKIM and by hand in odd layouts, most of them damaged.  Each signature is judged
by signet, dkimpy and Mail::DKIM: no verdict of ours may be one that no peer shares."""

import re

import dkim

import material
import peers

KEYS = [material.Key("example.com", "r1", "rsa-1.pem"), material.Key("example.com", "r2", "rsa-2.pem", "t=y; "),
        material.Key("sub.example.org", "r3", "rsa-1.pem"), material.Key("example.com", "e1")]
FORMS = ["simple", "relaxed", "simple/simple", "simple/relaxed", "relaxed/simple", "relaxed/relaxed"]


def sign(random, perl, fields, text):
    whole, key, kind = material.message(fields, text), random.choice(KEYS), random.randrange(4)
    names = sorted({material.name_of(f).decode() for f in fields} - {"received", "dkim-signature"})
    if kind < 2:
        return material.odd_signature(random, key, fields, text)
    if kind == 2:
        form = random.choice(FORMS[2:]).encode().split(b"/")
        engine = dkim.DKIM(whole, signature_algorithm=f"{key.kind}-sha256".encode())
        return engine.sign(key.selector.encode(), key.domain.encode(), key.given(), canonicalize=form,
                           include_headers=[name.encode() for name in names + ["from"] * random.randrange(2)],
                           length=random.random() < 0.1)
    key = random.choice(KEYS[:3])
    return perl.ask("sign", whole, a="rsa-sha256", c=random.choice(FORMS), d=key.domain, s=key.selector,
                    h=":".join(names), key=key.file) + b"\r\n"


def make(random, perl):
    fields, text = material.header(random), material.body(random)
    for _ in range(random.choice([1, 1, 1, 2, 3])):
        fields.insert(0, sign(random, perl, fields, text))
    whole = material.message(fields, text)
    return material.damage(random, whole) if random.random() < 0.6 else whole


def holds(one):
    """Whether header and body fit; what we then refuse by rule (l=, a second From) is not the peers' matter."""
    return one["result"] == "pass" or (one["result"] == "policy" and one["header_ok"] is True and one["body_ok"] is True)


def votes(octets, report, python, perl):
    """For each signature: our verdict, and those of the peers that can read it."""
    ours = report["dkim"]
    bare = re.search(rb"\r(?!\n)|(?<!\r)\n", octets)  # content (RFC 6376 3.4.4, 5.3); the peers take it for a line end or WSP
    for i, one in enumerate(ours):
        given = [python[i]] if len(python) == len(ours) else []
        if one["algorithm"] == "rsa-sha256" and len(perl) == len(ours):  # Mail::DKIM 1.2 knows no Ed25519
            given.append(perl[i])
        # dkimpy checks one From more than h= has, we say "policy"; Mail::DKIM does neither
        added = any(finding["id"] == "dkim.field-added" for finding in one["findings"])
        yield holds(one), [] if added or bare else given


def compare(random, signet, folder, n):
    perl, python = peers.MailDkim(KEYS), peers.Dkimpy(KEYS)
    zone = peers.write_zone(folder, KEYS)
    messages = [make(random, perl) for _ in range(n)]
    reports = peers.check(signet, folder, zone, messages, "--mail-from", "ann@example.com")
    both = split = unjudged = passed = 0
    alone = []
    for octets, report in zip(messages, reports):
        for ours, given in votes(octets, report, python.dkim(octets), perl.dkim(octets)):
            passed += ours
            both += bool(given) and all(one == ours for one in given)
            unjudged += not given
            split += len(given) == 2 and given[0] != given[1]
            if given and ours not in given:
                alone.append((ours, octets))
    perl.close()
    counts = f"{both} agreed, {split} where the peers differ, {unjudged} no peer can judge, {passed} pass"
    return [("6376:6.1.3", "no verdict on a signature is ours alone", alone, counts, both > n)]
