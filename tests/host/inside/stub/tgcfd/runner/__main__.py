"""Stands in for the runner: does what ``act.py`` in the person's folder says, then waits to be stopped."""

import os
import signal
import socket
import sys
import time
from pathlib import Path


def say(text):
    """Tell systemd something."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.sendto(text.encode(), os.environ["NOTIFY_SOCKET"])


def ready(status="Live: 1 connection"):
    say(f"READY=1\nSTATUS={status}")


def count(pause=0.005):
    """Print a line with the next number again and again."""
    number = 0
    while True:
        # Each at once: of a line in parts, a journald that ends loses what it has read.
        sys.stdout.write(f"<6>line {number}\n")
        number += 1
        time.sleep(pause)


def lines(number):
    """Print so many lines at once."""
    sys.stdout.write("".join(f"<6>line {i}\n" for i in range(number)))
    sys.stdout.flush()


def ignore_term():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def wait():
    while True:
        signal.pause()


signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
exec(Path("act.py").read_text())
wait()
