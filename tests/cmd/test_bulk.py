#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Ten thousand messages in one mbox: `signet check --jobs 2` says something of each, in order, uses both workers and needs
no more memory than for a few.  TAP.

usage: test_bulk.py SIGNET   (the program; SIGNET_SOURCE in the environment names the source tree)
"""
import json
import os
import subprocess
import sys
import tempfile
import time

SIGNET = sys.argv[1]
CORPUS = os.path.join(os.environ["SIGNET_SOURCE"], "bench", "corpus.py")
DISTINCT, TIMES = 200, 50
RESIDENT_KB = 40 << 10  # of the whole process, libraries included
SECONDS = 60

count = failed = 0


def row(what, good, got=""):
    global count, failed
    count += 1
    failed += not good
    print(f"{'ok' if good else 'not ok'} {count} - -: {what}" + ("" if good else f": got {got}"))


def worker_ticks(pid):
    """CPU time of each thread so far, in clock ticks."""
    ticks = {}
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/stat", encoding="ascii") as source:
                fields = source.read().rsplit(")", 1)[1].split()
            ticks[task] = int(fields[11]) + int(fields[12])
    except (FileNotFoundError, ProcessLookupError):
        pass
    return ticks


def check(folder, mbox, output):
    """Runs the command; returns its peak of memory, CPU ticks by thread, and CPU seconds: the machine may be busy."""
    zones = sum((["--zone", os.path.join(folder, "zones", name)] for name in ("example.zone", "arpa.zone")), [])
    process = subprocess.Popen([SIGNET, "check", "--json", "--jobs", "2", "--trusted-net", "192.0.2.0/24", *zones, mbox],
                               stdin=subprocess.DEVNULL, stdout=output)
    ticks = {}
    while True:
        pid, _, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            return usage.ru_maxrss, ticks, usage.ru_utime + usage.ru_stime
        ticks.update(worker_ticks(process.pid))
        time.sleep(0.02)


def judge(folder, entries):
    mbox, lines = os.path.join(folder, "mbox"), os.path.join(folder, "lines")
    with open(mbox, "rb") as source:
        octets = source.read()
    with open(mbox, "ab") as out:
        for _ in range(TIMES - 1):
            out.write(octets)
    with open(lines, "wb") as output:
        resident, ticks, seconds = check(folder, mbox, output)
    told = wrong = 0
    with open(lines, encoding="utf-8") as source:
        for line in source:
            report, want = json.loads(line), entries[told % DISTINCT]["expect"]
            got = {"spf": report["spf"][0]["result"], "dkim": [one["result"] for one in report["dkim"]] or ["none"],
                   "arc": report["arc"]["result"], "dmarc": report["dmarc"]["result"]}
            told += 1
            wrong += got != want or not report["path"].endswith(f":{told}")
    row("every message has its line", told == DISTINCT * TIMES, told)
    row("every verdict is as expected, in the order of the messages", wrong == 0, wrong)
    with open(SIGNET, "rb") as program:
        if b"__asan_init" not in program.read():  # the sanitizer keeps what was freed
            row(f"no more than {RESIDENT_KB} KB are resident", resident <= RESIDENT_KB, resident)
    busy = sorted(ticks.values())[-2:]
    row("both workers work", len(busy) == 2 and busy[0] * 4 > busy[1], ticks)
    row(f"it takes less than {SECONDS} s of CPU", seconds < SECONDS, seconds)


def main():
    with tempfile.TemporaryDirectory() as folder:
        made = subprocess.run([CORPUS, folder, "-n", str(DISTINCT), "--domains", "20", "--few-keys", "--median", "2000",
                               "--bad", "0.05", "--arc", "0.02", "--mbox"], stdin=subprocess.DEVNULL, check=False)
        if made.returncode != 0:
            print("1..0 # SKIP bench/corpus.py needs python3-cryptography")
            return
        with open(os.path.join(folder, "index.jsonl"), encoding="ascii") as source:
            judge(folder, [json.loads(line) for line in source])
    print(f"1..{count}")


main()
sys.exit(1 if failed else 0)
