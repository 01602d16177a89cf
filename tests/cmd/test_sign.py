#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""signet sign and signet seal as scripts see them: what is written where, exit statuses, line ends, keys.  TAP.

usage: test_sign.py SIGNET
"""
import json
import os
import subprocess
import sys
import tempfile

SIGNET = sys.argv[1]
HEAD = (b"From: Ann <ann@d.example>\nTo: bob@b.example\nSubject: a  test\nDate: Fri, 27 Nov 2026 10:00:00 +0000\n"
        b"Message-ID: <1@d.example>\n")
LF = HEAD + b"\nhello  world \n\n\n"
CRLF = LF.replace(b"\n", b"\r\n")

count = failed = 0


def row(clause, what, got, want):
    global count, failed
    count += 1
    ok = got == want
    failed += not ok
    print("%sok %d - %s: %s%s" % ("" if ok else "not ", count, clause, what,
                                  "" if ok else ": got %r, want %r" % (got, want)))


def run(*args, data=b"", **more):
    return subprocess.run([SIGNET, *args], input=data, capture_output=True, timeout=100, check=False, **more)


def make_key(folder, name, *how):
    path = os.path.join(folder, name + ".pem")
    subprocess.run(["openssl", "genpkey", *how, "-out", path], check=True, capture_output=True)
    os.chmod(path, 0o600)
    public = subprocess.run(["openssl", "pkey", "-in", path, "-pubout", "-outform", "DER"], check=True,
                            capture_output=True).stdout
    return path, public


def record(selector, kind, octets):
    import base64
    text = base64.b64encode(octets).decode()
    parts = " ".join('"%s"' % part for part in ["v=DKIM1; k=%s; p=" % kind] + [text[i:i + 200] for i in range(0, len(text), 200)])
    return "%s._domainkey.d.example. TXT %s\n" % (selector, parts)


class Keys:
    def __init__(self, folder):
        self.rsa, rsa = make_key(folder, "r", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")
        self.ed25519, ed25519 = make_key(folder, "e", "-algorithm", "ED25519")
        self.zone = os.path.join(folder, "zone")
        with open(self.zone, "w", encoding="ascii") as out:
            out.write(record("r", "rsa", rsa) + record("e", "ed25519", ed25519[-32:]))
        self.pair = ["--domain", "d.example", "--selector", "r", "--key", self.rsa]
        self.dual = ["--domain", "d.example", "--selector", "e", "--key", self.ed25519, "--selector", "r", "--key", self.rsa]


def check(keys, octets):
    return json.loads(run("check", "-j", "--zone", keys.zone, "-", data=octets).stdout)


def results(keys, octets):
    return [(one["result"], one["algorithm"]) for one in check(keys, octets)["dkim"]]


def unfold(octets):
    return octets.replace(b"\r\n", b"\n").replace(b"\n\t", b"")


def test_output(keys):
    done = run("sign", *keys.pair, data=LF)
    row("6376:5.6", "LF in, LF out, the message below the field", (done.returncode, done.stdout.endswith(LF),
        b"\r" in done.stdout, done.stderr), (0, True, False, b""))
    row("6376:5.3", "and what is signed has CRLF", results(keys, done.stdout.replace(b"\n", b"\r\n")), [("pass", "rsa-sha256")])
    row("6376:5.3", "as a file it verifies as well", results(keys, done.stdout), [("pass", "rsa-sha256")])
    done = run("sign", *keys.pair, data=CRLF)
    row("6376:5.6", "CRLF in, CRLF out", (done.stdout.endswith(CRLF), done.stdout.count(b"\n") == done.stdout.count(b"\r\n")),
        (True, True))
    done = run("sign", *keys.dual, data=CRLF)
    row("8463:3", "two pairs, two signatures, RSA on top", results(keys, done.stdout),
        [("pass", "rsa-sha256"), ("pass", "ed25519-sha256")])
    for data in (b"From: a@d.example", b"From: a@d.example\n\n", b"From: a@d.example\n\nx", b"From: a@d.example\r\n\r\n\r\n"):
        done = run("sign", *keys.dual, data=data)
        row("6376:3.4.3", "%r is signed" % data, (done.returncode, done.stdout.endswith(data), len(results(keys, done.stdout))),
            (0, True, 2))
    large = HEAD + b"\n" + b"0123456789 abcdefghi\n" * 250000
    done = run("sign", *keys.dual, data=large)
    row("6376:3.4.4", "5 MB", (done.stdout.endswith(large), [one[0] for one in results(keys, done.stdout)]),
        (True, ["pass", "pass"]))


def test_operands(keys, folder):
    path = os.path.join(folder, "m.eml")
    with open(path, "wb") as out:
        out.write(LF)
    row("-", "a file is read", run("sign", *keys.pair, path).stdout.endswith(LF), True)
    row("-", "so is -", run("sign", *keys.pair, "-", data=LF).stdout.endswith(LF), True)
    row("-", "two are one too many", run("sign", *keys.pair, path, path).returncode, 2)
    row("-", "a file that is not there", run("sign", *keys.pair, path + "x").returncode, 4)
    for name in folder, folder + "/":
        done = run("sign", *keys.pair, name)
        row("-", "a folder is none", (done.returncode, done.stdout, b"is a folder" in done.stderr), (4, b"", True))
    mbox = b"From a@d.example Fri Nov 27 10:00:00 2026\n" + LF + b"\nFrom a@d.example Fri Nov 27 10:00:00 2026\n" + LF
    done = run("sign", *keys.pair, data=mbox)
    row("-", "two messages of an mbox are refused", (done.returncode, done.stdout), (4, b""))


def test_refused(keys):
    for clause, what, data, name in (
            ("6376:5.4", "no From", LF.replace(b"From:", b"Form:"), "sign.from-none"),
            ("6376:8.15", "two From fields", b"From: b@d.example\n" + LF, "sign.from-several"),
            ("6376:6.3", "From of another domain", LF.replace(b"@d.example>", b"@other.example>", 1), "sign.from-foreign"),
            ("5322:3.6", "two Subject fields", b"Subject: y\n" + LF, "sign.field-repeated"),
            ("6376:5.3", "an LF alone among CRLFs", CRLF + b"x\ny\r\n", "sign.line-ends"),
            ("6376:5.3", "a CR alone", LF + b"x\ry\n", "sign.line-ends"),
            ("6376:5.4", "nothing", b"", "sign.from-none")):
        done = run("sign", *keys.pair, data=data)
        row(clause, what + " is refused, nothing on standard output", (done.returncode, done.stdout), (4, b""))
        row(clause, "and the finding says why", name.encode() in done.stderr, True)
        done = run("sign", "-j", *keys.pair, data=data)
        report = json.loads(done.stderr)
        row(clause, "in JSON too", (done.returncode, done.stdout, report["ok"], name in [f["id"] for f in report["findings"]]),
            (4, b"", False, True))
    done = run("sign", "--allow-from-mismatch", *keys.pair, data=LF.replace(b"@d.example>", b"@other.example>", 1))
    row("6376:6.3", "unless it is allowed", (done.returncode, done.stdout[:15]), (0, b"DKIM-Signature:"))


def test_told(keys):
    done = run("sign", *keys.pair, data=LF + b"\xc3\xa4\n" + b"x" * 999 + b"\n")
    row("6376:5.3", "what will break is told, and signed", (done.returncode, b"sign.eight-bit" in done.stderr,
        b"sign.line-long" in done.stderr, done.stderr.count(b"\n")), (0, True, True, 2))
    done = run("sign", *keys.pair, data=LF.replace(b"From:", b"From :"))
    row("5322:4.5", "so is white space before a colon", (done.returncode, b"colon of From" in done.stderr, results(keys, done.stdout)),
        (0, True, [("pass", "rsa-sha256")]))
    row("-", "-q does not", run("sign", "-q", *keys.pair, data=LF + b"\xc3\xa4\n").stderr, b"")
    row("-", "-v says more", b"Fix: " in run("sign", "-v", *keys.pair, data=LF + b"\xc3\xa4\n").stderr, True)
    report = json.loads(run("sign", "-j", *keys.dual, data=LF).stderr)
    row("-", "-j names the signatures", [(one["domain"], one["selector"], one["algorithm"], one["key_bits"])
        for one in report["signatures"]], [("d.example", "e", "ed25519-sha256", 256), ("d.example", "r", "rsa-sha256", 2048)])


def test_options(keys):
    for pair in ("relaxed/relaxed", "relaxed/simple", "simple/relaxed", "simple/simple"):
        done = run("sign", "--canon", pair, *keys.dual, data=CRLF)
        row("6376:3.4", "--canon %s for both" % pair, (done.stdout.count(b"c=%s;" % pair.encode()),
            [one[0] for one in results(keys, done.stdout)]), (2, ["pass", "pass"]))
    done = run("sign", *keys.dual[:6], "--canon", "simple/simple", *keys.dual[6:], "--canon", "relaxed/simple", data=CRLF)
    row("6376:3.4", "given twice each holds for its pair", (b"c=relaxed/simple; d=d.example; s=r" in done.stdout,
        b"c=simple/simple; d=d.example; s=e" in done.stdout), (True, True))
    row("6376:3.5", "one word is the header's", b"c=simple/simple" in run("sign", "--canon", "simple", *keys.pair, data=LF).stdout, True)
    row("6376:3.5", "another word is none", run("sign", "--canon", "nofws", *keys.pair, data=LF).returncode, 2)
    done = run("sign", "--now", "1000", "--expire", "7d", "--identity", "joe@sub.d.example", "--copy-fields", *keys.pair, data=LF)
    text = unfold(done.stdout)
    row("6376:3.5", "t=, x=, i=, z=", [part in text for part in (b"t=1000;", b"x=605800;", b"i=joe@sub.d.example;",
        b"z=From:Ann=20<ann@d.example>|")], [True] * 4)
    lines = [run("sign", "-q", "--copy-fields", *keys.pair, data=LF.replace(b"a  test", b"x" * n + b"b=1")).stdout.count(b"\n\tb=")
             for n in range(74)]
    row("6376:3.5", "no line of z= begins like the tag b=", lines, [1] * 74)
    row("6376:8.2", "l= only if forced", (b"l=13;" in unfold(run("sign", "--body-length", *keys.pair, data=LF).stdout), b"l=" in text),
        (True, False))
    row("6376:8.2", "and never without a word", b"sign.body-length" in run("sign", "--body-length", *keys.pair, data=LF).stderr, True)
    for names, want in (("from:to", b"h=from:from:to:to;"), ("-date:-cc,-list-id", b":subject:subject:message-id:message-id:to:to:mime"),
                        ("+x-id", b":content-transfer-encoding:x-id;")):
        text = unfold(run("sign", "--headers", names, *keys.pair, data=b"X-Id: y\n" + LF).stdout)
        row("6376:5.4", "--headers %s" % names, want in text, True)
    text = unfold(run("sign", "--oversign", "list-id", "--no-oversign", "to,cc", *keys.pair, data=LF).stdout)
    row("6376:8.15", "--oversign and --no-oversign", (b":to:mime-version" in text, b":list-id;" in text), (True, True))
    for args in (["--headers", "-from"], ["--headers", "received"], ["--oversign", "x;y"], ["--expire", "0"], ["--expire", "7y"],
                 ["--identity", "joe@other.example"], ["--identity", "joe"]):
        done = run("sign", *args, *keys.pair, data=LF)
        row("6376:5.4", "%s is a usage error" % " ".join(args), (done.returncode, done.stdout, done.stderr.count(b"\n")), (2, b"", 1))


def test_rules(keys):
    for args, told in ((["--headers", "+ X"], b'"+" stands alone'), (["--headers", "from:-"], b'"-" stands alone'), (["--expire", "x"], b"s, m, h, d or w"),
                       (["--selector", "x..y", "--key", keys.rsa], b'selector "x..y"'), (["--oversign", "x;y"], b'"x;y": ')):
        done = run("sign", *keys.pair[:2], *args, *keys.pair[2:], data=LF)
        row("-", "%s: what is wrong is told" % " ".join(args[:2]), (done.returncode, done.stdout, told in done.stderr, done.stderr.count(b"\n")),
            (2, b"", True, 1))


def test_pairs(keys):
    for args in ([], ["--domain", "d.example"], keys.pair[:4], keys.pair[2:], ["--domain", "d.example", "--key", keys.rsa],
                 ["--domain", "example"] + keys.pair[2:], ["--domain", "d.example", "--selector", "a b", "--key", keys.rsa],
                 keys.pair + ["--selector", "x", "--selector", "y", "--key", keys.rsa]):
        done = run("sign", *args, data=LF)
        row("6376:3.1", "%d arguments are no pairs" % len(args), (done.returncode, done.stdout, done.stderr.count(b"\n")), (2, b"", 1))
    for more in (keys.pair[2:], ["--selector", "R", "--key", keys.ed25519], ["--domain", "D.example"] + keys.pair[2:]):
        done = run("sign", *keys.pair, *more, data=LF)
        row("6376:3.1", "a selector twice: %s" % " ".join(more[:-1]), (done.returncode, done.stdout, b"given twice" in done.stderr), (2, b"", True))
    done = run("sign", *keys.pair, "--domain", "e.example", *keys.pair[2:], "--allow-from-mismatch", data=LF)
    row("6376:3.1", "of another domain it is another one", (done.returncode, done.stdout.count(b"DKIM-Signature:")), (0, 2))
    done = run("sign", "--key", keys.rsa, "--selector", "r", "--domain", "d.example", data=LF)
    row("-", "the order of the three does not matter", results(keys, done.stdout), [("pass", "rsa-sha256")])


def test_keys(keys, folder):
    path = os.path.join(folder, "open.pem")
    with open(keys.rsa, "rb") as source, open(path, "wb") as out:
        out.write(source.read())
    for mode in (0o640, 0o604, 0o644):
        os.chmod(path, mode)
        done = run("sign", *keys.pair[:5], path, data=LF)
        row("-", "a key of mode %o is refused with the reason" % mode, (done.returncode, done.stdout, b"open.pem" in done.stderr),
            (4, b"", True))
    os.chmod(path, 0o600)
    with open(path, "wb") as out:
        out.write(b"no key")
    done = run("sign", *keys.pair[:5], path, data=LF)
    row("-", "what is no key is refused", (done.returncode, done.stdout), (4, b""))
    row("-", "and what is not there", run("sign", *keys.pair[:5], path + "x", data=LF).returncode, 4)


def test_lengths(folder):
    """A key in use signs; what is wrong with its length is told."""
    for bits, name in ((1024, b"sign.key-weak"), (2040, b"sign.key-weak"), (4096, b""), (4104, b"sign.key-long")):
        path, _ = make_key(folder, "r%d" % bits, "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:%d" % bits)
        for command in "sign", "seal":
            done = run(command, "--zone", "/dev/null", "--domain", "d.example", "--selector", "r", "--key", path, data=LF)
            told = [b"RFC 8301 3.2" in line and b"(%s)" % name in line for line in done.stderr.splitlines()]
            row("8301:3.2", "%s with %d bits" % (command, bits), (done.returncode, done.stdout.endswith(LF), told), (0, True, [True] if name else []))
    path, _ = make_key(folder, "short", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1023")
    done = run("sign", "--domain", "d.example", "--selector", "r", "--key", path, data=LF)
    row("8301:3.2", "not with less than 1024", (done.returncode, done.stdout, b"RFC 8301 3.2" in done.stderr), (4, b"", True))


def arc(keys, octets):
    found = check(keys, octets)["arc"]
    return found["result"], found["instances"]


def test_seal(keys):
    options = ["--zone", keys.zone, "--domain", "d.example", "--authserv-id", "mx.d.example"]
    ed25519 = options + ["--selector", "e", "--key", keys.ed25519]
    rsa = options + ["--selector", "r", "--key", keys.rsa]
    signed = run("sign", *keys.dual, data=LF).stdout
    one = run("seal", *rsa, data=signed)
    row("8617:5.1", "the first set, LF in, LF out", (one.returncode, one.stdout.endswith(signed), b"\r" in one.stdout,
        arc(keys, one.stdout)), (0, True, False, ("pass", 1)))
    row("8617:4.1.1", "our own results are in it", b"ARC-Authentication-Results: i=1; mx.d.example;" in one.stdout and
        b"dkim=pass header.d=d.example" in one.stdout, True)
    two = run("seal", *ed25519, data=one.stdout)
    row("8463:3", "the second set by Ed25519", (two.returncode, arc(keys, two.stdout), b"cv=pass" in two.stdout), (0, ("pass", 2), True))
    broken = one.stdout.replace(b"hello", b"HELLO")
    failing = run("seal", *rsa, data=broken)
    row("8617:5.1.2", "a chain that fails here gets cv=fail", (failing.returncode, b"i=2; a=rsa-sha256; cv=fail" in failing.stdout,
        b"arc.body-hash" in failing.stderr), (0, True, True))
    again = run("seal", *ed25519, data=failing.stdout)
    row("8617:5.1.3", "a chain that said so goes out as it is", (again.returncode, again.stdout == failing.stdout,
        b"arc.not-continued" in again.stderr), (0, True, True))
    trusted = b"Authentication-Results: mx.d.example; spf=pass smtp.mailfrom=o.example\n" + signed
    done = run("seal", "--trust-ar", *rsa, data=trusted)
    row("8617:4.1.1", "--trust-ar takes the field that is there", (b"i=1; mx.d.example; spf=pass smtp.mailfrom=o.example\nAuth"
        in done.stdout, arc(keys, done.stdout)), (True, ("pass", 1)))
    foreign = b"Received: from x ([203.0.113.9]) by y; Fri, 27 Nov 2026 10:00:00 +0000\n" + trusted
    done = run("seal", "--trust-ar", *rsa, data=foreign)
    row("8601:4.1", "but not below a Received of others", b"ARC-Authentication-Results: i=1; mx.d.example; none\n" in done.stdout, True)
    row("8617:4.1.1", "which is told", (done.returncode, b"(arc.no-results)" in done.stderr, b"mx.d.example" in done.stderr), (0, True, True))
    for data, want in ((trusted, False), (signed, True), (trusted.replace(b"mx.d", b"mx.e"), True),
                       (b"Authentication-Results: mx.d.example; none\n" + signed, False)):
        done = run("seal", "--trust-ar", *rsa, data=data)
        row("8617:4.1.1", "%r" % data[:50], (done.returncode, b"(arc.no-results)" in done.stderr), (0, want))
    row("8617:4.1.1", "without --trust-ar there is nothing to tell", b"arc.no-results" in run("seal", *rsa, data=foreign).stderr, False)
    done = run("seal", *rsa, data=trusted)
    row("8617:4.1.1", "and only if told so", b"spf=pass" in done.stdout[:done.stdout.index(b"Authentication-Results: mx")], False)
    done = run("seal", *rsa, data=CRLF + b"a\nb\r\n")
    row("6376:5.3", "line ends that are none are refused", (done.returncode, done.stdout), (4, b""))
    row("8617:5.1", "two pairs are one too many", run("seal", *rsa, "--selector", "e", "--key", keys.ed25519, data=LF).returncode, 2)
    row("-", "a zone file that is not there", run("seal", *rsa, "--zone", keys.zone + "x", data=LF).returncode, 4)
    done = run("seal", *rsa, data=signed.replace(b"Subject:", b"Subject :"))
    row("5322:4.5", "white space before a colon is told", (done.returncode, b"sign.space-before-colon" in done.stderr), (0, True))
    done = run("seal", "-j", *rsa, data=signed)
    row("-", "-j tells on standard error", json.loads(done.stderr)["ok"], True)


class Tables:
    """A table for d.example (both keys), sub-domains of e.example as themselves, f.example by d.example's key."""

    def __init__(self, keys, folder):
        self.plain = os.path.join(folder, "table")
        self.conf = os.path.join(folder, "signet.conf")
        with open(self.plain, "w", encoding="ascii") as out:
            out.write("d.example r %s\nd.example e %s\n" % (keys.rsa, keys.ed25519))
        with open(self.conf, "w", encoding="ascii") as out:
            out.write('keys { directory = "store" tables = { "table" } }\n'
                      'sign ".e.example" { selector = "r" key = "%s" sign_as = "%%" }\n'
                      'sign "f.example" { selector = "r" key = "%s" sign_as = "d.example" third_party = true }\n'
                      'sign "g.example" { selector = "r" key = "%s" algorithm = "ed25519-sha256" }\n'
                      'sign "h.example" { }\n'
                      'sign "i.example" { selector = "r" key = "signer" }\n'
                      'bind "ann" { login = "ann" from = { "d.example", ".e.example", "f.example", "g.example", "h.example", "i.example" } }\n'
                      'bind "bob" { login = "bob" from = "b.example" }\n'
                      'bind "relay" { client = "192.0.2.0/24" from = "d.example" }\n' % (keys.rsa, keys.rsa, keys.rsa))


