"""``tgcfd restore FILE``: puts a backup in the place of all data of this host."""

from __future__ import annotations

import argparse
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from tgcfd.backup.contents import number
from tgcfd.commands import Subparsers, flags
from tgcfd.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tgcfd.backup.restore import Restore, Unpacked

_WHAT = """\
Looks at the whole backup first; then stops the daemon and all workers, puts the data of the backup in place, and
starts again what ran. Who is in the backup logs in as before, and what ran when it was made runs again. The former data
is kept beside it.

A restore that was interrupted is finished by `tgcfd restore`, without FILE; until then the daemon does not start."""


def add(commands: Subparsers) -> None:
    """Add the words of this command."""
    parser = commands.add_parser("restore", help="replace all data by that of a backup", description=_WHAT)
    parser.add_argument("file", metavar="FILE", nargs="?", help="what `tgcfd backup` has written; - is standard input")
    parser.add_argument("--yes", action="store_true", help="do not ask whether the data of this host is to be replaced")
    parser.add_argument("--settings", action="store_true", help="restore the settings (/etc/tgcfd), too")
    flags.add_settings(parser)
    parser.set_defaults(run=run)


def run(words: argparse.Namespace) -> int:
    """Restore; 0: it is done, 1: it is not, and the text says what the data is now. Raises SettingsError."""
    from tgcfd.backup.interruptions import ended_in_order  # noqa: PLC0415
    from tgcfd.backup.places import places  # noqa: PLC0415
    from tgcfd.backup.restore import HalfDone, Restore  # noqa: PLC0415
    from tgcfd.backup.services import NoServices, SystemdServices  # noqa: PLC0415
    from tgcfd.settings import systemd_runs  # noqa: PLC0415

    settings = flags.settings(words)
    try:
        here = places(settings, words.config, make=words.file is not None)
        restore = Restore(here, SystemdServices() if here.on_host and systemd_runs() else NoServices())
        with ended_in_order(), restore.alone():
            said = restore.take_up()
            if said:
                print(said)  # noqa: T201
            if words.file is not None:
                code = _restored(restore, words)
            else:
                code = 0 if said else _not_done("no restore was interrupted; to restore a backup: tgcfd restore FILE")
        if restore.idle:
            print(restore.idle)  # noqa: T201
        return code
    except HalfDone as error:
        print(f"tgcfd: {error}", file=sys.stderr)  # noqa: T201
        return 1
    except Refused as error:
        return _not_done(str(error))
    except OSError as error:
        return _not_done(f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror or error))


def _restored(restore: Restore, words: argparse.Namespace) -> int:
    with _opened(words.file) as archive:
        may_ask = words.file != "-" and sys.stdin.isatty()
        try:
            found = restore.unpack(archive)
            agreed = _agreed(found, words, may_ask=may_ask)
        except BaseException:
            restore.clear()
            raise
    if not agreed:
        restore.clear()
        return 1
    former = restore.carry_out(found.settings if words.settings else {})
    print(f"Restored: {number(found.accounts, 'account')}, as of {found.header.time}, of host {found.header.host}.")  # noqa: T201
    for folder in former:
        print(f"The former data is kept: {folder}")  # noqa: T201
    if not words.settings:
        print("The settings of this host stay as they are; --settings restores those of the backup.")  # noqa: T201
    return 0


@contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    if name == "-":
        yield sys.stdin.buffer
        return
    with open(name, "rb") as archive:  # noqa: PTH123  # a name as it was typed
        yield archive


def _agreed(found: Unpacked, words: argparse.Namespace, *, may_ask: bool) -> bool:
    """Whether the owner wants the data of this host replaced; a host without accounts needs no question."""
    if words.settings and not found.settings:
        _not_done("there are no settings in the backup: leave --settings out")
        return False
    if words.yes or not found.former:
        return True
    mine = number(found.former, "account") if found.former > 0 else "its database cannot be read"
    theirs = f"that of host {found.header.host} ({number(found.accounts, 'account')}), as of {found.header.time}"
    what = f"All data of this host ({mine}) will be replaced by {theirs}."
    if not may_ask:
        _not_done(f"{what} To do that without being asked, add --yes")
        return False
    print(f"{what} The daemon and all workers are stopped meanwhile.\nGo on? [y/N] ", end="", flush=True)  # noqa: T201
    if sys.stdin.readline().strip().lower() in {"y", "yes"}:
        return True
    print("Nothing was changed.")  # noqa: T201
    return False


def _not_done(why: str) -> int:
    print(f"tgcfd: nothing was changed: {why}", file=sys.stderr)  # noqa: T201
    return 1
