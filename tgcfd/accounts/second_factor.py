"""The second factor: a code beside the password, of an authenticator app or, once each, a recovery code.

Wrong codes are counted for an account only after its right password, so that a stranger can keep nobody out.
"""

from __future__ import annotations

import enum
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from tgcfd import errors
from tgcfd.accounts import recovery_codes, rows, totp
from tgcfd.accounts.model import Account
from tgcfd.audit.actor import ACTOR, Actor
from tgcfd.audit.record import Event, record
from tgcfd.storage.database import Database
from tgcfd.storage.times import moment

T = TypeVar("T")

BEGUN_FOR = timedelta(minutes=10)
"""How long what was begun can be confirmed."""

FREE_TRIES = 5
"""Wrong codes in a row without a wait; then it is half a minute, and doubles with each one more."""

_FIRST_WAIT, _LONGEST_WAIT = 30, 3600
_DIGITS = 6
_SECOND = 1_000_000
_NOT_ON = "The second factor is off."


@dataclass(frozen=True)
class Status:
    """Whether log-ins take a code, since when, and how many recovery codes were not used."""

    on: bool
    since: datetime | None = None
    recovery_codes_left: int = 0


@dataclass(frozen=True)
class Begun:
    """What the person puts into their app: never told again."""

    secret: str
    uri: str
    expires: datetime


class _Verdict(enum.Enum):
    RIGHT = enum.auto()
    WRONG = enum.auto()
    MISSING = enum.auto()


class SecondFactor:
    """Those of all accounts. Everything raises Busy and StorageFull, too.

    What changes one raises :class:`errors.Unauthorized` if all log-ins of the account have ended meanwhile.
    """

    def __init__(self, db: Database, *, clock: Callable[[], float] = time.time) -> None:
        """``clock``: seconds since the epoch."""
        self._db = db
        self._clock = clock

    async def status(self, account: Account) -> Status:
        """Tell how it is."""

        def select(connection: sqlite3.Connection) -> Status:
            row = _row(connection, account)
            if row is None or row["since"] is None:
                return Status(on=False)
            return Status(
                on=True, since=moment(row["since"]), recovery_codes_left=recovery_codes.left(connection, account.id)
            )

        return await self._db.run(select)

    async def begin(self, account: Account, issuer: str) -> Begun:
        """Make a secret, in place of one that was begun before. Log-ins take no code until :meth:`confirm`.

        ``issuer``: what the app shows above the code. Raises :class:`errors.SecondFactorIsOn`.
        """
        secret, now = totp.new_secret(), self._now()

        def insert(connection: sqlite3.Connection) -> None:
            rows.unchanged(connection, account)
            row = _row(connection, account)
            if row is not None and row["since"] is not None:
                raise errors.SecondFactorIsOn("Switch it off first; then you can set it up anew.")
            connection.execute("delete from second_factor where account_id = ?", (account.id,))
            connection.execute(
                "insert into second_factor (account_id, secret, begun) values (?, ?, ?)", (account.id, secret, now)
            )

        await self._db.run(insert)
        return Begun(secret, totp.uri(secret, account.email, issuer), moment(now) + BEGUN_FOR)

    async def confirm(self, account: Account, code: str) -> list[str]:
        """Switch it on by the app's first code; returns the recovery codes, which are never told again.

        Raises :class:`errors.InvalidBody` for a wrong code, :class:`errors.SecondFactorIsOn`, and
        :class:`errors.SecondFactorIsOff` if nothing was begun within ten minutes.
        """
        actor, now, digits = ACTOR.get(), self._now(), recovery_codes.plain(code)

        def switch_on(connection: sqlite3.Connection) -> list[str]:
            rows.unchanged(connection, account)
            row = _row(connection, account)
            if row is not None and row["since"] is not None:
                raise errors.SecondFactorIsOn("It was confirmed already.")
            if row is None or moment(now) >= moment(row["begun"]) + BEGUN_FOR:
                raise errors.SecondFactorIsOff("Begin anew: the secret is good for 10 minutes.")
            step = totp.step_of(row["secret"], digits, now / _SECOND, row["last_step"]) if _is_digits(digits) else None
            if step is None:
                raise _unfit("This is not the code that the app should show now. Is the clock of your phone right?")
            connection.execute(
                "update second_factor set since = ?, last_step = ? where account_id = ?", (now, step, account.id)
            )
            record(connection, actor, Event.SECOND_FACTOR_ON, account.slug)
            return recovery_codes.renew(connection, account.id)

        return await self._db.run(switch_on)

    async def renew_recovery_codes(self, account: Account, code: str) -> list[str]:
        """Make new recovery codes, by a code as at log-in; the former are worth nothing.

        Raises as :meth:`switch_off` does.
        """

        def renew(connection: sqlite3.Connection, actor: Actor) -> list[str]:
            record(connection, actor, Event.RECOVERY_CODES_RENEWED, account.slug)
            return recovery_codes.renew(connection, account.id)

        return await self._by_code(account, code, renew)

    async def switch_off(self, account: Account, code: str) -> None:
        """Switch it off, by a code as at log-in.

        Raises :class:`errors.InvalidBody` for a wrong code, :class:`errors.TooManyRequests`, and
        :class:`errors.SecondFactorIsOff`.
        """
        await self._by_code(account, code, lambda connection, actor: switch_off(connection, actor, account))

    async def check_log_in(self, account: Account, code: object) -> None:
        """Check the code of somebody whose password was right. ``code``: as clients send it; None or "": none came.

        Raises :class:`errors.SecondFactorNeeded`, :class:`errors.WrongCode` and :class:`errors.TooManyRequests`;
        nothing where the second factor is off.
        """
        actor, now = ACTOR.get(), self._now()

        def check(connection: sqlite3.Connection) -> _Verdict:
            row = _row(connection, account)
            if row is None or row["since"] is None:
                return _Verdict.RIGHT
            if code in (None, ""):
                return _Verdict.MISSING
            return _judge(connection, account, row, str(code), actor=actor, now=now)

        verdict = await self._db.run(check)  # a wrong code is counted for good: raised within, it would not be
        if verdict is _Verdict.MISSING:
            raise errors.SecondFactorNeeded
        if verdict is _Verdict.WRONG:
            raise errors.WrongCode

    async def _by_code(self, account: Account, code: str, work: Callable[[sqlite3.Connection, Actor], T]) -> T:
        """Do it if the code is right."""
        actor, now = ACTOR.get(), self._now()

        def judge_and_do(connection: sqlite3.Connection) -> tuple[T] | None:
            rows.unchanged(connection, account)
            row = _row(connection, account)
            if row is None or row["since"] is None:
                raise errors.SecondFactorIsOff(_NOT_ON)
            verdict = _judge(connection, account, row, code, actor=actor, now=now)
            return (work(connection, actor),) if verdict is _Verdict.RIGHT else None

        done = await self._db.run(judge_and_do)  # a wrong code is counted for good: raised within, it would not be
        if done is None:
            raise _unfit("This code is wrong, or was used already.")
        return done[0]

    def _now(self) -> int:
        return int(self._clock() * _SECOND)


