# SPDX-License-Identifier: Apache-2.0
"""test_postfix.py SIGNET OPENDKIM: Postfix from Debian in a private machine, `signet milter` behind it: verifying on one
service, signing on another, both on a third, holding on a fourth; two hosts in a row."""

import subprocess
import sys
import time

import cases
import letters
import roles
import rows
import world
from letters import GOOD, Letter, name_of, split_fields

HOLD, NAMED, UNNAMED, SECOND, SECOND_UNTRUSTED, DRY, SEALING, EARLY = range(2526, 2534)
BOTH_SIGNATURES = [("sender.example", "ed25519-sha256"), ("sender.example", "rsa-sha256")]
LISTEN = """
listen "{name}" {{
  socket = "{socket}"
  {text}
}}
"""
# Each with a service of Postfix of its own; two of them over TCP.
LISTENERS = {"hold": (HOLD, "unix:/run/signet-one/hold.sock", "role = verify quarantine = hold socket_mode = 0666"),
             "both": (UNNAMED, "unix:/run/signet-one/both.sock", "role = both socket_mode = 0666"),
             "dry": (DRY, "inet:127.0.0.1:8891", "role = verify dry_run = true"),
             "sealing": (SEALING, "inet:127.0.0.1:8892",
                         "role = verify seal = true seal_as = sender.example seal_selector = s1"),
             "early": (EARLY, "unix:/run/signet-one/early.sock", "role = verify early_spf = true socket_mode = 0666")}
OPTIONS = "smtpd_milters=unix:{path}\nmilter_macro_daemon_name={name}"


class Postfix:
    """Everything of this test that runs."""

    def __init__(self, signet):
        self.signet = signet
        roles.make_keys()
        self.sink = world.Sink()
        self.names = world.NameServer(letters.zone(), unloaded=letters.UNLOADED)
        top = "".join(LISTEN.format(name=name, socket=socket, text=text) for name, (_, socket, text) in LISTENERS.items())
        self.one = roles.Setup("one", top=top)
        # The second hosts have the same name in Authentication-Results; one knows the first as its relay.
        self.second = roles.Setup("second", 9112, top='trusted_nets = { "203.0.113.1" }')
        self.untrusted = roles.Setup("untrusted", 9113)
        self.signer = roles.Signer(signet, self.one)
        self.milters = [roles.Milter(signet, setup) for setup in (self.one, self.second, self.untrusted)]
        run = "/run/signet-one/"
        self.postfix = world.Postfix(
            inbound=f"smtpd_milters={self.one.inbound}", submission=OPTIONS.format(
                path=run + "submission.sock", name="ORIGINATING"),
            services={**{port: f"smtpd_milters={socket}" for port, socket, _ in LISTENERS.values()},
                      NAMED: OPTIONS.format(path=run + "both.sock", name="ORIGINATING"),
                      SECOND: f"smtpd_milters={self.second.inbound}",
                      SECOND_UNTRUSTED: f"smtpd_milters={self.untrusted.inbound}"},
            more=f"non_smtpd_milters = {self.one.submission}\ninternal_mail_filter_classes = bounce\n"
                 "myorigin = sender.example\nbounce_queue_lifetime = 0\nnotify_classes =\n")

    def send(self, case, port=world.Postfix.INBOUND):
        return world.send(case.letter.octets, case.sender, case.recipients, port, client=case.client, helo=case.helo,
                          options=case.options)

    def submit(self, letter, options=(), port=world.Postfix.SUBMISSION, client=None, sender="joe@sender.example"):
        """(reply code, what was delivered or None)"""
        code, _ = world.send(letter.octets, sender, list(cases.BOB), port, client=client, options=options)
        found = self.sink.find(b"Message-ID: <" + letter.mark + b"@", 60 if code == 250 else 0)
        return code, found[0]["octets"] if found else None

    def stop(self):
        self.postfix.stop()
        return [role.stop() for role in [*self.milters, self.signer]] + [self.names.stop()]


def test_inbound(r, world_):
    for case in cases.inbound_cases():
        code, text = world_.send(case)
        r.row(case.clause, case.what, *verdict(cases.trouble(case, world_.sink, code, text)))


