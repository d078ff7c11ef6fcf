"""``tgcfd user``: people's accounts, for the host's owner."""

from __future__ import annotations

import argparse
import asyncio
import io
import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from tgcfd import owner, places
from tgcfd.commands import Subparsers, ask, flags, running, user_table
from tgcfd.errors import EmailTaken, HostNotAnswering, InvalidBody, Refused
from tgcfd.settings import Settings, SupervisorKind

if TYPE_CHECKING:
    from tgcfd.accounts.administration import Administration
    from tgcfd.accounts.model import Account
    from tgcfd.storage.desired import DesiredStates
    from tgcfd.storage.follow_ups import FollowUps

EX_TEMPFAIL = 75

T = TypeVar("T")

_FIELDS = {"/email": "EMAIL", "/name": "--name", "/slug": "--slug", "/password": "the password"}


def add(commands: Subparsers) -> None:
    """Add the words of this command."""
    parser = commands.add_parser("user", help="people's accounts: make, list, change, delete")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")

    new = _action(actions, "add", "make an account", _add)
    new.add_argument("email", metavar="EMAIL", help="what its person logs in with")
    new.add_argument("--admin", action="store_true", help="make it an admin's")
    new.add_argument("--name", metavar="NAME", help="what its person is called (default: what is before the @)")
    new.add_argument("--slug", metavar="SLUG", help="names worker and folder for ever (default: from the address)")
    _generate(new)

    listing = _action(actions, "list", "list all accounts, what should run and what does", _list)
    listing.add_argument("--json", action="store_true", help="print JSON")

    passwd = _of_one(actions, "passwd", "set a new password, which ends all log-ins", _passwd)
    _generate(passwd)
    _of_one(actions, "disable", "end all log-ins, let nobody log in, stop the worker", _disable)
    _of_one(actions, "enable", "let log in again; the worker stays stopped", _enable)
    delete = _of_one(actions, "delete", "delete an account with all data", _delete)
    delete.add_argument("--yes", action="store_true", help="do not ask")


def run(words: argparse.Namespace) -> int:
    """Do it; the exit code is 0, or 75 where a daemon does not follow. Raises Refused, SettingsError, TgcfdError."""
    settings = flags.settings(words)
    owner.become_owner(settings.state_dir)
    os.umask(0o027)
    if isinstance(sys.stdout, io.TextIOWrapper):  # in a terminal without UTF-8, names lose letters rather than fail
        sys.stdout.reconfigure(errors="replace")
    act: Callable[[argparse.Namespace, Settings], int] = words.act
    try:
        return act(words, settings)
    except InvalidBody as error:
        raise Refused(
            "\n".join(f"{_FIELDS.get(found.pointer, found.pointer)}: {found.detail}" for found in error.errors)
        ) from None
    except EmailTaken:
        raise Refused(f"{words.email} has an account already: tgcfd user list") from None


Actions = Subparsers
Act = Callable[[argparse.Namespace, Settings], int]


def _action(actions: Actions, name: str, help_text: str, act: Act) -> argparse.ArgumentParser:
    parser = actions.add_parser(name, help=help_text)
    flags.add_settings(parser)
    parser.set_defaults(run=run, act=act)
    return parser


def _of_one(actions: Actions, name: str, help_text: str, act: Act) -> argparse.ArgumentParser:
    parser = _action(actions, name, help_text, act)
    parser.add_argument("account", metavar="ACCOUNT", help="e-mail address or slug")
    return parser


def _generate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--generate", action="store_true", help="make a good password up and print it, rather than ask for one"
    )


# --- what each does


def _add(words: argparse.Namespace, settings: Settings) -> int:
    from tgcfd.accounts.model import Role  # noqa: PLC0415

    name = words.name if words.name is not None else words.email.rpartition("@")[0] or words.email
    role = Role.ADMIN if words.admin else Role.PERSON
    _with(settings, lambda data: data.administration.check(words.email, name, words.slug))
    password = ask.password(generate=words.generate)

    async def make(data: _Data) -> Account:
        return await data.administration.add(words.email, password, name, slug=words.slug, role=role)

    account = _with(settings, make)
    _say(f"{account.email} can log in now; slug: {account.slug}")
    _tell(password, words)
    return 0


def _list(words: argparse.Namespace, settings: Settings) -> int:
    async def look(data: _Data) -> str:
        accounts, wanted = await data.administration.all(), await data.desired.all()
        units = await _units(settings)
        show = user_table.as_json if words.json else user_table.as_table
        for item in await data.follow_ups.all():
            if item.problem:
                _warn(f"{item.slug}{' (deleted)' if item.deleted else ''}: {item.problem}")
        return show(accounts, {wish.account_id: wish for wish in wanted}, units)

    _say(_with(settings, look))
    return 0


