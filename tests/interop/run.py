#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""run.py SIGNET [SEED [SCALE]]: signet against independent implementations on random material.  Prints TAP.

The material of a seed is always the same.  A row fails if signet stands alone, and shows the first inputs with which it
does; what the peers are known to get wrong is said where it is left out.  SCALE multiplies the number of cases."""

import importlib
import os
import random
import sys
import tempfile

TOPICS = [("compare_dkim", 150), ("compare_arc", 80), ("compare_dmarc", 100), ("compare_results", 120), ("compare_from", 1000)]


def skip(why):
    print(f"1..0 # SKIP {why}")
    return 1 if os.environ.get("CI") == "true" else 0


def show(count, row):
    clause, sentence, bad, counts, enough = row
    good = not bad and enough
    print(f"{'ok' if good else 'not ok'} {count} - {clause}: {sentence}")
    print(f"# {counts}")
    for one in bad[:3]:
        print("# " + repr(one))
    return not good


def main():
    signet = os.path.abspath(sys.argv[1])
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    scale = float(sys.argv[3]) if len(sys.argv) > 3 else 1
    try:
        for name in ("authres", "cryptography", "dkim", "dns", "nacl"):
            importlib.import_module(name)
    except ImportError as missing:
        return skip(missing)
    if os.system("perl -MMail::DKIM::ARC::Verifier -MNet::DNS -e 1 2>/dev/null") != 0:
        return skip("libmail-dkim-perl is missing")
    rows = []
    for topic, n in TOPICS:
        with tempfile.TemporaryDirectory() as folder:
            compare = importlib.import_module(topic).compare
            rows += compare(random.Random(seed), signet, folder, int(n * scale))
    print(f"1..{len(rows)}")
    return 1 if sum(show(i + 1, row) for i, row in enumerate(rows)) else 0


if __name__ == "__main__":
    sys.exit(main())
