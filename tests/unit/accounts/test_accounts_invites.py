"""Who may make an account: the host's setting, and invites."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tests.unit.accounts.conftest import NOW, Clock
from tgcfd import errors
from tgcfd.accounts.administration import Administration
from tgcfd.accounts.invites import MOST_OPEN, Invites, Maker, State
from tgcfd.accounts.model import Account, Role
from tgcfd.accounts.passwords import Passwords
from tgcfd.accounts.second_factor import SecondFactor
from tgcfd.accounts.service import Accounts
from tgcfd.settings import Registration
from tgcfd.storage.database import Database

PASSWORD = "correct horse"
BOB = ("bob@example.org", PASSWORD, "Bob")
HOUR, DAY = 3600, 24 * 3600


@pytest.fixture
def invites(db: Database, clock: Clock) -> Invites:
    return Invites(db, clock=clock)


@pytest.fixture
def host(db: Database, passwords: Passwords, clock: Clock) -> Callable[[str], Accounts]:
    """Accounts where the host's setting is this one."""

    def make(registration: str) -> Accounts:
        return Accounts(db, passwords, SecondFactor(db), may_register=Registration(registration), clock=clock)

    return make


@pytest.fixture
def administration(db: Database, passwords: Passwords) -> Administration:
    return Administration(db, passwords)


@pytest.fixture
async def admin(administration: Administration) -> Account:
    return await administration.add("ann@example.org", PASSWORD, "Ann", role=Role.ADMIN)


async def refused(accounts: Accounts, error: type[errors.TgcfdError], code: object = None) -> None:
    with pytest.raises(error):
        await accounts.register(*BOB, invite=code)


async def last_event(db: Database) -> tuple[str, str | None, dict[str, object]]:
    sql = "select event, about, detail from audit order by id desc limit 1"
    row = await db.run(lambda connection: connection.execute(sql).fetchone())
    return row["event"], row["about"], json.loads(row["detail"])


# --- the setting

NO_ERROR = None
NEEDED, NOT_GOOD, CLOSED = errors.InviteNeeded, errors.InviteNotGood, errors.RegistrationClosed


@pytest.mark.parametrize(
    ("registration", "none", "wrong", "of_an_admin", "of_the_owner"),
    [
        ("open", NO_ERROR, NOT_GOOD, NO_ERROR, NO_ERROR),
        ("invite", NEEDED, NOT_GOOD, NO_ERROR, NO_ERROR),
        ("closed", CLOSED, NOT_GOOD, NOT_GOOD, NO_ERROR),
    ],
)
@pytest.mark.parametrize("case", ["none", "empty", "wrong", "of_an_admin", "of_the_owner"])
async def test_who_may_register(
    host: Callable[[str], Accounts],
    invites: Invites,
    admin: Account,
    registration: str,
    none: type[errors.TgcfdError] | None,
    wrong: type[errors.TgcfdError] | None,
    of_an_admin: type[errors.TgcfdError] | None,
    of_the_owner: type[errors.TgcfdError] | None,
    case: str,
) -> None:
    code, error = {
        "none": (None, none),
        "empty": ("", none),
        "wrong": ("0" * 32, wrong),
        "of_an_admin": ((await invites.make(admin))[1], of_an_admin),
        "of_the_owner": ((await invites.make(None))[1], of_the_owner),
    }[case]
    if error is None:
        assert (await host(registration).register(*BOB, invite=code)).role is Role.PERSON
    else:
        await refused(host(registration), error, code)


async def test_who_may_not_register_costs_no_hash_and_learns_of_no_address(
    host: Callable[[str], Accounts], admin: Account, hasher
) -> None:
    hashed = hasher.hashed
    with pytest.raises(errors.InviteNeeded):
        await host("invite").register("ann@example.org", "short", "")
    assert hasher.hashed == hashed


# --- an invite


