#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes messages that were changed in transit in known ways, and what a diagnosis should say of each.

    generate.py DIRECTORY [N]

writes every N-th case (default: all).

DIRECTORY gets cases.json and one file per message, octets as on the wire.  A case of cases.json is

    {"message": FILE, "now": EPOCH, "label": FORM..., "zone": {NAME: {"TXT": [...]}}, "envelope": {...},
     "header_ok": true|false|null|"-", "body_ok": ..., "transformation": [labels that are right] or null,
     "provable": bool, "cause": [...] or null}

A case with an envelope has its zone beside it as a master file, FILE.zone, for `signet check --zone`.  A transformation
of "-" is not looked at.

"-" means: right if it is what the model computed or null.  Keys are made anew each run; all else is the same each time.
What fits and what does not is computed by dkim_model.py, not by libsignet."""

import json
import os
import sys

import causes
import changes_body
import changes_header
from base_messages import KINDS
from dkim_model import NOW, Key, name_of, sign, verify
from faults import FAULTS, Bench

PAIRS = ("relaxed/relaxed", "simple/simple", "relaxed/simple", "simple/relaxed")
SMALL = ["from", "to", "subject", "date", "message-id"]
OVER = ["reply-to", "sender", "cc", "in-reply-to", "list-id", "list-post", "list-unsubscribe", "list-help", "precedence"]
NOT_SIGNED = (b"received", b"dkim-signature")


def names_for(message, style):
    names = [n.decode() for n in map(name_of, message.fields) if n not in NOT_SIGNED]
    if style == "small":
        return SMALL
    if style == "over":
        return names + sorted(set(names)) + [n for n in OVER if n not in names]
    return names


class Writer:
    def __init__(self, directory, every):
        self.directory = directory
        self.every = every
        self.seen = 0
        self.cases = []
        os.makedirs(directory, exist_ok=True)

    def add(self, message, label, zone, header_ok, body_ok, transformation, provable, **more):
        self.seen += 1
        if self.seen % self.every:
            return None
        name = "%05d.eml" % self.seen
        with open(os.path.join(self.directory, name), "wb") as f:
            f.write(message.octets())
        self.cases.append(dict(message=name, label=label, now=NOW, zone=zone, header_ok=header_ok, body_ok=body_ok,
                               transformation=transformation, provable=provable, **more))
        return name

    def close(self):
        with open(os.path.join(self.directory, "cases.json"), "w") as f:
            json.dump(self.cases, f, indent=0)


def key_zone(records):
    if isinstance(records, str):
        return {"s1._domainkey.example.com": {"TXT": records}}
    return {"s1._domainkey.example.com": {"TXT": records}} if records else {}


def write_changes(out, keys):
    for number, (labels, form, provable, function) in enumerate(changes_body.CHANGES + changes_header.CHANGES):
        is_header = (labels, form, provable, function) in changes_header.CHANGES
        for k, (kind, make) in enumerate(KINDS.items()):
            for i, c in enumerate(PAIRS):
                if k > 4 and i != (number + k) % 4 and kind != "dressed":
                    continue
                turn = number + k + i
                key = keys[turn % 2]
                style = ("over" if turn // 2 % 2 else "full") if is_header else ("small" if turn // 2 % 3 == 0 else "full")
                z = is_header and turn % 5 == 0
                message = make()
                signed = sign(message, key, c, names_for(message, style), z=z, fold=turn % 3 != 0)
                changed = function(signed)
                if changed is None or changed.octets() == signed.octets():
                    continue
                header_ok, body_ok = verify(changed, key)
                whole = header_ok and body_ok
                label = "%s: %s (%s, %s, %s, h=%s%s)" % (labels[0], form, kind, c, key.kind, style, ", z=" if z else "")
                if whole and labels == ["second-from-added"]:
                    whole = False  # the signature fits, but not the From that people see
                out.add(changed, label, key_zone([key.record()]), header_ok, body_ok, None if whole else labels,
                        not whole and (provable or (z and body_ok)), cause=None)


def write_faults(out, keys, spares):
    for number, (labels, form, function) in enumerate(FAULTS):
        for k, kind in enumerate(("plain", "alternative", "quoted", "utf8", "mixed")):
            for which in (0, 1):
                message = KINDS[kind]()
                bench = Bench(kind, PAIRS[(number + k + which) % 4], keys[which], keys[1 - which],
                              names_for(message, "full"), spares[which])
                got = function(bench)
                if got is None:
                    continue
                message, records, header_ok, body_ok = got
                out.add(message, "%s: %s (%s, %s, %s)" % (labels[0], form, kind, bench.c, keys[which].kind),
                        key_zone(records), header_ok, body_ok, labels,
                        not (labels[0] == "key-replaced" and which == 1), cause=None, fault=True)


def main(arguments):
    out = Writer(arguments[0], int(arguments[1]) if len(arguments) > 1 else 1)
    keys = [Key("rsa", 1024), Key("ed25519")]
    spares = [Key("rsa", 1024), Key("ed25519")]
    write_changes(out, keys)
    write_faults(out, keys, spares)
    causes.write(out, keys, spares)
    out.close()
    print(len(out.cases), "cases")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
