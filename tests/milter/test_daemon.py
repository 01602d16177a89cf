#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""test_daemon.py PLAIN: connections, listeners, caps, times, reload, drain and metrics of the milter, with messages that do
nothing (plain.c).  TAP."""

import os
import re
import resource
import signal
import socket
import subprocess
import sys
import threading
import time

from mail_server import HEADER, Client, content, envelope, frame
from process import Process, end, free_port, is_sanitized, row, skip, wait_for

PLAIN = sys.argv[1]
SANITIZED = is_sanitized(PLAIN)
SLOW = 4 if SANITIZED else 1
TIMES = ("idle", "stall", "frame", "take", "grace", "drain", "connections", "per_listener", "per_client")
INSERTED = (b"i", b"\0\0\0\0X-Rules\0 1\0")
ACCEPTED = [INSERTED, (b"c", b"")]


class Plain(Process):
    """A daemon with one Unix socket and one of TCP, and metrics."""

    def __init__(self, listeners=None, **times):
        super().__init__("signet-milter-")
        self.unix = self.path("in.sock")
        self.port = ("127.0.0.1", free_port())
        self.metrics = ("127.0.0.1", free_port())
        self.write("listeners", listeners or "in unix:%s\nout inet:127.0.0.1:%d\n" % (self.unix, self.port[1]))
        numbers = {"idle": 600000, "stall": 600000, "grace": 300, "drain": 8000 * SLOW, **times}
        self.command = [PLAIN, self.path("listeners"), *(str(numbers.get(name, 0)) for name in TIMES),
                        "127.0.0.1:%d" % self.metrics[1]]

    def start(self, **more):
        return self.spawn(self.command, **more)

    def number(self, name):
        body = scrape(self.metrics).partition(b"\r\n\r\n")[2].decode()
        found = re.search("^" + re.escape(name) + r" (\S+)$", body, re.M)
        return found and float(found.group(1))


def scrape(where, request=b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", timeout=20, shut=False):
    with socket.create_connection(where, timeout=timeout) as s:
        s.sendall(request)
        if shut:
            s.shutdown(socket.SHUT_WR)
        octets = b""
        try:
            while more := s.recv(65536):
                octets += more
        except ConnectionResetError:
            pass
        return octets


def test_answers():
    p = Plain().start()
    for name, where in (("a Unix socket", p.unix), ("TCP", p.port)):
        c = Client(where)
        row("over %s the protocol is agreed upon" % name, c.wants and c.wants[:4], b"\0\0\0\x06")
        row("a message is answered", c.message(), ACCEPTED)
        row("a second one on the same connection is rejected", c.message("reject@x"), [(b"y", b"550 5.7.1 no\0")])
        row("one that takes its time is answered", c.message("wait-200@x"), ACCEPTED)
        row("a large answer arrives whole", [len(r[1]) for r in c.message("large-500000@x")], [4 + 8 + 500000 + 1, 0])
        c.send(frame(b"Q"))
        row("quit ends the connection", c.is_closed())
    c = Client(p.unix)
    c.send(frame(b"K"))
    row("a new connection on the same socket", (c.greet() or b"")[:1] != b"", True)
    row("works as a new one", c.message(), ACCEPTED)
    half = content(HEADER, b"x" * 200000)
    c.send(envelope("a@x") + half[:1000])
    time.sleep(0.1)
    c.send(half[1000:100000])
    time.sleep(0.1)
    c.send(half[100000:])
    row("frames may come in any pieces", c.answers(), ACCEPTED)
    c.send((envelope("a@x") + content(HEADER, b"hello")) * 3)
    row("three messages at once are answered in turn", [c.answers() for _ in range(3)], [ACCEPTED] * 3)
    c.send((envelope("wait-50@x") + content(HEADER, b"hello")) * 3)
    row("also if each waits", [c.answers() for _ in range(3)], [ACCEPTED] * 3)
    c.send(envelope("wait-10000@x") + content(HEADER, b"hello"))
    time.sleep(0.2)
    c.send(frame(b"A") + envelope("b@x") + content(HEADER, b"hello"))
    row("abort while it is judged drops it", c.answers(), ACCEPTED)
    return p, c


def test_metrics(p):
    told = scrape(p.metrics)
    head, _, body = told.partition(b"\r\n\r\n")
    row("the metrics come by HTTP", (head.split(b"\r\n")[0], b"text/plain; version=0.0.4" in head), (b"HTTP/1.1 200 OK", True))
    row("of the length that is said", b"Content-Length: %d\r\n" % len(body) in head + b"\r\n")
    text = body.decode()
    broken = [line for line in text.splitlines() if not re.fullmatch(
        r"# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[a-z]+=\"[^\"]*\"\})? [0-9.]+", line)]
    row("every line is one of the format", broken, [])
    names = re.findall(r"^# TYPE (\S+)", text, re.M)
    row("no name is declared twice", len(names), len(set(names)))
    row("messages are counted", p.number("signet_milter_messages_total"), 17)
    row("connections too", p.number("signet_milter_connections_total"), 3)
    row("and those of now", bool(wait_for(lambda: p.number("signet_milter_connections") == 1)))  # a seat is left after the socket
    row("the histogram has every message that was judged", p.number("signet_milter_answer_seconds_count"), 15)
    took = p.number('signet_milter_answer_seconds_bucket{le="+Inf"}') - p.number('signet_milter_answer_seconds_bucket{le="0.1"}')
    row("two took their 200 ms (%d)" % took, took >= 2)  # on a busy machine others may be slow as well
    row("the process has memory", p.number("process_resident_memory_bytes") > 1 << 20)
    row("and a start", abs(p.number("process_start_time_seconds") + p.number("signet_milter_uptime_seconds") - time.time()) < 30)
    for request, want in ((b"GET / HTTP/1.0\r\n\r\n", b"200"), (b"HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n", b"200"),
                          (b"GET /metrics?x=1 HTTP/1.1\n\n", b"200"), (b"GET /etc/passwd HTTP/1.1\r\n\r\n", b"404"),
                          (b"POST /metrics HTTP/1.1\r\n\r\n", b"405"), (b"GET /metrics\r\n\r\n", b"400"), (b"\r\n\r\n", b"400"),
                          (b"\0\1\2\3\n", b"400"), (b"GET /metrics HTTP/1.1\r\nno field\r\n\r\n", b"400"), (b"x" * 5000, b"400"),
                          (b"GET / HTTP/1.1\r\nA: " + b"b" * 5000 + b"\r\n\r\n", b"400")):
        row("%r gets %s" % (request[:40], want.decode()), scrape(p.metrics, request).split(b" ")[1:2], [want])
    row("a head has no body", scrape(p.metrics, b"HEAD / HTTP/1.1\r\n\r\n").partition(b"\r\n\r\n")[2], b"")
    slow = [socket.create_connection(p.metrics) for _ in range(40)]
    row("who says nothing does not keep others out for ever", bool(wait_for(
        lambda: scrape(p.metrics).startswith(b"HTTP/1.1 200"), 20, SLOW)))
    for s in slow:
        s.close()


def test_broken(p):
    before = p.number("signet_milter_connections_broken_total")
    for what, octets in (("no frame", b"\xff" * 100), ("a frame that is too long", b"\x7f\xff\xff\xffL"), ("an HTTP request", b"GET / HTTP/1.1\r\n\r\n"),
                         ("an unknown command", frame(b"z")), ("a body before anything", frame(b"B", b"x"))):
        c = Client(p.port, greets=False)
        c.send(octets)
        row("%s ends the connection" % what, c.is_closed())
    c = Client(p.unix)
    c.send(envelope("a@x") + frame(b"L", b"no value"))
    row("a field without end does too", c.is_closed())
    row("they are counted", wait_for(lambda: p.number("signet_milter_connections_broken_total") == before + 6))
    row("and the log says why", p.said(" connection-broken listener=out peer=127.0.0.1 reason=") >= 4)
    c = Client(p.unix)
    c.send(envelope("wait-300@x") + content(HEADER, b"x"))
    c.close()
    c = Client(p.unix)
    c.send(envelope("large-1000000@x") + content(HEADER, b"x"))
    c.close()
    row("one that goes away in the midst harms nobody", Client(p.unix).message(), ACCEPTED)
    row("and is forgotten", bool(wait_for(lambda: p.number("signet_milter_connections") <= 2)))
    row("it ends well", p.stop(), 0)
    row("nothing is left of the rules", p.said("rules alive 0"), 1)
    row("nor of its socket", os.path.exists(p.unix), False)
    p.remove()


def test_times():
    """Nothing ends before its time, and each before what has a longer one: a busy machine delays them all."""
    p = Plain(idle=3000 * SLOW, stall=9000 * SLOW, frame=2000 * SLOW, take=1500 * SLOW).start()
    began = time.monotonic()
    idle, never = Client(p.unix), Client(p.port, greets=False)
    stalled, half, drip, busy = Client(p.unix), Client(p.unix), Client(p.unix), Client(p.unix)
    stalled.send(envelope("a@x"))
    half.send(frame(b"M", b"<a@x>\0")[:6])
    ends = {}

    def watch(name, client):
        client.is_closed(60 * SLOW)
        ends[name] = (time.monotonic() - began) / SLOW

    def drop_by_drop():
        try:
            for octet in frame(b"L", b"Subject\0" + b"x" * 1000 + b"\0"):
                drip.send(bytes([octet]))
                time.sleep(0.05)
        except OSError:
            ends["drip"] = (time.monotonic() - began) / SLOW

    drip.send(envelope("a@x"))
    threads = [threading.Thread(target=watch, args=pair) for pair in
               (("idle", idle), ("never", never), ("stalled", stalled), ("half", half))]
    threads.append(threading.Thread(target=drop_by_drop))
    for t in threads:
        t.start()
    for _ in range(20):
        time.sleep(0.3 * SLOW)
        busy.message()
    row("one that is used lives on", busy.message(), ACCEPTED)
    for t in threads:
        t.join()
    told = str({name: round(end, 1) for name, end in ends.items()})
    row("an idle connection is closed after its time (%s)" % told, 2.9 <= ends["idle"] < ends["stalled"])
    row("one that never says anything has only the time of a frame", 1.9 <= ends["never"] < ends["stalled"])
    row("one that stops within a message has longer", 8.9 <= ends["stalled"] < 60)
    row("half a frame has its own time", 1.9 <= ends["half"] < ends["stalled"])
    row("a frame that comes in drops has no more", 1.9 <= ends.get("drip", 99) < ends["stalled"])
    row("the log names each but the idle ones", [p.said('reason="%s"' % why) for why in ("half a message", "half a frame", "it says nothing")], [1, 2, 1])
    deaf = Client(p.unix)
    deaf.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    began = time.monotonic()
    for _ in range(8):
        deaf.send(envelope("large-400000@x") + content(HEADER, b"x"))
    row("who does not take his answers is closed", bool(wait_for(lambda: p.said('reason="its answers are not taken"'), 30, SLOW)))
    row("after the time for that", 1.4 <= (time.monotonic() - began) / SLOW)
    p.stop()
    p.remove()


def test_caps():
    p = Plain(connections=12, per_listener=8, per_client=3).start()
    inside = [Client(("127.0.0.1", p.port[1]), source="127.0.0.%d" % (2 + i // 3)) for i in range(6)]
    row("within the caps all are welcome", all(c.wants for c in inside))
    c = Client(p.port, greets=False, source="127.0.0.2")
    row("a client has so many and no more", c.is_closed())
    c = Client(p.port, source="127.0.0.9")
    row("another one is welcome", bool(c.wants))
    inside.append(c)
    inside.append(Client(p.port, source="127.0.0.9"))
    c = Client(p.port, greets=False, source="127.0.0.10")
    row("a listener has so many and no more", c.is_closed())
    inside += [Client(p.unix) for _ in range(4)]
    row("over a Unix socket no client is counted", all(c.wants for c in inside))
    c = Client(p.unix, greets=False)
    row("the process has so many and no more", c.is_closed())
    row("refusals are counted", p.number("signet_milter_connections_refused_total"), 3)
    row("and logged with their reason", [p.said(why) for why in ('reason="this client has', 'too many connections to this listener"',
                                                                 'reason="there are too many connections"')], [1, 1, 1])
    inside.pop().close()
    row("who leaves makes room", bool(wait_for(lambda: Client(p.unix).wants)))
    for c in inside:
        c.close()
    row("all that left are forgotten", bool(wait_for(lambda: p.number("signet_milter_connections") == 0)))
    c = Client(p.port, source="127.0.0.2")
    row("and their addresses too", c.message(), ACCEPTED)
    p.stop()
    p.remove()


def test_reload():
    p = Plain()
    other = p.path("other.sock")
    p.write("listeners", "in unix:%s\nout unix:%s\n" % (p.unix, other))
    p.start()
    stays, goes, judged = Client(p.unix), Client(other), Client(p.unix)
    judged.send(envelope("wait-1500@x") + content(HEADER, b"x"))
    time.sleep(0.5)
    p.write("listeners", "bad x\n")
    p.kick(signal.SIGHUP)
    row("a bad configuration is told, each line of it", bool(wait_for(lambda: p.said("not-reloaded") == 3)))
    row("and the one of before stays", stays.message(), ACCEPTED)
    p.write("listeners", "in unix:%s\nnew unix:%s\n" % (p.unix, p.path("new.sock")))
    p.kick(signal.SIGHUP)
    row("a good one is taken", bool(wait_for(lambda: p.said(" reloaded listeners=2"))))
    second = (b"i", b"\0\0\0\0X-Rules\0 2\0")  # each worker takes it a moment after it was told
    row("by connections that are there", bool(wait_for(lambda: stays.message()[0] == second)))
    row("and by new ones", bool(wait_for(lambda: Client(p.unix).message()[0] == second)))
    row("a message keeps those with which it began", judged.answers(), ACCEPTED)
    row("a listener that is new waits for a restart", p.said("restart-needed listener=new"), 1)
    row("one that is gone closes", (p.said("listener-closed listener=out"), os.path.exists(other)), (1, False))
    row("its connections go on as before", goes.message(), ACCEPTED)
    row("reloads are counted", (p.number("signet_milter_reloads_total"), p.number("signet_milter_reloads_failed_total")), (1, 1))
    for _ in range(50):
        p.kick(signal.SIGHUP)
        stays.message()
    row("many reloads harm nobody", stays.message()[-1], (b"c", b""))
    goes.close()
    stays.close()
    judged.close()
    p.stop()
    row("and leave nothing behind", p.said("rules alive 0"), 1)
    p.remove()


def test_drain():
    p = Plain(grace=3000 * SLOW, drain=30000 * SLOW).start()
    judged, within, between = Client(p.unix), Client(p.unix), Client(p.port)
    judged.send(envelope("wait-5000@x") + content(HEADER, b"x"))
    within.send(envelope("a@x"))
    time.sleep(0.2)
    p.kick(signal.SIGTERM)
    wait_for(lambda: p.said(" stopping "))
    try:
        Client(p.unix)
        connected = True
    except OSError:
        connected = False
    row("after SIGTERM nobody new comes in", connected, False)
    row("its socket is gone", os.path.exists(p.unix), False)
    row("within the grace who is there is served", between.message(), ACCEPTED)
    row("afterwards an idle connection ends", between.is_closed(20 * SLOW))
    time.sleep(0.2)
    within.send(content(HEADER, b"x"))
    row("a message that had begun is answered", within.answers(), ACCEPTED)
    row("then its connection ends", within.is_closed())
    row("one that is being judged as well", judged.answers(), ACCEPTED)
    row("and the process ends well", p.process.wait(timeout=60), 0)
    row("with its totals", p.said(" total connections=3 messages=3 "), 1)
    p.remove()

    p = Plain(grace=300, drain=1500).start()
    never = Client(p.unix)
    never.send(envelope("wait-100000@x") + content(HEADER, b"x"))
    time.sleep(0.2)
    began = time.monotonic()
    row("a message that never ends does not hold it for ever", (p.stop(), time.monotonic() - began < 30 * SLOW), (0, True))
    row("which is told", p.said(" not-drained connections=1"), 1)
    p.remove()

    p = Plain(grace=20000).start()
    began = time.monotonic()
    row("with nobody there it stops at once", (p.stop(), time.monotonic() - began < 19), (0, True))
    p.remove()


def test_backlog():
    p = Plain(grace=5000 * SLOW).start()
    os.kill(p.pid, signal.SIGSTOP)
    waiting = [Client(where, greets=False, timeout=60) for where in (p.unix, p.port) for _ in range(250)]
    p.kick(signal.SIGTERM)
    os.kill(p.pid, signal.SIGCONT)
    for c in waiting:
        c.greet()
    row("after SIGTERM whoever had connected before is served", sum(c.wants is not None for c in waiting), 500)
    row("to the end of a message", waiting[249].message(), ACCEPTED)
    for c in waiting:
        c.close()
    row("and it ends well", p.process.wait(timeout=30), 0)
    p.remove()


def test_broken_loop():
    p = Plain().start()
    other = Client(p.unix)
    c = Client(p.unix)
    c.send(envelope("break@x") + content(HEADER, b"x"))
    row("when a thread cannot wait any more the process ends, with status 3", p.process.wait(timeout=60), 3)
    row("the log says why", p.said(" worker-failed ") >= 1)
    row("its connections end", (c.is_closed(), other.is_closed()), (True, True))
    p.remove()


def test_killed():
    p = Plain().start()
    Client(p.unix).message()
    second = subprocess.run(p.command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    row("where somebody listens a second one does not start", (second.returncode, "in use" in second.stderr or
                                                               "somebody listens" in second.stderr), (3, True))
    hangs = Client(p.port)
    p.stop(signal.SIGKILL)
    row("after SIGKILL the socket is left", os.path.exists(p.unix))
    row("connections are gone", hangs.is_closed())
    p.start()
    row("the next start replaces it", [Client(where).message() for where in (p.unix, p.port)], [ACCEPTED] * 2)
    p.stop()
    p.remove()


def test_inherited():
    p = Plain()
    told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    told.bind(p.path("notify"))
    told.settimeout(30)
    sockets = []
    for where in (p.path("a.sock"), p.path("b.sock"), None, None):
        s = socket.socket(socket.AF_UNIX if where else socket.AF_INET)
        s.bind(where or ("127.0.0.1", 0))
        s.listen(5)
        sockets.append(s)
    p.write("listeners", "in unix:%s\nout inherited:x\n" % p.unix)
    fds = [s.fileno() for s in sockets]
    shell = "".join("exec %d<&%d; " % (60 + i, fd) for i, fd in enumerate(fds))
    shell += "".join("exec %d<&%d; " % (3 + i, 60 + i) for i in range(4)) + "".join("exec %d<&-; " % (60 + i) for i in range(4))
    shell += 'LISTEN_PID=$$ LISTEN_FDS=4 LISTEN_FDNAMES=in:in:x:metrics exec "$@"'
    command = ["bash", "-c", shell, "sh", *p.command[:-1]]
    p.spawn(command, pass_fds=fds, env={**os.environ, "NOTIFY_SOCKET": p.path("notify")})
    row("the service manager hears when it is ready", told.recv(100), b"READY=1")
    row("every socket under the name of a listener is taken",
        [Client(where).message() for where in (p.path("a.sock"), p.path("b.sock"), sockets[2].getsockname())], [ACCEPTED] * 3)
    row("the listener's own is not opened", os.path.exists(p.unix), False)
    row("the one called metrics serves them", scrape(sockets[3].getsockname()).startswith(b"HTTP/1.1 200"))
    p.kick(signal.SIGHUP)
    row("it hears of a reload", told.recv(100).startswith(b"RELOADING=1\nMONOTONIC_USEC="))
    row("and of its end", told.recv(100), b"READY=1")
    p.kick(signal.SIGTERM)
    row("and of the stop", told.recv(100), b"STOPPING=1")
    row("which is a good one", p.process.wait(timeout=30), 0)
    row("the sockets of the service manager stay", [os.path.exists(p.path(n)) for n in ("a.sock", "b.sock")], [True] * 2)
    p.remove()


def test_confined():
    p = Plain().start()
    status = p.status()
    tasks = os.listdir("/proc/%d/task" % p.pid)
    filters = set()
    for task in tasks:
        with open("/proc/%d/task/%s/status" % (p.pid, task), encoding="ascii") as file:
            words = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
        filters.add((words["Seccomp"].strip(), words["NoNewPrivs"].strip(), int(words["CapEff"], 16)))
    row("every thread has its filter and no rights (%d)" % len(tasks), (filters, len(tasks) in ((3, 4) if SANITIZED else (3,))),
        ({("2", "1", 0)}, True))  # a sanitizer may have one of its own
    row("what it gave up is logged", p.said(" confined uid=%s " % status["Uid"].split()[0]), 1)
    p.stop()
    p.remove()


def test_idle():
    n = 10000
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < n + 1500:
        skip("10,000 idle connections", "the limit of open files is %d" % hard)
        return
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    p = Plain(connections=n + 10).start()
    before = int(p.status()["VmRSS"].split()[0])
    clients = []
    for i in range(n):
        clients.append(Client(p.unix if i % 2 else p.port))
        if i % 10 == 0:
            clients[-1].message()
    wait_for(lambda: p.number("signet_milter_connections") == n, 30)
    row("10,000 connections are there", p.number("signet_milter_connections"), n)
    after = int(p.status()["VmRSS"].split()[0])
    row("and cost less than 100 MB (%d kB each, %d MB in all)" % ((after - before) // n, after // 1024),
        SANITIZED or after < 100 * 1024)
    half = frame(b"M", b"<a@x>\0")[:7]
    for c in clients:
        c.send(half)
    time.sleep(1)
    after = int(p.status()["VmRSS"].split()[0])
    row("each with half a frame as well (%d MB in all)" % (after // 1024), SANITIZED or after < 100 * 1024)
    row("others are served meanwhile", Client(p.unix).message(), ACCEPTED)
    for c in clients:
        c.close()
    row("all are forgotten", bool(wait_for(lambda: p.number("signet_milter_connections") == 0, 30, SLOW)))
    p.stop()
    p.remove()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def main():
    p, c = test_answers()
    test_metrics(p)
    c.close()
    test_broken(p)
    test_times()
    test_caps()
    test_reload()
    test_drain()
    test_backlog()
    test_broken_loop()
    test_killed()
    test_inherited()
    test_confined()
    test_idle()
    end()


if __name__ == "__main__":
    main()
