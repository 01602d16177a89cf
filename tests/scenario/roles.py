# SPDX-License-Identifier: Apache-2.0
"""Signet's roles in the private machine: the signer with the keys of letters.py, the milter in front of a mail server, and
`signet serve` over both."""

import glob
import os
import re
import shutil
import signal
import subprocess
import urllib.request

import letters
import world

SIGNER_USER, MILTER_USER = "signet-signer", "signet-milter"
KEY_STORE = "/var/lib/signet/keys"
ID = "mx.recv.example"  # our name in Authentication-Results
MARK = "X-Signet-Quarantine"

CONF = """
authserv_id = "{id}"
mode = "classic"
trusted_lists = {{ "list.example" }}
{top}
dns {{ resolver = "127.0.0.1@53" {dns} }}
keys {{ directory = "{keys}" }}
signer {{
  socket = "/run/signet-signer/signer.sock"
  user = "{signer_user}"
  peers = {{ "{milter_user}" }}
}}
sign "sender.example" {{ }}
milter {{
  user = "{milter_user}"
  spool = "{spool}"
  overrides = "/var/lib/signet/overrides"
  metrics = "inet:127.0.0.1:{metrics}"
  {milter}
}}
listen "inbound" {{
  socket = "unix:{run}/inbound.sock"
  socket_mode = "0666"
  role = verify
  {inbound}
}}
listen "submission" {{
  socket = "unix:{run}/submission.sock"
  socket_mode = "0666"
  role = sign
  {submission}
}}
"""


class Setup:
    """Files and folders of one set of roles; `name` keeps several apart."""

    def __init__(self, name="one", metrics=9111, identity=ID, **more):
        self.run, self.spool, self.conf = f"/run/signet-{name}", f"/var/lib/signet/spool-{name}", f"/etc/signet/{name}.conf"
        self.metrics = metrics
        for folder, owner, mode in ((self.run, MILTER_USER, 0o755), (self.spool, MILTER_USER, 0o750),
                                    ("/run/signet-signer", SIGNER_USER, 0o755)):
            os.makedirs(folder, exist_ok=True)
            shutil.chown(folder, owner, owner)
            os.chmod(folder, mode)
        text = {"top": "", "dns": "", "milter": "", "inbound": "", "submission": "", **more}
        world.write(self.conf, CONF.format(id=identity, keys=KEY_STORE, signer_user=SIGNER_USER, milter_user=MILTER_USER,
                                           spool=self.spool, metrics=metrics, run=self.run, **text))

    @property
    def inbound(self):
        return f"unix:{self.run}/inbound.sock"

    @property
    def submission(self):
        return f"unix:{self.run}/submission.sock"

    def ready(self):
        return all(world.listens(f"{self.run}/{name}.sock") for name in ("inbound", "submission"))

    def counters(self):
        """{"signet_milter_messages_total": 3, 'signet_milter_outcomes_total{outcome="passed"}': 2...}"""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics}/metrics", timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in lines if line and line[0] != "#"}


def make_keys(rsa=letters.OUR_RSA, ed=letters.OUR_ED):
    """The store, with the keys that sign for sender.example (or another domain) active."""
    folder = f"{KEY_STORE}/{rsa.domain}"
    os.makedirs(folder, mode=0o700, exist_ok=True)
    lines = ""
    for key, name, bits in ((rsa, "rsa-sha256", 2048), (ed, "ed25519-sha256", 256)):
        world.write(f"{folder}/{key.selector}.pem", private_pem(key), 0o600)
        bits = getattr(key.private, "key_size", bits)
        lines += (f"{key.selector} {name} {bits} ttl=60 hold=0 generated=2026-01-01T00:00:00Z "
                  "published=2026-01-01T00:00:01Z visible=2026-01-01T00:00:02Z active=2026-01-01T00:00:03Z\n")
    world.write(f"{folder}/state", lines, 0o600)
    for path in (KEY_STORE, folder, *glob.glob(folder + "/*")):
        shutil.chown(path, SIGNER_USER, SIGNER_USER)
    for path in (KEY_STORE, folder):
        os.chmod(path, 0o700)


def private_pem(key):
    if key.kind == "rsa":
        return key.pem.decode()
    from cryptography.hazmat.primitives import serialization as s  # pylint: disable=import-outside-toplevel
    return key.private.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption()).decode()


class Role(world.Process):
    """signet NAME --config FILE; waits until it takes connections."""

    def __init__(self, signet, name, setup, ready):
        self.ready = ready
        label = f"{name}-{os.path.basename(setup.run)}"
        super().__init__(label, [signet, name, "--config", setup.conf])

    def start(self):
        super().start()
        try:
            world.wait_for(self.name, lambda: self.child.poll() is not None or self.ready())
        except RuntimeError:
            self.stop(signal.SIGKILL)
            raise
        if self.child.poll() is not None:
            raise RuntimeError(f"{self.name} ended with {self.child.returncode}: {self.text()[-1000:]}")

    def lines(self, *words):
        """The lines of the log that hold all of these words."""
        return [line for line in self.text().splitlines() if all(word in line for word in words)]


class Signer(Role):
    SOCKET = "/run/signet-signer/signer.sock"

    def __init__(self, signet, setup):
        super().__init__(signet, "signer", setup, lambda: world.listens(self.SOCKET))


class Milter(Role):
    def __init__(self, signet, setup):
        super().__init__(signet, "milter", setup, setup.ready)


class Serve(Role):
    """Both, and what starts them again."""

    def __init__(self, signet, setup):
        super().__init__(signet, "serve", setup, lambda: setup.ready() and world.listens(Signer.SOCKET))

    def pid_of(self, role):
        """The process of a role (signet-milter, signet-signer) below this one, or None."""
        for path in glob.glob("/proc/[0-9]*/stat"):
            try:
                with open(path, encoding="ascii") as file:
                    pid, name, _, parent = re.fullmatch(r"(\d+) \((.*)\) (\S) (\d+) .*\n?", file.read()).groups()
            except OSError:
                continue
            if name == "signet-" + role and int(parent) == self.child.pid:
                return int(pid)
        return None


def verdicts(signet, setup, *options):
    """What `signet verdict find` prints, a JSON object a line."""
    done = subprocess.run([signet, "verdict", "find", "-j", "--spool", setup.spool, *options], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True)
    return done.stdout.splitlines(), done.stderr


def story(signet, setup, queue_id):
    done = subprocess.run([signet, "verdict", "show", "--spool", setup.spool, queue_id], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    return done.stdout
