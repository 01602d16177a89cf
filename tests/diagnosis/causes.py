# SPDX-License-Identifier: Apache-2.0
"""One message, zone and envelope for every cause of a DMARC result, in several forms each."""

import os

import changes_header
from base_messages import plain
from dkim_model import NOW, Key, sign

AUTHOR_IP, OTHER_IP, LIST_IP = "192.0.2.1", "203.0.113.66", "198.51.100.7"
NAMES = ["from", "to", "subject", "date", "message-id", "mime-version", "content-type"]

SCENES = []


def scene(*causes):
    def add(function):
        SCENES.append((list(causes), function))
        return function
    return add


class Stage:
    """Everything a scene may change before it is written."""

    def __init__(self, key, spare):
        self.key, self.spare = key, spare
        self.message = plain()
        self.ip, self.helo, self.mail_from = AUTHOR_IP, "mail.example.com", "alice@example.com"
        self.zone = {"_dmarc.example.com": ["v=DMARC1; p=reject; rua=mailto:d@example.com"],
                     "example.com": ["v=spf1 ip4:192.0.2.1 -all"],
                     "s1._domainkey.example.com": [key.record()],
                     "example.net": ["v=spf1 ip4:198.51.100.0/24 -all"],
                     "lists.example.net": ["v=spf1 ip4:198.51.100.0/24 -all"],
                     "evil.example": ["v=spf1 ip4:203.0.113.66 -all"],
                     "esp._domainkey.mailer.example": [spare.record()],
                     "bounce.mailer.example": ["v=spf1 ip4:198.51.100.0/24 -all"]}
        self.hosts = {"mail.example.com": AUTHOR_IP, "mail.example.net": LIST_IP}

    def sign(self, **more):
        self.message = sign(self.message, self.key, "relaxed/relaxed", NAMES, **more)

    def from_elsewhere(self, helo="evil.example", ip=OTHER_IP):
        self.ip, self.helo = ip, helo

    def footer(self):
        self.message.body += b"_______________________________________________\r\nlist mailing list\r\n"

    def envelope(self, ip, helo, mail_from):
        self.ip, self.helo, self.mail_from = ip, helo, mail_from

    def by_list(self):
        self.envelope(LIST_IP, "lists.example.net", "list-bounces@lists.example.net")

    def foreign(self):
        """A message that names nothing of the author's but From."""
        self.message.fields = [f for f in self.message.fields if not f.lower().startswith((b"received", b"message-id"))]


def broken(s):
    s.sign()
    s.message.body = s.message.body.replace(b"weekly", b"monthly")
    s.envelope(LIST_IP, "mail.example.net", "bob@example.net")


@scene("pass")
def _(s):
    s.sign()


@scene("pass")
def _(s):
    pass  # SPF alone


@scene("pass")
def _(s):
    s.sign()
    s.by_list()


@scene("mailing-list")
def _(s):
    s.sign()
    s.footer()
    s.message = changes_header.add(s.message, *changes_header.LIST)
    s.by_list()


@scene("mailing-list")
def _(s):
    s.sign()
    s.message = changes_header.edit(s.message, "Subject", lambda v: b" [list]" + v)
    s.message = changes_header.add(s.message, b"List-Id: <list.lists.example.net>")
    s.by_list()


@scene("mailing-list")
def _(s):
    s.message = changes_header.add(s.message, *changes_header.LIST)
    s.by_list()


@scene("forwarded-plain")
def _(s):
    s.from_elsewhere("mail.example.net", LIST_IP)
    s.message.fields.insert(0, b"Received: from mail.example.com (mail.example.com [192.0.2.1])\r\n\tby mail.example.net "
                               b"with ESMTP id 1; Mon, 21 Sep 2026 12:00:02 +0000\r\n")


@scene("forwarded-plain")
def _(s):
    s.from_elsewhere("mail.example.net", LIST_IP)
    s.message.fields.insert(0, b"X-Forwarded-To: bob@example.org\r\n")


