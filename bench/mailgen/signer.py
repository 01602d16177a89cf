# SPDX-License-Identifier: Apache-2.0
"""Signs messages with DKIM (RFC 6376, 8463) and seals them with ARC (RFC 8617), independently of libsignet.

A message is a list of (name, value) fields, the topmost first, and a body of octets.  Values hold their folding; between
the colon and the value stands one space.  Every signature remembers what verifying it costs, for the floor of the
benchmark: the octets that are hashed, the digest and the signature itself.
"""

import base64
import hashlib
import re
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa

WSP_RUN = re.compile(rb"[ \t]+")
SIGNED = ("from to subject date message-id mime-version content-type reply-to list-unsubscribe list-unsubscribe-post "
          "list-id in-reply-to references feedback-id").split()
# RFC 8617 4.1.2: an AMS also covers the signatures it found.
SEALED = ["dkim-signature"] + SIGNED


@dataclass
class Key:
    """A private key and the name it is published under."""
    domain: str
    selector: str
    algorithm: str  # "rsa" or "ed25519"
    private: object
    flags: str = ""  # further tags of the record, each with its ";"

    @property
    def name(self):
        return f"{self.selector}._domainkey.{self.domain}"

    def public_octets(self):
        public = self.private.public_key()
        if self.algorithm == "ed25519":
            return public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        return public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)

    def record(self):
        octets = base64.b64encode(self.public_octets()).decode()
        return f"v=DKIM1; k={self.algorithm}; {self.flags}p={octets}"

    def sign(self, octets):
        if self.algorithm == "ed25519":
            return self.private.sign(hashlib.sha256(octets).digest())  # RFC 8463 3
        return self.private.sign(octets, padding.PKCS1v15(), hashes.SHA256())


def new_private(kind):
    """kind: "rsa2048", "rsa1024" or "ed25519"."""
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    return rsa.generate_private_key(65537, int(kind[3:]))


def private_pem(private):
    return private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                 serialization.NoEncryption()).decode()


def private_of_pem(pem):
    return serialization.load_pem_private_key(pem.encode(), None)


@dataclass
class Work:
    """What a verifier has to compute for one signature; `key` is None if it never gets that far."""
    key: str
    header_octets: int
    digest: str  # hexadecimal, of the canonical header
    signature: str  # base64


@dataclass
class Options:
    header: str = "relaxed"
    body: str = "relaxed"
    signed_at: int = 0
    expires: int = 0
    identity: str = ""
    length: bool = False  # l= over the whole body
    oversign: tuple = ()  # field names that may not be added
    bodies: set = field(default_factory=set)  # out: (canonicalisation, limit) that were hashed


def canon_body(body, how):
    if how == "relaxed":
        lines = [WSP_RUN.sub(b" ", line).rstrip(b" ") for line in body.split(b"\r\n")]
        while lines and not lines[-1]:
            lines.pop()
        return b"".join(line + b"\r\n" for line in lines)
    while body.endswith(b"\r\n\r\n"):
        body = body[:-2]
    return body if body.endswith(b"\r\n") else body + b"\r\n"


def canon_field(name, value, how):
    if how == "simple":
        return f"{name}: {value}".encode()
    text = WSP_RUN.sub(b" ", value.encode().replace(b"\r\n", b"")).strip(b" ")
    return name.lower().encode() + b":" + text


def chosen_fields(fields, names, how):
    """The octets of the fields that h= names, the lowest instance first (RFC 6376 5.4.2)."""
    left = {}
    for name, value in fields:
        left.setdefault(name.lower(), []).append(canon_field(name, value, how) + b"\r\n")
    return b"".join(left[name].pop() for name in names if left.get(name))


def folded(text, width=72):
    return "\r\n\t ".join(text[at:at + width] for at in range(0, len(text), width))


def finish(name, tags, chosen, key, how):
    """Completes `tags`, which end in "b=", and returns the field and its Work."""
    octets = chosen + canon_field(name, tags, how)
    signature = key.sign(octets)
    work = Work(key.name, len(octets), hashlib.sha256(octets).hexdigest(), base64.b64encode(signature).decode())
    return (name, tags + folded(work.signature)), work


def body_tag(body, options):
    canonical = canon_body(body, options.body)
    options.bodies.add((options.body, len(canonical) if options.length else None))
    return base64.b64encode(hashlib.sha256(canonical).digest()).decode(), len(canonical)


def sign(fields, body, key, options):
    """A DKIM-Signature for the top of the message."""
    present = {name.lower() for name, _ in fields}
    names = [name for name in SIGNED if name in present] + list(options.oversign)
    digest, octets = body_tag(body, options)
    tags = [f"v=1; a={key.algorithm}-sha256; c={options.header}/{options.body}", f"d={key.domain}; s={key.selector}"]
    times = [f"t={options.signed_at}"] + ([f"x={options.expires}"] if options.expires else [])
    extra = ([f"i={options.identity}"] if options.identity else []) + ([f"l={octets}"] if options.length else [])
    tags += ["; ".join(times + extra), "h=" + folded(":".join(names), 400), "bh=" + digest, "b="]
    chosen = chosen_fields(fields, names, options.header)
    return finish("DKIM-Signature", ";\r\n\t".join(tags), chosen, key, options.header)


def arc_sets(fields):
    sets = {}
    for name, value in fields:
        if name.startswith("ARC-"):
            number = int(re.match(r"\s*i=(\d+)", value).group(1))
            sets.setdefault(number, {})[name] = value
    return sets


def seal(fields, body, key, when, results, verdict, options):
    """One more ARC set: returns the new fields and the Work of its two signatures."""
    sets = arc_sets(fields)
    number = len(sets) + 1
    present = {name.lower() for name, _ in fields}
    names = [name for name in SEALED if name in present]
    digest, _ = body_tag(body, options)
    authres = ("ARC-Authentication-Results", f"i={number}; mx.{key.domain};\r\n\t{results}")
    tags = (f"i={number}; a={key.algorithm}-sha256; c=relaxed/relaxed;\r\n\td={key.domain}; s={key.selector}; t={when};"
            f"\r\n\th={folded(':'.join(names), 400)};\r\n\tbh={digest};\r\n\tb=")
    message, work_message = finish("ARC-Message-Signature", tags, chosen_fields(fields, names, "relaxed"), key, "relaxed")
    chain = b""
    for one in range(1, number):
        for name in ("ARC-Authentication-Results", "ARC-Message-Signature", "ARC-Seal"):
            chain += canon_field(name, sets[one][name], "relaxed") + b"\r\n"
    for name, value in (authres, message):
        chain += canon_field(name, value, "relaxed") + b"\r\n"
    tags = f"i={number}; a={key.algorithm}-sha256; cv={verdict};\r\n\td={key.domain}; s={key.selector}; t={when};\r\n\tb="
    sealed, work_seal = finish("ARC-Seal", tags, chain, key, "relaxed")
    return [sealed, message, authres] + fields, [work_seal, work_message]
