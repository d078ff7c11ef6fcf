"""``tgcfd backup FILE``: all of the host's data in one file, while everything runs."""

from __future__ import annotations

import argparse
import os
import sys

from tgcfd.commands import Subparsers, flags
from tgcfd.errors import Refused
from tgcfd.wording import number, reason

_WHAT = """\
Writes accounts, keys, settings and everybody's configuration, history and Telegram sessions into one file (a gzipped
tar). The daemon and the workers run on. Whoever has the file can use everybody's Telegram account: it is made for its
owner's eyes alone (mode 0600); keep it so. Not in it: logs, the files that settings name (certificate, key,
public_key_file), and what you changed of units in /etc/systemd.

What is left out of somebody's folder (links, pipes, more than 128 MiB in a file) is said on standard error; the exit
code is 0 all the same, for nobody should be able to make everybody's backup fail."""


def add(commands: Subparsers) -> None:
    """Add the words of this command."""
    parser = commands.add_parser("backup", help="put all data into one file, while everything runs", description=_WHAT)
    parser.add_argument("file", metavar="FILE", help="what to write, such as tgcfd.tar.gz; - is standard output")
    parser.add_argument("--force", action="store_true", help="replace FILE if it exists")
    flags.add_settings(parser)
    parser.set_defaults(run=run)


def run(words: argparse.Namespace) -> int:
    """Make the backup. Raises SettingsError; and Refused: none is made, and nothing is left of it."""
    from tgcfd.backup import whole  # noqa: PLC0415
    from tgcfd.backup.folder_walk import DIRECTORY  # noqa: PLC0415
    from tgcfd.backup.owners_part import as_owner  # noqa: PLC0415
    from tgcfd.backup.places import places  # noqa: PLC0415
    from tgcfd.backup.target import target  # noqa: PLC0415

    settings = flags.settings_of_data(words)
    try:
        here = places(settings, words.config)
        # Opened with root's rights: its folder is for root alone. What is in it is read without them.
        users = os.open(here.users, DIRECTORY) if here.users.is_dir() else None
        with target(words.file, force=words.force) as out:
            made = as_owner(here.state_dir, lambda: whole.write(here, users, out))
    except (Refused, OSError) as error:
        raise Refused(f"no backup was made: {reason(error)}") from error
    people, files, size = number(made["people"], "account"), number(made["files"], "file"), made["bytes"] / 1024
    said = sys.stderr if words.file == "-" else sys.stdout
    if said is not None:  # else it is closed, and print() would take standard output for it
        print(f"Backed up: {people}, {files}, {size:.0f} KiB.", file=said)
    return 0