@scene("forwarded-plain")
def _(s):
    s.from_elsewhere("mail.example.net", LIST_IP)
    s.message.fields.insert(0, b"Delivered-To: bob@example.net\r\n")


@scene("forwarded-srs")
def _(s):
    s.envelope(LIST_IP, "mail.example.net", "SRS0=HHH=TT=example.com=alice@example.net")


@scene("forwarded-srs")
def _(s):
    s.envelope(LIST_IP, "mail.example.net", "srs1=HHH=example.org==HHH=TT=example.com=alice@example.net")


@scene("spoof")
def _(s):
    s.foreign()
    s.envelope(OTHER_IP, "evil.example", "mallory@evil.example")


@scene("spoof")
def _(s):
    s.foreign()
    s.envelope(OTHER_IP, "evil.example", "alice@example.com")


@scene("spoof")
def _(s):
    s.envelope(OTHER_IP, "[203.0.113.66]", "x@unknown.example")


@scene("esp-unaligned")
def _(s):
    s.message = sign(s.message, s.spare, "relaxed/relaxed", NAMES, domain="mailer.example", selector="esp")
    s.envelope(LIST_IP, "out.mailer.example", "b-123@bounce.mailer.example")


@scene("esp-unaligned")
def _(s):
    s.message = changes_header.add(s.message, b"List-Unsubscribe: <https://mailer.example/u/1>",
                                   b"List-Id: <123.mailer.example>")
    s.message = sign(s.message, s.spare, "relaxed/relaxed", NAMES, domain="mailer.example", selector="esp")
    s.envelope(LIST_IP, "out.mailer.example", "b-123@bounce.mailer.example")


@scene("spf-unaligned")
def _(s):
    s.envelope(LIST_IP, "out.mailer.example", "b-123@bounce.mailer.example")


@scene("strict-alignment")
def _(s):
    s.zone["_dmarc.example.com"] = ["v=DMARC1; p=reject; adkim=s; aspf=s"]
    s.zone["s1._domainkey.mail.example.com"] = [s.key.record()]
    s.sign(domain="mail.example.com")
    s.envelope(LIST_IP, "mail.example.net", "bob@example.net")


@scene("strict-alignment")
def _(s):
    s.zone["_dmarc.example.com"] = ["v=DMARC1; p=reject; aspf=s"]
    s.zone["bounce.example.com"] = ["v=spf1 ip4:192.0.2.1 -all"]
    s.mail_from = "x@bounce.example.com"


@scene("psd-boundary")
def _(s):
    s.message = changes_header.edit(s.message, "From", lambda v: b" alice@one.bank.example")
    s.zone.update({"_dmarc.bank.example": ["v=DMARC1; p=reject; psd=y"], "_dmarc.one.bank.example": ["v=DMARC1; p=reject"],
                   "two.bank.example": ["v=spf1 ip4:192.0.2.1 -all"], "one.bank.example": ["v=spf1 -all"]})
    s.mail_from = "a@two.bank.example"


@scene("psd-boundary")
def _(s):
    s.message = changes_header.edit(s.message, "From", lambda v: b" alice@unit.example.com")
    s.zone.update({"_dmarc.unit.example.com": ["v=DMARC1; p=reject; psd=n"], "unit.example.com": ["v=spf1 -all"]})
    s.sign()


@scene("sub-domain-not-existing")
def _(s):
    s.message = changes_header.edit(s.message, "From", lambda v: b" alice@nowhere.example.com")
    s.zone["_dmarc.example.com"] = ["v=DMARC1; p=none; np=reject"]
    s.envelope(OTHER_IP, "evil.example", "x@nowhere.example.com")


@scene("sub-domain-not-existing")
def _(s):
    s.message = changes_header.edit(s.message, "From", lambda v: b" alice@nowhere.example.com")
    s.zone["_dmarc.example.com"] = ["v=DMARC1; p=reject; np=quarantine"]
    s.envelope(OTHER_IP, "evil.example", "x@evil.example")


@scene("bounce")
def _(s):
    s.envelope(LIST_IP, "mail.example.net", "")


