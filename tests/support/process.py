# SPDX-License-Identifier: Apache-2.0
"""What the tests of a role as a process share: a process in a folder of its own, a connection to it, rows."""

import atexit
import os
import shutil
import signal
import socket
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


class Connection:
    """The client's end of a socket; reads that meet the end give None."""

    def __init__(self, where, timeout=20.0, source=None):
        if isinstance(where, str):
            self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.socket.connect(where)  # with a timeout set, a full backlog is an error at once
        else:
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            if source:
                self.socket.bind((source, 0))
            self.socket.settimeout(timeout)
            self.socket.connect(where)
        self.socket.settimeout(timeout)

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


class Process:
    """A process in a folder of its own, which writes its log there."""

    def __init__(self, prefix):
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


def as_user(uid, gid, groups, deed):
    """What `deed` returns in a process of that user and those groups, or the name of what it raised."""
    receive, send = os.pipe()
    pid = os.fork()
    if pid == 0:
        told = "broken"
        try:
            os.setgroups(groups)
            os.setresgid(gid, gid, gid)
            os.setresuid(uid, uid, uid)
            told = str(deed())
        except OSError as error:
            told = type(error).__name__
        finally:
            os.write(send, told.encode()[:100])
            os._exit(0)
    os.waitpid(pid, 0)
    os.close(send)
    told = os.read(receive, 100).decode()
    os.close(receive)
    return told
