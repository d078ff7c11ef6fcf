"""What a running tgcf changed in its own copy, taken back into the person's configuration. Pure.

A three-way merge: what the worker was given (base), what it has now, what the person's configuration says. The person
wins: a change of the worker counts only where the person changed nothing since. Nothing else that tgcf rewrites (its
filter lower-cases its lists) is taken. ``now`` comes from a worker and may be anything.
"""

from __future__ import annotations

import copy

from tgcfd.config import chats, checks, schema
from tgcfd.config.plain import Config, Json, same

_MOST = 1000


def take_back(base: Config, now: Json, current: Config) -> Config | None:
    """Return ``current`` with what tgcf may change, or None if there is nothing to take.

    ``base`` is the rendered configuration that the worker started with, ``now`` is ``{"forwards": [...], "style":
    ...}``; a connection is known by its source. Taken are: the offset of a connection, connections that a bot command
    added or removed, and the style.
    """
    if not isinstance(now, dict):
        return None
    taken = copy.deepcopy(current)
    _take_style(base, now.get("style"), taken)
    if isinstance(now.get("forwards"), list):
        taken["forwards"] = _forwards(base["forwards"], now["forwards"], taken["forwards"])
    return None if same(taken, current) else taken


def keep_offsets(config: Config, stored: Config) -> None:
    """Let no connection of ``config`` fall behind where past mode has come, as ``stored`` says, by its source.

    Past mode would send all that lies between once more.
    """
    reached = _by_source(stored["forwards"])
    for source, forward in _by_source(config["forwards"]).items():
        if source in reached:
            forward["offset"] = max(forward["offset"], reached[source]["offset"])


def _take_style(base: Config, style: Json, taken: Config) -> None:
    fmt = taken["plugins"]["fmt"]
    if fmt["style"] == base["plugins"]["fmt"]["style"] and not _breaks({"plugins": {"fmt": {"style": style}}}):
        fmt["style"] = style


def _breaks(config: Config) -> bool:
    return bool(schema.violations(config) or checks.violations(schema.fill(config)))


def _forwards(base: list[Json], now: list[Json], current: list[Json]) -> list[Json]:
    was, reported = _by_source(base), _valid(now)
    meant = _by_source(current)  # of two with one source, only the enabled one is the worker's
    kept = []
    for forward in current:
        source = chats.identity(forward["source"])
        before, after = was.get(source), reported.get(source)
        if before is None or forward is not meant.get(source):
            kept.append(forward)
        elif after is not None:
            kept.append(_changed(before, after, forward))
        elif not before["use_this"] or not _is(before, forward):
            kept.append(forward)
    present = _by_source(kept)
    added = [forward for source, forward in reported.items() if source not in was and source not in present]
    return (kept + added)[:_MOST]


def _by_source(forwards: list[Json]) -> dict[int | str, Json]:
    """Return the connections that have a source, by it; an enabled one before a disabled one."""
    found: dict[int | str, Json] = {}
    for forward in sorted(forwards, key=lambda forward: not forward["use_this"]):
        if forward["source"] != "":
            found.setdefault(chats.identity(forward["source"]), forward)
    return found


def _valid(now: list[Json]) -> dict[int | str, Json]:
    """Return the reported connections that are in order by themselves, by source."""
    found: dict[int | str, Json] = {}
    for forward in now[:_MOST]:
        if isinstance(forward, dict) and not _breaks({"forwards": [forward]}):
            whole = schema.fill({"forwards": [forward]})["forwards"][0]
            if whole["source"] != "":
                found[chats.identity(whole["source"])] = whole
    return found


def _changed(before: Json, after: Json, forward: Json) -> Json:
    """Return the person's connection with the worker's offset and destinations, where the person changed neither.

    An offset only ever grows: the bot command that replaces a connection resets it, and the next run in past mode
    would send everything again.
    """
    changed = dict(forward)
    if forward["offset"] == before["offset"] < after["offset"]:
        changed["offset"] = after["offset"]
    if _same_chats(forward["dest"], before["dest"]) and not _same_chats(after["dest"], before["dest"]):
        changed["dest"] = after["dest"]
    return changed


def _same_chats(one: list[Json], other: list[Json]) -> bool:
    return list(map(chats.identity, one)) == list(map(chats.identity, other))


def _is(before: Json, forward: Json) -> bool:
    """Tell whether the person's connection is still the one that the worker was given, but for the offset."""
    rest = {"offset": 0, "source": "", "dest": []}
    return _same_chats(before["dest"], forward["dest"]) and same(before | rest, forward | rest)
