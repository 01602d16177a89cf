#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The command line as scripts see it: exit statuses, JSON keys, bad input, what is printed where.  TAP.

usage: test_cli.py SIGNET   (the program; SIGNET_SOURCE in the environment names the source tree)
"""
import json
import os
import subprocess
import sys
import tempfile
import time

SIGNET = sys.argv[1]
with open(SIGNET, "rb") as program:
    SANITIZED = b"__asan_init" in program.read()
SOURCE = os.environ["SIGNET_SOURCE"]
RFC8463 = os.path.join(SOURCE, "tests/vectors/dkim/chasquid/messages/01-rfc8463.eml")
ZONE = """$TTL 3600
brisbane._domainkey.football.example.com. TXT "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
_dmarc.football.example.com. TXT "v=DMARC1; p=reject; rua=mailto:x@football.example.com"
football.example.com. TXT "v=spf1 ip4:192.0.2.0/24 -all"
;!servfail bad.example
;!servfail _dmarc.bad.example
_dmarc.pct.example. TXT "v=DMARC1; p=reject; pct=0"
"""
PLAIN = b"From: joe@football.example.com\nTo: a@b.example\nSubject: x\nMessage-ID: <1@football.example.com>\n\nhello\n"
ENVELOPE = ["--ip", "203.0.113.1", "--helo", "h.example", "--mail-from", "joe@football.example.com"]

count = failed = 0


def row(what, got, want):
    global count, failed
    count += 1
    ok = got == want
    failed += not ok
    print("%sok %d - -: %s%s" % ("" if ok else "not ", count, what,
                                 "" if ok else ": got %r, want %r" % (got, want)))


def run(*args, data=b"", **more):
    return subprocess.run([SIGNET, *args], input=data, capture_output=True, timeout=100, **more)


def test_usage():
    row("no command is a usage error", run().returncode, 2)
    row("an unknown command is a usage error", run("chekc").returncode, 2)
    row("an unknown option is a usage error", run("check", "--zon", "x").returncode, 2)
    row("an option without its value is a usage error", run("check", "--ip").returncode, 2)
    row("a bad address is a usage error", run("check", "--ip", "192.0.2", "-").returncode, 2)
    row("a bad mode is a usage error", run("check", "--mode", "strict", "-").returncode, 2)
    row("a bad network is a usage error", run("check", "--trusted-net", "192.0.2.0/33", "-").returncode, 2)
    row("spf without a client is a usage error", run("spf", "--mail-from", "a@b.example").returncode, 2)
    row("dmarc without a domain is a usage error", run("dmarc").returncode, 2)
    row("a finding that is not there is a usage error", run("explain", "no.such").returncode, 2)
    row("help is no error", run("--help").returncode, 0)
    for command in ("check", "spf", "dmarc", "sign", "seal", "explain"):
        result = run(command, "--help")
        row("help of %s says how" % command, (result.returncode, b"usage: signet " in result.stdout), (0, True))
    version = run("--version")
    row("the version is told", (version.returncode, version.stdout.startswith(b"signet ")), (0, True))


def test_options(zone):
    row("letters may stand together", run("check", "-jq", "--zone", zone, "-", data=PLAIN).stdout, b"")
    row("and take a value", run("check", "-qc/nonexistent", "--zone", zone, "-", data=PLAIN).returncode, 4)
    row("but all must be known", run("check", "-jx", "--zone", zone, "-", data=PLAIN).returncode, 2)
    row("options may follow operands", run("check", RFC8463, "-q", "--zone", zone, "--mode=monitor").returncode, 0)
    row("behind -- there are none", run("check", "--zone", zone, "--", "-q").returncode, 4)
    row("standard input is read once", run("check", "-", "-", data=PLAIN).returncode, 2)
    row("a flag takes no value", run("check", "--json=yes", "-").returncode, 2)
    for server in ("foo", "127.0.0.1@99999", "127.0.0.1@", "@53", "::1@0"):
        row("%s is no name server" % server, run("check", "--resolver", server, "-").returncode, 2)
    for anchor in ("/nonexistent", "/", __file__):
        result = run("check", "--jobs", "4", "--trust-anchor", anchor, "-", data=PLAIN)
        row("%s is no trust anchor, said once" % os.path.basename(anchor),
            (result.returncode, result.stderr.count(b"\n")), (4, 1))
    row("nor a public suffix list", run("check", "--psl-file", "/nonexistent", "-").returncode, 4)
    for now in ("-1", "9223372036854775808", "1e9", ""):
        row("%r is no time" % now, run("check", "--now", now, "-").returncode, 2)
    for now in ("0", "9223372036854775807"):
        row("%s is one" % now, run("check", "-q", "--now", now, "--zone", zone, RFC8463).returncode in (0, 1), True)
    lost = run("check", "-j", "--resolver", "127.0.0.1@1", *ENVELOPE, "-", data=PLAIN)
    row("a dead name server is neither good nor bad", (lost.returncode, json.loads(lost.stdout)["dmarc"]["result"]),
        (3, "temperror"))


def test_explain():
    names = run("explain").stdout.split()
    row("all findings are listed", len(names) > 100, True)
    told = run("explain", *[name.decode() for name in names])
    row("each one is explained", (told.returncode, told.stdout.count(b"Fix:")), (0, len(names)))
    one = json.loads(run("explain", "-j", "envelope.unknown").stdout)
    row("in JSON too", sorted(one), ["clause", "fix", "id", "severity", "text", "why"])


def test_check(zone):
    good = run("check", "-j", "--zone", zone, "--ip", "192.0.2.1", "--helo", "a.football.example.com", "--mail-from",
               "joe@football.example.com", RFC8463)
    d = json.loads(good.stdout)
    row("a good message is fine", (good.returncode, d["dmarc"]["result"], d["decision"]), (0, "pass", "accept"))
    row("the JSON has its keys", all(k in d for k in (
        "path", "from", "spf", "dkim", "arc", "dmarc", "bimi", "decision", "authentication_results", "dns")), True)
    row("so has SPF", all(k in d["spf"][0] for k in ("identity", "domain", "result", "matched", "lookups", "voids")), True)
    row("so has DKIM", all(k in d["dkim"][0] for k in (
        "domain", "selector", "algorithm", "key_bits", "result", "header_ok", "body_ok", "aligned", "findings",
        "transformation", "evidence")), True)
    row("so has DMARC", all(k in d["dmarc"] for k in (
        "result", "domain", "policy_domain", "organizational_domain", "policy", "testing", "disposition", "aligned_by",
        "cause")), True)
    row("a bad message is bad", run("check", "--zone", zone, *ENVELOPE, "-", data=PLAIN).returncode, 1)
    row("standard input is the default", run("check", "-q", "--zone", zone, *ENVELOPE, data=PLAIN).returncode, 1)
    quiet = run("check", "-q", "--zone", zone, *ENVELOPE, data=PLAIN)
    row("quiet says nothing", (quiet.stdout, quiet.stderr), (b"", b""))
    lost_result = run("check", "-j", "--zone", zone, "-", data=b"From: a@bad.example\n\nx\n")
    row("trouble with the DNS is neither good nor bad", lost_result.returncode, 3)
    row("several messages, the worst counts", run("check", "-q", "--zone", zone, RFC8463, "/nonexistent").returncode, 4)
    unknown = json.loads(run("check", "-j", "--zone", zone, "--mode", "classic", "-", data=PLAIN).stdout)
    row("without a client address SPF is none", unknown["spf"][0]["result"], "none")
    row("with a finding that says so", "envelope.unknown" in json.dumps(unknown), True)
    row("and nothing is rejected for it", unknown["decision"] != "reject", True)
    empty = json.loads(run("check", "-j", "--zone", zone, "-", data=b"").stdout)
    row("an empty file is an empty message", (empty["ok"], empty["from"], empty["dkim"]), (True, [], []))


def test_text(zone):
    text = run("check", "--zone", zone, *ENVELOPE, "--explain", "-", data=PLAIN).stdout.decode()
    for part in ("Message ID:", "Created at:", "From:", "To:", "Subject:", "SPF:", "DKIM:", "DMARC:", "Decision"):
        row("the text has %s" % part, part in text, True)
    row("no colour in a pipe", "\x1b" in text, False)
    first, second = text.split("\n", 2)[:2]
    row("the verdict stands first", (first.startswith("-: Fails DMARC for football.example.com: "), second.split(":")[0]),
        (True, "Message ID"))
    for part in ("client        203.0.113.1", "-all: match, hence fail", "_dmarc.football.example.com: v=DMARC1; p=reject",
                 "policy        reject (tag p of football.example.com)", "SPF           fail: proves nothing",
                 "decision      quarantine", "[RFC 9989 7.4] (decision.no-second-fact)",
                 "football.example.com TXT: noerror"):
        row("the story tells: %s" % part, part in text, True)
    signed = run("check", "--explain", "--zone", zone, "--ip", "192.0.2.1", "--mail-from", "x@bad.example", RFC8463)
    for part in ("DKIM signature of football.example.com", "selector      brisbane",
                 "key record    v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", "header        right",
                 "body          right", "DKIM          pass for football.example.com: aligned (the same organization)",
                 "temperror: proves nothing"):
        row("and of a signature: %s" % part, part in signed.stdout.decode(), True)
    words = run("check", "--zone", zone, "-", data=b"From: =?utf-8?q?J=C3=BCrgen?= <joe@football.example.com>\n"
                b"Subject: =?utf-8?b?R3LDvMOfZQ==?=\n =?utf-8?q?_aus?=\n\nx\n").stdout.decode()
    row("encoded-words are shown decoded", ("J\u00fcrgen <joe@" in words, "Gr\u00fc\u00dfe aus\n" in words), (True, True))
    hidden = run("check", "--zone", zone, "-", data=b"From: joe@football.example.com\n"
                 b"Subject: =?utf-8?b?G1sySuKAruKAiw==?=\n\nx\n").stdout
    row("but no escape sequence hides in one", b"\x1b" in hidden or b"\xe2\x80\xae" in hidden, False)
    junk = b"".join(b"DKIM-Signature: v=1; a=rsa-sha256; d=d%d.example; s=s; h=from; bh=AAAA; b=AAAA\n" % i for i in range(100))
    many = run("check", "--zone", zone, *ENVELOPE, "-", data=junk + PLAIN).stdout
    row("signatures past the cap are counted, not listed", (b"80 more signatures that did not pass" in many,
        many.count(b"\n") < 40), (True, True))
    evil = b"From: joe@football.example.com\nSubject: \x1b[2J\xe2\x80\xaeevil\x07\n\nx\n"
    shown = run("check", "--zone", zone, *ENVELOPE, "--explain", "-", data=evil).stdout
    row("no terminal escape from a message comes through",
        any(x in shown for x in (b"\x1b", b"\x07", b"\xe2\x80\xae")), False)
    with tempfile.TemporaryDirectory() as folder:
        name = os.path.join(folder, "x\x1b[31m\u202e.eml")
        with open(name, "wb") as f:
            f.write(PLAIN)
        told = run("check", "--zone", zone, *ENVELOPE, name)
        row("nor one from the name of a file", (told.returncode, b"x\\x1b[31m\\u{202e}.eml: Fails" in told.stdout), (1, True))
        lost = run("check", "--zone", zone, name + "\x1b")
        row("nor one from a complaint", (lost.returncode, b"\x1b" in lost.stderr), (4, False))
        told = run("check", "-j", "--zone", zone, *ENVELOPE, name)
        row("nor one in JSON, which keeps the name", (b"\x1b" in told.stdout or b"\xe2\x80\xae" in told.stdout,
            json.loads(told.stdout)["path"]), (False, name))
        with open(os.path.join(folder, "zone"), "w") as f:
            f.write(";!\x1b[31m x.example\n")
        bad = run("dmarc", "--zone", f.name, "x.example")
        row("nor one from a zone file", (bad.returncode, (f.name + ":1: ").encode() in bad.stderr, b"\x1b" in bad.stderr),
            (4, True, False))
    field = run("check", "-v", "--received-spf", "--authserv-id", "mx.example.net", "--zone", zone, *ENVELOPE, "-",
                data=PLAIN).stdout
    row("the fields are shown on request", b"Authentication-Results: mx.example.net;" in field and b"Received-SPF: fail" in
        field, True)


def test_requirements(zone):
    for provider in ("gmail", "yahoo", "microsoft"):
        line = run("check", "-j", "--requirements", provider, "--zone", zone, *ENVELOPE, "-", data=PLAIN).stdout
        r = json.loads(line)["requirements"]
        row("%s: every rule is told" % provider, (r["provider"], len(r["rules"]) > 5,
            all(x["met"] in ("met", "not-met", "unknown", "not-applicable") for x in r["rules"])), (provider, True, True))
    text = run("check", "--requirements", "gmail", "--zone", zone, *ENVELOPE, "-", data=PLAIN).stdout
    row("as text too", b"NOT MET" in text and b"one click" in text, True)
    row("a provider that is not known", run("check", "--requirements", "hotmail", "-").returncode, 2)


def test_bad_input(zone, folder):
    missing = run("check", "-j", "--zone", zone, os.path.join(folder, "missing"))
    line = json.loads(missing.stdout)
    row("a missing file is bad input", (missing.returncode, line["ok"], "error" in line), (4, False, True))
    row("and named on standard error", b"missing: No such file" in missing.stderr, True)
    bad_zone = os.path.join(folder, "bad.zone")
    with open(bad_zone, "w") as f:
        f.write("$TTL 3600\nok.example. TXT \"x\"\nbroken.example. A 1.2.3\n")
    result = run("check", "--zone", bad_zone, "-", data=PLAIN)
    row("an unreadable zone line is bad input", result.returncode, 4)
    row("named with file and line", ("%s:3" % bad_zone).encode() in result.stderr, True)
    with open(bad_zone, "w") as f:
        f.write(";!timout x.example\n")
    row("an unknown order in a zone too", run("spf", "--zone", bad_zone, "--ip", "192.0.2.1", "--helo", "a.example").returncode,
        4)
    row("a zone that is not there", run("dmarc", "--zone", "/nonexistent", "a.example").returncode, 4)
    junk = os.path.join(folder, "junk")
    with open(junk, "wb") as f:
        f.write(os.urandom(1 << 20))
    row("binary junk is judged", run("check", "-j", "--zone", zone, junk).returncode in (0, 1), True)
    conf = os.path.join(folder, "signet.conf")
    with open(conf, "w") as f:
        f.write("authserv_id = \"a\"\nunknown_key = 1\n")
    result = run("check", "-c", conf, "--zone", zone, "-", data=PLAIN)
    row("an unknown key of the configuration is bad input", (result.returncode, b":2:" in result.stderr), (4, True))
    for what, text, line in (
            ("a value out of range", "# ours\n\nmode = \"strict\"\n", 3),
            ("an element of a list", "trusted_nets = { \"192.0.2.1\",\n\"x\" }\n", 2),
            ("a value in a section", "dns {\n// here\n/* or\nthere */ resolver = \"x\"\n}\n", 4),
            ("an unknown key in a section", "dns {\n  nope = 1\n}\n", 2),
            ("an end too early", "authserv_id =", 1)):
        with open(conf, "w") as f:
            f.write(text)
        result = run("check", "-c", conf, "--zone", zone, "-", data=PLAIN)
        row("%s is bad input too, named with its line" % what,
            (result.returncode, ("%s:%d: " % (conf, line)).encode() in result.stderr), (4, True))
    with open(conf, "wb") as f:
        f.write(b"\x1b[2J\x07 = 1\n")
    result = run("check", "-c", conf, "--zone", zone, "-", data=PLAIN)
    row("an error shows no control character of the file", (result.returncode, b"\x1b" in result.stderr), (4, False))
    result = run("check", "-c", folder, "--zone", zone, "-", data=PLAIN)
    row("a folder is no configuration", (result.returncode, b"Is a directory" in result.stderr), (4, True))
    with open(conf, "w") as f:
        f.write("authserv_id = \"mx.conf.example\"\nmode = \"monitor\"\ntrusted_nets = { \"192.0.2.0/24\" }\n")
    d = json.loads(run("check", "-j", "-c", conf, "--zone", zone, *ENVELOPE, "-", data=PLAIN).stdout)
    row("the configuration is heeded", (d["authentication_results"].startswith("mx.conf.example;"), d["decision"]),
        (True, "accept"))
    with open(conf, "w") as f:
        f.write("trusted_nets = { \"192.0.2.0/24\" }\nforwarders = { \"203.0.113.0/24\" }\n")
    told = run("check", "-j", "-c", conf, "--zone", zone, *ENVELOPE, "-", data=PLAIN)
    row("a forwarder that the options name softens", json.loads(told.stdout)["decision"], "accept")
    for client, want in (("203.0.113.1", "accept"), ("198.51.100.1", "quarantine")):
        trace = b"Received: from h.example (h.example [%s]) by mx.example; Fri, 27 Nov 2026 12:00:00 +0000\n" % client.encode()
        told = run("check", "-j", "-c", conf, "--zone", zone, "-", data=trace + PLAIN)
        row("as one that the trace names: %s" % client, json.loads(told.stdout)["decision"], want)


def test_full_disk(zone):
    with open("/dev/full", "wb") as full:
        result = subprocess.run([SIGNET, "check", "-j", "--zone", zone, *ENVELOPE, "-"], input=PLAIN, stdout=full,
                                stderr=subprocess.PIPE, timeout=100)
    row("output that cannot be written is trouble", (result.returncode, b"standard output" in result.stderr), (3, True))
    for args in (("--help",), ("--version",), ("check", "--help"), ("explain",),
                 ("spf", "--zone", zone, "--ip", "192.0.2.1", "--helo", "a.example"), ("dmarc", "--zone", zone, "a.example")):
        with open("/dev/full", "wb") as full:
            row("of %s too" % " ".join(args[:2]), subprocess.run([SIGNET, *args], stdout=full, stderr=subprocess.PIPE,
                                                                 timeout=100).returncode, 3)
    closed = subprocess.run([SIGNET, "check", "--zone", zone, *ENVELOPE, "-"], input=PLAIN, stderr=subprocess.PIPE,
                            timeout=100, preexec_fn=lambda: os.close(1))
    row("so is a standard output that is closed", closed.returncode, 3)


def test_large(zone, folder):
    if SANITIZED:
        return  # the sanitizer takes terabytes of address space for itself
    large = os.path.join(folder, "large")
    with open(large, "wb") as f:
        f.write(PLAIN)
        f.truncate(2 << 30)
    begin = time.monotonic()
    result = run("check", "-q", "--zone", zone, *ENVELOPE, large, preexec_fn=cap_memory)
    row("a file of 2 GB is judged within 200 MB of address space for data", result.returncode, 1)
    print("# %.1f s" % (time.monotonic() - begin))
    os.unlink(large)


def cap_memory():
    import resource
    resource.setrlimit(resource.RLIMIT_DATA, (200 << 20, 200 << 20))


def test_spf_dmarc(zone):
    spf = run("spf", "-j", "--zone", zone, "--ip", "192.0.2.1", "--mail-from", "x@football.example.com")
    d = json.loads(spf.stdout)
    row("an SPF pass is fine", (spf.returncode, d["result"], d["matched"]), (0, "pass", "ip4:192.0.2.0/24"))
    row("spf has its keys", all(k in d for k in ("result", "domain", "identity", "matched", "explanation", "lookups", "voids",
                                                 "findings")), True)
    fail = run("spf", "-j", "--zone", zone, "--ip", "203.0.113.1", "--mail-from", "football.example.com")
    row("an SPF fail is bad", (fail.returncode, json.loads(fail.stdout)["result"]), (1, "fail"))
    lost = run("spf", "-j", "--zone", zone, "--ip", "203.0.113.1", "--mail-from", "bad.example")
    row("an SPF temperror could not finish", (lost.returncode, json.loads(lost.stdout)["result"]), (3, "temperror"))
    helo = json.loads(run("spf", "-j", "--zone", zone, "--ip", "192.0.2.1", "--helo", "football.example.com").stdout)
    row("without a sender it is postmaster@HELO", (helo["result"], helo["domain"], helo.get("null_sender")),
        ("pass", "football.example.com", True))
    dmarc = run("dmarc", "-j", "--zone", zone, "a.football.example.com")
    d = json.loads(dmarc.stdout)
    row("dmarc finds the policy of the organization", (d["found"], d["policy_domain"], d["effective"]),
        (True, "football.example.com", "reject"))
    row("dmarc has its keys", all(k in d for k in ("found", "policy_domain", "organizational_domain", "policy", "effective",
                                                   "walk", "findings", "evaluation")), True)
    row("nothing given, nothing authenticated", d["evaluation"]["result"], "fail")
    row("the record is told tag by tag", all(k in d["policy"] for k in ("p", "sp", "np", "adkim", "aspf", "t", "psd", "rua",
                                                                       "ruf", "fo")), True)
    row("evidence that aligns passes", run("dmarc", "-q", "--zone", zone, "football.example.com", "--dkim",
                                           "football.example.com=pass").returncode, 0)
    row("evidence that does not is bad", run("dmarc", "-q", "--zone", zone, "football.example.com", "--spf",
                                             "other.example=pass").returncode, 1)
    old = json.loads(run("dmarc", "-j", "--rfc7489", "--zone", zone, "pct.example", "--spf", "x.example=pass").stdout)
    row("pct is honoured by the old rules", old["evaluation"]["disposition"] != "reject", True)
    row("no policy is no error", run("dmarc", "-q", "--zone", zone, "nothing.example").returncode, 0)
    bad = run("dmarc", "-j", "--zone", zone, "a..b", "pct.example")
    lines = [json.loads(line) for line in bad.stdout.splitlines()]
    row("what is no domain has its line all the same", (bad.returncode, lines[0]["ok"], lines[0]["error"]["code"],
        lines[1]["found"]), (2, False, "domain", True))
    row("two domains, two lines", run("dmarc", "-j", "--zone", zone, "a.example", "b.example").stdout.count(b"\n"), 2)


def test_many(zone, folder):
    mbox = os.path.join(folder, "mbox")
    with open(mbox, "wb") as f:
        for i in range(500):
            f.write(b"From x@y.example Sat Nov 21 10:00:00 2026\n" + PLAIN.replace(b"<1@", b"<%d@" % i) + b"\n")
    one = run("check", "-j", "--jobs", "1", "--zone", zone, *ENVELOPE, mbox).stdout
    two = run("check", "-j", "--jobs", "4", "--zone", zone, *ENVELOPE, mbox).stdout
    ids = [json.loads(line)["message_id"] for line in one.splitlines()]
    row("every message of an mbox has its line", ids, ["<%d@football.example.com>" % i for i in range(500)])
    row("several workers say the same in the same order", one == two, True)
    many = run("check", "-j", "--jobs", "64", "--zone", zone, *ENVELOPE, mbox).stdout
    row("and so do 64 of them", one == many, True)
    with open(mbox, "rb") as f:
        text = f.read()
    with open(mbox, "wb") as f:
        f.write(text * 2)
    # Looked up from outside, the peak of one short run may be missed.
    small = max(measure("--jobs", "2", "--zone", zone, *ENVELOPE, mbox)[0] for _ in range(3))
    with open(mbox, "wb") as f:
        f.write(text * 20)
    large, processors, seconds = measure("--jobs", "2", "--zone", zone, *ENVELOPE, mbox)
    if not SANITIZED:  # what is freed stays in quarantine
        row("10,000 messages need no more memory than 1,000", 0 < large < small + (4 << 10), True)
    print("# %d KiB after 1,000 messages, %d after 10,000; %.2f s with %.2f processors" % (small, large, seconds, processors))


def measure(*args):
    """Peak memory in KiB, processors kept busy, seconds.  The peak is looked up while it runs: ru_maxrss has our own in it."""
    begin = time.monotonic()
    child = subprocess.Popen([SIGNET, "check", "-j", *args], stdout=subprocess.DEVNULL)
    peak = 0
    while True:
        with open("/proc/%d/status" % child.pid) as f:
            for line in f:
                if line.startswith("VmHWM:"):
                    peak = max(peak, int(line.split()[1]))
        pid, _, usage = os.wait4(child.pid, os.WNOHANG)
        if pid:
            seconds = time.monotonic() - begin
            return peak, (usage.ru_utime + usage.ru_stime) / seconds, seconds
        time.sleep(0.002)


def test_hostile(zone):
    """What no mail program writes: an answer, no crash, in time that grows no faster than the message."""
    signature = (b"DKIM-Signature: v=1; a=rsa-sha256; d=d%d.example; s=s; h=from; "
                 b"bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=; b=AAAA\n")
    arc = (b"ARC-Seal: i=%d; a=rsa-sha256; cv=pass; d=a.example; s=s; b=AAAA\nARC-Message-Signature: i=%d; a=rsa-sha256; "
           b"d=a.example; s=s; h=from; bh=AAAA; b=AAAA\nARC-Authentication-Results: i=%d; a.example; none\n")
    for what, message, dmarc in (
            ("a line of 1 MB", b"X-Long: " + b"a" * (1 << 20) + b"\n" + PLAIN, "fail"),
            ("100,000 fields", PLAIN.replace(b"\n\n", b"\n" + b"X: y\n" * 100000 + b"\n"), "permerror"),
            ("10,000 signatures", b"".join(signature % i for i in range(10000)) + PLAIN, "fail"),
            ("5,000 ARC sets", b"".join(arc % (i, i, i) for i in range(5000, 0, -1)) + PLAIN, "fail"),
            ("20,000 authors", b"From: " + b", ".join(b"a@d%d.example" % i for i in range(20000)) + b"\n\nx\n", "permerror"),
            ("an empty group", b"From: undisclosed:;\n\nx\n", "permerror"),
            ("a group", b"From: Team: a@football.example.com, b@football.example.com;\n\nx\n", "fail"),
            ("two domains in From", b"From: a@football.example.com, b@nothing.example\n\nx\n", "fail"),
            ("From twice", b"From: a@football.example.com\n" + PLAIN, "permerror"),
            ("a body without header", b"\nhello\n", "permerror"),
            ("a header without body", PLAIN.split(b"\n\n")[0], "fail"),
            ("nothing but NUL", b"\0" * 100000, "permerror"),
            ("a lone carriage return", b"\r", "permerror"),
            ("half a From line of an mbox", b"From ", "permerror")):
        begin = time.monotonic()
        result = run("check", "-j", "--zone", zone, *ENVELOPE, "-", data=message)
        told = run("check", "--explain", "--zone", zone, *ENVELOPE, "-", data=message)
        row("%s is judged" % what, (result.returncode, json.loads(result.stdout)["dmarc"]["result"], told.returncode),
            (1, dmarc, 1))
        print("# %.2f s, twice" % (time.monotonic() - begin))


def main():
    with tempfile.TemporaryDirectory() as folder:
        zone = os.path.join(folder, "zone")
        with open(zone, "w") as f:
            f.write(ZONE)
        test_usage()
        test_options(zone)
        test_explain()
        test_check(zone)
        test_text(zone)
        test_spf_dmarc(zone)
        test_requirements(zone)
        test_bad_input(zone, folder)
        test_many(zone, folder)
        test_hostile(zone)
        test_full_disk(zone)
        test_large(zone, folder)
    print("1..%d" % count)
    sys.exit(1 if failed else 0)


main()
