# SPDX-License-Identifier: Apache-2.0
"""The mail of the tests, octet by octet, the keys it is signed with and the zone in which all names stand.

    letter = Letter("m1", "ann@good.example").signed(GOOD)
    letter.octets, letter.fields, letter.body

Signatures are made by dkimpy, so that no code of ours has touched what is verified."""

import base64
import subprocess

import rows

rows.need("dkim", "cryptography", "dns.dnssec")
import dkim  # noqa: E402 pylint: disable=wrong-import-position
from material import Key  # noqa: E402 pylint: disable=wrong-import-position

# Where clients come from.  Each network is in the SPF record of the domain beside it.
GOOD_IP, OTHER_IP, LIST_IP, STRANGER_IP = "192.0.2.10", "192.0.2.70", "192.0.2.140", "198.51.100.66"
GOOD_IP6, STRANGER_IP6 = "2001:db8::10", "2001:db8:ffff::66"

GOOD = Key("good.example", "s1", "rsa-1.pem")
GOOD_ED = Key("good.example", "ed1")
QUAR = Key("quar.example", "s1", "rsa-1.pem")
OTHER = Key("other.example", "s1", "rsa-2.pem")
LIST = Key("list.example", "s1", "rsa-2.pem")
LOST = Key("lostkey.example", "s1", "rsa-2.pem")  # its record cannot be asked for
OUR_RSA = Key("sender.example", "s1", "rsa-1.pem")
OUR_ED = Key("sender.example", "ed1")
# Domains that are not ASCII, and how they stand in the DNS.
WIDE, OUR_WIDE = "bücher.example", "sénder.example"
WIDE_DNS, OUR_WIDE_DNS = (name.encode("idna").decode() for name in (WIDE, OUR_WIDE))
WIDE_KEY = Key(WIDE_DNS, "s1", "rsa-1.pem")
OUR_WIDE_RSA = Key(OUR_WIDE_DNS, "s1", "rsa-1.pem")
OUR_WIDE_ED = Key(OUR_WIDE_DNS, "ed1")
KEYS = [GOOD, GOOD_ED, QUAR, OTHER, LIST, OUR_RSA, OUR_ED, WIDE_KEY, OUR_WIDE_RSA, OUR_WIDE_ED]

SPF = {"good.example": "ip4:192.0.2.0/26 ip6:2001:db8::/48", "mail.good.example": "ip4:192.0.2.0/26",
       "quar.example": "ip4:192.0.2.0/26", "none.example": "ip4:192.0.2.0/26", "other.example": "ip4:192.0.2.64/26",
       "list.example": "ip4:192.0.2.128/26", "list2.example": "ip4:192.0.2.128/26",
       "lost.example": "include:servfail.example", "lostmark.example": "include:servfail.example",
       "sender.example": "ip4:192.0.2.192/26", WIDE_DNS: "ip4:192.0.2.0/26", OUR_WIDE_DNS: "ip4:192.0.2.192/26"}
POLICY = {"good.example": "reject", "quar.example": "quarantine", "none.example": "none", "lost.example": "reject",
          "lostmark.example": "none", "lostkey.example": "reject", "sender.example": "reject", WIDE_DNS: "reject",
          OUR_WIDE_DNS: "reject"}
# Zones that the name server cannot load: it answers SERVFAIL for every name in them.
UNLOADED = ["servfail.example", "_domainkey.lostkey.example", "_dmarc.lostpolicy.example"]


def text_record(name, text):
    parts = " ".join(f'"{text[i:i + 250]}"' for i in range(0, len(text), 250))
    return f"{name}. 60 IN TXT {parts}\n"


def zone():
    """Records for world.NameServer."""
    lines = [text_record(domain, f"v=spf1 {terms} -all") for domain, terms in SPF.items()]
    lines += [text_record("_dmarc." + domain, f"v=DMARC1; p={policy}") for domain, policy in POLICY.items()]
    lines += [text_record(key.name, key.record) for key in KEYS]
    return "".join(lines)


def split_fields(octets):
    """([raw field with its CRLF], body) of a message."""
    head, blank, body = octets.partition(b"\r\n\r\n")
    fields = []
    for line in (head + b"\r\n" if blank else head).split(b"\r\n")[:-1]:
        line += b"\r\n"
        if line[:1] in b" \t" and fields:
            fields[-1] += line
        else:
            fields.append(line)
    return fields, body


def name_of(field):
    return field.split(b":", 1)[0].strip().lower().decode("latin-1")


def value_of(field):
    return field.split(b":", 1)[1].strip().decode("latin-1")


