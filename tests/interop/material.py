# SPDX-License-Identifier: Apache-2.0
"""Random messages of odd but possible shapes, random damage, and signatures laid out in ways no signer of today uses.
All is octets; the same seed gives the same material."""

import base64
import hashlib
import os
import re

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding

HERE = os.path.dirname(os.path.abspath(__file__))
NAMES = ["From", "To", "Subject", "Date", "Message-ID", "Received", "X-One", "List-Id", "MIME-Version", "Cc"]
VALUES = [b"plain", b"two  words", b"tab\tand  space ", b"", b" ", b"\t", b"caf\xc3\xa9", b"\xe9\xff", b"a:b;c=d",
          b"=?utf-8?q?x?=", b"folded\r\n here", b"folded\r\n\t \there ", b"\r\n below", b" \r\n\t \r\n deep",
          b"end\r\n ", b"(comment)", b"x" * 300, b"b=abc; bh=def"]
LINES = [b"", b"", b"", b" ", b"\t \t", b"text", b"  indented", b"two  words\t here", b"ends in space ", b"ends in tab\t",
         b".", b"..", b"--", b"From the start", b"caf\xc3\xa9", b"\xe9\xff\x80", b"x" * 1200, b"=20", b"\x0b\x0c",
         b"nul \x00 here", b"- " * 30, b"\xa0nbsp\xa0"]


class Key:
    """A private key, and its record.  The keys are the same in each run, so that a seed gives the same material."""

    def __init__(self, domain, selector, rsa=None, tags=""):
        self.domain, self.selector, self.kind = domain, selector, "rsa" if rsa else "ed25519"
        self.name = f"{selector}._domainkey.{domain}"
        form = serialization.PublicFormat
        if rsa:
            self.file = os.path.join(HERE, rsa)
            with open(self.file, "rb") as source:
                self.pem = source.read()
            self.private = serialization.load_pem_private_key(self.pem, None)
            public = self.private.public_key().public_bytes(serialization.Encoding.DER, form.SubjectPublicKeyInfo)
        else:
            self.secret = hashlib.sha256(self.name.encode()).digest()
            self.private = ed25519.Ed25519PrivateKey.from_private_bytes(self.secret)
            public = self.private.public_key().public_bytes(serialization.Encoding.Raw, form.Raw)
        self.record = f"v=DKIM1; {tags}k={self.kind}; p={base64.b64encode(public).decode()}"

    def given(self):
        """The form in which dkimpy wants it."""
        return self.pem if self.kind == "rsa" else base64.b64encode(self.secret)

    def sign(self, text):
        if self.kind == "ed25519":
            return self.private.sign(hashlib.sha256(text).digest())
        return self.private.sign(text, padding.PKCS1v15(), hashes.SHA256())


def field(random, name, value=None):
    value = random.choice(VALUES) if value is None else value
    name = random.choice([name, name, name, name.lower(), name.upper()]).encode()
    between = random.choice([b": ", b": ", b":", b":  ", b":\t", b":\r\n "])
    return name + between + value + random.choice([b"", b"", b"", b" ", b"\t"]) + b"\r\n"


def header(random):
    fields = [field(random, "From", b"Ann <ann@example.com>")]
    fields += [field(random, random.choice(NAMES[1:])) for _ in range(random.randrange(9))]
    random.shuffle(fields)
    return fields


def body(random):
    """Empty, or ended by CRLF as all that comes by SMTP: Mail::DKIM 1.2 adds no CRLF to the last line, dkimpy 1.1.4 keeps
    white space at the end of a last line that has none."""
    lines = [random.choice(LINES) for _ in range(random.choice([0, 0, 1, 1, 2, 3, 6, 12]))]
    lines += random.choice([[], [b""], [b" "], [b"", b"", b"\t"]])
    return b"".join(line + b"\r\n" for line in lines)


def message(fields, text):
    return b"".join(fields) + b"\r\n" + text


def canonical_field(raw, relaxed):
    if not relaxed:
        return raw
    name, value = raw.split(b":", 1)
    value = re.sub(rb"[ \t]+", b" ", value.replace(b"\r\n", b"")).strip(b" ")
    return name.strip(b" \t").lower() + b":" + value + b"\r\n"


def canonical_body(text, relaxed):
    lines = text.split(b"\r\n")
    if relaxed:
        lines = [re.sub(rb"[ \t]+", b" ", line).rstrip(b" ") for line in lines]
    while lines and not lines[-1]:
        lines.pop()
    return b"".join(line + b"\r\n" for line in lines) or (b"" if relaxed else b"\r\n")


def name_of(raw):
    return raw.split(b":", 1)[0].strip().lower()


def split_fields(head):
    return re.findall(rb"[^\r\n]+\r\n(?:[ \t][^\r\n]*\r\n)*", head)


def select(fields, names):
    """The fields that h= names, each name from the bottom up."""
    left, chosen = list(fields), []
    for name in names:
        for at in range(len(left) - 1, -1, -1):
            if name_of(left[at]) == name.lower().encode():
                chosen.append(left.pop(at))
                break
    return chosen


