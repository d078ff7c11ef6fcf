"""The one line for `systemctl status` and the web page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tgcfd.runner.state import Phase, State


@dataclass
class Progress:
    """What the status line tells besides the state: live connections; in past mode also how far it is."""

    connections: int = 0
    total: int | None = None
    """About how many messages past mode will have handled in the end; None while unknown."""


def clock(moment: datetime) -> str:
    """Return the host's time of day with its zone, e.g. `12:30 CET`; with the date if it is not today."""
    return f"{_time_of_day(moment)} {moment.astimezone():%Z}"


def clock_to_the_second(moment: datetime) -> str:
    """Return the same with seconds, e.g. `12:30:05 CET`: for what may be over in half a minute."""
    return f"{_time_of_day(moment, '%H:%M:%S')} {moment.astimezone():%Z}"


def _time_of_day(moment: datetime, layout: str = "%H:%M") -> str:
    local = moment.astimezone()
    today = datetime.now().astimezone().date()
    return local.strftime(layout if local.date() == today else f"%Y-%m-%d {layout}")


def status_line(state: State, progress: Progress) -> str:
    """Return the text after STATUS=."""
    if state.reason is not None:
        return state.reason.message
    if state.phase is Phase.CONNECTING:
        return "Connecting to Telegram"
    if state.mode == "past":
        total = "" if progress.total is None else f" of about {progress.total}"
        return f"Past: {state.counters.forwarded}{total} forwarded{_failed(state)}"
    last = f", last {_time_of_day(state.last_forwarded)}" if state.last_forwarded else ""
    return (
        f"Live: {count(progress.connections, 'connection')}, {state.counters.forwarded} forwarded{_failed(state)}{last}"
    )


def count(number: int, noun: str) -> str:
    """Return e.g. `1 chat`, `3 chats`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _failed(state: State) -> str:
    return f", {state.counters.failed} failed" if state.counters.failed else ""
