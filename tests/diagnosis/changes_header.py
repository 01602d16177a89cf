# SPDX-License-Identifier: Apache-2.0
"""What software in transit does to header fields; CHANGES has the form of changes_body."""

import base64
import re

from changes_body import FOOTERS, edit_text, boundary_of, wrap, leaves
from dkim_model import Message, name_of, unfold

CHANGES = []


def change(labels, form, provable=True):
    def add(function):
        CHANGES.append((labels.split(), form, provable, function))
        return function
    return add


def value_of(m, name):
    i = m.find(name)
    return None if i is None else m.fields[i].split(b":", 1)[1][:-2]


def set_raw(m, name, raw):
    i = m.find(name)
    if i is None or m.fields[i] == raw:
        return None
    return Message(m.fields[:i] + [raw] + m.fields[i + 1:], m.body)


def edit(m, name, function):
    i = m.find(name)
    if i is None:
        return None
    head, value = m.fields[i].split(b":", 1)
    new = function(value[:-2])
    return None if new is None else set_raw(m, name, head + b":" + new + b"\r\n")


def each_field(m, function):
    """Every signed-looking field but the trace fields and the signature."""
    out = [f if name_of(f) in (b"received", b"dkim-signature") else function(f) for f in m.fields]
    return Message(out, m.body) if out != m.fields else None


def add(m, *fields):
    i = next((k for k, f in enumerate(m.fields) if name_of(f) == b"from"), 0)
    return Message(m.fields[:i] + [f + b"\r\n" for f in fields] + m.fields[i:], m.body)


LIST = (b"List-Id: The example list <list.lists.example.net>",
        b"List-Post: <mailto:list@lists.example.net>",
        b"List-Unsubscribe: <https://lists.example.net/unsubscribe>",
        b"Precedence: list")

# ---- subject ----

TAGS = {"list tag": b"[list] ", "external": b"EXTERNAL: ", "spam": b"***SPAM*** ", "numbered": b"[list:1234] ",
        "bracketed external": b"[EXTERNAL] ", "two words": b"[Example Users] "}

for form, tag in TAGS.items():
    change("subject-tag", form)(lambda m, tag=tag: edit(m, "Subject", lambda v: b" " + tag + v.lstrip()))


@change("subject-tag", "with list fields")
def _(m):
    m = edit(m, "Subject", lambda v: b" [list] " + v.lstrip())
    return add(m, *LIST)


@change("subject-tag", "between Re: and the text")
def _(m):
    return edit(m, "Subject", lambda v: b" Re: [list] " + v.lstrip()[4:] if v.lstrip().startswith(b"Re: ") else None)


@change("subject-tag", "encoded tag in front")
def _(m):
    return edit(m, "Subject", lambda v: b" =?utf-8?q?=5Blist=5D?= " + v.lstrip())


@change("subject-tag", "behind")
def _(m):
    return edit(m, "Subject", lambda v: v + b" (was: something else)")


def with_footer(m, tag=b"[list] "):
    out = edit(m, "Subject", lambda v: b" " + tag + v.lstrip())
    if boundary_of(m):
        at = m.body.rindex(b"--" + boundary_of(m) + b"--")
        out.body = m.body[:at] + b"--" + boundary_of(m) + b"\r\nContent-Type: text/plain\r\n\r\n" + FOOTERS["mailman"] + \
            b"\r\n" + m.body[at:]
        return out
    kind = leaves(m)[0].kind
    if kind != "text/plain":
        return None
    return edit_text(out, "text/plain", lambda t: t + FOOTERS["mailman"])


@change("subject-tag-and-footer", "mailman")
def _(m):
    out = with_footer(m)
    return out and add(out, *LIST)


@change("subject-tag-and-footer", "without list fields")
def _(m):
    return with_footer(m, b"[Example-Users] ")


@change("subject-tag-and-footer", "wrapped")
def _(m):
    return add(edit(wrap(m), "Subject", lambda v: b" [list] " + v.lstrip()), *LIST)


def decode_words(value):
    def word(x):
        octets = base64.b64decode(x.group(3)) if x.group(2) in b"bB" else re.sub(
            rb"=([0-9A-F]{2})", lambda h: bytes([int(h.group(1), 16)]), x.group(3).replace(b"_", b" "))
        return octets.decode(x.group(1).decode()).encode("utf-8")
    return re.sub(rb"=\?([^?]+)\?([bBqQ])\?([^?]*)\?=", word, value)


@change("subject-decoded", "raw utf-8")
def _(m):
    return edit(m, "Subject", lambda v: decode_words(v) if b"=?" in v else None)


@change("subject-reencoded", "B to Q or Q to B")
def _(m):
    def again(v):
        if b"=?" not in v:
            return None
        text = decode_words(v.strip())
        if b"?B?" in v:
            q = b"".join(b"_" if c == 32 else bytes([c]) if c in b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                         b"0123456789!*+-/" else b"=%02X" % c for c in text)
            return b" =?UTF-8?Q?" + q + b"?="
        return b" =?utf-8?B?" + base64.b64encode(text) + b"?="
    return edit(m, "Subject", again)


