#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""signet verdict as scripts see it: stored verdicts found and shown, overrides made and taken back.  TAP.

usage: test_verdict.py SIGNET WRITE-SPOOL   (SIGNET_SOURCE in the environment names the source tree)"""
import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile

SIGNET, WRITE = sys.argv[1:3]
FOLDER = tempfile.mkdtemp()
SPOOL = os.path.join(FOLDER, "spool")
OVERRIDES = os.path.join(FOLDER, "overrides")
BEGIN = 1795000000
NOW = BEGIN + 3600
count = failed = 0


def row(what, got, want):
    global count, failed
    count += 1
    failed += got != want
    print("%sok %d - -: %s%s" % ("" if got == want else "not ", count, what,
                                "" if got == want else ": got %r, want %r" % (got, want)))


def verdict(*args, spool=SPOOL):
    return subprocess.run([SIGNET, "verdict", *args, "--spool", spool, "--overrides", OVERRIDES, "--now", str(NOW)],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=100, check=False,
                          env={**os.environ, "LOGNAME": "ann", "SUDO_USER": ""})


def ids(*args):
    return [json.loads(line)["id"] for line in verdict("find", "-j", *args).stdout.splitlines()]


def test_usage():
    for args in ([], ["fnid"], ["show"], ["show", "a", "b"], ["find", "x"], ["find", "--decision", "perhaps"],
                 ["find", "--since", "yesterday"], ["find", "--client", "example.com"], ["allow"], ["allow", "Q1"],
                 ["allow", "--for", "7d"], ["allow", "--from", "example.com", "--for", "7d"],
                 ["allow", "--client", "0.0.0.0/0", "--for", "7d"], ["allow", "--client", "::/0", "--for", "7d"],
                 ["allow", "--client", "192.0.2.1", "--for", "3w99999"],
                 ["allow", "--client", "192.0.2.1", "--for", "5000d"],
                 ["allow", "--client", "192.0.2.1", "--from", "a..b", "--for", "7d"], ["disallow"], ["disallow", "x"]):
        row("signet verdict %s is a usage error" % " ".join(args), verdict(*args).returncode, 2)
    row("a spool that is not there", verdict("find", spool="/nonexistent").returncode, 3)
    row("and is named", "/nonexistent: No such file or directory" in verdict("show", "Q1", spool="/nonexistent").stderr, True)


def test_find():
    everything = ids()
    row("all, newest first", everything, ["QSIGNED"] + ["Q%d" % i for i in range(7, -1, -1)])
    row("what was done: rejected", ids("--decision", "rejected"), ["Q3"])
    row("what was done: signed", ids("--decision", "signed"), ["QSIGNED"])
    row("what was found right", sorted(ids("--decision", "accept") + ids("--decision", "quarantine") + ids("--decision", "reject")
                                       + ids("--decision", "tempfail")), sorted(everything[1:]))
    row("to a recipient", ids("--to", "BOB@lists.example.net"), ["Q7", "Q5", "Q3", "Q1"])
    row("to a domain with all below it", len(ids("--to", "example.net")), 8)
    row("to nobody", ids("--to", "ann@example.org"), [])
    row("from an envelope sender", ids("--from", "eve@example.com"), ["QSIGNED"])
    row("from the domain of an author or a sender", len(ids("--from", "football.example.com")), 6)
    row("since a time", ids("--since", "2026-11-18T11:13:00Z"), ["QSIGNED", "Q7"])
    row("since a span", ids("--since", "52m"), ["QSIGNED"])
    row("since a day to come", ids("--since", "2026-11-20"), [])
    row("by a client", ids("--client", "198.51.100.0/24"), ["QSIGNED"])
    row("by a client over IPv6", ids("--client", "2001:db8::/32"), ["Q7", "Q4", "Q1"])
    row("some of them", ids("--limit", "2"), ["QSIGNED", "Q7"])
    row("two conditions", ids("--to", "bob@lists.example.net", "--decision", "rejected"), ["Q3"])
    text = verdict("find").stdout
    row("a held message comes with what frees it", "release it: postsuper -H Q2  (Sendmail: sendmail -qQ -Q -qIQ2)" in text, True)
    row("one that a dry run would have held does not", "-H Q7" in text, False)
    row("quiet is quiet", verdict("find", "-q").stdout, "")
    row("found nothing is no failure", verdict("find", "--to", "nobody@x.example").returncode, 0)


def test_show():
    result = verdict("show", "Q3")
    row("a verdict is shown", result.returncode, 0)
    for part in ("Q3: rejected, 2026-11-18T11:09:40Z", "listener      inbound", "recipient     <ann@example.net>",
                 "reply         550 5.7.1 rejected by the policy of football.example.com", "1. The connection and the author",
                 "Questions to the DNS", "Authentication-Results: mx.example.net"):
        row("it says: " + part, part in result.stdout, True)
    row("what was forged is told, harmless", "\\x1b[2J forged" in verdict("show", "Q0").stdout, True)
    row("a dry run is told", "Q7: would have been held" in verdict("show", "Q7").stdout, True)
    text = verdict("show", "QSIGNED").stdout
    row("what was signed is told", "signed as     example.com, selector s1, rsa-sha256" in text, True)
    row("and not verified", "The message was not verified." in text, True)
    row("none is a failure", verdict("show", "Q99").returncode, 1)
    row("and is said", "there is no verdict of Q99" in verdict("show", "Q99").stderr, True)
    one = json.loads(verdict("show", "Q2", "-j").stdout)
    row("as JSON: the row", [one["id"], one["deed"], one["release"]["postfix"], one["kept"]], ["Q2", "held", "postsuper -H Q2", "whole"])
    row("and the dossier, as signet check writes it", [one["dossier"]["ok"], "dmarc" in one["dossier"], "dns" in one["dossier"]],
        [True, True, True])


def overrides(*args):
    return [json.loads(line) for line in verdict("overrides", "-j", *args).stdout.splitlines()]


def test_overrides():
    row("none at first", overrides(), [])
    result = verdict("allow", "Q3", "--for", "7d", "-j")
    one = json.loads(result.stdout)
    shown = json.loads(verdict("show", "Q3", "-j").stdout)
    row("for a message: its author and its client", [one["override"], one["author"], one["client"], one["message"], one["by"]],
        [1, shown["author"], shown["client"], "Q3", "ann"])
    row("with an end", one["until"], "2026-11-25T12:06:40Z")
    result = verdict("allow", "--from", "Example.COM", "--client", "192.0.2.0/24", "--for", "12h")
    row("for a domain and a network", result.stdout,
        "override 2: accept mail of example.com from 192.0.2.0/24 until 2026-11-19T00:06:40Z (12 hours), by ann\n")
    result = verdict("allow", "--client", "2001:db8::/32", "--for", "1h")
    row("for a network alone", json.loads(verdict("overrides", "-j").stdout.splitlines()[2])["author"], None)
    row("the file can be read by all, and written by one", oct(os.stat(OVERRIDES).st_mode & 0o777), "0o644")
    row("nothing is left behind", sorted(os.listdir(FOLDER)), ["overrides", "overrides.lock", "spool"])
    row("one is taken back", verdict("disallow", "2").returncode, 0)
    row("the others stay", [one["override"] for one in overrides()], [1, 3])
    row("a number that is not there", verdict("disallow", "2").returncode, 1)
    row("a message that is not there", verdict("allow", "Q99", "--for", "1d").returncode, 1)
    row("numbers go on", json.loads(verdict("allow", "--client", "192.0.2.1", "--for", "1h", "-j").stdout)["override"], 4)
    with open(OVERRIDES, "a", encoding="utf-8") as file:
        file.write("5 accept client=everybody until=2027-01-01T00:00:00Z\n")
    result = verdict("allow", "--client", "192.0.2.1", "--for", "1h")
    row("a file that was spoilt by hand is not written over", result.returncode, 3)
    row("and named with its line", ":5: not an address or a network: \"everybody\"" in result.stderr, True)
    row("nor listed as if nothing were", verdict("overrides").returncode, 4)


def test_configuration():
    path = os.path.join(FOLDER, "signet.conf")
    with open(path, "w", encoding="utf-8") as file:
        file.write('milter { spool = "%s" overrides = "other" }\n' % SPOOL)
    run = lambda *args: subprocess.run([SIGNET, "verdict", *args, "-c", path], capture_output=True, text=True, check=False)
    row("the configuration names the spool", len(run("find", "-j").stdout.splitlines()), 9)
    row("and the overrides", run("allow", "--client", "192.0.2.1", "--for", "1h").returncode, 0)
    row("relative to its folder", os.path.exists(os.path.join(FOLDER, "other")), True)
    with open(path, "w", encoding="utf-8") as file:
        file.write('milter { spool = "none" }\n')
    row("no verdicts are kept", run("find").returncode, 3)
    row("and that is said", "no verdicts are kept" in run("find").stderr, True)
    row("an option says more than the configuration", run("find", "--spool", SPOOL).returncode, 0)
    os.unlink(path)


def test_trouble():
    segment = glob.glob(SPOOL + "/*.segment")[0]
    with open(segment, "r+b") as file:
        file.truncate(os.path.getsize(segment) - 3)
    with open(os.path.join(SPOOL, "verdicts-foreign.segment"), "w", encoding="utf-8") as file:
        file.write("hello\n")
    result = verdict("find", "-j", "-v")
    row("a torn last verdict costs itself", len(result.stdout.splitlines()), 8)
    row("what was passed over is told", ["1 files that are no segments" in result.stderr, "octets of torn" in result.stderr],
        [True, True])


def main():
    os.mkdir(SPOOL)
    subprocess.run([WRITE, os.environ["SIGNET_SOURCE"], SPOOL], check=True)
    test_usage()
    test_find()
    test_show()
    test_overrides()
    test_configuration()
    test_trouble()
    shutil.rmtree(FOLDER)
    print("1..%d" % count)
    return 1 if failed else 0


sys.exit(main())
