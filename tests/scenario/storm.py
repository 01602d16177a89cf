# SPDX-License-Identifier: Apache-2.0
"""Many SMTP sessions at a time, each message with a number of its own, each attempt with its reply: nothing is forgotten.

    storm = Storm(jobs, sessions=30)        # jobs: Job(...)
    storm.start() ... storm.join()
    storm.attempts                          # [Attempt]: every one, in no order"""

import re
import socket
import threading
import time
from dataclasses import dataclass

NUMBER = re.compile(rb"\r\nX-Number: (\d+)\r\n")


@dataclass
class Job:
    number: int
    kind: str
    port: int
    client: str  # XCLIENT; "" if the service knows no clients
    sender: str
    octets: bytes  # with the field X-Number


@dataclass
class Attempt:
    job: Job
    stage: str  # "connect", "mail", "end" (the reply to the end of the message), "lost" (no reply to it)
    code: int
    text: str
    seconds: float

    @property
    def queue_id(self):
        match = re.search(r"queued as (\S+)", self.text)
        return match.group(1) if match else None


class Lost(Exception):
    pass


class Session:
    def __init__(self, port, client):
        try:
            self.socket = socket.create_connection(("127.0.0.1", port), timeout=120)
        except OSError as error:
            raise Lost from error
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.lines = self.socket.makefile("rb")
        self.expect("banner", self.reply())
        self.expect("ehlo", self.command(b"EHLO mail.good.example"))
        if client:
            self.expect("xclient", self.command(f"XCLIENT ADDR={client} NAME=[UNAVAILABLE] HELO=mail.good.example".encode()))
            self.expect("ehlo", self.command(b"EHLO mail.good.example"))

    @staticmethod
    def expect(what, reply):
        if reply[0] >= 400:
            raise Lost(f"{what}: {reply}")

    def reply(self):
        try:
            line = self.lines.readline()
            while line[3:4] == b"-":
                line = self.lines.readline()
        except OSError as error:
            raise Lost from error
        if len(line) < 4:
            raise Lost
        return int(line[:3]), line[4:].decode(errors="replace").strip()

    def send(self, octets):
        try:
            self.socket.sendall(octets)
        except OSError as error:
            raise Lost from error

    def command(self, line):
        self.send(line + b"\r\n")
        return self.reply()

    def close(self):
        self.lines.close()
        self.socket.close()


class Storm:
    PATIENCE = 150.0  # seconds for all attempts of one message
    PAUSE = 0.4  # before the next one

    def __init__(self, jobs, sessions=30):
        self.jobs, self.at, self.lock = list(jobs), 0, threading.Lock()
        self.attempts, self.done = [], 0
        self.threads = [threading.Thread(target=self.work, daemon=True) for _ in range(sessions)]
        self.begun = time.monotonic()

    def start(self):
        self.begun = time.monotonic()
        for thread in self.threads:
            thread.start()
        return self

    def join(self):
        for thread in self.threads:
            thread.join()
        self.seconds = time.monotonic() - self.begun
        return self

    def wait_for(self, share):
        """Until so much of all (0 to 1) is done."""
        while self.done < share * len(self.jobs) and not self.is_over():
            time.sleep(0.02)

    def is_over(self):
        return not any(thread.is_alive() for thread in self.threads)

    def next(self):
        with self.lock:
            if self.at == len(self.jobs):
                return None
            self.at += 1
            return self.jobs[self.at - 1]

    def work(self):
        sessions = {}
        job = self.next()
        while job:
            end = time.monotonic() + self.PATIENCE
            while True:
                attempt = self.attempt(sessions, job)
                with self.lock:
                    self.attempts.append(attempt)
                if attempt.stage == "lost" or (attempt.stage == "end" and not 400 <= attempt.code < 500) \
                        or time.monotonic() > end:
                    break
                time.sleep(self.PAUSE)
            with self.lock:
                self.done += 1
            job = self.next()
        for session in sessions.values():
            session.close()

    @staticmethod
    def attempt(sessions, job):
        """A session is kept for the next message unless something went wrong in it: Postfix defers everything that follows in
        a session whose milter went away."""
        key, stage, began = (job.port, job.client), "connect", time.monotonic()
        code, text = 421, ""
        try:
            session = sessions.get(key) or sessions.setdefault(key, Session(*key))
            stage = "mail"
            session.send(f"MAIL FROM:<{job.sender}>\r\nRCPT TO:<bob@recv.example>\r\nDATA\r\n".encode())
            replies = [session.reply() for _ in range(3)]
            code, text = next((reply for reply in replies if reply[0] >= 400), replies[2])
            if replies[2][0] == 354:
                session.send(job.octets + b".\r\n")
                stage = "lost"
                reply = session.reply()
                stage, (code, text) = ("end", reply) if code < 400 else ("mail", (code, text))
        except Lost as lost:
            text = str(lost)
        if not (stage == "end" and (code < 400 or code >= 500)):
            session = sessions.pop(key, None)
            if session:
                session.close()
        return Attempt(job, stage, code, text, time.monotonic() - began)


def number_of(octets):
    match = NUMBER.search(octets[:octets.find(b"\r\n\r\n") + 2])
    return int(match.group(1)) if match else None
