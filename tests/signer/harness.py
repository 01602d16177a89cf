# SPDX-License-Identifier: Apache-2.0
"""What the tests of the signer share: a signer that runs in a folder of its own, a client written from the diagram in
service/keys/signer_protocol.h, rows."""

import atexit
import os
import random
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa, utils

SIGNET = os.environ["SIGNET"]
with open(SIGNET, "rb") as program:
    SANITIZED = b"__asan_init" in program.read()
IS_ROOT = os.geteuid() == 0
NOBODY = 65534
STRANGER = 65533
OK, NO_KEY, BAD_KEY, WRONG_ALGORITHM, FAILED = range(5)
RSA, ED25519 = 0, 1
SIGN, KEYS = 1, 2

count = failed = 0
running = []


@atexit.register
def kill_all():
    """Whatever happens to a test, no signer stays behind."""
    for process in running:
        if process.poll() is None:
            process.kill()


def row(what, got, want=True):
    global count, failed
    count += 1
    ok = got == want
    failed += not ok
    print("%sok %d - -: %s%s" % ("" if ok else "not ", count, what, "" if ok else ": got %r, want %r" % (got, want)),
          flush=True)


def skip(what, why):
    global count
    count += 1
    print("ok %d - -: %s # SKIP %s" % (count, what, why), flush=True)


def end():
    print("1..%d" % count)
    sys.exit(1 if failed else 0)


def wait_for(condition, seconds=30.0):
    until = time.monotonic() + seconds * (4 if SANITIZED else 1)
    while time.monotonic() < until:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    return condition()


# ---- the protocol ----

def frame(ask, ident, rest):
    return struct.pack("!HBBI", 6 + len(rest), 1, ask, ident) + rest


def name(text):
    return bytes([len(text)]) + text.encode()


def sign_request(ident, domain, selector, algorithm, digest):
    return frame(SIGN, ident, bytes([algorithm]) + name(domain) + name(selector) + digest)


def keys_request(ident, domain, selector=""):
    return frame(KEYS, ident, name(domain) + name(selector))


class Client:
    """One connection; reads that meet the end give None."""

    def __init__(self, path, timeout=20.0):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(path)
        self.socket.settimeout(timeout * (3 if SANITIZED else 1))

    def close(self):
        self.socket.close()

    def send(self, octets):
        self.socket.sendall(octets)

    def read(self, n):
        octets = b""
        while len(octets) < n:
            try:
                more = self.socket.recv(n - len(octets))
            except ConnectionResetError:
                return None
            if not more:
                return None
            octets += more
        return octets

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

class Signer:
    """A signer in a folder of its own; started as root it becomes nobody."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="signet-signer-")
        os.chmod(self.folder, 0o755)
        self.keys = os.path.join(self.folder, "keys")
        self.run = os.path.join(self.folder, "run")
        self.socket = os.path.join(self.run, "signer.sock")
        self.log = os.path.join(self.folder, "log")
        self.uid = NOBODY if IS_ROOT else os.getuid()
        self.process = None
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

    def command(self, *options):
        user = ["--user", str(self.uid)] if IS_ROOT else []
        return [SIGNET, "signer", "--socket", self.socket, "--keys", self.keys, *user, *options]

    def spawn(self, command, **more):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **more)
        running.append(self.process)

    def start(self, *options):
        before = self.said(" ready ") if os.path.exists(self.log) else 0
        self.spawn(self.command(*options))
        wait_for(lambda: self.said(" ready ") > before or self.process.poll() is not None)
        return self

    @property
    def pid(self):
        return self.process.pid

    def text(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return log.read()

    def said(self, word):
        return self.text().count(word)

    def status(self):
        with open("/proc/%d/status" % self.pid, encoding="ascii") as status:
            return dict(line.rstrip("\n").split(":\t", 1) for line in status if ":\t" in line)

    def stop(self, number=signal.SIGTERM):
        if self.process and self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(timeout=60) if self.process else None

    def remove(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder)


def digest():
    return random.randbytes(32)


def ask_as(uid, gid, groups, path):
    """What a process of that user and those groups gets: "answered", "closed", "no way in"."""
    receive, send = os.pipe()
    pid = os.fork()
    if pid == 0:
        told = "broken"
        try:
            os.setgroups(groups)
            os.setresgid(gid, gid, gid)
            os.setresuid(uid, uid, uid)
            told = "answered" if Client(path).sign("example.com", "ed", ED25519, bytes(32)) else "closed"
        except PermissionError:
            told = "no way in"
        finally:
            os.write(send, told.encode())
            os._exit(0)
    os.waitpid(pid, 0)
    os.close(send)
    told = os.read(receive, 100).decode()
    os.close(receive)
    return told
