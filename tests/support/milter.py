# SPDX-License-Identifier: Apache-2.0
"""The mail server's side of the milter protocol, as Postfix 3.7 speaks it, for scenarios; and a peer that misbehaves.

    with milter.Client("unix:/run/x.sock") as client:           # or "inet:127.0.0.1:8891"
        client.start(ip="192.0.2.1", name="mx.example.com", helo="mx.example.com")
        answer = client.message(octets, sender="a@example.com", recipients=["b@example.net"])
        answer.reply         # "c" continue, "r" reject, "t" try again later, "y" with a text; None: connection lost
        answer.text          # "550 5.7.1 why", as the SMTP client would see it
        answer.held          # the reason, or None
        answer.octets        # what is delivered

Written from the description of the protocol, not from the codec that it tests.  Steps can be taken one by one (mail(), rcpt(),
field(), ..., end()); send(), frame() and half() say anything at all.  A peer that does not follow the protocol raises Broken.
"""

import re
import socket
import struct
import time

ACTIONS = 0x1FF
PROTOCOL = 0x1FFFFF
ADD_FIELDS, CHANGE_FIELDS, QUARANTINE, SYMBOLS = 0x1, 0x10, 0x20, 0x100
NO_CONNECT, NO_HELO, NO_MAIL, NO_RCPT, NO_BODY, NO_FIELDS, NO_END_OF_HEADER, NO_UNKNOWN, NO_DATA = (
    0x1, 0x2, 0x4, 0x8, 0x10, 0x20, 0x40, 0x100, 0x200)
QUIET = {"C": 0x1000, "H": 0x2000, "M": 0x4000, "R": 0x8000, "T": 0x10000, "U": 0x20000, "L": 0x80, "N": 0x40000, "B": 0x80000}
LEADING_SPACE = 0x100000
CHUNK = 65535
STAGES = "CHMRTEN"  # in the order of their numbers
OWN_RECEIVED = b"Received: from client by mx.example.net (Postfix) with ESMTP id %s"
# What Postfix tells unless the filter says what it wants.
DEFAULTS = {
    "C": "j {daemon_name} {daemon_addr} v _", "H": "{tls_version} {cipher} {cipher_bits} {cert_subject} {cert_issuer}",
    "M": "i {auth_type} {auth_authen} {auth_author} {mail_addr} {mail_host} {mail_mailer}",
    "R": "i {rcpt_addr} {rcpt_host} {rcpt_mailer}", "T": "i", "N": "i", "E": "i",
}


class Broken(Exception):
    """The filter does not speak the protocol, or has gone away."""


def text(*strings):
    return b"".join((s.encode() if isinstance(s, str) else s) + b"\0" for s in strings)


def number(n):
    return struct.pack("!I", n)


def pack(command, data=b""):
    return number(len(data) + 1) + command.encode("latin-1") + data


def split_message(octets):
    """([(name, what follows the colon, lines with LF)], body) of a message with CRLF; other line ends become CRLF."""
    if b"\r\n" not in octets:
        octets = octets.replace(b"\n", b"\r\n")
    header, _, body = octets.partition(b"\r\n\r\n") if not octets.startswith(b"\r\n") else (b"", b"", octets[2:])
    fields = []
    for line in re.split(rb"\r\n(?![ \t])", header[:-2] if header.endswith(b"\r\n") else header):
        if line:
            name, _, value = line.partition(b":")
            fields.append((name.rstrip(b" \t"), value.replace(b"\r\n", b"\n")))
    return fields, body


class Answer:
    """What the filter said to the end of a message."""

    def __init__(self, fields=(), body=b"", leading_space=True, queue_id="4Qtest"):
        # The field that the mail server put on top itself is hidden from the filter, but not from insertion.
        self.fields = [(b"", OWN_RECEIVED % queue_id.encode())] + [(n, v) for n, v in fields]
        self.body = body
        self.leading_space = leading_space
        self.reply = self.text = self.held = None
        self.progress = 0
        self.edits = []

    def _find(self, name, index):
        at = [i for i, (n, _) in enumerate(self.fields) if n.lower() == name.lower()]
        return at[max(index, 1) - 1] if max(index, 1) <= len(at) else None

    def take(self, letter, data):
        """One reply that is not the last; the index rules of Postfix."""
        if letter == "p":
            self.progress += 1
        elif letter == "q":
            self.held = data[:-1].decode("latin-1")
        elif letter in "hi":
            index = struct.unpack("!I", data[:4])[0] if letter == "i" else len(self.fields)
            name, value = data[4 if letter == "i" else 0:].split(b"\0")[:2]
            self.edits.append((letter, index, name.decode(), value.decode("latin-1")))
            self.fields.insert(index, (name, self._value(value)))
        elif letter == "m":
            index = struct.unpack("!I", data[:4])[0]
            name, value = data[4:].split(b"\0")[:2]
            self.edits.append((letter, index, name.decode(), value.decode("latin-1")))
            at = self._find(name, index)
            if at is None and value:
                self.fields.append((name, self._value(value)))
            elif at is not None and value:
                self.fields[at] = (name, self._value(value))
            elif at is not None:
                del self.fields[at]
        else:
            raise Broken(f"reply {letter!r} at the end of a message")

    def _value(self, value):
        if b"\r" in value:
            raise Broken("CR in a value")
        return value if self.leading_space else b" " + value

    @property
    def octets(self):
        lines = [value if not name else name + b":" + value for name, value in self.fields]
        return b"".join(line.replace(b"\n", b"\r\n") + b"\r\n" for line in lines) + b"\r\n" + self.body

    def values(self, name):
        """The values of every field of that name, from the top."""
        return [v.decode("latin-1").strip() for n, v in self.fields if n.decode("latin-1").lower() == name.lower()]


