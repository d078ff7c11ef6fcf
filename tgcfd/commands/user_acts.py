"""What ``tgcfd user`` does: each of its actions, on the database itself."""

from __future__ import annotations

import argparse
import asyncio
import io
import os
import shutil
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from tgcfd import own_unit, owner, places
from tgcfd.audit.actor import ACTOR, OWNER
from tgcfd.backup import in_use, plan
from tgcfd.commands import ask, running, user_invite, user_table
from tgcfd.errors import (
    EmailTaken,
    HostNotAnswering,
    InvalidBody,
    LastAdmin,
    NotFound,
    Refused,
    SecondFactorIsOff,
    TooMany,
)
from tgcfd.lock import is_served
from tgcfd.settings import Settings, SupervisorKind
from tgcfd.wording import complain, printable

if TYPE_CHECKING:
    from tgcfd.accounts.administration import Administration
    from tgcfd.accounts.invites import Invite, Invites
    from tgcfd.accounts.model import Account
    from tgcfd.storage.desired import DesiredStates
    from tgcfd.storage.follow_ups import FollowUps

T = TypeVar("T")

_FIELDS = {
    "/email": "EMAIL",
    "/name": "--name",
    "/slug": "--slug",
    "/password": "the password",
    "/expires_hours": "--hours",
}


def do(words: argparse.Namespace, settings: Settings) -> int:
    """Do the action that the words name; see :func:`tgcfd.commands.user.run`."""
    owner.become_owner(settings.state_dir)
    os.umask(0o027)
    if _has_systemd(settings):
        own_unit.log_commands_to_journal("tgcfd.audit")
    if isinstance(sys.stdout, io.TextIOWrapper):  # in a terminal without UTF-8, names lose letters rather than fail
        sys.stdout.reconfigure(errors="replace")
    try:
        return _ACTS[words.action](words, settings)
    except InvalidBody as error:
        raise Refused(
            "\n".join(f"{_FIELDS.get(found.pointer, found.pointer)}: {found.detail}" for found in error.errors)
        ) from None
    except EmailTaken:
        raise Refused(f"{words.email} has an account already: sudo tgcfd user list") from None
    except NotFound:
        raise Refused(f"there is no account {words.account!r}; all are named by: sudo tgcfd user list") from None
    except SecondFactorIsOff:
        raise Refused(f"{words.account} logs in by password alone already") from None
    except TooMany as error:
        raise Refused(f"{error.detail[:1].lower()}{error.detail[1:]}") from None
    except LastAdmin as error:
        raise Refused(
            f"{error.email} is the last admin; first make another: sudo tgcfd user add --admin you@example.org"
        ) from None


# --- what each does


def _add(words: argparse.Namespace, settings: Settings) -> int:
    from tgcfd.accounts.model import Role  # noqa: PLC0415

    name = words.name if words.name is not None else words.email.rpartition("@")[0] or words.email
    role = Role.ADMIN if words.admin else Role.PERSON
    _with(settings, lambda data: data.administration.check(words.email, name, words.slug))
    password = _new_password(words)

    async def make(data: _Data) -> Account:
        return await data.administration.add(words.email, password, name, slug=words.slug, role=role)

    with _interruption_told():
        account = _with(settings, make)
    _say(f"{account.email} can log in now; slug: {account.slug}")
    return 0


def _invite(words: argparse.Namespace, settings: Settings) -> int:
    from tgcfd.accounts.model import Role  # noqa: PLC0415

    async def make(data: _Data) -> tuple[Invite, str]:
        return await data.invites.make(None, role=Role.ADMIN if words.admin else Role.PERSON, hours=words.hours)

    invite, code = _with(settings, make)
    _say(user_invite.text(invite, code, user_invite.base(settings)))
    return 0


def _list(words: argparse.Namespace, settings: Settings) -> int:
    async def look(data: _Data) -> str:
        accounts, wanted = await data.administration.all(), await data.desired.all()
        states = await _states(settings)
        for item in await data.follow_ups.all():
            if item.problem:
                complain(f"{item.slug}{' (deleted)' if item.deleted else ''}: {item.problem}")
        wishes = {wish.account_id: wish for wish in wanted}
        if words.json:
            return user_table.as_json(accounts, wishes, states)
        return user_table.as_table(accounts, wishes, states, _terminal_width())

    _say(_with(settings, look))
    return 0


def _passwd(words: argparse.Namespace, settings: Settings) -> int:
    account = _find(words, settings)
    password = _new_password(words)
    code = _change(settings, account, lambda data: data.administration.set_password(account, password))
    _say(f"{account.email} has a new password" + _if_followed(code, "; all log-ins have ended"))
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


def _second_factor_off(words: argparse.Namespace, settings: Settings) -> int:
    account = _find(words, settings)
    _with(settings, lambda data: data.administration.second_factor_off(account))
    _say(f"{account.email} logs in by password alone now, and can set up a second factor anew")
    return 0


