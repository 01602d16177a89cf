#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""test_update.py SIGNET: publishing, looking and refusing, against real servers and against one that lies.  Prints TAP."""

import importlib
import json
import os
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
REVOKED = "v=DKIM1; k=ed25519; p="
OTHER = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="  # of RFC 8463


def skip(why):
    print(f"1..0 # SKIP {why}")
    return 1 if os.environ.get("CI") == "true" else 0


class Test:
    def __init__(self, signet, world):
        self.signet, self.world = signet, world
        self.keys = world.path("keys")
        self.count = self.failed = 0
        self.tsig = world.tsig("update")

    def row(self, clause, what, got, want):
        self.count += 1
        self.failed += got != want
        print(f"{'ok' if got == want else 'not ok'} {self.count} - {clause}: {what}"
              f"{'' if got == want else f': got {got!r}, want {want!r}'}", flush=True)

    def key(self, *arguments, servers=None, resolver=True):
        servers = servers or (self.world.primary, self.world.secondary)
        options = [option for port in servers for option in ("--server", f"127.0.0.1@{port}")]
        if resolver:
            options += ["--resolver", f"127.0.0.1@{self.world.resolver}"]
        return subprocess.run([self.signet, "key", *arguments, "--keys", self.keys, *options], capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=120, check=False)

    def publish(self, domain, *more, tsig=None, **how):
        return self.key("publish", domain, "--ttl", "2", "--tsig", tsig or self.tsig, *more, **how)

    def records(self, name, port=None):
        answer = importlib.import_module("world").ask(port or self.world.primary, name)
        return sorted((rrset.ttl, b"".join(rr.strings).decode()) for rrset in answer.answer for rr in rrset)

    def serial(self):
        return importlib.import_module("world").ask(self.world.primary, "example.", "SOA").answer[0][0].serial

    def new(self, domain, *more):
        """A key, and its record."""
        made = self.key("new", domain, "-j", "--algorithm", "ed25519", "--selector", "k", *more)
        return json.loads(made.stdout)

    def put(self, name, *values):
        """Other hands than ours, with TSIG of theirs."""
        import dns.query  # pylint: disable=import-outside-toplevel
        import dns.tsigkeyring  # pylint: disable=import-outside-toplevel
        import dns.update  # pylint: disable=import-outside-toplevel
        ring = dns.tsigkeyring.from_text({"update.": self.world_secret()})
        change = dns.update.UpdateMessage("example.", keyring=ring)
        change.delete(name)
        for kind, value in values:
            change.add(name, 2, kind, value)
        dns.query.tcp(change, "127.0.0.1", port=self.world.primary, timeout=20)

    @staticmethod
    def world_secret():
        return importlib.import_module("world").SECRET

    def settle(self, name):
        """Until the secondary shows what the primary shows."""
        deadline = time.monotonic() + 60
        while self.records(name) != self.records(name, self.world.secondary) and time.monotonic() < deadline:
            time.sleep(0.05)

    # ---- what is tested ----

    def publishing(self):
        record = self.new("a.example")["record"]
        done = self.publish("a.example")
        self.row("2136:2.5.1", "a key is published", (done.returncode, done.stderr), (0, ""))
        self.row("2136:2.5.1", "with its TTL", self.records("k._domainkey.a.example."), [(2, record)])
        before = self.serial()
        self.row("-", "twice is once", (self.publish("a.example").returncode, self.serial()), (0, before))
        self.settle("k._domainkey.a.example.")
        self.put("k._domainkey.a.example.", ("TXT", f'"t=y; {record[9:]}"'))
        self.row("-", "our key with another flag is ours", self.publish("a.example", "--ttl", "3").returncode, 0)
        self.row("-", "and is put right", self.records("k._domainkey.a.example."), [(3, record)])

    def large(self):
        made = json.loads(self.key("new", "b.example", "-j", "--algorithm", "rsa", "--bits", "4096", "--selector", "k").stdout)
        self.row("1035:3.3", "a key of 4096 bits, in several strings", self.publish("b.example").returncode, 0)
        self.row("1035:3.3", "joined again it is the record", self.records("k._domainkey.b.example."), [(2, made["record"])])

    def foreign(self):
        self.new("c.example")
        self.put("k._domainkey.c.example.", ("TXT", '"hello"'))
        refused = self.publish("c.example")
        self.row("2136:2.4", "a record that is not ours stays", (refused.returncode, self.records("k._domainkey.c.example.")),
                 (1, [(2, "hello")]))
        self.row("-", "and is shown", "a record that is not ours stands there: hello" in refused.stderr, True)
        self.row("-", "rotate leaves it as well", self.key("rotate", "c.example", "--tsig", self.tsig).returncode, 1)
        self.put("k._domainkey.c.example.", ("CNAME", "elsewhere.example."))
        alias = self.publish("c.example")
        self.row("2136:2.4.5", "an alias is told", (alias.returncode, "is an alias (CNAME)" in alias.stderr), (1, True))
        self.put("k._domainkey.c.example.", ("TXT", f'"{OTHER}"'))
        self.row("-", "--force replaces what is there", self.publish("c.example", "--force").returncode, 0)

    def refusals(self):
        world = importlib.import_module("world")
        self.new("d.example")
        for clause, what, tsig, says in (
                ("8945:5.3.2", "a key that the server does not know", self.world.tsig("stranger"), "BADKEY"),
                ("8945:5.3.2", "another secret", self.world.tsig("update2", world.OTHER_SECRET), "BADKEY"),
                ("2136:3.3", "a key that may not update", self.world.tsig("mute"), "NOTAUTH|REFUSED|BADKEY")):
            got = self.publish("d.example", tsig=tsig)
            self.row(clause, what, (got.returncode, any(word in got.stderr for word in says.split("|"))), (3, True))
        path = self.world.write("wrong.tsig", f'key "update" {{ algorithm hmac-sha256; secret "{world.OTHER_SECRET}"; }};')
        got = self.publish("d.example", tsig=path)
        self.row("8945:5.3.2", "the wrong secret", (got.returncode, "BADSIG" in got.stderr), (3, True))
        self.row("-", "no secret in what is said", world.OTHER_SECRET in got.stderr, False)
        path = self.world.write("open.tsig", f'key "update" {{ algorithm hmac-sha256; secret "{world.SECRET}"; }};', 0o644)
        got = self.publish("d.example", tsig=path)
        self.row("-", "a key of TSIG that others may read works, with a warning", (got.returncode, "warning" in got.stderr),
                 (0, True))
        os.chmod(path, 0o666)
        self.row("-", "one that others may write does not", self.publish("d.example", tsig=path).returncode, 4)
        path = self.world.write("md5.tsig", f'key "update" {{ algorithm hmac-md5; secret "{world.SECRET}"; }};')
        self.row("8945:6", "MD5 is not used any more", self.publish("d.example", tsig=path).returncode, 4)
        self.row("-", "no file", self.publish("d.example", tsig="/nonexistent").returncode, 4)
        self.row("-", "neither TSIG nor hook", self.key("publish", "d.example").returncode, 2)
        outside = self.new("not-here.invalid")
        got = self.publish("not-here.invalid")
        self.row("-", "a zone that the server does not have", (bool(outside), got.returncode), (True, 3))

    def liars(self):
        mock = importlib.import_module("mock_server")
        self.new("e.example")
        for clause, what, answer, says in (
                ("8945:5.2.3", "BADTIME", mock.tsig_error(18, 1000), "BADTIME"),
                ("8945:5.3.2", "BADKEY without signature", mock.tsig_error(17), "BADKEY"),
                ("8945:5.4", "success without signature is none",
                 lambda query: mock.plain(query, 0 if mock.is_update(query) else 3), "not signed"),
                ("2136:3.1", "NOTIMP", lambda query: mock.plain(query, 4 if mock.is_update(query) else 3), "NOTIMP"),
                ("2136:3.1.1", "NOTZONE", lambda query: mock.plain(query, 10 if mock.is_update(query) else 3), "NOTZONE"),
                ("-", "an answer to somebody else", lambda query: b"\x00\x01" + mock.plain(query)[2:], "cannot be read"),
                ("-", "garbage", lambda query: query[:2] + b"\xff" * 100, "cannot be read"),
                ("-", "half an answer", lambda query: mock.plain(query)[:15], "cannot be read"),
                ("-", "who hangs up", lambda query: b"", "nobody answers there"),
                ("-", "who says nothing", lambda query: None, "no answer in time")):
            port = importlib.import_module("world").free_port()
            with mock.Server(port, answer):
                began = time.monotonic()
                got = self.publish("e.example", servers=(port,), resolver=False)
                took = time.monotonic() - began
            self.row(clause, what, (got.returncode, says in got.stderr), (3, True))
            if says not in got.stderr:
                print("# " + got.stderr)
            self.row("-", what + ": said before long", took < 28, True)
        port = importlib.import_module("world").free_port()
        busy = mock.plain
        with mock.Server(port, lambda query: busy(query, 3)) as server:
            self.publish("e.example", servers=(port,), resolver=False)
            self.row("-", "an update that is refused is not sent again and again", server.updates <= 3, True)
        got = self.publish("e.example", servers=(port,), resolver=False)
        self.row("-", "nobody there", (got.returncode, "nobody answers there" in got.stderr), (3, True))

    def caches(self):
        """How long a key that is seen has to wait for the caches."""
        mock, world = importlib.import_module("mock_server"), importlib.import_module("world")
        for number, (clause, what, servers, want) in enumerate((
                ("2308:5", "servers that are not in step: the longer negative TTL counts", ((5, 7), (5, 90)), "90"),
                ("2308:5", "whichever comes first", ((5, 90), (5, 7)), "90"),
                ("-", "the TTL of what is there, if it is longer", ((300, 7), (5, 90)), "300"),
                ("2181:8", "a TTL with its first bit set is zero", ((0xffffffff, 7), (5, 0x80000000)), "7"))):
            domain = f"cache{number}.example"
            record = self.new(domain)["record"]
            ports = [world.free_port() for _ in servers]
            with mock.Server(ports[0], mock.plain, mock.shows(record, *servers[0])), \
                    mock.Server(ports[1], mock.plain, mock.shows(record, *servers[1])):
                got = self.key("rotate", domain, servers=ports, resolver=False)
            with open(os.path.join(self.keys, domain, "state"), encoding="ascii") as file:
                hold = [word[5:] for word in file.read().split() if word.startswith("hold=")]
            self.row(clause, what, (hold, self.key("list", domain, servers=ports).returncode), ([want], 0))
            if hold != [want]:
                print(f"# {got.stdout} {got.stderr}")

    def aliases(self):
        """The same through an alias: each record of the chain is remembered for itself."""
        mock, world = importlib.import_module("mock_server"), importlib.import_module("world")
        for number, (clause, what, ttls, want) in enumerate((
                ("2181:8", "an alias that is remembered longer than the record", (500, 5, 7, 7), "500"),
                ("2181:8", "a record that is remembered longer than the alias", (5, 300, 7, 7), "300"),
                ("2308:5", "a denial by the zone of the alias", (5, 5, 90, 7), "90"),
                ("2308:5", "a denial by the zone where it leads", (5, 5, 7, 700), "700"))):
            domain = f"alias{number}.example"
            record = self.new(domain)["record"]
            port = world.free_port()
            with mock.Server(port, mock.plain, mock.aliased(record, *ttls)):
                got = self.key("rotate", domain, "--ttl", "2", servers=(port,), resolver=False)
                look = self.look(domain, servers=(port,), resolver=False)
            with open(os.path.join(self.keys, domain, "state"), encoding="ascii") as file:
                hold = [word[5:] for word in file.read().split() if word.startswith("hold=")]
            self.row(clause, what, (got.returncode, hold), (0, [want]))
            self.row("1034:3.6.2", "the key is seen through it", look, (0, "everywhere", ["key"], None))

    def authority(self):
        """Servers that should be authoritative and are not, and servers that are left out."""
        mock, world = importlib.import_module("mock_server"), importlib.import_module("world")
        record = self.new("aa.example")["record"]
        ports = [world.free_port() for _ in range(2)]
        dead = world.free_port()
        good = mock.shows(record, 5, 7)
        with mock.Server(ports[0], mock.plain, good), mock.Server(ports[1], mock.plain, mock.without_authority(good)):
            self.row("1035:4.1.1", "an answer without authority does not count",
                     self.look("aa.example", servers=ports, resolver=False),
                     (3, "unreachable", ["key", "no-authority"], None))
            got = self.key("check", "aa.example", servers=ports, resolver=False)
            self.row("-", "and is shown", f"127.0.0.1@{ports[1]} shows an answer without authority" in got.stdout, True)
            got = self.key("rotate", "aa.example", "--tsig", self.tsig, servers=ports, resolver=False)
            self.row("-", "nor does it let a rotation go on", (got.returncode, "visible=" in self.state("aa.example")), (3, False))
            for name in f"127.0.0.1@{ports[1]}", f"127.0.0.1@{dead}":
                servers = (ports[0], int(name.split("@")[1]))
                self.row("-", "a server that is left out is not asked",
                         self.look("aa.example", "--without-server", name, servers=servers, resolver=False),
                         (0, "everywhere", ["key"], None))
            got = self.key("check", "aa.example", "--without-server", f"127.0.0.1@{ports[0]}", servers=ports[:1], resolver=False)
            self.row("-", "not all can be left out", (got.returncode, "is left out" in got.stdout), (3, True))
        with mock.Server(ports[0], mock.plain, mock.without_authority(good)):
            self.row("-", "the zone says nothing either if nobody has authority",
                     self.look("aa.example", servers=ports[:1], resolver=False), (3, "unreachable", ["no-authority"], None))
        got = subprocess.run([self.signet, "key", "check", "aa.example", "--keys", self.keys, "--resolver",
                              f"127.0.0.1@{self.world.resolver}", "--without-server", "NS1.example.", "--without-server",
                              "ns2.example"], capture_output=True, text=True, check=False)
        self.row("-", "servers are left out by name", (got.returncode, "is left out" in got.stdout), (3, True))

    def state(self, domain):
        with open(os.path.join(self.keys, domain, "state"), encoding="ascii") as file:
            return file.read()

    def hooks(self):
        program = self.world.write("hook", f'#!/bin/sh\nprintf "%s\\n" "$@" >>{self.world.path("calls")}\n'
                                           'echo done\n', 0o700)
        record = self.new("f.example")["record"]
        got = self.key("publish", "f.example", "--hook", program, "--ttl", "7")
        with open(self.world.path("calls"), encoding="ascii") as file:
            calls = file.read().splitlines()
        self.row("-", "a hook is told all", calls, ["publish", "k._domainkey.f.example", "TXT", "7", record])
        self.row("-", "what it prints is not our output", ("done" in got.stdout, "done" in got.stderr), (False, True))
        got = self.key("revoke", "f.example", "k", "--hook", program)
        with open(self.world.path("calls"), encoding="ascii") as file:
            calls = file.read().splitlines()[5:]
        self.row("6376:3.6.1", "a revoked key has an empty p=", (calls[0], calls[4]), ("revoke", REVOKED))
        self.row("-", "the last active key was none: no warning", got.returncode, 0)
        self.new("g.example")
        for what, hook in ("that fails", "/bin/false"), ("that is not there", "/nonexistent"):
            self.row("-", "a hook " + what, self.key("publish", "g.example", "--hook", hook).returncode, 3)
        evil = self.key("publish", "g.example", "--hook", "true; touch " + self.world.path("evil"))
        self.row("-", "no shell is between", (evil.returncode, os.path.exists(self.world.path("evil"))), (3, False))

    def look(self, domain, *more, **how):
        got = self.key("check", domain, "-j", *more, **how)
        line = json.loads(got.stdout)
        return got.returncode, line["sight"], [server["shows"] for server in line["servers"]], \
            line["resolver"] and line["resolver"]["shows"]

    def checking(self):
        record = self.new("h.example")["record"]
        name = "k._domainkey.h.example."
        self.row("2308:5", "nothing there, and the resolver is not asked", self.look("h.example"),
                 (0, "nowhere", ["nothing", "nothing"], None))
        self.publish("h.example")
        self.settle(name)
        self.row("-", "the key, everywhere", self.look("h.example"), (0, "everywhere", ["key", "key"], "key"))
        for clause, what, values, want in (
                ("-", "another key", [OTHER], (1, "other", ["other", "other"], None)),
                ("6376:3.6.1", "a revoked key", [REVOKED], (1, "revoked", ["revoked", "revoked"], None)),
                ("6376:3.6.1", "a record that is none", ["hello"], (1, "other", ["broken", "broken"], None)),
                ("6376:3.6.1", "a key for something else", ["v=DKIM1; s=tlsrpt; " + record[9:]],
                 (1, "other", ["broken", "broken"], None)),
                ("6376:3.6.2.2", "two records", [record, OTHER], (1, "other", ["several", "several"], None)),
                ("-", "nothing any more", [], (1, "nowhere", ["nothing", "nothing"], None))):
            self.put(name, *(("TXT", f'"{value}"') for value in values))
            self.settle(name)
            self.row(clause, what, self.look("h.example"), want)
        self.put(name, ("TXT", '"v=DKIM1; t=y; ' + record[9:] + '"'))
        self.settle(name)
        got = self.key("check", "h.example")
        self.row("6376:3.6.1", "t=y is told", "testing (t=y)" in got.stdout, True)
        port = importlib.import_module("world").free_port()
        self.row("-", "a server that is down", self.look("h.example", servers=(self.world.primary, port)),
                 (3, "unreachable", ["key", "no-answer"], None))
        zone = self.world.write("zone", f'k._domainkey.h.example. 60 TXT "{record}"\n')
        got = subprocess.run([self.signet, "key", "check", "h.example", "-j", "--keys", self.keys, "--zone", zone],
                             capture_output=True, text=True, check=False)
        self.row("-", "a zone file answers instead of the network", (got.returncode, json.loads(got.stdout)["sight"]),
                 (0, "everywhere"))

    def ends(self):
        """retire and revoke, with a key that signs."""
        self.new("i.example")
        options = ("--tsig", self.tsig, "--ttl", "1", "--grace", "0", "--force")
        self.row("-", "the first key signs", self.key("rotate", "i.example", "--wait", *options).returncode, 0)
        self.row("-", "the last active key is not retired", self.key("retire", "i.example", "k").returncode, 1)
        got = self.key("revoke", "i.example", "k", *options)
        self.row("-", "but revoked if it must be, with a warning", (got.returncode, "no active key" in got.stderr), (0, True))
        self.row("6376:3.6.1", "at once, with an empty p=", self.records("k._domainkey.i.example."), [(1, REVOKED)])
        self.row("-", "its private half is gone", os.path.exists(os.path.join(self.keys, "i.example", "k.pem")), False)
        self.new("j.example")
        self.publish("j.example")
        self.row("-", "what never signed is retired without grace", self.key("retire", "j.example", "k").returncode, 0)
        self.row("-", "and revoked", (self.key("rotate", "j.example", "--algorithm", "ed25519", *options).returncode,
                                      self.records("k._domainkey.j.example.")), (0, [(1, REVOKED)]))
        self.row("-", "no such key", self.key("retire", "j.example", "x").returncode, 4)
        by_hand = self.new("l.example")["record"]
        got = self.key("rotate", "l.example")
        self.row("-", "without a way to publish it says what to do", (got.returncode, by_hand in got.stdout), (3, True))
        got = self.key("rotate", "l.example", "-q")
        self.row("-", "a timer hears of it as well", (got.returncode, got.stdout, "l.example: k waits for you; signet key zone "
                                                      "l.example k writes its record" in got.stderr), (3, "", True))
        self.put("k._domainkey.l.example.", ("TXT", f'"{by_hand}"'))
        self.settle("k._domainkey.l.example.")
        got = self.key("rotate", "l.example")
        self.row("-", "and sees when it is done", (got.returncode, "every server shows k" in got.stdout), (0, True))
        got = self.key("rotate", "l.example", "-q")
        self.row("-", "what waits for its time is no trouble, and silent", (got.returncode, got.stdout, got.stderr), (0, "", ""))
        got = self.key("rotate", "l.example")
        self.row("-", "without -q it prints the plan", (got.returncode, "sign with k: it is not due yet" in got.stdout, got.stderr),
                 (0, True, ""))

    def waiting(self):
        """Servers that hold a rotation up are named, also to a timer, and how to go on without them."""
        mock, world = importlib.import_module("mock_server"), importlib.import_module("world")
        record = self.new("w.example")["record"]
        slow, dead = world.free_port(), world.free_port()

        def rotate(*servers, more=()):
            got = self.key("rotate", "w.example", "-q", "--tsig", self.tsig, *more, servers=servers)
            return got.returncode, got.stdout, got.stderr

        with mock.Server(slow, mock.plain):
            self.row("-", "servers may take a moment to show what was just published", rotate(self.world.primary, slow), (0, "", ""))
            self.settle("k._domainkey.w.example.")  # the resolver may ask either of them
            status, out, says = rotate(self.world.primary, slow)
            self.row("-", "one that does not show it later is named", (status, out, f"w.example: k: not every server shows the record yet: "
                                                                       f"127.0.0.1@{slow} shows nothing" in says), (3, "", True))
        status, out, says = rotate(self.world.primary, dead)
        self.row("-", "one that is dead is named, with the option that leaves it out",
                 (status, out, f"w.example: k: not every server answered: 127.0.0.1@{dead}: nobody answers there; --without-server "
                  in says), (3, "", True))
        self.row("-", "it waits", "visible=" in self.state("w.example"), False)
        status, out, says = rotate(self.world.primary, dead, more=("--without-server", f"127.0.0.1@{dead}"))
        self.row("-", "left out it does not hold up anything", (status, out, says, "visible=" in self.state("w.example")),
                 (0, "", "", True))
        liar = self.world.write("liar", "#!/bin/sh\nexit 0\n", 0o700)
        self.new("x.example")
        self.row("-", "a hook that says yes", self.key("rotate", "x.example", "-q", "--hook", liar).returncode, 0)
        later = ("--now", str(int(time.time()) + 3700))
        got = self.key("rotate", "x.example", "-q", "--hook", liar, *later)
        self.row("-", "and does nothing is found out", (got.returncode, "x.example: k was published before, but no server showed it"
                                                        in got.stderr), (3, True))
        port = world.free_port()
        with mock.Server(port, mock.plain, mock.shows(record, 2, 2)) as server:
            self.new("y.example")
            os.replace(os.path.join(self.keys, "w.example", "k.pem"), os.path.join(self.keys, "y.example", "k.pem"))
            self.key("rotate", "y.example", "--algorithm", "ed25519", servers=(port,), resolver=False)
            self.row("-", "a key that is seen was asked for once", ("visible=" in self.state("y.example"), server.questions), (True, 1))

    def signing(self):
        """A key that signs is looked after."""
        mock, world = importlib.import_module("mock_server"), importlib.import_module("world")
        record = self.new("s.example")["record"]
        name = "k._domainkey.s.example."
        path, aside = (os.path.join(self.keys, "s.example", file) for file in ("k.pem", "aside"))
        options = ("--tsig", self.tsig, "--ttl", "1")
        self.row("-", "a key signs", self.key("rotate", "s.example", "--wait", *options).returncode, 0)

        def rotate(**how):
            got = self.key("rotate", "s.example", "-q", *options, **how)
            return got.returncode, got.stdout, got.stderr

        def row(what, says):
            before = self.state("s.example")
            status, out, told = rotate()
            self.row("-", what, (status, out, says in told), (3, "", True))
            if says not in told:
                print("# " + told)
            self.row("-", what + ": nothing is changed", (self.state("s.example"), os.path.exists(path) or os.path.exists(aside)),
                     (before, True))

        self.row("-", "which is well", rotate(), (0, "", ""))
        dead = world.free_port()
        self.row("-", "a silent server speaks against no key", rotate(servers=(self.world.primary, dead)), (0, "", ""))
        status, _, says = rotate(servers=(dead,))
        self.row("-", "but nobody can be asked", (status, "s.example: k signs, but no server could be asked" in says), (3, True))
        os.rename(path, aside)
        row("without its private half", "s.example: k should sign, but its private half cannot be used: " + path + ": No such file")
        with open(path, "w", encoding="ascii") as file:
            file.write("hello\n")
        os.chmod(path, 0o600)
        row("with something else there", "k should sign, but its private half cannot be used: " + path)
        os.rename(aside, path)
        os.chmod(path, 0o640)
        row("which others may read", "its group may read it")
        os.chmod(path, 0o600)
        for what, values, says in (
                ("its record is gone", (), "k signs, but no server shows its record: 127.0.0.1@"),
                ("another one stands there", (OTHER,), "k signs, but another record stands under its name: 127.0.0.1@"),
                ("it is revoked", (REVOKED,), "k signs, but it is revoked in DNS: 127.0.0.1@")):
            self.put(name, *(("TXT", f'"{value}"') for value in values))
            self.settle(name)
            time.sleep(4.2)  # the resolver forgets
            row(what, says)
        status, _, says = rotate()
        self.row("-", "what to do is said", "signet key publish s.example k --force replaces it" in says, True)
        self.key("publish", "s.example", "k", "--force", *options)
        self.settle(name)
        time.sleep(2.2)
        self.row("-", "and then all is well", (rotate(), self.records(name)), ((0, "", ""), [(1, record)]))
        with mock.Server(dead, mock.plain):
            status, _, says = rotate(servers=(self.world.primary, dead))
        self.row("-", "a server that does not show it is named", (status, f"k signs, but not every server shows its record: "
                                                                  f"127.0.0.1@{dead} shows nothing" in says), (3, True))


def main():
    signet = os.path.abspath(sys.argv[1])
    try:
        world = importlib.import_module("world")
    except ImportError as missing:
        return skip(missing)
    with tempfile.TemporaryDirectory() as folder:
        try:
            with world.World(folder) as servers:
                test = Test(signet, servers)
                for part in (test.publishing, test.large, test.foreign, test.refusals, test.liars, test.caches, test.aliases,
                             test.authority, test.hooks, test.checking, test.ends, test.waiting,
                             test.signing):
                    part()
        except world.Missing as missing:
            return skip(missing)
    print(f"1..{test.count}")
    return 1 if test.failed else 0


if __name__ == "__main__":
    sys.exit(main())
