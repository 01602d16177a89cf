#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""signet key as scripts see it, without a network: exit statuses, JSON, files, refusals, the calendar.  TAP.

usage: test_key.py SIGNET"""
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile

SIGNET = sys.argv[1]
NOW = 1795251600  # 2026-11-21T09:00:00Z
FOLDER = tempfile.mkdtemp()
KEYS = os.path.join(FOLDER, "keys")
count = failed = 0


def row(what, got, want, clause="-"):
    global count, failed
    count += 1
    failed += got != want
    print("%sok %d - %s: %s%s" % ("" if got == want else "not ", count, clause, what,
                                 "" if got == want else ": got %r, want %r" % (got, want)))


def key(*args, keys=KEYS, now=None):
    """At NOW; keys are made some minutes before.  The clock goes on from there, and on a busy machine the second key of a
    domain may be some seconds younger than the first: it must not be from the future for what follows."""
    now = now or (NOW - 600 if args[:1] == ("new",) else NOW)
    return subprocess.run([SIGNET, "key", *args, "--keys", keys, "--now", str(now)], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=100, check=False)


def lines(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


def openssl(*args):
    return subprocess.run(["openssl", *args], check=True, capture_output=True).stdout


def test_usage():
    for args in ([], ["nwe"], ["new"], ["zone"], ["check"], ["rotate"], ["retire", "a.example"], ["publish"], ["new", "example"],
                 ["new", "a..b"], ["new", "a.example", "--bits", "1024"], ["new", "a.example", "--bits", "8192"],
                 ["new", "a.example", "--algorithm", "dsa"], ["new", "a.example", "--selector", "{x}"],
                 ["new", "a.example", "--ttl", "1y"], ["new", "a.example", "--ttl", "99w999"],
                 ["rotate", "a.example", "--grace", "0"], ["rotate", "a.example", "--grace", "86399"],
                 ["rotate", "a.example", "--grace", "1h", "--dry-run"], ["new", "a.example", "--dry-run"],
                 ["publish", "a.example", "--tsig", "x", "--hook", "y"], ["check", "a.example", "--server", "ns1"]):
        row("signet key %s is a usage error" % " ".join(args), key(*args).returncode, 2)
    row("and nothing was made", os.path.exists(KEYS), False)
    row("a store that is not there", key("list").returncode, 4)
    help_text = subprocess.run([SIGNET, "key", "--help"], capture_output=True, text=True, check=False).stdout
    row("help names the actions", "new|list|zone|publish|check|rotate|retire|revoke" in help_text, True)


def test_new():
    made = key("new", "Example.COM.", "b\u00fccher.example", "-j")
    got = lines(made)
    row("two keys for each domain", [(one["domain"], one["selector"], one["algorithm"], one["bits"], one["state"]) for one in got],
        [(domain, selector, algorithm, bits, "generated") for domain in ("example.com", "xn--bcher-kva.example")
         for selector, algorithm, bits in (("s202611", "rsa-sha256", 2048), ("ed202611", "ed25519-sha256", 256))])
    row("made at --now, and the clock goes on from there", {one["since"][:15] for one in got}, {"2026-11-21T08:5"})
    for one in got[:2]:
        path = os.path.join(KEYS, "example.com", one["selector"] + ".pem")
        der = openssl("pkey", "-in", path, "-pubout", "-outform", "DER")
        octets = der if one["algorithm"] == "rsa-sha256" else der[-32:]
        import base64
        kind = one["algorithm"].split("-")[0]
        row("the record of %s, by OpenSSL" % kind, one["record"], "v=DKIM1; k=%s; p=%s" % (kind, base64.b64encode(octets).decode()),
            "6376:3.6.1")
        with open(path) as file:
            row("PKCS 8 in PEM", file.readline(), "-----BEGIN PRIVATE KEY-----\n", "5958:2")
        row("for us alone", stat.S_IMODE(os.stat(path).st_mode), 0o600)
    row("a selector is not used twice", [one["selector"] for one in lines(key("new", "example.com", "-j"))],
        ["s202611-2", "ed202611-2"], "5863:3.4")
    row("a template of one's own", [one["selector"] for one in lines(key("new", "t.example", "-j", "--selector", "m{dd}{n}"))],
        ["m211", "m211-ed"])
    row("one algorithm", [one["algorithm"] for one in lines(key("new", "r.example", "-j", "--algorithm", "rsa", "--bits", "3072"))],
        ["rsa-sha256"])


def write_key(name, octets):
    path = os.path.join(FOLDER, name)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(octets)
    return path


def test_import():
    opendkim = os.path.join(FOLDER, "opendkim.private")
    with open(opendkim, "wb") as file:
        file.write(openssl("genrsa", "-traditional", "2048"))
    os.chmod(opendkim, 0o640)
    refused = key("new", "i.example", "--import", opendkim, "--selector", "mail")
    row("a key file that the group may read", (refused.returncode, "its group may read it (mode 0640" in refused.stderr), (4, True))
    os.chmod(opendkim, 0o600)
    row("OpenDKIM's key file", [one["selector"] for one in lines(key("new", "i.example", "-j", "--import", opendkim,
                                                                    "--selector", "mail", "--algorithm", "rsa"))], ["mail"])
    row("the same key", openssl("pkey", "-in", os.path.join(KEYS, "i.example", "mail.pem")), openssl("pkey", "-in", opendkim))
    for bits in 512, 1024, 2040, 4104:
        odd = write_key("odd%d.pem" % bits, openssl("genrsa", str(bits)))
        got = key("new", "odd.example", "--import", odd)
        row("%d bits are refused with the reason" % bits, (got.returncode, "RFC 8301 3.2" in got.stderr, got.stdout), (4, True, ""), "8301:3.2")
    row("and no key is left of them", os.listdir(os.path.join(KEYS, "odd.example")), ["lock"], "8301:3.2")
    for algorithm, make in ("ed25519", ["genpkey", "-algorithm", "ED25519"]), ("rsa", ["genrsa", "2048"]):
        path = write_key(algorithm + ".pem", openssl(*make))
        got = lines(key("new", algorithm + ".example", "-j", "--import", path, "--selector", "mysel"))
        row("the selector of one %s key is used as it is" % algorithm, [one["selector"] for one in got], ["mysel"])
        for other in {"ed25519", "rsa"} - {algorithm}:
            got = key("new", "j.example", "--import", path, "--algorithm", other)
            row("a file that holds %s, where %s is asked for" % (algorithm, other), (got.returncode, "--algorithm asks for " + other in got.stderr),
                (4, True))
    got = key("new", "j.example", "--import", path, "--bits", "3072")
    row("or other --bits", (got.returncode, "--bits asks for 3072 bits" in got.stderr), (4, True))
    row("--import is for new", key("rotate", "j.example", "--import", path).returncode, 2)
    for what, kind in (("type-specific", "SEC1"), ("pkcs8", "PKCS 8")):
        curve = openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout")
        path = write_key("ec.pem", curve if what == "type-specific" else subprocess.run(
            ["openssl", "pkcs8", "-topk8", "-nocrypt"], input=curve, check=True, capture_output=True).stdout)
        got = key("new", "j.example", "--import", path)
        row("an elliptic-curve key in %s is none for DKIM" % kind, (got.returncode, "neither RSA nor Ed25519" in got.stderr,
                                                                   "SEC1" in got.stderr), (4, True, True), "8463:3")
    two = write_key("two.pem", openssl("genrsa", "2048") + openssl("genpkey", "-algorithm", "ED25519"))
    got = key("new", "j.example", "--import", two)
    row("two keys in one file: which one is meant?", (got.returncode, "more than one private key" in got.stderr), (4, True))


def test_zone():
    text = key("zone", "example.com", "s202611", "ed202611", "--ttl", "2h").stdout
    strings = re.findall(r'"([^"]*)"', text)
    want = {one["selector"]: one for one in lines(key("zone", "example.com", "-j"))}
    row("strings of at most 255 octets", max(map(len, strings)), 255, "1035:3.3")
    row("which joined are the record", "".join(strings), want["s202611"]["value"] + want["ed202611"]["value"])
    row("whose name says below which domain it is", "; for a web form: name s202611._domainkey below example.com," in text, True)
    row("and in one line for a web form", "; " + want["s202611"]["value"] + "\n" in text, True)
    row("the TTL", text.count("s202611._domainkey.example.com. 7200 IN TXT"), 1)
    path = os.path.join(FOLDER, "zone")
    with open(path, "w") as file:
        file.write(key("zone", "example.com").stdout)
    checked = key("check", "example.com", "-j", "--zone", path)
    row("our own reader of zones finds every key", (checked.returncode, {one["sight"] for one in lines(checked)}), (0, {"everywhere"}))
    with open(path, "w") as file:
        file.write(key("zone", "example.com", "s202611").stdout.replace("MIIB", "MIIC"))
    broken = lines(key("check", "example.com", "s202611", "-j", "--zone", path))[0]
    row("and that one is broken", (broken["ok"], broken["servers"][0]["shows"]), (False, "broken"))
    row("no such selector", key("zone", "example.com", "nope").returncode, 4)
    row("no such domain", key("zone", "nope.example").returncode, 4)


def test_unsafe():
    path = os.path.join(KEYS, "example.com", "s202611.pem")
    os.chmod(path, 0o640)
    got = key("zone", "example.com", "s202611")
    row("a key that the group may read is refused", (got.returncode, "its group may read it" in got.stderr), (4, True))
    got = lines(key("check", "example.com", "s202611", "-j", "--zone", "/dev/null"))[0]
    row("by check as well, with the reason", (got["ok"], "its group may read it" in got["error"]), (False, True))
    os.chmod(path, 0o600)
    os.chmod(KEYS, 0o777)
    got = key("list")
    row("a store where everybody may write", (got.returncode, "everybody may write in the directory" in got.stderr), (4, True))
    os.chmod(KEYS, 0o700)
    row("all is well again", key("list").returncode, 0)
    state = os.path.join(KEYS, "r.example", "state")
    with open(state, "a") as file:
        file.write("what is this\n")
    got = key("list")
    row("a bad line: file and line, and the other domains", (got.returncode, "r.example/state:3: " in got.stderr,
                                                            "example.com" in got.stdout), (4, True, True))
    shutil.rmtree(os.path.dirname(state))


def test_states():
    state = os.path.join(KEYS, "example.com", "state")
    with open(state, "w") as file:
        file.write("s202611 rsa-sha256 2048 ttl=3600 active=2026-11-01T00:00:00Z\n"
                   "ed202611 ed25519-sha256 256 ttl=3600 active=2026-11-01T00:00:00Z\n"
                   "s202611-2 rsa-sha256 2048 generated=2026-11-02T00:00:00Z\n"
                   "ed202611-2 ed25519-sha256 256 active=2026-10-01T00:00:00Z retiring=2026-11-01T00:00:00Z\n")
    got = {one["selector"]: one for one in lines(key("list", "example.com", "-j"))}
    row("the next step of each key", {name: (one["next"] or {}).get("action") for name, one in got.items()},
        {"s202611": None, "ed202611": "make", "s202611-2": "publish", "ed202611-2": "destroy"})
    row("and when it is due", got["ed202611"]["next"]["due"], "2027-01-30T00:00:00Z")
    row("with another period", lines(key("list", "example.com", "-j", "--period", "30d"))[1]["next"]["due"], "2026-12-01T00:00:00Z")
    row("one of two active keys is retired", key("retire", "example.com", "s202611", "--dry-run").returncode, 0)
    row("nothing happens in a dry run", lines(key("list", "example.com", "-j"))[0]["state"], "active")
    row("now it does", (key("retire", "example.com", "s202611").returncode, lines(key("list", "example.com", "-j"))[0]["state"]),
        (0, "retiring"))
    got = key("retire", "example.com", "ed202611")
    row("not the last one", (got.returncode, "its only active key" in got.stderr), (1, True))
    row("but with --force", key("retire", "example.com", "ed202611", "--force").returncode, 0)
    got = key("revoke", "example.com", "ed202611-2")
    row("without a way to publish revoking says what to do", (got.returncode, 'TXT "v=DKIM1; k=ed25519; p="' in got.stdout), (3, True))
    row("the private half is gone at once", os.path.exists(os.path.join(KEYS, "example.com", "ed202611-2.pem")), False)


def test_broken():
    """With -j each domain has its line, and so has one that cannot be read."""
    keys = os.path.join(FOLDER, "broken")
    for domain in ("good.example", "bad.example"):
        key("new", domain, "--algorithm", "ed25519", keys=keys)
    with open(os.path.join(keys, "bad.example", "state"), "w") as file:
        file.write("nonsense\n")
    for action in "list", "check", "rotate":
        got = key(action, *(["bad.example"] if action != "list" else []), "-j", keys=keys)
        one = [line for line in lines(got) if line["domain"] == "bad.example"]
        row("%s -j has a line for a domain that cannot be read" % action,
            (got.returncode, [(line["ok"], "state:1: " in line["error"]) for line in one]), (4, [(False, True)]))
    row("and the others", [line["domain"] for line in lines(key("list", "-j", keys=keys))], ["bad.example", "good.example"])
    row("the calendar is none of JSON", '"ok"' in key("list", "-j", "--ical", keys=keys).stdout, False)


def test_signing():
    """signet sign --keys: what is active signs, and nothing else."""
    message = b"From: a@s.example\r\nSubject: x\r\n\r\nhello\r\n"

    def sign(*args, keys=KEYS):
        return subprocess.run([SIGNET, "sign", *args, "--keys", keys], input=message, capture_output=True, check=False)

    key("new", "s.example")
    refused = sign("--domain", "s.example")
    row("no key is active: nothing is signed", (refused.returncode, refused.stdout, b"no key is active" in refused.stderr), (4, b"", True))
    state = os.path.join(KEYS, "s.example", "state")
    with open(state) as file:
        text = file.read()
    with open(state, "w") as file:
        file.write(text.replace("ed202611 ed25519-sha256 256 generated", "ed202611 ed25519-sha256 256 active"))
    selectors = re.findall(rb"s=(\w+)", sign("--domain", "s.example").stdout.split(b"From:")[0])
    row("the active key signs", selectors, [b"ed202611"])
    with open(state, "w") as file:
        file.write(text.replace("generated", "active"))
    signed = sign("--domain", "S.example.").stdout
    selectors = re.findall(rb"s=(\w+)", signed.split(b"From:")[0])
    row("one of each algorithm", sorted(selectors), [b"ed202611", b"s202611"])
    zone = os.path.join(FOLDER, "signed.zone")
    with open(zone, "w") as file:
        file.write(key("zone", "s.example").stdout)
    checked = subprocess.run([SIGNET, "check", "-j", "--zone", zone, "-"], input=signed, capture_output=True, check=False)
    row("and both verify", [one["result"] for one in json.loads(checked.stdout)["dkim"]], ["pass", "pass"], "6376:6.1")
    row("--keys and --key are one too many", sign("--domain", "s.example", "--selector", "x", "--key", "y").returncode, 2)
    row("--keys needs a domain", sign().returncode, 2)
    row("no such domain", sign("--domain", "t2.example").returncode, 4)
    path = os.path.join(KEYS, "s.example", "s202611.pem")
    os.chmod(path, 0o644)
    refused = sign("--domain", "s.example")
    row("an unsafe key is refused with its reason, nothing is written", (refused.returncode, refused.stdout,
                                                                      b"everybody may read it" in refused.stderr), (4, b"", True))
    os.chmod(path, 0o600)


def test_calendar():
    with open(os.path.join(KEYS, "example.com", "state"), "w") as file:
        file.write("ed202611 ed25519-sha256 256 ttl=3600 active=2026-11-01T00:00:00Z\n")
    text = subprocess.run([SIGNET, "key", "list", "example.com", "--ical", "--keys", KEYS, "--now", str(NOW)],
                          capture_output=True, check=False).stdout
    row("lines end in CRLF", text.count(b"\n"), text.count(b"\r\n"), "5545:3.1")
    row("lines have at most 75 octets", max(map(len, text.split(b"\r\n"))) <= 75, True, "5545:3.1")
    unfolded = text.replace(b"\r\n ", b"").decode()
    row("it begins and ends", (unfolded.startswith("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:"), unfolded.endswith("END:VCALENDAR\r\n")),
        (True, True), "5545:3.4")
    starts = re.findall(r"DTSTART:(\S+)\r\nSUMMARY:(.*)\r\n", unfolded)
    row("the whole rotation", [start for start, _ in starts], ["20270130T000000Z"] * 3 + ["20270130T010001Z"] + ["20270206T010001Z"] * 2,
        "5545:3.6.1")
    row("each with an identifier and a stamp", unfolded.count("UID:") == unfolded.count("DTSTAMP:20261121T090000Z") == len(starts) == 6,
        True, "5545:3.6.1")


def test_empty_calendar():
    keys = os.path.join(FOLDER, "empty")
    os.mkdir(keys, 0o700)
    text = subprocess.run([SIGNET, "key", "list", "--ical", "--keys", keys], capture_output=True, check=False)
    row("the calendar of an empty store", (text.returncode, text.stderr), (0, b""))
    row("has one component: the time zone", re.findall(rb"BEGIN:(\w+)", text.stdout), [b"VCALENDAR", b"VTIMEZONE", b"STANDARD"], "5545:3.6")
    row("with all that it must have", sorted(re.findall(rb"(TZID|DTSTART|TZOFFSETFROM|TZOFFSETTO):", text.stdout)),
        [b"DTSTART", b"TZID", b"TZOFFSETFROM", b"TZOFFSETTO"], "5545:3.6.5")
    row("which ends", re.findall(rb"END:(\w+)", text.stdout), [b"STANDARD", b"VTIMEZONE", b"VCALENDAR"], "5545:3.6")
    row("lines end in CRLF", text.stdout.count(b"\n"), text.stdout.count(b"\r\n"), "5545:3.1")


def test_twice():
    key("new", "twice.example", "--algorithm", "ed25519")
    got = key("new", "twice.example")
    row("a second key that does not sign yet: a warning", (got.returncode, got.stderr.count("warning"),
                                                           "twice.example: ed202611 is generated and does not sign yet" in got.stderr,
                                                           "two rotations follow" in got.stderr), (0, 1, True, True))
    state = os.path.join(KEYS, "twice.example", "state")
    with open(state, "w") as file:
        file.write("ed202611 ed25519-sha256 256 ttl=3600 active=2026-11-01T00:00:00Z\n"
                   "ed202611-2 ed25519-sha256 256 revoked=2026-11-01T00:00:00Z\n"
                   "s202611 rsa-sha256 2048 generated=2026-11-01T00:00:00Z\n")
    row("beside one that signs there is none", key("new", "twice.example", "--algorithm", "ed25519").stderr, "")


def test_dry_run():
    """Nothing is written and nobody is waited for."""
    import fcntl
    key("new", "dry.example")
    folder = os.path.join(KEYS, "dry.example")
    os.remove(os.path.join(folder, "lock"))
    with open(os.path.join(folder, ".state.tmp"), "w") as file:
        file.write("half")

    def look():
        return sorted((entry.name, entry.stat().st_mtime_ns) for entry in os.scandir(folder)), os.stat(folder).st_mtime_ns

    before = look()
    for args in (["retire", "dry.example", "s202611"], ["revoke", "dry.example", "s202611"],
                 ["publish", "dry.example", "--hook", "/bin/false"]):
        got = key(*args, "--dry-run")
        row("%s --dry-run says what it would do" % args[0], (got.returncode, "would be" in got.stdout, got.stderr), (0, True, ""))
        row("and writes nothing", look(), before)
    with open(os.path.join(folder, "lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        row("it needs no lock", key("retire", "dry.example", "s202611", "--dry-run").returncode, 0)


def test_full():
    """The disk is full while the state is saved."""
    mount = os.path.join(FOLDER, "full")
    os.mkdir(mount)
    script = """mount -t tmpfs -o size=128k,mode=0700 tmpfs "$1" || exit 77
        "$0" key new full.example --keys "$1/keys" >/dev/null || exit 78
        cp "$1/keys/full.example/state" "$2/before"
        cat /dev/zero >"$1/fill" 2>/dev/null
        "$0" key retire full.example s202611 --keys "$1/keys"; echo "$?"
        cmp "$1/keys/full.example/state" "$2/before" && ls -A "$1/keys/full.example" | tr "\\n" " "; echo
        "$0" key list full.example -j --keys "$1/keys" | grep -c '"state":"generated"'
        "$0" key new full.example --keys "$1/keys" 2>/dev/null; echo "$?"
        ls -A "$1/keys/full.example" | tr "\\n" " "; echo
        rm "$1/fill"
        "$0" key retire full.example s202611 --keys "$1/keys" -q; echo "$?"
        "$0" key list full.example -j --keys "$1/keys" | grep -c '"state":"retired"'"""
    got = subprocess.run(["unshare", "--map-root-user", "--mount", "sh", "-c", script, SIGNET, mount, FOLDER],
                         stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if got.returncode == 77 or "unshare" in got.stderr:
        row("a full disk # SKIP no namespace of our own", True, True)
        return
    files = "ed202611.pem lock s202611.pem state "
    row("a full disk: a state that is not saved is an error", got.stdout.splitlines()[:1], ["3"])
    row("which names the file and the reason", "full.example/state: No space left on device" in got.stderr, True)
    row("the old state stays whole, and nothing half written", got.stdout.splitlines()[1:2], [files])
    row("and readable", got.stdout.splitlines()[2:3], ["2"])
    row("no new key either", got.stdout.splitlines()[3:5], ["3", files])
    row("with room again it goes on", got.stdout.splitlines()[5:], ["0", "1"])


def test_states_of_others():
    key("new", "w.example", "--algorithm", "ed25519")
    state = os.path.join(KEYS, "w.example", "state")
    os.chmod(state, 0o660)
    for args in ["list"], ["rotate"], ["retire", "ed202611"], ["zone"]:
        got = key(args[0], "w.example", *args[1:])
        row("%s: a state that the group may write is refused" % args[0],
            (got.returncode, "w.example/state: its group may write it and change which keys sign (mode 0660" in got.stderr), (4, True))
    got = subprocess.run([SIGNET, "sign", "--domain", "w.example", "--keys", KEYS], input=b"From: a@w.example\r\n\r\n",
                         capture_output=True, check=False)
    row("nothing is signed by it", (got.returncode, got.stdout, b"its group may write it" in got.stderr), (4, b"", True))
    os.chmod(state, 0o600)


def test_told():
    """An error says what was wrong and which rule it broke, once."""
    folder, none = os.path.join(FOLDER, "told"), os.path.join(FOLDER, "none")
    key("new", "told.example", keys=folder)
    for action in "list", "zone", "check", "rotate":
        got = key(action, "nosuch.example", keys=folder)
        row("%s of a domain that the store has not" % action, (got.returncode, got.stderr),
            (4, "signet key %s: the store %s has no keys of nosuch.example\n" % (action, folder)))
    got = key("list", "told.example", keys="//nonexist")
    row("a store that is not there", (got.returncode, got.stderr), (4, "signet key list: /nonexist: No such file or directory\n"))
    for option, value, rule in (("--selector", "bad{foo}", "{yyyy}, {mm}, {dd} and {n} are filled in"), ("--selector", "bad..x", "RFC 6376 3.1"),
                                ("--ttl", "1y", "s, m, h, d or w"), ("--bits", "abc", "2048 to 4096"), ("--server", "ns1", "ADDRESS@PORT"),
                                ("--now", "x", "seconds since 1970")):
        got = key("new", "told.example", option, value, keys=folder)
        row("%s %s: the rule is told" % (option, value), (got.returncode, rule in got.stderr, got.stderr.count("\n")), (2, True, 1))
    got = key("rotate", "told.example", "--zone", none, keys=folder)
    row("a zone file that is not there is told once", (got.returncode, got.stdout, got.stderr.count(none), got.stderr.count("\n")), (4, "", 1, 1))
    state = os.path.join(folder, "told.example", "state")
    with open(state) as file:
        text = file.read()
    for stage, n in ("generated", 2), ("published", 1), ("active", 1):
        with open(state, "w") as file:
            file.write(text.replace("generated", stage))
        got = key("rotate", "told.example", "--resolver", "127.0.0.1@1", keys=folder)
        row("%s keys without DNS: why nobody can be asked is told once" % stage,
            (got.returncode, got.stderr.count("nobody answers there"), got.stderr.count("\n")), (3, 1, n))
        got = key("rotate", "told.example", "--resolver", "127.0.0.1@1", "--dry-run", keys=folder)
        row("by --dry-run too", (got.returncode, got.stderr.count("nobody answers there"), got.stderr.count("\n")), (3, 1, 1))
    for args, what in ((["rotate", "told.example", "--all"], "no DOMAIN beside it"), (["check", "told.example", "--all"], "no DOMAIN beside it"),
                       (["list", "told.example", "--all"], "no DOMAIN beside it"), (["retire", "--all"], "--all is for"), (["new", "--all"], "--all is for"),
                       (["revoke", "told.example", "--all"], "--all is for"), (["publish", "--all", "--hook", "/bin/true"], "--all is for"),
                       (["zone", "--all"], "--all is for")):
        got = key(*args, keys=folder)
        row("signet key %s" % " ".join(args), (got.returncode, what in got.stderr, got.stdout), (2, True, ""))


def test_lost_state():
    keys = os.path.join(FOLDER, "lost")
    key("new", "lost.example", keys=keys)
    key("new", "whole.example", keys=keys)
    os.remove(os.path.join(keys, "lost.example", "state"))
    got = key("list", keys=keys)
    row("a lost state file: status 1, what it means and what to do", (got.returncode, got.stderr.count("\n"), [word in got.stderr for word in (
        "lost.example: the file state is lost", "(2) sign: none does", "backup", "signet key rotate lost.example")]), (1, 1, [True] * 4))
    row("the other domains are listed", "whole.example\n  s202611" in got.stdout, True)
    got = [line for line in lines(key("list", "-j", keys=keys)) if line["domain"] == "lost.example"]
    row("in JSON as well", [(line["ok"], "state is lost" in line["error"]) for line in got], [(False, True)])
    got = key("rotate", "lost.example", "--resolver", "127.0.0.1@1", keys=keys)
    row("rotate takes the keys up as new ones", (got.returncode, "2 key files without a line" in got.stderr,
                                                 {line["state"] for line in lines(key("list", "lost.example", "-j", keys=keys))}), (3, True, {"generated"}))
    os.mkdir(os.path.join(keys, "bare.example"), 0o700)
    got = key("list", "bare.example", keys=keys)
    row("a folder without keys has lost nothing", (got.returncode, got.stderr), (0, ""))


def test_configuration():
    path = os.path.join(FOLDER, "signet.conf")
    with open(path, "w") as file:
        file.write('keys {\n\tdirectory = "%s"\n\tttl = 2h\n\talgorithm = ed25519\n\tselector_ed25519 = "c{n}"\n}\n' % KEYS)
    made = subprocess.run([SIGNET, "key", "new", "c.example", "-j", "-c", path], capture_output=True, text=True, check=False)
    row("directory, algorithm and selector of the configuration", [one["selector"] for one in lines(made)], ["c1"])
    zone = subprocess.run([SIGNET, "key", "zone", "c.example", "-c", path], capture_output=True, text=True, check=False)
    row("its TTL", " 7200 IN TXT" in zone.stdout, True)
    for line in ("ttl = 1y", "algorithm = dsa", "bits = 1024"):
        with open(path, "w") as file:
            file.write("keys {\n\t%s\n}\n" % line)
        bad = subprocess.run([SIGNET, "key", "list", "-c", path], capture_output=True, text=True, check=False)
        row("%s is an error with its line" % line, (bad.returncode, "signet.conf:2: " in bad.stderr), (4, True))


try:
    test_usage()
    test_new()
    test_import()
    test_zone()
    test_unsafe()
    test_states()
    test_broken()
    test_signing()
    test_calendar()
    test_empty_calendar()
    test_twice()
    test_dry_run()
    test_full()
    test_states_of_others()
    test_told()
    test_lost_state()
    test_configuration()
finally:
    shutil.rmtree(FOLDER)
print("1..%d" % count)
sys.exit(failed != 0)
