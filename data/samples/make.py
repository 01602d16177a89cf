#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""make.py: writes the made-up samples and the zone of this folder.  Their keys are new each time and not kept, so there is no
reason to run this but a change of a sample.  The messages of other projects are taken from tests/vectors."""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "bench"))
from mailgen.signer import Key, Options, new_private, sign  # noqa: E402
from mailgen.text import stamp  # noqa: E402
from mailgen.zone import Zone  # noqa: E402

WHEN = 1760000000
VECTORS = os.path.join(ROOT, "tests", "vectors", "dkim")
ZONE_HEAD = """; What the domains of the samples publish.  The messages of other projects come with their published keys; everything
; else below .example is made up.
"""
NEWSLETTER = """<html><body>\r
<h1>Two new teas</h1>\r
<p>The first flush from the hills has arrived.  <a href="https://tea-house.example/new">Have a look</a>.</p>\r
<p>Tea House, 12 Harbour Street</p>\r
</body></html>\r
"""
LIST_FOOTER = b"""_______________________________________________\r
gardeners mailing list -- gardeners@lists.example\r
To unsubscribe send an email to gardeners-leave@lists.example\r
"""


class Samples:
    def __init__(self):
        self.zone = Zone()
        self.keys = {}

    def domain(self, name, spf="", policy="", key=None, selector="s1"):
        """Publishes a domain; key: "rsa2048" or "ed25519"."""
        if spf:
            self.zone.txt(name, f"v=spf1 {spf}")
        if policy:
            self.zone.txt(f"_dmarc.{name}", f"v=DMARC1; p={policy}; rua=mailto:dmarc@{name}")
        if key:
            made = Key(name, selector, "ed25519" if key == "ed25519" else "rsa", new_private(key))
            self.keys[name, selector] = made
            self.zone.txt(made.name, made.record())

    def sign(self, fields, body, domain, selector="s1"):
        options = Options(signed_at=WHEN - 8, oversign=("from", "subject"))
        return [sign(fields, body, self.keys[domain, selector], options)[0]] + fields

    def write(self, file, fields, body, ip, helo, mail_from, recipient="you@receiver.example"):
        """Puts on top what our relay, 192.0.2.25, would."""
        ours = [("Return-Path", f"<{mail_from}>"),
                ("Received", f"from {helo} ({helo} [{ip}])\r\n\tby mx.receiver.example (Postfix) with ESMTPS id 4Yk2c80q3Tz9sF"
                 f"\r\n\tfor <{recipient}>; {stamp(WHEN)}")]
        with open(os.path.join(HERE, file), "wb") as out:
            out.write(b"".join(f"{name}: {value}\r\n".encode() for name, value in ours + fields) + b"\r\n" + body)


def fields_of(sender, to, subject, number, *more):
    domain = sender.rstrip(">").split("@")[1]
    return [("From", sender), ("To", to), ("Subject", subject), ("Date", stamp(WHEN - 10)),
            ("Message-ID", f"<2025100908.{number}@{domain}>"), ("MIME-Version", "1.0"), *more]


PLAIN = ("Content-Type", "text/plain; charset=utf-8")


def newsletter(s):
    """Through a provider whose own domain stands in the envelope: SPF proves the wrong name, DKIM the right one."""
    s.domain("tea-house.example", "include:_spf.mailer.example -all", "quarantine", "rsa2048", "mk1")
    s.domain("_spf.mailer.example", "ip4:198.51.100.0/25 -all")
    s.domain("bounces.mailer.example", "include:_spf.mailer.example -all")
    fields = fields_of("Tea House <news@tea-house.example>", "you@receiver.example", "Two new teas", 1,
                       ("List-Unsubscribe", "<https://tea-house.example/u/4711>"),
                       ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"), ("Content-Type", "text/html; charset=utf-8"))
    body = NEWSLETTER.encode()
    s.write("newsletter.eml", s.sign(fields, body, "tea-house.example", "mk1"), body, "198.51.100.17",
            "o17.mailer.example", "b-4711@bounces.mailer.example")


def list_post(s):
    """A mailing list adds a tag and a footer: the author's signature breaks although nobody forged anything."""
    s.domain("workshop.example", "ip4:203.0.113.0/28 -all", "reject", "rsa2048")
    s.domain("lists.example", "ip4:192.0.2.128/25 -all", "none", "rsa2048", "list")
    body = b"Hi all,\r\n\r\nthe frost took half of my beans.  Is it too late to sow again?\r\n\r\nDana\r\n"
    fields = fields_of("Dana Brandt <dana@workshop.example>", "gardeners@lists.example", "Beans after the frost", 2, PLAIN)
    fields = s.sign(fields, body, "workshop.example")
    fields = [(name, "[gardeners] " + value if name == "Subject" else value) for name, value in fields]
    fields = [("List-Id", "Gardeners <gardeners.lists.example>"), ("List-Post", "<mailto:gardeners@lists.example>"),
              ("Sender", "gardeners-bounces@lists.example")] + fields
    body += LIST_FOOTER
    s.write("list-post.eml", s.sign(fields, body, "lists.example", "list"), body, "192.0.2.130", "lists.example",
            "gardeners-bounces@lists.example")


