#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""test_units.py UNIT: the units of the signer as systemd's own tools see them.  TAP."""

import os
import re
import shutil
import subprocess
import sys
import tempfile

from process import end, row, skip
from signer import ED25519, OK, SIGNET, Client, Signer, digest, make_key, wait_for

SOURCE = os.environ["SIGNET_SOURCE"]
SYSTEMD = os.path.join(SOURCE, "packaging/systemd")


def run(*command):
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=100, check=False)


def test_verify(unit, folder):
    if not shutil.which("systemd-analyze"):
        skip("systemd-analyze verify", "there is none here")
        return
    with open(unit, encoding="utf-8") as file:
        text = file.read()
    row("the unit starts the installed program", re.search(r"^ExecStart=(/\S+)/signet/signet-signer ", text, re.M) is not None)
    program = os.path.realpath(os.path.join(os.path.dirname(SIGNET), "../service/signer/signet-signer"))
    with open(os.path.join(folder, "signet-signer.service"), "w", encoding="utf-8") as out:
        out.write(re.sub(r"ExecStart=\S+", "ExecStart=" + program, text))
    shutil.copy(os.path.join(SYSTEMD, "signet-signer.socket"), folder)
    for name in ("signet-signer.service", "signet-signer.socket"):
        told = run("systemd-analyze", "verify", "--man=no", os.path.join(folder, name))
        ours = [line for line in told.stdout.splitlines() if "signet" in line]
        row("systemd-analyze verify has nothing to say of %s" % name, (told.returncode, ours), (0, []))


def test_sysusers(folder):
    if not shutil.which("systemd-sysusers"):
        skip("systemd-sysusers", "there is none here")
        return
    root = os.path.join(folder, "root")
    os.makedirs(os.path.join(root, "etc"))
    told = run("systemd-sysusers", "--root=" + root, os.path.join(SYSTEMD, "signet.sysusers"))
    try:
        with open(os.path.join(root, "etc/passwd"), encoding="ascii") as passwd:
            users = [line.split(":")[0] for line in passwd]
    except OSError:
        users = [told.stdout]
    row("systemd-sysusers makes the user of the unit", "signet-signer" in users)


def connect(path):
    """None as long as nobody listens."""
    try:
        return Client(path)
    except OSError:
        return None


def test_activate():
    if not shutil.which("systemd-socket-activate"):
        skip("systemd-socket-activate", "there is none here")
        return
    s = Signer()
    s.put("example.com", "ed", make_key(ED25519))
    s.spawn(["systemd-socket-activate", "--listen=" + s.socket, *s.command()], None)
    c = wait_for(lambda: connect(s.socket))
    row("started by the first connection, it answers it", c.sign("example.com", "ed", ED25519, digest())[0], OK)
    row("on the socket it was given", s.said("socket=inherited"), 1)
    row("and ends well", s.stop(), 0)
    s.remove()


def main():
    with tempfile.TemporaryDirectory() as folder:
        test_verify(sys.argv[1], folder)
        test_sysusers(folder)
    test_activate()
    end()


if __name__ == "__main__":
    main()