@change("subject-reencoded", "case of the character set")
def _(m):
    return edit(m, "Subject", lambda v: v.replace(b"=?utf-8?Q?", b"=?UTF-8?Q?").replace(b"=?UTF-8?B?", b"=?utf-8?b?"))


# ---- the form of fields ----

@change("header-refolded", "long field folded")
def _(m):
    return edit(m, "To", lambda v: v.replace(b", ", b",\r\n\t"))


@change("header-refolded", "every field at 40")
def _(m):
    def fold(f):
        return re.sub(rb"(.{30,40}) ", rb"\1\r\n ", f) if b"\r\n" not in f[:-2] else f
    return each_field(m, fold)


@change("header-unfolded", "every field")
def _(m):
    return each_field(m, lambda f: re.sub(rb"\r\n[ \t]+", b" ", f))


@change("header-leading-space-lost", "every field")
def _(m):
    return each_field(m, lambda f: f.replace(b": ", b":", 1))


@change("header-leading-space-lost", "subject")
def _(m):
    return edit(m, "Subject", lambda v: v.lstrip(b" "))


@change("header-trailing-space-lost", "subject")
def _(m):
    return edit(m, "Subject", lambda v: v.rstrip(b" ") if v.endswith(b" ") else None)


@change("header-whitespace-changed header-refolded header-unfolded", "tabs for spaces in folds")
def _(m):
    return each_field(m, lambda f: f.replace(b"\r\n ", b"\r\n\t"))


@change("header-whitespace-changed", "two spaces after the colon")
def _(m):
    return edit(m, "Subject", lambda v: b" " + v)


@change("header-whitespace-changed", "a space before the colon")
def _(m):
    return set_raw(m, "Subject", b"Subject :" + value_of(m, "Subject") + b"\r\n")


@change("header-whitespace-changed", "double space inside")
def _(m):
    return edit(m, "Subject", lambda v: v.replace(b" for", b"  for") if b" for" in v else None)


@change("header-case-changed", "Message-Id")
def _(m):
    return each_field(m, lambda f: f.replace(b"Message-ID:", b"Message-Id:"))


@change("header-case-changed", "Mime-Version and others")
def _(m):
    return each_field(m, lambda f: f.replace(b"Message-ID:", b"Message-Id:").replace(b"MIME-Version:", b"Mime-Version:"))


@change("header-case-changed", "lower case")
def _(m):
    return each_field(m, lambda f: f.split(b":", 1)[0].lower() + b":" + f.split(b":", 1)[1])


@change("header-order-changed", "two of one name")
def _(m):
    two = [i for i, f in enumerate(m.fields) if name_of(f) == b"comments"]
    if len(two) < 2:
        return None
    fields = list(m.fields)
    fields[two[0]], fields[two[1]] = fields[two[1]], fields[two[0]]
    return Message(fields, m.body)


@change("header-removed", "MIME-Version")
def _(m):
    out = m.copy()
    out.drop("MIME-Version")
    return out


@change("header-removed", "References", provable=False)
def _(m):
    out = m.copy()
    out.drop("References")
    return out


# ---- addresses ----

@change("reply-to-added", "list address")
def _(m):
    return None if m.find("Reply-To") is not None else add(m, b"Reply-To: list@lists.example.net")


@change("reply-to-replaced", "list address", provable=False)
def _(m):
    return edit(m, "Reply-To", lambda v: b" list@lists.example.net")


@change("sender-added", "list bounces")
def _(m):
    return add(m, b'Sender: "list" <list-bounces@lists.example.net>')


@change("list-header-added", "list fields")
def _(m):
    return add(m, *LIST)


@change("list-header-added", "one field")
def _(m):
    return add(m, LIST[2])


@change("list-header-replaced", "unsubscribe", provable=False)
def _(m):
    return edit(m, "List-Unsubscribe", lambda v: b" <mailto:leave@lists.example.net>")


@change("from-rewritten", "mailman munge")
def _(m):
    out = edit(m, "From", lambda v: b" Alice Example via List <list@lists.example.net>")
    return add(out, b"Reply-To: Alice Example <alice@example.com>", *LIST)


@change("from-rewritten", "quoted, original kept in X-Original-From")
def _(m):
    out = edit(m, "From", lambda v: b' "\'Alice Example\' via list" <list@lists.example.net>')
    return add(out, b"X-Original-From: Alice Example <alice@example.com>")


@change("from-rewritten", "reply-to has the address only")
def _(m):
    out = edit(m, "From", lambda v: b' "Alice Example via list" <list@lists.example.net>')
    return add(out, b"Reply-To: alice@example.com")


@change("from-reformatted", "quoted name")
def _(m):
    return edit(m, "From", lambda v: b' "Alice Example" <alice@example.com>')


@change("from-reformatted", "comment form")
def _(m):
    return edit(m, "From", lambda v: b" alice@example.com (Alice Example)")


