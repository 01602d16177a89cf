# SPDX-License-Identifier: Apache-2.0
"""observer.py FOLDER DOMAIN PORT: somebody who signs and somebody who verifies, every 50 ms, with no code of ours.

The signer reads the state file and the private keys; the verifier asks the resolver at PORT for the key and checks the
signature with it.  Somebody curious asks the same resolver for the selectors to come, so that its cache is full of answers
that there is no such name.  Ends with its standard input and prints what it saw as JSON."""

import base64
import json
import os
import select
import sys
import time

import dns.exception
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding
from world import ask

PERIOD = 0.05
LATE = 2.0  # a message that is so long under way may come after the grace for its key
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


class Observer:
    """Watches the folder of one domain."""

    def __init__(self, folder, domain, resolver):
        self.folder, self.domain, self.resolver = folder, domain, resolver
        self.private = {}
        self.signed, self.rounds, self.denied, self.slowest, self.late = 0, 0, 0, 0.0, 0
        self.used = set()
        self.faults = []

    def key_of(self, selector):
        if selector not in self.private:
            with open(os.path.join(self.folder, selector + ".pem"), "rb") as file:
                self.private[selector] = serialization.load_pem_private_key(file.read(), None)
        return self.private[selector]

    def fault(self, text):
        self.faults.append(f"{self.domain} at round {self.rounds}: {text}")

    def records_of(self, selector):
        answer = ask(self.resolver, f"{selector}._domainkey.{self.domain}.", recursion=True)
        return [b"".join(rr.strings).decode() for rrset in answer.answer for rr in rrset if rr.rdtype == 16]

    def verify(self, selector, signature, message):
        try:
            records = self.records_of(selector)
        except (OSError, dns.exception.DNSException) as error:
            self.fault(f"{selector}: the resolver does not answer: {error!r}")
            return
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
            selector = active[algorithm]
            self.verify(selector, sign(self.key_of(selector), message), message)
            self.used.add(selector)
            self.signed += 1
            if "-" not in selector:
                self.denied += not self.records_of(selector + "-2")

    def round(self):
        began = time.monotonic()
        known = len(self.faults)
        try:
            self.look()
        except Exception as error:  # pylint: disable=broad-except
            self.fault(repr(error))
        self.rounds += 1
        took = time.monotonic() - began
        if took > LATE and len(self.faults) > known:
            del self.faults[known:]
            self.late += 1
        self.slowest = max(self.slowest, took)
        return max(0.0, PERIOD - took)

    def summary(self):
        return {"signed": self.signed, "rounds": self.rounds, "denied": self.denied, "slowest": self.slowest, "late": self.late,
                "used": sorted(self.used), "faults": self.faults}


def main():
    observer = Observer(sys.argv[1], sys.argv[2], int(sys.argv[3]))
    began = time.monotonic()
    while not select.select([sys.stdin], [], [], observer.round())[0]:
        pass
    print(json.dumps({**observer.summary(), "seconds": time.monotonic() - began}))


if __name__ == "__main__":
    main()
