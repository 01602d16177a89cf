# SPDX-License-Identifier: Apache-2.0
"""What software in transit does to bodies.  Each function takes an unsigned or signed message and returns the changed
one, or None where it does not apply.  CHANGES: (labels that are right, form, proof is possible, function)."""

import base64
import quopri
import re
import textwrap
from urllib.parse import quote

from base_messages import b64, qp
from dkim_model import Message, unfold

CHANGES = []


def change(labels, form, provable=True):
    def add(function):
        CHANGES.append((labels.split(), form, provable, function))
        return function
    return add


class Leaf:
    def __init__(self, kind, charset, cte, start, end, header):
        self.kind, self.charset, self.cte = kind, charset, cte
        self.start, self.end, self.header = start, end, header  # header: (start, end) in the body or None


def type_of(text):
    text = unfold(text)
    kind = text.split(b";")[0].strip().lower().decode()
    charset = re.search(rb'charset="?([^";\s]+)', text, re.I)
    boundary = re.search(rb'boundary="([^"]+)"|boundary=([^;\s]+)', text, re.I)
    return (kind, charset.group(1).lower().decode() if charset else "us-ascii",
            (boundary.group(1) or boundary.group(2)) if boundary else None)


def leaves_of(body, content_type, cte, start, end, header=None):
    kind, charset, boundary = type_of(content_type)
    if not boundary:
        return [Leaf(kind, charset, cte.lower(), start, end, header)]
    out = []
    marks = [m for m in re.finditer(rb"(?:^|\r\n)--" + re.escape(boundary) + rb"(--)?[ \t]*(?:\r\n|$)", body[start:end])]
    spans = [(start + a.end(), start + b.start()) for a, b in zip(marks, marks[1:]) if not a.group(1)]
    for s, e in spans:
        stop = body.index(b"\r\n\r\n", s - 2) + 4
        head = body[s:stop]
        found = re.search(rb"content-type:((?:.|\r\n[ \t])*)", head, re.I)
        encoding = re.search(rb"content-transfer-encoding:[ \t]*(\S+)", head, re.I)
        out += leaves_of(body, found.group(1) if found else b"text/plain",
                         encoding.group(1).decode() if encoding else "7bit", stop, e, (s, stop))
    return out


def leaves(m):
    return leaves_of(m.body, m.get("Content-Type") or b"text/plain", (m.get("Content-Transfer-Encoding") or
                     b"7bit").decode(), 0, len(m.body))


def boundary_of(m):
    return type_of(m.get("Content-Type") or b"text/plain")[2]