@pytest.mark.parametrize("role", Role)
async def test_it_makes_an_account_of_its_role_once(
    host: Callable[[str], Accounts], invites: Invites, admin: Account, db: Database, role: Role
) -> None:
    invite, code = await invites.make(admin, role=role, note=" Bob from work ")
    assert (invite.state, invite.maker, invite.made_by, invite.note) == (
        State.OPEN,
        Maker.ADMIN,
        "ann",
        "Bob from work",
    )
    assert (invite.expires - invite.created).days == 7

    bob = await host("invite").register(*BOB, invite=f" {code.upper()}\n")

    assert bob.role is role
    assert await last_event(db) == (
        "registered",
        "bob",
        {"role": role.value, "invite": invite.id, "maker": "admin", "of": "ann"},
    )
    [used], _ = await invites.page(10)
    assert (used.state, used.used_by) == (State.USED, "bob")
    assert used.used == datetime.fromtimestamp(NOW, UTC)
    with pytest.raises(errors.InviteNotGood):
        await host("open").register("carol@example.org", PASSWORD, "Carol", invite=code)


async def test_of_two_at_once_with_one_invite_one_gets_an_account(
    host: Callable[[str], Accounts], invites: Invites, db: Database
) -> None:
    _, code = await invites.make(None)
    people = [(f"p{number}@example.org", PASSWORD, "P") for number in range(5)]
    answers = await asyncio.gather(
        *(host("invite").register(*person, invite=code) for person in people), return_exceptions=True
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["Account"] + ["InviteNotGood"] * 4
    sql = "select (select count(*) from account) + (select count(*) from used_slug)"
    assert await db.run(lambda connection: connection.execute(sql).fetchone()[0]) == 2, "nothing half-made"


async def test_what_is_refused_for_another_reason_uses_it_not_up(
    host: Callable[[str], Accounts], invites: Invites, admin: Account
) -> None:
    _, code = await invites.make(admin)
    with pytest.raises(errors.EmailTaken):
        await host("invite").register("ann@example.org", PASSWORD, "Ann", invite=code)
    with pytest.raises(errors.InvalidBody):
        await host("invite").register("bob@example.org", "short", "Bob", invite=code)
    assert await host("invite").register(*BOB, invite=code)


async def test_it_expires(host: Callable[[str], Accounts], invites: Invites, clock: Clock) -> None:
    _, code = await invites.make(None, hours=1)
    clock.now += HOUR
    await refused(host("invite"), errors.InviteNotGood, code)
    clock.now -= 1
    assert await host("invite").register(*BOB, invite=code)


async def test_one_that_was_withdrawn_is_worth_nothing(
    host: Callable[[str], Accounts], invites: Invites, admin: Account, db: Database
) -> None:
    invite, code = await invites.make(admin)
    await invites.withdraw(invite.id)
    assert await last_event(db) == ("invite_withdrawn", None, {"invite": invite.id})
    await refused(host("invite"), errors.InviteNotGood, code)
    with pytest.raises(errors.NotFound):
        await invites.withdraw(invite.id)


async def test_one_that_was_used_cannot_be_withdrawn(host: Callable[[str], Accounts], invites: Invites) -> None:
    invite, code = await invites.make(None)
    await host("invite").register(*BOB, invite=code)
    with pytest.raises(errors.NotFound):
        await invites.withdraw(invite.id)
    assert (await invites.page(1))[0][0].used_by == "bob"


@pytest.mark.parametrize("fate", ["disabled", "a person", "deleted"])
async def test_it_is_no_better_than_the_admin_who_made_it(
    host: Callable[[str], Accounts], invites: Invites, administration: Administration, admin: Account, fate: str
) -> None:
    await administration.add("eve@example.org", PASSWORD, "Eve", role=Role.ADMIN)
    _, code = await invites.make(admin, role=Role.ADMIN)
    if fate == "disabled":
        await administration.disable(admin)
    elif fate == "a person":
        await administration.change(admin, role=Role.PERSON)
    else:
        await administration.delete(admin)
    await refused(host("open"), errors.InviteNotGood, code)
    found, _ = await invites.page(10)
    assert [invite.state for invite in found] == ([] if fate == "deleted" else [State.VOID])


async def test_its_code_is_not_kept(invites: Invites, db: Database) -> None:
    _, code = await invites.make(None)
    assert all(code.encode() not in file.read_bytes() for file in db.path.parent.iterdir() if file.is_file())


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"hours": 0}, "/expires_hours"),
        ({"hours": 721}, "/expires_hours"),
        ({"note": "x" * 101}, "/note"),
        ({"note": "a\nb"}, "/note"),
    ],
)
async def test_what_is_wrong_with_one_is_said(invites: Invites, wrong: dict[str, object], pointer: str) -> None:
    with pytest.raises(errors.InvalidBody) as error:
        await invites.make(None, **wrong)  # type: ignore[arg-type]
    assert [found.pointer for found in error.value.errors] == [pointer]
    assert await invites.page(1) == ([], None)


