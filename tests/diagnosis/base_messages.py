# SPDX-License-Identifier: Apache-2.0
"""The messages that are changed: each kind of body that real mail has."""

import base64
import quopri

from dkim_model import Message

ASCII_TEXT = b"""Hello everybody,

this is the weekly  note.  It has a table:

\tApples\t12
\tPears\t 7

From here on it gets serious. The page is http://www.example.com/path/page?id=7&x=1
and the other one is https://shop.example.com/a%20b.

.profile is a file whose name starts with a dot.
..and this line starts with two

    four spaces of indent

See you on Thursday, and bring the papers with you; we shall need
them when the auditors come.

--\x20
Alice Example
Example Ltd.
"""

UTF8_TEXT = """Grüße aus München,

naïve café – the “résumé” of Señor Ñandú costs 20 €.
Très bien, à bientôt! Ça va? Übermäßig schöne Öfen.

From time to time a line starts so.
http://www.example.com/münchen?q=1

A second paragraph that is rather long and was typed without any line break at all so that it runs on for more than a
hundred octets, as people write today.

Best regards
José
"""

LATIN_TEXT = """Grüße aus München,

naïve café, the "résumé" of Señor Ñandú costs 20 £.
Très bien, à bientôt! Ça va? Übermäßig schöne Öfen.

Best regards
José
"""

HTML = """<!DOCTYPE html>
<html><head><title>News</title></head>
<body bgcolor="#ffffff">
<p>Hello, <b>this</b> is the news of the week.</p>
<p>See <a href="http://www.example.com/news?id=7">the page</a> and
<a href="https://shop.example.com/">the shop</a>.</p>
</body>
</html>
"""


def crlf(text):
    if isinstance(text, str):
        text = text.encode("utf-8")
    return text.replace(b"\n", b"\r\n")


