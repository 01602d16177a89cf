# SPDX-License-Identifier: Apache-2.0
"""Faults of the signature and of the key.  FAULTS: (labels, form, function); the function is given a Bench and returns
(message, records of the key's name, header_ok, body_ok); records may be "TIMEOUT" or "SERVFAIL"; "-" as a truth means
that either "not computed" or the true value is right."""

import base64
import hashlib
import re

from base_messages import KINDS
from dkim_model import NOW, Key, canonical_body, sign, verify

FAULTS = []


def fault(labels, form):
    def add(function):
        FAULTS.append((labels.split(), form, function))
        return function
    return add


class Bench:
    """What a fault may use."""

    def __init__(self, kind, c, key, other, names, spare):
        self.kind, self.c, self.key, self.other, self.names, self.spare = kind, c, key, other, names, spare

    def base(self):
        return KINDS[self.kind]()

    def signed(self, **more):
        return sign(self.base(), self.key, self.c, self.names, **more)

    def simple(self, **tags):
        return self.signed(replace=tags), [self.key.record()], "-", "-"


def with_records(bench, records, **tags):
    return bench.signed(replace=tags), records, "-", "-"


fault("signature-expired", "x= is past")(lambda b: b.simple(x=str(NOW - 1800)))
fault("signature-future", "t= is a day ahead")(lambda b: b.simple(t=str(NOW + 86400)))
fault("expiry-before-signing", "x= below t=")(lambda b: b.simple(x=str(NOW - 7200)))
fault("identity-mismatch", "i= elsewhere")(lambda b: b.simple(i="@example.org"))
fault("identity-mismatch", "i= above d=")(lambda b: b.simple(i="@com"))
fault("algorithm-unknown", "rsa-sha512")(lambda b: b.simple(a="rsa-sha512"))
fault("algorithm-unknown", "dsa")(lambda b: b.simple(a="dsa-sha256"))
fault("algorithm-obsolete", "rsa-sha1")(lambda b: b.simple(a="rsa-sha1"))
fault("canonicalization-unknown", "nowsp")(lambda b: b.simple(c="nowsp/simple"))
fault("version-unknown", "2")(lambda b: b.simple(v="2"))
fault("signature-syntax", "a tag twice")(lambda b: b.simple(q="dns/txt; q=dns/txt"))
fault("signature-syntax", "not a number")(lambda b: b.simple(t="soon"))
fault("signature-syntax", "no equals sign")(lambda b: b.simple(q="dns/txt; nonsense"))
for tag in "vadsh":
    fault("tag-missing", tag + "=")(lambda b, tag=tag: b.simple(**{tag: None}))
fault("tag-missing", "bh=")(lambda b: b.simple(bh=None))
fault("key-missing", "no such name")(lambda b: with_records(b, []))
fault("key-revoked", "empty p=")(lambda b: with_records(b, ["v=DKIM1; k=%s; p=" % b.key.kind]))
fault("key-syntax", "p= is no key")(lambda b: with_records(b, ["v=DKIM1; k=%s; p=AAAA" % b.key.kind]))
fault("key-syntax", "p= is no base64")(lambda b: with_records(b, ["v=DKIM1; k=%s; p=%%%%%%" % b.key.kind]))
fault("key-service", "s=other")(lambda b: with_records(b, [b.key.record("s=tlsrpt; ")]))
fault("key-hash", "h=sha1")(lambda b: with_records(b, [b.key.record("h=sha1; ")]))
fault("key-timeout", "no answer")(lambda b: with_records(b, "TIMEOUT"))
fault("key-servfail", "server failure")(lambda b: with_records(b, "SERVFAIL"))
fault("key-duplicate", "two keys")(lambda b: with_records(b, [b.key.record(), b.spare.record()]))


@fault("from-not-signed", "h= without from")
def _(b):
    b.names = [n for n in b.names if n != "from"]
    return b.simple()


@fault("identity-strict", "t=s and a sub-domain in i=")
def _(b):
    return with_records(b, [b.key.record("t=s; ")], i="@mail.example.com")


@fault("key-type-mismatch", "the other algorithm")
def _(b):
    return with_records(b, [b.other.record()])


@fault("key-replaced", "another key of the same kind")
def _(b):
    m = b.signed()
    return m, [b.spare.record()], False, True


@fault("signer-bh-wrong", "line ends without CR")
def _(b):
    body = canonical_body(b.base().body, b.c.endswith("relaxed")).replace(b"\r\n", b"\n")
    m = b.signed(replace={"bh": base64.b64encode(hashlib.sha256(body).digest()).decode()})
    return m, [b.key.record()], True, False


@fault("signer-bh-wrong", "hash of an empty body")
def _(b):
    m = b.signed(replace={"bh": "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="})
    return m, [b.key.record()], True, False


@fault("signer-bh-wrong", "the other canonicalization")
def _(b):
    body = canonical_body(b.base().body, not b.c.endswith("relaxed"))
    if body == canonical_body(b.base().body, b.c.endswith("relaxed")):
        return None
    m = b.signed(replace={"bh": base64.b64encode(hashlib.sha256(body).digest()).decode()})
    return m, [b.key.record()], True, False


@fault("appended-under-l", "text behind l=")
def _(b):
    m = b.signed(replace={"l": True})
    m.body = canonical_body(m.body, False) + b"Buy now at https://mallory.example.org/\r\n"
    return (m, [b.key.record()], True, True) if verify(m, b.key) == (True, True) else None


@fault("signature-syntax signature-damaged", "b= empty")
def _(b):
    m = b.signed(fold=False)
    m.fields[0] = re.sub(rb"; b=.*", b"; b=", m.fields[0], flags=re.S) + b"\r\n"
    return m, [b.key.record()], "-", "-"


@fault("key-weak", "512 bits")
def _(b):
    weak = Key("rsa", 512)
    return sign(b.base(), weak, b.c, b.names), [weak.record()], "-", "-"
