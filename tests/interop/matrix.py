#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""matrix.py SIGNET OPENDKIM MODULES: what signet signs is verified by every peer, what every peer signs by signet; chains of
ARC likewise.  Prints TAP, a row a cell.  A cell that cannot be is a row too, skipped with its reason.

OPENDKIM is the program made of opendkim.c ("-": libopendkim was not there), MODULES a folder with node and mailauth from npm
(with CI=true they are fetched if they are missing).  A missing peer is skipped, with CI=true it is a failure."""

import importlib
import os
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
CI = os.environ.get("CI") == "true"
PAIRS = ["relaxed/relaxed", "relaxed/simple", "simple/relaxed", "simple/simple"]
HEAD = (b"From: Ann <ann@example.com>\r\nTo: bob@example.net\r\nSubject: a  test\r\n"
        b"Date: Fri, 27 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@example.com>\r\n")
ODD = (b"Received: from x by y;\r\n\tFri, 27 Nov 2026 10:00:00 +0000\r\nList-Id:  one \r\nFROM:ann@example.com\r\n"
       b"Subject:\r\n folded  right\t behind\r\n\tthe colon \r\nlist-id:two\r\nMessage-ID:\r\n <1@example.com>\r\n"
       b"TO:\tbob@example.net,\r\n  carl@example.net\r\nDate: Fri, 27 Nov 2026 10:00:00 +0000\r\nX-Empty:\r\n"
       b"MIME-Version: 1.0\r\nContent-Type: text/plain;\r\n\tcharset=utf-8\r\n")
MESSAGES = {
    "plain": HEAD + b"\r\nhello  world \r\n\r\n\tb\r\n\r\n\r\n",
    "empty body": HEAD + b"\r\n",
    "blank lines only": HEAD + b"\r\n\r\n \r\n\t\r\n\r\n",
    "no final line end": HEAD + b"\r\nhello\r\nworld",
    "no final line end after spaces": HEAD + b"\r\nhello\r\nworld \t ",
    "8-bit": HEAD + b"Content-Transfer-Encoding: 8bit\r\n\r\nz\xc3\xbcrich \xff\xfe\x80\r\n",
    "odd header": ODD + b"\r\nx\r\n",
    "space before colon": HEAD.replace(b"From:", b"From :") + b"Cc  : carl@example.net\r\n\r\nx\r\n",
    "tab before colon": HEAD.replace(b"Subject:", b"Subject\t:") + b"\r\nx\r\n",
    "long lines": HEAD + b"\r\n" + b"x" * 2000 + b" \t" + b"y" * 2000 + b"\r\n",
    "5 MB": HEAD + b"\r\n" + b"0123456789 abc\tdefghij  klmnopqrstuvwxyz \r\n" * 125000,
}
LARGE = "5 MB"

count = failed = 0


def row(clause, what, good, why=""):
    global count, failed
    count += 1
    failed += not good
    print(f"{'ok' if good else 'not ok'} {count} - {clause}: {what}{'' if good else ': ' + why}")


def skip(clause, what, why):
    global count
    count += 1
    print(f"ok {count} - {clause}: {what} # SKIP {why}")


class Pipe:
    """A peer behind a pipe, see peer.pl."""

    def __init__(self, command, keys):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.ask("keys", "".join(f"{key.name} {key.record}\n" for key in keys).encode())

    def ask(self, verb, octets=b"", **options):
        words = [verb, *(f"{name}={value}" for name, value in options.items()), str(len(octets))]
        self.process.stdin.write(" ".join(words).encode() + b"\n" + octets)
        self.process.stdin.flush()
        length = int(self.process.stdout.readline())
        return self.process.stdout.read(length)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class OpenDkim(Pipe):
    name = "OpenDKIM"
    algorithms = {"rsa": "", "ed25519": ""}

    def __init__(self, command, keys):
        super().__init__(command, keys)
        if b"ed25519" not in self.ask("features"):
            self.algorithms = {"rsa": "", "ed25519": "Debian builds libopendkim without Ed25519"}

    def verify(self, octets):
        return self.ask("dkim", octets).decode().split()

    def sign(self, octets, key, pair):
        header, body = pair.split("/")
        return self.ask("sign", octets, a=f"{key.kind}-sha256", h=header, b=body, d=key.domain, s=key.selector, key=key.path)


class MailDkim(Pipe):
    name = "Mail::DKIM"
    algorithms = {"rsa": "", "ed25519": "Mail::DKIM 1.2 knows no Ed25519"}

    def verify(self, octets):
        return self.ask("dkim", octets).decode().split()

    def sign(self, octets, key, pair):
        names = ":".join(sorted({name for name in names_of(octets) if name not in ("received", "x-empty")}))
        return self.ask("sign", octets, a="rsa-sha256", c=pair, d=key.domain, s=key.selector, h=names, key=key.path) + b"\r\n"

    def chain(self, octets):
        return self.ask("arc", octets).decode()

    def seal(self, octets, key):
        new = self.ask("seal", results_for(self, octets, key) + octets, d=key.domain, s=key.selector, id=key.domain, h="from:to:subject:date:message-id",
                       key=key.path, chain="ar")
        return new if new.startswith(b"error") else crlf(new.rstrip(b"\r\n") + b"\n")


class MailAuth(Pipe):
    name = "mailauth"
    algorithms = {"rsa": "", "ed25519": ""}

    def verify(self, octets):
        return self.ask("dkim", octets).decode().split()

    def sign(self, octets, key, pair):
        return self.ask("sign", octets, a=f"{key.kind}-sha256", c=pair, d=key.domain, s=key.selector, key=key.path)

    def chain(self, octets):
        return self.ask("arc", octets).decode()

    def seal(self, octets, key):
        return self.ask("seal", octets, d=key.domain, s=key.selector, id=key.domain, key=key.path)


class Dkimpy:
    name = "dkimpy"
    algorithms = {"rsa": "", "ed25519": ""}

    def __init__(self, keys):
        self.dkim = importlib.import_module("dkim")
        self.records = {key.name: key.record.encode() for key in keys}

    def text(self, name, timeout=5):
        return self.records.get(name.decode().rstrip(".").lower())

    def verify(self, octets):
        n = sum(name == "dkim-signature" for name in names_of(octets))
        words = []
        for i in range(n):
            try:
                words.append("pass" if self.dkim.DKIM(octets).verify(i, self.text) else "fail")
            except self.dkim.DKIMException as why:
                words.append(repr(why))
        return words

    def sign(self, octets, key, pair):
        engine = self.dkim.DKIM(octets, signature_algorithm=f"{key.kind}-sha256".encode())
        return engine.sign(key.selector.encode(), key.domain.encode(), key.given(),
                           canonicalize=tuple(part.encode() for part in pair.split("/")))

    def chain(self, octets):
        return (self.dkim.ARC(octets).verify(self.text)[0] or b"fail").decode()

    def seal(self, octets, key):
        new = self.dkim.ARC(results_for(self, octets, key) + octets).sign(key.selector.encode(), key.domain.encode(), key.pem,
                                                            key.domain.encode())
        return b"".join(new)

    def close(self):
        pass


def results_for(peer, octets, key):
    """dkimpy and Mail::DKIM take what they seal from a field in the message."""
    state = peer.chain(octets) if b"ARC-Seal" in octets else "none"
    return f"Authentication-Results: {key.domain}; arc={state}\r\n".encode()


def crlf(octets):
    return octets.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def names_of(octets):
    head = octets[:octets.find(b"\r\n\r\n") + 2] if b"\r\n\r\n" in octets else octets
    return [line.split(b":")[0].decode("latin-1").strip().lower() for line in head.split(b"\r\n") if line[:1] not in b" \t" and line]


class Signet:
    name = "signet"

    def __init__(self, program, folder, zone):
        self.program, self.folder, self.zone = program, folder, zone

    def run(self, octets, *args):
        return subprocess.run([self.program, *args], input=octets, capture_output=True, check=False)

    def sign(self, octets, keys, pair):
        args = ["--domain", keys[0].domain]
        for key in keys:
            args += ["--selector", key.selector, "--key", key.path]
        done = self.run(octets, "sign", "--canon", pair, "-q", *args)
        return done.stdout if done.returncode == 0 else b"error " + done.stderr

    def seal(self, octets, key):
        done = self.run(octets, "seal", "-q", "--zone", self.zone, "--domain", key.domain, "--selector", key.selector,
                        "--key", key.path)
        return done.stdout if done.returncode == 0 else b"error " + done.stderr

    def judge(self, messages):
        peers = importlib.import_module("peers")
        return peers.check(self.program, self.folder, self.zone, messages)


def prepare_keys(folder):
    """Test keys as files that signet accepts."""
    material = importlib.import_module("material")
    serialization = importlib.import_module("cryptography.hazmat.primitives.serialization")
    keys = {"rsa": material.Key("example.com", "r", "rsa-1.pem"), "ed25519": material.Key("example.com", "e")}
    for kind, key in keys.items():
        key.path = os.path.join(folder, kind + ".pem")
        with open(os.open(key.path, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as out:
            out.write(key.private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                                serialization.NoEncryption()))
    return keys


def kinds_of(signing):
    return ["rsa", "ed25519"] if signing == "dual" else [signing]


def cells():
    """Message, algorithms, canonicalization; the large message with both algorithms at once, which has both verified."""
    for message in MESSAGES:
        for signing in ("rsa", "ed25519", "dual"):
            for pair in PAIRS:
                if message != LARGE or signing == "dual":
                    yield message, signing, pair


def excuse(peer, signing, message, pair, signs=False):
    """Why a cell cannot be; empty: it can."""
    for kind in kinds_of(signing):
        if peer.algorithms[kind] and signing != "dual":
            return "n/a: " + peer.algorithms[kind]
    if message.startswith("no final line end"):
        if peer.name == "Mail::DKIM":
            return "n/a: Mail::DKIM 1.2 adds no CRLF to a last line without one (RFC 6376 3.4.3)"
        if peer.name == "OpenDKIM" and pair.endswith("/relaxed"):
            return "n/a: libopendkim 2.11 takes a relaxed body without a final CRLF for a syntax error"
    if message.endswith("after spaces") and peer.name == "dkimpy" and pair.endswith("/relaxed"):
        return "n/a: dkimpy 1.1.4 keeps the spaces at the end of a last line without CRLF (RFC 6376 3.4.4)"
    if message.endswith("before colon") and peer.name == "dkimpy":
        return "n/a: dkimpy takes a name with white space before its colon (RFC 5322 4.5) for no field, and refuses the message"
    if message == "tab before colon" and peer.name == "OpenDKIM" and not signs:
        return "n/a: libopendkim 2.11 does not find a signed field whose name ends with a tab"
    if signs and peer.name == "OpenDKIM" and signing == "ed25519" and pair.startswith("simple/"):
        return "n/a: libopendkim 2.11 makes Ed25519 signatures with a simple header that nobody verifies, itself included"
    return ""


def ours(signet, keys, peers):
    """Signed here, verified there."""
    for message, signing, pair in cells():
        signed = signet.sign(MESSAGES[message], [keys[kind] for kind in kinds_of(signing)], pair)
        good = signed.startswith(b"DKIM-Signature: ") and signed.endswith(MESSAGES[message])
        row("6376:5", f"signet signs: {message}, {signing}, {pair}", good, signed[:200].decode("latin-1"))
        for peer in peers:
            what = f"{peer.name} verifies signet: {message}, {signing}, {pair}"
            why_not = excuse(peer, signing, message, pair)
            if why_not:
                skip("6376:6", what, why_not)
                continue
            words = peer.verify(signed)
            expected = ["pass" if not peer.algorithms[kind] else None for kind in kinds_of(signing)]
            fits = len(words) == len(expected) and all(want in (None, word) for want, word in zip(expected, words))
            row("6376:6", what, fits, " ".join(words))


def theirs(signet, keys, peers):
    """Signed there, verified here."""
    wanted, messages = [], []
    for message in MESSAGES:
        for peer in peers:
            for kind in ("rsa", "ed25519"):
                for pair in PAIRS:
                    what = f"signet verifies {peer.name}: {message}, {kind}, {pair}"
                    why_not = excuse(peer, kind, message, pair, True)
                    if why_not:
                        skip("6376:6", what, why_not)
                        continue
                    field = peer.sign(MESSAGES[message], keys[kind], pair)
                    wanted.append(what)
                    messages.append(field + MESSAGES[message])
    for what, octets, report in zip(wanted, messages, signet.judge(messages)):
        words = [one["result"] for one in report["dkim"]]
        row("6376:6", what, words == ["pass"], f"{words} {octets[:300]!r}")


def chains(signet, keys, peers):
    """Sets by all hands, one above the other."""
    sealers = [peer for peer in peers if hasattr(peer, "seal")]
    key = keys["rsa"]
    for message in ("plain", "empty body", "odd header"):
        for first in [signet, *sealers]:
            for second in [None, signet, *sealers]:
                if signet not in (first, second):
                    continue
                names = first.name + (f", then {second.name}" if second else "")
                octets = MESSAGES[message]
                for sealer in (first, second):
                    if sealer:
                        new = sealer.seal(octets, key)
                        octets = new if sealer is signet else new + octets
                for judge in sealers:
                    word = judge.chain(octets)
                    row("8617:5.2", f"{judge.name} validates {names}: {message}", word == "pass", f"{word} {octets[:300]!r}")
                arc = signet.judge([octets])[0]["arc"]
                row("8617:5.2", f"signet validates {names}: {message}", arc["result"] == "pass", str(arc))
    for peer in peers:
        if peer not in sealers:
            skip("8617:5.2", f"{peer.name} validates chains", "n/a: it knows no ARC")
    ed25519(signet, keys, sealers)


def ed25519(signet, keys, sealers):
    octets = signet.seal(signet.seal(MESSAGES["plain"], keys["ed25519"]), keys["rsa"])
    for peer in sealers:
        what = f"{peer.name} validates signet, Ed25519 below RSA"
        if peer.name == "mailauth":
            word = peer.chain(octets)
            row("8463:3", what, word == "pass", word)
        else:
            skip("8463:3", what, f"n/a: {peer.name} knows no Ed25519 in ARC")
    arc = signet.judge([octets])[0]["arc"]
    row("8463:3", "signet validates signet, Ed25519 below RSA", arc["result"] == "pass", str(arc))


def fetch_modules(modules):
    """mailauth, and a node that is new enough, from npm."""
    folder, root = os.path.dirname(modules), os.path.join(HERE, "..", "..")
    os.makedirs(folder, exist_ok=True)
    shutil.copy(os.path.join(root, "bench", "package.json"), folder)
    if not shutil.which("npm"):
        subprocess.run([os.path.join(root, "tools", "need"), "bench-npm"], check=False, stdout=sys.stderr)
    for pause in (5, 15, 0):  # a registry may be busy
        done = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--loglevel=error"], cwd=folder, check=False,
                              stdin=subprocess.DEVNULL, stdout=sys.stderr)
        if done.returncode == 0:
            return
        time.sleep(pause)


def missing(name, why):
    if CI:
        row("-", f"{name} is there", False, why)
    else:
        skip("-", f"{name} is there", why)


def find_peers(opendkim, modules, keys):
    peers = []
    if opendkim != "-":
        peers.append(OpenDkim([opendkim], keys))
    else:
        missing("OpenDKIM", "libopendkim-dev is missing")
    try:
        importlib.import_module("nacl")
        peers.append(Dkimpy(keys))
    except ImportError as why:
        missing("dkimpy", str(why))
    if os.system("perl -MMail::DKIM::ARC::Signer -MNet::DNS -e 1 2>/dev/null") == 0:
        peers.append(MailDkim(["/usr/bin/perl", os.path.join(HERE, "peer.pl")], keys))
    else:
        missing("Mail::DKIM", "libmail-dkim-perl is missing")
    node = os.path.join(modules, "node", "bin", "node")
    if CI and not os.path.exists(node):
        fetch_modules(modules)
    if os.path.exists(node):
        peers.append(MailAuth([node, os.path.join(HERE, "mailauth.js"), modules], keys))
    else:
        missing("mailauth", f"there is no {node}")
    return peers


def main():
    program, opendkim, modules = os.path.abspath(sys.argv[1]), sys.argv[2], os.path.abspath(sys.argv[3])
    with tempfile.TemporaryDirectory() as folder:
        try:
            keys = prepare_keys(folder)
            zone = importlib.import_module("peers").write_zone(folder, keys.values())
        except ImportError as why:
            print(f"1..0 # SKIP {why}")
            return 1 if CI else 0
        signet = Signet(program, folder, zone)
        peers = find_peers(opendkim, modules, keys.values())
        ours(signet, keys, peers)
        theirs(signet, keys, peers)
        chains(signet, keys, peers)
        for peer in peers:
            peer.close()
    print(f"1..{count}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
