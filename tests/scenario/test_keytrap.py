# SPDX-License-Identifier: Apache-2.0
"""test_keytrap.py SIGNET OPENDKIM: a signed zone of the KeyTrap kind (CVE-2023-50387): many keys with one key tag, many
signatures that name that tag, each pair of them worth an expensive trial.  Whoever sends mail that makes us ask for such
names must not hold up the mail of others."""

import base64
import json
import os
import random
import statistics
import subprocess
import sys
import time

import letters
import roles
import rows
import storm
import world
from letters import GOOD, Letter

ZONE, KEYS, SIGNATURES, NAMES = "keytrap.example", 60, 60, 200
MODULUS = 2048  # bits; OpenSSL takes an exponent as large as the modulus up to 3072 bits: 5 ms a trial instead of 0.03
SECONDS = 15
ENOUGH = 20  # hostile messages; a slow machine takes longer for them
SPARED = 10  # a resolver that is not caught does so many times less than all trials


def tag_of(rdata):
    """RFC 4034 appendix B."""
    total = sum(octet << 8 if i % 2 == 0 else octet for i, octet in enumerate(rdata))
    return total + (total >> 16 & 0xffff) & 0xffff


def colliding_key(source, tag):
    """The rdata of a DNSKEY (RSA/SHA-256) with that tag; nobody has its private half."""
    size = MODULUS // 8
    exponent = bytearray(source.randbytes(size))
    exponent[0] &= 0x7f
    exponent[-1] |= 1
    modulus = bytearray(source.randbytes(size))
    modulus[0] |= 0xc0
    modulus[-1] |= 1
    head = b"\x01\x00\x03\x08\x00" + size.to_bytes(2, "big") + bytes(exponent)
    at = 20 + (len(head) + 20) % 2  # a whole word of the sum
    modulus[at:at + 2] = b"\0\0"
    total = sum(octet << 8 if i % 2 == 0 else octet for i, octet in enumerate(head + modulus))
    word = next(w for w in range(65536) if total + w + (total + w >> 16 & 0xffff) & 0xffff == tag)
    modulus[at:at + 2] = word.to_bytes(2, "big")
    rdata = head + bytes(modulus)
    assert tag_of(rdata) == tag
    return rdata


