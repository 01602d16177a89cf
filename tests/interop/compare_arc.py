# SPDX-License-Identifier: Apache-2.0
"""ARC: chains of one to four hops, each sealed by dkimpy or Mail::DKIM, changed between the hops and after the last."""

import dkim

import material
import peers

KEYS = [material.Key(f"hop{i}.example", "s", f"rsa-{1 + i % 2}.pem") for i in range(4)]
SIGNED = {"from", "to", "subject", "date", "message-id", "list-id", "mime-version", "cc", "x-one"}


def seal(random, perl, key, fields, text):
    """The new set of fields; none where the peer refuses."""
    whole = material.message(fields, text)
    names = sorted({material.name_of(f).decode("latin-1") for f in fields} & SIGNED)
    if random.random() < 0.5:
        names += ["from"] * random.randrange(2)
        try:
            return dkim.ARC(whole).sign(key.selector.encode(), key.domain.encode(), key.pem, key.domain.encode(),
                                        include_headers=[name.encode() for name in names])
        except peers.REFUSALS:
            return []
    new = perl.ask("seal", whole, d=key.domain, s=key.selector, id=key.domain, h=":".join(names), key=key.file, chain="ar")
    if new.startswith(b"error"):
        return []
    return material.split_fields(new.replace(b"\r\n", b"\n").rstrip(b"\n").replace(b"\n", b"\r\n") + b"\r\n")


def spoil_set(random, fields):
    """A change in a field of a set, or of their order."""
    at = random.choice([i for i, f in enumerate(fields) if f[:4].lower() == b"arc-"] or [0])
    raw, kind = fields[at], random.randrange(9)
    if kind == 0:
        fields.insert(random.randrange(len(fields)), fields.pop(at))
    elif kind == 1:
        fields.insert(random.randrange(len(fields)), raw)
    elif kind == 2:
        fields.pop(at)
    elif kind == 3:
        random.shuffle(fields)
    else:
        old, new = [(b"i=1", b"i=2"), (b"i=2", b"i=02"), (b"cv=pass", b"cv=none"), (b"cv=none", b"cv=fail"),
                    (b"; ", b";\r\n\t")][kind - 4]
        fields[at] = raw.replace(old, new, 1)
    return fields


def make(random, perl):
    fields, text = material.header(random), material.body(random)
    for i, key in enumerate(KEYS[:random.choice([1, 1, 2, 2, 3, 4])]):
        cv = perl.arc(material.message(fields, text)) if i else "none"
        fields.insert(0, f"Authentication-Results: {key.domain}; arc={cv}; spf=pass smtp.mailfrom=a@example.com (x i=9)\r\n".encode())
        fields = seal(random, perl, key, fields, text) + fields
        kind = random.randrange(8)
        if kind == 0:
            text += b"footer\r\n"
        elif kind == 1:
            fields.insert(0, material.field(random, "Received"))
        elif kind == 2:
            fields[-1] = material.field(random, "Subject")
    kind = random.randrange(4)
    if kind == 0:
        return material.damage(random, material.message(fields, text))
    return material.message(spoil_set(random, fields) if kind == 1 else fields, text)


def compare(random, signet, folder, n):
    perl, python = peers.MailDkim(KEYS), peers.Dkimpy(KEYS)
    zone = peers.write_zone(folder, KEYS)
    messages = [make(random, perl) for _ in range(n)]
    reports = peers.check(signet, folder, zone, messages, "--mail-from", "ann@example.com")
    both = split = passed = 0
    alone = []
    for octets, report in zip(messages, reports):
        ours = report["arc"]["result"]
        given = [word if word in ("pass", "none") else "fail" for word in (python.arc(octets), perl.arc(octets))]
        passed += ours == "pass"
        both += given == [ours, ours]
        split += given[0] != given[1]
        if ours not in given:
            alone.append((ours, octets))
    perl.close()
    counts = f"{both} agreed, {split} where the peers differ, {passed} pass"
    return [("8617:5.2", "no verdict on a chain is ours alone", alone, counts, both > n * 0.8)]
