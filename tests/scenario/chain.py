# SPDX-License-Identifier: Apache-2.0
"""Further milters beside ours in a mail server's chain, written from the description of the protocol: one that does nothing,
and one that edits what it sees."""

import socket
import struct
import threading

VERSION, ACTIONS, PROTOCOL = 6, 0x11, 0x100000  # may add and change fields; takes values as they were written
SILENT = "DAK"  # commands that nobody answers


def insert(index, name, value):
    return b"i", struct.pack("!I", index) + name + b"\0" + value + b"\0"


def change(index, name, value):
    """The field of that name with that number, from 1; an empty value removes it."""
    return b"m", struct.pack("!I", index) + name + b"\0" + value + b"\0"


class Milter:
    """Listens on a port of loopback.  `edits`: what it does to every message, by insert() and change().  `seen`: the fields
    of every message that came to its end, in order, [(name, value)]."""

    def __init__(self, port, edits=()):
        self.edits, self.seen, self.lock = edits, [], threading.Lock()
        self.socket = socket.create_server(("127.0.0.1", port), backlog=50)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            connection, _ = self.socket.accept()
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    @staticmethod
    def frames(stream):
        while True:
            head = stream.read(5)
            if len(head) < 5:
                return
            yield chr(head[4]), stream.read(struct.unpack("!I", head[:4])[0] - 1)

    def serve(self, connection):
        def say(letter, data=b""):
            connection.sendall(struct.pack("!I", len(data) + 1) + letter + data)

        fields = []
        with connection, connection.makefile("rb") as stream:
            for command, data in self.frames(stream):
                if command == "O":
                    say(b"O", struct.pack("!III", VERSION, ACTIONS, PROTOCOL))
                elif command == "Q":
                    return
                elif command == "E":
                    with self.lock:
                        self.seen.append(fields)
                    for edit in self.edits:
                        say(*edit)
                    say(b"c")
                elif command == "M":
                    fields = []
                    say(b"c")
                elif command == "L":
                    fields.append(tuple(data.split(b"\0")[:2]))
                    say(b"c")
                elif command not in SILENT:
                    say(b"c")

    def names(self):
        """The fields of the newest message."""
        with self.lock:
            return [name.decode().lower() for name, _ in self.seen[-1]] if self.seen else []
