# SPDX-License-Identifier: Apache-2.0
"""A mail server's side of the milter protocol in a few lines, so near to its octets that a test can send anything."""

import struct

from process import Connection


def frame(command, data=b""):
    return struct.pack("!I", len(data) + 1) + command + data


OPTIONS = frame(b"O", struct.pack("!III", 6, 0x1ff, 0x1fffff))
CONNECT = frame(b"C", b"mx.example.com\x004" + struct.pack("!H", 25) + b"192.0.2.1\x00")
HELO = frame(b"H", b"mx.example.com\x00")


def envelope(sender, *recipients):
    return (frame(b"M", b"<" + sender.encode() + b">\x00") +
            b"".join(frame(b"R", b"<" + r.encode() + b">\x00") for r in recipients or ("b@example.net",)))


def macros(command, **values):
    return frame(b"D", command + b"".join(k.encode() + b"\0" + v.encode() + b"\0" for k, v in values.items()))


def content(header, body, piece=65535):
    octets = b"".join(frame(b"L", name.encode() + b"\x00" + value.encode() + b"\x00") for name, value in header)
    octets += frame(b"N")
    for at in range(0, len(body), piece):
        octets += frame(b"B", body[at:at + piece])
    return octets + frame(b"E")


HEADER = [("From", " a@example.com"), ("Subject", " x")]


class Client(Connection):
    """A connection of a mail server."""

    def __init__(self, where, timeout=20.0, greets=True, source=None):
        super().__init__(where, timeout, source)
        self.wants = None
        if greets:
            self.greet()

    def reply(self):
        """(command, data), or None at the end"""
        head = self.read(4)
        rest = head and self.read(struct.unpack("!I", head)[0])
        return rest and (rest[:1], rest[1:])

    def greet(self):
        reply = None
        try:
            self.send(OPTIONS)
            reply = self.reply()
            self.wants = reply and reply[1]
            self.send(CONNECT + HELO)
        except (BrokenPipeError, ConnectionResetError):
            pass  # refused before it could speak
        return reply

    def message(self, sender="a@example.com", header=None, body=b"hello\r\n", recipients=(), queue_id="4Q1"):
        """Replies up to the decision: [(command, data)]; ends with None if the connection did."""
        self.send(macros(b"M", i=queue_id) + envelope(sender, *recipients) + content(header or HEADER, body))
        return self.answers()

    def answers(self):
        replies = []
        while True:
            replies.append(self.reply())
            if replies[-1] is None or replies[-1][0] in (b"c", b"a", b"r", b"t", b"y", b"d"):
                return replies

    def is_closed(self, seconds=20.0):
        self.socket.settimeout(seconds)
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True
        except TimeoutError:
            return False