def from_of(author):
    return LF.replace(b"Ann <ann@d.example>", author)


def test_table(keys, folder):
    t = Tables(keys, folder)
    done = run("sign", "--table", t.plain, data=LF)
    row("8463:3", "the author chooses the keys, all of them sign", (done.returncode, done.stdout.endswith(LF), done.stderr,
        results(keys, done.stdout)), (0, True, b"", [("pass", "rsa-sha256"), ("pass", "ed25519-sha256")]))
    done = run("sign", "--table", t.plain, "--canon", "simple/simple", data=LF)
    row("6376:3.4", "--canon holds for all of them", done.stdout.count(b"c=simple/simple"), 2)
    for author, keys_of in ((b"a@D.example", 2), (b'"a, x@e.example" <a@d.example>', 2), (b"a (b@x.example)\n @ d.example", 2),
                            (b"Group: a@d.example, b@d.example;", 2), (b"a@d.example\nSender: b@x.example", 2)):
        done = run("sign", "--table", t.plain, data=from_of(author))
        row("6376:6.3", "From: %r" % author, (done.returncode, done.stdout.count(b"DKIM-Signature:")), (0, keys_of))
    for author, why in ((b"a@x.example", "no-rule"), (b"a@sub.d.example", "no-rule"), (b"a@d.example, b@x.example", "no-rule"),
                        (b"b@x.example, a@d.example", "no-rule"), (b"a@d.example\nFrom: b@x.example", "no-rule"),
                        (b"a@x.example\nSender: a@d.example", "no-rule"), (b"a", "no-author"), (b"", "no-author"), (b"g:;", "no-author"),
                        (b"a@[192.0.2.1]", "no-author"), (b"a@x.example (a@d.example)", "no-rule"),
                        (b'"a@d.example" <a@x.example>', "no-rule")):
        done = run("sign", "--table", t.plain, data=from_of(author))
        row("6376:6.3", "From: %r is not signed, and nothing written" % author, (done.returncode, done.stdout, b"unsigned: " in done.stderr,
            done.stderr.count(b"\n")), (4, b"", True, 1))
        done = run("sign", "-j", "--table", t.plain, data=from_of(author))
        report = json.loads(done.stderr)
        row("6376:6.3", "in JSON", (done.returncode, done.stdout, report["ok"], report["why"]), (4, b"", False, why))
    done = run("sign", "--table", t.plain, data=from_of(b"a@d.example\nFrom: b@d.example"))
    row("6376:8.15", "two From fields that may both sign are refused all the same", (done.returncode, done.stdout,
        b"sign.from-several" in done.stderr), (4, b"", True))
    done = run("sign", "--table", t.plain, data=b"X: y\n\nFrom: a@d.example\n")
    row("5322:2.1", "a From in the body is none", (done.returncode, done.stdout), (4, b""))
    for args in (["--domain", "d.example"], keys.pair):
        done = run("sign", "--table", t.plain, *args, data=LF)
        row("-", "a table beside %d arguments" % len(args), (done.returncode, done.stdout, done.stderr.count(b"\n")), (2, b"", 1))
    row("-", "a login without a table", run("sign", "--login", "ann", *keys.pair, data=LF).returncode, 2)
    with open(t.plain, "a", encoding="ascii") as out:
        out.write("d.example broken\n")
    done = run("sign", "--table", t.plain, data=LF)
    row("-", "a wrong line is told with its place, and nothing is signed", (done.returncode, done.stdout, b"table:3: " in done.stderr),
        (4, b"", True))
    row("-", "a table that is not there", run("sign", "--table", t.plain + "x", data=LF).returncode, 4)


