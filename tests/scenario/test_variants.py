# SPDX-License-Identifier: Apache-2.0
"""test_variants.py SIGNET OPENDKIM: other ways to set Postfix up than that of test_postfix.py: TCP of both families with
options for each milter, users who log in, further milters in the chain, what Postfix itself changes in a message before and
after us, internationalized mail, and more forged fields than are taken out."""

import os
import shutil
import subprocess
import sys
import time

import cases
import chain
import letters
import roles
import rows
import world
from letters import GOOD, Letter, name_of, split_fields

TCP, TCP6, LENIENT, BOTH, CHAINED, EDITED, MISSING, CHECKED, SIGN_MISSING, SIGN_CHECKED, SIGN_CHAINED = range(2541, 2552)
BEFORE, BEHIND, EDITOR, SEVEN_BIT_SINK = 8801, 8802, 8803, 2601
RESULTS = b"Authentication-Results: " + roles.ID.encode() + b"; dmarc=pass header.from=good.example\r\n"
LISTEN = """
listen "{name}" {{
  socket = "{socket}"
  {text}
}}
"""
LISTENERS = (("tcp", "inet:127.0.0.1:8891", "role = verify"), ("tcp6", "inet6:[::1]:8892", "role = verify"),
             ("both", "inet:127.0.0.1:8893", "role = both"))
FOUR = "inet:127.0.0.1:8891"
STRANGER = dict(client=letters.STRANGER_IP)
EVERYTHING = {"spf": "pass", "dkim": "pass", "dmarc": "pass"}


def services(submission, inbound):
    """{port: options}: all of them lines of master.cf."""
    each = "{{ smtpd_milters = {{ {}, default_action=tempfail, connect_timeout=2s, command_timeout=10s, protocol=6 }} }}"
    login = "smtpd_sasl_auth_enable=yes\nmilter_mail_macros=i"  # the macros that tell who logged in are not among them
    return {
        TCP: each.format(FOUR), TCP6: each.format("inet:[::1]:8892"), LENIENT: f"smtpd_milters={FOUR}",
        BOTH: f"smtpd_milters=inet:127.0.0.1:8893\n{login}",
        CHAINED: f"smtpd_milters=inet:127.0.0.1:{BEFORE},{FOUR},inet:127.0.0.1:{BEHIND}",
        EDITED: f"smtpd_milters=inet:127.0.0.1:{EDITOR},{FOUR},inet:127.0.0.1:{BEHIND}",
        MISSING: f"smtpd_milters={inbound}\ncleanup_service_name=missing",
        CHECKED: f"smtpd_milters={inbound}\ncleanup_service_name=checked",
        SIGN_MISSING: f"smtpd_milters={submission}\ncleanup_service_name=missing",
        SIGN_CHECKED: f"smtpd_milters={submission}\ncleanup_service_name=checked",
        SIGN_CHAINED: f"smtpd_milters=inet:127.0.0.1:{BEFORE},{submission},inet:127.0.0.1:{BEHIND}",
    }


def make_login():
    """joe, with a password in Cyrus SASL's own file."""
    world.write("/etc/postfix/sasl/smtpd.conf", "pwcheck_method: auxprop\nauxprop_plugin: sasldb\nmech_list: PLAIN LOGIN\n")
    subprocess.run(["saslpasswd2", "-p", "-c", "-u", "mx.recv.example", "joe"], input=b"secret", check=True)
    shutil.chown("/etc/sasldb2", "postfix", "postfix")


