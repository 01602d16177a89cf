#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The signer as a program: whom it answers, with what, its socket, its signals, its service manager.  TAP."""

import os
import signal
import socket
import stat
import subprocess
import time

from process import end, row, skip
from signer import (ED25519, IS_ROOT, NO_KEY, NOBODY, OK, RSA, SANITIZED, SIGNET, STRANGER, WRONG_ALGORITHM, BAD_KEY, Client,
                    Signer, ask_as, digest, make_key, public_octets, sign_request, verifies, wait_for)


def test_answers(keys):
    s = Signer()
    for (selector, key) in keys.items():
        s.put("example.com", selector, key)
    s.start()
    c = Client(s.socket)
    for (selector, key) in keys.items():
        algorithm = ED25519 if selector == "ed" else RSA
        d = digest()
        status, signature = c.sign("example.com", selector, algorithm, d)
        row("a signature of %s verifies" % selector, (status, verifies(key, d, signature)), (OK, True))
        row("with the other algorithm %s is refused" % selector,
            c.sign("example.com", selector, 1 - algorithm, d), (WRONG_ALGORITHM, b""))
    row("a selector without key", c.sign("example.com", "other", RSA, digest()), (NO_KEY, b""))
    row("a domain without keys", c.sign("example.net", "ed", RSA, digest()), (NO_KEY, b""))
    row("a name that no file can have", c.sign("example.com", "a" * 63 + ("." + "b" * 59) * 3 + "." + "c" * 2, RSA, digest()),
        None)
    c = Client(s.socket)
    row("all keys of a domain are told", c.keys("example.com"), (OK, [
        ("ed", ED25519, 0, 256, public_octets(keys["ed"])), ("rsa1024", RSA, 0, 1024, public_octets(keys["rsa1024"])),
        ("rsa2048", RSA, 0, 2048, public_octets(keys["rsa2048"])), ("rsa4096", RSA, 0, 4096, public_octets(keys["rsa4096"]))]))
    row("one key is told", c.keys("example.com", "ed"), (OK, [("ed", ED25519, 0, 256, public_octets(keys["ed"]))]))
    row("no key is told", c.keys("example.net"), (NO_KEY, []))
    with open(os.path.join(s.keys, "example.com", "state"), "w", encoding="ascii") as state:
        times = " ".join("%s=2026-11-01T09:00:00Z" % stage for stage in ("generated", "published", "visible", "active"))
        state.write("ed ed25519-sha256 256 ttl=3600 hold=3600 %s\n" % times)
    os.chmod(state.name, 0o600)
    s.give(state.name)
    row("where a key is in its life is told", [key[2] for key in c.keys("example.com")[1]], [4, 0, 0, 0])
    os.unlink(state.name)
    test_bad_files(s, c, keys)
    test_changes(s, c, keys)
    row("what stays in memory beyond libraries is below 10 MB (%s)" % s.status()["RssAnon"].strip(),
        SANITIZED or int(s.status()["RssAnon"].split()[0]) < 10240)
    row("SIGTERM ends it well", s.stop(), 0)
    row("its socket is gone", os.listdir(s.run), [])
    row("among the keys there is nothing new", sorted(os.listdir(os.path.join(s.keys, "example.com"))),
        ["ed.pem", "folder.pem", "link.pem", "open.pem", "rsa1024.pem", "rsa2048.pem", "rsa4096.pem", "text.pem"])
    s.remove()


def test_bad_files(s, c, keys):
    """Unsafe and useless ones."""
    s.put("example.com", "open", keys["ed"], 0o644)
    s.put("example.com", "text", b"hello world\n")
    os.symlink(os.path.join(s.keys, "example.com", "ed.pem"), os.path.join(s.keys, "example.com", "link.pem"))
    os.mkdir(os.path.join(s.keys, "example.com", "folder.pem"))
    for selector, reason in (("open", "may read it"), ("text", "no private key"), ("link", "symbolic link"),
                             ("folder", "directory")):
        row("a key that is %s is refused" % selector, c.sign("example.com", selector, ED25519, digest()), (BAD_KEY, b""))
        line = [line for line in s.text().split("\n") if "bad-key key=example.com/" + selector in line]
        row("and the log says why", len(line) == 1 and reason in line[0])
    status, told = c.keys("example.com")
    row("bad keys are not told", (status, [key[0] for key in told]), (OK, ["ed", "rsa1024", "rsa2048", "rsa4096"]))