def test_bindings(keys, folder):
    t = Tables(keys, folder)
    for sender, author, want in ((["--login", "ann"], b"a@d.example", 0), (["--login", "bob"], b"a@d.example", 4),
                                 (["--login", "eve"], b"a@d.example", 4), ([], b"a@d.example", 4), (["--client", "192.0.2.9"], b"a@d.example", 0),
                                 (["--client", "198.51.100.9"], b"a@d.example", 4), (["--login", "bob", "--client", "192.0.2.9"], b"a@d.example", 4),
                                 (["--login", "ann"], b"a@d.example, b@b.example", 4), (["--client", "192.0.2.9"], b"a@f.example", 4)):
        done = run("sign", "-c", t.conf, *sender, data=from_of(author))
        row("-", "%s for %r" % (" ".join(sender) or "nobody", author), (done.returncode, bool(done.stdout), b"unsigned: " in done.stderr),
            (want, want == 0, want != 0))
    ann = ["sign", "-c", t.conf, "--login", "ann"]
    done = run(*ann, data=from_of(b"a@news.e.example"))
    row("6376:3.5", "\"%\" signs as the domain of From", b"d=news.e.example;" in unfold(done.stdout), True)
    done = run(*ann, data=from_of(b"a@x.e.example, a@y.e.example"))
    row("6376:6.3", "two authors with different keys", (done.returncode, done.stdout, b"unsigned: " in done.stderr), (4, b"", True))
    done = run(*ann, data=from_of(b"a@f.example"))
    row("6376:6.3", "a rule that allows it signs for another domain", (done.returncode, b"d=d.example;" in unfold(done.stdout)), (0, True))
    done = run(*ann, data=from_of(b"a@f.example, b@d.example"))
    row("6376:6.3", "but not for an author who did not ask for that", (done.returncode, done.stdout), (4, b""))
    done = run(*ann, data=from_of(b"a@g.example"))
    row("6376:3.3", "a key of another algorithm than its rule says", (done.returncode, done.stdout, b"signet.conf:" in done.stderr), (4, b"", True))
    row("-", "a store that is not there", run(*ann, data=from_of(b"a@h.example")).returncode, 4)
    run("key", "new", "--keys", os.path.join(folder, "store"), "--algorithm", "ed25519", "--selector", "k1", "h.example")
    done = run(*ann, data=from_of(b"a@h.example"))
    row("-", "nor is a key active yet", (done.returncode, done.stdout, b"no key is active" in done.stderr), (4, b"", True))
    state = os.path.join(folder, "store", "h.example", "state")
    with open(state, encoding="ascii") as file:
        text = file.read()
    with open(state, "w", encoding="ascii") as out:
        out.write(text.replace("generated", "active"))
    done = run(*ann, data=from_of(b"a@h.example"))
    row("-", "the active key of the store signs", (done.returncode, b"a=ed25519-sha256" in done.stdout, b"d=h.example; s=k1;" in
        unfold(done.stdout)), (0, True, True))
    done = run(*ann, data=from_of(b"a@i.example"))
    row("-", "a key in the signer process needs its socket", (done.returncode, done.stdout, b"--signer" in done.stderr), (2, b"", True))
    done = run(*ann, "--signer", os.path.join(folder, "no.sock"), data=from_of(b"a@i.example"))
    row("-", "and somebody behind it", (done.returncode, done.stdout), (3, b""))


def main():
    with tempfile.TemporaryDirectory() as folder:
        keys = Keys(folder)
        test_output(keys)
        test_operands(keys, folder)
        test_refused(keys)
        test_told(keys)
        test_options(keys)
        test_rules(keys)
        test_pairs(keys)
        test_keys(keys, folder)
        test_lengths(folder)
        test_table(keys, folder)
        test_bindings(keys, folder)
        test_seal(keys)
    print("1..%d" % count)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