def remember(setup):
    """A client that has handed on the mail of others for days, as the milter would have left it."""
    day = int(time.time()) // 86400
    numbers = [day, 0b11111, day // 8, *[8] * 4, *[0] * 4, *[n for author in range(1, 9) for n in (author, day)]]
    world.write(f"{setup.spool}/forwarders", f"signet-forwarders-1 7\nclient fwd.example {' '.join(map(str, numbers))}\n",
                0o600, roles.MILTER_USER)


def failures(setup):
    """How often that client's mail has failed since."""
    with open(f"{setup.spool}/forwarders", encoding="ascii") as file:
        line = next(line.split() for line in file if line.startswith("client fwd.example "))
    return sum(map(int, line[9:13]))


class World:
    def __init__(self, signet):
        self.signet = signet
        roles.make_keys()
        roles.make_keys(letters.OUR_WIDE_RSA, letters.OUR_WIDE_ED)
        make_login()
        self.sink, self.old_sink = world.Sink(), world.Sink(SEVEN_BIT_SINK, ("SIZE 0",))
        self.names = world.NameServer(letters.zone(), unloaded=letters.UNLOADED)
        top = "".join(LISTEN.format(name=name, socket=socket, text=text) for name, socket, text in LISTENERS)
        self.setup = roles.Setup("one", top=top + f'sign "{letters.OUR_WIDE}" {{ }}\n')
        remember(self.setup)
        self.signer, self.milter = roles.Signer(signet, self.setup), roles.Milter(signet, self.setup)
        self.before, self.behind = chain.Milter(BEFORE), chain.Milter(BEHIND)
        # One that has moved every index there is when the message comes to us.
        forged = b" " + roles.ID.encode() + b"; spf=pass"
        self.editor = chain.Milter(EDITOR, [chain.change(2, b"X-Two", b""), chain.insert(1, b"X-Editor", b" second"),
                                            chain.insert(0, b"Authentication-Results", forged),
                                            chain.insert(0, b"X-Editor", b" first")])
        old = f"[127.0.0.1]:{SEVEN_BIT_SINK}"
        world.write("/etc/postfix/header_checks", "/^Subject: (.*)/ REPLACE Subject: [checked] $1\n/^X-Gone:/ IGNORE\n")
        self.postfix = world.Postfix(
            inbound=f"smtpd_milters={self.setup.inbound}", submission=f"smtpd_milters={self.setup.submission}",
            services=services(self.setup.submission, self.setup.inbound),
            programs={"missing": ("cleanup", "always_add_missing_headers=yes"),
                      "checked": ("cleanup", "header_checks=regexp:/etc/postfix/header_checks"),
                      "asis": ("smtp", "disable_mime_output_conversion=yes")},
            more="cyrus_sasl_config_path = /etc/postfix/sasl\nmyorigin = mx.recv.example\n"
                 "smtpd_sasl_local_domain = mx.recv.example\n"
                 f"transport_maps = inline:{{ seven.example=smtp:{old}, asis.example=asis:{old} }}\n"
                 "relay_domains = recv.example seven.example asis.example\nmilter_default_action = accept\n")

    def send(self, case, port=world.Postfix.INBOUND):
        return world.send(case.letter.octets, case.sender, case.recipients, port, client=case.client, helo=case.helo,
                          options=case.options)

    def submit(self, letter, port=world.Postfix.SUBMISSION, sender="joe@sender.example", to=cases.BOB, sink=None, **more):
        """(reply code, what was delivered or None)"""
        code, _ = world.send(letter.octets, sender, list(to), port, **more)
        found = (sink or self.sink).find(b"<" + letter.mark + b"@", 30 if code == 250 else 0)
        return code, found[0]["octets"] if found else None

    def lines(self, *words):
        return self.milter.lines(" message ", *words)

    def stop(self):
        self.postfix.stop()
        return [role.stop() for role in (self.milter, self.signer, self.names)]


def verdict(trouble):
    return not trouble, trouble


def judge(r, w, case, port, what=None):
    code, text = w.send(case, port)
    r.row(case.clause, what or case.what, *verdict(cases.trouble(case, w.sink, code, text)))


def signed_trouble(verifiers, code, octets, domain="sender.example"):
    if code != 250 or octets is None:
        return f"reply {code}, delivered: {octets is not None}"
    return verifiers.trouble(octets, [(domain, "ed25519-sha256"), (domain, "rsa-sha256")])


def test_tcp(r, w):
    for port, name in ((TCP, "tcp"), (TCP6, "tcp6")):
        judge(r, w, cases.Case("-", "", Letter(name + "-good").signed(GOOD), results=EVERYTHING), port,
              f"{name}, with options of this milter: a good message")
        judge(r, w, cases.Case("-", "", Letter(name + "-forged"), client=letters.STRANGER_IP, code=550, says=("5.7.1",)), port,
              f"{name}: a forged one")
    w.milter.stop()
    sent = (Letter("away").signed(GOOD).octets, "ann@good.example", list(cases.BOB))
    code, _ = world.send(*sent, TCP, client=letters.GOOD_IP)
    r.equal("-", "default_action=tempfail of this milter, which is away, against accept for all", code, 451)
    code, _ = world.send(*sent, TCP6, client=letters.GOOD_IP)
    r.equal("-", "the same over IPv6", code, 451)
    code, _ = world.send(*sent, LENIENT, client=letters.GOOD_IP)
    r.row("-", "a service that says nothing of its own takes it", code == 250 and len(w.sink.find(b"<away@")) == 1, str(code))
    w.milter.start()
    code, _ = world.send(*sent, TCP, client=letters.GOOD_IP)
    r.row("-", "back again, it judges the next", code == 250 and len(w.lines("listener=tcp ", "dmarc=pass")) == 2, str(code))


def test_login(r, w, verifiers):
    stranger = dict(port=BOTH, client=letters.STRANGER_IP)
    letter = Letter("login", "joe@sender.example")
    code, octets = w.submit(letter, login=("joe", "secret"), **stranger)
    r.row("-", "role both: who logged in is signed for, from wherever he comes", *verdict(signed_trouble(
        verifiers, code, octets)))
    log = w.lines("listener=both", "reason=login", "login=joe@mx.recv.example")
    r.equal("-", "the log names the login, though milter_mail_macros does not", len(log), 1)
    code, octets = w.submit(Letter("no-login", "joe@sender.example"), **stranger)
    r.row("-", "role both: who did not is verified, and refused", code == 550 and not octets, f"reply {code}")
    code, octets = w.submit(Letter("xclient-login", "joe@sender.example"), port=BOTH, client=letters.STRANGER_IP,
                            xclient="LOGIN=joe")
    r.row("-", "role both: a proxy of ours tells the login (XCLIENT)", *verdict(signed_trouble(verifiers, code, octets)))
    log = w.lines("listener=both", "reason=login", "login=joe ")
    r.equal("-", "and the log names it", len(log), 1)


def test_chain(r, w, verifiers):
    letter = Letter("chained").signed(GOOD).on_top(RESULTS).below(RESULTS)
    case = cases.Case("8601:5", "", letter, removed=(RESULTS,), results=EVERYTHING)
    judge(r, w, case, CHAINED, "between two milters that do nothing")
    names = w.behind.names()
    r.equal("-", "the one behind us sees our results on top, and no forged ones",
            ("authentication-results" in names[:2], names.count("authentication-results")), (True, 1))
    middle = (b"X-Two: 1\r\n", b"X-Two: 2\r\n")
    case = cases.Case("8601:5", "", Letter("edited").signed(GOOD).on_top(RESULTS, *middle).below(RESULTS),
                      client=letters.GOOD_IP)
    code, _ = w.send(case, EDITED)
    found = w.sink.find(b"<edited@", 30)
    fields, _ = split_fields(found[0]["octets"]) if found else ([], b"")
    ours = [f for f in fields if name_of(f) == "authentication-results"]
    trouble = "" if len(ours) == 1 and letters.results_of(ours[0])[1].get("dkim") == "pass" else f"reply {code}, {ours}"
    r.row("8601:5", "behind one that has put in and taken out fields: what is forged goes, its own too", *verdict(trouble))
    kept = [name_of(f) for f in fields]
    r.equal("-", "nothing else does", [kept.count(name) for name in (
        "x-editor", "x-two", "received", "dkim-signature", "from")], [2, 1, 1, 1, 1])
    code, octets = w.submit(Letter("sign-chained", "joe@sender.example"), port=SIGN_CHAINED)
    r.row("-", "signing between two milters that do nothing", *verdict(signed_trouble(verifiers, code, octets)))


def test_missing(r, w, verifiers):
    short = [f for f in Letter("missing").fields if name_of(f) not in ("date", "message-id")]
    letter = Letter("missing").copy(short).signed(GOOD, "simple/simple")
    code, _ = w.send(cases.Case("", "", letter), MISSING)
    found = w.sink.find(b"Subject: missing\r\n", 30)
    fields, _ = split_fields(found[0]["octets"]) if found else ([], b"")
    names = [name_of(f) for f in fields]
    results = letters.results_of(fields[0])[1] if fields else {}
    r.row("-", "always_add_missing_headers, verifying: they are there, and the signature holds",
          {"date", "message-id"} <= set(names) and results.get("dkim") == "pass", f"reply {code}, {names}, {results}")
    ours = [f.replace(b"good.example", b"sender.example").replace(b": missing", b": sign-missing") for f in short]
    code, _ = world.send(letter.copy(ours).octets, "joe@sender.example", list(cases.BOB), SIGN_MISSING)
    found = w.sink.find(b"Subject: sign-missing\r\n", 30)
    trouble = signed_trouble(verifiers, code, found[0]["octets"] if found else None)
    r.row("-", "signing: what Postfix adds is covered", *verdict(trouble))
    fields, _ = split_fields(found[0]["octets"]) if found else ([], b"")
    covered = [cases.tags_of(f)["h"].lower().split(":") for f in fields if name_of(f) == "dkim-signature"]
    r.row("6376:5.4.1", "in h= are the Date and the Message-ID that it added",
          all({"date", "message-id"} <= set(h) for h in covered) and len(covered) == 2, str(covered))


def test_checks(r, w, verifiers):
    letter = Letter("checks", fields=[b"X-Gone: 1\r\n"]).signed(GOOD)
    case = cases.Case("-", "", letter.copy(
        [f.replace(b"Subject: ", b"Subject: [checked] ") for f in letter.fields if name_of(f) != "x-gone"]),
        results={"spf": "pass", "dkim": "fail", "dmarc": "pass"})
    code, text = world.send(letter.octets, case.sender, case.recipients, CHECKED, client=case.client)
    r.row("6376:6.1.3", "header_checks change what was signed: it says so", *verdict(cases.trouble(case, w.sink, code, text)))
    code, octets = w.submit(Letter("sign-checks", "joe@sender.example", fields=[b"X-Gone: 1\r\n"]), port=SIGN_CHECKED)
    r.row("-", "header_checks before us: what is signed is what they made", *verdict(
        signed_trouble(verifiers, code, octets) or ("" if b"Subject: [checked]" in octets else "they did nothing")))


def test_seven_bit(r, w, verifiers):
    to = ("bob@seven.example",)
    letter = Letter("seven", "joe@sender.example", "Grüße €\r\n".encode())
    code, octets = w.submit(letter, to=to, sink=w.old_sink, options=("BODY=8BITMIME",))
    trouble = signed_trouble(verifiers, code, octets)
    r.row("6376:5.3", "on the way to a server without 8BITMIME Postfix writes the body anew behind us: the signature is lost",
          bool(octets) and b"=C3=BC" in octets and "dkimpy says [False, False]" in trouble, trouble or "it holds")
    back = Letter("x").copy(*split_fields(octets or b""))
    back.mark = letter.mark
    case = cases.Case("-", "", back, sender="joe@sender.example", client="192.0.2.193", results={"dmarc": "pass"})
    judge(r, w, case, world.Postfix.INBOUND, "such a message, coming in from its own network")
    log = w.lines("listener=inbound", "author=sender.example")
    r.row("-", "its signatures fail, and SPF speaks for it", len(log) == 1 and "dkim=fail" in log[0], str(log))
    story = roles.story(w.signet, w.setup, log[0].split(" id=")[1].split()[0] if log else "-")
    r.row("-", "signet verdict show says what was done to it on the way", "re-encod" in story or "quoted-printable" in story,
          story[:1500])
    letter = Letter("seven-as-is", "joe@sender.example", "Grüße €\r\n".encode())
    code, octets = w.submit(letter, to=("bob@asis.example",), sink=w.old_sink, options=("BODY=8BITMIME",))
    r.row("6376:5.3", "disable_mime_output_conversion leaves it as it was signed", *verdict(signed_trouble(
        verifiers, code, octets)))
    letter = Letter("seven-ascii", "joe@sender.example")
    letter = letter.copy([f.replace(b": 8bit", b": 7bit") for f in letter.fields])
    code, octets = w.submit(letter, to=to, sink=w.old_sink)
    r.row("-", "what calls itself 7bit is not touched", *verdict(signed_trouble(verifiers, code, octets)))


def test_wide(r, w, verifiers):
    author = "jörg@" + letters.WIDE
    wide = dict(sender=author, options=("SMTPUTF8", "BODY=8BITMIME"), helo="mail.good.example")
    case = cases.Case("8616:4", "SMTPUTF8: local part and domain are not ASCII", Letter("wide", author).signed(
        letters.WIDE_KEY), results=EVERYTHING, **wide)
    judge(r, w, case, world.Postfix.INBOUND)
    found = w.sink.find(b"<wide@")
    field = split_fields(found[0]["octets"])[0][0] if found else b""
    r.row("8616:4", "the results are UTF-8 as the message is, and name the author", b"header.from=" in field and (
        letters.WIDE.encode() in field or letters.WIDE_DNS.encode() in field), field.decode(errors="replace"))
    case = cases.Case("8616:4", "a forged one is refused", Letter("wide-forged", author), client=letters.STRANGER_IP, code=550,
                      says=("5.7.1",), **wide)
    judge(r, w, case, world.Postfix.INBOUND)
    r.equal("-", "the log has the domain in its normal form", len(w.lines("author=" + letters.WIDE_DNS)), 2)
    author = "jörg@" + letters.OUR_WIDE
    for mark, text, domain in (("wide-out", author, letters.OUR_WIDE),
                               ("wide-out-a", "joerg@" + letters.OUR_WIDE_DNS, letters.OUR_WIDE_DNS)):
        letter = Letter(mark, text)
        code, octets = w.submit(letter, sender=author, options=("SMTPUTF8", "BODY=8BITMIME"))
        trouble = signed_trouble(verifiers if domain.isascii() else cases.Verifiers(None), code, octets, domain)
        if octets and not trouble:
            _, trouble = letters.difference(letter, octets)
        r.row("8616:5", f"SMTPUTF8, going out: d={domain} for From {text}", *verdict(trouble))


def test_forwarder(r, w):
    case = cases.Case("9989:7.4", "", Letter("seen"), client=letters.STRANGER_IP, marked=True,
                      results={"spf": "fail", "dmarc": "fail"})
    code, text = world.send(case.letter.octets, case.sender, case.recipients, client=case.client, name="fwd.example")
    r.row("9989:7.4", "a forwarder seen before, its name confirmed: what fails is marked", *verdict(
        cases.trouble(case, w.sink, code, text)))
    log = w.lines("listener=inbound", "override=seen-forwarder")
    r.equal("-", "the log has the reason", len(log), 1)
    story = roles.story(w.signet, w.setup, log[0].split(" id=")[1].split()[0] if log else "-")
    r.row("-", "so has the verdict", "seen-forwarder" in story, story[:1500])
    code, _ = world.send(Letter("unseen").octets, case.sender, case.recipients, client=case.client)
    r.equal("9989:7.4", "from the same address without the name it is refused", code, 550)


def test_caps(r, w):
    for n in (499, 500):
        letter = Letter(f"cap-{n}", "ann@none.example").on_top(*[RESULTS] * (n // 2)).below(*[RESULTS] * (n - n // 2))
        case = cases.Case("8601:5", f"{n} forged results: all go", letter, sender="ann@none.example", removed=(RESULTS,),
                          client=letters.STRANGER_IP, results={"spf": "fail", "dmarc": "fail"})
        judge(r, w, case, world.Postfix.INBOUND)
    letter = Letter("cap-501").signed(GOOD).on_top(*[RESULTS] * 501)
    code, text = world.send(letter.octets, "ann@good.example", list(cases.BOB), client=letters.GOOD_IP)
    r.row("8601:5", "501 are more than can be taken out: the client hears 552", code == 552 and "5.3.4" in text,
          f"{code} {text}")
    r.row("-", "it is not delivered", not w.sink.find(b"<cap-501@", 1))
    files = [name for _, _, names in os.walk("/var/spool/postfix/incoming") for name in names]
    files += [name for folder in ("active", "deferred", "hold", "maildrop", "corrupt")
              for _, _, names in os.walk("/var/spool/postfix/" + folder) for name in names]
    r.equal("-", "and no file of it is in the queue", files, [])
    log = world.Postfix.find_in_log("milter-reject: END-OF-MESSAGE.*: 5.3.4 the header.*ann@good")
    r.equal("-", "Postfix has logged why", len(log), 1)
    sign = Letter("cap-sign", "joe@sender.example").on_top(*[RESULTS] * 501)
    code, text = world.send(sign.octets, "joe@sender.example", list(cases.BOB), world.Postfix.SUBMISSION)
    r.row("8601:5", "the same going out", code == 552 and not w.sink.find(b"<cap-sign@", 1), f"{code} {text}")


def test(r):
    signet, opendkim = sys.argv[1:3]
    verifiers = cases.Verifiers(opendkim)
    w = World(signet)
    test_tcp(r, w)
    test_login(r, w, verifiers)
    test_chain(r, w, verifiers)
    test_missing(r, w, verifiers)
    test_checks(r, w, verifiers)
    test_seven_bit(r, w, verifiers)
    test_wide(r, w, verifiers)
    test_forwarder(r, w)
    test_caps(r, w)
    r.equal("-", "the milter and the signer stop with status 0", w.stop()[:2], [0, 0])
    r.equal("-", "what is known of the forwarder outlives the milter", failures(w.setup), 1)


if __name__ == "__main__":
    sys.exit(rows.start(["postfix", "nsd", "sasl2-bin", "libsasl2-modules", "libsasl2-modules-db"], test))
