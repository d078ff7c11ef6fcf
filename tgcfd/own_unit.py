"""The daemon as a systemd unit itself: the sockets that it was given, and what it says to systemd and the journal.

Everywhere else all of this does nothing. The protocols are sd_notify(3) and sd_listen_fds(3).
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

STATUS_EVERY = 2.0
"""Seconds between two looks at what there is to say, without a watchdog that asks more often.

As long as somebody may wait who has started or stopped a worker and looks whether ``systemctl status`` says so.
"""

_FIRST_GIVEN = 3  # SD_LISTEN_FDS_START
_FIRST_KEPT = 100  # out of the way of those


def sockets() -> list[socket.socket]:
    """Take the listening sockets that systemd opened for us (``tgcfd.socket``); none where it did not."""
    if "LISTEN_FDS" not in os.environ:
        return []
    from systemd import daemon  # noqa: PLC0415  # there only where systemd is

    return [socket.socket(fileno=number) for number in daemon.listen_fds()]


def kept(listeners: Sequence[socket.socket]) -> list[int]:
    """Make second descriptors of listening sockets: they stay open, and take connections, when those are closed."""
    return [fcntl.fcntl(listener, fcntl.F_DUPFD_CLOEXEC, _FIRST_KEPT) for listener in listeners]


def begin_afresh(listening: Sequence[int]) -> NoReturn:
    """Begin this program once more in the same process, given these descriptors the way systemd gives sockets."""
    for number, descriptor in enumerate(listening, _FIRST_GIVEN):
        os.dup2(descriptor, number, inheritable=True)
    if listening:
        os.environ |= {"LISTEN_FDS": str(len(listening)), "LISTEN_PID": str(os.getpid())}
    # What comes from here on waits until serve() takes it: by default it would end the process.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
    sys.stdout.flush()
    if os.access(sys.argv[0], os.X_OK):  # /usr/bin/tgcfd: the process keeps that name
        os.execv(sys.argv[0], sys.argv)  # noqa: S606
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606  # python3 -m tgcfd


def address_of(listener: socket.socket) -> str:
    """Say where a socket listens: ``127.0.0.1:8470``, ``[::1]:8470`` or a path."""
    name = listener.getsockname()
    if isinstance(name, str):
        return f"unix:{name}"
    host, port = name[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def log_handler() -> logging.Handler | None:
    """Make the handler that keeps level and traceback of each record, if our output goes to the journal."""
    if "JOURNAL_STREAM" not in os.environ:
        return None
    from systemd.journal import JournalHandler  # noqa: PLC0415  # there only where systemd is

    handler: logging.Handler = JournalHandler(SYSLOG_IDENTIFIER="tgcfd")
    return handler


def log_commands_to_journal(logger: str) -> None:
    """Have the journal take what ``logger`` says in a command of the host's owner, whose output goes to a terminal."""
    from systemd.journal import JournalHandler  # noqa: PLC0415  # there only where systemd is

    handler: logging.Handler = JournalHandler(SYSLOG_IDENTIFIER="tgcfd")
    handler.setFormatter(logging.Formatter("%(name)s: %(message)s"))
    logging.getLogger(logger).addHandler(handler)
    logging.getLogger(logger).setLevel(logging.INFO)


def say(*assignments: str) -> None:
    """Tell systemd something, such as ``READY=1``."""
    if "NOTIFY_SOCKET" not in os.environ or not assignments:
        return
    from systemd import daemon  # noqa: PLC0415  # there only where systemd is

    daemon.notify("\n".join(assignments))


async def keep_telling(status: Callable[[], str]) -> None:
    """Tell systemd again and again, until cancelled, that the event loop turns (the watchdog), and what we do."""
    usec = os.environ.get("WATCHDOG_USEC", "")
    watched = usec.isdecimal() and os.environ.get("WATCHDOG_PID") in {None, str(os.getpid())}
    # Twice as often as needed: one late turn is no reason to be killed.
    pause = min(STATUS_EVERY, int(usec) / 2_000_000) if watched else STATUS_EVERY
    said = ""
    while True:
        now = status()
        changed = [f"STATUS={now}"] if now != said else []
        say(*(["WATCHDOG=1"] if watched else []), *changed)
        said = now
        await asyncio.sleep(pause)
