# SPDX-License-Identifier: Apache-2.0
"""What the tests of this folder share: rows of TAP, and how one begins."""

import os
import sys

import root

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
    print(f"1..0 # SKIP {why}")
    return 1 if os.environ.get("CI") == "true" else 0


def start(packages, test):
    """Runs `test(rows)` inside a private machine (root.py) with these packages; the status for sys.exit()."""
    try:
        import cryptography  # noqa: F401 pylint: disable=import-outside-toplevel,unused-import
        import dkim  # noqa: F401 pylint: disable=import-outside-toplevel,unused-import
        root.enter(packages)
    except (root.Missing, ImportError) as missing:
        return skip(missing)
    rows = Rows()
    test(rows)
    return rows.end()