def qp(text):
    return quopri.encodestring(text.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")


def b64(octets, width=76):
    text = base64.b64encode(octets)
    return b"".join(text[i:i + width] + b"\r\n" for i in range(0, len(text), width))


def fields(content_type, cte="7bit", subject=b"Weekly note for everybody"):
    f = [b"Received: from mail.example.com (mail.example.com [192.0.2.1])\r\n\tby mx.example.net with ESMTP id 4711;"
         b"\r\n\tMon, 21 Sep 2026 12:00:01 +0000\r\n",
         b"From: Alice Example <alice@example.com>\r\n",
         b"To: Bob Builder <bob@example.net>, carol@example.org\r\n",
         b"Subject: " + subject + b"\r\n",
         b"Date: Mon, 21 Sep 2026 14:00:00 +0200\r\n",
         b"Message-ID: <20260921120000.4711@mail.example.com>\r\n",
         b"References: <first.1234567890@mail.example.net>\r\n <second.1234567890@mail.example.net>\r\n",
         b"MIME-Version: 1.0\r\n"]
    if content_type:
        f.append(b"Content-Type: " + content_type + b"\r\n")
        f.append(b"Content-Transfer-Encoding: " + cte.encode() + b"\r\n")
    return f


def part(content_type, cte, body, extra=b""):
    return (b"Content-Type: " + content_type + b"\r\nContent-Transfer-Encoding: " + cte.encode() + b"\r\n" + extra +
            b"\r\n" + body)


def multipart(boundary, parts, preamble=b"", epilogue=b""):
    body = preamble
    for p in parts:
        body += b"--" + boundary + b"\r\n" + p + (b"" if p.endswith(b"\r\n") else b"\r\n")
    return body + b"--" + boundary + b"--\r\n" + epilogue


def plain():
    return Message(fields(b"text/plain; charset=us-ascii"), crlf(ASCII_TEXT))


def utf8():
    return Message(fields(b"text/plain; charset=utf-8; format=flowed", "8bit",
                          subject=b"=?utf-8?Q?Gr=C3=BC=C3=9Fe_aus_M=C3=BCnchen?="), crlf(UTF8_TEXT))


def latin1():
    return Message(fields(b'text/plain; charset="iso-8859-1"', "8bit",
                          subject=b"=?ISO-8859-1?Q?Gr=FC=DFe?="), crlf(LATIN_TEXT.encode("latin-1")))


def quoted():
    return Message(fields(b'text/plain; charset="utf-8"', "quoted-printable",
                          subject=b"=?UTF-8?B?R3LDvMOfZQ==?="), qp(crlf(UTF8_TEXT)))


def base64_text():
    return Message(fields(b"text/plain; charset=UTF-8", "base64"), b64(crlf(UTF8_TEXT)))


def html():
    return Message(fields(b"text/html; charset=utf-8", "8bit"), crlf(HTML))


def html_quoted():
    return Message(fields(b"text/html; charset=UTF-8", "quoted-printable"), qp(crlf(HTML)))


def alternative():
    b = b"=_alt-5a1f.7"
    return Message(fields(b'multipart/alternative;\r\n boundary="' + b + b'"'),
                   multipart(b, [part(b"text/plain; charset=us-ascii", "7bit", crlf(ASCII_TEXT)),
                                 part(b"text/html; charset=utf-8", "quoted-printable", qp(crlf(HTML)))]))


def mixed():
    b = b"----=_NextPart_000_0042_01DB3C5E.7F2A"
    data = bytes((i * 7 + i // 11) % 256 for i in range(1500))
    return Message(fields(b'multipart/mixed; boundary="' + b + b'"'),
                   multipart(b, [part(b'text/plain; charset="utf-8"', "8bit", crlf(UTF8_TEXT)),
                                 part(b'application/pdf; name="note.pdf"', "base64", b64(data),
                                      b'Content-Disposition: attachment; filename="note.pdf"\r\n')],
                             preamble=b"This is a multi-part message in MIME format.\r\n\r\n"))


def nested():
    outer, inner = b"outer-1234", b"inner-5678"
    alt = multipart(inner, [part(b"text/plain; charset=utf-8", "quoted-printable", qp(crlf(UTF8_TEXT))),
                            part(b"text/html; charset=utf-8", "quoted-printable", qp(crlf(HTML)))])
    data = bytes(range(256)) * 3
    return Message(fields(b"multipart/mixed; boundary=" + outer),
                   multipart(outer, [b"Content-Type: multipart/alternative; boundary=" + inner + b"\r\n\r\n" + alt,
                                     part(b"image/png; name=dot.png", "base64", b64(data),
                                          b"Content-Disposition: attachment; filename=dot.png\r\n")]))


def long_lines():
    words = b" ".join(b"word%d" % i for i in range(400))
    return Message(fields(b"text/plain; charset=us-ascii"), b"Short first line.\r\n\r\n" + words + b"\r\n\r\n" +
                   words[:1500] + b"\r\nThe end.\r\n")


def paragraphs():
    text = b" ".join(b"the quick brown fox number %d jumps" % i for i in range(20))
    lines, line = [], b""
    for word in text.split(b" "):
        if len(line) + 1 + len(word) > 66:
            lines.append(line)
            line = word
        else:
            line = line + b" " + word if line else word
    one = b"\r\n".join(lines + [line]) + b"\r\n"
    return Message(fields(b"text/plain; charset=us-ascii"), b"Dear all,\r\n\r\n" + one + b"\r\n" + one[:600] +
                   b"\r\n\r\nBye\r\n")


def bare():
    """No MIME fields at all."""
    return Message(fields(None), crlf(ASCII_TEXT))


def dressed():
    """Fields that other kinds lack: two of one name, a reply address, list fields of the author, an untidy subject."""
    m = plain()
    m.put("From", b'"Alice Example" <alice@example.com>')
    m.put("Subject", b"Re: a  question about it ")
    m.fields += [b"Reply-To: office@example.com\r\n", b"Comments: the first\r\n", b"Comments: the second\r\n",
                 b"List-Unsubscribe: <https://example.com/leave?u=1>\r\n"]
    return m


KINDS = {f.__name__: f for f in (plain, utf8, latin1, quoted, base64_text, html, html_quoted, alternative, mixed,
                                 nested, long_lines, paragraphs, bare,
                                 dressed)}
