# SPDX-License-Identifier: Apache-2.0
"""DMARC (RFC 9989) once more, as plain as can be and written from the text: records, the tree walk, alignment, the
verdict.  Doubt is counted out: every answer that name servers withheld and every result a mechanism could not give is
tried in all its forms; the verdict is certain if all of them lead to it."""

import itertools
import re

POLICIES = ("none", "quarantine", "reject")
DOWN = {"reject": "quarantine", "quarantine": "none", "none": "none"}
URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9._~:/?#\[\]@$&'()*+;=%-]+(![0-9]+[kmgtKMGT]?)?")
FAILS = object()  # the name server fails
WORLDS = [None, "v=DMARC1; p=none", "v=DMARC1; p=reject", "v=DMARC1; p=reject; psd=n", "v=DMARC1; p=reject; psd=y"]


class Record:
    def __init__(self, text):
        tags = {}
        for spec in text.split(";"):
            name, equals, value = spec.partition("=")
            name = name.strip(" \t").lower()
            if equals and re.fullmatch("[a-z]+", name):
                tags.setdefault(name, value.strip(" \t"))
        low = {name: value.lower() for name, value in tags.items()}
        self.psd = low.get("psd") if low.get("psd") in ("y", "n") else "u"
        self.strict = {"dkim": low.get("adkim") == "s", "spf": low.get("aspf") == "s"}
        self.testing = low.get("t") == "y"
        rua = any(URI.fullmatch(uri.strip(" \t")) for uri in tags.get("rua", "").split(","))
        self.p, self.sp, self.np = low.get("p"), low.get("sp"), low.get("np")
        bad = self.p not in POLICIES or any(v is not None and v not in POLICIES for v in (self.sp, self.np))
        self.usable = not bad or rua
        if bad:  # 4.10.1: as if p=none, if there is anybody to tell
            self.p, self.sp, self.np = "none", None, None

    def policy(self, own, exists):
        if own:
            return self.p
        if exists:
            return self.sp or self.p
        return self.np or self.sp or self.p


def is_record(text):
    first = text.split(";")[0]
    name, _, value = first.partition("=")
    return name.rstrip(" \t").lower() == "v" and value.strip(" \t") == "DMARC1"


def record_of(texts):
    """4.5, 4.10: what is no DMARC record does not count; more than one count as none."""
    good = [text for text in texts if is_record(text)]
    return Record(good[0]) if len(good) == 1 else None


def parents(name):
    """The names a walk asks, 4.10."""
    labels = name.split(".")
    yield name
    rest = labels[1:] if len(labels) <= 8 else labels[-7:]
    while rest:
        yield ".".join(rest)
        rest = rest[1:]


def walk(zone, name, asked):
    found = []
    for at in parents(name):
        asked.add(at)
        record = record_of(zone.get(at, []))
        if record:
            found.append((at, record))
            if record.psd in "yn":
                break
    return found


def organization(zone, name, asked):
    """4.10.2"""
    found = walk(zone, name, asked)
    for at, record in found:
        if record.psd == "n":
            return at
        if record.psd == "y" and at != name:
            labels = name.split(".")
            return ".".join(labels[-at.count(".") - 2:])
    return min((at for at, _ in found), key=lambda at: at.count("."), default=name)


def discover(zone, author, asked):
    """4.10.1: the record, its name, whether it is the author's own."""
    found = dict(walk(zone, author, asked)) if not record_of(zone.get(author, [])) else {}
    asked.add(author)
    own = record_of(zone.get(author, []))
    if own:
        return own, author, True
    org = organization(zone, author, asked)
    if org in found:
        return found[org], org, False
    for at, record in found.items():
        if record.psd == "y":
            return record, at, False
    return None, None, False


def judge(zone, exists, author, evidence, asked):
    """One world without doubt: (result, policy, disposition, mechanisms that aligned)."""
    record, _, own = discover(zone, author, asked)
    if not record or not record.usable:
        return "none", None, "none", ()
    policy = record.policy(own, exists)
    aligned = set()
    for mechanism, domain, result in evidence:
        if result != "pass":
            continue
        if domain == author:
            aligned.add(mechanism)
        elif not record.strict[mechanism]:
            if organization(zone, domain, asked) == organization(zone, author, asked):
                aligned.add(mechanism)
    if aligned:
        return "pass", policy, "none", tuple(sorted(aligned))
    return "fail", policy, DOWN[policy] if record.testing else policy, ()


def possible(zone, exists, author, evidence):
    """All verdicts that what is withheld leaves open."""
    asked = set()
    shaken = [name for name, texts in zone.items() if texts is FAILS]
    open_results = [["pass", "fail"] if result == "temperror" else [result] for _, _, result in evidence]
    verdicts = set()
    relevant = [name for name in shaken if any(name in parents(at) for at in [author] + [d for _, d, _ in evidence])]
    for answers in itertools.product(WORLDS, repeat=len(relevant)):
        world = {name: texts for name, texts in zone.items() if texts is not FAILS}
        world.update({name: [text] if text else [] for name, text in zip(relevant, answers)})
        for results in itertools.product(*open_results):
            given = [(m, d, r) for (m, d, _), r in zip(evidence, results)]
            verdicts.add(judge(world, exists, author, given, asked))
    return verdicts, bool(relevant)
