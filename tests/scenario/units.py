# SPDX-License-Identifier: Apache-2.0
"""What systemd would do with a unit of packaging/systemd and its drop-ins, as far as sockets and notifications go."""

import glob
import grp
import os
import re
import shutil
import socket
import subprocess

import root
import world

SYSTEMD = os.path.join(root.SOURCE, "packaging/systemd")


def read(*paths):
    """{"Socket.ListenStream": ["/run/x"]}: later files add, an empty value forgets what came before (systemd.unit(5))."""
    found, section = {}, ""
    for path in paths:
        with open(path, encoding="utf-8") as file:
            for line in file.read().splitlines():
                if line.startswith("["):
                    section = line.strip("[]")
                elif "=" in line and line[0] not in "#;":
                    key, value = line.split("=", 1)
                    found[f"{section}.{key}"] = found.get(f"{section}.{key}", []) + [value] if value else []
    return found


class Listener:
    """The socket of a socket unit, opened and furnished as systemd does; it outlives whoever serves it."""

    def __init__(self, unit):
        self.path, self.name = unit["Socket.ListenStream"][-1], unit["Socket.FileDescriptorName"][-1]
        self.unit = unit
        os.makedirs(os.path.dirname(self.path), int(unit["Socket.DirectoryMode"][-1], 8), exist_ok=True)

    def open(self):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(self.path)
        self.furnish()
        self.socket.listen(128)

    def furnish(self):
        os.chown(self.path, 0, grp.getgrnam(self.unit["Socket.SocketGroup"][-1]).gr_gid)
        os.chmod(self.path, int(self.unit["Socket.SocketMode"][-1], 8))


INSTALLED = "/opt/signet"


def install(program):
    """The program and our libraries where every user may read them: a tree that is built may lie in somebody's home."""
    os.makedirs(INSTALLED, exist_ok=True)
    shutil.copy(program, INSTALLED)
    for folder in os.environ.get("LD_LIBRARY_PATH", "").split(":"):
        for path in glob.glob(f"{folder}/libsignet*.so*") if folder else []:
            if os.path.isfile(path):
                shutil.copy(path, INSTALLED)
    return INSTALLED


class Manager:
    """Starts the program of a service unit as its user and hears what it says."""

    TOLD = "/run/notify"

    def __init__(self, unit, program):
        self.unit = unit
        self.told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.told.bind(self.TOLD)
        os.chmod(self.TOLD, 0o666)
        self.told.settimeout(30)
        start = unit["Service.ExecStart"][-1].split()
        user, group = unit["Service.User"][-1], unit["Service.Group"][-1]
        self.libraries = install(program)
        self.command = ["setpriv", "--reuid", user, "--regid", group, "--clear-groups", "--no-new-privs",
                        f"{INSTALLED}/{os.path.basename(program)}", *start[1:]]
        for key, above in (("RuntimeDirectory", "/run"), ("StateDirectory", "/var/lib")):
            folder = f"{above}/{unit['Service.' + key][-1]}"
            os.makedirs(folder, exist_ok=True)
            shutil.chown(folder, user, group)
            os.chmod(folder, int(unit[f"Service.{key}Mode"][-1], 8))

    def hear(self):
        """The first word of the next notification."""
        return re.split(r"[\n]", self.told.recv(1000).decode())[0]

    def activate(self, listener):
        """By systemd-socket-activate: the program begins with the first connection."""
        process = world.Process("activated", [
            "systemd-socket-activate", "--listen=" + listener.path, "--fdname=" + listener.name,
            "--setenv=NOTIFY_SOCKET=" + self.TOLD, "--setenv=LD_LIBRARY_PATH=" + self.libraries, *self.command])
        world.wait_for(listener.path, lambda: os.path.exists(listener.path))
        listener.furnish()
        return process

    def start(self, listener):
        """At once, with a socket that is ours."""
        fd = listener.socket.fileno()
        shell = f'exec 3<&{fd}; LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES={listener.name} exec "$@"'
        process = world.Process("managed", ["bash", "-c", shell, "sh", *self.command], pass_fds=[fd],
                                env={**os.environ, "NOTIFY_SOCKET": self.TOLD, "LD_LIBRARY_PATH": self.libraries})
        return process


def analyze(folder, name):
    """What systemd-analyze verify has to say of a unit of ours, or None if there is no such program."""
    if not shutil.which("systemd-analyze"):
        return None
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", os.path.join(folder, name)], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    return [line for line in done.stdout.splitlines() if "signet" in line]
