# SPDX-License-Identifier: Apache-2.0
"""The rows of the last `meson test`, as the other tools read them.

A row is one TAP line, "ok N - clause: sentence" (tests/support/rows.h).  Meson keeps what every test program printed
in meson-logs/testlog.json, one JSON object a line.
"""

import json
import os
import re
import sys
from dataclasses import dataclass

LINE = re.compile(r"(not )?ok\b *(\d*) *-? *(.*)")
CLAUSE = re.compile(r"([0-9]{3,5}:[A-Za-z0-9.]+|-): (.*)", re.DOTALL)


@dataclass
class Row:
    program: str  # "spf/eval": tests/spf/test_eval.c
    ok: bool
    skipped: bool
    clause: str  # "7208:4.6.4", or "-" where no standard speaks
    sentence: str


def rows_of(program, text):
    """The rows in what one program printed."""
    for line in text.splitlines():
        match = LINE.fullmatch(line.strip())
        if not match:
            continue
        bad, _, rest = match.groups()
        rest, skip, _ = re.sub(r"#\s*SKIP", "#SKIP", rest, flags=re.IGNORECASE).partition("#SKIP")
        named = CLAUSE.fullmatch(rest.strip())
        clause, sentence = named.groups() if named else ("-", rest.strip())
        yield Row(program, not bad, bool(skip), clause, sentence)


def read(build):
    """All rows of the last run.  A program that failed without a failing row (a crash, a time-out, a plan that does not
    fit) counts as one failing row."""
    rows = []
    with open(os.path.join(build, "meson-logs", "testlog.json"), encoding="utf-8", errors="replace") as log:
        for line in log:
            test = json.loads(line)
            name = test["name"].split(" / ")[-1]
            found = list(rows_of(name, test.get("stdout") or ""))
            good = test["result"] in ("OK", "SKIP")
            if not found and good:
                found = [Row(name, True, test["result"] == "SKIP", "-", "ends well")]
            if not good and all(row.ok for row in found):
                found.append(Row(name, False, False, "-", f"the program ends: {test['result']}, exit {test['returncode']}"))
            rows += found
    return rows


class Tap:
    """Prints rows for a tool that is a test itself."""

    def __init__(self):
        self.count = self.failed = 0

    def row(self, ok, sentence, detail="", strict=True):
        """One row; a bad one that is not strict is shown as skipped."""
        self.count += 1
        if not ok and not strict:
            print(f"ok {self.count} - -: {sentence} # SKIP not yet")
            return
        self.failed += not ok
        print(f"{'' if ok else 'not '}ok {self.count} - -: {sentence}" + (f": {detail}" if detail and not ok else ""))

    def end(self):
        print(f"1..{self.count}")
        sys.exit(1 if self.failed else 0)
