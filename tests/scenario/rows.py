# SPDX-License-Identifier: Apache-2.0
"""What the tests of this folder share: rows of TAP, and how one begins."""

import glob
import importlib
import os
import sys
import traceback

import root
import world

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(HERE, os.pardir, "interop"))


class Rows:
    def __init__(self):
        self.count = self.failed = 0

    def row(self, clause, what, ok, why=""):
        self.count += 1
        self.failed += not ok
        text = f": {why}".replace("\n", " | ") if not ok else ""
        print(f"{'' if ok else 'not '}ok {self.count} - {clause}: {what}{text}", flush=True)

    def equal(self, clause, what, got, want):
        self.row(clause, what, got == want, f"got {got!r}, want {want!r}")

    def note(self, text):
        print("# " + text, flush=True)

    def end(self):
        print(f"1..{self.count}\n# {self.count - self.failed} passed, {self.failed} failed", flush=True)
        return 1 if self.failed else 0


def skip(why):
    """In CI a peer that is missing is a failure; a machine that does not let us is none of ours."""
    print(f"1..0 # SKIP {why}")
    return 1 if os.environ.get("CI") == "true" and not isinstance(why, root.Unable) else 0


def show_logs():
    """The last of what everybody said, for whoever looks for the reason."""
    for path in sorted(glob.glob(world.FOLDER + "/*.log")) + ["/var/log/postfix.log"]:
        if os.path.exists(path):
            with open(path, encoding="utf-8", errors="replace") as log:
                print(f"---- {path}\n" + log.read()[-int(os.environ.get("SCENARIO_LOG") or 20000):], file=sys.stderr)


def need(*modules):
    """Ends the test if Python does not have them."""
    try:
        for name in modules:
            importlib.import_module(name)
    except ImportError as missing:
        sys.exit(skip(missing))


def start(packages, test):
    """Runs `test(rows)` inside a private machine (root.py) with these packages; the status for sys.exit()."""
    try:
        root.enter(packages)
    except root.Missing as missing:
        return skip(missing)
    rows = Rows()
    try:
        test(rows)
    except Exception:  # pylint: disable=broad-except
        traceback.print_exc()
        rows.row("-", "the test comes to its end", False)
    if rows.failed or os.environ.get("SCENARIO_LOG"):
        show_logs()
    return rows.end()
