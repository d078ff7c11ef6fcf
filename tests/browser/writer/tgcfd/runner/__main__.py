"""A worker that is ready at once, needs no Telegram, and writes what it is told to through the pipe `orders`.

Each order is a line of JSON: ``raw`` (bytes as Latin-1) is written as it is; or ``lines`` lines that hold their number,
``a_second`` of them, or as fast as they are taken.
"""

import ctypes
import json
import os
import signal
import socket
import sys
import time
from pathlib import Path

PR_SET_PDEATHSIG = 1


def notify(text):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.sendto(text.encode(), os.environ["NOTIFY_SOCKET"])


def obey(*, raw=None, lines=0, first=0, a_second=0, words="a message was forwarded to two chats"):
    if raw is not None:
        sys.stdout.buffer.write(raw.encode("latin-1"))
    begin = time.monotonic()
    for number in range(lines):
        if a_second and (ahead := begin + number / a_second - time.monotonic()) > 0:
            sys.stdout.flush()
            time.sleep(ahead)
        sys.stdout.write(f"line {first + number} {words}\n")
    sys.stdout.flush()


def main():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # a daemon that is killed cannot end us
    if os.getppid() != int(sys.argv[sys.argv.index("--parent") + 1]):
        sys.exit(75)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    if not Path("orders").exists():
        os.mkfifo("orders")
    notify("READY=1\nSTATUS=Live: writes what it is told to")
    with os.fdopen(os.open("orders", os.O_RDWR)) as orders:  # also for writing: it goes on behind a writer
        for order in orders:
            obey(**json.loads(order))


main()
