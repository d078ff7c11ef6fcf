"""The second factor: switched on by a first code, asked for at log-in, and not to be guessed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass

import pyotp
import pytest

from tests.unit.accounts.conftest import NOW, Clock
from tgcfd import errors
from tgcfd.accounts.administration import Administration
from tgcfd.accounts.model import Account
from tgcfd.accounts.passwords import Passwords
from tgcfd.accounts.second_factor import SecondFactor
from tgcfd.accounts.service import Accounts
from tgcfd.settings import Registration
from tgcfd.storage.database import Database

ALICE = ("alice@example.org", "correct horse", "Alice")
LOG_IN = ALICE[:2]


@pytest.fixture
def second_factor(db: Database, clock: Clock) -> SecondFactor:
    return SecondFactor(db, clock=clock)


@pytest.fixture
def accounts(db: Database, passwords: Passwords, second_factor: SecondFactor) -> Accounts:
    return Accounts(db, passwords, second_factor, may_register=Registration.OPEN)


@pytest.fixture
async def alice(accounts: Accounts) -> Account:
    return await accounts.register(*ALICE)


@dataclass
class Phone:
    """What shows the codes."""

    secret: str
    clock: Clock
    recovery_codes: list[str]

    def code(self, later: float = 0) -> str:
        return pyotp.TOTP(self.secret).at(int(self.clock.now + later))

    def wrong(self) -> str:
        """Six digits that no step around now has."""
        near = {self.code(late) for late in (-30, 0, 30)}
        return next(code for code in ("000000", "111111", "222222", "333333") if code not in near)


@pytest.fixture
async def phone(second_factor: SecondFactor, alice: Account, clock: Clock) -> Phone:
    """Alice's, whose second factor is on; its first code was used a minute ago."""
    begun = await second_factor.begin(alice, "tgcfd")
    phone = Phone(begun.secret, clock, [])
    phone.recovery_codes = await second_factor.confirm(alice, phone.code())
    clock.now += 60
    return phone


async def events(db: Database) -> list[tuple[str, str, dict[str, object]]]:
    sql = "select event, about, detail from audit where event <> 'registered' order by id"
    rows = await db.run(lambda connection: connection.execute(sql).fetchall())
    return [(row["event"], row["about"], json.loads(row["detail"])) for row in rows]


# --- switching it on


async def test_what_was_begun_asks_for_nothing_until_it_is_confirmed(
    accounts: Accounts, second_factor: SecondFactor, alice: Account
) -> None:
    await second_factor.begin(alice, "tgcfd")

    assert (await second_factor.status(alice)).on is False
    assert await accounts.log_in(*LOG_IN) == alice


async def test_the_apps_first_code_switches_it_on(
    accounts: Accounts, second_factor: SecondFactor, alice: Account, phone: Phone, db: Database
) -> None:
    status = await second_factor.status(alice)

    assert (status.on, status.recovery_codes_left) == (True, 10)
    assert status.since is not None
    assert status.since.timestamp() == NOW
    assert len(set(phone.recovery_codes)) == 10
    with pytest.raises(errors.SecondFactorNeeded):
        await accounts.log_in(*LOG_IN)
    assert await events(db) == [("second_factor_on", "alice", {})]


async def test_a_wrong_first_code_switches_nothing_on(
    second_factor: SecondFactor, alice: Account, clock: Clock
) -> None:
    begun = await second_factor.begin(alice, "tgcfd")
    for code in (Phone(begun.secret, clock, []).wrong(), "", "12345", "\u0661\u0662\u0663\u0664\u0665\u0666", "\ud800"):
        with pytest.raises(errors.InvalidBody) as error:
            await second_factor.confirm(alice, code)
        assert [found.pointer for found in error.value.errors] == ["/code"]

    assert (await second_factor.status(alice)).on is False


async def test_the_first_code_is_not_good_for_a_log_in_as_well(
    accounts: Accounts, second_factor: SecondFactor, alice: Account, phone: Phone, clock: Clock
) -> None:
    clock.now = NOW
    with pytest.raises(errors.WrongCode):
        await accounts.log_in(*LOG_IN, phone.code())


@pytest.mark.parametrize(("seconds", "good"), [(599, True), (600, False)])
async def test_what_was_begun_is_good_for_ten_minutes(
    second_factor: SecondFactor, alice: Account, clock: Clock, seconds: int, good: bool
) -> None:
    begun = await second_factor.begin(alice, "tgcfd")
    assert begun.expires.timestamp() == NOW + 600
    clock.now += seconds
    confirming = second_factor.confirm(alice, Phone(begun.secret, clock, []).code())
    if good:
        assert await confirming
    else:
        with pytest.raises(errors.SecondFactorIsOff):
            await confirming


async def test_who_begins_anew_has_another_secret(second_factor: SecondFactor, alice: Account, clock: Clock) -> None:
    former, latter = [await second_factor.begin(alice, "tgcfd") for _ in range(2)]
    with pytest.raises(errors.InvalidBody):
        await second_factor.confirm(alice, Phone(former.secret, clock, []).code())
    assert await second_factor.confirm(alice, Phone(latter.secret, clock, []).code())