def _delete(words: argparse.Namespace, settings: Settings) -> int:
    account = _find(words, settings)
    question = f"Delete {account.email} ({account.name}), slug {account.slug}, with settings, session and history?"
    if not words.yes and not ask.is_sure(question):
        raise Refused("nothing was deleted")
    later = "removes settings, session and history"
    code = _change(settings, account, lambda data: data.administration.delete(account), stop=True, later=later)
    _say(f"{account.email} is deleted" + _if_followed(code, "; the slug will not be given to anybody else"))
    return code


def _find(words: argparse.Namespace, settings: Settings) -> Account:
    return _with(settings, lambda data: data.administration.find(words.account))


_ACTS: Mapping[str, Callable[[argparse.Namespace, Settings], int]] = {
    "add": _add,
    "invite": _invite,
    "list": _list,
    "passwd": _passwd,
    "second-factor-off": _second_factor_off,
    "disable": _disable,
    "enable": _enable,
    "delete": _delete,
}


# --- the data


@dataclass(frozen=True)
class _Data:
    """What is in the database."""

    administration: Administration
    invites: Invites
    desired: DesiredStates
    follow_ups: FollowUps


def _with(settings: Settings, work: Callable[[_Data], Awaitable[T]]) -> T:
    """Do it with the database open, and restores kept away.

    Nobody is asked meanwhile: asyncio would keep Ctrl-C from who is, and a restore would have to wait.
    """
    from tgcfd.accounts.administration import Administration  # noqa: PLC0415
    from tgcfd.accounts.invites import Invites  # noqa: PLC0415
    from tgcfd.accounts.passwords import Passwords  # noqa: PLC0415
    from tgcfd.storage.database import Database  # noqa: PLC0415
    from tgcfd.storage.desired import DesiredStates  # noqa: PLC0415
    from tgcfd.storage.follow_ups import FollowUps  # noqa: PLC0415

    async def opened() -> T:
        ACTOR.set(OWNER)
        database, passwords = Database(settings.state_dir / places.DATABASE), Passwords()
        try:
            await database.open()
            administration = Administration(database, passwords)
            return await work(_Data(administration, Invites(database), DesiredStates(database), FollowUps(database)))
        finally:
            await passwords.close()
            await database.close()

    with in_use.beside_others(settings.state_dir):
        plan.require_whole(settings.state_dir)
        return asyncio.run(opened())


def _change(
    settings: Settings,
    account: Account,
    work: Callable[[_Data], Awaitable[None]],
    *,
    stop: bool = False,
    later: str = "",
) -> int:
    """Change the account, and see to it that the daemon follows; returns the exit code.

    ``stop``: its worker is to end now, even if there is no daemon that would do it. ``later``: what is then left for
    the daemon to do.
    """

    async def changed(data: _Data) -> int:
        await work(data)
        code = 0
        if is_served(settings.state_dir):
            left = await running.until_followed(data.follow_ups, account.slug)
            if left is None:
                return 0
            not_yet = "the daemon does not follow: sudo systemctl status tgcfd; what is left it does when it can"
            complain(left.problem or not_yet)
            code = 1 if left.problem else os.EX_TEMPFAIL
        elif later:
            complain(f"the daemon does not run now; when it starts, it {later}")
        if stop and _has_systemd(settings):
            try:
                async with running.Workers() as workers:
                    await workers.stop(account.slug)
            except HostNotAnswering as error:
                complain(f"the worker may run on; type: sudo systemctl stop tgcf@{account.slug} ({error})")
                code = os.EX_TEMPFAIL
        return code

    with _interruption_told():
        return _with(settings, changed)


@contextmanager
def _interruption_told() -> Iterator[None]:
    """Whether the database has it already, nobody knows then."""
    try:
        yield
    except KeyboardInterrupt:
        raise Refused("interrupted; it may have been done all the same, see: sudo tgcfd user list") from None


async def _states(settings: Settings) -> dict[str, str] | None:
    if not _has_systemd(settings):
        return None
    try:
        async with running.Workers() as workers:
            return workers.states()
    except HostNotAnswering:
        return None


def _has_systemd(settings: Settings) -> bool:
    return settings.supervisor_here() is SupervisorKind.SYSTEMD


# --- what it says


def _terminal_width() -> int | None:
    at_terminal = sys.stdout is not None and sys.stdout.isatty()
    return shutil.get_terminal_size().columns if at_terminal else None


def _if_followed(code: int, text: str) -> str:
    return "" if code else text


def _new_password(words: argparse.Namespace) -> str:
    """Return it; one that is made up is said before it counts: nobody else knows it. Raises Refused and OSError."""
    password = ask.password(generate=words.generate)
    if words.generate:
        if sys.stdout is None:
            raise Refused("standard output is closed: nobody would see the password; nothing was changed")
        print(f"password: {password}", flush=True)  # noqa: T201
    return password


def _say(text: str) -> None:
    print("\n".join(map(printable, text.split("\n"))))  # noqa: T201  # another may have written the database
