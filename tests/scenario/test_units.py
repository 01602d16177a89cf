# SPDX-License-Identifier: Apache-2.0
"""test_units.py SIGNET OPENDKIM UNITS: the milter as its systemd units and a drop-in start it, behind Postfix in its chroot:
the socket is the manager's, so that mail waits while the milter restarts."""

import os
import shutil
import signal
import sys
import threading

import cases
import letters
import roles
import rows
import units
import world
from letters import GOOD, Letter

CONF = """
authserv_id = "{id}"
mode = "classic"
dns {{ resolver = "127.0.0.1@53" }}
listen "inbound" {{
  socket = "inherited:inbound"
  role = "verify"
}}
"""
EVERYTHING = {"spf": "pass", "dkim": "pass", "dmarc": "pass"}
FORGED = dict(client=letters.STRANGER_IP, code=550, says=("5.7.1",))


class World:
    def __init__(self, signet, built):
        program = os.path.realpath(os.path.join(os.path.dirname(signet), "../service/milter/signet-milter"))
        drop_in = f"{units.SYSTEMD}/drop-ins/postfix.conf"
        self.listener = units.Listener(units.read(f"{units.SYSTEMD}/signet-milter.socket", drop_in))
        self.manager = units.Manager(units.read(f"{built}/signet-milter.service"), program)
        self.sink = world.Sink()
        self.names = world.NameServer(letters.zone(), unloaded=letters.UNLOADED)
        world.write("/etc/signet/signet.conf", CONF.format(id=roles.ID))
        # In a chroot as Debian's own master.cf has it ("y"); relative to the queue folder in it and out of it.
        self.postfix = world.Postfix(inbound="smtpd_milters=unix:signet/inbound.sock", chroot="y")

    def judge(self, r, case):
        code, text = world.send(case.letter.octets, case.sender, case.recipients, client=case.client, helo=case.helo)
        trouble = cases.trouble(case, self.sink, code, text)
        r.row("-", case.what, not trouble, trouble)


def test_verify(r, built):
    folder = f"{world.FOLDER}/units"
    for name in ("postfix", "sendmail"):
        os.makedirs(f"{folder}/signet-milter.socket.d", exist_ok=True)
        shutil.copy(f"{units.SYSTEMD}/signet-milter.socket", folder)
        with open(f"{built}/signet-milter.service", encoding="utf-8") as file:
            text = file.read()
        world.write(f"{folder}/signet-milter.service", text.replace(units.read(f"{built}/signet-milter.service")[
            "Service.ExecStart"][-1].split()[0], "/bin/true"))
        shutil.copy(f"{units.SYSTEMD}/drop-ins/{name}.conf", f"{folder}/signet-milter.socket.d")
        told = units.analyze(folder, "signet-milter.socket")
        if told is not None:
            r.equal("-", f"systemd-analyze verify has nothing to say of the socket with the drop-in for {name}", told, [])
        os.remove(f"{folder}/signet-milter.socket.d/{name}.conf")


def test_activated(r, w):
    if not shutil.which("systemd-socket-activate"):
        r.note("there is no systemd-socket-activate")
        return
    process = w.manager.activate(w.listener)
    w.judge(r, cases.Case("-", "systemd-socket-activate: the first message starts the milter, which judges it",
                          Letter("first").signed(GOOD), results=EVERYTHING))
    r.equal("-", "it says that it is ready", w.manager.hear(), "READY=1")
    with open(f"/proc/{process.child.pid}/status", encoding="ascii") as status:
        user = [line.split()[1] for line in status if line.startswith("Uid:")]
    r.equal("-", "it is the user of the unit", user, ["2006"])
    r.equal("-", "and that it stops, with status 0", (process.stop(), w.manager.hear()), (0, "STOPPING=1"))
    os.remove(w.listener.path)


def test_managed(r, w):
    w.listener.open()
    process = w.manager.start(w.listener)
    r.equal("-", "a manager that holds the socket: ready", w.manager.hear(), "READY=1")
    w.judge(r, cases.Case("-", "a good message", Letter("managed").signed(GOOD), results=EVERYTHING))
    w.judge(r, cases.Case("-", "a forged one", Letter("managed-forged"), **FORGED))
    text = CONF.format(id=roles.ID)
    world.write("/etc/signet/signet.conf", text.replace('role = "verify"', 'role = "verify" dry_run = true'))
    process.child.send_signal(signal.SIGHUP)
    r.equal("-", "SIGHUP: it says that it reloads, and when it has", (w.manager.hear(), w.manager.hear()),
            ("RELOADING=1", "READY=1"))
    code, _ = world.send(Letter("dry").octets, "ann@good.example", list(cases.BOB), client=letters.STRANGER_IP)
    r.equal("-", "what the file says now holds", code, 250)
    world.write("/etc/signet/signet.conf", text)
    r.equal("-", "SIGTERM: it says that it stops, and does", (process.stop(), w.manager.hear()), (0, "STOPPING=1"))
    r.row("-", "the socket stays", os.path.exists(w.listener.path))


def test_waits(r, w):
    """Nobody serves the socket; it is open all the same."""
    replies = {}

    def send(mark, letter, client):
        replies[mark] = world.send(letter.octets, "ann@good.example", list(cases.BOB), client=client)[0]

    threads = [threading.Thread(target=send, args=("good", Letter("waits").signed(GOOD), letters.GOOD_IP)),
               threading.Thread(target=send, args=("forged", Letter("waits-forged"), letters.STRANGER_IP))]
    for thread in threads:
        thread.start()
    threads[0].join(1)
    r.equal("-", "while the milter is away, nothing is accepted and nothing refused", replies, {})
    process = w.manager.start(w.listener)
    for thread in threads:
        thread.join(30)
    r.equal("-", "when it is back, each gets its answer", replies, {"good": 250, "forged": 550})
    process.stop()


def test(r):
    signet, built = sys.argv[1], sys.argv[3]
    test_verify(r, built)
    w = World(signet, built)
    test_activated(r, w)
    test_managed(r, w)
    test_waits(r, w)
    w.postfix.stop()
    w.names.stop()


if __name__ == "__main__":
    sys.exit(rows.start(["postfix", "nsd"], test))
