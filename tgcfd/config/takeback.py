"""What a running tgcf changed in its own copy, taken back into the person's configuration. Pure.

A three-way merge: what the worker was given (base), what it has now, what the person's configuration says. The person
wins: a change of the worker counts only where the person changed nothing since. Nothing else that tgcf rewrites (its
filter lower-cases its lists) is taken. ``now`` comes from a worker and may be anything.
"""

from __future__ import annotations

import copy

from tgcfd.config import chats, checks, schema
from tgcfd.config.plain import Config, Json, same


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
    if same(taken, current) or schema.violations(taken) or checks.violations(taken):
        return None
    return taken


def _take_style(base: Config, style: Json, taken: Config) -> None:
    fmt = taken["plugins"]["fmt"]
    if fmt["style"] == base["plugins"]["fmt"]["style"] and not _breaks({"plugins": {"fmt": {"style": style}}}):
        fmt["style"] = style


def _breaks(config: Config) -> bool:
    return bool(schema.violations(config) or checks.violations(schema.fill(config)))


def _forwards(base: list[Json], now: list[Json], current: list[Json]) -> list[Json]:
    was = {chats.identity(forward["source"]): forward for forward in base if forward["use_this"]}
    reported = _valid(now)
    kept = []
    for forward in current:
        source = chats.identity(forward["source"])
        before, after = was.get(source), reported.get(source)
        if before is None or not forward["use_this"]:
            kept.append(forward)
        elif after is not None:
            kept.append(_moved(before, after, forward))
        elif not _is(before, forward):
            kept.append(forward)
    present = {chats.identity(forward["source"]) for forward in kept}
    added = [forward for source, forward in reported.items() if source not in was and source not in present]
    return kept + added


def _valid(now: list[Json]) -> dict[int | str, Json]:
    """Return the reported connections that are in order by themselves, by source."""
    found: dict[int | str, Json] = {}
    for forward in now[:1000]:
        if isinstance(forward, dict) and not _breaks({"forwards": [forward]}):
            whole = schema.fill({"forwards": [forward]})["forwards"][0]
            if whole["source"] != "":
                found[chats.identity(whole["source"])] = whole
    return found


def _moved(before: Json, after: Json, forward: Json) -> Json:
    """Return the person's connection at the worker's offset, unless the person set another one meanwhile."""
    return forward | {"offset": after["offset"]} if forward["offset"] == before["offset"] else forward


def _is(before: Json, forward: Json) -> bool:
    """Tell whether the person's connection is still the one that the worker was given, but for the offset."""

    def essence(connection: Json) -> Json:
        dest = [chats.identity(chat) for chat in connection["dest"]]
        return connection | {"offset": 0, "source": chats.identity(connection["source"]), "dest": dest}

    return same(essence(before), essence(forward))
