"""A worker that is ready at once, needs no Telegram, and prints what orders.json says whenever it gets SIGUSR1.

``lines``: how many. ``every``: seconds between two of them; 0: all at once. Each line has its number and the time.
"""

import json
import os
import random
import signal
import socket
import sys
import time
from pathlib import Path

SIGNALS = {signal.SIGTERM, signal.SIGUSR1}


def notify(text):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.sendto(text.encode(), os.environ["NOTIFY_SOCKET"])


def obey(lines, every):
    if every == 0:
        sys.stdout.write("".join(f"bench line {number:06} {'x' * 81}\n" for number in range(lines)))
        sys.stdout.flush()
        return
    begin = time.monotonic() + random.random() * every  # not all workers at one moment
    for number in range(lines):
        time.sleep(max(0, begin + number * every - time.monotonic()))
        print(f"bench line {number:06} {time.time():.6f}", flush=True)


signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
notify("READY=1")
while True:
    taken = signal.sigtimedwait(SIGNALS, 30)
    notify("WATCHDOG=1")
    if taken is None:
        continue
    if taken.si_signo == signal.SIGTERM:
        break
    obey(**json.loads(Path("orders.json").read_text()))
