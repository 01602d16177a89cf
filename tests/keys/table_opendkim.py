#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""OpenDKIM's tables, read by opendkim itself and by us: the same d=, s= and i= for every address.  TAP.

usage: table_opendkim.py COMMAND...   (signet key table, or tests/keys/key_table_main.c; SIGNET_SOURCE names the source tree)

opendkim signs a message in its test mode (-t).  Two kinds of rows: cases with a name, whose answer is known from
opendkim.conf(5), and tables made of random lines (the same ones every time).
"""
import json
import os
import random
import re
import subprocess
import sys
import tempfile

COMMAND = sys.argv[1:]
PEER = [os.path.join(os.environ["SIGNET_SOURCE"], "tools", "peer"), "opendkim", "opendkim"]
RANDOM_TABLES = 60

KEYS = ("k1 example.com:s1:KEY\nk2 example.org:s2:KEY\nk3 %:s3:KEY\nk4 example.com:s4:./key.pem\n"
        "k5 %:s5:FOLDER/%.pem\nz.example z.example:s9:KEY\n")
FROM = "user@a.example.com"
# what, SigningTable, kind, From, answer: [(d, s, i)] or None
CASES = [
    ("an address", "user@example.com k1", "file", "user@example.com", [("example.com", "s1", "")]),
    ("the address before the host", "example.com k2\nuser@example.com k1", "file", "user@example.com", [("example.com", "s1", "")]),
    ("the host", "example.com k1", "file", "x@example.com", [("example.com", "s1", "")]),
    ("a host is not its sub-domains", "example.com k1", "file", FROM, None),
    (".parent", ".example.com k1", "file", FROM, [("example.com", "s1", "")]),
    (".parent is not the parent", ".example.com k1", "file", "x@example.com", None),
    (".com", ".com k1", "file", "x@example.com", [("example.com", "s1", "")]),
    ("user@.parent", "user@.example.com k1", "file", FROM, [("example.com", "s1", "")]),
    ("user@.parent is not the parent", "user@.example.com k1", "file", "user@example.com", None),
    ("user@.parent before .parent", ".example.com k2\nuser@.example.com k1", "file", FROM, [("example.com", "s1", "")]),
    ("the nearest parent first", "user@.com k2\n.example.com k1", "file", FROM, [("example.com", "s1", "")]),
    ("user@*", "user@* k1\n* k2", "file", FROM, [("example.com", "s1", "")]),
    ("*", "* k3", "file", FROM, [("a.example.com", "s3", "")]),
    ("% as name", "* %", "file", "x@z.example", [("z.example", "s9", "")]),
    ("% in a path", "* k5", "file", "x@z.example", [("z.example", "s5", "")]),
    ("a relative path", "example.com k4", "file", "x@example.com", [("example.com", "s4", "")]),
    ("an identity", "example.com k1:news@example.com", "file", "x@example.com", [("example.com", "s1", "news@example.com")]),
    ("an identity with %", ".example.com k1:@%", "file", FROM, [("example.com", "s1", "@a.example.com")]),
    ("an identity of another domain", "example.com k1:x@example.org", "file", "x@example.com", [("example.com", "s1", "")]),
    ("case of domains", "EXAMPLE.com k1", "file", "x@Example.COM", [("example.com", "s1", "")]),
    ("case of addresses", "User@example.com k1", "file", "uSER@example.com", [("example.com", "s1", "")]),
    ("a comment behind", "example.com k1 # that", "file", "x@example.com", [("example.com", "s1", "")]),
    ("a comment without a blank", "example.com k1#that", "file", "x@example.com", [("example.com", "s1", "")]),
    ("blanks around", " \texample.com \t k1 ", "file", "x@example.com", [("example.com", "s1", "")]),
    ("CRLF", "example.com k1\r", "file", "x@example.com", [("example.com", "s1", "")]),
    ("pairs", "example.org=k2,example.com=k1", "csl", "x@example.com", [("example.com", "s1", "")]),
    ("pairs with blanks", " example.org=k2 , example.com=k1", "csl", "x@example.com", [("example.com", "s1", "")]),
    ("pairs without a prefix", "example.org=k2,example.com=k1", "none", "x@example.com", [("example.com", "s1", "")]),
    ("pairs with an identity", "example.com=k1:x@example.com", "csl", "x@example.com", [("example.com", "s1", "x@example.com")]),
    ("a path without a prefix", "example.com k1", "path", "x@example.com", [("example.com", "s1", "")]),
    ("a pattern", "*@example.com k1", "refile", "x@example.com", [("example.com", "s1", "")]),
    ("the first line", "*@*.com k2\nuser@example.com k1", "refile", "user@example.com", [("example.org", "s2", "")]),
    ("a bare domain is like no address", "example.com k1", "refile", "x@example.com", None),
    ("a bare star", "* k3", "refile", FROM, [("a.example.com", "s3", "")]),
    ("sub-domains", "*@*.example.com k1", "refile", "x@a.b.example.com", [("example.com", "s1", "")]),
    ("sub-domains without @", "*.example.com k1", "refile", FROM, [("example.com", "s1", "")]),
    ("sub-domains are not the domain", "*@*.example.com k1", "refile", "x@example.com", None),
    ("case", "*@EXAMPLE.com k1", "refile", "USER@example.COM", [("example.com", "s1", "")]),
    ("a dot is a dot", "*@a.example.com k1", "refile", "x@aXexample.com", None),
    ("a plus is a plus", "u+x@example.com k1", "refile", "u+x@example.com", [("example.com", "s1", "")]),
    ("the whole address: begin", "ser@example.com k1", "refile", "user@example.com", None),
    ("the whole address: end", "user@example.co k1", "refile", "user@example.com", None),
    ("a star in the middle", "u*@a.*.com k1", "refile", FROM, [("example.com", "s1", "")]),
    ("a star at the end", "user@a.* k1", "refile", FROM, [("example.com", "s1", "")]),
    ("a pattern with an identity", "*@example.com k1:@%", "refile", "x@example.com", [("example.com", "s1", "@example.com")]),
    ("two answers", "*@example.com k1\n* k2", "refile multiple", "x@example.com", [("example.com", "s1", ""), ("example.org", "s2", "")]),
    ("two answers of a file", "example.com k1\n* k3", "file multiple", "x@example.com",
     [("example.com", "s1", ""), ("example.com", "s3", "")]),
]

count = failed = 0


def row(what, got, want, skip=""):
    global count, failed
    count += 1
    ok = got == want
    failed += not ok
    print("%sok %d - -: %s%s%s" % ("" if ok else "not ", count, what, "" if ok else ": got %r, want %r" % (got, want),
                                   f" # SKIP {skip}" if skip else ""), flush=True)


class Tables:
    """One folder with a KeyTable, a SigningTable and a key."""

    def __init__(self, folder):
        self.folder = folder
        for name in ("key.pem", "z.example.pem"):
            subprocess.run(["openssl", "genrsa", "-out", self.path(name), "2048"], check=True, capture_output=True)
            os.chmod(self.path(name), 0o600)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8", newline="") as file:
            file.write(text)

    def set_up(self, rules, kind):
        """The values of KeyTable and SigningTable."""
        self.write("KeyTable", KEYS.replace("KEY", self.path("key.pem")).replace("FOLDER", self.folder))
        self.write("SigningTable", rules + "\n")
        form = kind.split()[0]
        rules = {"csl": "csl:" + rules, "none": rules, "path": self.path("SigningTable")}.get(
            form, f"{form}:{self.path('SigningTable')}")
        return "file:" + self.path("KeyTable"), rules

    def theirs(self, rules, kind, sender):
        keys, rules = self.set_up(rules, kind)
        self.write("opendkim.conf", f"KeyTable {keys}\nSigningTable {rules}\nMode s\nRequireSafeKeys no\n"
                                    f"MultipleSignatures {'yes' if 'multiple' in kind else 'no'}\n")
        self.write("message", f"From: {sender}\r\nSubject: x\r\n\r\nx\r\n")
        result = subprocess.run([*PEER, "-b", "s", "-x", self.path("opendkim.conf"), "-t", self.path("message"), "-vvv"],
                                cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=100)
        if result.returncode == 127:
            return "absent"
        fields = re.split(r"hname='DKIM-Signature' hvalue='", re.sub(r"\s+", " ", result.stdout))[1:]
        found = []
        for field in fields:
            tags = dict(re.findall(r"([a-z]+)=([^;']*)", field))
            found.append((tags["d"].strip(), tags["s"].strip(), tags.get("i", "").strip()))
        if found:
            return sorted(found)
        return None if "mlfi_eoh() returned SMFIS_ACCEPT" in result.stdout + result.stderr else "trouble"

    def ours(self, rules, kind, sender):
        keys, rules = self.set_up(rules, kind)
        self.write("signet.conf", f'keys {{ opendkim_key_table = "{keys}" opendkim_signing_table = "{rules}" '
                                  f"opendkim_third_party = true opendkim_multiple_signatures = "
                                  f"{'true' if 'multiple' in kind else 'false'} }}\n")
        result = subprocess.run([*COMMAND, "-j", "-c", self.path("signet.conf"), "--from", sender],
                                stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=100)
        found = json.loads(result.stdout)["keys"]
        for key in found:
            if not os.path.samefile(key["path"], self.path("z.example.pem" if key["selector"] == "s5" else "key.pem")):
                return "another file: " + key["path"]
        return sorted((key["domain"], key["selector"], key["identity"] or "") for key in found) or None


def random_rules(generator, kind):
    """Some lines that speak of few names, so that many of them match."""
    hosts = ["example.com", "a.example.com", "b.a.example.com", "example.org"]
    users = ["user", "x"]
    lines = []
    for _ in range(generator.randint(1, 8)):
        user, host = generator.choice(users), generator.choice(hosts)
        if kind == "refile":
            who = generator.choice([f"{user}@{host}", f"*@{host}", f"*@*.{host}", f"*{host}", f"{user}@*", "*", f"*@{host[:4]}*",
                                    f"{user[0]}*@{host}", f"*.{host}"])
        else:
            who = generator.choice([f"{user}@{host}", host, f".{host}", f"{user}@.{host}", f"{user}@*", "*", ".com", f"{user}@.com"])
        lines.append(f"{who} {generator.choice(['k1', 'k2', 'k3', 'k1:@%', 'k3:' + user + '@%'])}")
    return "\n".join(lines)


def compare(tables, what, rules, kind, sender, known):
    theirs = tables.theirs(rules, kind, sender)
    if theirs == "absent":
        if os.environ.get("CI") == "true":
            row(f"{what}: opendkim runs", False, True)
        else:
            row(f"{what}: opendkim", 0, 0, "no opendkim (CI=true fetches it)")
    elif known is not ...:
        row(f"{what}: opendkim", theirs, known and sorted(known))
    mine = tables.ours(rules, kind, sender)
    if known is not ...:
        row(f"{what}: we", mine, known and sorted(known))
    elif theirs != "absent":
        row(f"{what}: both agree", mine, theirs)


def main():
    generator = random.Random(6376)
    with tempfile.TemporaryDirectory() as folder:
        tables = Tables(folder)
        for what, rules, kind, sender, known in CASES:
            compare(tables, what, rules, kind, sender, known)
        for number in range(RANDOM_TABLES):
            kind = generator.choice(["file", "refile"])
            rules = random_rules(generator, kind)
            sender = f"{generator.choice(['user', 'x', 'y'])}@{generator.choice(['', 'a.', 'b.a.', 'c.b.a.'])}example.com"
            compare(tables, f"random {kind} {number}, {sender}, {rules!r}", rules, kind, sender, ...)
    print("1..%d" % count)
    sys.exit(1 if failed else 0)


main()
