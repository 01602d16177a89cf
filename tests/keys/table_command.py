#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tables from files and from the configuration, as the command "key table" sees them.  TAP.

usage: table_command.py COMMAND...   (signet key table)
"""
import json
import os
import subprocess
import sys
import tempfile

COMMAND = sys.argv[1:]

count = failed = 0


def row(what, got, want):
    global count, failed
    count += 1
    ok = got == want
    failed += not ok
    print("%sok %d - -: %s%s" % ("" if ok else "not ", count, what, "" if ok else ": got %r, want %r" % (got, want)))


def run(*args):
    return subprocess.run([*COMMAND, *args], stdin=subprocess.DEVNULL, capture_output=True, timeout=100, text=True)


def write(folder, name, text):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(text if isinstance(text, bytes) else text.encode())
    return path


def keys(result):
    """What -j says of the keys: ["domain/selector place-or-path line"]"""
    found = json.loads(result.stdout)
    return [f"{key['domain']}/{key['selector'] or '*'} {key['path'] or key['place']} {key['line']}" for key in found["keys"]]


def test_files(folder):
    table = write(folder, "keys.table", "example.com s1 s1.pem\r\nexample.com ed1 /k/ed1.pem a=ed25519-sha256\r\n.org s9 store d=%\n")
    other = write(folder, "more/keys", "example.com s1 other.pem\nexample.net s2 s2.pem\n")
    result = run("--table", table, "--from", "joe@example.com")
    row("a file of lines", (result.returncode, result.stdout), (
        0, f"signs: example.com/s1 ({folder}/s1.pem), example.com/ed1 (/k/ed1.pem)\n"))
    result = run("-v", "--table", table, "--from", "example.com")
    row("-v names the lines", result.stdout.split("\n")[1:3], [f"  by {table}:1", f"  by {table}:2"])
    result = run("-j", "--table", table, "--from", "x@a.org")
    row("as JSON", json.loads(result.stdout), {
        "from": "x@a.org", "login": None, "client": None, "signs": True, "why": "signs",
        "reason": "signs: a.org/s9 (key store)", "keys": [
            {"domain": "a.org", "selector": "s9", "identity": None, "algorithm": None, "place": "store", "path": None,
             "file": table, "line": 3}]})
    result = run("--table", table, "--from", "x@example.net")
    row("nothing signs: the reason", (result.returncode, result.stdout), (
        1, "unsigned: no rule for example.net, a parent of it, or this address\n"))
    result = run("-j", "--table", table, "--table", other, "--from", "x@example.net")
    row("paths are relative to their file", keys(result), [f"example.net/s2 {folder}/more/s2.pem 2"])
    row("a line that stands twice is bad input", (result.returncode, result.stderr), (
        4, f"signet key table: {other}:1: \"example.com\" has this selector already: \"{table}:1\" stands, this line does not "
           "count\n"))
    result = run("--table", table)
    row("without --from: how many", (result.returncode, result.stdout), (0, "3 rules, 0 bindings\n"))
    row("the same as JSON", run("-j", "--table", table).stdout, '{"rules":3,"bindings":0}\n')
    result = run("--table", table, "--from", "garbage")
    row("--from that is no address is wrong usage", (result.returncode, "is no address" in result.stderr), (2, True))
    row("--from without a domain is wrong usage", run("--table", table, "--from", "joe@").returncode, 2)
    result = run("--table", os.path.join(folder, "none"), "--from", "x@a.org")
    row("a file that is not there", (result.returncode, result.stderr), (
        4, f"signet key table: {folder}/none: No such file or directory\n"))
    result = run("--table", folder, "--from", "x@a.org")
    row("a folder is no file", (result.returncode, "not a file of lines" in result.stderr), (4, True))
    fifo = os.path.join(folder, "fifo")
    os.mkfifo(fifo)
    result = run("--table", fifo, "--from", "x@a.org")
    row("nor is a pipe, and nobody waits for it", (result.returncode, "not a file of lines" in result.stderr), (4, True))
    huge = os.path.join(folder, "huge")
    with open(huge, "wb") as file:
        file.truncate((256 << 20) + 1)
    result = run("--table", huge, "--from", "x@a.org")
    row("a file that is too large", (result.returncode, "larger than 256 MiB" in result.stderr), (4, True))
    result = run("--table", write(folder, "empty", ""), "--from", "x@a.org")
    row("an empty file has no rules", (result.returncode, result.stderr), (1, ""))
    junk = write(folder, "junk", os.urandom(1 << 20))
    result = run("--table", junk, "--table", table, "--from", "x@example.com")
    row("junk does not take the good lines down", (result.returncode, result.stdout[:6]), (4, "signs:"))
    row("nor does it reach the terminal", any(ord(c) < 32 and c != "\n" for c in result.stderr), False)


CONFIG = """
keys {
  tables = { "keys.table" }
  bindings = { "bindings" }
}
sign "example.com" { selector = { "s1", "ed1" } key = { "s1.pem", "/k/ed1.pem" } algorithm = { "rsa-sha256", "ed25519-sha256" } }
sign "*.example.com" { selector = "sub" sign_as = "%" }
sign "example.org" {}
bind "the office" {
  client = { "192.0.2.0/24", "office.example" }
  from = { "example.com" }
}
bind "mailboxes" {
  login = { "@example.org" }
  from = { "%" }
}
"""


def test_configuration(folder):
    conf = write(folder, "signet.conf", CONFIG)
    write(folder, "keys.table", "example.com s1 later.pem\nexample.net n1 n1.pem\n")
    write(folder, "bindings", "login:joe example.com .example.com\nlogin:ann example.net\n")
    for what, args, want in (
            ("a section with two keys", ("--from", "a@example.com", "--login", "joe"),
             [f"example.com/s1 {folder}/s1.pem 6", "example.com/ed1 /k/ed1.pem 6"]),
            ("a section of sub-domains", ("--from", "a@b.example.com", "--login", "joe"), ["b.example.com/sub store 7"]),
            ("an empty section: the store", ("--from", "a@example.org", "--login", "x@example.org"), ["example.org/* store 8"]),
            ("a file beside them", ("--from", "a@example.net", "--login", "ann"), [f"example.net/n1 {folder}/n1.pem 2"]),
            ("a client by address", ("--from", "a@example.com", "--client", "192.0.2.9"),
             [f"example.com/s1 {folder}/s1.pem 6", "example.com/ed1 /k/ed1.pem 6"]),
            ("a client by name", ("--from", "a@example.com", "--client", "office.example"),
             [f"example.com/s1 {folder}/s1.pem 6", "example.com/ed1 /k/ed1.pem 6"])):
        result = run("-j", "-c", conf, *args)
        row(what, keys(result), want)
    row("the section stands, the line of the file does not", (result.returncode, result.stderr), (
        4, f"signet key table: {folder}/keys.table:1: \"example.com\" has this selector already: \"{conf}:6\" stands, this line "
           "does not count\n"))
    write(folder, "keys.table", "example.net n1 n1.pem\n")
    for what, args, want in (
            ("one login", ("--from", "a@example.com", "--login", "ann"), 'unsigned: login "ann" is not bound to example.com\n'),
            ("no login", ("--from", "a@example.com"),
             "unsigned: nobody logged in, and client without address is in no binding, so not bound to example.com\n"),
            ("a login of another domain", ("--from", "a@example.com", "--login", "x@example.org"),
             'unsigned: login "x@example.org" is not bound to example.com\n')):
        result = run("-c", conf, *args)
        row("not bound: " + what, (result.returncode, result.stdout, result.stderr), (1, want, ""))
    row("what is counted", run("-c", conf).stdout, "5 rules, 4 bindings\n")
    os.unlink(os.path.join(folder, "bindings"))
    result = run("-c", conf, "--from", "a@example.org", "--login", "eve")
    row("without its file of bindings nobody else may sign", (result.returncode, result.stdout), (
        4, 'unsigned: login "eve" is in no binding, so not bound to example.org\n'))


def test_wrong_configuration(folder):
    for what, text, want in (
            ("keys without selectors", 'sign "a.example" { key = "x.pem" }',
             ':1: sign "a.example": key without selector: name the selector of each key, or leave both out and all active keys of '
             "the store sign"),
            ("the store without a selector", 'sign "a.example" { key = "store" }',
             ':1: sign "a.example": key without selector: name the selector of each key, or leave both out and all active keys of '
             "the store sign"),
            ("an algorithm without a selector", 'sign "a.example" { algorithm = "rsa-sha256" }',
             ':1: sign "a.example": algorithm without selector: it is said for each selector, or not at all'),
            ("more selectors than keys", '\nsign "a.example" { selector = { "a", "b" } key = "x.pem" }',
             ':2: sign "a.example": as many keys as selectors are needed, or none: then all are in the store'),
            ("more algorithms than selectors", 'sign "a.example" { selector = "a" algorithm = { "rsa-sha256", "rsa-sha256" } }',
             ':1: sign "a.example": as many algorithms as selectors are needed, or none: then the keys tell'),
            ("a key for a selector without a name", 'sign "a.example" { selector = "" key = "x.pem" }',
             ':1: "a.example": a selector is missing: only the key store knows its own'),
            ("a selector twice", '\nsign "a.example" { selector = { "a", "a" } }',
             ':2: "a.example" has this selector already: "%s:2" stands, this line does not count' % os.path.join(folder, "wrong.conf")),
            ("a ninth selector", 'sign "a.example" { selector = { "a", "b", "c", "d", "e", "f", "g", "h", "i" } }',
             ':1: "a.example" has eight keys already: more do not sign one message'),
            ("a title that is no domain", 'sign "a..b" {}', ':1: "a..b" is no address and no domain'),
            ("a binding of nobody", 'bind "x" { from = "a.example" }', ':1: bind "x": write login or client, and from'),
            ("a binding to nothing", 'bind "x" { login = "joe" }', ':1: bind "x": write login or client, and from'),
            ("a KeyTable alone", 'keys { opendkim_key_table = "/x" }',
             ": opendkim_key_table and opendkim_signing_table belong together: one of them is missing"),
            ("a data base", 'keys { opendkim_key_table = "dsn:mysql://x" opendkim_signing_table = "/x" }',
             ': "dsn": is not read here: write its pairs into a text file, one "key value" a line, and give file:PATH')):
        conf = write(folder, "wrong.conf", text + "\n")
        result = run("-c", conf, "--from", "x@a.example")
        row(what, (result.returncode, result.stderr), (4, f"signet key table: {conf}{want}\n"))


def test_opendkim(folder):
    conf = write(folder, "odk.conf", 'keys {\n opendkim_key_table = "file:odk/KeyTable"\n opendkim_signing_table = '
                                     '"refile:odk/SigningTable"\n}\nsign "*" { selector = "last" }\n')
    write(folder, "odk/KeyTable", "one example.com:s1:./s1.pem\ntwo %:s2:/k/%.pem\n")
    write(folder, "odk/SigningTable", "*@example.com one:@%\n*@*.example.net two\n*@bad.example nokey\n")
    result = run("-j", "-c", conf, "--from", "a@example.com")
    row("OpenDKIM's tables", keys(result), [f"example.com/s1 {folder}/odk/s1.pem 1"])
    row("with i=", json.loads(result.stdout)["keys"][0]["identity"], "@example.com")
    row("a wrong line is told", (result.returncode, result.stderr), (
        4, f"signet key table: {folder}/odk/SigningTable:3: \"*@bad.example\" wants the key \"nokey\", which the KeyTable does not "
           "have\n"))
    row("a key for every domain", keys(run("-j", "-c", conf, "--from", "a@x.example.net")), ["x.example.net/s2 /k/x.example.net.pem 2"])
    row("what they do not match is left to *", keys(run("-j", "-c", conf, "--from", "a@bad.example")), ["bad.example/last store 5"])
    conf = write(folder, "csl.conf", 'keys { opendkim_key_table = "csl:k=a.example:s:./k.pem" opendkim_signing_table = "a.example=k" }')
    row("the pairs themselves", keys(run("-j", "-c", conf, "--from", "x@a.example")), [f"a.example/s {folder}/k.pem 0"])


def main():
    for test in (test_files, test_configuration, test_wrong_configuration, test_opendkim):
        with tempfile.TemporaryDirectory() as folder:
            test(folder)
    print("1..%d" % count)
    sys.exit(1 if failed else 0)


main()
