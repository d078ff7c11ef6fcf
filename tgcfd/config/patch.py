"""A change to a configuration as an RFC 7396 JSON Merge Patch. Pure."""

from __future__ import annotations

import copy

from tgcfd.config import schema, secrets
from tgcfd.config.plain import Config, Json


def patched(stored: Config, patch: Json) -> Json:
    """Return ``stored`` with the patch applied, its secrets hidden: for ``secrets.merge``, which fills them in.

    ``null`` sets a setting back to its default, a list is replaced as a whole, and a secret is kept, cleared or changed
    as in a whole configuration. What the patch does not mention stays.
    """
    result = _merged(secrets.hide(stored), patch)
    for path in schema.secret_paths():
        _clear_if_removed(result, path)
    return result


def _merged(target: Json, patch: Json) -> Json:
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    result = dict(target) if isinstance(target, dict) else {}
    for name, part in patch.items():
        if part is None:
            result.pop(name, None)
        else:
            result[name] = _merged(result.get(name), part)
    return result


def _clear_if_removed(result: Json, path: tuple[str, ...]) -> None:
    """Say "" where the patch has removed a secret: a secret that is not mentioned would be kept."""
    *parents, name = path
    for part in parents:
        if not isinstance(result, dict):
            return
        result = result.setdefault(part, {})
    if isinstance(result, dict):
        result.setdefault(name, "")