def test_changes(s, c, keys):
    """On disk."""
    c.sign("example.com", "ed", ED25519, digest())
    other = make_key(ED25519)
    s.put("example.com", "ed", other)
    time.sleep(1.1)
    d = digest()
    row("a key that was replaced signs a second later", verifies(other, d, c.sign("example.com", "ed", ED25519, d)[1]))
    os.unlink(os.path.join(s.keys, "example.com", "ed.pem"))
    time.sleep(1.1)
    row("a key that was removed signs no more", c.sign("example.com", "ed", ED25519, digest()), (NO_KEY, b""))
    s.put("example.com", "ed", keys["ed"])
    row("and signs when it is back", c.sign("example.com", "ed", ED25519, digest())[0], OK)
    s.process.send_signal(signal.SIGHUP)
    row("SIGHUP drops the open keys", bool(wait_for(lambda: s.said(" reloaded keys_dropped="))))
    row("without losing a connection", c.sign("example.com", "ed", ED25519, digest())[0], OK)


def test_peers(keys):
    s = Signer()
    s.put("example.com", "ed", keys["ed"])
    if not IS_ROOT:
        skip("peers under other users", "not root")
        s.remove()
        return
    s.start()
    mode = stat.S_IMODE(os.stat(s.socket).st_mode)
    row("without other peers only its user reaches the socket", (mode, os.stat(s.socket).st_uid), (0o600, NOBODY))
    row("its own user is answered", ask_as(NOBODY, NOBODY, [], s.socket), "answered")
    row("root is answered", ask_as(0, 0, [], s.socket), "answered")
    row("a stranger finds no way in", ask_as(STRANGER, STRANGER, [], s.socket), "PermissionError")
    os.chmod(s.socket, 0o666)
    row("and gets no answer if there is one", ask_as(STRANGER, STRANGER, [], s.socket), "closed")
    row("which is logged", s.said("warning refused pid=") == 1 and s.said(" uid=65533 ") == 1)
    row("its name is no matter: root's group does not help", ask_as(STRANGER, 0, [0], s.socket), "closed")
    s.stop()

    s.start("--peer", "65532", "--peer", "@65531")
    row("with other peers the socket is open to all", stat.S_IMODE(os.stat(s.socket).st_mode), 0o666)
    row("a user that is named is answered", ask_as(65532, 65532, [], s.socket), "answered")
    row("a group that is named is answered", ask_as(STRANGER, 65531, [], s.socket), "answered")
    row("so is one of its further groups", ask_as(STRANGER, STRANGER, [65500, 65531], s.socket), "answered")
    row("a stranger is not", ask_as(STRANGER, STRANGER, [], s.socket), "closed")
    row("its own user is not named", ask_as(NOBODY, NOBODY, [], s.socket), "closed")
    row("nor is root", ask_as(0, 0, [], s.socket), "closed")
    before, began = s.said("warning refused"), time.monotonic()
    for _ in range(500):
        c = Client(s.socket)
        c.close()
    time.sleep(0.3)
    most = 10 * (2 + int(time.monotonic() - began))  # so many a second
    row("who knocks often does not fill the log", s.said("warning refused") - before <= most)
    s.stop()
    s.remove()


