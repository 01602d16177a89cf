#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""signet conf as scripts see it: what is wrong, what is doubtful, what holds.  TAP.

usage: test_conf.py SIGNET   (SIGNET_SOURCE in the environment names the source tree)"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

SIGNET = sys.argv[1]
SOURCE = os.environ["SIGNET_SOURCE"]
FOLDER = tempfile.mkdtemp()
FILE = os.path.join(FOLDER, "signet.conf")
count = failed = 0


def row(what, got, want=True):
    global count, failed
    count += 1
    failed += got != want
    print("%sok %d - -: %s%s" % ("" if got == want else "not ", count, what,
                                "" if got == want else ": got %r, want %r" % (got, want)))


def conf(*args, text=None):
    if text is not None:
        with open(FILE, "w", encoding="utf-8") as file:
            file.write(text)
    return subprocess.run([SIGNET, "conf", *args], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
                          check=False)


def errors():
    done = conf("check", FILE, text='colour = "red"\nmode = "strict"\nmilter {\n  workers = 65\n}\n')
    row("errors: the status", done.returncode, 4)
    row("each with its line", re.findall(r"signet\.conf:(\d+): error: ", done.stdout), ["1", "2", "4"])
    row("the last line is the upshot", done.stdout.splitlines()[-1], FILE + ": cannot be used")
    row("the range is told", "from 0 to 64" in done.stdout)
    answer = json.loads(conf("check", "-j", FILE).stdout)
    row("JSON", [answer["usable"], [e["line"] for e in answer["errors"]], answer["warnings"]], [False, [1, 2, 4], []])
    row("the file of an error", answer["errors"][0]["file"], FILE)
    done = conf("check", FILE, text='listen "a" { role = "sign" }\nlisten "b" {\n socket = "inet:127.0.0.1:1" }\n')
    row("what is missing is told with file and line", re.findall(r"signet\.conf:(\d+): error: ", done.stdout), ["1", "3"])
    done = conf("check", os.path.join(FOLDER, "none.conf"))
    row("no file", (done.returncode, "No such file" in done.stdout), (4, True))
    done = conf("check", FOLDER)
    row("a folder", done.returncode, 4)
    done = conf("check", FILE, text="mode = \x1b[31m\n")
    row("what would colour a terminal does not reach it", (done.returncode, "\x1b" in done.stdout), (4, False))
    table = os.path.join(FOLDER, "table")
    with open(table, "w", encoding="utf-8") as file:
        file.write("example.com s1 /k/s1.pem\nexample.com\nexample.org s1 /k/s1.pem a=md5\n")
    done = conf("check", FILE, text='keys { tables = "table" }\n')
    row("key tables are loaded", re.findall(r"table:(\d+): error: ", done.stdout), ["2", "3"])
    row("wrong lines of them leave the rest to be used", (done.returncode, "can be used without" in done.stdout), (1, True))
    done = conf("check", FILE, text='keys { tables = "nowhere" }\n')
    row("a table that cannot be read", (done.returncode, "nowhere: error: No such file" in done.stdout), (4, True))
    done = conf("check", FILE, text='keys {\n  opendkim_key_table = "csl:a=example.com:s:/k/s.pem,a=example.com:t:/k/t.pem"\n'
                '  opendkim_signing_table = "csl:example.com=a"\n}\n')
    row("a note of a key table is none of the errors", (done.returncode, ": note: there is a key" in done.stdout), (0, True))
    row("nor in JSON", [len(json.loads(conf("check", "-j", FILE).stdout)[k]) for k in ("errors", "warnings", "notes")],
        [0, 0, 1])
    for name, text in (("binary", "mode\0"), ("an open brace", "milter {\n"), ("an open quote", 'mode = "x\n')):
        row("%s is no configuration" % name, conf("check", FILE, text=text).returncode, 4)


GOOD = """authserv_id = "mx.example.net"
listen "in" { socket = "unix:/run/a.sock" role = "verify" }
listen "out" { socket = "inet:127.0.0.1:8892" role = "sign" }
signer { socket = "/run/s.sock" }
sign "example.com" { }
"""