# --- many


async def test_they_are_listed_by_page_the_newest_first(invites: Invites) -> None:
    made = [(await invites.make(None))[0].id for _ in range(5)]
    seen: list[int] = []
    following: int | None = None
    while True:
        found, following = await invites.page(2, following)
        seen += [invite.id for invite in found]
        if following is None:
            break
    assert seen == made[::-1]


async def test_a_thousand_may_be_open(invites: Invites, db: Database, clock: Clock) -> None:
    expires = int((NOW + HOUR) * 1_000_000)
    await db.run(
        lambda connection: (
            connection.executemany(
                "insert into invite (code_hash, role, note, maker, created, expires)"
                " values (?, 'person', '', 'owner', 0, ?)",
                [(str(number).encode(), expires) for number in range(MOST_OPEN - 1)],
            ).rowcount
        )
    )
    await invites.make(None)
    with pytest.raises(errors.TooMany):
        await invites.make(None)
    clock.now += HOUR
    await invites.make(None)


async def test_old_ones_are_forgotten_after_thirty_days(
    host: Callable[[str], Accounts], invites: Invites, clock: Clock, db: Database
) -> None:
    _, code = await invites.make(None, hours=1)
    await host("invite").register(*BOB, invite=code)
    at = int(NOW * 1_000_000)
    await db.run(lambda connection: connection.execute("update invite set used = ?", (at,)).rowcount)
    await invites.make(None, hours=1)
    clock.now += HOUR + 30 * DAY - 1
    await invites.make(None, hours=1)
    assert [invite.state for invite in (await invites.page(10))[0]] == [State.OPEN, State.EXPIRED]
    clock.now += 2
    await invites.make(None, hours=1)
    assert [invite.state for invite in (await invites.page(10))[0]] == [State.OPEN, State.OPEN]


# --- the first admin's


async def test_a_new_set_up_invite_ends_the_former(host: Callable[[str], Accounts], invites: Invites) -> None:
    former, latter = [await invites.make_set_up() for _ in range(2)]
    await refused(host("closed"), errors.InviteNotGood, former)
    assert (await host("closed").register(*BOB, invite=latter)).role is Role.ADMIN


async def test_a_host_with_an_admin_is_not_set_up_again(
    host: Callable[[str], Accounts], invites: Invites, administration: Administration
) -> None:
    code = await invites.make_set_up()
    await administration.add("eve@example.org", PASSWORD, "Eve")
    await administration.add("ann@example.org", PASSWORD, "Ann", role=Role.ADMIN)
    await refused(host("open"), errors.InviteNotGood, code)
    assert await invites.make_set_up() is None


async def test_it_is_good_for_a_day(host: Callable[[str], Accounts], invites: Invites, clock: Clock) -> None:
    code = await invites.make_set_up()
    clock.now += DAY
    await refused(host("closed"), errors.InviteNotGood, code)
