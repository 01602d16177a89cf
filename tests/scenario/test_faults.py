# SPDX-License-Identifier: Apache-2.0
"""test_faults.py SIGNET OPENDKIM: more than 10,000 messages through Postfix while the name server is killed, the spool is full,
the signer is killed and the milter is killed, each comes back, and every message is accounted for: by the clients, by
Postfix's log and queue, by the receiving end, by the spool and by the milter's counters."""

import collections
import glob
import os
import re
import signal
import subprocess
import sys
import time

import cases
import letters
import roles
import rows
import storm
import world
from letters import GOOD, Letter, name_of, split_fields

MESSAGES = int(os.environ.get("SCENARIO_MESSAGES", "10400"))  # the second half is for the kills of the milter
SESSIONS = 30
POSTFIX = """
default_process_limit = 200
qmgr_message_active_limit = 20000
smtp_destination_concurrency_limit = 20
default_destination_concurrency_limit = 20
milter_connect_timeout = 10s
"""
# Of ten messages.
KINDS = ["good"] * 4 + ["out"] * 4 + ["forged", "junk"]


def jobs_of(numbers):
    """good: must be delivered; out: must be delivered signed; forged: refused; junk: held."""
    good = Letter("storm-good").signed(GOOD, names=["From", "To", "Subject", "Date"])
    plain = {"good": good, "out": Letter("storm-out", "joe@sender.example"), "forged": Letter("storm-forged"),
             "junk": Letter("storm-junk", "ann@quar.example")}
    envelope = {"good": (2525, letters.GOOD_IP, "ann@good.example"), "out": (5587, "", "joe@sender.example"),
                "forged": (2525, letters.STRANGER_IP, "ann@good.example"),
                "junk": (2525, letters.STRANGER_IP, "ann@quar.example")}
    for n in numbers:
        kind = KINDS[n % len(KINDS)]
        octets = plain[kind].below(b"X-Number: %d\r\n" % n).octets
        yield storm.Job(n, kind, *envelope[kind], octets)


def is_settled(attempt):
    return attempt.stage == "end" and (attempt.code < 400 or attempt.code >= 500)


class Faults:
    def __init__(self, signet):
        self.signet = signet
        roles.make_keys()
        self.sink = world.Sink()
        # Keys and SPF do not live long, so that the name server is missed when it is away; policies are remembered, so that
        # it matters.
        zone = "".join(line if line.startswith("_dmarc.") else line.replace(" 60 IN TXT", " 1 IN TXT")
                       for line in letters.zone().splitlines(keepends=True))
        self.names = world.NameServer(zone, unloaded=letters.UNLOADED)
        self.setup = roles.Setup("one", inbound="quarantine = hold verify_fault = defer", submission="sign_fault = defer")
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m,mode=750,uid=2006,gid=2006", "tmpfs", self.setup.spool],
                       check=True)
        self.serve = roles.Serve(signet, self.setup)
        self.postfix = world.Postfix(inbound=f"smtpd_milters={self.setup.inbound}", submission="\n".join([
            f"smtpd_milters={self.setup.submission}", "milter_macro_daemon_name=ORIGINATING"]), more=POSTFIX)
        self.attempts = []
        self.storm = None
        self.told = []

    # ---- the faults ----

    def is_felt(self, fault):
        """By somebody who sends: on a busy machine a fault that lasts a fixed time may be over before."""
        return any(is_told(attempt, fault) for attempt in list(self.storm.attempts))

    def kill_names(self):
        self.names.stop(signal.SIGKILL)
        time.sleep(4)
        world.wait_for("somebody who misses the name server", lambda: self.is_felt("the name server") or self.storm.is_over())
        self.names.start()
        world.wait_for("nsd", lambda: world.listens(53))

    def fill_spool(self):
        """No octet is left for two seconds, and until it matters."""
        ballast = self.setup.spool + "/ballast"
        with open(ballast, "wb", buffering=0) as file:  # else what is left is written once more at the end
            try:
                while True:
                    file.write(bytes(65536))
            except OSError:
                pass
            self.told.append(("free octets on the spool", os.statvfs(self.setup.spool).f_bavail * 4096))
            time.sleep(2.5)
            world.wait_for("somebody who misses the room", lambda: self.is_felt("the spool") or self.storm.is_over())
        os.unlink(ballast)

    def kill_signer(self):
        """Again and again: each time it takes longer until it is started again."""
        for n in range(8):
            if n < 4 or not self.is_felt("the signer"):
                self.kill_role("signer")

    def reload(self):
        """Three times, with connections and messages under way."""
        for i in range(3):
            self.serve.child.send_signal(signal.SIGHUP)
            world.wait_for("a reload", lambda n=i: len(self.serve.lines("milter", "reloaded")) > n)
            time.sleep(0.3)

    def kill_role(self, role, number=signal.SIGKILL):
        pid = self.serve.pid_of(role)
        os.kill(pid, number)
        world.wait_for(f"the next {role}", lambda: (self.serve.pid_of(role) or pid) != pid and (
            self.setup.ready() if role == "milter" else world.listens(roles.Signer.SOCKET)), 60)

    def run(self, numbers, faults):
        """All of the messages, the faults one after the other while they are under way."""
        one = self.storm = storm.Storm(jobs_of(numbers), SESSIONS).start()
        for i, fault in enumerate(faults):
            one.wait_for((i + 1) / (len(faults) + 1.5))
            fault()
        one.join()
        self.attempts += one.attempts
        return one

    def drain(self):
        """Nothing is on its way any more; the ids of what is held."""
        self.postfix.run("postqueue", "-f")
        world.wait_for("an empty queue", lambda: all(state == "held" for state in self.postfix.queue().values()), 120)
        return set(self.postfix.queue())