def _passwd(words: argparse.Namespace, settings: Settings) -> int:
    account = _find(words, settings)
    password = ask.password(generate=words.generate)
    code = _change(settings, account, lambda data: data.administration.set_password(account, password))
    _say(f"{account.email} has a new password" + _if_followed(code, "; all log-ins have ended"))
    _tell(password, words)
    return code


def _disable(words: argparse.Namespace, settings: Settings) -> int:
    account = _find(words, settings)
    code = _change(settings, account, lambda data: data.administration.disable(account), stop=True)
    _say(f"{account.email} is disabled" + _if_followed(code, ": all log-ins have ended, and nothing runs any more"))
    return code


def _enable(words: argparse.Namespace, settings: Settings) -> int:
    account = _find(words, settings)
    code = _change(settings, account, lambda data: data.administration.enable(account))
    _say(f"{account.email} can log in again; tgcf runs when its person presses Run")
    return code


def _delete(words: argparse.Namespace, settings: Settings) -> int:
    account = _find(words, settings)
    question = f"Delete {account.email} ({account.name}), slug {account.slug}, with settings, session and history?"
    if not words.yes and not ask.is_sure(question):
        raise Refused("Nothing was deleted")
    code = _change(settings, account, lambda data: data.administration.delete(account), stop=True)
    _say(f"{account.email} is deleted" + _if_followed(code, "; the slug will not be given to anybody else"))
    return code


def _find(words: argparse.Namespace, settings: Settings) -> Account:
    return _with(settings, lambda data: data.administration.find(words.account))


# --- the data


@dataclass(frozen=True)
class _Data:
    """What is in the database."""

    administration: Administration
    desired: DesiredStates
    follow_ups: FollowUps


def _with(settings: Settings, work: Callable[[_Data], Awaitable[T]]) -> T:
    """Do it with the database open. Nobody is asked meanwhile: asyncio would keep Ctrl-C from who is."""
    from tgcfd.accounts.administration import Administration  # noqa: PLC0415
    from tgcfd.accounts.passwords import Passwords  # noqa: PLC0415
    from tgcfd.storage.database import Database  # noqa: PLC0415
    from tgcfd.storage.desired import DesiredStates  # noqa: PLC0415
    from tgcfd.storage.follow_ups import FollowUps  # noqa: PLC0415

    async def opened() -> T:
        database, passwords = Database(settings.state_dir / places.DATABASE), Passwords()
        try:
            await database.open()
            return await work(_Data(Administration(database, passwords), DesiredStates(database), FollowUps(database)))
        finally:
            await passwords.close()
            await database.close()

    return asyncio.run(opened())


def _change(
    settings: Settings, account: Account, work: Callable[[_Data], Awaitable[None]], *, stop: bool = False
) -> int:
    """Change the account, and see to it that the daemon follows; returns the exit code.

    ``stop``: its worker is to end now, even if there is no daemon that would do it.
    """

    async def changed(data: _Data) -> int:
        await work(data)
        code = 0
        if running.is_served(settings.state_dir):
            left = await running.until_followed(data.follow_ups, account.slug)
            if left is None:
                return 0
            _warn(left.problem or "tgcfd does not follow: see systemctl status tgcfd. What is left it does when it can")
            code = 1 if left.problem else EX_TEMPFAIL
        else:
            _warn("tgcfd does not run now; what is left to do it does when it starts")
        if stop and _has_units(settings):
            try:
                async with running.Units() as units:
                    await units.stop(account.slug)
            except HostNotAnswering as error:
                _warn(f"The worker may run on: {error} Type: systemctl stop tgcf@{account.slug}")
                code = EX_TEMPFAIL
        return code

    return _with(settings, changed)


async def _units(settings: Settings) -> dict[str, str] | None:
    if not _has_units(settings):
        return None
    try:
        async with running.Units() as units:
            return units.states()
    except HostNotAnswering:
        return None


def _has_units(settings: Settings) -> bool:
    return settings.supervisor_here() is SupervisorKind.SYSTEMD


# --- what it says


def _if_followed(code: int, text: str) -> str:
    return "" if code else text


def _tell(password: str, words: argparse.Namespace) -> None:
    if words.generate:
        _say(f"password: {password}")


def _say(text: str) -> None:
    print(text)  # noqa: T201


def _warn(text: str) -> None:
    print(f"tgcfd: {text}", file=sys.stderr)  # noqa: T201