def verdict(trouble):
    return not trouble, trouble


def test_hold(r, world_):
    case = cases.Case("-", "", Letter("hold", "ann@quar.example"), sender="ann@quar.example", client=letters.STRANGER_IP)
    code, text = world_.send(case, HOLD)
    queue_id = text.split()[-1]
    r.row("-", "quarantine = hold: the message is in the hold queue",
          code == 250 and world_.postfix.queue().get(queue_id) == "held", f"{code} {text}, {world_.postfix.queue()}")
    r.row("-", "it is not delivered", not world_.sink.find(b"<hold@", 1))
    story = roles.story(world_.signet, world_.one, queue_id)
    r.row("-", "signet verdict show tells its story", "quar.example" in story, story)
    r.row("-", "and how it is let go", f"postsuper -H {queue_id}" in story, story)
    world_.postfix.run("postsuper", "-H", queue_id)
    world_.postfix.run("postqueue", "-f")
    found = world_.sink.find(b"<hold@")
    added, trouble = letters.difference(case.letter, found[0]["octets"]) if found else ([], "it is not there")
    r.row("-", "let go, it is delivered with the results on it",
          not trouble and "authentication-results" in map(name_of, added), f"{trouble} {added}")


def signed_trouble(world_, verifiers, letter, code, octets, removed=(), signatures=None):
    signatures = BOTH_SIGNATURES if signatures is None else signatures
    if code != 250 or octets is None:
        return f"reply {code}, delivered: {octets is not None}"
    added, trouble = letters.difference(letter, octets, removed)
    names = [name_of(f) for f in added]
    if sorted(names) != sorted(["dkim-signature"] * len(signatures) + ["received"]):
        return f"{trouble} the fields on top are {names}"
    return trouble or verifiers.trouble(octets, signatures + [
        (tags["d"], tags["a"]) for tags in map(cases.tags_of, (f for f in letter.fields if name_of(f) == "dkim-signature"))])


def test_submission(r, world_, verifiers):
    for clause, what, letter, options in cases.outgoing_letters():
        code, octets = world_.submit(letter, options)
        r.row(clause, "sent: " + what, *verdict(signed_trouble(world_, verifiers, letter, code, octets)))
    forged = b"Authentication-Results: " + roles.ID.encode() + b"; dmarc=pass\r\n"
    letter = Letter("out-forged", "joe@sender.example").on_top(forged)
    code, octets = world_.submit(letter)
    r.row("8601:5", "sent: forged results go, none are added", *verdict(signed_trouble(
        world_, verifiers, letter, code, octets, (forged,))))
    letter = letters.odd_layout("out-simple").signed(GOOD, "simple/simple", letters.ODD_NAMES)
    code, octets = world_.submit(letter)
    r.row("6376:3.4.1", "sent: a c=simple signature of the sender's own arrives whole, and nobody else is signed for",
          *verdict(signed_trouble(world_, verifiers, letter, code, octets, (), [])))
    log = world_.milters[0].lines("listener=submission", "deed=passed", "no rule for good.example")
    r.equal("-", "why it was not signed is in the log", len(log), 1)


def test_signet_sign(r, world_):
    key = f"{world.FOLDER}/good.pem"
    world.write(key, roles.private_pem(GOOD), 0o600)
    for canon in ("simple/simple", "relaxed/simple"):
        letter = letters.odd_layout("signet-" + canon.replace("/", "-")).signed_by_signet(
            world_.signet, key, "good.example", "s1", canon)
        case = cases.Case("", "", letter, results={"spf": "pass", "dkim": "pass", "dmarc": "pass"})
        code, text = world_.send(case)
        r.row("6376:3.4.1", f"signed by signet sign with {canon}, verified through Postfix",
              *verdict(cases.trouble(case, world_.sink, code, text)))


