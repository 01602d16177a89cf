# SPDX-License-Identifier: Apache-2.0
"""What the tests of the signer share: a signer that runs in a folder of its own, keys for it, a client written from the diagram in
service/keys/signer_protocol.h."""

import os
import random
import struct

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa, utils
import process
from process import Connection, Process, is_sanitized

SIGNET = os.environ["SIGNET"]
SANITIZED = is_sanitized(SIGNET)
SLOW = 4 if SANITIZED else 1
IS_ROOT = os.geteuid() == 0
NOBODY = 65534
STRANGER = 65533
OK, NO_KEY, BAD_KEY, WRONG_ALGORITHM, FAILED = range(5)
RSA, ED25519 = 0, 1
SIGN, KEYS = 1, 2


def wait_for(condition, seconds=30.0):
    return process.wait_for(condition, seconds, SLOW)


# ---- the protocol ----

def frame(ask, ident, rest):
    return struct.pack("!HBBI", 6 + len(rest), 1, ask, ident) + rest


def name(text):
    return bytes([len(text)]) + text.encode()


def sign_request(ident, domain, selector, algorithm, digest):
    return frame(SIGN, ident, bytes([algorithm]) + name(domain) + name(selector) + digest)


def keys_request(ident, domain, selector=""):
    return frame(KEYS, ident, name(domain) + name(selector))


class Client(Connection):
    """One connection."""

    def __init__(self, path, timeout=20.0):
        super().__init__(path, timeout * (3 if SANITIZED else 1))

    def reply(self):
        """(id, ask, rest), or None at the end"""
        head = self.read(2)
        if head is None:
            return None
        body = self.read(struct.unpack("!H", head)[0])
        if body is None:
            return None
        version, ask, ident = struct.unpack("!BBI", body[:6])
        assert version == 1
        return ident, ask, body[6:]

    def sign(self, domain, selector, algorithm, digest):
        """(status, signature), or None if the connection ended"""
        try:
            self.send(sign_request(7, domain, selector, algorithm, digest))
        except (BrokenPipeError, ConnectionResetError):
            return None
        reply = self.reply()
        return reply and (reply[2][0], reply[2][1:])

    def keys(self, domain, selector=""):
        """(status, [(selector, algorithm, state, bits, public)])"""
        self.send(keys_request(9, domain, selector))
        _, ask, rest = self.reply()
        assert ask == KEYS
        status, n, at, found = rest[0], rest[1], 2, []
        for _ in range(n):
            size = rest[at]
            selector = rest[at + 1:at + 1 + size].decode()
            at += 1 + size
            algorithm, state, bits, size = struct.unpack("!BBHH", rest[at:at + 6])
            found.append((selector, algorithm, state, bits, rest[at + 6:at + 6 + size]))
            at += 6 + size
        assert at == len(rest)
        return status, found


# ---- keys ----

def make_key(kind, bits=2048):
    if kind == ED25519:
        return ed25519.Ed25519PrivateKey.generate()
    return rsa.generate_private_key(65537, bits)


def pem(key):
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def public_octets(key):
    """As p= of a key record holds them."""
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def verifies(key, digest, signature):
    try:
        if isinstance(key, ed25519.Ed25519PrivateKey):
            key.public_key().verify(signature, digest)
        else:
            key.public_key().verify(signature, digest, padding.PKCS1v15(), utils.Prehashed(hashes.SHA256()))
        return True
    except InvalidSignature:
        return False


def secrets_of(key):
    """[(what, octets)]: what must not be found in the memory of others, in the order in which libraries hold it."""
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return [("the seed", key.private_bytes(serialization.Encoding.Raw, serialization.PrivateFormat.Raw,
                                               serialization.NoEncryption()))]
    numbers = key.private_numbers()
    found = []
    for what, number in (("the first prime", numbers.p), ("the second prime", numbers.q), ("the exponent", numbers.d)):
        octets = number.to_bytes((number.bit_length() + 7) // 8, "big")
        found += [(what, octets), (what + " (words)", octets[::-1])]
    text = b"".join(pem(key).split(b"\n")[1:-2])
    return found + [("the file", text[200:260])]


# ---- the process ----

class Signer(Process):
    """A signer in a folder of its own; started as root it becomes nobody."""

    def __init__(self):
        super().__init__("signet-signer-")
        self.keys = self.path("keys")
        self.run = self.path("run")
        self.socket = os.path.join(self.run, "signer.sock")
        self.uid = NOBODY if IS_ROOT else os.getuid()
        for folder, mode in ((self.keys, 0o700), (self.run, 0o755)):
            os.mkdir(folder, mode)
            self.give(folder)

    def give(self, path):
        if IS_ROOT:
            os.chown(path, self.uid, self.uid)

    def put(self, domain, selector, key, mode=0o600):
        folder = os.path.join(self.keys, domain)
        if not os.path.isdir(folder):
            os.mkdir(folder, 0o700)
            self.give(folder)
        path = os.path.join(folder, selector + ".pem")
        with open(path + ".new", "wb") as out:
            out.write(key if isinstance(key, bytes) else pem(key))
        os.chmod(path + ".new", mode)
        self.give(path + ".new")
        os.rename(path + ".new", path)
        return path

    def put_public(self, selector, key):
        """SELECTOR=PATH, as storm.c takes it."""
        path = self.path(selector + ".pub")
        with open(path, "wb") as out:
            out.write(key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo))
        return "%s=%s" % (selector, path)

    def command(self, *options):
        user = ["--user", str(self.uid)] if IS_ROOT else []
        return [SIGNET, "signer", "--socket", self.socket, "--keys", self.keys, *user, *options]

    def start(self, *options):
        return self.spawn(self.command(*options))


def digest():
    return random.randbytes(32)


def ask_as(uid, gid, groups, path):
    """What a process of that user and those groups gets: "answered", "closed", "PermissionError": no way in."""
    return process.as_user(uid, gid, groups, lambda: "answered" if Client(path).sign("example.com", "ed", ED25519, bytes(32))
                           else "closed")
