"""What mongoexport writes of the MongoDB document that tgcf 1.1 keeps its configuration in (``MONGO_CON_STR``)."""

from __future__ import annotations

from tgcfd.config.plain import Json

_NUMBERS = {"$numberInt": int, "$numberLong": int, "$numberDouble": float}
_MAX_DIGITS = 25


def unwrapped(content: Json) -> Json:
    """Return the configuration inside the document, or inside a list of only one; None if it is no such document."""
    if isinstance(content, list) and len(content) == 1:
        content = content[0]
    if not isinstance(content, dict) or not isinstance(content.get("config"), dict) or "_id" not in content:
        return None
    return _plain(content["config"])


def _plain(value: Json) -> Json:
    """Return MongoDB's Extended JSON as plain values. What it cannot be stays, for the schema to refuse."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        [(name, text)] = value.items()
        if name in _NUMBERS and isinstance(text, str) and len(text) <= _MAX_DIGITS:
            try:
                return _NUMBERS[name](text)
            except ValueError:
                return value
    return {name: _plain(item) for name, item in value.items()}