@scene("bounce")
def _(s):
    s.envelope(OTHER_IP, "host.invalid", "")


@scene("no-policy")
def _(s):
    del s.zone["_dmarc.example.com"]
    s.from_elsewhere()


@scene("no-policy")
def _(s):
    del s.zone["_dmarc.example.com"]
    s.sign()


@scene("spf-fail")
def _(s):
    s.ip = OTHER_IP


@scene("spf-fail")
def _(s):
    s.ip = OTHER_IP
    s.zone["example.com"] = ["v=spf1 ip4:192.0.2.1 ~all"]


@scene("spf-neutral")
def _(s):
    s.ip = OTHER_IP
    s.zone["example.com"] = ["v=spf1 ip4:192.0.2.1 ?all"]


@scene("spf-no-record")
def _(s):
    s.ip = OTHER_IP
    s.zone["example.com"] = ["unrelated text"]


@scene("spf-permerror-lookups")
def _(s):
    s.zone["example.com"] = ["v=spf1 " + " ".join("include:i%d.example.com" % i for i in range(11)) + " -all"]
    for i in range(11):
        s.zone["i%d.example.com" % i] = ["v=spf1 ip4:198.18.0.%d -all" % i]


@scene("spf-permerror-voids")
def _(s):
    s.zone["example.com"] = ["v=spf1 a:v1.example.com a:v2.example.com a:v3.example.com -all"]


@scene("spf-permerror-syntax")
def _(s):
    s.zone["example.com"] = ["v=spf1 ipv4:192.0.2.1 -all"]


@scene("spf-permerror-multiple")
def _(s):
    s.zone["example.com"] = ["v=spf1 ip4:192.0.2.1 -all", "v=spf1 a -all"]


@scene("spf-permerror-include")
def _(s):
    s.zone["example.com"] = ["v=spf1 include:gone.example.org -all"]


@scene("spf-permerror-include")
def _(s):
    s.zone["example.com"] = ["v=spf1 redirect=gone.example.org"]


@scene("from-missing")
def _(s):
    s.message.drop("From")


@scene("from-multiple")
def _(s):
    s.sign()
    s.message.fields.append(b"From: mallory@evil.example\r\n")


@scene("from-invalid")
def _(s):
    s.message = changes_header.edit(s.message, "From", lambda v: b" nobody")


@scene("from-invalid")
def _(s):
    s.message = changes_header.edit(s.message, "From", lambda v: b" alice@-bad-..example")


@scene("dkim-broken-in-transit")
def _(s):
    broken(s)


@scene("dkim-broken-in-transit")
def _(s):
    s.sign()
    s.message.body += b"This e-mail is confidential.\r\n"
    s.ip, s.helo = OTHER_IP, "gateway.example.org"


@scene("dkim-broken-in-transit")
def _(s):
    s.sign()
    s.message = changes_header.edit(s.message, "Subject", lambda v: b" EXTERNAL:" + v)
    s.envelope(LIST_IP, "mail.example.net", "SRS0=HHH=TT=example.com=alice@example.net")


def key_fault(cause, records, **more):
    @scene(cause)
    def _(s):
        s.sign(**more)
        given = records(s)
        s.zone["s1._domainkey.example.com"] = given
        if given is None:
            del s.zone["s1._domainkey.example.com"]
        s.envelope(LIST_IP, "mail.example.net", "bob@example.net")


key_fault("dkim-key-revoked", lambda s: ["v=DKIM1; p="])
key_fault("dkim-key-missing", lambda s: None)
key_fault("dkim-key-replaced", lambda s: [s.spare.record()])
key_fault("dkim-key-weak", lambda s: [Key("rsa", 512).record()])
key_fault("dkim-key-invalid", lambda s: ["v=DKIM1; p=@@@"])
key_fault("dkim-key-invalid", lambda s: [s.key.record("h=sha1; ")])
key_fault("dkim-key-invalid", lambda s: [s.key.record("s=other; ")])
key_fault("dkim-signature-invalid", lambda s: [s.key.record()], replace={"v": "2"})
key_fault("dkim-signature-invalid", lambda s: [s.key.record()], replace={"a": "rsa-sha1"})
key_fault("dkim-signature-invalid", lambda s: [s.key.record()], replace={"bh": None})
key_fault("dkim-expired", lambda s: [s.key.record()], replace={"x": str(NOW - 1800)})
key_fault("dkim-future", lambda s: [s.key.record()], replace={"t": str(NOW + 864000)})


