# SPDX-License-Identifier: Apache-2.0
"""From: Python's three readings (email.utils on the value, email.headerregistry, the compat32 parser).  Of a valid field
our list of domains has to be theirs; of a malformed one it has to hold what each of them sees, or the message is refused."""

import collections
import email
import email.header
import email.policy
import email.utils
import re

import peers

DOMAINS = ["a.example", "b.example", "c.example", "sub.a.example", "D.Example"]
BITS = ["a", "x", "@", "@", "@a.example", "@b.example", "<", ">", "<", ">", ",", ";", ":", "(", ")", '"', "\\", "\t", "[",
        "]", ".", "..", "a@a.example", "<b@b.example>", "c@c.example", "=?utf-8?q?d=40d.example?=", "\u00e9", "\x01",
        "=?utf-8?b?PGVAZS5leGFtcGxlPg==?=", '"f@f.example"', "(g@g.example)", "h", "%", "@[192.0.2.1]", " group:", "()"]
NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)+\.?")
READERS = (IndexError, AttributeError, TypeError, ValueError, email.errors.HeaderParseError)  # what the registry dies of


def cfws(random):
    return random.choice(["", "", " ", "  ", "\t", "\r\n ", " (c) ", "(x@z.example)", "(a (n) b)", "(\\))", "\r\n\t(q)\r\n "])


def atom(random):
    return "".join(random.choice("abz09!#$%&'*+-/=?^_`{|}~") for _ in range(random.randrange(1, 5)))


def quoted(random):
    inner = ["a", "b", " ", ".", "@", '\\"', "\\\\", "<", ">", ",", ";", "(", ")", "z@y.example"]
    return '"' + "".join(random.choice(inner) for _ in range(random.randrange(6))) + '"'


def address(random, domains):
    domain = random.choice(DOMAINS)
    domains.add(domain.lower())
    dotted = ".".join(atom(random) for _ in range(random.randrange(1, 4)))
    local = random.choice([dotted, quoted(random)])
    return cfws(random) + local + cfws(random) + "@" + cfws(random) + domain + cfws(random)


def phrase(random):
    return " ".join(random.choice([atom(random), quoted(random), "=?utf-8?q?a=40b?="]) for _ in range(random.randrange(1, 4)))


def mailbox(random, domains):
    if random.random() < 0.5:
        return address(random, domains)
    name = random.choice([phrase(random) + random.choice(["", " ", " (c) "]), ""])
    return cfws(random) + name + "<" + address(random, domains) + ">" + cfws(random)


def valid(random):
    """A field by the grammar of RFC 5322 3.4, and its domains."""
    domains = set()
    if random.random() < 0.15:
        members = ",".join(mailbox(random, domains) for _ in range(random.randrange(3)))
        return phrase(random) + ":" + members + ";", domains
    return ",".join(mailbox(random, domains) for _ in range(random.choice([1, 1, 1, 2, 3]))), domains


def malformed(random):
    if random.random() < 0.6:
        return "".join(random.choice(BITS) for _ in range(random.randrange(1, 9)))
    value = re.sub(r"\r\n", "", valid(random)[0])
    at = random.randrange(len(value) + 1)
    return value[:at] + (random.choice(BITS) + value[at:] if random.random() < 0.5 else value[at + 1:])


def stands_in(value, name):
    """White space inside a name counts for us only if no whole name stands before it: email.utils skips it always, and so
    makes "joe@a.example Joe" an author at a.exampleJoe."""
    plain, n = value, 1
    while n:
        plain, n = re.subn(r"\((?:\\.|[^()\\])*\)", "", plain)
    decoded = str(email.header.make_header(email.header.decode_header(value)))
    return name in plain.lower() or name in decoded.lower()


def domains_of(addresses):
    names = (address.rsplit("@", 1)[1].strip() for address in addresses if "@" in address)
    return {name.lower().rstrip(".") for name in names if NAME.fullmatch(name)}


def readings(value, octets):
    unfolded = re.sub(r"\r\n(?=[ \t])", "", value)
    yield "email.utils", domains_of(at for _, at in email.utils.getaddresses([unfolded]))
    compat = email.message_from_bytes(octets).get_all("From", [])
    yield "compat32", domains_of(at for _, at in email.utils.getaddresses([re.sub(r"\r\n", "", str(one)) for one in compat]))
    try:
        field = email.message_from_bytes(octets, policy=email.policy.default)["From"]
        yield "headerregistry", domains_of(one.addr_spec for one in field.addresses)
    except READERS:
        pass


def judge(value, octets, report, want):
    """What we miss of what others read, or have too much."""
    ours = {one["domain"] for one in report["from"] if one.get("domain")}
    if want is not None:
        return [("valid", sorted(ours), sorted(want))] if ours != want else []
    if report["dmarc"]["result"] == "permerror":
        return []
    missing = [(who, sorted(seen - ours), sorted(ours)) for who, seen in readings(value, octets)]
    return [one for one in missing if any(stands_in(value, name) for name in one[1])]


def compare(random, signet, folder, n):
    zone = peers.write_zone(folder, [], "x. A 192.0.2.1\n")
    values = [valid(random) if i % 2 else (malformed(random), None) for i in range(n)]
    messages = [f"From: {value}\r\nSubject: x\r\n\r\nhi\r\n".encode() for value, _ in values]
    reports = peers.check(signet, folder, zone, messages, "--mail-from", "")
    wrong, counts = {True: [], False: []}, collections.Counter()
    for (value, want), octets, report in zip(values, messages, reports):
        faults = judge(value, octets, report, want)
        wrong[want is not None] += [(value, *one) for one in faults]
        counts["valid" if want is not None else report["dmarc"]["result"] + " of malformed"] += 1
        if want is not None:
            counts["read alike by Python"] += all(seen == want for _, seen in readings(value, octets))
    alike = counts["read alike by Python"] == counts["valid"]
    return [("5322:3.4", "the domains of a valid From are those that Python reads", wrong[True], dict(counts), alike),
            ("9989:11.5", "no domain that Python reads in a malformed From is missing", wrong[False], dict(counts), True)]