def test_both(r, world_, verifiers):
    letter = Letter("both-out", "joe@sender.example")
    code, octets = world_.submit(letter, port=NAMED)
    r.row("-", "role both: the name of the service says sign", *verdict(signed_trouble(
        world_, verifiers, letter, code, octets)))
    case = cases.Case("", "", Letter("both-in").signed(GOOD), results={"dmarc": "pass"})
    code, text = world_.send(case, UNNAMED)
    r.row("-", "role both: a stranger is verified", *verdict(cases.trouble(case, world_.sink, code, text)))
    letter = Letter("both-from", "joe@sender.example")
    code, octets = world_.submit(letter, port=UNNAMED, client=letters.STRANGER_IP)
    r.row("-", "role both: From alone is no reason to sign", code == 550 and not octets, f"reply {code}")
    lines = [line for line in world_.milters[0].lines("listener=both") if "reason=daemon-name" in line]
    r.row("-", "the reason is in the log", len(lines) == 1, str(world_.milters[0].lines("listener=both")))


def test_local(r, world_, verifiers):
    letter = Letter("local", "joe@sender.example")
    subprocess.run(["/usr/sbin/sendmail", "-f", "joe@sender.example", "bob@recv.example"],
                   input=letter.octets.replace(b"\r\n", b"\n"), check=True)
    found = world_.sink.find(b"<local@")
    trouble = signed_trouble(world_, verifiers, letter, 250, found[0]["octets"]) if found else "it was not delivered"
    r.row("-", "local mail is signed (non_smtpd_milters)", *verdict(trouble))
    letter = Letter("bounced", "joe@sender.example")
    code, _ = world.send(letter.octets, "joe@sender.example", ["refuse@recv.example"], world.Postfix.SUBMISSION)
    found = [m for m in world_.sink.find(b"<bounced@") if m["from"] == ""]
    trouble = verifiers.trouble(found[0]["octets"], BOTH_SIGNATURES) if found else f"reply {code}, there is no bounce"
    r.row("-", "a bounce is signed (internal_mail_filter_classes)", *verdict(trouble))


def test_second_hop(r, world_):
    ours = b"Authentication-Results: " + roles.ID.encode() + b"; dmarc=pass\r\n"
    letter = Letter("hops", "ann@none.example").on_top(ours).below(ours)
    first = cases.Case("", "", letter, sender="ann@none.example", client=letters.STRANGER_IP, removed=(ours,),
                       results={"dmarc": "fail"})
    code, text = world_.send(first)
    r.row("8601:5", "two hosts, one name: the first", *verdict(cases.trouble(first, world_.sink, code, text)))
    passed = world_.sink.find(b"<hops@")[0]["octets"]
    fields, body = split_fields(passed)
    results = [f for f in fields if name_of(f) == "authentication-results"]
    for port, what, gone in ((SECOND, "one that knows the first as its relay keeps what that found", ()),
                             (SECOND_UNTRUSTED, "one that does not know it removes that", tuple(results))):
        mark = b"hops-%d" % port
        relayed = letter.copy([f.replace(b"<hops@", b"<" + mark + b"@") for f in fields], body)
        relayed.mark = mark
        if port == SECOND:  # somebody below the first hop claims our name all the same
            relayed = relayed.below(ours)
            gone = (ours,)
        case = cases.Case("", "", relayed, sender="ann@none.example", client="203.0.113.1", removed=gone)
        code, text = world_.send(case, port)
        r.row("8601:5", "two hosts, one name: " + what, *verdict(cases.trouble(case, world_.sink, code, text)))


def test_dry(r, world_):
    forged = b"Authentication-Results: " + roles.ID.encode() + b"; dmarc=pass\r\n"
    letter = Letter("dry").on_top(forged)
    code, _ = world.send(letter.octets, "ann@good.example", list(cases.BOB), DRY, client=letters.STRANGER_IP)
    found = world_.sink.find(b"<dry@")
    added, trouble = letters.difference(letter, found[0]["octets"]) if found else ([], f"reply {code}")
    r.row("-", "a dry run changes nothing", not trouble and [name_of(f) for f in added] == ["received"], f"{trouble} {added}")
    log = world_.milters[0].lines("listener=dry", "decision=reject")
    r.equal("-", "and tells what it would have done", len(log), 1)
    counted = world_.one.counters()
    r.row("-", "and counts it", counted.get('signet_milter_dry_run_total{outcome="rejected"}') == 1.0, str(counted))


