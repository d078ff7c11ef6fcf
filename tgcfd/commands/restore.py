"""``tgcfd restore FILE``: puts a backup in the place of all data of this host."""

from __future__ import annotations

import argparse
import shlex
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, BinaryIO

from tgcfd.commands import Subparsers, flags
from tgcfd.errors import Refused
from tgcfd.wording import number, reason

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tgcfd.backup.restore import Restore, Unpacked

_WHAT = """\
Looks at the whole backup first; then stops the daemon and all workers, puts the data of the backup in place, and
starts again what ran. Who is in the backup logs in as before, and what ran when it was made runs again. The former data
is kept beside it.

A restore that was interrupted is finished by `tgcfd restore`, without FILE, or undone if it had changed nothing yet;
the daemon does not start with data that is half replaced."""


def add(commands: Subparsers) -> None:
    """Add the words of this command."""
    parser = commands.add_parser("restore", help="replace all data by that of a backup", description=_WHAT)
    parser.add_argument("file", metavar="FILE", nargs="?", help="what `tgcfd backup` has written; - is standard input")
    parser.add_argument("--yes", action="store_true", help="do not ask whether the data of this host is to be replaced")
    parser.add_argument(
        "--settings",
        action="store_true",
        help="restore the settings (/etc/tgcfd), too; the files that they name must be there",
    )
    flags.add_settings(parser)
    parser.set_defaults(run=run)


def run(words: argparse.Namespace) -> int:
    """Restore. Raises SettingsError; and Refused: it is not done, and the text says what the data is now."""
    from tgcfd.backup.in_use import alone  # noqa: PLC0415
    from tgcfd.backup.interruptions import ended_in_order  # noqa: PLC0415
    from tgcfd.backup.places import places  # noqa: PLC0415
    from tgcfd.backup.restore import HalfDone, Restore  # noqa: PLC0415
    from tgcfd.backup.services import NoServices, SystemdServices  # noqa: PLC0415
    from tgcfd.settings import systemd_runs  # noqa: PLC0415

    settings = flags.settings_of_data(words)
    try:
        here = places(settings, words.config, make=words.file is not None)
        restore = Restore(here, SystemdServices() if here.on_host and systemd_runs() else NoServices())
        with ended_in_order(), alone(here.state_dir):
            _do(restore, words, sudo="sudo " if here.on_host else "")
    except HalfDone:
        raise
    except (Refused, OSError) as error:
        raise Refused(f"nothing was changed: {reason(error)}") from error
    return 0


def _do(restore: Restore, words: argparse.Namespace, sudo: str) -> None:
    was_one = restore.take_up(lambda what, former: _say(what, *_kept(former, sudo)))
    if not was_one and words.file is None:
        raise Refused(f"no restore was interrupted; to restore a backup: {sudo}tgcfd restore FILE")
    if words.file is not None:
        _replace(restore, words, sudo)
    if restore.idle:
        _say(restore.idle)


def _replace(restore: Restore, words: argparse.Namespace, sudo: str) -> None:
    with _opened(words.file) as archive:
        try:
            found = restore.unpack(archive)
            _require_consent(found, words)
        except BaseException:
            restore.clear()
            raise
    done = f"Restored: {number(found.accounts, 'account')}, as of {found.header.time}, of host {found.header.host}."
    restore.carry_out(found.settings if words.settings else {}, lambda former: _say(done, *_kept(former, sudo)))
    if not words.settings:
        _say("The settings of this host stay as they are; --settings restores those of the backup.")


def _kept(former: list[Path], sudo: str) -> list[str]:
    """What to say of the former data."""
    if not former:
        return []
    folders = [str(folder) for folder in former]
    return [
        f"The former data is kept, with the secrets in it: {', '.join(folders)}",
        f"Once all is well: {sudo}rm -r {shlex.join(folders)}",
    ]


def _say(*lines: str) -> None:
    # Nobody may read it any more; what is under way counts more, and what cannot be written is told at the end.
    with suppress(OSError):
        for line in lines:
            print(line, flush=True)  # noqa: T201


@contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    if name != "-":
        with open(name, "rb") as archive:  # noqa: PTH123  # a name as it was typed
            yield archive
    elif sys.stdin is None:
        raise Refused("standard input is closed")
    else:
        yield sys.stdin.buffer


def _require_consent(found: Unpacked, words: argparse.Namespace) -> None:
    """Ask whether the data of this host may be replaced; one without accounts needs no question. Raises Refused."""
    from tgcfd.commands import ask  # noqa: PLC0415

    if words.settings and not found.settings:
        raise Refused("there are no settings in the backup: leave --settings out")
    if words.yes or not found.former:
        return
    mine = number(found.former, "account") if found.former > 0 else "its database cannot be read"
    theirs = f"that of host {found.header.host} ({number(found.accounts, 'account')}), as of {found.header.time}"
    what = f"All data of this host ({mine}) will be replaced by {theirs}."
    question = f"{what} The daemon and all workers are stopped meanwhile.\nGo on?"
    if not ask.is_sure(question, may_ask=words.file != "-"):
        raise Refused("the answer was not yes")
