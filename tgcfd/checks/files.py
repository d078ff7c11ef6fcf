"""The data: whether it belongs to the daemon, and nobody else can read its keys."""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

from tgcfd.backup import plan
from tgcfd.checks.finding import NEEDS_ROOT, Finding, NotSeen, error, ok, warning
from tgcfd.checks.host import Host
from tgcfd.checks.program import properties, quote
from tgcfd.places import DATABASE, HOST_USERS, KEYS, LOCK, USERS

MOST = 100_000
"""Files in people's folders that are looked at."""

_SHOWN = 5
_FOR_OWNER_ALONE = (KEYS, DATABASE)  # and what SQLite keeps beside it


def folder(host: Host) -> Iterator[Finding]:
    """The data folder itself, as tmpfiles makes it with systemd."""
    state = host.data
    if not state.is_dir():
        if host.on_systemd:
            yield error(f"there is no folder {state}", *_link_away(host, state), _tmpfiles(host))
        else:
            yield ok(f"there is no data yet in {state}")
        return
    status = state.stat()
    if host.on_systemd and (status.st_uid != 0 or stat.S_IMODE(status.st_mode) != 0o1770):
        wanted = f"must belong to root and have the mode 1770; it is {stat.S_IMODE(status.st_mode):o}"
        if state.is_symlink():
            wanted = f"is a link, which is not followed to put it right: mount what it leads to. That {wanted}"
        yield error(f"{state} {wanted}", *_link_away(host, state), _tmpfiles(host))
    elif not host.on_systemd and status.st_mode & stat.S_IWOTH:
        if status.st_mode & stat.S_ISVTX:
            yield error(f"everybody can write to {state}, as to /tmp: the data needs a folder of its own")
        else:
            yield error(f"everybody can write to {state}", f"chmod o-w {quote(state)}")
    else:
        yield ok(f"{state} is as it should be")


def _tmpfiles(host: Host) -> str:
    return f"{host.sudo}systemd-tmpfiles --create tgcfd.conf"


def _link_away(host: Host, state: Path) -> list[str]:
    """What puts a folder in the place of a link: with what it leads to, if that is there."""
    if not state.is_symlink():
        return []
    target = state.resolve()
    commands = ["systemctl stop tgcfd.socket tgcfd", f"rm {quote(state)}"]
    if target.is_dir():
        commands += [
            f"mkdir {quote(state)}",
            f"mount --bind {quote(target)} {quote(state)}   # and a line in /etc/fstab",
        ]
    return [f"{host.sudo}{command}" for command in commands]


def inside(host: Host) -> Iterator[Finding]:
    """Whose the daemon's files are, and who can read the keys."""
    faults = [fault for path, status in _own(host) if (fault := _fault(host, path, status))]
    yield from faults or [ok("the daemon's files are its own")]


def _fault(host: Host, path: Path, status: os.stat_result) -> Finding | None:
    daemon = host.daemon
    uid = os.geteuid() if daemon is None else daemon.uid
    if stat.S_ISLNK(status.st_mode):
        if not host.on_systemd:  # whoever began the daemon there has made it
            return None
        who = host.sudo if path.parent == host.data else host.as_daemon
        return error(f"{path} is a link, where the daemon makes none", f"ls -l {quote(path)}", f"{who}rm {quote(path)}")
    if status.st_uid != uid:
        return error(
            f"{path} does not belong to the daemon, which cannot use it",
            f"{host.sudo}chown --no-dereference {_owner(host, uid)} {quote(path)}",
        )
    if status.st_mode & 0o077 and path.name.startswith(_FOR_OWNER_ALONE):
        return error(f"{path} can be read by others than the daemon", f"{host.as_daemon}chmod go= {quote(path)}")
    if status.st_mode & 0o077 and path.parent.name == KEYS:
        return error(
            f"{path} can be read by others than the daemon: whoever knows it can sign access tokens. "
            "A new one takes its place, and nobody has to log in again",
            f"{host.as_daemon}chmod go= {quote(path)}",
            f"{host.sudo}tgcfd rotate-key --forget-old",
        )
    return None


def people(host: Host) -> Iterator[Finding]:
    """Whether root has left files in people's folders."""
    folder = HOST_USERS if host.on_systemd else host.settings.state_dir / USERS
    if os.geteuid() != 0 and host.on_systemd:
        raise NotSeen(NEEDS_ROOT)
    is_its_own = not host.on_systemd and os.geteuid() == 0  # as is all that the daemon writes, if root runs it
    files = iter(()) if is_its_own else _below(folder)
    found = [path for path in islice(files, MOST) if _belongs_to_root(path)]
    for path in found[:_SHOWN]:
        slug = path.relative_to(folder).parts[0]
        # Its worker could put a link in the place of the file.
        stop = [f"{host.sudo}systemctl stop {shlex.quote(f'tgcf@{slug}')}"] if _has_worker(host, slug) else []
        give = f"{host.sudo}chown --no-dereference --reference={quote(folder / slug)} {quote(path)}"
        mend = f"{host.sudo}rm -r {quote(path)}" if path.parent == folder else give
        yield warning(f"{path} belongs to root: neither the daemon nor {slug}'s worker can change it", *stop, mend)
    if len(found) > _SHOWN:
        yield warning(f"{len(found) - _SHOWN} more files in people's folders belong to root")
    if next(files, None) is not None:
        raise NotSeen(f"there are more than {MOST} files in people's folders: the others were not looked at")
    if not found:
        yield ok("root has left nothing in people's folders")


def _has_worker(host: Host, slug: str) -> bool:
    return host.on_systemd and properties(f"tgcf@{slug}.service", "LoadState").get("LoadState") == "loaded"


def _below(folder: Path) -> Iterator[Path]:
    """All that is in a folder; follows no links. Not os.walk: it fails in folders that lie a thousand deep."""
    waiting = [folder]
    while waiting:
        with suppress(OSError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                yield Path(entry.path)
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(Path(entry.path))


def _belongs_to_root(path: Path) -> bool:
    with suppress(OSError):  # it was there a moment ago
        return path.lstat().st_uid == 0
    return False


def _own(host: Host) -> Iterator[tuple[Path, os.stat_result]]:
    """The daemon's files, by their names: what else lies there is somebody's own, such as ``lost+found``."""
    state = host.data
    try:
        names = sorted(path.name for path in state.iterdir())
        for name in names:
            if not name.startswith(DATABASE) and name not in (KEYS, LOCK, plan.NAME):
                continue
            path = state / name
            for file in (path, *(sorted(path.iterdir()) if name == KEYS and not path.is_symlink() else ())):
                with suppress(FileNotFoundError):  # SQLite takes away what it keeps beside the database
                    yield file, file.lstat()
    except FileNotFoundError:  # there is no data yet
        return
    except PermissionError:
        raise NotSeen(NEEDS_ROOT) from None


def _owner(host: Host, uid: int) -> str:
    return "tgcfd:tgcfd-worker" if host.on_systemd else str(uid)
