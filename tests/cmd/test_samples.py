#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The samples of data/samples show what their README says.  TAP.

usage: test_samples.py SIGNET   (the program; SIGNET_SOURCE in the environment names the source tree)
"""
import json
import os
import subprocess
import sys

SIGNET = sys.argv[1]
SAMPLES = os.path.join(os.environ["SIGNET_SOURCE"], "data", "samples")
# spf, dkim from the top, dmarc, the change that broke a signature
EXPECTED = {
    "bounce.eml": ("pass", [], "pass", None),
    "dual-signature.eml": ("pass", ["pass", "pass"], "pass", None),
    "forwarded.eml": ("fail", ["pass"], "pass", None),
    "list-post.eml": ("pass", ["pass", "fail"], "fail", "subject-tag-and-footer"),
    "newsletter.eml": ("pass", ["pass"], "pass", None),
    "real-ed25519.eml": ("none", ["pass"], "none", None),
    "rfc8463-appendix.eml": ("pass", ["pass", "pass"], "pass", None),
    "spoof.eml": ("fail", [], "fail", None),
}


def verdict(report):
    changes = [one.get("transformation") for one in report["dkim"] if one["result"] == "fail"]
    return (report["spf"][0]["result"], [one["result"] for one in report["dkim"]], report["dmarc"]["result"],
            changes[0] if changes else None)


def main():
    files = sorted(name for name in os.listdir(SAMPLES) if name.endswith(".eml"))
    done = subprocess.run([SIGNET, "check", "--json", "--zone", os.path.join(SAMPLES, "zone"), "--trusted-net", "192.0.2.0/27",
                           *(os.path.join(SAMPLES, name) for name in files)], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, check=False)
    found = {name: verdict(json.loads(line)) for name, line in zip(files, done.stdout.splitlines())}
    names = sorted(EXPECTED.keys() | set(files))
    print(f"1..{len(names)}")
    failed = 0
    for number, name in enumerate(names, 1):
        got, want = found.get(name), EXPECTED.get(name)
        failed += got != want
        print(f"{'ok' if got == want else 'not ok'} {number} - -: {name}" + ("" if got == want else f": got {got}, want {want}"))
    return 1 if failed else 0


sys.exit(main())
