"""The clock: Telegram takes no message whose time is some 30 seconds in the future or 300 in the past."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import tgcfd
from tgcfd.checks.finding import NEEDS_ROOT, Finding, NotSeen, error, ok, warning
from tgcfd.checks.host import Host
from tgcfd.checks.program import ask, quote
from tgcfd.places import DATABASE, LOCK

_SLACK = 60.0  # seconds between clocks that agree


def synchronised(host: Host) -> Iterator[Finding]:
    """Whether something sets it."""
    said = ask("timedatectl", "show")
    has = dict(line.split("=", 1) for line in said.out.splitlines() if "=" in line)
    if has.get("NTPSynchronized") == "yes":
        yield ok("the clock is synchronised")
    elif ask("systemd-detect-virt", "--container").code == 0:
        yield ok("the clock is that of the host around this container; look there whether it is synchronised")
    elif has.get("CanNTP") == "yes":
        yield warning(
            "nothing sets the clock; Telegram refuses a clock that is off", f"{host.sudo}timedatectl set-ntp true"
        )
    else:
        yield warning(
            "nothing sets the clock; Telegram refuses a clock that is off", f"{host.sudo}apt install systemd-timesyncd"
        )


def plausible(host: Host) -> Iterator[Finding]:
    """Whether it stands before what has happened already."""
    now = time.time()
    made = Path(tgcfd.__file__).stat().st_mtime
    synchronise = f"{host.sudo}timedatectl set-ntp true"
    if made > now + _SLACK:
        yield error(f"the clock is behind: this program was made {_days(made - now)} later", "date", synchronise)
        return
    try:
        later = {path: when for path, when in _written(host) if when > now + _SLACK}
    except PermissionError:
        raise NotSeen(NEEDS_ROOT) from None
    for path, when in later.items():
        yield warning(
            f"{path} was written {_days(when - now)} from now: the clock is behind, or was ahead then",
            "date",
            synchronise,
            f"{host.sudo}touch --no-dereference {quote(path)}   # if the clock is right now",
        )
    if not later:
        yield ok("the clock is not behind what was written")


def _written(host: Host) -> Iterator[tuple[Path, float]]:
    state = host.settings.state_dir
    for path in (state / DATABASE, state / f"{DATABASE}-wal", state / LOCK):
        with suppress(FileNotFoundError):
            yield path, path.lstat().st_mtime


def _days(seconds: float) -> str:
    return f"{seconds / 86400:.0f} days" if seconds > 2 * 86400 else f"{seconds / 60:.0f} minutes"
