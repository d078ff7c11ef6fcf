"""Who stored a version of a configuration, when, how, and what it changed. Pure.

Kept as ``history/versions.json``, which the person's worker can write to as well: whatever stands in it is read within
bounds, and it is no proof of anything. Proof is in the audit log.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, get_args

from tgcfd.audit.actor import Actor
from tgcfd.config.diff import Change, Kind
from tgcfd.slug import is_slug

Way = Literal["page", "api", "import", "restore", "tgcf", "command", "hand"]
"""By the web page, by a program, from another format, from an earlier version, by a running tgcf, by the host's owner
with a command, or by nobody that tgcfd knows: the file was changed by hand."""

MAX_LISTED = 10
"""So many of its changes are kept with a version."""
MAX_POINTER = 200
MAX_NAME = 100
MOST_ETAGS = 100
"""So many looks at the configuration, each with offsets that have moved on, leave what an editor has seen usable."""
MAX_BYTES = 512 * 1024
"""Of the file; what one tgcfd writes is less than half of it."""

_ID = re.compile(r"(\d{8}T\d{6}\.\d{6}Z)-(?:[0-9a-f]{8}|unreadable)", re.ASCII)
_TIME = "%Y%m%dT%H%M%S.%fZ"
_ETAG = re.compile(r"[0-9a-f]{64}")
_AHEAD = timedelta(days=1)
_ALL_WAYS: tuple[Way, ...] = get_args(Way)
_WAYS: dict[str, Way] = {
    "cookie": "page",
    "token": "api",
    "api_token": "api",
    "nobody": "api",
    "command": "command",
    "tgcfd": "tgcf",
}


@dataclass(frozen=True)
class By:
    """Who has stored a version, and how. ``slug`` is None for the host's owner, tgcf, and who is not known."""

    way: Way
    slug: str | None = None
    token: str | None = None
    """The name of their API token."""
    restored: str | None = None
    """The id of the version that was restored."""

    @classmethod
    def of(cls, actor: Actor, way: Way | None = None, restored: str | None = None) -> By:
        """Return it for who acts; ``way`` if it is not the one that they came by."""
        return cls(way or _WAYS[actor.way], actor.slug, actor.token, restored)


HAND = By("hand")
TGCF = By("tgcf")


@dataclass(frozen=True)
class Version:
    """A stored configuration, but for what it says."""

    id: str
    by: By
    etags: tuple[str, ...] = ()
    """Of the file, newest first: offsets that tgcf moved on make no version. Empty if it is not known; of the current
    version at most MOST_ETAGS, of an earlier one the last."""
    changes: tuple[tuple[str, Kind], ...] = ()
    """JSON pointers; at most MAX_LISTED of them."""
    changed: int = 0
    """How many changes there are altogether."""

    @property
    def time(self) -> datetime:
        """When it was stored."""
        return time_of(self.id)


def made(id_: str, by: By, etag: str, changes: Sequence[Change]) -> Version:
    """Return the version that these changes make."""
    listed = tuple((_cut(change.pointer), change.kind) for change in changes[:MAX_LISTED])
    return Version(id_, by, (etag,), listed, len(changes))


def _cut(place: str) -> str:
    """Return the pointer, or of a long one that of the nearest place around it."""
    while len(place) > MAX_POINTER:
        place = place.rpartition("/")[0]
    return place


def is_id(text: str) -> bool:
    """Tell whether a version could have this id."""
    try:
        time_of(text)
    except ValueError:
        return False
    return True


def time_of(id_: str) -> datetime:
    """Return when a version was stored, as its id says. Raises ValueError for what is no id."""
    match = _ID.fullmatch(id_)
    if match is None:
        raise ValueError(f"not the id of a version: {id_!r}")
    return datetime.strptime(match[1], _TIME).replace(tzinfo=UTC)


def new_id(mark: str, last: str | None) -> str:
    """Return an id that sorts behind ``last``, though the clock may have been set back a little since."""
    now = datetime.now(UTC)
    if last is not None and now <= (latest := time_of(last)) < now + _AHEAD:
        now = latest + timedelta(microseconds=1)
    return _id(now, mark)


def id_by_hand(modified: float, etag: str) -> str:
    """Return the id of a file that was changed by hand; anybody may have set when that was."""
    try:
        when = min(datetime.fromtimestamp(max(0, modified), UTC), datetime.now(UTC))
    except (ValueError, OverflowError, OSError):
        when = datetime.now(UTC)
    return _id(when, etag[:8])


def _id(when: datetime, mark: str) -> str:
    return f"{when.strftime(_TIME)}-{mark}"


def dump(versions: Iterable[Version]) -> bytes:
    """Return the versions as the file's bytes."""
    return json.dumps({"versions": [_as_json(version) for version in versions]}, ensure_ascii=False).encode()


def _as_json(version: Version) -> dict[str, Any]:
    by = version.by
    return {
        "id": version.id,
        "way": by.way,
        "by": by.slug,
        "token": by.token and by.token[:MAX_NAME],
        "restored": by.restored,
        "etags": version.etags,
        "changes": version.changes,
        "changed": version.changed,
    }


def load(data: bytes) -> dict[str, Version]:
    """Return the versions that the file's bytes tell of, by id; what is damaged or made up is left out."""
    try:
        said = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    items = said.get("versions") if isinstance(said, dict) else None
    found = [_version(item) for item in items if isinstance(item, dict)] if isinstance(items, list) else []
    return {version.id: version for version in found if version is not None}


def _version(item: Mapping[str, Any]) -> Version | None:
    id_, changed = item.get("id"), item.get("changed")
    way = next((way for way in _ALL_WAYS if way == item.get("way")), None)
    if not isinstance(id_, str) or not is_id(id_) or way is None:
        return None
    slug, token, restored = (
        _text(item.get(name), most) for name, most in (("by", 64), ("token", 100), ("restored", 64))
    )
    by = By(way, slug if slug and is_slug(slug) else None, token, restored if restored and is_id(restored) else None)
    etags = tuple(
        etag for etag in _list(item.get("etags"))[:MOST_ETAGS] if isinstance(etag, str) and _ETAG.fullmatch(etag)
    )
    changes = tuple(filter(None, map(_change, _list(item.get("changes"))[:MAX_LISTED])))
    is_count = isinstance(changed, int) and 0 <= changed < 2**31
    return Version(id_, by, etags, changes, changed if is_count and changed is not None else len(changes))


def _change(item: object) -> tuple[str, Kind] | None:
    match item:
        case [str() as place, "added" | "removed" | "changed" as kind] if _text(place, MAX_POINTER) is not None:
            return place, kind
    return None


def _text(value: object, most: int) -> str | None:
    """Return a text that can be shown; None for anything else."""
    return value if isinstance(value, str) and len(value) <= most and value.isprintable() else None


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