@scene("dkim-body-length")
def _(s):
    s.sign(replace={"l": True})
    s.message.body += b"More text.\r\n"
    s.envelope(LIST_IP, "mail.example.net", "bob@example.net")


@scene("dmarc-multiple-records")
def _(s):
    s.zone["_dmarc.example.com"] = ["v=DMARC1; p=reject", "v=DMARC1; p=none"]
    s.from_elsewhere()


@scene("dmarc-policy-typo")
def _(s):
    s.zone["_dmarc.example.com"] = ["v=DMARC1; p=rejct"]
    s.from_elsewhere()


@scene("dmarc-policy-typo")
def _(s):
    s.zone["_dmarc.example.com"] = ["v=DMARC1; p=quarantin; rua=mailto:d@example.com"]
    s.from_elsewhere()


@scene("dmarc-record-invalid")
def _(s):
    s.zone["_dmarc.example.com"] = ["v=DMARC1; sp=reject"]
    s.from_elsewhere()


@scene("dmarc-record-invalid")
def _(s):
    s.zone["_dmarc.example.com"] = ["v=DMARC1 p=reject"]
    s.from_elsewhere()


@scene("dmarc-record-invalid")
def _(s):
    s.zone["_dmarc.example.com"] = ["V=dmarc1; p=reject"]
    s.from_elsewhere()


@scene("dns-temperror-spf")
def _(s):
    s.zone["example.com"] = "TIMEOUT"


@scene("dns-temperror-spf")
def _(s):
    s.zone["example.com"] = "SERVFAIL"


@scene("dns-temperror-dkim")
def _(s):
    s.sign()
    s.zone["s1._domainkey.example.com"] = "TIMEOUT"
    s.envelope(LIST_IP, "mail.example.net", "bob@example.net")


@scene("dns-temperror-dmarc")
def _(s):
    s.zone["_dmarc.example.com"] = "SERVFAIL"
    s.from_elsewhere()


def txt(text):
    """One TXT record in master file form, in strings of at most 255 octets."""
    return " ".join('"%s"' % text[i:i + 255].replace("\\", "\\\\").replace('"', '\\"') for i in range(0, max(len(text), 1), 255))


def master_file(s):
    lines = []
    for name, records in sorted(s.zone.items()):
        if isinstance(records, str):
            lines.append(";!%s %s TXT" % (records.lower(), name))
        else:
            lines += ["%s. 3600 IN TXT %s" % (name, txt(r)) for r in records]
    lines += ["%s. 3600 IN A %s" % (name, ip) for name, ip in sorted(s.hosts.items())]
    return "\n".join(lines) + "\n"


def json_zone(s):
    zone = {name: {"TXT": records} for name, records in s.zone.items()}
    for name, ip in s.hosts.items():
        zone.setdefault(name, {})["A"] = [ip]
    return zone


def write(out, keys, spares):
    for which in (0, 1):
        for number, (causes, function) in enumerate(SCENES):
            s = Stage(keys[which], spares[which])
            function(s)
            if "dkim-key-replaced" in causes and which == 1:
                continue  # an Ed25519 signature does not show which key made it
            name = out.add(s.message, "cause %s (scene %d)" % (causes[0], number), json_zone(s), "-", "-", "-", False,
                           cause=causes, envelope={"ip": s.ip, "helo": s.helo, "mail_from": s.mail_from})
            if name:
                with open(os.path.join(out.directory, name + ".zone"), "w") as f:
                    f.write(master_file(s))
