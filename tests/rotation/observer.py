# SPDX-License-Identifier: Apache-2.0
"""Somebody who signs and somebody who verifies, every 50 ms, with no code of ours: the signer reads the state file and the
private keys; the verifier asks the resolver for the key and checks the signature with it."""

import base64
import os
import threading
import time

import dns.exception
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding
from world import ask

PERIOD = 0.05
STAGES = ("generated", "published", "visible", "active", "retiring", "retired", "revoked")


def read_state(folder):
    """selector -> (algorithm, stage)"""
    keys = {}
    with open(os.path.join(folder, "state"), encoding="ascii") as file:
        for line in file:
            words = line.split()
            if words and not line.startswith("#"):
                stages = [word.split("=")[0] for word in words[3:] if word.split("=")[0] in STAGES]
                keys[words[0]] = (words[1], stages[-1])
    return keys


def sign(key, message):
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(message)
    return key.sign(message, padding.PKCS1v15(), hashes.SHA256())


def verifies(record, signature, message):
    tags = dict(tag.strip().split("=", 1) for tag in record.split(";") if tag.strip())
    octets = base64.b64decode(tags["p"])
    try:
        if tags["k"] == "ed25519":
            ed25519.Ed25519PublicKey.from_public_bytes(octets).verify(signature, message)
        else:
            serialization.load_der_public_key(octets).verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True


class Observer(threading.Thread):
    """Watches the folder of one domain until stop()."""

    def __init__(self, keys, domain, resolver):
        super().__init__(daemon=True)
        self.folder, self.domain, self.resolver = os.path.join(keys, domain), domain, resolver
        self.private = {}
        self.signed, self.rounds, self.slowest = 0, 0, 0.0
        self.used = set()
        self.faults = []
        self.over = threading.Event()

    def key_of(self, selector):
        if selector not in self.private:
            with open(os.path.join(self.folder, selector + ".pem"), "rb") as file:
                self.private[selector] = serialization.load_pem_private_key(file.read(), None)
        return self.private[selector]

    def fault(self, text):
        self.faults.append(f"{self.domain} at round {self.rounds}: {text}")

    def verify(self, selector, signature, message):
        try:
            answer = ask(self.resolver, f"{selector}._domainkey.{self.domain}.", recursion=True)
        except (OSError, dns.exception.DNSException) as error:
            self.fault(f"{selector}: the resolver does not answer: {error!r}")
            return
        records = [b"".join(rr.strings).decode() for rrset in answer.answer for rr in rrset if rr.rdtype == 16]
        if len(records) != 1:
            self.fault(f"{selector} signs, and the resolver shows {len(records)} records")
        elif not verifies(records[0], signature, message):
            self.fault(f"{selector} signs, and what the resolver shows does not verify it: {records[0][:60]}")

    def look(self):
        active = {algorithm: selector for selector, (algorithm, stage) in read_state(self.folder).items()
                  if stage == "active"}
        message = b"%s %d" % (self.domain.encode(), self.rounds)
        for algorithm in ("rsa-sha256", "ed25519-sha256"):
            if algorithm not in active:
                self.fault(f"no active key of {algorithm}: the message is not signed")
                continue
            self.verify(active[algorithm], sign(self.key_of(active[algorithm]), message), message)
            self.used.add(active[algorithm])
            self.signed += 1

    def run(self):
        while not self.over.is_set():
            began = time.monotonic()
            try:
                self.look()
            except Exception as error:  # pylint: disable=broad-except
                self.fault(repr(error))
            self.rounds += 1
            took = time.monotonic() - began
            self.slowest = max(self.slowest, took)
            self.over.wait(max(0.0, PERIOD - took))

    def stop(self):
        self.over.set()
        self.join()