def test_seal(r, world_, verifiers):
    case = cases.Case("", "", Letter("sealed").signed(GOOD), results={"dmarc": "pass"})
    world_.send(case, SEALING)
    found = world_.sink.find(b"<sealed@")
    added, trouble = letters.difference(case.letter, found[0]["octets"]) if found else ([], "it was not delivered")
    r.equal("8617:5.1", "a sealed message: the set on top, in the order seal, signature, results", (
        trouble, [name_of(f) for f in added]), ("", ["arc-seal", "arc-message-signature", "arc-authentication-results",
                                                     "authentication-results", "received"]))
    r.equal("8617:5.2", "dkimpy verifies the seal", verifiers.dkimpy.arc(found[0]["octets"]) if found else "", "pass")


def test_early(r, world_):
    code, text = world.send(Letter("early").signed(GOOD).octets, "ann@good.example", list(cases.BOB), EARLY,
                            client=letters.STRANGER_IP)
    r.row("7208:8.4", "early_spf: refused at the recipient", code == 550 and "5.7.23" in text, f"{code} {text}")
    log = world.Postfix.find_in_log(r".*milter-reject: RCPT.*")
    r.row("7208:8.4", "in Postfix's log as well", len(log) == 1, str(log))


def test_allow(r, world_):
    letter = Letter("allowed")
    sent = dict(sender="ann@good.example", recipients=list(cases.BOB), client=letters.STRANGER_IP)
    code, text = world.send(letter.octets, **sent)
    queue_id = world.Postfix.find_in_log(r"postfix/cleanup\[\d+\]: (\w+): milter-reject: END-OF-MESSAGE")[-1]
    allow = subprocess.run([world_.signet, "verdict", "allow", "--config", world_.one.conf, queue_id, "--for", "1h"],
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    end, again = time.monotonic() + 30, code
    while again != 250 and time.monotonic() < end:  # the milter looks at its file once a second
        time.sleep(0.5)
        again, _ = world.send(letter.octets, **sent)
    r.row("-", "signet verdict allow QUEUEID: what was refused is let through when it comes again",
          (code, allow.returncode, again) == (550, 0, 250) and world_.sink.find(b"<allowed@"),
          f"{code} {text}, {allow.stdout}, {again}")
    log = world_.milters[0].lines("override=", "verdict allow")
    r.row("-", "the log says so", len(log) == 1, str(log))


def test_signer_away(r, world_, verifiers):
    world_.signer.stop()
    letter = Letter("unsigned", "joe@sender.example")
    code, octets = world_.submit(letter)
    r.row("-", "without the signer mail is deferred, not sent unsigned", code == 451 and octets is None, f"reply {code}")
    world_.signer.start()
    code, octets = world_.submit(letter)
    r.row("-", "when it is back, the next attempt is signed", *verdict(signed_trouble(world_, verifiers, letter, code, octets)))


def test(r):
    signet, opendkim = sys.argv[1:3]
    verifiers = cases.Verifiers(opendkim)
    world_ = Postfix(signet)
    test_inbound(r, world_)
    test_hold(r, world_)
    test_submission(r, world_, verifiers)
    test_signet_sign(r, world_)
    test_both(r, world_, verifiers)
    test_local(r, world_, verifiers)
    test_second_hop(r, world_)
    test_dry(r, world_)
    test_seal(r, world_, verifiers)
    test_early(r, world_)
    test_allow(r, world_)
    test_signer_away(r, world_, verifiers)
    bad = [line for line in world.Postfix.log().splitlines() if "warning: milter" in line or "request mask" in line]
    r.row("-", "Postfix has nothing to say about the milter", not bad, str(bad[:3]))
    r.equal("-", "the milters and the signer stop with status 0", world_.stop()[:4], [0, 0, 0, 0])


if __name__ == "__main__":
    sys.exit(rows.start(["postfix", "nsd"], test))
