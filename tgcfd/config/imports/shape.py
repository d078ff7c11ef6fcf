"""A configuration from elsewhere, given the kinds of value that the schema wants, as tgcf's own models would read it.

Only what means the same is changed: "12" where a number belongs, "yes" where true or false does. What nothing can be
made of stays, for the schema to refuse it by name.
"""

from __future__ import annotations

import re

from tgcfd.config import schema
from tgcfd.config.imports.found import Notes, brief
from tgcfd.config.plain import Json

_WHOLE = re.compile(r"-?[0-9]{1,18}", re.ASCII)
# pydantic 1.10's words (pydantic/validators.py: BOOL_TRUE, BOOL_FALSE); YAML 1.1, which tgcf 0.2 read, has some.
_BOOLEANS = dict.fromkeys(["1", "on", "t", "true", "y", "yes"], True) | dict.fromkeys(
    ["0", "off", "f", "false", "n", "no"], False
)
_UNKNOWN = {
    ("theme",): "The colours of tgcf-web: tgcfd has none of its page's.",
    ("pids",): "Numbers of processes on the host that it was on.",
    ("plugins", "sender"): "A second account that sends: tgcf 1.1.8, which tgcfd runs, does not know it. "
    "The account that reads will send.",
}


def shaped(config: Json, notes: Notes) -> Json:
    """Return the configuration without what tgcf 1.1.8 does not know; ``notes`` says what that was, never its value."""
    return _shaped(schema.load(), config, (), notes)


def _shaped(part: Json, value: Json, path: tuple[str | int, ...], notes: Notes) -> Json:
    if "$ref" in part:
        part = schema.load()["$defs"][part["$ref"].rpartition("/")[2]]
    if "properties" in part and isinstance(value, dict):
        return _object(part["properties"], value, path, notes)
    if "items" in part and isinstance(value, list):
        return [_shaped(part["items"], item, (*path, index), notes) for index, item in enumerate(value)]
    if isinstance(part.get("additionalProperties"), dict) and isinstance(value, dict):
        return {name: _shaped(part["additionalProperties"], item, (*path, name), notes) for name, item in value.items()}
    return _scalar(part.get("type"), value)


def _object(parts: Json, value: dict[str, Json], path: tuple[str | int, ...], notes: Notes) -> Json:
    made = {}
    for name, item in value.items():
        if name not in parts:
            detail = f"tgcf 1.1.8 has no setting “{brief(name)}” here."
            notes.leave(*path, name, detail=_UNKNOWN.get((*map(str, path), name), detail))
        elif item is None and "null" not in parts[name].get("type", ()):
            notes.leave(*path, name, detail="Nothing stands here, so the default counts.")
        else:
            made[name] = _shaped(parts[name], item, (*path, name), notes)
    return made


def _scalar(kind: Json, value: Json) -> Json:
    kinds = [kind] if isinstance(kind, str) else kind or []
    if isinstance(value, (dict, list)) or value is None:
        return value
    if "integer" in kinds and "string" not in kinds:
        return _whole(value)
    if kinds == ["boolean"]:
        return _BOOLEANS.get(str(value).lower(), value) if isinstance(value, (str, int)) else value
    if "string" in kinds and "integer" not in kinds and isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    return value


def _whole(value: Json) -> Json:
    if isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
