#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""role.py FOLDER/NAME: a role that does what the file NAME of the folder says, a word a line:

    ready        says so to the service manager        slow         only after half a second
    exit-N       ends at once with that status         lives-MS     ends after that time
    deaf         does not end at SIGTERM               raw          says something that is no log line
    slow-stop    takes 300 ms to stop

What happens to it is written to NAME.told.
"""

import os
import signal
import socket
import sys
import time

path = sys.argv[1]
with open(path, encoding="ascii") as file:
    words = file.read().split()


def tell(what):
    with open(path + ".told", "a", encoding="ascii") as out:
        out.write("%s %.3f %d\n" % (what, time.time(), os.getpid()))


def on_signal(number, _):
    tell(signal.Signals(number).name)
    if number == signal.SIGTERM and "deaf" not in words:
        if "slow-stop" in words:
            time.sleep(0.3)
        tell("gone")
        os._exit(0)


for n in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
    signal.signal(n, on_signal)
tell("start")
name = os.path.basename(path)
sys.stderr.write("2026-11-27T23:40:00.123Z %s notice hello a=b\n" % name)
if "raw" in words:
    sys.stderr.write("free(): \033[1minvalid pointer\n")
sys.stderr.flush()
for word in words:
    if word.startswith("exit-"):
        os._exit(int(word[5:]))
if "slow" in words:
    time.sleep(0.5)
if "ready" in words:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.sendto(b"READY=1", os.environ["NOTIFY_SOCKET"].replace("@", "\0", 1))
life = [int(word[6:]) / 1000 for word in words if word.startswith("lives-")]
until = time.monotonic() + (life[0] if life else 1000)
while time.monotonic() < until:
    time.sleep(max(0, until - time.monotonic()))
sys.exit(0)
