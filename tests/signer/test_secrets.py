#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Where the octets of a private key are, and where not: the memory of the signer, of its clients, dumps, logs; and which
libraries share the process with them.  TAP."""

import ctypes
import os
import re
import shutil
import signal
import subprocess
import tempfile

from process import as_user, end, row, skip
from signer import (ED25519, IS_ROOT, NOBODY, OK, RSA, SANITIZED, SIGNET, STRANGER, Client, Signer, digest, make_key, pem,
                    secrets_of, wait_for)

STORM = os.environ["STORM"]
PTRACE_ATTACH = 16
# What the signer needs, and why.  Another library in the process that holds the keys is a decision, not an accident.
LIBRARIES = {
    "libsignet": "reads keys and signs", "libcrypto": "RSA", "libsodium": "Ed25519", "libseccomp": "gives up calls",
    "libevent_core": "waits", "libconfuse": "reads the configuration", "libc": "", "ld-linux": "", "linux-vdso": "",
    "libidn2": "libsignet: names", "libunistring": "libidn2", "libpsl": "libsignet: DMARC",
}


def library_name(path):
    """/lib/x86_64-linux-gnu/libevent_core-2.1.so.7 -> libevent_core"""
    return re.sub(r"(-x86-64|-aarch64|-[0-9].*)$", "", os.path.basename(path).split(".so")[0].split(".")[0])


def memory_of(pid):
    """Everything a process may read in its own memory, without what is mapped from devices."""
    octets = []
    with open("/proc/%d/maps" % pid, encoding="ascii") as maps, open("/proc/%d/mem" % pid, "rb", 0) as mem:
        for line in maps:
            words = line.split()
            begin, finish = (int(n, 16) for n in words[0].split("-"))
            # the shadow of a sanitizer is terabytes of nothing
            if words[1].startswith("r") and finish - begin < 1 << 29 and not line.rstrip().endswith(("[vvar]", "[vsyscall]", "[vvar_vclock]")):
                try:
                    mem.seek(begin)
                    octets.append(mem.read(finish - begin))
                except OSError:
                    pass
    return b"\n".join(octets)


def found_in(octets, secrets):
    return sorted({what for what, secret in secrets if secret in octets})


def attach(pid):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(PTRACE_ATTACH, pid, None, None) != 0:
        raise OSError(ctypes.get_errno(), "ptrace")


def read_memory(pid):
    with open("/proc/%d/mem" % pid, "rb") as mem:
        mem.read(1)


def holds_keys(s, secrets):
    """Both, just used: one whose file was new when it was read is dropped by the next sweep."""
    c = Client(s.socket)
    for selector, algorithm in (("ed", ED25519), ("rsa", RSA)):
        c.sign("example.com", selector, algorithm, digest())
    c.close()
    inside = found_in(memory_of(s.pid), secrets)
    return "the seed" in inside and bool({"the first prime", "the first prime (words)"} & set(inside))


def test_memory(s, secrets, public):
    with open("/proc/%d/cmdline" % s.pid, "rb") as words:
        row("the front is gone: the process is the signer", (os.path.basename(os.readlink("/proc/%d/exe" % s.pid)),
                                                             b"--keys" in words.read()), ("signet-signer", True))
    client = subprocess.Popen([STORM, s.socket, "4", "100", "10", "verify", "example.com", *public], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True, env={**os.environ, "STORM_HOLD": "1"})
    row("a client signs with all keys", client.stdout.readline().startswith("answered=400 wrong=0 failed=0"))
    row("the memory of the client holds no key", found_in(memory_of(client.pid), secrets), [])
    client.communicate("\n")
    row("that of the signer does (or this test would see nothing)", bool(wait_for(lambda: holds_keys(s, secrets))))
    s.process.send_signal(signal.SIGHUP)
    wait_for(lambda: s.said(" reloaded "))
    if SANITIZED:
        skip("dropped keys leave nothing behind", "the sanitizer keeps freed memory")
    else:
        row("dropped keys leave nothing behind", found_in(memory_of(s.pid), secrets), [])
    c = Client(s.socket)
    row("and are opened again", [c.sign("example.com", "ed", ED25519, digest())[0], c.sign("example.com", "rsa", RSA, digest())[0]],
        [OK, OK])
    for selector in "ed", "rsa":
        os.unlink(os.path.join(s.keys, "example.com", selector + ".pem"))
    if SANITIZED:
        skip("keys whose files are gone leave memory, though nobody asks for them", "the sanitizer keeps freed memory")
    else:
        wait_for(lambda: not found_in(memory_of(s.pid), secrets), 15)
        row("keys whose files are gone leave memory, though nobody asks for them", found_in(memory_of(s.pid), secrets), [])
    log = s.text().encode()
    row("the log holds no key", found_in(log, secrets), [])


def test_dumps(s):
    for who, uid in (("its own user", NOBODY), ("another user", STRANGER)):
        row("%s cannot read its memory" % who, as_user(uid, uid, [], lambda: read_memory(s.pid)), "PermissionError")
        row("%s cannot trace it" % who, as_user(uid, uid, [], lambda: attach(s.pid)), "PermissionError")
        row("%s cannot see its map" % who, as_user(uid, uid, [], lambda: open("/proc/%d/maps" % s.pid, encoding="ascii").read()),
            "PermissionError")
    row("what /proc shows of it belongs to root", os.stat("/proc/%d/mem" % s.pid).st_uid, 0)
    with open("/proc/%d/maps" % s.pid, encoding="ascii") as maps:
        lines = maps.readlines()
    row("no memory is for writing and for code", [line for line in lines if re.search(r" .w.*x", line[:40])] if not SANITIZED else [],
        [])
    mapped = {library_name(line.split()[-1]) for line in lines if ".so" in line}
    row("no library was loaded later", sorted(mapped - set(LIBRARIES)) if not SANITIZED else [], [])


def test_libraries(program):
    if SANITIZED:
        skip("it links only what it needs", "the sanitizer adds its own")
        return
    text = subprocess.run(["ldd", program], stdout=subprocess.PIPE, text=True, check=True).stdout
    names = {library_name(line.split()[0]) for line in text.splitlines()}
    row("it links nothing it does not need", sorted(names - set(LIBRARIES)), [])
    row("and the list names nothing that is not there", sorted(set(LIBRARIES) - names), [])


def copies_in(pid, secrets):
    octets = memory_of(pid)
    return {what: octets.count(secret) for what, secret in secrets if secret in octets}


def as_it_signs(kind, copies):
    """The copies, if they are no more than signing needs; while the key is read there are others."""
    good = copies == {"the seed": 1} if kind == ED25519 else all(name.endswith("(words)") for name in copies)
    return copies if good else None


def test_command(kind, key):
    """signet sign and seal with a key of their own: it is held once, and what it was read from is overwritten."""
    secrets = secrets_of(key)
    for command in "sign", "seal":
        what = "signet %s with %s holds the key in the form it signs with, and no copy" % (command, "RSA" if kind == RSA else "Ed25519")
        if SANITIZED:
            skip(what, "the sanitizer keeps freed memory")
            continue
        folder = tempfile.mkdtemp()  # of our own: another user may not be able to reach the program
        path = os.path.join(folder, "key.pem")
        with open(path, "wb") as out:
            out.write(pem(key))
        os.chmod(path, 0o600)
        process = subprocess.Popen([SIGNET, command, "--zone", "/dev/null", "--domain", "example.com", "--selector", "s", "--key", path],
                                   stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        process.stdin.write(b"From: a@example.com\n")
        process.stdin.flush()  # the end of the message does not come: it waits, with its keys
        copies = wait_for(lambda: as_it_signs(kind, copies_in(process.pid, secrets))) or copies_in(process.pid, secrets)
        process.communicate()
        row(what, (process.returncode, copies, bool(as_it_signs(kind, copies))), (0, copies, True))
        shutil.rmtree(folder)


def test_core(key):
    s = Signer()
    s.put("example.com", "rsa", key)
    s.start()
    Client(s.socket).sign("example.com", "rsa", RSA, digest())
    os.kill(s.pid, signal.SIGSEGV if not SANITIZED else signal.SIGABRT)
    _, status = os.waitpid(s.pid, 0)
    s.process.returncode = 0
    row("a crash leaves no core file", (os.WIFSIGNALED(status), os.WCOREDUMP(status)), (True, False))
    s.remove()


def main():
    keys = {"rsa": make_key(RSA), "ed": make_key(ED25519)}
    secrets = [pair for key in keys.values() for pair in secrets_of(key)]
    s = Signer()
    public = []
    for selector, key in keys.items():
        s.put("example.com", selector, key)
        public.append(s.put_public(selector, key))
    s.start()
    program = os.path.join(os.path.dirname(SIGNET), "../service/signer/signet-signer")
    if IS_ROOT:
        test_memory(s, secrets, public)
        test_dumps(s)
        test_command(ED25519, keys["ed"])
        test_command(RSA, keys["rsa"])
    else:
        skip("memory of other processes", "only root sees it")
    test_libraries(program)
    row("it ends well", s.stop(), 0)
    s.remove()
    test_core(keys["rsa"])
    end()


if __name__ == "__main__":
    main()