DOUBTS = (
    ("no name of ours", 'listen "in" { socket = "unix:/run/a.sock" role = "verify" }', "authserv_id", 1),
    ("no signer", 'listen "out" { socket = "unix:/run/a.sock" role = "sign" }', "no signer.socket", 1),
    ("no key", 'signer { socket = "/run/s" }\nlisten "out" { socket = "unix:/run/a.sock" role = "sign" }', "which key", 2),
    ("a socket for everybody", 'authserv_id = "a"\nlisten "i" {\n socket = "/run/a.sock" role = verify\n socket_mode = 0666 }',
     "every user", 4),
    ("a group that may not", 'authserv_id = "a"\nlisten "i" { socket = "/run/a" role = verify\n socket_mode = 600\n'
     ' socket_group = g }', "group cannot", 3),
    ("a port for everybody", 'authserv_id = "a"\nlisten "i" {\n socket = "inet:*:8891" role = verify }', "other hosts", 3),
    ("this host is a forwarder", 'mode = "classic"\nforwarders = { "192.0.2.1", "127.0.0.0/8" }', "forwarder", 2),
    ("this host is a forwarder, IPv6", 'forwarders = "::1"', "forwarder", 1),
    ("this host is a forwarder, a section", 'client "localhost" {\n forwarder = true }', "forwarder", 2),
    ("everybody is a relay", 'trusted_nets = "0.0.0.0/0"', "nearly everybody", 1),
    ("everybody is one of ours", 'milter { sign_nets = "::/0" }', "nearly everybody", 1),
    ("everybody is let in", 'client "0.0.0.0/1" { decision = "accept" }', "nearly everybody", 1),
    ("unsigned mail", GOOD + 'listen "o" { socket = "/run/o" role = "sign"\n sign_fault = "pass" }', "unsigned", 7),
    ("forwarded mail is lost", GOOD + 'listen "e" { socket = "/run/e" role = "verify"\n early_spf = true }', "forwarded", 7),
    ("no verdicts", GOOD + 'milter { spool = "none" }', "no verdict", 6),
    ("counters for everybody", 'milter { metrics = "inet:192.0.2.1:9811" }', "other hosts", 1),
    ("one body more than all", "milter { body_kept = 2M body_kept_all = 1M }", "body_kept_all", 1),
    ("an action that never comes", 'milter { replay_action = "quarantine" }', "replay_limit", 1),
    ("forgers too", 'domain "example.com" {\n mode = "monitor" }', "forgers", 2),
    ("everybody's word for a domain", 'domain "example.com" {\n decision = "accept"\n clients = "0.0.0.0/0" }', "nearly everybody", 3),
    ("a seal without key", 'authserv_id = "mx.example.net"\nlisten "s" { socket = "/run/s" role = "verify" seal = true\n'
     ' seal_as = "a.example" seal_selector = "s" }', "signer.socket", 2),
    ("keys where the milter reads", GOOD + 'keys {\n directory = "keys" }', "keys belong elsewhere", 7),
    ("nothing", 'domain "example.com" { }', "says nothing", 1),
)


def doubts():
    done = conf("check", FILE, text=GOOD)
    row("a good one", (done.returncode, done.stdout), (0, FILE + ": good: 2 listeners, 1 signing rule, 0 bindings\n"))
    done = conf("check", "-q", FILE)
    row("quietly", (done.returncode, done.stdout), (0, ""))
    done = conf("check", FILE, text="")
    row("an empty one is good", done.returncode, 0)
    for what, text, word, line in DOUBTS:
        done = conf("check", FILE, text=text + "\n")
        found = re.findall(r"signet\.conf:(\d+): warning: (.*)", done.stdout)
        row("doubtful: " + what, (done.returncode, [int(n) for n, _ in found], word in found[0][1] if found else None),
            (1, [line], True))
    row("a dry run may refuse early", conf("check", FILE, text=GOOD + 'listen "e" { socket = "/run/e" role = "verify" '
                                           'early_spf = true dry_run = true }\n').returncode, 0)
    path = os.path.join(SOURCE, "packaging", "signet.conf")
    row("the example is good", conf("check", path).returncode, 0)
    with open(path, encoding="utf-8") as file:
        lines = [re.sub(r"^# (?=\w+ (?:\".*\" )?[={]|\}|\t)", "", line) for line in file.read().splitlines()]
    done = conf("check", FILE, text="\n".join(lines) + "\n")
    row("so is what it has in comments", (done.returncode, done.stdout.count("warning")), (0, 0))
    row("of which there is some", done.stdout.endswith("2 listeners, 1 signing rule, 0 bindings\n"))