# What the clients are told while a fault lasts.
TOLD = {"the name server": "looked up now", "the spool": "cannot be checked now", "the signer": "cannot be signed now",
        "the milter": "Service unavailable"}


def is_told(attempt, fault):
    return 400 <= attempt.code < 500 and TOLD[fault] in attempt.text


def judge_clients(r, name, run, felt):
    """What the clients saw: no good message was refused, no forged one got through but marked, everything came to an end."""
    seen = collections.Counter((a.job.kind, a.stage, a.code) for a in run.attempts)
    r.note(f"{name}: {len(run.jobs)} messages, {len(run.attempts)} attempts in {run.seconds:.0f} s "
           f"({len(run.jobs) / run.seconds:.0f}/s); {dict(seen)}")
    refused = [a for a in run.attempts if a.code >= 500 and a.job.kind != "forged"]
    r.row("-", name + ": none is refused for our own fault", not refused, str(refused[:2]))
    settled = {a.job.number for a in run.attempts if is_settled(a)}
    r.row("-", name + ": every message comes to an end", len(settled) == len(run.jobs), f"{len(settled)} of {len(run.jobs)}")
    lost = [a for a in run.attempts if a.stage == "lost"]
    r.row("-", name + ": every end of a message has its reply", not lost, f"{len(lost)}: {lost[:2]}")
    counts = {fault: sum(is_told(a, fault) for a in run.attempts) for fault in felt}
    r.row("-", name + ": each fault was felt", all(counts.values()), str(counts))


def judge_log(r, name, attempts, text):
    """Postfix counts the same: what it took, what the milter refused or deferred at the end of the message."""
    taken = set(re.findall(r"postfix/cleanup\[\d+\]: (\w+): message-id=", text))
    accepted = {a.queue_id for a in attempts if a.stage == "end" and a.code < 400}
    r.row("-", name + ": what the clients saw taken Postfix has taken", accepted <= taken,
          f"{len(accepted)}, {len(accepted - taken)} unknown")
    codes = collections.Counter(re.findall(r"milter-reject: END-OF-MESSAGE from \S+: ([45])\.", text))
    mine = collections.Counter(str(a.code)[0] for a in attempts if a.stage == "end" and a.code >= 400)
    r.equal("-", name + ": as many were refused and deferred at their end in Postfix's log as the clients saw",
            dict(codes), dict(mine))


