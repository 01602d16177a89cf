# SPDX-License-Identifier: Apache-2.0
"""DMARC: random zones with names that fail, random evidence, against the model of dmarc_model.py."""

import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor

import dmarc_model as model

NAMES = ["tld", "example.tld", "a.example.tld", "b.example.tld", "x.a.example.tld", "y.x.a.example.tld", "other.tld",
         "a.other.tld", "z.b.example.tld", "n.o.example.tld", "far.net", "net", "deep.far.net", "7.8.example.tld",
         "1.2.3.4.5.6.7.8.example.tld", "4.5.6.7.8.example.tld", "5.6.7.8.example.tld", "6.7.8.example.tld"]
ODD = ["v=spf1 -all", "V=DMARC1; p=reject", "v=dmarc1; p=reject", "v=DMARC1 p=none", "v = DMARC1 ;p=Reject",
       "x=1; v=DMARC1; p=none", "v=DMARC1", "v=DMARC1;", "v=DMARC1;;p=reject", "v=DMARC2; p=reject", " v=DMARC1; p=reject"]
TAGS = [(0.35, "sp", ["none", "quarantine", "reject", "None", "rejct"]), (0.35, "np", ["none", "quarantine", "reject", "x"]),
        (0.3, "adkim", "ssrx"), (0.3, "aspf", "ssrx"), (0.2, "t", "yynx"), (0.3, "psd", "ynux"),
        (0.3, "rua", ["mailto:a@example.com", "mailto:a@example.com!10m", "bad", "mailto:a@b.example , https://x.example/"]),
        (0.1, "unknown", ["thing"]), (0.05, "p", ["none", "reject"])]
RESULTS = ["pass", "pass", "pass", "fail", "temperror", "permerror", "neutral", "none"]


def record(random):
    if random.random() < 0.08:
        return random.choice(ODD)
    tags = ["p=" + random.choice(["none", "quarantine", "reject", "reject", "QUARANTINE"])]
    tags = tags if random.random() < 0.9 else [random.choice(["p=x", "p=", "q=1"])]
    tags += [f"{name}={random.choice(values)}" for odds, name, values in TAGS if random.random() < odds]
    if random.random() < 0.5:
        random.shuffle(tags)
    between = random.choice(["; ", ";", " ; "])
    return between.join(["v=DMARC1"] + tags) + random.choice(["", ";", "; "])


def make_zone(random, path):
    """What the model gets: the texts at each name, and the names that exist."""
    zone, lines, there = {}, ["$TTL 60"], set()
    for name in NAMES:
        if random.random() < 0.05:
            zone[name] = model.FAILS
            lines.append(f";!{random.choice(['servfail', 'timeout'])} _dmarc.{name}. TXT")
        elif random.random() < 0.35:
            zone[name] = [record(random) for _ in range(random.choice([1, 1, 1, 1, 2]))]
            lines += [f'_dmarc.{name}. TXT "{text[:12]}" "{text[12:]}"' for text in zone[name]]
        if random.random() < 0.4:
            lines.append(f"{name}. A 192.0.2.1")
            there.add(name)
    with open(path, "w", encoding="ascii") as out:
        out.write("\n".join(lines) + "\n")
    there |= set(zone)
    return zone, {at for name in there for at in [name, *(name.split(".", i)[-1] for i in range(1, name.count(".") + 1))]}


def make(random, folder, number):
    path = os.path.join(folder, f"{number}.zone")
    zone, there = make_zone(random, path)
    for _ in range(3):
        author = random.choice(NAMES[1:])
        given = [("dkim", random.choice([author] + NAMES[1:]), random.choice(RESULTS)) for _ in range(random.randrange(4))]
        given += [("spf", random.choice([author] + NAMES[1:]), random.choice(RESULTS)) for _ in range(random.randrange(2))]
        yield path, zone, author in there, author, given


def ask(signet, case):
    path, _, _, author, evidence = case
    options = [word for mechanism, domain, result in evidence for word in (f"--{mechanism}", f"{domain}={result}")]
    done = subprocess.run([signet, "dmarc", "-j", "--zone", path, *options, author], stdin=subprocess.DEVNULL,
                          capture_output=True, check=False)
    return json.loads(done.stdout)


def verdict(report):
    said = report["evaluation"]
    if said["result"] == "none":  # no policy applies: what it names beside is for people
        return "none", None, said["disposition"], ()
    return said["result"], said["policy"], said["disposition"], tuple(sorted(said["aligned_by"]))


def is_right(got, possible, shaken):
    """Certain verdicts have to be met.  Where answers were withheld temperror is right as well, even if all of them would
    have led to the same (4.10.1, 5.3.6); where verdicts differ nothing else is."""
    if len({one[:3] for one in possible}) == 1 and got[:3] in {one[:3] for one in possible}:
        return got in possible or len(possible) > 1
    return got[0] == "temperror" and (shaken or len({one[:3] for one in possible}) > 1)


def compare(random, signet, folder, n):
    cases = [case for i in range(n) for case in make(random, folder, i)]
    with ThreadPoolExecutor(2) as pool:
        reports = list(pool.map(lambda case: ask(signet, case), cases))
    wrong, strange, doubtful = [], [], 0
    for case, report in zip(cases, reports):
        path, zone, exists, author, evidence = case
        possible, shaken = model.possible(zone, exists, author, evidence)
        got = verdict(report)
        doubtful += got[0] == "temperror"
        shown = {name: "fails" if texts is model.FAILS else texts for name, texts in zone.items()}
        if not is_right(got, possible, shaken):
            wrong.append((author, exists, evidence, shown, got, possible))
        if not shaken and report["organizational_domain"] != model.organization(zone, author, set()):
            strange.append((author, shown, report["organizational_domain"]))
    counts = f"{len(cases)} cases, {doubtful} in doubt"
    return [("9989:5.3.6", "result, policy, disposition and alignment are those of the model", wrong, counts, doubtful < len(cases) / 2),
            ("9989:4.10.2", "the Organizational Domain is that of the model", strange, counts, True)]