def shown(*args, text=None):
    return [json.loads(line) for line in conf("show", "-j", *args, text=text).stdout.splitlines()]


def value_of(rows, section, key, title=None):
    return next(r for r in rows if (r["section"], r["key"], r["title"]) == (section, key, title))


def shows():
    text = GOOD + 'milter {\n  idle = 90\n  sign_ports = {}\n  workers = 0\n}\n'
    rows = shown(FILE, text=text)
    one = value_of(rows, "milter", "idle")
    row("a value, as number of its unit", (one["value"], one["unit"], one["written"]), (90, "seconds", "90s"))
    row("where it comes from", (one["from"], one["file"], one["line"]), ("file", FILE, 7))
    row("what would hold without it", one["default"], "2h")
    row("it takes a restart", one["restart"])
    row("what may stand there", "from 1 to 604800 seconds" in one["wants"])
    one = value_of(rows, "milter", "sign_ports")
    row("an empty list is said", (one["value"], one["from"], one["default"]), ([], "file", '{ "587", "465" }'))
    one = value_of(rows, "milter", "workers")
    row("a value that is the default, but said", (one["value"], one["from"], one["line"]), (0, "file", 9))
    one = value_of(rows, "milter", "stall")
    row("one that is not said", (one["value"], one["from"], one["file"], one["line"]), (7200, "default", None, None))
    one = value_of(rows, "listen", "socket", "out")
    row("a section with a title", (one["value"], one["line"]), ("inet:127.0.0.1:8892", 3))
    one = value_of(rows, None, "mode")
    row("a default that is filled in later", (one["value"], one["from"]), ("rfc9989", "default"))
    one = value_of(rows, None, "psl_file")
    row("nothing", (one["value"], one["default"]), (None, None))
    row("each has a sentence", all(r["text"].endswith(".") for r in rows))
    first = conf("show", FILE).stdout
    copy = os.path.join(FOLDER, "copy.conf")
    with open(copy, "w", encoding="utf-8") as file:
        file.write(first)
    keep = ("section", "title", "key", "value")
    row("as text it means the same", [{k: r[k] for k in keep} for r in shown(copy)], [{k: r[k] for k in keep} for r in rows])
    presets = conf("show", "--defaults")
    row("--defaults needs no file", presets.returncode, 0)
    with open(copy, "w", encoding="utf-8") as file:
        file.write(presets.stdout)
    row("it is a configuration", conf("check", copy).returncode, 0)
    row("and says what none says", [(r["key"], r["value"]) for r in shown(copy)],
        [(r["key"], r["value"]) for r in shown(FILE, text="")])
    row("it has the sections with titles", '# listen "..." {' in presets.stdout)
    row("as JSON", sum(r["section"] == "listen" for r in shown("--defaults")) > 10)
    row("an error", (conf("show", FILE, text="x = 1\n").returncode, conf("show", FILE).stderr.count(":1: ")), (4, 1))
    for args in ((), ("dance",), ("check", FILE, FILE), ("show", "--zone")):
        row("usage: %s" % " ".join(args).replace(FOLDER, ""), conf(*args).returncode, 2)


def manual():
    """Every default of the table that the manual names is the same there."""
    with open(os.path.join(SOURCE, "man", "signet.conf.5"), encoding="utf-8") as file:
        page = file.read()
    wrong = []
    for entry in shown("--defaults"):
        if not entry["section"] or not entry["default"] or entry["kind"] == "bool":
            continue
        section = page.split("\n.Ss %s\n" % entry["section"])[1].split("\n.Ss ")[0].split("\n.Sh ")[0]
        text = section.split("\n.It Ic %s\n" % entry["key"])[1].split("\n.It ")[0]
        words = re.findall(r"[^\s{}\",]+", entry["default"])
        if not all(word in text for word in words):
            wrong.append("%s.%s" % (entry["section"], entry["key"]))
    row("the defaults stand in the manual", wrong, [])


errors()
doubts()
shows()
manual()
shutil.rmtree(FOLDER)
print("1..%d" % count)
sys.exit(1 if failed else 0)