class Client:
    def __init__(self, address, timeout=20.0, wait=0.0):
        """`wait`: how many seconds the filter may take to be there."""
        self.macros = {"j": "mx.example.net", "{daemon_name}": "smtpd", "{daemon_addr}": "192.0.2.200",
                       "{daemon_port}": "25", "v": "Postfix 3.7.11"}
        self.symbols = {}
        self.actions = self.protocol = self.version = 0
        self.last_text = None
        self.aborts = True  # behind every message, as Postfix does; Sendmail does not, and says QUIT_NC
        until = time.monotonic() + wait
        while True:
            try:
                self.socket = self._open(address, timeout)
                return
            except (ConnectionRefusedError, FileNotFoundError):
                if time.monotonic() >= until:
                    raise
                time.sleep(0.02)

    @staticmethod
    def _open(address, timeout):
        kind, _, rest = address.partition(":")
        if kind == "unix":
            s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            target = rest
        else:
            host, _, port = rest.rpartition(":")
            host = host.strip("[]") or "127.0.0.1"
            s = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
            target = (host, int(port))
        s.settimeout(timeout)
        try:
            s.connect(target)
        except OSError:
            s.close()
            raise
        return s

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    # ---- octets ----

    def send(self, octets):
        self.socket.sendall(octets)

    def slowly(self, octets, pause, piece=1):
        """A few octets at a time."""
        for i in range(0, len(octets), piece):
            self.send(octets[i:i + piece])
            time.sleep(pause)

    def frame(self, command, data=b""):
        self.send(pack(command, data))

    def half(self, command, data, n):
        """The first `n` octets of a frame."""
        self.send(pack(command, data)[:n])

    def _read(self, n):
        octets = b""
        while len(octets) < n:
            try:
                more = self.socket.recv(n - len(octets))
            except (ConnectionResetError, BrokenPipeError):
                more = b""
            if not more:
                raise Broken("the connection was closed")
            octets += more
        return octets

    def read(self):
        """(letter, data) of the next reply."""
        length = struct.unpack("!I", self._read(4))[0]
        if not 0 < length <= 1 << 20:
            raise Broken(f"a reply of {length} octets")
        octets = self._read(length)
        return octets[:1].decode("latin-1"), octets[1:]

    def is_closed(self, seconds=5.0):
        """True if the filter closes the connection within so many seconds; what it says before is dropped."""
        self.socket.settimeout(seconds)
        try:
            while self.socket.recv(65536):
                pass
            return True
        except (socket.timeout, TimeoutError):
            return False
        except OSError:
            return True

    def is_silent(self, seconds=0.2):
        """True if nothing is said within so many seconds."""
        before = self.socket.gettimeout()
        self.socket.settimeout(seconds)
        try:
            return len(self.socket.recv(1, socket.MSG_PEEK)) < 0
        except (socket.timeout, TimeoutError):
            return True
        except OSError:
            return False
        finally:
            self.socket.settimeout(before)

    # ---- the dialogue ----

    def negotiate(self, version=6, actions=ACTIONS, protocol=PROTOCOL):
        self.frame("O", number(version) + number(actions) + number(protocol))
        letter, data = self.read()
        if letter != "O" or len(data) < 12:
            raise Broken(f"reply {letter!r} to the options")
        self.version, self.actions, self.protocol = struct.unpack("!III", data[:12])
        if self.version > version or self.actions & ~actions or self.protocol & ~protocol:
            raise Broken("more than was offered: %d %x %x" % (self.version, self.actions, self.protocol))
        rest = data[12:]
        if rest and not self.actions & SYMBOLS:
            raise Broken("a list of macros that was not agreed")
        while rest:
            stage, (names, rest) = struct.unpack("!I", rest[:4])[0], rest[4:].split(b"\0", 1)
            self.symbols[STAGES[stage]] = names.decode()

    def tell_macros(self, command):
        """Those that are known; a field has those of the end of the header, a piece of the body those of its end."""
        stage = {"L": "N", "B": "E"}.get(command, command)
        names = self.symbols.get(stage, DEFAULTS.get(stage, "")).split()
        known = [(n, self.macros[n]) for n in names if n in self.macros]
        self.frame("D", command.encode() + b"".join(text(n, v) for n, v in known))

    def step(self, command, data=b"", omit=0):
        """A command with its macros; returns the letter of the reply, "c" where none is due."""
        self.tell_macros(command)
        if self.protocol & omit:
            return "c"
        self.frame(command, data)
        if self.protocol & QUIET.get(command, 0):
            return "c"
        letter, data = self.read()
        self.last_text = data[:-1].decode("latin-1").replace("%%", "%") if letter == "y" else None
        return letter

    def connect(self, ip="192.0.2.1", name="client.example", port=12345):
        if ip is None:
            return self.step("C", text(name) + b"U", NO_CONNECT)
        family, address = ("6", "IPv6:" + ip) if ":" in ip else ("4", ip)
        if ip.startswith("/"):
            family, address, port = "L", ip, 0
        return self.step("C", text(name) + family.encode() + struct.pack("!H", port) + text(address), NO_CONNECT)

    def helo(self, name="client.example"):
        return self.step("H", text(name), NO_HELO)

    def start(self, ip="192.0.2.1", name="client.example", helo="client.example", port=12345, **options):
        """Options, client and HELO (None: it says none)."""
        self.negotiate(**options)
        self.connect(ip, name, port)
        if helo is not None:
            self.helo(helo)
        return self

    def mail(self, sender, *arguments):
        return self.step("M", text("<%s>" % sender, *arguments), NO_MAIL)

    def rcpt(self, recipient, *arguments):
        return self.step("R", text("<%s>" % recipient, *arguments), NO_RCPT)

    def data(self):
        return self.step("T", b"", NO_DATA)

    def field(self, name, value):
        """`value` is what follows the colon, lines with LF."""
        if not self.protocol & LEADING_SPACE and value.startswith(b" "):
            value = value[1:]
        return self.step("L", text(name, value), NO_FIELDS)

    def end_of_header(self):
        return self.step("N", b"", NO_END_OF_HEADER)

    def body(self, octets, chunk=CHUNK):
        for i in range(0, len(octets), chunk):
            letter = self.step("B", octets[i:i + chunk], NO_BODY)
            if letter != "c":
                return letter
        return "c"

    def end(self, answer=None, last=b""):
        """End of message, with the last of the body as Sendmail does it if given; reads up to the final reply."""
        answer = answer or Answer(leading_space=bool(self.protocol & LEADING_SPACE))
        self.tell_macros("E")
        self.frame("E", last)
        while True:
            letter, data = self.read()
            if letter in "cartdy4":
                answer.reply = letter
                answer.text = data[:-1].decode("latin-1").replace("%%", "%") if letter == "y" else None
                return answer
            needs = {"h": ADD_FIELDS, "i": ADD_FIELDS, "m": CHANGE_FIELDS, "q": QUARANTINE}.get(letter, 0)
            if needs & ~self.actions:
                raise Broken(f"reply {letter!r} was not agreed")
            answer.take(letter, data)

    def message(self, octets, sender="a@example.com", recipients=("b@example.net",), queue_id="4Qtest", arguments=(),
                chunk=CHUNK, last_with_end=False):
        """A whole message.  A reply that is not "c" before the end is the answer, and the message is dropped."""
        fields, body = split_message(octets)
        answer = Answer(fields, body, bool(self.protocol & LEADING_SPACE), queue_id)
        self.macros.pop("i", None)

        def say(letter):
            if letter not in "cs":
                answer.reply, answer.text = letter, self.last_text
            return letter not in "cs"

        if say(self.mail(sender, *arguments)):
            return self._dropped(answer)
        refused = []
        for recipient in recipients:
            letter = self.rcpt(recipient)
            refused += [] if letter == "c" else [(letter, self.last_text)]
            self.macros["i"] = queue_id  # known from the first recipient on
        if refused and len(refused) == len(recipients):
            answer.reply, answer.text = refused[0]
            return self._dropped(answer)
        if say(self.data()):
            return self._dropped(answer)
        for name, value in fields:
            if say(self.field(name, value)):
                return self._dropped(answer)
        if say(self.end_of_header()):
            return self._dropped(answer)
        last = body if last_with_end else b""
        if not last_with_end and say(self.body(body, chunk)):
            return self._dropped(answer)
        self.end(answer, last)
        return self._dropped(answer, self.aborts)

    def _dropped(self, answer, aborts=True):
        if aborts:
            self.abort()
        self.macros.pop("i", None)
        return answer

    def abort(self):
        self.frame("A")

    def quit(self):
        """Says good-bye; True if the filter closes."""
        self.frame("Q")
        return self.is_closed()

    def quit_and_connect(self):
        """QUIT_NC: connect() may follow."""
        self.frame("K")
