"""``tgcfd rotate-key``: a new key signs access tokens; nobody has to log in again."""

from __future__ import annotations

import argparse
import os

from tgcfd.commands import Subparsers, flags


def add(commands: Subparsers) -> None:
    """Add the words of this command."""
    parser = commands.add_parser("rotate-key", help="have a new key sign access tokens; nobody is logged out")
    flags.add_settings(parser)
    parser.add_argument(
        "--forget-old", action="store_true", help="if a key has leaked: the old ones are worth nothing any more"
    )
    parser.set_defaults(run=run)


def run(words: argparse.Namespace) -> int:
    """Do it; the exit code is 0. Raises Refused, SettingsError, TgcfdError."""
    import asyncio  # noqa: PLC0415

    from tgcfd import own_unit, owner  # noqa: PLC0415
    from tgcfd.accounts.key_rotation import rotate  # noqa: PLC0415
    from tgcfd.backup import in_use, plan  # noqa: PLC0415
    from tgcfd.settings import SupervisorKind  # noqa: PLC0415

    settings = flags.settings_of_data(words)
    owner.become_owner(settings.state_dir)
    os.umask(0o027)
    if settings.supervisor_here() is SupervisorKind.SYSTEMD:
        own_unit.log_commands_to_journal("tgcfd.audit")
    with in_use.beside_others(settings.state_dir):
        plan.require_whole(settings.state_dir)
        kid = asyncio.run(rotate(settings.state_dir, forget_old=words.forget_old))
    print(f"A new key signs: {kid}.", _WHAT_FOLLOWS[words.forget_old])  # noqa: T201
    return 0


_WHAT_FOLLOWS = {
    False: "The one before is good for what it has signed, a day longer.",
    True: "Within seconds, access tokens of the old ones are worth nothing; programs refresh theirs.",
}
