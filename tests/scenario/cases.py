# SPDX-License-Identifier: Apache-2.0
"""The core cases, the same for every mail server: a letter, who hands it over, and what must become of it by the standards and
by the settings of roles.py (mode classic, list.example is trusted).  What is delivered is compared octet by octet: the letter,
less what had to go, below one Received field of the mail server and below exactly our fields."""

import subprocess
from dataclasses import dataclass, field

import letters
import peers
import roles
from letters import GOOD, GOOD_ED, LOST, OTHER, QUAR, Letter, name_of, results_of, split_fields, value_of

BOB = ("bob@recv.example",)


@dataclass
class Case:
    clause: str
    what: str
    letter: Letter
    sender: str = "ann@good.example"
    client: str = letters.GOOD_IP
    recipients: tuple = BOB
    helo: str = "mail.good.example"
    options: tuple = ()
    code: int = 250
    says: tuple = ()  # in the reply
    results: dict = field(default_factory=dict)  # in our Authentication-Results
    removed: tuple = ()  # fields of the letter that must be gone
    marked: bool = False


def spoiled(letter):
    """A word changed on the way: no known transformation undoes that."""
    return letter.copy(letter.fields, letter.body.replace(b"test", b"TEST"))


def good_cases():
    everything = {"spf": "pass", "dkim": "pass", "dmarc": "pass"}
    yield Case("6376:6.3", "a good message", Letter("good").signed(GOOD), results=everything)
    yield Case("8463:3", "two signatures, RSA and Ed25519", Letter("dual").signed(GOOD).signed(GOOD_ED), results=everything)
    yield Case("6376:3.4.1", "c=simple/simple over fields of any layout", letters.odd_layout("odd").signed(
        GOOD, "simple/simple", letters.ODD_NAMES), results=everything)
    yield Case("6376:3.4.2", "c=relaxed/relaxed over them", letters.odd_layout("odd-relaxed").signed(
        GOOD, names=letters.ODD_NAMES), results=everything)
    yield Case("6376:3.4.1", "c=simple, folded by tabs in the signature itself", Letter("folded", fields=[
        b"Cc: one <one@recv.example>,\r\n\ttwo <two@recv.example>,\r\n\t three <three@recv.example>\r\n"]).signed(
            GOOD, "simple/relaxed", ["From", "To", "Cc", "Subject"]), results=everything)
    yield Case("6376:5.3", "eight-bit octets in header and body", Letter(
        "eight", body="Grüße\r\nà bientôt €\r\n".encode() + b"\xe9\xff\x80\r\n",
        fields=["X-Eight: Grüße\r\n".encode()]).signed(GOOD, "simple/simple"), options=("BODY=8BITMIME",), results=everything)
    yield Case("6376:3.4.3", "a header without a body", Letter("bare", body=b"").signed(GOOD, "simple/simple"),
               results=everything)
    yield Case("6376:3.4.3", "lines that begin with dots", Letter("dots", body=b".\r\n..\r\n...x\r\nend\r\n").signed(
        GOOD, "simple/simple"), results=everything)
    yield Case("7208:2.4", "the null sender: SPF asks for the HELO name", Letter("null", "mailer-daemon@good.example"),
               sender="", results={"spf": "pass", "dmarc": "pass"})
    yield Case("7208:5.6", "a client with an IPv6 address", Letter("six"), client=letters.GOOD_IP6,
               results={"spf": "pass", "dkim": "none", "dmarc": "pass"})
    yield Case("9989:4.4", "not aligned, under p=none", Letter("none", "ann@none.example").signed(OTHER),
               sender="joe@other.example", client=letters.OTHER_IP, results={"spf": "pass", "dkim": "pass", "dmarc": "fail"})


def bad_cases():
    refused = {"code": 550, "says": ("5.7.1", "good.example")}
    yield Case("9989:5.3.5", "forged, under p=reject", Letter("forged"), client=letters.STRANGER_IP, **refused)
    yield Case("9989:5.3.5", "forged from an IPv6 address", Letter("forged6"), client=letters.STRANGER_IP6, **refused)
    yield Case("9989:5.3.5", "forged with a null sender", Letter("forged-null"), client=letters.STRANGER_IP, sender="",
               helo="mail.good.example", **refused)
    yield Case("9989:4.4", "SPF and DKIM of somebody else, under p=reject", Letter("unaligned").signed(OTHER),
               sender="joe@other.example", client=letters.OTHER_IP, **refused)
    yield Case("6376:6.1.3", "its body was changed on the way, under p=reject", spoiled(Letter("broken").signed(GOOD)),
               sender="joe@other.example", client=letters.OTHER_IP, **refused)
    yield Case("9989:5.3.5", "its body was changed on the way, under p=quarantine",
               spoiled(Letter("broken-quar", "ann@quar.example").signed(QUAR)), sender="joe@other.example",
               client=letters.OTHER_IP, results={"spf": "pass", "dkim": "fail", "dmarc": "fail"}, marked=True)
    yield Case("9989:5.3.5", "forged, under p=quarantine", Letter("forged-quar", "ann@quar.example"),
               sender="ann@quar.example", client=letters.STRANGER_IP, results={"spf": "fail", "dkim": "none", "dmarc": "fail"},
               marked=True)
    yield Case("9989:7.4", "changed by a list that proves its name and is trusted",
               spoiled(Letter("list").signed(GOOD)).through_list(), sender="talk-bounces@list.example",
               client=letters.LIST_IP, results={"spf": "pass", "dmarc": "fail"})
    yield Case("9989:7.4", "a List-Id alone proves nothing", spoiled(Letter("fake-list").signed(GOOD)).below(
        b"List-Id: <talk.list.example>\r\n"), sender="talk-bounces@list2.example", client=letters.LIST_IP, **refused)
    yield Case("-", "two recipients, one of them the postmaster: marked for both", Letter("postmaster"),
               client=letters.STRANGER_IP, recipients=("bob@recv.example", "postmaster@recv.example"),
               results={"spf": "fail", "dmarc": "fail"}, marked=True)
    yield Case("-", "two recipients, both of them enforced", Letter("two"), client=letters.STRANGER_IP,
               recipients=("bob@recv.example", "eve@recv.example"), **refused)


