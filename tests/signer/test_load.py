#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The signer under load and abuse: garbage, slow and greedy clients, a storm, SIGKILL in the middle of one.  TAP."""

import os
import random
import signal
import socket
import subprocess
import threading
import time

from process import end, row, skip
from signer import (ED25519, IS_ROOT, OK, RSA, SANITIZED, Client, Signer, ask_as, digest, frame, keys_request, make_key, name,
                    sign_request, verifies, wait_for)

STORM = os.environ["STORM"]
CLIENTS, REQUESTS = (100, 40) if SANITIZED else (100, 1000)


def closes(octets, s):
    """Does the signer close a connection on which this is sent, without a word?"""
    c = Client(s.socket)
    try:
        c.send(octets)
    except (BrokenPipeError, ConnectionResetError):
        return True
    found = c.reply()
    c.close()
    return found is None


def test_garbage(s, key):
    good = sign_request(1, "example.com", "ed", ED25519, bytes(32))
    for what, octets in (
            ("HTTP", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"), ("zeros", bytes(5000)), ("ones", b"\xff" * 5000),
            ("an unknown version", good[:2] + b"\x02" + good[3:]), ("an unknown question", frame(3, 1, b"")),
            ("a reply", frame(1, 1, b"\0sig")), ("a path", sign_request(1, "../keys/example.com", "ed", ED25519, bytes(32))),
            ("a selector that climbs", sign_request(1, "example.com", "../example.com/ed", ED25519, bytes(32))),
            ("a NUL in a name", frame(1, 1, b"\1" + name("example.com\0") + name("ed") + bytes(32))),
            ("upper case", sign_request(1, "Example.com", "ed", ED25519, bytes(32))),
            ("nothing but a head", frame(1, 1, b""))):
        row("%s closes the connection" % what, closes(octets, s))
    d = digest()
    c = Client(s.socket)
    c.send(sign_request(5, "example.com", "ed", ED25519, d) + b"\xff\xff\xff")
    reply = c.reply()
    row("what came before the garbage is answered", bool(reply) and verifies(key, d, reply[2][1:]))
    row("then it closes", c.reply(), None)
    row("the log says so", s.said('reason="what it sends is no request"') >= 1)

    # many at once, while a good client works
    stop = threading.Event()
    sent = [0]

    def spray(seed):
        chance = random.Random(seed)
        while not stop.is_set():
            try:
                c = Client(s.socket)
                octets = bytearray(chance.choice((good, good * 3, chance.randbytes(chance.randrange(1, 3000)))))
                for _ in range(chance.randrange(1, 4)):
                    octets[chance.randrange(len(octets))] = chance.randrange(256)
                c.send(octets[:chance.randrange(1, len(octets) + 1)])
                if chance.random() < 0.5:
                    c.socket.shutdown(socket.SHUT_WR)
                    c.reply()
                c.close()
                sent[0] += 1
            except OSError:
                pass

    threads = [threading.Thread(target=spray, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    c = Client(s.socket)
    good_ones = 0
    for _ in range(200):
        d = digest()
        answer = c.sign("example.com", "ed", ED25519, d)
        good_ones += bool(answer) and verifies(key, d, answer[1])
    stop.set()
    for thread in threads:
        thread.join()
    row("in a storm of garbage (%d connections) a good client gets all it asks for" % sent[0], good_ones, 200)
    row("and the signer lives", s.process.poll(), None)
    row("the log stays small", len(s.text()) < 200000)


def cpu_of(s):
    """Seconds."""
    with open("/proc/%d/stat" % s.pid, encoding="ascii") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_slow(key):
    """Clients that say nothing, half of it, one octet after the other; and two that take nothing."""
    s = Signer()
    s.put("example.com", "ed", key)
    for i in range(16):
        s.put("many.example", "s%d" % i, key)
    s.start("--idle", "2")
    first = Client(s.socket)
    first.sign("example.com", "ed", ED25519, digest())
    half = Client(s.socket)
    half.send(sign_request(1, "example.com", "ed", ED25519, bytes(32))[:20])
    trickle = Client(s.socket)
    greedy = Client(s.socket)
    curious = Client(s.socket)  # small questions, large answers: they wait inside for room
    for c in (first, half, trickle, greedy, curious):
        c.socket.setblocking(False)
    asks = {"greedy": sign_request(1, "example.com", "ed", ED25519, bytes(32)) * 50, "curious": keys_request(1, "many.example") * 400}
    pushed, rest = dict.fromkeys(asks, 0), dict.fromkeys(asks, b"")
    begin = time.monotonic()
    ended = {}
    octets = iter(sign_request(1, "example.com", "ed", ED25519, bytes(32)))
    while time.monotonic() - begin < 60 and len(ended) < 5:
        for what, c in (("idle", first), ("half", half), ("trickle", trickle)):
            if what not in ended:
                try:
                    if what == "trickle":
                        c.send(bytes([next(octets)]))
                    if c.socket.recv(1) == b"":
                        ended[what] = time.monotonic() - begin
                except BlockingIOError:
                    pass
                except OSError:
                    ended[what] = time.monotonic() - begin
        for what, c in (("greedy", greedy), ("curious", curious)):
            if what not in ended:
                try:
                    n = c.socket.send(rest[what] or asks[what])
                    rest[what] = (rest[what] or asks[what])[n:]
                    pushed[what] += n
                except BlockingIOError:
                    pass
                except OSError:
                    ended[what] = time.monotonic() - begin
        time.sleep(0.25)
    row("an idle connection ends after its time", 1.5 < ended.get("idle", 99) < 9)
    row("half a request ends after ten seconds", 9 < ended.get("half", 99) < 30)
    row("so does one that comes octet by octet", 9 < ended.get("trickle", 99) < 30)
    row("who takes no answers is closed", 9 < ended.get("greedy", 99) < 60)
    row("and could not push in much (%d octets)" % pushed["greedy"], pushed["greedy"] < 4 << 20)
    row("who takes no lists of keys is closed too", 9 < ended.get("curious", 99) < 60)
    row("and meanwhile the signer did not spin (%.1f s of CPU)" % cpu_of(s), cpu_of(s) < 5)
    row("nor make it grow", SANITIZED or int(s.status()["RssAnon"].split()[0]) < 10240)
    s.stop()
    s.remove()


def test_many(key):
    s = Signer()
    s.put("example.com", "ed", key)
    s.start()
    many = []
    for _ in range(300):
        many.append(Client(s.socket))
    d = digest()
    answered = sum(1 for c in many if c.sign("example.com", "ed", ED25519, d))
    row("256 connections are answered at once", 250 <= answered <= 256)
    row("more are told in the log", s.said("too many connections") >= 1)
    if IS_ROOT:
        row("another user is answered all the same", ask_as(s.uid, s.uid, [], s.socket), "answered")
    else:
        skip("another user is answered all the same", "only root can be another user")
    for c in many:
        c.close()
    row("afterwards there is room again", bool(wait_for(lambda: Client(s.socket).sign("example.com", "ed", ED25519, d))))
    many = [Client(s.socket) for _ in range(256)]
    for c in many:
        c.send(sign_request(1, "example.com", "ed", ED25519, d)[:20])
    if IS_ROOT:
        row("half requests do not keep it out either", ask_as(s.uid, s.uid, [], s.socket), "answered")
    else:
        skip("half requests do not keep it out either", "only root can be another user")
    s.stop()
    s.remove()


def test_cache():
    s = Signer()
    keys = {"d%d.example" % i: make_key(ED25519) for i in range(40)}
    for domain, key in keys.items():
        s.put(domain, "s", key)
    s.start("--most-keys", "7")
    c = Client(s.socket)
    right = 0
    names = list(keys) * 5
    random.Random(5).shuffle(names)
    for domain in names:
        d = digest()
        answer = c.sign(domain, "s", ED25519, d)
        right += answer[0] == OK and verifies(keys[domain], d, answer[1])
    row("more domains than keys are kept: each signs with its own", right, len(names))
    s.process.send_signal(signal.SIGHUP)
    row("and no more than those are kept", bool(wait_for(lambda: s.said("keys_dropped=7"))))
    s.stop()
    s.remove()


def storm(s, clients, requests, in_flight, public):
    return subprocess.Popen([STORM, s.socket, str(clients), str(requests), str(in_flight), "verify", "example.com", *public],
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)


def test_storm(keys):
    s = Signer()
    public = []
    for selector, key in keys.items():
        s.put("example.com", selector, key)
        public.append(s.put_public(selector, key))
    s.start()
    run = storm(s, CLIENTS, REQUESTS, 10, public[:2] * 4 + public[2:])
    told = run.communicate()[0].strip()
    row("%d clients with %d requests each: OpenSSL verifies every signature (%s)" % (CLIENTS, REQUESTS, told.split()[-1]),
        (run.returncode, told.rsplit(" ", 1)[0]), (0, "answered=%d wrong=0 failed=0" % (CLIENTS * REQUESTS)))
    row("what it needed beyond libraries stays below 10 MB (%s)" % s.status()["RssAnon"].strip(),
        SANITIZED or int(s.status()["RssAnon"].split()[0]) < 10240)

    run = storm(s, 10, 100 if SANITIZED else 400, 20, public)
    for _ in range(3):
        time.sleep(0.3)
        s.stop(signal.SIGKILL)
        s.start()
    told = run.communicate()[0].strip()
    row("killed and started again three times, it owes no answer", (run.returncode, told.rsplit(" ", 1)[0]),
        (0, "answered=%d wrong=0 failed=0" % (10 * (100 if SANITIZED else 400))))
    row("and ends well", s.stop(), 0)
    s.remove()


def main():
    key = make_key(ED25519)
    s = Signer()
    s.put("example.com", "ed", key)
    s.start()
    test_garbage(s, key)
    row("it ends well", s.stop(), 0)
    s.remove()
    test_slow(key)
    test_many(key)
    test_cache()
    test_storm({"ed": key, "rsa1024": make_key(RSA, 1024), "rsa2048": make_key(RSA, 2048)})
    end()


if __name__ == "__main__":
    main()
