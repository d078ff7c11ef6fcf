"""Secrets go in and never come out: a reader sees that one is set, a writer may keep, change or clear it."""

from __future__ import annotations

import copy
from functools import reduce

from tgcfd.config import schema
from tgcfd.config.plain import Config, Json
from tgcfd.errors import Violation, pointer

SET = "********"
"""Stands for a secret that is set, in what is read; in what is written it means: keep it."""


def hide(config: Config) -> Config:
    """Return a copy with every secret that is set replaced by ``SET``; one that is not set stays "" or absent."""
    hidden = copy.deepcopy(config)
    for *parents, name in schema.secret_paths():
        holder = _at(hidden, parents)
        if isinstance(holder, dict) and holder.get(name):
            holder[name] = SET
    return hidden


def merge(posted: Json, stored: Config) -> tuple[Json, list[Violation]]:
    """Return ``posted`` with its secrets filled in: ``SET`` or absent keeps the stored one, "" clears, others are new.

    Never judges the rest of ``posted``: what is not an object comes back as it is, for the schema to refuse.
    """
    merged = copy.deepcopy(posted)
    faults = []
    for *parents, name in schema.secret_paths():
        kept = _at(stored, [*parents, name])
        kept = kept if isinstance(kept, str) else ""
        holder = _made(merged, parents) if kept else _at(merged, parents)
        if not isinstance(holder, dict):
            continue
        if holder.get(name) == SET and not kept:
            holder[name] = ""
            faults.append(Violation(pointer(*parents, name), "No secret is stored here that could be kept: enter it."))
        elif kept and holder.get(name, SET) == SET:
            holder[name] = kept
    return merged, faults


def _at(config: Json, path: list[str]) -> Json:
    return reduce(lambda part, name: part.get(name) if isinstance(part, dict) else None, path, config)


def _made(config: Json, path: list[str]) -> Json:
    """Return the object at ``path``, made where it is absent; None where something else stands in its way."""
    return reduce(lambda part, name: part.setdefault(name, {}) if isinstance(part, dict) else None, path, config)