def judge_counters(r, before, after, attempts):
    """Nobody killed the milter: its counters are exact."""
    def grown(name):
        return int(after.get(name, 0) - before.get(name, 0))

    def outcome(word):
        return grown(f'signet_milter_outcomes_total{{outcome="{word}"}}')

    ends = [a for a in attempts if a.stage == "end"]
    taken = collections.Counter(a.job.kind for a in ends if a.code < 400)
    refused = sum(a.code >= 500 for a in ends)
    deferred = sum(400 <= a.code < 500 for a in ends)
    sums = {word: outcome(word) for word in ("passed", "marked", "held", "rejected", "deferred", "signed")}
    r.note(f"counters: {sums}; clients: {dict(taken)} taken, {refused} refused, {deferred} deferred")
    r.equal("-", "the counters add up: messages = their outcomes = the attempts that came to their end",
            (grown("signet_milter_messages_total"), sum(sums.values())), (len(ends), len(ends)))
    r.equal("-", "the counters agree with the clients: signed, rejected, deferred, the rest",
            (sums["signed"], sums["rejected"], sums["deferred"], sums["passed"] + sums["held"]),
            (taken["out"], refused, deferred, sum(taken.values()) - taken["out"]))


def judge_delivered(r, faults, held, opendkim):
    attempts = faults.attempts
    taken = {a.queue_id: a.job for a in attempts if a.stage == "end" and a.code < 400}
    expected = collections.Counter(job.number for queue_id, job in taken.items() if queue_id not in held)
    numbers = collections.Counter(storm.number_of(m["octets"]) for m in faults.sink.messages)
    r.row("-", "delivered is exactly what was taken and not held, each once", numbers == expected,
          f"{sum(numbers.values())} delivered, {sum(expected.values())} expected, missing {list((expected - numbers))[:5]}, "
          f"more {list(numbers - expected)[:5]}")
    settled = collections.Counter()
    for a in attempts:
        if is_settled(a):
            settled["refused" if a.code >= 500 else "held" if a.queue_id in held else "delivered"] += 1
    by_reply = sum(not is_settled(a) for a in attempts)
    r.note(f"{len(attempts)} attempts = {settled['delivered']} delivered + {settled['held']} held + "
           f"{settled['refused']} refused + {by_reply} deferred by reply")
    r.equal("-", "sent = delivered + held + rejected + deferred by reply", len(attempts), sum(numbers.values()) + len(
        held & set(taken)) + settled["refused"] + by_reply)
    kinds = {job.number: job.kind for job in (a.job for a in attempts)}
    out = [m["octets"] for m in faults.sink.messages if kinds[storm.number_of(m["octets"])] == "out"]
    unsigned = [octets for octets in out if sum(name_of(f) == "dkim-signature" for f in split_fields(octets)[0]) != 2]
    r.row("-", f"none of {len(out)} outgoing messages was sent unsigned", not unsigned, f"{len(unsigned)}: {unsigned[:1]}")
    verifiers = cases.Verifiers(opendkim)
    signatures = [("sender.example", "ed25519-sha256"), ("sender.example", "rsa-sha256")]
    sample = out[:: max(1, len(out) // 200)]
    bad = [trouble for trouble in (verifiers.trouble(octets, signatures) for octets in sample) if trouble]
    r.row("6376:6.1", f"{len(sample)} of them verify", not bad, f"{len(bad)}: {bad[:2]}")
    judge_marks(r, faults, kinds)


def judge_marks(r, faults, kinds):
    """A forged message that was taken had no policy that could be asked for, and says so."""
    wrong = []
    for message in faults.sink.messages:
        fields, _ = split_fields(message["octets"])
        kind, results = kinds[storm.number_of(message["octets"])], {}
        for field in fields:
            if name_of(field) == "authentication-results":
                results = letters.results_of(field)[1]
        if kind == "good" and results.get("dmarc") not in ("pass", "temperror"):
            wrong.append((kind, results))
        if kind in ("forged", "junk") and results.get("dmarc") != "temperror":
            wrong.append((kind, results))
    r.row("9989:5.3.6", "what was delivered carries the results it must", not wrong, f"{len(wrong)}: {wrong[:3]}")


def judge_rows(r, faults):
    """Every message that was taken or refused has its row: it was written before the reply."""
    lines, error = roles.verdicts(faults.signet, faults.setup)
    text = "\n".join(lines)
    found = collections.Counter(re.findall(r'"(?:queue_?id|id)":"(\w+)"', text))
    settled = {a.queue_id for a in faults.attempts if a.stage == "end" and a.code < 400}
    missing = settled - set(found)
    r.row("-", "every message that was taken has its row in the spool", not missing and not error,
          f"{len(missing)} of {len(settled)} have none, {len(lines)} rows; {error[-200:]} {text[:300]}")
    twice = [queue_id for queue_id in settled if found[queue_id] != 1]
    r.row("-", "each has one", not twice, f"{twice[:5]}")
    deeds = collections.Counter(re.findall(r'"deed":"(\w+)"', text))
    ends = [a for a in faults.attempts if a.stage == "end"]
    kept = 1 + sum(is_settled(a) or is_told(a, "the name server") or is_told(a, "the signer") for a in ends)  # 1: "before"
    killed = sum(is_told(a, "the milter") for a in ends)  # between the row and the reply, perhaps
    r.note(f"rows: {len(lines)} {dict(deeds)}")
    r.row("-", "the rows are as many as the verdicts: those of a full spool are deferred and have none",
          kept <= len(lines) <= kept + killed, f"{len(lines)} rows, {kept} verdicts, {killed} cut off by a kill")


def test(r):
    signet, opendkim = sys.argv[1:3]
    faults = Faults(signet)
    log_of = world.Postfix.log
    r.row("-", "all is well before", world.send(Letter("before", "joe@sender.example").below(b"X-Number: 0\r\n").octets,
          "joe@sender.example", list(cases.BOB), 5587)[0] == 250, faults.serve.text()[-500:])
    before, text = faults.setup.counters(), log_of()
    half = MESSAGES // 2
    one = faults.run(range(1, half), [faults.reload, faults.kill_names, faults.fill_spool, faults.kill_signer])
    judge_clients(r, "name server, disk and signer", one, ("the name server", "the spool", "the signer"))
    early = [a for a in one.attempts if a.stage != "end"]
    r.row("-", "a reload costs no connection and no message", not early, f"{len(early)}: {early[:2]}")
    judge_counters(r, before, faults.setup.counters(), one.attempts)
    judge_log(r, "name server, disk and signer", one.attempts, log_of()[len(text):])
    text = log_of()
    two = faults.run(range(half, MESSAGES), [lambda: faults.kill_role("milter")] * 3 + [
        lambda: faults.kill_role("milter", signal.SIGTERM)])
    judge_clients(r, "the milter killed three times, and stopped", two, ("the milter",))
    judge_log(r, "the milter killed three times, and stopped", two.attempts, log_of()[len(text):])
    held = faults.drain()
    faults.sink.messages = [m for m in faults.sink.messages if storm.number_of(m["octets"])]
    judge_delivered(r, faults, held, opendkim)
    judge_rows(r, faults)
    for what, value in faults.told:
        r.note(f"{what}: {value}")
    faults.postfix.stop()
    r.equal("-", "signet serve stops with status 0", faults.serve.stop(patience=60), 0)
    r.row("-", "and none of its roles stays behind", not living("signet-"), str(living("signet-")))
    faults.names.stop()


def living(prefix):
    found = []
    for path in glob.glob("/proc/[0-9]*/comm"):
        try:
            with open(path, encoding="ascii") as file:
                name = file.read().strip()
        except OSError:
            continue
        if name.startswith(prefix):
            found.append(name)
    return found


if __name__ == "__main__":
    sys.exit(rows.start(["postfix", "nsd"], test))