class Letter:
    """A message.  `mark` is in its Message-ID and makes it findable."""

    def __init__(self, mark, author="ann@good.example", body=b"Hello,\r\n\r\nthis is a test.\r\n", fields=()):
        self.mark = mark.encode()
        self.body = body
        self.fields = [b"From: Ann <" + author.encode() + b">\r\n", b"To: Bob <bob@recv.example>\r\n",
                       b"Subject: " + self.mark + b"\r\n", b"Date: Sat, 28 Nov 2026 03:00:00 +0000\r\n",
                       b"Message-ID: <" + self.mark + b"@test.example>\r\n", b"MIME-Version: 1.0\r\n",
                       b"Content-Type: text/plain; charset=utf-8\r\n", b"Content-Transfer-Encoding: 8bit\r\n", *fields]

    @property
    def octets(self):
        return b"".join(self.fields) + b"\r\n" + self.body

    def copy(self, fields, body=None):
        other = Letter.__new__(Letter)
        other.mark, other.fields, other.body = self.mark, list(fields), self.body if body is None else body
        return other

    def on_top(self, *fields):
        return self.copy([*fields, *self.fields])

    def below(self, *fields):
        return self.copy([*self.fields, *fields])

    def signed(self, key, canon="relaxed/relaxed", names=None):
        head, _, tail = canon.partition("/")
        field = dkim.sign(self.octets, key.selector.encode(), key.domain.encode(), key.given(),
                          canonicalize=(head.encode(), tail.encode()),
                          signature_algorithm=b"ed25519-sha256" if key.kind == "ed25519" else b"rsa-sha256",
                          include_headers=names and [name.encode() for name in names])
        return self.on_top(field)

    def signed_by_signet(self, signet, key_file, domain, selector, canon):
        done = subprocess.run([signet, "sign", "--domain", domain, "--selector", selector, "--key", key_file, "--canon", canon],
                              input=self.octets, stdout=subprocess.PIPE, check=True)
        fields, body = split_fields(done.stdout)
        return self.copy(fields, body)

    def through_list(self):
        """As a mailing list sends it on: a tag in the subject, a footer; its own signature."""
        fields = [f.replace(b"Subject: ", b"Subject: [talk] ", 1) if name_of(f) == "subject" else f for f in self.fields]
        body = self.body + b"_______________\r\nTo leave the list, write to talk-leave@list.example\r\n"
        return self.copy(fields, body).below(b"List-Id: <talk.list.example>\r\n", b"Sender: talk@list.example\r\n").signed(
            LIST, names=["From", "To", "Subject", "Date", "Message-ID", "List-Id", "Sender"])


def odd_layout(mark):
    """What filters and mail servers like to rebuild: no blank after the colon, two, a tab, a fold right behind the colon,
    a fold in the middle with odd white space, a blank at the end of a line."""
    letter = Letter(mark)
    odd = [b"X-No-Space:no\r\n", b"X-Tab:\ta tab\r\n", b"X-Two:  two blanks\r\n", b"X-Fold:\r\n below\r\n",
           b"X-Fold-Tab: first\r\n\tsecond\r\n \tthird\r\n", b"X-End: blank at the end \r\n", b"X-Case: MiXed\r\n"]
    fields = [b"Subject:" + letter.mark + b"\r\n" if name_of(f) == "subject" else f for f in letter.fields]
    return letter.copy(fields + odd)


ODD_NAMES = ["From", "To", "Subject", "Date", "Message-ID", "X-No-Space", "X-Tab", "X-Two", "X-Fold", "X-Fold-Tab", "X-End",
             "X-Case"]


def large(mark, size):
    line = base64.b64encode(bytes(range(54))) + b"\r\n"
    return Letter(mark, body=line * (size // len(line)))


def results_of(field):
    """{"spf": "pass", ...} of an Authentication-Results field, and its authserv-id; of several results of one method the
    first.  Comments go first, they may hold anything."""
    value, depth, kept = value_of(field), 0, []
    for character in value:
        depth += character == "("
        if not depth:
            kept.append(character)
        depth -= character == ")"
    parts = "".join(kept).replace("\r\n", "").split(";")
    found = {}
    for part in parts[1:]:
        method, _, result = part.strip().split(" ")[0].partition("=")
        found.setdefault(method.strip().split("/")[0], result.strip())
    return parts[0].split()[0], found


def all_results(field, method):
    """Every result of one method, in order."""
    return [part.strip().split()[0].split("=")[1] for part in value_of(field).split(";")[1:]
            if part.strip().startswith(method + "=")]


def unfolded(field):
    """White space as one blank."""
    return b" ".join(field.split()) + b"\r\n"


def difference(letter, delivered, removed=(), rewritten=()):
    """What is delivered against what was sent: (fields that were added on top, trouble or "").  `removed`: fields of the
    letter that must be gone.  `rewritten`: names of fields that this mail server folds in its own way."""
    fields, body = split_fields(delivered)
    fields, wanted = ([unfolded(f) if name_of(f) in rewritten else f for f in some] for some in (
        fields, [f for f in letter.fields if f not in removed]))
    n = len(fields) - len(wanted)
    if n < 0 or fields[n:] != wanted:
        kept = fields[max(n, 0):]
        wrong = next((f"{a!r} instead of {b!r}" for a, b in zip(kept, wanted) if a != b), "fields are missing")
        return fields[:max(n, 0)], "header: " + wrong
    if body != letter.body:
        at = next((i for i, (a, b) in enumerate(zip(body, letter.body)) if a != b), min(len(body), len(letter.body)))
        return fields[:n], f"body: {len(body)} octets instead of {len(letter.body)}, differs at {at}"
    return fields[:n], ""
