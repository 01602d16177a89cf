# SPDX-License-Identifier: Apache-2.0
"""Makes up message texts: header fields and MIME bodies of the shapes and sizes real mail has."""

import base64
import quopri
import time

SYLLABLES = "an ba ber co da den el fi for ga hi in ka lo ma nor o per qui ra sen ta un ver wi za".split()
PEOPLE = "Amara Bela Chidi Dana Emre Freya Goran Hanne Ines Jonas Kemal Lucia Marek Nadia Olaf Priya Rosa Sven".split()


def stamp(when):
    return time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime(when))


class Writer:
    """Words and blocks are made once, messages are put together from them."""

    def __init__(self, random):
        self.random = random
        self.words = ["".join(random.choices(SYLLABLES, k=random.choice([1, 2, 2, 3, 4]))) for _ in range(2000)]
        self.paragraphs = [self.paragraph() for _ in range(400)]
        self.rows = [self.row(n) for n in range(300)]

    def token(self, digits):
        return f"{self.random.getrandbits(digits * 4):0{digits}x}"

    def sentence(self, least=4, most=16):
        return " ".join(self.random.choices(self.words, k=self.random.randint(least, most))).capitalize()

    def paragraph(self):
        lines, line = [], ""
        for word in ". ".join(self.sentence() for _ in range(self.random.randint(2, 8))).split():
            if len(line) + len(word) > 75:
                lines.append(line)
                line = word
            else:
                line = f"{line} {word}" if line else word
        return "\r\n".join(lines + [line + "."]).encode()

    def row(self, number):
        link = f"https://click.provider.example/{self.token(60)}?c={number}"
        html = (f'<tr><td style="padding:4px 0;font:14px/20px Arial,sans-serif;color:#222222"><a href="{link}" '
                f'style="text-decoration:none">{self.sentence()}</a> \u2014 {self.sentence()}</td></tr>\n')
        return quopri.encodestring(html.encode()).replace(b"\n", b"\r\n")

    def plain(self, octets):
        parts, n = [], 0
        while n < octets:
            parts.append(self.random.choice(self.paragraphs))
            n += len(parts[-1]) + 4
        return b"\r\n\r\n".join(parts) + b"\r\n"

    def html(self, octets):
        parts, n = [b'<html><body><table width=3D"100%">\r\n'], 0
        while n < octets:
            parts.append(self.random.choice(self.rows))
            n += len(parts[-1])
        return b"".join(parts) + b"</table></body></html>\r\n"

    def attachment(self, octets):
        text = base64.b64encode(self.random.randbytes(octets * 3 // 4 + 1))
        return b"".join(text[at:at + 76] + b"\r\n" for at in range(0, len(text), 76))

    def body(self, octets):
        """A body of about this size and its Content-Type and Content-Transfer-Encoding."""
        if octets < 3000:
            return self.plain(octets), "text/plain; charset=utf-8", "7bit"
        parts = [("text/plain; charset=utf-8", "7bit", self.plain(min(octets // 5, 6000)))]
        mixed = octets > 40000
        html = min(octets // 4, 25000) if mixed else octets - len(parts[0][2])
        parts.append(("text/html; charset=utf-8", "quoted-printable", self.html(html)))
        if mixed:
            kind = self.random.choice(["image/png", "application/pdf", "image/jpeg"])
            parts.append((f'{kind}; name="file.bin"', "base64", self.attachment(octets - html - len(parts[0][2]))))
        boundary = "=_" + self.token(20)
        body = b"This is a message in MIME format.\r\n\r\n"
        for content, encoding, octets_of_part in parts:
            body += (f"--{boundary}\r\nContent-Type: {content}\r\n"
                     f"Content-Transfer-Encoding: {encoding}\r\n\r\n").encode() + octets_of_part + b"\r\n"
        body += f"--{boundary}--\r\n".encode()
        if self.random.random() < 0.15:
            body += b"\r\n\r\n"  # empty lines at the end: canonicalisation drops them
        kind = "mixed" if mixed else "alternative"
        return body, f'multipart/{kind};\r\n\tboundary="{boundary}"', ""

    def bulk_fields(self, domain):
        lines = "\r\n ".join(self.token(70) for _ in range(self.random.randint(1, 6)))
        return [("List-Unsubscribe", f"<mailto:u-{self.token(16)}@{domain}>,\r\n <https://{domain}/u/{self.token(40)}>"),
                ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
                ("Feedback-ID", f"{self.token(6)}:{self.token(8)}:{domain.split('.')[0]}"),
                ("Precedence", "bulk"), ("X-Campaign", lines)]

    def reply_fields(self, domain):
        thread = [f"<{self.token(20)}@{domain}>" for _ in range(self.random.randint(1, 6))]
        return [("In-Reply-To", thread[-1]), ("References", "\r\n ".join(thread)), ("Accept-Language", "en-GB")]

    def message(self, octets, author_domain, when, recipient):
        """Fields and body of a message as its author sent it."""
        random = self.random
        bulk = random.random() < 0.6
        person = random.choice(PEOPLE)
        local = random.choice(["news", "no-reply", "orders", "billing"]) if bulk else person.lower()
        name = f'"{author_domain.split(".")[0].capitalize()} Team"' if bulk else f"{person} {self.sentence(1, 1)}"
        subject = self.sentence(2, 9)
        if random.random() < 0.2:
            encoded = base64.b64encode(f"\u2709 {subject}"[:30].encode()).decode()
            subject = f"=?utf-8?B?{encoded}?="
        fields = [("From", f"{name} <{local}@{author_domain}>"), ("To", f"<{recipient}>"), ("Subject", subject),
                  ("Date", stamp(when)), ("Message-ID", f"<{self.token(12)}.{self.token(16)}@{author_domain}>"),
                  ("MIME-Version", "1.0")]
        if random.random() < 0.3:
            fields.append(("Reply-To", f"support@{author_domain}"))
        fields += self.bulk_fields(author_domain) if bulk else self.reply_fields(author_domain)
        used = sum(len(key) + len(value) + 4 for key, value in fields)
        body, content, encoding = self.body(max(200, octets - used - 1500))
        fields.append(("Content-Type", content))
        if encoding:
            fields.append(("Content-Transfer-Encoding", encoding))
        return fields, body
