# SPDX-License-Identifier: Apache-2.0
"""A private machine for tests with mail servers: this one's file system under an overlay on which Debian packages are unpacked,
in namespaces of its own (mounts, network, processes, host name).  Nothing is installed, nothing outside is changed, and
everything that was started ends with the test.

    root.enter(["postfix", "nsd"])      # runs this program again, inside; returns there
    ...                                 # /usr/sbin/postfix, its users, port 25 and /run are ours

Packages that exclude each other as installed packages (postfix, sendmail-bin) can be tried on the same machine that way, and
each finds its files where it was built to find them."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
PEER = os.path.join(SOURCE, "tools", "peer")
INSIDE = "SIGNET_TEST_ROOT"
CANNOT = 97  # exit status of a private machine that could not be made

# Name, number: what the packages' own scripts would have made.  Groups of the same name and number go with them.
USERS = [("postfix", 2001), ("nsd", 2002), ("unbound", 2003), ("smmta", 2004), ("smmsp", 2005), ("signet-milter", 2006),
         ("signet-signer", 2007), ("mailbox", 2008)]
GROUPS = [("postdrop", 2010)]


class Missing(Exception):
    """The test cannot run here; says why."""


class Unable(Missing):
    """Nor can it be made to: the machine does not let us."""


NAMESPACES = ["unshare", "--mount", "--net", "--pid", "--uts", "--fork", "--kill-child", "--propagation", "private"]


def archives(packages):
    done = subprocess.run([PEER, "--files", *packages], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise Missing(f"the packages {' '.join(packages)} cannot be had: {done.stderr.strip()[-300:]}")
    return done.stdout.split()


def mount(*arguments):
    subprocess.run(["mount", *arguments], check=True)


def unpack(files, upper):
    for path in files:
        subprocess.run(["dpkg", "-x", path, upper], check=True)
    for name in ("lib", "bin", "sbin", "lib64"):  # links on a merged machine: they must not be hidden
        folder = os.path.join(upper, name)
        if os.path.isdir(folder) and not os.path.islink(folder):
            os.makedirs(f"{upper}/usr/{name}", exist_ok=True)
            subprocess.run(["cp", "-a", folder + "/.", f"{upper}/usr/{name}/"], check=True)
            subprocess.run(["rm", "-r", folder], check=True)


def add_lines(upper, name, lines):
    with open("/etc/" + name, encoding="utf-8") as old:
        kept = [line for line in old if line.split(":")[0] not in {entry.split(":")[0] for entry in lines}]
    os.makedirs(upper + "/etc", exist_ok=True)
    with open(f"{upper}/etc/{name}", "w", encoding="utf-8") as new:
        new.writelines(kept)
        new.writelines(line + "\n" for line in lines)


def furnish(upper):
    add_lines(upper, "passwd", [f"{name}:x:{number}:{number}::/nonexistent:/usr/sbin/nologin" for name, number in USERS])
    add_lines(upper, "group", [f"{name}:x:{number}:" for name, number in USERS + GROUPS])
    for name, text in (("hosts", "127.0.0.1 localhost\n::1 localhost\n"), ("resolv.conf", "nameserver 127.0.0.1\n"),
                       ("nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n")):
        path = f"{upper}/etc/{name}"
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)


def build(folder, files):
    """In the new namespaces: the overlay, and into it."""
    mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", folder)
    upper, work, top = (os.path.join(folder, name) for name in ("upper", "work", "top"))
    for path in (upper, work, top):
        os.mkdir(path, 0o755)
    unpack(files, upper)
    furnish(upper)
    mount("-t", "overlay", "overlay", "-o", f"lowerdir=/,upperdir={upper},workdir={work}", top)
    for name in ("tmp", "run"):
        mount("-t", "tmpfs", "-o", "mode=1777" if name == "tmp" else "mode=755", "tmpfs", f"{top}/{name}")
    os.makedirs(top + SOURCE, exist_ok=True)
    mount("--rbind", SOURCE, top + SOURCE)
    mount("--rbind", "/dev", top + "/dev")
    mount("--rbind", "/sys", top + "/sys")
    mount("-t", "proc", "proc", top + "/proc")
    os.makedirs(top + "/dev/shm", exist_ok=True)
    os.chroot(top)
    os.chdir("/")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def enter(packages):
    """Returns inside the private machine; raises Missing outside if there can be none."""
    if os.environ.pop(INSIDE, None):
        return
    if os.geteuid() != 0:
        raise Unable("a private root with mail servers needs root")
    if not all(shutil.which(name) for name in ("ip", "unshare", "mount")):
        raise Missing("ip, unshare or mount is missing")
    probe = subprocess.run([*NAMESPACES, "true"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if probe.returncode != 0:
        raise Unable("the kernel allows no namespaces here: " + probe.stdout.strip())
    files = archives(packages)
    folder = tempfile.mkdtemp(prefix="signet-root-")
    command = [*NAMESPACES, sys.executable, os.path.abspath(__file__), folder, str(len(files)), *files,
               os.path.abspath(sys.argv[0]), *sys.argv[1:]]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # a test that takes too long: nothing stays
    try:
        status = subprocess.run(command).returncode
    finally:
        os.rmdir(folder)
    if status == CANNOT:
        raise Unable("the kernel allows no private machine here (overlay)")
    sys.stdout.flush()
    os._exit(status if status >= 0 else 128 - status)


def main():
    folder, n = sys.argv[1], int(sys.argv[2])
    files, program = sys.argv[3:3 + n], sys.argv[3 + n:]
    cwd = os.getcwd()
    try:
        build(folder, files)
    except (OSError, subprocess.CalledProcessError) as error:
        print(error, file=sys.stderr)
        sys.exit(CANNOT)
    os.environ[INSIDE] = "1"
    if os.path.isdir(cwd):
        os.chdir(cwd)
    os.execv(sys.executable, [sys.executable, *program])


if __name__ == "__main__":
    main()