def test_confined(keys):
    s = Signer()
    s.put("example.com", "ed", keys["ed"])
    s.start()
    status = s.status()
    row("a seccomp filter is on", status["Seccomp"].strip(), "2")
    row("no new privileges", status["NoNewPrivs"].strip(), "1")
    row("no capabilities", [int(status[key], 16) for key in ("CapInh", "CapPrm", "CapEff", "CapAmb")], [0] * 4)
    if SANITIZED:
        skip("memory is locked", "the sanitizer has a heap of its own")
    else:
        row("memory is locked, all of it or the heap (%s)" % status["VmLck"].strip(), int(status["VmLck"].split()[0]) >= 256)
    row("one thread", status["Threads"].strip(), "1")
    row("the user of the option, for good", status["Uid"].split(), [str(s.uid)] * 4)
    if IS_ROOT:
        row("and none of root's groups", (status["Gid"].split(), status["Groups"].split()), ([str(s.uid)] * 4, []))
        row("the bounding set is empty too", int(status["CapBnd"], 16), 0)
    with open("/proc/%d/limits" % s.pid, encoding="ascii") as limits:
        lines = {line[:26].strip(): line[26:].split()[:2] for line in limits}
    row("no core file", lines["Max core file size"], ["0", "0"])
    row("no process", lines["Max processes"], ["0", "0"])
    row("open files are limited", int(lines["Max open files"][1]) <= 320)
    row("what it gave up is logged", s.said(" confined uid=%d " % s.uid), 1)
    if IS_ROOT:
        fds = [os.readlink("/proc/%d/fd/%s" % (s.pid, fd)) for fd in os.listdir("/proc/%d/fd" % s.pid)]
        row("it holds no file but its log", [fd for fd in fds if fd.startswith("/") and fd not in ("/dev/null", s.log)], [])
        with open("/proc/net/unix", encoding="utf-8", errors="replace") as unix:
            inodes = {line.split()[6] for line in unix.readlines()[1:]}
        sockets = [fd[8:-1] for fd in fds if fd.startswith("socket:[")]
        row("all of its sockets are Unix sockets", (bool(sockets), [n for n in sockets if n not in inodes]), (True, []))
    s.stop()
    s.remove()