async def test_what_is_on_cannot_be_begun_or_confirmed(
    second_factor: SecondFactor, alice: Account, phone: Phone
) -> None:
    with pytest.raises(errors.SecondFactorIsOn):
        await second_factor.begin(alice, "tgcfd")
    with pytest.raises(errors.SecondFactorIsOn):
        await second_factor.confirm(alice, phone.code())


async def test_of_two_that_confirm_at_once_one_gets_the_recovery_codes(
    second_factor: SecondFactor, alice: Account, clock: Clock
) -> None:
    code = Phone((await second_factor.begin(alice, "tgcfd")).secret, clock, []).code()
    answers = await asyncio.gather(*(second_factor.confirm(alice, code) for _ in range(2)), return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == ["SecondFactorIsOn", "list"]


async def test_who_begins_while_the_password_changes_is_refused(
    accounts: Accounts, second_factor: SecondFactor, alice: Account
) -> None:
    await accounts.update(alice, current_password="correct horse", new_password="another horse")
    with pytest.raises(errors.Unauthorized):
        await second_factor.begin(alice, "tgcfd")


# --- logging in


async def test_a_code_lets_in_once(accounts: Accounts, alice: Account, phone: Phone) -> None:
    assert await accounts.log_in(*LOG_IN, phone.code()) == alice
    with pytest.raises(errors.WrongCode):
        await accounts.log_in(*LOG_IN, phone.code())


async def test_of_twenty_at_once_with_one_code_one_gets_in(accounts: Accounts, alice: Account, phone: Phone) -> None:
    codes = [phone.code()] * 10
    answers = await asyncio.gather(*(accounts.log_in(*LOG_IN, code) for code in codes), return_exceptions=True)
    assert [answer for answer in answers if isinstance(answer, Account)] == [alice]


@pytest.mark.parametrize("written", [str, str.upper, lambda code: code.replace("-", " "), lambda code: f" {code}\n"])
async def test_a_recovery_code_lets_in_once_however_it_is_typed(
    accounts: Accounts, alice: Account, phone: Phone, db: Database, written: Callable[[str], str]
) -> None:
    code = written(phone.recovery_codes[3])
    assert await accounts.log_in(*LOG_IN, code) == alice
    with pytest.raises(errors.WrongCode):
        await accounts.log_in(*LOG_IN, code)
    assert (await events(db))[1:] == [("recovery_code_used", "alice", {"left": 9})]


async def test_of_two_at_once_with_one_recovery_code_one_gets_in(accounts: Accounts, phone: Phone) -> None:
    code = phone.recovery_codes[0]
    answers = await asyncio.gather(*(accounts.log_in(*LOG_IN, code) for _ in range(2)), return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == ["Account", "WrongCode"]


@pytest.mark.parametrize("code", [None, "", "123456", "\ud800", 7])
async def test_whether_it_is_on_nobody_learns_without_the_password(
    accounts: Accounts, phone: Phone, code: object
) -> None:
    with pytest.raises(errors.WrongLogin):
        await accounts.log_in(ALICE[0], "wrong horse", code)


async def test_a_code_that_nobody_asked_for_is_not_looked_at(accounts: Accounts, alice: Account) -> None:
    assert await accounts.log_in(*LOG_IN, "123456") == alice


async def test_secrets_and_recovery_codes_are_not_kept_as_they_are_shown(phone: Phone, db: Database) -> None:
    kept = b"".join(file.read_bytes() for file in db.path.parent.iterdir() if file.is_file())
    for code in phone.recovery_codes:
        assert code.encode() not in kept
        assert code.replace("-", "").encode() not in kept


# --- guessing


async def guess(accounts: Accounts, phone: Phone, times: int) -> None:
    for _ in range(times):
        with pytest.raises(errors.WrongCode):
            await accounts.log_in(*LOG_IN, phone.wrong())


async def wait_of(accounts: Accounts, code: str) -> int:
    with pytest.raises(errors.TooManyRequests) as error:
        await accounts.log_in(*LOG_IN, code)
    return int(error.value.headers["Retry-After"])


async def test_after_five_wrong_codes_a_right_one_has_to_wait_too(
    accounts: Accounts, alice: Account, phone: Phone, clock: Clock
) -> None:
    await guess(accounts, phone, 5)
    assert await wait_of(accounts, phone.code()) == 30
    clock.now += 29.5
    assert await wait_of(accounts, phone.code()) == 1
    clock.now += 0.5
    assert await accounts.log_in(*LOG_IN, phone.code()) == alice


async def test_waits_grow_up_to_an_hour_and_end_with_a_right_code(
    accounts: Accounts, phone: Phone, clock: Clock
) -> None:
    await guess(accounts, phone, 4)
    waits = []
    for _ in range(9):
        await guess(accounts, phone, 1)
        waits.append(await wait_of(accounts, phone.code()))
        clock.now += waits[-1]
    assert waits == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]
    await accounts.log_in(*LOG_IN, phone.code())
    await guess(accounts, phone, 4)
    await accounts.log_in(*LOG_IN, phone.code(30))


async def test_a_restart_forgets_no_wrong_code(
    accounts: Accounts, phone: Phone, db: Database, passwords: Passwords, clock: Clock
) -> None:
    await guess(accounts, phone, 5)
    started_again = Accounts(db, passwords, SecondFactor(db, clock=clock))
    assert await wait_of(started_again, phone.code()) == 30


async def test_fifty_guesses_at_once_are_five(accounts: Accounts, phone: Phone) -> None:
    guesses = (accounts.log_in(*LOG_IN, phone.wrong()) for _ in range(15))
    answers = await asyncio.gather(*guesses, return_exceptions=True)
    assert sum(isinstance(answer, errors.WrongCode) for answer in answers) == 5
    assert {type(answer) for answer in answers} <= {errors.WrongCode, errors.TooManyRequests, errors.Busy}


async def test_who_does_not_know_the_password_makes_nobody_wait(
    accounts: Accounts, alice: Account, phone: Phone
) -> None:
    for _ in range(10):
        with pytest.raises(errors.WrongLogin):
            await accounts.log_in(ALICE[0], "wrong horse", phone.wrong())
    assert await accounts.log_in(*LOG_IN, phone.code()) == alice


async def test_a_recovery_code_needs_no_wait(accounts: Accounts, alice: Account, phone: Phone) -> None:
    await guess(accounts, phone, 5)
    assert await accounts.log_in(*LOG_IN, phone.recovery_codes[0]) == alice
    assert await accounts.log_in(*LOG_IN, phone.code()) == alice, "and ends it"


# --- switching it off


async def test_a_code_switches_it_off_and_all_of_it_is_gone(
    accounts: Accounts, second_factor: SecondFactor, alice: Account, phone: Phone, db: Database
) -> None:
    await second_factor.switch_off(alice, phone.code())

    assert (await second_factor.status(alice)).on is False
    assert await accounts.log_in(*LOG_IN) == alice
    assert [event for event, *_ in await events(db)] == ["second_factor_on", "second_factor_off"]
    assert await rows_left(db) == 0


async def test_wrong_codes_count_there_as_at_log_in(
    accounts: Accounts, second_factor: SecondFactor, alice: Account, phone: Phone
) -> None:
    await guess(accounts, phone, 4)
    with pytest.raises(errors.InvalidBody):
        await second_factor.switch_off(alice, phone.wrong())
    with pytest.raises(errors.TooManyRequests):
        await second_factor.switch_off(alice, phone.code())
    assert (await second_factor.status(alice)).on


async def test_new_recovery_codes_replace_the_former(
    accounts: Accounts, second_factor: SecondFactor, alice: Account, phone: Phone
) -> None:
    renewed = await second_factor.renew_recovery_codes(alice, phone.code())

    assert not set(renewed) & set(phone.recovery_codes)
    with pytest.raises(errors.WrongCode):
        await accounts.log_in(*LOG_IN, phone.recovery_codes[0])
    await accounts.log_in(*LOG_IN, renewed[0])
    assert (await second_factor.status(alice)).recovery_codes_left == 9


async def test_whose_log_ins_have_ended_meanwhile_changes_nothing(
    second_factor: SecondFactor, alice: Account, phone: Phone, passwords: Passwords, db: Database
) -> None:
    await Administration(db, passwords).log_out(alice)
    for attempt in (
        second_factor.renew_recovery_codes(alice, phone.recovery_codes[0]),
        second_factor.switch_off(alice, phone.recovery_codes[0]),
        second_factor.confirm(alice, phone.code()),
    ):
        with pytest.raises(errors.Unauthorized):
            await attempt
    status = await second_factor.status(alice)
    assert (status.on, status.recovery_codes_left) == (True, len(phone.recovery_codes))


async def test_what_is_off_cannot_be_switched_off_or_renewed(
    second_factor: SecondFactor, alice: Account, passwords: Passwords, db: Database
) -> None:
    await second_factor.begin(alice, "tgcfd")  # begun is not on
    for attempt in (
        second_factor.switch_off(alice, "123456"),
        second_factor.renew_recovery_codes(alice, "123456"),
        Administration(db, passwords).second_factor_off(alice),
    ):
        with pytest.raises(errors.SecondFactorIsOff):
            await attempt


async def test_an_admin_or_the_hosts_owner_switches_it_off_without_a_code(
    accounts: Accounts, alice: Account, phone: Phone, passwords: Passwords, db: Database
) -> None:
    await Administration(db, passwords).second_factor_off(alice)
    assert await accounts.log_in(*LOG_IN) == alice
    assert (await events(db))[-1][:2] == ("second_factor_off", "alice")


async def test_with_the_account_all_of_it_goes(
    alice: Account, phone: Phone, passwords: Passwords, db: Database
) -> None:
    assert await rows_left(db) == 11
    await Administration(db, passwords).delete(alice)
    assert await rows_left(db) == 0


async def rows_left(db: Database) -> int:
    sql = "select (select count(*) from second_factor) + (select count(*) from recovery_code)"
    return await db.run(lambda connection: int(connection.execute(sql).fetchone()[0]))