def lost_cases():
    yield Case("9989:5.3.6", "SPF cannot be asked for and could have been a pass, under p=reject", Letter(
        "lost", "ann@lost.example"), sender="ann@lost.example", client=letters.STRANGER_IP, code=451, says=("4.7.",))
    yield Case("9989:5.3.6", "the same under p=none: accepted and told", Letter("lostmark", "ann@lostmark.example"),
               sender="ann@lostmark.example", client=letters.STRANGER_IP, results={"spf": "temperror"})
    yield Case("9989:5.3.6", "a forger's own SPF record that fails changes nothing", Letter("lost-forged"),
               sender="joe@lost.example", client=letters.STRANGER_IP, code=550, says=("5.7.1", "good.example"))
    yield Case("9989:5.3.6", "the key cannot be asked for, under p=reject", Letter("lostkey", "ann@lostkey.example").signed(
        LOST), sender="ann@lostkey.example", client=letters.STRANGER_IP, code=451, says=("4.7.",))
    yield Case("9989:4.10.1", "the policy itself cannot be asked for: accepted and told", Letter(
        "lostpolicy", "ann@lostpolicy.example"), sender="ann@lostpolicy.example", client=letters.STRANGER_IP,
        results={"dmarc": "temperror"})


def field_cases():
    ours = roles.ID.encode()
    forged = [b"Authentication-Results: " + ours + b"; dmarc=pass header.from=good.example\r\n",
              b"authentication-results:\t" + ours.upper() + b" 1; spf=pass smtp.mailfrom=good.example\r\n",
              b"Authentication-Results: (a comment) \"" + ours + b"\" ; dkim=pass\r\n",
              b"Authentication-Results:\r\n " + ours + b"(x);\r\n\tdkim=pass header.d=good.example\r\n"]
    foreign = [b"Authentication-Results: mx.elsewhere.example; spf=pass smtp.mailfrom=x.example\r\n",
               b"Authentication-Results: " + ours + b".elsewhere.example; spf=pass\r\n"]
    broken = b"Authentication-Results: " + ours + b"; spf=pass (never closed\r\n"
    version = b"Authentication-Results: mx.elsewhere.example 2; spf=pass\r\n"
    middle = [b"X-One: 1\r\n", b"X-Two: 2\r\n"]
    wanted = {"spf": "fail", "dmarc": "fail"}
    letter = Letter("one-forged", "ann@none.example")
    case = {"sender": "ann@none.example", "client": letters.STRANGER_IP, "results": wanted}
    yield Case("8601:5", "a forged result on top", letter.on_top(forged[0]), removed=(forged[0],), **case)
    letter = Letter("forged-ends", "ann@none.example").on_top(forged[0]).below(*middle, forged[1])
    yield Case("8601:5", "the highest and the lowest field are forged", letter, removed=(forged[0], forged[1]), **case)
    letter = Letter("forged-many", "ann@none.example").on_top(forged[0], foreign[0], forged[2]).below(
        middle[0], forged[3], foreign[1], middle[1], forged[1], forged[0])
    yield Case("8601:5", "several forged ones, written in odd ways, between foreign ones that stay", letter,
               removed=tuple(forged), **case)
    letter = Letter("unreadable", "ann@none.example").on_top(broken, foreign[0], version)
    yield Case("8601:5", "what cannot be read and an unknown version go too", letter, removed=(broken, version), **case)
    mark = roles.MARK.encode() + b": no\r\n"
    logo = [b"BIMI-Location: v=BIMI1; l=https://evil.example/logo.svg\r\n", b"BIMI-Indicator: PHN2Zz4=\r\n"]
    letter = Letter("fields", "ann@none.example").on_top(mark, logo[0]).below(logo[1], mark.lower())
    yield Case("-", "our mark and BIMI's fields come from nobody else", letter,
               removed=(mark, mark.lower(), *logo), **case)
    letter = Letter("signed-forged").signed(GOOD).on_top(forged[0], forged[1])
    yield Case("8601:5", "forged results above a good signature", letter, removed=(forged[0], forged[1]),
               results={"spf": "pass", "dkim": "pass", "dmarc": "pass"})


