# SPDX-License-Identifier: Apache-2.0
"""A small second implementation of DKIM (RFC 6376) for the generator: it signs messages and says, independently of
libsignet, whether the header and the body of a changed message still fit.  A message is a list of raw fields (each
with its CRLF) and a body; all are octets."""

import base64
import hashlib
import re

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa

NOW = 1790000000


class Message:
    def __init__(self, fields, body):
        self.fields = list(fields)
        self.body = body

    def copy(self):
        return Message(self.fields, self.body)

    def octets(self):
        return b"".join(self.fields) + b"\r\n" + self.body

    def find(self, name):
        """Index of the topmost field of that name, or None."""
        for i, field in enumerate(self.fields):
            if name_of(field) == name.lower().encode():
                return i
        return None

    def get(self, name):
        i = self.find(name)
        return None if i is None else unfold(self.fields[i].split(b":", 1)[1]).strip()

    def put(self, name, value):
        """Replaces the topmost field of that name, or adds one at the end."""
        i = self.find(name)
        field = name.encode() + b": " + value + b"\r\n"
        if i is None:
            self.fields.append(field)
        else:
            self.fields[i] = field

    def drop(self, name):
        self.fields = [f for f in self.fields if name_of(f) != name.lower().encode()]


def name_of(field):
    return field.split(b":", 1)[0].strip().lower()


def unfold(value):
    return re.sub(rb"\r\n(?=[ \t])", b"", value)


def relaxed_field(field):
    name, value = field.split(b":", 1)
    value = re.sub(rb"[ \t]+", b" ", unfold(value))
    if value.endswith(b"\r\n"):
        value = value[:-2]
    return name.strip().lower() + b":" + value.strip(b" ") + b"\r\n"


def canonical_body(body, relaxed):
    if relaxed:
        body = re.sub(rb"[ \t]+", b" ", body)
        body = re.sub(rb" (?=\r\n|\Z)", b"", body)
        body = re.sub(rb"(?:\r\n)*\Z", b"", body, count=1) if body else body
        while body.endswith(b"\r\n"):
            body = body[:-2]
        return body + b"\r\n" if body else b""
    while body.endswith(b"\r\n"):
        body = body[:-2]
    return body + b"\r\n"


def header_input(message, names, own, relaxed):
    left = {}
    for field in message.fields:
        if field is not own:
            left.setdefault(name_of(field), []).append(field)
    out = b""
    for name in names:
        stack = left.get(name.strip().lower())
        if stack:
            field = stack.pop()
            out += relaxed_field(field) if relaxed else field
    bare = re.sub(rb"([;\s:]b\s*=)[^;]*", lambda m: m.group(1), own.rstrip(b"\r\n") if not relaxed else own, count=1)
    bare = relaxed_field(bare if bare.endswith(b"\r\n") else bare + b"\r\n")[:-2] if relaxed else bare
    return out + bare


class Key:
    """One key pair, made at run time, and its record."""

    def __init__(self, kind, bits=2048):
        self.kind = kind
        if kind == "rsa":
            self.private = rsa.generate_private_key(65537, bits)
            der = self.private.public_key().public_bytes(
                serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        else:
            self.private = ed25519.Ed25519PrivateKey.generate()
            der = self.private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        self.p = base64.b64encode(der).decode()

    def record(self, extra=""):
        return "v=DKIM1; k=%s; %sp=%s" % (self.kind, extra, self.p)

    def sign(self, data):
        if self.kind == "rsa":
            return self.private.sign(data, padding.PKCS1v15(), hashes.SHA256())
        return self.private.sign(hashlib.sha256(data).digest())

    def verifies(self, signature, data):
        public = self.private.public_key()
        try:
            if self.kind == "rsa":
                public.verify(signature, data, padding.PKCS1v15(), hashes.SHA256())
            else:
                public.verify(signature, hashlib.sha256(data).digest())
            return True
        except InvalidSignature:
            return False


def dkim_qp(octets):
    return b"".join(b"=%02X" % c if c <= 0x20 or c >= 0x7F or c in b";=|" else bytes([c]) for c in octets)


def sign(message, key, c, names, domain="example.com", selector="s1", z=False, replace=None, fold=True):
    """Adds a DKIM-Signature on top and returns the message.  `replace`: tags set to other values (None: left out)."""
    header_c, body_c = c.split("/")
    canonical = canonical_body(message.body, body_c == "relaxed")
    tags = [("v", "1"), ("a", "rsa-sha256" if key.kind == "rsa" else "ed25519-sha256"), ("c", c), ("d", domain),
            ("s", selector), ("t", str(NOW - 3600)), ("h", ":".join(names))]
    replace = dict(replace or {})
    if "l" in replace and replace["l"] is True:
        replace["l"] = str(len(canonical))
    if "l" in replace and isinstance(replace["l"], str) and replace["l"].isdigit():
        canonical = canonical[:int(replace["l"])]
    if z:
        copied = [f.rstrip(b"\r\n") for f in message.fields]
        tags.append(("z", b"|".join(dkim_qp(f.split(b":", 1)[0]) + b":" + dkim_qp(f.split(b":", 1)[1])
                                    for f in copied).decode()))
    tags.append(("bh", base64.b64encode(hashlib.sha256(canonical).digest()).decode()))
    for tag, value in replace.items():
        tags = [(n, v) for n, v in tags if n != tag] + ([(tag, value)] if value is not None else [])
    joiner = ";\r\n\t" if fold else "; "
    own = ("DKIM-Signature: " + joiner.join("%s=%s" % t for t in tags) + joiner + "b=").encode()
    signed = Message([own + b"\r\n"] + message.fields, message.body)
    names = [n.encode() for n in names]
    data = header_input(signed, names, signed.fields[0], header_c == "relaxed")
    b = base64.b64encode(key.sign(data)).decode()
    if fold:
        b = "\r\n\t ".join(b[i:i + 72] for i in range(0, len(b), 72))
    signed.fields[0] = own + b.encode() + b"\r\n"
    return signed


def tags_of(own):
    tags = {}
    for part in unfold(own.split(b":", 1)[1]).split(b";"):
        if b"=" in part:
            name, value = part.split(b"=", 1)
            tags[name.strip().decode("latin-1")] = value.strip().decode("latin-1")
    return tags


def verify(message, key, which=0):
    """(header_ok, body_ok) of the signature numbered `which` from the top, by this model."""
    own = [f for f in message.fields if name_of(f) == b"dkim-signature"][which]
    tags = tags_of(own)
    header_c, body_c = (tags.get("c", "simple/simple") + "/simple").split("/")[:2]
    canonical = canonical_body(message.body, body_c == "relaxed")
    if "l" in tags:
        canonical = canonical[:int(tags["l"])]
    bh = base64.b64encode(hashlib.sha256(canonical).digest()).decode()
    data = header_input(message, [n.encode() for n in tags["h"].split(":")], own, header_c == "relaxed")
    try:
        b = base64.b64decode(re.sub(r"\s", "", tags["b"]))
    except ValueError:
        return None, bh == re.sub(r"\s", "", tags["bh"])
    return key.verifies(b, data), bh == re.sub(r"\s", "", tags["bh"])
