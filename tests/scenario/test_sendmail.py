# SPDX-License-Identifier: Apache-2.0
"""test_sendmail.py SIGNET OPENDKIM: the core cases with Sendmail from Debian in a private machine."""

import glob
import os
import signal
import sys

import cases
import letters
import roles
import rows
import world
from letters import Letter, name_of

BOTH_SIGNATURES = [("sender.example", "ed25519-sha256"), ("sender.example", "rsa-sha256")]


class Sendmail:
    def __init__(self, signet, inbound=""):
        self.signet = signet
        roles.make_keys()
        world.add_addresses(*(f"{ip}/32" for ip in (letters.GOOD_IP, letters.OTHER_IP, letters.LIST_IP, letters.STRANGER_IP)),
                            *(f"{ip}/128" for ip in (letters.GOOD_IP6, letters.STRANGER_IP6)))
        self.sink = world.Sink()
        self.names = world.NameServer(letters.zone(), unloaded=letters.UNLOADED)
        self.setup = roles.Setup("one", inbound=inbound)
        self.signer = roles.Signer(signet, self.setup)
        self.milter = roles.Milter(signet, self.setup)
        self.sendmail = world.Sendmail([self.setup.inbound], [self.setup.submission])

    def send(self, case):
        return world.send(case.letter.octets, case.sender, case.recipients, source=case.client, helo=case.helo,
                          options=case.options)

    def stop(self):
        self.sendmail.stop()
        return [role.stop() for role in (self.milter, self.signer, self.names)]


def verdict(trouble):
    return not trouble, trouble


def test_inbound(r, world_):
    for case in cases.inbound_cases():
        code, text = world_.send(case)
        # Sendmail writes lists of addresses anew when it sends them on, after the milter has seen them as they came.
        r.row(case.clause, case.what, *verdict(cases.trouble(case, world_.sink, code, text, ("cc",))))


def test_submission(r, world_, verifiers):
    for clause, what, letter, options in cases.outgoing_letters():
        code, _ = world.send(letter.octets, "joe@sender.example", list(cases.BOB), world.Postfix.SUBMISSION, options=options)
        found = world_.sink.find(b"Message-ID: <" + letter.mark + b"@", 60 if code == 250 else 0)
        trouble = f"reply {code}" if not found else verifiers.trouble(found[0]["octets"], BOTH_SIGNATURES)
        if found and not trouble:
            added, trouble = letters.difference(letter, found[0]["octets"])
            names = sorted(name_of(f) for f in added)
            trouble = trouble or (f"on top are {names}" if names != ["dkim-signature", "dkim-signature", "received"] else "")
        r.row(clause, "sent: " + what, *verdict(trouble))


def test_hold(r, world_):
    """The same socket with another setting after a reload."""
    with open(world_.setup.conf, encoding="utf-8") as file:
        text = file.read()
    world.write(world_.setup.conf, text.replace("role = verify", "role = verify quarantine = hold"))
    world_.milter.child.send_signal(signal.SIGHUP)
    world.wait_for("the reload", lambda: world_.milter.lines("reload"))
    case = cases.Case("-", "", Letter("hold", "ann@quar.example"), sender="ann@quar.example", client=letters.STRANGER_IP)
    code, text = world_.send(case)
    held = glob.glob("/var/spool/mqueue/hf*")
    r.row("-", "quarantine = hold: a quarantined file in the queue", code == 250 and len(held) == 1, f"{code} {text} {held}")
    r.row("-", "it is not delivered", not world_.sink.find(b"<hold@", 2))
    story = roles.story(world_.signet, world_.setup, os.path.basename(held[0])[2:] if held else "-")
    r.row("-", "signet verdict show tells its story, and how it is let go", "quar.example" in story and "-qQ" in story, story)


def test_away(r, world_, verifiers):
    letter = Letter("out-away", "joe@sender.example")
    sent = (letter.octets, "joe@sender.example", list(cases.BOB), world.Postfix.SUBMISSION)
    world_.signer.stop()
    code, _ = world.send(*sent)
    r.row("-", "without the signer mail is deferred, not sent unsigned", code == 451 and not world_.sink.find(
        b"<out-away@", 0), f"reply {code}")
    world_.signer.start()
    world_.milter.stop()
    code, _ = world.send(*sent)
    r.row("-", "without the milter too", code == 451 and not world_.sink.find(b"<out-away@", 0), f"reply {code}")
    world_.milter.start()
    code, _ = world.send(*sent)
    found = world_.sink.find(b"<out-away@")
    trouble = verifiers.trouble(found[0]["octets"], BOTH_SIGNATURES) if found else f"reply {code}"
    r.row("-", "when both are back, the next attempt is signed", *verdict(trouble))


def test(r):
    signet, opendkim = sys.argv[1:3]
    verifiers = cases.Verifiers(opendkim)
    world_ = Sendmail(signet)
    test_inbound(r, world_)
    test_submission(r, world_, verifiers)
    test_away(r, world_, verifiers)
    test_hold(r, world_)
    r.equal("-", "the milter and the signer stop with status 0", world_.stop()[:2], [0, 0])


if __name__ == "__main__":
    sys.exit(rows.start(["sendmail-bin", "sendmail-base", "sendmail-cf", "m4", "nsd"], test))