def test_socket(keys):
    s = Signer()
    s.put("example.com", "ed", keys["ed"])
    s.start()
    second = subprocess.run(s.command(), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    row("where somebody listens a second one does not start", (second.returncode, "somebody listens" in second.stderr), (3, True))
    row("and the first goes on", Client(s.socket).sign("example.com", "ed", ED25519, digest())[0], OK)
    s.stop(signal.SIGKILL)
    row("after SIGKILL the socket is left", os.listdir(s.run), ["signer.sock"])
    s.start()
    row("the next start replaces it", Client(s.socket).sign("example.com", "ed", ED25519, digest())[0], OK)
    s.stop()
    with open(s.socket, "wb"):
        pass
    third = subprocess.run(s.command(), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    row("a file that is no socket is not touched", (third.returncode, "no socket" in third.stderr, os.listdir(s.run)),
        (3, True, ["signer.sock"]))
    os.unlink(s.socket)
    os.chmod(s.run, 0o777)
    open_folder = subprocess.run(s.command(), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    row("a folder that others may write is refused", (open_folder.returncode, "others may write" in open_folder.stderr), (3, True))
    os.chmod(s.run, 0o755)
    os.chmod(s.keys, 0o777)
    s.start()
    row("so is one of keys", (s.process.wait(timeout=30), s.said(" no-keys reason=") == 1), (3, True))
    row("its socket is gone", os.listdir(s.run), [])
    os.chmod(s.keys, 0o700)
    for options in (["--socket", "x", "extra"], ["--nonsense"], ["--peer", "no-such-user-here"], ["--idle", "0"],
                    ["--user", "no-such-user-here"]):
        run = subprocess.run(s.command(*options), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=60,
                             check=False)
        row("%s is a usage error" % " ".join(options), (run.returncode, bool(run.stderr)), (2, True))
    run = subprocess.run(s.command("--keys", "/nonexistent"), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                         timeout=60, check=False)
    row("a key directory that is not there is no usage error: it may come", (run.returncode, run.stderr),
        (3, "signet signer: /nonexistent: No such file or directory\n"))
    s.remove()


def test_configuration(keys):
    s = Signer()
    s.put("example.com", "ed", keys["ed"])
    path = os.path.join(s.folder, "signet.conf")
    with open(path, "w", encoding="ascii") as conf:
        conf.write('keys { directory = "%s" }\nsigner {\n  socket = "%s"\n  user = "%d"\n  peers = { "%d", "@12345" }\n}\n'
                   % (os.path.relpath(s.keys, s.folder), s.socket, s.uid, os.getuid()))
    s.spawn([SIGNET, "signer", "-c", path], None)
    row("the configuration alone suffices", bool(wait_for(lambda: s.said(" ready socket="))))
    row("a peer of the configuration is answered", Client(s.socket).sign("example.com", "ed", ED25519, digest())[0], OK)
    row("SIGINT ends it as well", s.stop(signal.SIGINT), 0)
    with open(path, "a", encoding="ascii") as conf:
        conf.write('signer {\n  socket = "relative"\n}\n')
    run = subprocess.run([SIGNET, "signer", "-c", path], stderr=subprocess.PIPE, text=True, check=False)
    row("a bad value is an error with its line", (run.returncode, "signet.conf:8:" in run.stderr), (4, True))
    s.remove()


def test_service_manager(keys):
    s = Signer()
    s.put("example.com", "ed", keys["ed"])
    told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    told.bind(os.path.join(s.folder, "notify"))
    os.chmod(os.path.join(s.folder, "notify"), 0o666)
    told.settimeout(30)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(s.socket)
    listener.listen(5)
    shell = 'exec 3<&%d; LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"' % listener.fileno()
    s.spawn(["sh", "-c", shell, "sh", *s.command()], None, pass_fds=[listener.fileno()],
            env={**os.environ, "NOTIFY_SOCKET": os.path.join(s.folder, "notify")})
    listener.close()
    row("the service manager hears when it is ready", told.recv(100), b"READY=1")
    row("on the socket that was handed over it answers", Client(s.socket).sign("example.com", "ed", ED25519, digest())[0], OK)
    s.process.send_signal(signal.SIGHUP)
    row("it hears of a reload", told.recv(100).startswith(b"RELOADING=1\nMONOTONIC_USEC="))
    row("and of its end", told.recv(100), b"READY=1")
    s.process.send_signal(signal.SIGTERM)
    row("and of the stop", told.recv(100), b"STOPPING=1")
    row("which is a good one", s.process.wait(timeout=30), 0)
    row("the socket of the service manager stays", os.path.exists(s.socket))
    told.close()
    s.remove()


def test_drain(keys):
    s = Signer()
    s.put("example.com", "rsa2048", keys["rsa2048"])
    s.start()
    clients = [Client(s.socket) for _ in range(8)]
    for c in clients:
        c.sign("example.com", "rsa2048", RSA, digest())
    d = digest()
    for c in clients:
        c.send(b"".join(sign_request(i, "example.com", "rsa2048", RSA, d) for i in range(20)))
    s.process.send_signal(signal.SIGTERM)
    replies = [[c.reply() for _ in range(20)] for c in clients]
    row("what was asked before SIGTERM is answered",
        all(r and verifies(keys["rsa2048"], d, r[2][1:]) for list in replies for r in list))
    row("then the connections end", [c.reply() for c in clients], [None] * 8)
    row("and the process", s.process.wait(timeout=30), 0)
    s.remove()


def main():
    keys = {"ed": make_key(ED25519), "rsa1024": make_key(RSA, 1024), "rsa2048": make_key(RSA), "rsa4096": make_key(RSA, 4096)}
    test_answers(keys)
    test_peers(keys)
    test_confined(keys)
    test_socket(keys)
    test_configuration(keys)
    test_service_manager(keys)
    test_drain(keys)
    end()


if __name__ == "__main__":
    main()