def text_of(m, leaf):
    raw = m.body[leaf.start:leaf.end]
    if leaf.cte == "base64":
        return base64.b64decode(raw)
    if leaf.cte == "quoted-printable":
        return quopri.decodestring(raw.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")
    return raw


def encoded(text, cte):
    if cte == "base64":
        return b64(text)
    return qp(text) if cte == "quoted-printable" else text


def with_body(m, body):
    return Message(m.fields, body) if body != m.body else None


def splice(m, start, end, new):
    return with_body(m, m.body[:start] + new + m.body[end:])


def edit_text(m, kind, function):
    """Applies `function` to the text of the first leaf of that kind, keeping its encoding."""
    for leaf in leaves(m):
        if leaf.kind == kind:
            before = text_of(m, leaf)
            after = function(before)
            if after is None or after == before:
                return None
            new = encoded(after, leaf.cte)
            if leaf.header and new.endswith(b"\r\n") and not m.body[leaf.start:leaf.end].endswith(b"\r\n"):
                new = new[:-2]
            return splice(m, leaf.start, leaf.end, new)
    return None


def is_text(m):
    return not boundary_of(m)


# ---- text added ----

FOOTERS = {
    "mailman": b"_______________________________________________\r\nList mailing list\r\nList@lists.example.net\r\n"
               b"https://lists.example.net/mailman/listinfo/list\r\n",
    "ezmlm": b"\r\n---------------------------------------------------------------------\r\n"
             b"To unsubscribe, e-mail: list-unsubscribe@example.net\r\nFor additional commands, e-mail: "
             b"list-help@example.net\r\n",
    "google": b"\r\n-- \r\nYou received this message because you are subscribed to the Google Groups \"list\" group.\r\n"
              b"To unsubscribe from this group and stop receiving emails from it, send an email to "
              b"list+unsubscribe@googlegroups.example.\r\n",
    "exchange": b"\r\n\r\nThis e-mail is confidential and may be privileged. If you are not the addressee please delete "
                b"it.\r\n",
    "one line": b"-- sent through the example gateway\r\n",
}

for name, footer in FOOTERS.items():
    @change("footer-text", name)
    def _(m, footer=footer):
        if not is_text(m) or leaves(m)[0].kind != "text/plain":
            return None
        return edit_text(m, "text/plain", lambda t: t + footer)

    @change("footer-text", name + " in the text part")
    def _(m, footer=footer):
        return None if is_text(m) else edit_text(
            m, "text/plain", lambda t: t + (b"" if t.endswith(b"\r\n") else b"\r\n") + footer)


@change("footer-text footer-html", "disclaimer in text and html")
def _(m):
    kinds = [leaf.kind for leaf in leaves(m)]
    if "text/plain" not in kinds or "text/html" not in kinds:
        return None
    step = edit_text(m, "text/plain", lambda t: t + b"\r\nThis e-mail is confidential.\r\n")
    return step and edit_text(step, "text/html", lambda t: t.replace(
        b"</body>", b"<p>This e-mail is confidential.</p></body>"))


@change("footer-html", "paragraph before </body>")
def _(m):
    return edit_text(m, "text/html", lambda t: t.replace(
        b"</body>", b"<hr>\r\n<p>You get this because you are subscribed to <a href=\"https://lists.example.net/\">the list"
        b"</a>.</p>\r\n</body>"))


@change("footer-html", "after </html>")
def _(m):
    return edit_text(m, "text/html", lambda t: t + b"<br>\r\n<div>This e-mail is confidential.</div>\r\n")


def before_close(m, new):
    b = boundary_of(m)
    if not b:
        return None
    at = m.body.rindex(b"--" + b + b"--")
    return splice(m, at, at, b"--" + b + b"\r\n" + new)


@change("footer-mime-part", "mailman")
def _(m):
    return before_close(m, b'Content-Type: text/plain; charset="us-ascii"\r\nMIME-Version: 1.0\r\n'
                           b"Content-Transfer-Encoding: 7bit\r\nContent-Disposition: inline\r\n\r\n" +
                        FOOTERS["mailman"] + b"\r\n")


@change("footer-mime-part", "base64 part")
def _(m):
    return before_close(m, b'Content-Type: text/plain; charset="utf-8"\r\nContent-Transfer-Encoding: base64\r\n\r\n' +
                        b64(FOOTERS["google"]))


@change("footer-mime-part", "html part")
def _(m):
    return before_close(m, b'Content-Type: text/html\r\nContent-Disposition: inline\r\n\r\n<p>List footer</p>\r\n')


def wrap(m, before=b"", kind=b"multipart/mixed", footer=FOOTERS["mailman"], newline=b"\r\n", first=b""):
    b = b"===============7318219282=="
    moved = [f for f in m.fields if f.lower().startswith(b"content-")]
    rest = [f for f in m.fields if not f.lower().startswith(b"content-")]
    body = before + b"--" + b + b"\r\n" + first + b"".join(moved) + b"\r\n" + m.body + newline
    body += b"--" + b + b"\r\nContent-Type: text/plain; charset=\"us-ascii\"\r\nMIME-Version: 1.0\r\n" \
            b"Content-Transfer-Encoding: 7bit\r\nContent-Disposition: inline\r\n\r\n" + footer
    body += b"\r\n--" + b + b"--\r\n"
    out = Message(rest, body)
    out.put("Content-Type", kind + b'; boundary="' + b + b'"')
    return out


@change("footer-mime-wrap", "mailman")
def _(m):
    return wrap(m)


@change("footer-mime-wrap", "with preamble, without the extra line end")
def _(m):
    return wrap(m, before=b"This is a multi-part message in MIME format.\r\n", newline=b"")


@change("footer-mime-wrap", "with MIME-Version in the part")
def _(m):
    return wrap(m, footer=b"-- \r\nexample list\r\n", first=b"MIME-Version: 1.0\r\n")


@change("disclaimer-top", "external warning")
def _(m):
    return edit_text(m, "text/plain", lambda t: b"CAUTION: This email originated from outside of the organization. "
                     b"Do not click links.\r\n\r\n" + t)


@change("disclaimer-top", "box")
def _(m):
    return edit_text(m, "text/plain", lambda t: b"************************\r\n* EXTERNAL EMAIL       *\r\n"
                     b"************************\r\n" + t)


@change("html-injected disclaimer-top", "banner after <body>")
def _(m):
    return edit_text(m, "text/html", lambda t: re.sub(rb"(<body[^>]*>)", lambda x: x.group(1) +
                     b'<table border="0"><tr><td>This email is from outside.</td></tr></table>\r\n', t))


@change("html-injected", "tracking pixel before </body>")
def _(m):
    return edit_text(m, "text/html", lambda t: t.replace(
        b"</body>", b'<img src="https://t.example.org/p.gif?id=9" width="1" height="1" alt="">\r\n</body>'))


@change("html-injected", "style in the head")
def _(m):
    return edit_text(m, "text/html", lambda t: t.replace(
        b"</head>", b"<style>p.x{margin:0}</style>\r\n<script>var a=1;</script></head>"))


@change("epilogue-added", "text after the last delimiter")
def _(m):
    return with_body(m, m.body + b"\r\n" + FOOTERS["ezmlm"]) if boundary_of(m) else None


@change("epilogue-added", "scanner line")
def _(m):
    return with_body(m, m.body + b"Scanned by example\r\n") if boundary_of(m) else None


@change("mime-preamble-removed", "dropped")
def _(m):
    b = boundary_of(m)
    return with_body(m, m.body[m.body.index(b"--" + b):]) if b else None


# ---- MIME structure ----

def part_headers(m, function):
    if not boundary_of(m):
        return None
    body = m.body
    for leaf in reversed(leaves(m)):
        if leaf.header:
            s, e = leaf.header
            lines = [x for x in re.split(rb"\r\n(?![ \t])", body[s:e - 2]) if x]
            body = body[:s] + b"".join(x + b"\r\n" for x in function(lines)) + b"\r\n" + body[e:]
    return with_body(m, body)


@change("mime-reserialized", "part header fields in another order")
def _(m):
    return part_headers(m, lambda h: list(reversed(h)))


@change("mime-reserialized", "parameters quoted")
def _(m):
    return part_headers(m, lambda h: [re.sub(rb'=([^";\s]+)', rb'="\1"', x) for x in h])


@change("mime-reserialized", "parameters folded")
def _(m):
    return part_headers(m, lambda h: [re.sub(rb"; *", b";\r\n\t", x) for x in h])


@change("mime-reserialized", "field names in another case")
def _(m):
    return part_headers(m, lambda h: [x.replace(b"Content-Type:", b"Content-type:").replace(
        b"Content-Transfer-Encoding:", b"Content-transfer-encoding:") for x in h])


@change("boundary-changed", "body and field", provable=False)
def _(m):
    b = boundary_of(m)
    if not b:
        return None
    out = Message(m.fields, m.body.replace(b, b"=-=-new-boundary-=-="))
    out.put("Content-Type", m.get("Content-Type").replace(b, b"=-=-new-boundary-=-="))
    return out


@change("boundary-changed", "body only")
def _(m):
    b = boundary_of(m)
    return with_body(m, m.body.replace(b"--" + b, b"--new-boundary-123")) if b else None


@change("attachment-removed", "replaced by a note", provable=False)
def _(m):
    for leaf in leaves(m):
        if leaf.kind.startswith(("application/", "image/")):
            s = leaf.header[0]
            return splice(m, s, leaf.end, b"Content-Type: text/plain\r\n\r\nThe attachment note.pdf was removed.\r\n")
    return None


@change("attachment-removed", "dropped", provable=False)
def _(m):
    b = boundary_of(m)
    for leaf in leaves(m):
        if leaf.kind.startswith(("application/", "image/")):
            return splice(m, leaf.header[0] - 2, leaf.end + 4 + len(b), b"")
    return None


@change("html-part-removed", "dropped", provable=False)
def _(m):
    b = boundary_of(m)
    if not b or type_of(m.get("Content-Type"))[0] != "multipart/alternative":
        return None
    leaf = leaves(m)[-1]
    return splice(m, leaf.header[0] - 2, leaf.end + 4 + len(b), b"")


@change("html-part-removed", "flattened to text", provable=False)
def _(m):
    if not boundary_of(m) or type_of(m.get("Content-Type"))[0] != "multipart/alternative":
        return None
    leaf = leaves(m)[0]
    out = Message(m.fields, m.body[leaf.start:leaf.end] + b"\r\n")
    out.put("Content-Type", b"text/plain; charset=us-ascii")
    out.fields.append(b"X-Content-Filtered-By: Mailman/MimeDel 2.1.29\r\n")
    return out


# ---- links ----

URL = rb'https?://[^\s"<>]+?(?=[.,;]?[\s"<>]|$)'


@change("link-rewritten", "safelinks")
def _(m):
    def safe(x):
        return (b"https://nam02.safelinks.protection.outlook.com/?url=" + quote(x.group(0), safe="").encode() +
                b"&data=05%7C01%7Cbob%40example.net%7C0&sdata=abc%3D&reserved=0")
    kind = leaves(m)[0].kind
    return edit_text(m, kind, lambda t: re.sub(URL, safe, t)) if kind.startswith("text/") else None


@change("link-rewritten", "safelinks in html")
def _(m):
    def safe(x):
        return (b"https://eur01.safelinks.protection.outlook.com/?url=" + quote(x.group(0), safe="").encode() +
                b"&amp;data=05%7C01%7C&amp;sdata=abc%3D&amp;reserved=0")
    return edit_text(m, "text/html", lambda t: re.sub(URL, safe, t))


@change("link-rewritten", "urldefense v2")
def _(m):
    def defend(x):
        u = quote(x.group(0), safe="=&?:").replace("-", "-2D").replace("_", "-5F").replace("%", "-")
        u = u.replace(":", "-3A").replace("=", "-3D").replace("&", "-26").replace("?", "-3F").replace("/", "_")
        u = u.replace("-2F", "_")
        return b"https://urldefense.proofpoint.com/v2/url?u=" + u.encode() + b"&d=DwMFaQ&c=abc&r=def&m=ghi&s=jkl&e="
    kind = leaves(m)[0].kind
    return edit_text(m, kind, lambda t: re.sub(URL, defend, t)) if kind.startswith("text/") else None


@change("link-rewritten", "urldefense v3")
def _(m):
    def defend(x):
        return b"https://urldefense.com/v3/__" + x.group(0) + b"__;!!AbCdE!xyz123$"
    kind = leaves(m)[0].kind
    return edit_text(m, kind, lambda t: re.sub(rb'https?://[\x21\x23-\x3b\x3d\x3f-\x7e]+(?<![.,;])', defend, t)) if kind.startswith("text/") else None


@change("link-rewritten", "google redirect")
def _(m):
    kind = leaves(m)[0].kind
    return edit_text(m, kind, lambda t: re.sub(URL, lambda x: b"https://www.google.com/url?q=" + quote(
        x.group(0), safe="").encode() + b"&sa=D", t)) if kind.startswith("text/") else None


# ---- white space ----

def lines_of(m):
    return m.body.split(b"\r\n")


def join(m, lines):
    return with_body(m, b"\r\n".join(lines))


@change("trailing-space-added", "every line")
def _(m):
    return join(m, [x + b" " if x else x for x in lines_of(m)])


@change("trailing-space-added", "every line, empty ones too")
def _(m):
    lines = lines_of(m)
    return join(m, [x + b" " for x in lines[:-1]] + lines[-1:])


@change("trailing-space-added", "one line")
def _(m):
    lines = lines_of(m)
    i = max((k for k in range(len(lines)) if lines[k]), default=None)
    return None if i is None else join(m, lines[:i // 2] + [lines[i // 2] + b"  "] + lines[i // 2 + 1:])


@change("trailing-space-removed", "every line")
def _(m):
    return join(m, [x.rstrip(b" \t") for x in lines_of(m)])


@change("tabs-to-spaces", "tab stops of eight")
def _(m):
    return with_body(m, b"\r\n".join(x.decode("latin-1").expandtabs(8).encode("latin-1") for x in lines_of(m)))


@change("tabs-to-spaces", "eight spaces each")
def _(m):
    return with_body(m, m.body.replace(b"\t", b" " * 8))


@change("tabs-to-spaces", "four spaces each")
def _(m):
    return with_body(m, m.body.replace(b"\t", b" " * 4))


@change("tabs-to-spaces whitespace-collapsed", "one space each")
def _(m):
    return with_body(m, m.body.replace(b"\t", b" "))


@change("whitespace-collapsed", "runs of spaces", provable=False)
def _(m):
    return with_body(m, re.sub(rb"[ \t]+", b" ", m.body))


@change("whitespace-collapsed", "one double space")
def _(m):
    return with_body(m, m.body.replace(b"  ", b" ", 1))


@change("leading-space-removed", "every line", provable=False)
def _(m):
    return join(m, [x.lstrip(b" \t") for x in lines_of(m)])


@change("leading-space-removed", "one space of one line")
def _(m):
    lines = lines_of(m)
    for i, x in enumerate(lines):
        if x.startswith(b" "):
            return join(m, lines[:i] + [x[1:]] + lines[i + 1:])
    return None


@change("blank-lines-added", "at the top")
def _(m):
    return with_body(m, b"\r\n" + m.body)


@change("blank-lines-added", "double spacing")
def _(m):
    return with_body(m, m.body.replace(b"\r\n", b"\r\n\r\n"))


@change("blank-lines-added", "one in the middle")
def _(m):
    lines = lines_of(m)
    i = len(lines) // 2
    return join(m, lines[:i] + [b""] + lines[i:])


@change("blank-lines-removed", "all", provable=False)
def _(m):
    return join(m, [x for x in lines_of(m)[:-1] if x] + [b""])


@change("blank-lines-removed", "runs made one")
def _(m):
    return with_body(m, re.sub(rb"\r\n(?:\r\n){2,}", b"\r\n\r\n", m.body))


@change("blank-lines-removed", "one")
def _(m):
    return with_body(m, m.body.replace(b"\r\n\r\n", b"\r\n", 1))


# ---- octets ----

@change("bare-cr-inserted", "CR CR LF")
def _(m):
    return with_body(m, m.body.replace(b"\r\n", b"\r\r\n"))


@change("bare-cr-inserted", "one in a line")
def _(m):
    i = len(m.body) // 3
    return splice(m, i, i, b"\r") if m.body[i:i + 1] not in (b"\n", b"") else None


@change("nul-inserted", "one")
def _(m):
    i = len(m.body) // 2
    return splice(m, i, i, b"\0")


@change("nul-inserted", "at line ends")
def _(m):
    return with_body(m, m.body.replace(b"\r\n", b"\0\r\n"))


@change("bom-inserted", "top")
def _(m):
    return with_body(m, b"\xef\xbb\xbf" + m.body)


@change("bom-inserted", "in the first part")
def _(m):
    leaf = leaves(m)[0]
    return splice(m, leaf.start, leaf.start, b"\xef\xbb\xbf") if leaf.header and leaf.cte in ("7bit", "8bit") else None


@change("body-truncated", "half", provable=False)
def _(m):
    return with_body(m, m.body[:len(m.body) // 2])


@change("body-truncated", "last lines", provable=False)
def _(m):
    return with_body(m, b"".join(x + b"\r\n" for x in lines_of(m)[:-4]))


@change("body-emptied", "nothing left", provable=False)
def _(m):
    return with_body(m, b"")


@change("dot-stuffing-left", "doubled dots")
def _(m):
    return with_body(m, re.sub(rb"(?m)^\.", b"..", m.body))


@change("dot-lost", "leading dots dropped")
def _(m):
    return with_body(m, re.sub(rb"(?m)^\.", b"", m.body))


@change("mbox-from-escaped", "classic")
def _(m):
    return with_body(m, re.sub(rb"(?m)^From ", b">From ", m.body))


@change("mbox-from-escaped", "mboxrd or mid-text")
def _(m):
    return with_body(m, re.sub(rb"(?m)^(>*From )", rb">\1", m.body))


# ---- transfer encodings ----

def recode(m, cte, function, only=("7bit", "8bit", "binary"), need_8bit=True):
    leaf = leaves(m)[0]
    if leaf.cte not in only or not leaf.kind.startswith("text/"):
        return None
    raw = m.body[leaf.start:leaf.end]
    text = text_of(m, leaf)
    if need_8bit and not any(c > 127 for c in text):
        return None
    new = function(text if leaf.cte in ("base64", "quoted-printable") else raw)
    if leaf.header:
        if new.endswith(b"\r\n") and not raw.endswith(b"\r\n"):
            new = new[:-2]
        s, e = leaf.header
        head = re.sub(rb"(?i)(content-transfer-encoding:[ \t]*)\S+", rb"\g<1>" + cte, m.body[s:e])
        return splice(m, s, leaf.end, head + new)
    out = Message(m.fields, m.body[:leaf.start] + new + m.body[leaf.end:])
    out.put("Content-Transfer-Encoding", cte)
    return out


def qp_loose(text, width=76, upper=True, tabs=False):
    """Another quoted-printable encoder: greedy, escapes at the end of a line, may escape tabs."""
    out = []
    for line in text.split(b"\r\n"):
        tokens = []
        for i, c in enumerate(line):
            last = i == len(line) - 1
            plain = (33 <= c <= 126 and c != 61) or (c == 32 and not last) or (c == 9 and not last and not tabs)
            tokens.append(bytes([c]) if plain else (b"=%02X" if upper else b"=%02x") % c)
        row = b""
        for i, token in enumerate(tokens):
            room = width if i == len(tokens) - 1 else width - 1
            if len(row) + len(token) > room:
                out.append(row + b"=")
                row = b""
            row += token
        out.append(row)
    return b"\r\n".join(out)


@change("8bit-to-quoted-printable", "python")
def _(m):
    return recode(m, b"quoted-printable", qp)


@change("8bit-to-quoted-printable", "greedy 76")
def _(m):
    return recode(m, b"quoted-printable", qp_loose)


@change("8bit-to-quoted-printable", "sendmail 72, tabs")
def _(m):
    return recode(m, b"quoted-printable", lambda t: qp_loose(t, 72, tabs=True))


@change("8bit-to-base64", "76 columns")
def _(m):
    return recode(m, b"base64", b64)


@change("8bit-to-base64", "72 columns")
def _(m):
    return recode(m, b"base64", lambda t: b64(t, 72))


@change("quoted-printable-to-8bit", "decoded")
def _(m):
    return recode(m, b"8bit", lambda t: t, only=("quoted-printable",), need_8bit=False)


def requote(function):
    def apply(m):
        for leaf in leaves(m):
            if leaf.cte == "quoted-printable":
                raw = m.body[leaf.start:leaf.end]
                new = function(raw, text_of(m, leaf))
                if leaf.header and new.endswith(b"\r\n") and not raw.endswith(b"\r\n"):
                    new = new[:-2]
                return splice(m, leaf.start, leaf.end, new)
        return None
    return apply


change("quoted-printable-rewrapped", "72 columns")(requote(lambda raw, t: qp_loose(t, 72)))
change("quoted-printable-rewrapped", "64 columns")(requote(lambda raw, t: qp_loose(t, 64)))
change("quoted-printable-rewrapped", "joined")(requote(lambda raw, t: raw.replace(b"=\r\n", b"")))
change("quoted-printable-hex-case", "lower case")(requote(lambda raw, t: re.sub(rb"=[0-9A-F]{2}", lambda x: x.group(
    0).lower(), raw)))


def rebase(width):
    def apply(m):
        for leaf in leaves(m):
            if leaf.cte == "base64":
                raw = m.body[leaf.start:leaf.end]
                new = b64(base64.b64decode(raw), width)
                return splice(m, leaf.start, leaf.end, new if raw.endswith(b"\r\n") else new[:-2])
        return None
    return apply


change("base64-rewrapped", "64 columns")(rebase(64))
change("base64-rewrapped", "72 columns")(rebase(72))
change("base64-rewrapped", "one line")(rebase(100000))


# ---- character sets ----

def transcode(source, target, cte=None):
    def apply(m):
        leaf = leaves(m)[0]
        if leaf.charset != source or not leaf.kind.startswith("text/"):
            return None
        text = text_of(m, leaf)
        try:
            new = text.decode(source).encode(target)
        except UnicodeError:
            return None
        if new == text:
            return None
        body = encoded(new, cte or leaf.cte)
        if leaf.header:
            if body.endswith(b"\r\n") and not m.body[leaf.start:leaf.end].endswith(b"\r\n"):
                body = body[:-2]
            s, e = leaf.header
            head = re.sub(rb'(?i)(charset="?)[^";\s]+', rb"\g<1>" + target.encode(), m.body[s:e])
            return splice(m, s, leaf.end, head + body)
        out = Message(m.fields, body)
        out.put("Content-Type", re.sub(rb'(?i)(charset="?)[^";\s]+', rb"\g<1>" + target.encode(),
                                       m.get("Content-Type")))
        return out
    return apply


change("charset-transcoded", "utf-8 to windows-1252")(transcode("utf-8", "windows-1252"))
change("charset-transcoded", "utf-8 to iso-8859-15")(transcode("utf-8", "iso-8859-15"))
change("charset-transcoded", "iso-8859-1 to utf-8")(transcode("iso-8859-1", "utf-8"))


@change("charset-transcoded", "iso-8859-1 to utf-8 with quoted-printable")
def _(m):
    out = transcode("iso-8859-1", "utf-8", "quoted-printable")(m)
    if out:
        out.put("Content-Transfer-Encoding", b"quoted-printable")
    return out


@change("mojibake", "utf-8 read as latin 1")
def _(m):
    leaf = leaves(m)[0]
    if leaf.charset != "utf-8" or leaf.cte != "8bit":
        return None
    raw = m.body[leaf.start:leaf.end]
    return splice(m, leaf.start, leaf.end, raw.decode("latin-1").encode("utf-8"))


@change("mojibake", "utf-8 read as windows-1252")
def _(m):
    leaf = leaves(m)[0]
    if leaf.charset != "utf-8" or leaf.cte != "8bit":
        return None
    raw = m.body[leaf.start:leaf.end]
    try:
        return splice(m, leaf.start, leaf.end, raw.decode("cp1252").encode("utf-8"))
    except UnicodeError:
        return None


@change("mojibake charset-transcoded", "replacement characters", provable=False)
def _(m):
    if not any(c > 127 for c in m.body):
        return None
    return with_body(m, m.body.decode("ascii", "replace").encode("utf-8"))


@change("eighth-bit-stripped", "and 0x7f", provable=False)
def _(m):
    return with_body(m, bytes(c & 0x7F for c in m.body))


# ---- lines ----

def fold_long(limit, tail, head):
    def apply(m):
        out, changed = [], False
        for line in lines_of(m):
            while len(line) > limit:
                out.append(line[:limit] + tail)
                line = head + line[limit:]
                changed = True
            out.append(line)
        return join(m, out) if changed else None
    return apply


change("long-line-folded", "postfix: CRLF SP at 998")(fold_long(998, b"", b" "))
change("long-line-folded", "sendmail: ! at 990")(fold_long(989, b"!", b""))
change("long-line-folded", "sendmail: ! and space")(fold_long(989, b"!", b" "))
change("long-line-folded", "plain CRLF at 998")(fold_long(998, b"", b""))
change("long-line-folded", "plain CRLF at 1000")(fold_long(1000, b"", b""))


@change("text-rewrapped", "narrower")
def _(m):
    if b"quick brown" not in m.body:
        return None
    out = []
    for paragraph in m.body.split(b"\r\n\r\n"):
        text = paragraph.decode("latin-1")
        if len(text) > 200 and not re.search(r"\n[ \t.>]|  |\t", text):
            text = "\r\n".join(textwrap.wrap(text.replace("\r\n", " "), 50, break_long_words=False,
                                             break_on_hyphens=False))
        out.append(text.encode("latin-1"))
    return with_body(m, b"\r\n\r\n".join(out))


@change("text-rewrapped", "wider")
def _(m):
    if b"quick brown" not in m.body:
        return None
    out = []
    for paragraph in m.body.split(b"\r\n\r\n"):
        text = paragraph.decode("latin-1")
        if len(text) > 200 and not re.search(r"\n[ \t.>]|  |\t", text):
            text = "\r\n".join(textwrap.wrap(text.replace("\r\n", " "), 90, break_long_words=False,
                                             break_on_hyphens=False))
        out.append(text.encode("latin-1"))
    return with_body(m, b"\r\n\r\n".join(out))
