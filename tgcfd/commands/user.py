"""``tgcfd user``: people's accounts, for the host's owner. :mod:`tgcfd.commands.user_acts` does what its words say."""

from __future__ import annotations

import argparse

from tgcfd.commands import Subparsers, flags

HOURS = 168
"""How long an invite is good, unless it is said; see :mod:`tgcfd.accounts.invites`."""


def add(commands: Subparsers) -> None:
    """Add the words of this command."""
    parser = commands.add_parser("user", help="people's accounts: make, list, change, delete")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")

    new = _action(actions, "add", "make an account")
    new.add_argument("email", metavar="EMAIL", help="what its person logs in with")
    new.add_argument("--admin", action="store_true", help="make it an admin's")
    new.add_argument("--name", metavar="NAME", help="what its person is called (default: what is before the @)")
    new.add_argument("--slug", metavar="SLUG", help="names worker and folder for ever (default: from the address)")
    _generate(new)

    invite = _action(actions, "invite", "print a code with which somebody makes their account themselves")
    invite.add_argument("--admin", action="store_true", help="make it an admin's")
    invite.add_argument("--hours", type=int, default=HOURS, metavar="N", help="how long it is good (default: a week)")

    listing = _action(actions, "list", "list all accounts, what should run and what does")
    listing.add_argument("--json", action="store_true", help="print JSON")

    passwd = _of_one(actions, "passwd", "set a new password, which ends all log-ins")
    _generate(passwd)
    _of_one(actions, "second-factor-off", "let log in by password alone, who has lost the phone and all codes")
    _of_one(actions, "disable", "end all log-ins, let nobody log in, stop the worker")
    _of_one(actions, "enable", "let log in again; the worker stays stopped")
    delete = _of_one(actions, "delete", "delete an account with all data")
    delete.add_argument("--yes", action="store_true", help="do not ask")


def run(words: argparse.Namespace) -> int:
    """Do it; the exit code is 0, or 75 where a daemon does not follow. Raises Refused, SettingsError, TgcfdError."""
    from tgcfd.commands.user_acts import do  # noqa: PLC0415

    return do(words, flags.settings_of_data(words))


def _action(actions: Subparsers, name: str, help_text: str) -> argparse.ArgumentParser:
    parser = actions.add_parser(name, help=help_text)
    flags.add_settings(parser)
    parser.set_defaults(run=run)
    return parser


def _of_one(actions: Subparsers, name: str, help_text: str) -> argparse.ArgumentParser:
    parser = _action(actions, name, help_text)
    parser.add_argument("account", metavar="ACCOUNT", help="e-mail address or slug")
    return parser


def _generate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--generate", action="store_true", help="make a good password up and print it, rather than ask for one"
    )
