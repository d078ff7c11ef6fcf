"""What a worker was given and has changed since, as the three-way merge in ``tgcfd.config.takeback`` takes it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeGuard

from tgcfd.config import chats
from tgcfd.mode import Mode
from tgcfd.workers.report import Report

Base = dict[str, Any]
"""``{"forwards": [...], "plugins": {"fmt": {"style": ...}}}``: of what a worker was given, all that it may change."""

Chat = int | str

MAX_CHAT = 200
MAX_OFFSET = 2**31 - 1  # Telegram's message ids


def base_of(rendered: dict[str, Any]) -> Base:
    """Take the base from a rendered configuration; no secret is in it."""
    return {"forwards": rendered["forwards"], "plugins": {"fmt": {"style": rendered["plugins"]["fmt"]["style"]}}}


def now_of(base: Base, report: Report, mode: Mode) -> dict[str, Any]:
    """Say what the worker has now: what it was given, and over it what it reports."""
    forwards = base["forwards"] if report.forwards is None else report.forwards
    if mode is Mode.PAST:  # past mode moves offsets and changes nothing else; it may not even know all connections
        offsets = dict(_offsets(forwards))
        forwards = [_moved(forward, offsets) for forward in base["forwards"]]
    return {"forwards": forwards, "style": report.style or base["plugins"]["fmt"]["style"]}


def rebase(base: Base, now: dict[str, Any], current: dict[str, Any]) -> Base:
    """Make the base for the next merge, after ``now`` was taken back into ``current``.

    Without it, a worker's second change would look like a change of the person's.
    """
    offsets = dict(_offsets(now["forwards"]))
    was = {chats.identity(forward["source"]) for forward in base["forwards"]}
    kept = [
        _moved(forward, offsets)
        for forward in base["forwards"]
        if not forward["use_this"] or chats.identity(forward["source"]) in offsets
    ]
    added = [
        _moved(forward, offsets)
        for forward in current["forwards"]
        if (source := chats.identity(forward["source"])) not in was and source in offsets
    ]
    style = base["plugins"]["fmt"]["style"]
    if current["plugins"]["fmt"]["style"] == now["style"]:
        style = now["style"]
    return {"forwards": kept + added, "plugins": {"fmt": {"style": style}}}


def _moved(forward: dict[str, Any], offsets: dict[Chat, int]) -> dict[str, Any]:
    return forward | {"offset": offsets.get(chats.identity(forward["source"]), forward["offset"])}


def _offsets(forwards: list[Any]) -> Iterator[tuple[Chat, int]]:
    """Read the offsets of reported connections by source; what a worker reports may be anything."""
    for forward in forwards:
        if not isinstance(forward, dict):
            continue
        source, offset = forward.get("source"), forward.get("offset", 0)
        if _is_chat(source) and type(offset) is int and 0 <= offset <= MAX_OFFSET:
            yield chats.identity(source), offset


def _is_chat(source: object) -> TypeGuard[Chat]:
    return type(source) is int or (isinstance(source, str) and 0 < len(source) <= MAX_CHAT)