def trapped(source, name, text, tag, when):
    """A TXT record and its signatures, all false."""
    lines = f'{name}. 60 IN TXT "{text}"\n'
    for _ in range(SIGNATURES):
        signature = base64.b64encode(bytes([source.randrange(0x80)]) + source.randbytes(MODULUS // 8 - 1)).decode()
        lines += f"{name}. 60 IN RRSIG TXT 8 {name.count('.') + 1} 60 {when[1]} {when[0]} {tag} {ZONE}. {signature}\n"
    return lines


def make_zone(source):
    """(text of the zone, trust anchor)"""
    import dns.dnssec  # pylint: disable=import-outside-toplevel
    import dns.rdata  # pylint: disable=import-outside-toplevel
    import dns.rrset  # pylint: disable=import-outside-toplevel
    from cryptography.hazmat.primitives.asymmetric import ec  # pylint: disable=import-outside-toplevel
    private = ec.generate_private_key(ec.SECP256R1())
    key = dns.dnssec.make_dnskey(private.public_key(), "ECDSAP256SHA256", 257)
    tag = source.randrange(65536)
    keys = dns.rrset.from_rdata(ZONE + ".", 60, key)
    for _ in range(KEYS):
        rdata = colliding_key(source, tag)
        keys.add(dns.rdata.from_wire("IN", "DNSKEY", rdata, 0, len(rdata)))
    honest = dns.rrset.from_text(f"honest.{ZONE}.", 60, "IN", "TXT", '"v=spf1 ip4:192.0.2.0/26 -all"')
    soa = dns.rrset.from_text(ZONE + ".", 60, "IN", "SOA", "ns. postmaster. 1 60 60 60 1")
    ns = dns.rrset.from_text(ZONE + ".", 60, "IN", "NS", "ns.")
    text = ""
    for rrset in (soa, ns, keys, honest):
        signature = dns.dnssec.sign(rrset, private, keys.name, key, inception=time.time() - 3600, lifetime=86400 * 2)
        text += rrset.to_text() + "\n" + dns.rrset.from_rdata(rrset.name, 60, signature).to_text() + "\n"
    when = [time.strftime("%Y%m%d%H%M%S", time.gmtime(time.time() + hours * 3600)) for hours in (-1, 24)]
    for i in range(NAMES):
        text += trapped(source, f"x{i}.{ZONE}", "v=spf1 ip4:192.0.2.0/26 -all", tag, when)
        text += trapped(source, f"_dmarc.x{i}.{ZONE}", "v=DMARC1; p=reject", tag, when)
    return text, f"{ZONE}. 60 IN DNSKEY {key.to_text()}\n"


def caught_seconds(source):
    """What one hostile message costs a resolver that tries every key with every signature: two names, measured here and now."""
    from cryptography.exceptions import InvalidSignature  # pylint: disable=import-outside-toplevel
    from cryptography.hazmat.primitives import hashes  # pylint: disable=import-outside-toplevel
    from cryptography.hazmat.primitives.asymmetric import padding, rsa  # pylint: disable=import-outside-toplevel
    size, rdata = MODULUS // 8, colliding_key(source, 1)
    exponent, modulus = (int.from_bytes(octets, "big") for octets in (rdata[7:7 + size], rdata[7 + size:]))
    key = rsa.RSAPublicNumbers(exponent, modulus).public_key()
    began = time.process_time()
    for _ in range(50):
        try:
            key.verify(b"\1" * size, b"", padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            pass
    return 2 * KEYS * SIGNATURES * (time.process_time() - began) / 50


def ask(signet, anchor, domain):
    """What a message from there finds: {name: (status, secure)}, and how long it took."""
    began = time.monotonic()
    letter = Letter("ask", f"ann@{domain}")
    done = subprocess.run([signet, "check", "-j", "--resolver", "127.0.0.1@53", "--trust-anchor", anchor, "--ip",
                           letters.GOOD_IP, "--helo", "x.example", "--mail-from", f"ann@{domain}", "-"], input=letter.octets,
                          stdout=subprocess.PIPE)
    answers = json.loads(done.stdout.splitlines()[0])["dns"]
    return {a["name"]: (a["status"], a["secure"]) for a in answers}, time.monotonic() - began


def jobs(kind, n):
    good = Letter("trap-good").signed(GOOD)
    for i in range(n):
        domain = f"x{i % NAMES}.{ZONE}"
        letter, sender = (good, "ann@good.example") if kind == "good" else (Letter("trap", f"ann@{domain}"), f"ann@{domain}")
        yield storm.Job(i + 1, kind, world.Postfix.INBOUND, letters.GOOD_IP, sender,
                        letter.on_top(b"X-Number: %d\r\n" % (i + 1)).octets)


class Steady(storm.Storm):
    """One attempt for each message, some time between them, until told to end."""
    PATIENCE = 0.0
    pause = 0.05

    def next(self):
        time.sleep(self.pause)
        return super().next()


def p95(attempts):
    return statistics.quantiles([a.seconds for a in attempts], n=20)[18]


def measure(kind, sessions, pause):
    one = Steady(jobs(kind, 100000), sessions)
    one.pause = pause
    return one.start()


def end(one):
    one.at = len(one.jobs)
    return one.join().attempts


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        words = file.read().rsplit(") ", 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def test(r):
    signet = sys.argv[1]
    text, anchor = make_zone(random.Random(1))
    world.write("/etc/signet/anchor", anchor)
    sink = world.Sink()
    names = world.NameServer(letters.zone(), zones={ZONE: text})
    answers, _ = ask(signet, "/etc/signet/anchor", f"honest.{ZONE}")
    r.equal("-", "the zone is validated: what is signed well is secure", answers.get(f"honest.{ZONE}"), ("noerror", True))
    answers, seconds = ask(signet, "/etc/signet/anchor", f"x0.{ZONE}")
    r.row("-", "what is signed by nobody is bogus", answers.get(f"x0.{ZONE}", ("", True))[0] == "bogus", str(answers))
    r.note(f"{KEYS} keys, {SIGNATURES} signatures: such a message alone takes {seconds:.2f} s")
    setup = roles.Setup("one", dns='trust_anchor = "/etc/signet/anchor"', milter="workers = 2")
    milter = roles.Milter(signet, setup)
    postfix = world.Postfix(inbound=f"smtpd_milters={setup.inbound}")
    quiet = measure("good", 4, 0.05)
    time.sleep(4)
    quiet = end(quiet)
    caught, before = caught_seconds(random.Random(2)), cpu_seconds(milter.child.pid)
    hostile, others = measure("trap", 8, 0.05), measure("good", 4, 0.05)
    time.sleep(SECONDS)
    world.wait_for("an attack that is one", lambda: len(hostile.attempts) >= ENOUGH, 120)
    others, hostile = end(others), end(hostile)
    used = (cpu_seconds(milter.child.pid) - before) / len(hostile)
    r.note(f"others: p95 {p95(quiet) * 1000:.0f} ms before ({len(quiet)} messages), {p95(others) * 1000:.0f} ms beside "
           f"{len(hostile)} hostile ones ({len(others)} messages, the slowest {max(a.seconds for a in others):.2f} s); the "
           f"hostile ones take {p95(hostile):.2f} s and cost the milter {used:.2f} s of CPU each; all trials: {caught:.1f} s")
    r.row("-", "the messages of others are all taken", all(a.code == 250 for a in quiet + others),
          str([a for a in quiet + others if a.code != 250][:2]))
    r.row("-", f"a hostile message costs less than a {SPARED}th of all trials", used < caught / SPARED,
          f"{used:.2f} s of CPU, all trials: {caught:.1f} s")
    # Of time itself no more can be said on a machine that has other work.
    r.row("-", "no message of others waits for as long as all trials of one hostile one", max(
        a.seconds for a in others) < caught, f"{max(a.seconds for a in others):.2f} s, all trials: {caught:.1f} s")
    r.row("-", "the attack went on all the time", len(hostile) >= ENOUGH, str(len(hostile)))
    r.row("-", "none of the hostile messages is refused for good", not [a for a in hostile if a.code >= 500],
          str([a for a in hostile if a.code >= 500][:2]))
    world.wait_for("delivery", lambda: len(sink.messages) >= len(quiet) + len(others))
    passes = sum(b"dmarc=pass" in m["octets"] for m in sink.messages)
    r.equal("9989:5.3", "and verified", passes, len(quiet) + len(others))
    postfix.stop()
    r.equal("-", "the milter stops with status 0", milter.stop(), 0)
    names.stop()


if __name__ == "__main__":
    sys.exit(rows.start(["postfix", "nsd"], test))