def switch_off(connection: sqlite3.Connection, actor: Actor, account: Account) -> None:
    """Switch it off without a code, for an admin or the host's owner. Raises :class:`errors.SecondFactorIsOff`."""
    gone = connection.execute(
        "delete from second_factor where account_id = ? and since is not null", (account.id,)
    )  # and its recovery codes with it
    if gone.rowcount == 0:
        raise errors.SecondFactorIsOff(_NOT_ON)
    record(connection, actor, Event.SECOND_FACTOR_OFF, account.slug)


def _judge(
    connection: sqlite3.Connection, account: Account, row: sqlite3.Row, code: str, *, actor: Actor, now: int
) -> _Verdict:
    """Take a code, which is good no more then, or count a wrong one. Raises :class:`errors.TooManyRequests`.

    Recovery codes are taken during a wait, too: nobody guesses these, and somebody who knows the password and guesses
    on must not keep the account's own person out.
    """
    typed = recovery_codes.plain(code)
    taken = False
    if _is_digits(typed):
        if row["wait_until"] > now:
            raise errors.TooManyRequests(
                "Too many wrong codes. Wait, or use a recovery code.", -((now - row["wait_until"]) // _SECOND)
            )
        step = totp.step_of(row["secret"], typed, now / _SECOND, row["last_step"])
        if step is not None:
            connection.execute("update second_factor set last_step = ? where account_id = ?", (step, account.id))
            taken = True
    elif recovery_codes.use(connection, account.id, typed):
        left = recovery_codes.left(connection, account.id)
        record(connection, actor, Event.RECOVERY_CODE_USED, account.slug, {"left": left})
        taken = True
    wrong = 0 if taken else row["wrong"] + 1
    connection.execute(
        "update second_factor set wrong = ?, wait_until = ? where account_id = ?",
        (wrong, 0 if taken else max(row["wait_until"], now + _wait(wrong)), account.id),
    )
    return _Verdict.RIGHT if taken else _Verdict.WRONG


def _wait(wrong: int) -> int:
    """How long no digits are looked at after so many wrong codes in a row, in microseconds."""
    if wrong < FREE_TRIES:
        return 0
    return _SECOND * min(_LONGEST_WAIT, _FIRST_WAIT << min(wrong - FREE_TRIES, 10))


def _is_digits(code: str) -> bool:
    return len(code) == _DIGITS and code.isascii() and code.isdigit()


def _unfit(detail: str) -> errors.InvalidBody:
    return errors.InvalidBody(errors.Violation("/code", detail))


def _row(connection: sqlite3.Connection, account: Account) -> sqlite3.Row | None:
    row: sqlite3.Row | None = connection.execute(
        "select secret, begun, since, last_step, wrong, wait_until from second_factor where account_id = ?",
        (account.id,),
    ).fetchone()
    return row