def forwarded(s):
    """Forwarded as it is: SPF fails, because the forwarder may not send for the author, and DKIM holds."""
    s.domain("orchard.example", "ip4:203.0.113.32/28 -all", "reject", "rsa2048", "mail")
    body = b"The apples are ripe.  Bring boxes on Saturday.\r\n"
    fields = fields_of("Ines Marti <ines@orchard.example>", "you@alumni.example", "Saturday", 3, PLAIN)
    s.write("forwarded.eml", s.sign(fields, body, "orchard.example", "mail"), body, "198.51.100.200",
            "relay.alumni.example", "ines@orchard.example")


def spoof(s):
    """Somebody else's host, a name with p=reject."""
    s.domain("savings-bank.example", "ip4:203.0.113.64/28 -all", "reject", "rsa2048")
    body = b"Your account is locked.  Confirm it within 24 hours: http://203.0.113.99/login\r\n"
    fields = fields_of("Savings Bank <service@savings-bank.example>", "you@receiver.example", "Your account is locked", 4,
                       PLAIN)
    s.write("spoof.eml", fields, body, "203.0.113.99", "vps-99.hosting.example", "service@savings-bank.example")


def bounce(s):
    """The null sender: HELO stands in for the envelope."""
    s.domain("mx.partner.example", "a -all")
    s.domain("partner.example", "mx -all", "reject")
    s.zone.add("partner.example", "MX", "10 mx.partner.example.")
    s.zone.host("mx.partner.example", "203.0.113.80")
    body = b"Your message could not be delivered: 550 5.1.1 no such user.\r\n"
    fields = fields_of("Mail Delivery System <mailer-daemon@partner.example>", "you@receiver.example",
                       "Undelivered mail returned to sender", 5, ("Auto-Submitted", "auto-replied"), PLAIN)
    s.write("bounce.eml", fields, body, "203.0.113.80", "mx.partner.example", "")


def dual_signature(s):
    """RSA for everybody, Ed25519 for who knows it."""
    s.domain("press.example", "ip4:203.0.113.96/28 -all", "reject", "rsa2048", "rsa1")
    s.domain("press.example", key="ed25519", selector="ed1")
    body = b"The spring catalogue is attached as a link: https://press.example/spring\r\n"
    fields = fields_of("Press Office <office@press.example>", "you@receiver.example", "Spring catalogue", 6, PLAIN)
    fields = s.sign(s.sign(fields, body, "press.example", "rsa1"), body, "press.example", "ed1")
    s.write("dual-signature.eml", fields, body, "203.0.113.97", "out.press.example", "office@press.example")


def vectors(s):
    """Messages that other people signed, unchanged; only the first gets an envelope, on top."""
    with open(os.path.join(VECTORS, "chasquid", "messages", "01-rfc8463.eml"), "rb") as source:
        octets = source.read().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    head, body = octets.split(b"\r\n\r\n", 1)
    fields = [tuple(field.split(": ", 1)) for field in head.decode().replace("\r\n ", "\0").split("\r\n")]
    fields = [(name, value.replace("\0", "\r\n ")) for name, value in fields]
    s.domain("football.example.com", "ip4:203.0.113.112/28 -all", "quarantine")
    s.zone.txt("brisbane._domainkey.football.example.com", "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=")
    s.zone.txt("test._domainkey.football.example.com",
               "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16"
               "JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l"
               "/K4w3QIDAQAB")
    s.write("rfc8463-appendix.eml", fields, body, "203.0.113.113", "mail.football.example.com", "joe@football.example.com",
            "suzie@shopping.example.net")
    with open(os.path.join(VECTORS, "mail-dkim", "messages", "goodkey_ed25519.txt"), "rb") as source:
        octets = source.read().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    with open(os.path.join(HERE, "real-ed25519.eml"), "wb") as out:
        out.write(octets)
    s.zone.txt("2023-05-ed25519._domainkey.wander.science", "v=DKIM1; k=ed25519; p=pP+YUyRjAvKha4Oc49KAY703oLUS1NLMEuGD3IHMKww=")


def main():
    samples = Samples()
    for make in (newsletter, list_post, forwarded, spoof, bounce, dual_signature, vectors):
        make(samples)
    with open(os.path.join(HERE, "zone"), "w", encoding="ascii") as out:
        out.write(ZONE_HEAD)
        out.writelines(samples.zone.lines(False))


if __name__ == "__main__":
    main()
