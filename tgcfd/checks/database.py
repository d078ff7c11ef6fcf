"""The database: whether it is whole, and of a version that this program knows.

Looked at by a program of its own (:mod:`tgcfd.checks.database_look`), which root lets run as the daemon's user: SQLite
makes files beside the database, and those must not be root's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from tgcfd.checks.finding import NEEDS_ROOT, Finding, NotSeen, error, ok, warning
from tgcfd.checks.host import Host
from tgcfd.checks.program import ask_python
from tgcfd.places import DATABASE
from tgcfd.storage import schema


def whole(host: Host) -> Iterator[Finding]:
    """Look at all of it."""
    path = host.data / DATABASE
    daemon = host.daemon
    try:
        if not path.exists():
            yield ok("there is no database yet: it is made when the daemon starts")
            return
    except PermissionError:
        raise NotSeen(NEEDS_ROOT) from None
    said = ask_python("-m", "tgcfd.checks.database_look", str(path), user=daemon)
    if said.code != 0:
        raise NotSeen(said.last_words)
    found = json.loads(said.out)
    yield _judged(host, path, found)
    for slug, deleted, why in found["not_followed"]:
        what = f"what the deleted account {slug} has left is" if deleted else f"a change of the account {slug} is"
        yield warning(f"{what} not seen to yet: {why}")


def _judged(host: Host, path: Path, found: dict[str, object]) -> Finding:
    known = len(schema.migrations())
    restore = (f"{host.sudo}tgcfd restore FILE   # a backup",)
    if found["problem"]:
        return error(f"{path} cannot be read; a backup brings it back: {found['problem']}", *restore)
    if found["damage"]:
        return error(f"{path} is damaged; a backup brings it back: {found['damage']}", *restore)
    version = found["version"]
    assert isinstance(version, int)  # noqa: S101
    if version > known:
        newer = f"{path} was written by a newer tgcfd (version {version}; this one knows {known})"
        return error(f"{newer}: install that one again", f"{host.sudo}apt install ./tgcfd_*_all.deb")
    return ok("the database is whole")
