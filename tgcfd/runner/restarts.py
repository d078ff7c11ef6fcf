"""``python -P -s -m tgcfd.runner.restarts START``: the gate before each start of a worker's unit (``ExecStartPre=-``).

Lets a start that somebody asked for pass at once. Holds back one that systemd makes by itself: for a second after the
first failure, doubled at each further one; all is forgotten after a good run, and when systemd asks for the end (a
stop, also the one in ``systemctl restart``). systemd 252 cannot do that (``RestartSteps=`` came with 254). START is any
number that is another one for each start that was asked for: the broker takes the microseconds since the epoch.

Kept small, since it runs at every start: no event loop, no argparse, nothing but the standard library.
"""

from __future__ import annotations

import errno
import json
import os
import signal
import stat
import sys
import time
from contextlib import suppress
from typing import NamedTuple

FILE_NAME = "restarts.json"
MAX_BYTES = 4096

FIRST = 1.0
TOP = 300.0
GOOD_RUN = 3600.0
"""Seconds: the first delay, the longest one, and how long a run must last for its failures to be forgotten."""

JITTER = 0.2
"""Up to this share comes on top of a delay, or all workers would log in at one moment after the network was away."""

RESTART_SEC = 1.0
"""Seconds that systemd has waited already (``RestartSec=``)."""

UNKNOWN = 60.0
"""Seconds to wait where nothing can be kept, on a full disk above all."""

FRESH = 15.0
"""Where nothing can be kept: a start asked for so many seconds ago is taken for the first one since."""

MARGIN = 30.0
"""Seconds that systemd is asked to allow beyond the delay."""

WORTH_A_WORD = 2.0
"""Seconds: a shorter delay is over before anybody has read that it is there."""

MAX_FAILURES = 64


class Kept(NamedTuple):
    """What is kept from one start to the next."""

    start: int
    """The start that somebody asked for, of which this is about."""
    failures: int
    """In a row, since then."""
    began: float
    """When the last run began, in seconds of CLOCK_BOOTTIME."""


def failures_after(kept: Kept | None, start: int, now: float) -> int:
    """Count the failures in a row that lead to this start; 0 if somebody asked for it."""
    if kept is None or kept.start != start:
        return 0
    return 1 if now - kept.began >= GOOD_RUN else min(kept.failures + 1, MAX_FAILURES)


def delay_after(failures: int, chance: float) -> float:
    """Tell how many seconds to wait here after so many failures in a row; ``chance`` is from 0 to 1."""
    if failures == 0:
        return 0.0
    whole: float = min(FIRST * 2 ** (failures - 1), TOP)
    return max(0.0, whole * (1 + JITTER * chance) - RESTART_SEC)


def delay_unkept(delay: float, start: int, now: float) -> float:
    """Tell how many seconds to wait where the number of failures cannot be kept; ``now`` is in seconds since the epoch.

    ``delay`` is what follows from the number that was kept before, if there was one.
    """
    if delay == 0 and 0 <= now - start / 1e6 < FRESH:
        return 0.0
    return max(delay, UNKNOWN)


def read() -> Kept | None:
    """Read what was kept in the current directory, which the worker may write to; None if that cannot be used."""
    try:
        # O_NONBLOCK: a FIFO would wait for ever.
        descriptor = os.open(FILE_NAME, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            data = os.read(descriptor, MAX_BYTES) if stat.S_ISREG(os.fstat(descriptor).st_mode) else b""
        finally:
            os.close(descriptor)
        document = json.loads(data)
    except (OSError, ValueError, RecursionError):
        return None
    return _kept(document)


def _kept(document: object) -> Kept | None:
    if not isinstance(document, dict):
        return None
    start, failures, began = (document.get(name) for name in Kept._fields)
    if type(start) is not int or type(failures) is not int or type(began) is not float:
        return None
    # NaN and the infinities fail these comparisons, too.
    return Kept(start, failures, began) if 0 <= failures <= MAX_FAILURES and -1e18 < began < 1e18 else None


def write(kept: Kept) -> None:
    """Keep it in the current directory. Raises OSError; what was kept before is then still there."""
    temporary = f".{FILE_NAME}.new"
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    descriptor = os.open(temporary, flags, 0o660)
    data = json.dumps(kept._asdict()).encode()
    try:
        if os.write(descriptor, data) < len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    finally:
        os.close(descriptor)
    os.replace(temporary, FILE_NAME)  # noqa: PTH105 - pathlib alone takes as long to import as all of this


def forget() -> None:
    """Forget all failures. If the file cannot be removed, the next start waits although it need not."""
    with suppress(OSError):
        os.unlink(FILE_NAME)  # noqa: PTH108 - see write


def expect_to_be_asked() -> None:
    """Make it possible to tell systemd's SIGTERM from anybody else's: SIGCONT follows it at once (systemd.kill(5)).

    Blocked, SIGCONT still wakes a process that was stopped, and stays to be seen.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCONT})


def forget_if_asked() -> None:
    """Forget all failures if it is systemd that asks for the end.

    If somebody else ends a worker before it was ready, systemd starts it again (``Result=protocol``): that counts.
    """
    if signal.SIGCONT in signal.sigpending():
        forget()


def decide(start: int) -> float:
    """Count this start, and tell how many seconds it has to wait."""
    now = time.clock_gettime(time.CLOCK_BOOTTIME)
    failures = failures_after(read(), start, now)
    delay = delay_after(failures, int.from_bytes(os.urandom(4), "big") / 2**32)
    try:
        # Before the wait: whoever ends the gate in the middle of it does not undo the counting.
        write(Kept(start, failures, now + delay))
    except OSError:
        return delay_unkept(delay, start, time.time())
    return delay


def wait(delay: float) -> None:
    """Say until when, if that is worth a word, and wait."""
    if delay >= WORTH_A_WORD:
        _announce(delay)
    time.sleep(delay)


def _announce(delay: float) -> None:
    from tgcfd.runner.notify import Notifier  # noqa: PLC0415 - most starts do not wait

    text = f"Starts again at {time.strftime('%H:%M:%S', time.gmtime(time.time() + delay))} UTC"
    Notifier.from_environment().send(f"EXTEND_TIMEOUT_USEC={int((delay + MARGIN) * 1e6)}", f"STATUS={text}")
    with suppress(OSError):  # with nobody reading the output any more, there is no one left to tell
        os.write(2, f"<5>{text}\n".encode())


def _end(_number: int, _frame: object) -> None:
    """Let nobody wait after a stop that was asked for."""
    forget()
    os._exit(0)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _end)
    seconds = decide(int(sys.argv[1]))
    if seconds > 0:
        wait(seconds)