def odd_tags(random, key, names, text):
    """The tags of a DKIM-Signature (RFC 6376 3.5), b= empty, in any order; and its canonicalisations."""
    c = random.choice([None, "simple", "relaxed", "simple/simple", "simple/relaxed", "relaxed/simple", "relaxed/relaxed"])
    head, _, tail = (c or "simple").partition("/")
    canonical = canonical_body(text, tail == "relaxed")
    length = random.randrange(len(canonical) + 1) if random.random() < 0.15 else len(canonical)
    digest = base64.b64encode(hashlib.sha256(canonical[:length]).digest()).decode()
    tags = [("v", "1"), ("a", f"{key.kind}-sha256"), ("d", random.choice([key.domain, key.domain.upper()])),
            ("s", key.selector), ("h", (space(random) + ":" + space(random)).join(names)), ("bh", folded(random, digest)),
            ("b", "")]
    tags += [("c", c)] if c else []
    tags += [("l", str(length))] if length < len(canonical) else []
    tags += random.choice([[], [("t", "1700000000")], [("x", "4000000000")], [("t", "1"), ("x", "999999999999")]])
    tags += random.choice([[], [], [("q", "dns/txt")], [("i", "@" + key.domain)], [("i", "joe=2Bx@a." + key.domain)]])
    tags += random.choice([[], [], [("z", "From:ann@x|Subject:b=20=3B")], [("unknown", "bz=y")], [("x_y", "")]])
    random.shuffle(tags)
    return tags, head == "relaxed"


def odd_signature(random, key, fields, text):
    """A DKIM-Signature of any layout the grammar has.  Left out is what a peer cannot read: dkimpy takes every " b=" for
    the tag b and cannot find one right behind the colon, and drops white space at the end of the field."""
    names = ["From"] + [random.choice(NAMES + ["X-Absent", "from"]) for _ in range(random.randrange(8))]
    random.shuffle(names)
    tags, relaxed = odd_tags(random, key, names, text)
    raw = random.choice(["DKIM-Signature", "DKIM-Signature", "dkim-signature", "DKIM-SIGNATURE"]) + ": "
    for tag, value in tags:
        raw += f"{space(random)}{tag}{space(random)}=" + ("\0;" if tag == "b" else f"{space(random)}{value}{space(random)};")
    raw = (raw[:-1] if random.random() < 0.5 else raw).rstrip().encode() + b"\r\n"
    signed = b"".join(canonical_field(f, relaxed) for f in select(fields, names))
    own = canonical_field(raw.replace(b"\0", b""), relaxed)
    b = folded(random, base64.b64encode(key.sign(signed + own[:-2])).decode())
    return raw.replace(b"\0", (space(random) + b).encode())


def space(random):
    return random.choice(["", "", " ", "\t", "\r\n ", " \r\n\t"])


def folded(random, b):
    """Base64 with folding white space anywhere."""
    for at in sorted(random.sample(range(1, len(b)), random.choice([0, 0, 1, 4])), reverse=True):
        b = b[:at] + random.choice([" ", "\r\n ", "\t", "\r\n\t "]) + b[at:]
    return b


def spoil_octets(random, whole):
    at = random.randrange(len(whole) - 2)
    kind = random.randrange(5)
    if kind == 0:
        return whole[:at] + bytes([random.choice(b"aZ 0\t\x80;=:")]) + whole[at + 1:]
    if kind == 1:
        return whole[:at] + random.choice([b" ", b"\t", b"  ", b"x"]) + whole[at:]
    if kind == 2:
        return whole[:at] + whole[at + 1:]
    if kind == 3:
        return whole + random.choice([b"\r\n", b" \r\n", b"\r\n\r\n", b"x\r\n", b"\t\r\n\r\n"])
    run = random.choice(list(re.finditer(rb"[ \t]+", whole)))
    return whole[:run.start()] + random.choice([b" ", b"  ", b"\t", b""]) + whole[run.end():]


def spoil_field(random, raw):
    name, value = raw.split(b":", 1)
    ways = [random.choice([name.upper(), name.lower()]) + b":" + value,
            name + b":" + random.choice([b" ", b"\t", b"\r\n "]) + value.lstrip(b" \t"),
            raw.replace(b" ", b"\r\n ", 1)]
    if name.lower() != b"dkim-signature":  # dkimpy drops white space at its end
        ways.append(raw[:-2] + random.choice([b" ", b"\t", b"\r\n "]) + b"\r\n")
    return random.choice(ways)


def damage(random, whole):
    """One small change anywhere."""
    end = whole.find(b"\r\n\r\n") + 2
    fields, rest = split_fields(whole[:end]), whole[end:]
    kind, at = random.randrange(9), random.randrange(len(fields))
    if kind < 4 or b"".join(fields) + rest != whole:
        return spoil_octets(random, whole)
    if kind == 4:
        random.shuffle(fields)
    elif kind == 5:
        fields.insert(random.randrange(len(fields) + 1), random.choice(fields))
    elif kind == 6:
        fields.pop(at)
    elif kind == 7:
        fields.insert(at, field(random, random.choice(NAMES)))
    else:
        fields[at] = spoil_field(random, fields[at])
    return b"".join(fields) + rest