def large_case():
    return Case("-", "20 MB", letters.large("large", 20_000_000).signed(GOOD, "simple/simple"),
                results={"spf": "pass", "dkim": "pass", "dmarc": "pass"})


def inbound_cases():
    for cases in (good_cases, bad_cases, lost_cases, field_cases):
        yield from cases()
    yield large_case()


def added_trouble(added, case, identity=roles.ID, received=1):
    """What is wrong with the fields on top of a delivered message, or ""."""
    names = [name_of(f) for f in added]
    wanted = ["authentication-results"] + [roles.MARK.lower()] * case.marked
    ours = [name for name in names if name != "received"]
    if sorted(ours) != sorted(wanted) or names.count("received") != received:
        return f"the fields on top are {names}"
    if names[:len(wanted)] != ours:
        return f"ours stand below Received: {names}"
    given, results = results_of(next(f for f in added if name_of(f) == "authentication-results"))
    if given != identity:
        return f"authserv-id {given}"
    wrong = {method: results.get(method) for method, result in case.results.items() if results.get(method) != result}
    return f"results {wrong} instead of {case.results}" if wrong else ""


def trouble(case, sink, code, text, rewritten=()):
    """What is wrong with what became of it, or "".  `rewritten`: names of fields that the mail server folds in its own way."""
    if code != case.code or not all(word in text for word in case.says):
        return f"reply {code} {text}, want {case.code} {' '.join(case.says)}"
    mark = b"Message-ID: <" + case.letter.mark + b"@test.example>"
    found = sink.find(mark, 30 if code == 250 else 0)
    if code != 250:
        return "it was delivered all the same" if found else ""
    if not found:
        return "it was not delivered"
    if sorted(r for message in found for r in message["to"]) != sorted(case.recipients):
        return f"recipients {[message['to'] for message in found]}"
    if found[0]["from"] != case.sender:
        return f"sender {found[0]['from']}"
    added, wrong = letters.difference(case.letter, found[0]["octets"], case.removed, rewritten)
    return wrong or added_trouble(added, case)


# ---- going out ----

def outgoing_letters():
    """(clause, what, letter, options)"""
    ours = "joe@sender.example"
    odd = letters.odd_layout("out-odd")
    odd = odd.copy([b"From: Joe <joe@sender.example>\r\n" if name_of(f) == "from" else f for f in odd.fields])
    yield "6376:5", "a plain message", Letter("out-plain", ours), ()
    yield "6376:5", "fields of any layout", odd, ()
    yield "6376:5.3", "eight-bit octets", Letter("out-eight", ours, "Grüße €\r\n".encode()), ("BODY=8BITMIME",)
    yield "6376:5", "a header without a body", Letter("out-bare", ours, b""), ()
    yield "6376:5", "a body that ends in empty lines", Letter("out-empty", ours, b"text\r\n\r\n\r\n"), ()
    yield "6376:5", "lines that begin with dots", Letter("out-dots", ours, b".\r\n..x\r\n"), ()
    yield "6376:5", "20 MB", letters.large("out-large", 20_000_000).copy(
        Letter("out-large", ours).fields), ()


class Verifiers:
    """OpenDKIM and dkimpy, with the key records of the test."""

    def __init__(self, opendkim):
        self.dkimpy = peers.Dkimpy(letters.KEYS)
        self.pipe = OpenDkim(opendkim) if opendkim and opendkim != "-" else None

    def trouble(self, octets, signatures):
        """`signatures`: [(domain, algorithm)] that must be there and verify, from any place."""
        fields, _ = split_fields(octets)
        found = [tags_of(f) for f in fields if name_of(f) == "dkim-signature"]
        have = sorted((tags.get("d"), tags.get("a")) for tags in found)
        if have != sorted(signatures):
            return f"signatures {have}, want {sorted(signatures)}"
        verdicts = self.dkimpy.dkim(octets)
        if verdicts != [True] * len(found):
            return f"dkimpy says {verdicts}"
        if self.pipe:
            words = self.pipe.dkim(octets)
            bad = [(tags["a"], word) for tags, word in zip(found, words) if tags["a"] == "rsa-sha256" and word != "pass"]
            if bad or len(words) != len(found):
                return f"OpenDKIM says {words}"  # Debian builds it without Ed25519
        return ""


class OpenDkim:
    """tests/interop/opendkim.c"""

    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.ask("keys", "".join(f"{key.name} {key.record}\n" for key in letters.KEYS).encode())

    def ask(self, verb, octets):
        self.process.stdin.write(f"{verb} {len(octets)}\n".encode() + octets)
        self.process.stdin.flush()
        return self.process.stdout.read(int(self.process.stdout.readline()))

    def dkim(self, octets):
        return self.ask("dkim", octets).decode().split()


def tags_of(signature):
    text = "".join(value_of(signature).encode("latin-1").decode(errors="replace").split())
    return dict(part.split("=", 1) for part in text.split(";") if "=" in part)