@change("from-reformatted", "quotes removed")
def _(m):
    return edit(m, "From", lambda v: v.replace(b'"', b"") if b'"' in v else None)


@change("from-display-changed", "address only", provable=False)
def _(m):
    return edit(m, "From", lambda v: b" alice@example.com")


@change("from-display-changed", "tag in the name")
def _(m):
    return edit(m, "From", lambda v: b' "[EXTERNAL] Alice Example" <alice@example.com>')


@change("from-display-changed", "name of the directory", provable=False)
def _(m):
    return edit(m, "From", lambda v: b" Example, Alice (Sales) <alice@example.com>")


@change("second-from-added", "above")
def _(m):
    i = m.find("From")
    return Message(m.fields[:i] + [b"From: Mallory <mallory@example.org>\r\n"] + m.fields[i:], m.body)


@change("second-from-added", "below")
def _(m):
    return Message(m.fields + [b"From: Mallory <mallory@example.org>\r\n"], m.body)


@change("to-changed", "recipient appended")
def _(m):
    return edit(m, "To", lambda v: v + b", dave@example.net")


@change("to-changed", "blanks between addresses lost")
def _(m):
    return edit(m, "To", lambda v: v.replace(b", ", b","))


@change("to-changed", "list address", provable=False)
def _(m):
    return edit(m, "To", lambda v: b" list@lists.example.net")


# ---- other fields ----

@change("date-reformatted", "zone as UTC")
def _(m):
    return edit(m, "Date", lambda v: b" Mon, 21 Sep 2026 12:00:00 +0000")


@change("date-reformatted", "zone GMT")
def _(m):
    return edit(m, "Date", lambda v: b" Mon, 21 Sep 2026 12:00:00 GMT")


@change("date-reformatted", "without day of week")
def _(m):
    return edit(m, "Date", lambda v: v.replace(b"Mon, ", b""))


@change("date-reformatted", "with a comment")
def _(m):
    return edit(m, "Date", lambda v: v + b" (CEST)")


@change("message-id-changed", "new one", provable=False)
def _(m):
    return edit(m, "Message-ID", lambda v: b" <new.999@lists.example.net>")


@change("message-id-changed", "original kept")
def _(m):
    original = value_of(m, "Message-ID")
    return add(edit(m, "Message-ID", lambda v: b" <new.999@lists.example.net>"), b"X-Original-Message-ID:" + original)


@change("content-type-reformatted", "quotes")
def _(m):
    return edit(m, "Content-Type", lambda v: v.replace(b'"', b"") if b'"' in v and b"=_" not in v and b"--" not in v
                else re.sub(rb'=([^";\s]+)', rb'="\1"', v) if b'"' not in v else None)


@change("content-type-reformatted", "case and blanks")
def _(m):
    return edit(m, "Content-Type", lambda v: v.replace(b"; ", b";").replace(b"text/plain", b"TEXT/PLAIN")
                if b"text/plain" in v else None)


@change("content-type-reformatted", "format parameter dropped")
def _(m):
    return edit(m, "Content-Type", lambda v: v.replace(b"; format=flowed", b"") if b"format=flowed" in v else None)


@change("charset-header-changed", "to utf-8")
def _(m):
    return edit(m, "Content-Type", lambda v: re.sub(rb'charset="?[^";]+"?', b"charset=utf-8", v)
                if b"us-ascii" in v or b"8859" in v else None)


@change("charset-header-changed", "to iso-8859-1")
def _(m):
    return edit(m, "Content-Type", lambda v: re.sub(rb'(?i)(charset="?)utf-8', rb"\1iso-8859-1", v))


# ---- the signature field itself ----

def own(m, function):
    for i, f in enumerate(m.fields):
        if name_of(f) == b"dkim-signature":
            new = function(f)
            return None if new is None or new == f else Message(m.fields[:i] + [new] + m.fields[i + 1:], m.body)
    return None


@change("signature-refolded", "unfolded")
def _(m):
    return own(m, lambda f: re.sub(rb"\r\n[ \t]+", b" ", f))


@change("signature-refolded", "folds with a space")
def _(m):
    return own(m, lambda f: re.sub(rb"\r\n\t(?=[a-z])", b"\r\n ", f))


@change("signature-damaged key-replaced", "one character of b=")
def _(m):
    def flip(f):
        at = f.rindex(b"b=") + 12
        while not f[at:at + 1].isalnum():
            at += 1
        return f[:at] + (b"A" if f[at:at + 1] != b"A" else b"B") + f[at + 1:]
    return own(m, flip)


@change("signature-damaged", "b= cut short")
def _(m):
    return own(m, lambda f: f[:-10] + b"\r\n")


@change("signature-damaged", "bh= damaged")
def _(m):
    def flip(f):
        at = f.index(b"bh=") + 5
        return f[:at] + (b"A" if f[at:at + 1] != b"A" else b"B") + f[at + 1:]
    return own(m, flip)
