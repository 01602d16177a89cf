# SPDX-License-Identifier: Apache-2.0
"""What the tests of the milter as a process share: a mail server's side of the protocol in a few lines, a process in a folder of
its own, rows."""

import atexit
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

count = failed = 0
running = []


@atexit.register
def kill_all():
    """Whatever happens to a test, no process stays behind."""
    for process in running:
        if process.poll() is None:
            process.kill()


def row(what, got, want=True):
    global count, failed
    count += 1
    ok = got == want
    failed += not ok
    print("%sok %d - -: %s%s" % ("" if ok else "not ", count, what, "" if ok else ": got %r, want %r" % (got, want)),
          flush=True)


def skip(what, why):
    global count
    count += 1
    print("ok %d - -: %s # SKIP %s" % (count, what, why), flush=True)


def end():
    print("1..%d" % count)
    sys.exit(1 if failed else 0)


def is_sanitized(program):
    with open(program, "rb") as file:
        octets = file.read()
    return b"__asan_init" in octets or b"__tsan_init" in octets


def wait_for(condition, seconds=30.0, slow=1):
    until = time.monotonic() + seconds * slow
    while time.monotonic() < until:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    return condition()


# ---- the protocol ----

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


class Client:
    """A connection of a mail server; reads that meet the end give None."""

    def __init__(self, where, timeout=20.0, greets=True, source=None):
        if isinstance(where, str):
            self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        else:
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            if source:
                self.socket.bind((source, 0))
        self.socket.settimeout(timeout)
        self.socket.connect(where)
        self.wants = None
        if greets:
            self.greet()

    def close(self):
        self.socket.close()

    def send(self, octets):
        self.socket.sendall(octets)

    def read(self, n):
        octets = b""
        while len(octets) < n:
            try:
                more = self.socket.recv(n - len(octets))
            except ConnectionResetError:
                return None
            if not more:
                return None
            octets += more
        return octets

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


# ---- the process ----

class Process:
    """A process in a folder of its own, which writes its log there."""

    def __init__(self, prefix="signet-milter-"):
        self.folder = tempfile.mkdtemp(prefix=prefix)
        os.chmod(self.folder, 0o755)
        self.log = os.path.join(self.folder, "log")
        self.process = None

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text, mode=0o644):
        with open(self.path(name), "w", encoding="utf-8") as out:
            out.write(text)
        os.chmod(self.path(name), mode)
        return self.path(name)

    def spawn(self, command, ready=" ready ", **more):
        before = self.said(ready) if os.path.exists(self.log) else 0
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **more)
        running.append(self.process)
        if ready:
            wait_for(lambda: self.said(ready) > before or self.process.poll() is not None, 60)
        return self

    @property
    def pid(self):
        return self.process.pid

    def text(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return log.read()

    def said(self, word):
        return self.text().count(word)

    def kick(self, number):
        self.process.send_signal(number)

    def status(self):
        with open("/proc/%d/status" % self.pid, encoding="ascii") as status:
            return dict(line.rstrip("\n").split(":\t", 1) for line in status if ":\t" in line)

    def stop(self, number=signal.SIGTERM, seconds=60):
        if self.process and self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(timeout=seconds) if self.process else None

    def remove(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]
