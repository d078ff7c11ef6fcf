"""Stands in for the runner: does what the steps in ``steps.json`` say, one after the other.

It speaks the same contract (CONTRIBUTING.md): command line, exit codes, notifications, ``worker.json``.
"""

import ctypes
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

PR_SET_PDEATHSIG = 1


def notify(text):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.sendto(text.encode(), os.environ["NOTIFY_SOCKET"])


def report(fields):
    Path("worker.json").write_text(json.dumps({"version": 1, "pid": os.getpid(), "mode": sys.argv[1], **fields}))


def spawn(leave_group):
    """Start a child that outlives us and holds our output open."""
    code = "import signal; print('child', flush=True); signal.pause()"
    child = subprocess.Popen([sys.executable, "-c", code], start_new_session=leave_group)
    Path("child.pid").write_text(str(child.pid))


def once(code):
    """Exit, but only the first time."""
    if not Path("once").exists():
        Path("once").touch()
        os._exit(code)


def dump():
    """Say what surroundings we were given."""
    descriptors = [str(link.readlink()) for link in sorted(Path("/proc/self/fd").iterdir()) if link.exists()]
    limits = {name: resource.getrlimit(getattr(resource, name)) for name in ("RLIMIT_CORE", "RLIMIT_NOFILE")}
    old = os.umask(0)
    os.umask(old)
    where = {"pid": os.getpid(), "group": os.getpgid(0), "session": os.getsid(0), "cwd": str(Path.cwd())}
    seen = {"env": dict(os.environ), "args": sys.argv[1:], "fds": descriptors, "limits": limits, "umask": old, **where}
    Path("seen.part").write_text(json.dumps(seen))
    Path("seen.part").rename("seen.json")


def notify_from_child(text):
    """A child of ours pretends to be us."""
    code = "from socket import *; import sys; socket(AF_UNIX, SOCK_DGRAM).sendto(sys.argv[1].encode(), sys.argv[2])"
    subprocess.run([sys.executable, "-c", code, text, os.environ["NOTIFY_SOCKET"]], check=True)


def wait_for(name):
    """Wait until somebody makes this file."""
    while not Path(name).exists():
        time.sleep(0.005)


def lines(count):
    for number in range(count):
        print(f"<6>line {number}")


def flood(piece):
    while True:
        os.write(1, piece.encode() * (65536 // len(piece)))


STEPS = {
    "flood": flood,
    "print": lambda text: print(text, flush=True),
    "lines": lines,
    "notify": notify,
    "notify_from_child": notify_from_child,
    "report": report,
    "spawn": spawn,
    "once": once,
    "dump": dump,
    "ignore_term": lambda: signal.signal(signal.SIGTERM, signal.SIG_IGN),
    "delay_term": lambda: signal.signal(signal.SIGTERM, lambda *_: notify("EXTEND_TIMEOUT_USEC=600000000")),
    "pause": lambda: [signal.pause() for _ in iter(int, 1)],
    "exit": sys.exit,
    "signal": lambda number: os.kill(os.getpid(), number),
    "wait_for": wait_for,
}


def main():
    parent = int(sys.argv[sys.argv.index("--parent") + 1]) if "--parent" in sys.argv else 0
    if parent:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            sys.exit(75)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    for name, *arguments in json.loads(Path("steps.json").read_text()):
        STEPS[name](*arguments)


main()
