"""Registering, logging in, changing and deleting accounts."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import argon2
import pytest

from tgcfd import errors
from tgcfd.accounts.model import Account, Role
from tgcfd.accounts.passwords import Passwords
from tgcfd.accounts.second_factor import SecondFactor
from tgcfd.accounts.service import Accounts
from tgcfd.settings import Registration
from tgcfd.storage.database import Database

ALICE = ("alice@example.org", "correct horse", "Alice")


@pytest.fixture
async def alice(accounts: Accounts) -> Account:
    return await accounts.register(*ALICE)


async def change(db: Database, sql: str, *values: object) -> None:
    await db.run(lambda connection: connection.execute(sql, values).rowcount)


async def stored_hash(db: Database) -> str:
    return await db.run(lambda connection: connection.execute("select password_hash from account").fetchone()[0])


@contextlib.asynccontextmanager
async def queries(db: Database) -> AsyncIterator[list[str]]:
    """What the database is asked for, without the beginnings and ends of transactions."""
    seen: list[str] = []
    await db.run(lambda connection: connection.set_trace_callback(seen.append))
    try:
        yield seen
    finally:
        await db.run(lambda connection: connection.set_trace_callback(None))
        seen[:] = [query for query in seen if query not in ("BEGIN IMMEDIATE", "COMMIT", "ROLLBACK")]


def pointers(error: pytest.ExceptionInfo[errors.InvalidBody]) -> list[str]:
    return [violation.pointer for violation in error.value.errors]


# --- registering


async def test_a_new_account_is_an_ordinary_person(accounts: Accounts) -> None:
    account = await accounts.register(" Alice@Example.org ", "correct horse", " Alice ")

    assert (account.email, account.name, account.slug) == ("Alice@Example.org", "Alice", "alice")
    assert (account.role, account.disabled) == (Role.PERSON, False)
    assert abs(datetime.now(UTC) - account.created) < timedelta(minutes=1)
    assert await accounts.by_id(account.id) == account


async def test_the_password_is_kept_as_an_argon2id_hash_only(alice: Account, db: Database) -> None:
    assert (await stored_hash(db)).startswith("$argon2id$")
    for file in db.path.parent.iterdir():
        assert b"correct horse" not in file.read_bytes()


async def test_everything_that_is_wrong_is_said_at_once(accounts: Accounts) -> None:
    with pytest.raises(errors.InvalidBody) as error:
        await accounts.register("nobody", "short", None, "Root")

    assert pointers(error) == ["/email", "/name", "/password", "/slug"]


@pytest.mark.parametrize("kind", [None, 7, True, [], {}, "", "\ud800", "\0"])
async def test_values_of_the_wrong_kind_are_named_not_crashed_on(accounts: Accounts, kind: object) -> None:
    with pytest.raises(errors.InvalidBody) as error:
        await accounts.register(kind, kind, kind)

    assert pointers(error) == ["/email", "/name", "/password"]


async def test_an_address_in_use_is_taken_whatever_its_case(accounts: Accounts, alice: Account, hasher) -> None:
    hashed = hasher.hashed

    with pytest.raises(errors.EmailTaken):
        await accounts.register("ALICE@example.ORG", "another horse", "Other")

    assert hasher.hashed == hashed, "hashing is costly, and was for nothing"


async def test_of_fifty_at_once_with_one_address_one_gets_it(accounts: Accounts, db: Database) -> None:
    answers = await asyncio.gather(*(accounts.register(*ALICE) for _ in range(50)), return_exceptions=True)

    assert [type(answer) for answer in answers].count(Account) == 1
    assert {type(answer) for answer in answers} <= {Account, errors.EmailTaken, errors.Busy}
    rows = await db.run(lambda connection: connection.execute("select slug from used_slug").fetchall())
    assert [row["slug"] for row in rows] == ["alice"], "who lost has used a slug up"


async def test_people_with_one_name_at_different_hosts_get_different_slugs(accounts: Accounts) -> None:
    addresses = [f"info@host{number}.org" for number in range(12)]

    people = [await accounts.register(address, "correct horse", "Info") for address in addresses]

    assert [person.slug for person in people] == ["info", *(f"info-{number}" for number in range(2, 13))]


async def test_a_slug_is_never_given_out_again(accounts: Accounts, alice: Account) -> None:
    await accounts.delete(alice, ALICE[1])

    again = await accounts.register(*ALICE)

    assert again.slug == "alice-2"
    assert again.id != alice.id


async def test_a_chosen_slug_is_given_once(accounts: Accounts) -> None:
    first = await accounts.register(*ALICE, slug="al")
    with pytest.raises(errors.InvalidBody) as error:
        await accounts.register("bob@example.org", "correct horse", "Bob", slug="al")

    assert first.slug == "al"
    assert pointers(error) == ["/slug"]


# --- logging in


async def test_who_knows_the_password_gets_in(accounts: Accounts, alice: Account) -> None:
    assert await accounts.log_in("ALICE@example.org", "correct horse") == alice


WRONG_LOGINS = [
    ("alice@example.org", "wrong horse"),
    ("alice@example.org", ""),
    ("alice@example.org", "x" * 257),
    ("alice@example.org", "correct horse\0"),
    ("alice@example.org", "\ud800"),
    ("alice@example.org", None),
    ("bob@example.org", "correct horse"),
    ("nobody", "correct horse"),
    ("\ud800", "correct horse"),
    ("", ""),
    (None, None),
    (7, ["x"]),
    ("' or 1=1 --", "correct horse"),
]


@pytest.mark.parametrize(("email", "password"), WRONG_LOGINS, ids=repr)
async def test_all_wrong_logins_get_one_answer_for_one_verification(
    accounts: Accounts, alice: Account, hasher, email: object, password: object
) -> None:
    with pytest.raises(errors.WrongLogin) as error:
        await accounts.log_in(email, password)

    assert error.value.detail == errors.WrongLogin().detail
    costs = [argon2.extract_parameters(stored) for stored in hasher.verified]
    assert costs == [argon2.extract_parameters(hasher.hash("x"))], "not one verification of the usual costs"


async def test_a_disabled_account_looks_like_an_unknown_one(
    accounts: Accounts, alice: Account, db: Database, hasher
) -> None:
    await change(db, "update account set disabled = 1")

    with pytest.raises(errors.WrongLogin):
        await accounts.log_in("alice@example.org", "correct horse")

    assert len(hasher.verified) == 1


async def test_until_the_password_is_right_the_database_is_asked_once_known_or_not(
    accounts: Accounts, alice: Account, db: Database
) -> None:
    async with queries(db) as known:
        with pytest.raises(errors.WrongLogin):
            await accounts.log_in("alice@example.org", "wrong horse", "123456")
    async with queries(db) as unknown:
        with pytest.raises(errors.WrongLogin):
            await accounts.log_in("bob@example.org", "correct horse")

    assert (len(known), len(unknown)) == (1, 1)


async def test_a_hash_with_old_costs_is_renewed_at_the_next_log_in(
    accounts: Accounts, alice: Account, db: Database
) -> None:
    old = argon2.PasswordHasher(time_cost=2, memory_cost=16, parallelism=1).hash("correct horse")
    await change(db, "update account set password_hash = ?", old)

    await accounts.log_in("alice@example.org", "correct horse")

    assert "$m=8,t=1,p=1$" in await stored_hash(db)
    await accounts.log_in("alice@example.org", "correct horse")


async def test_no_account_has_an_unknown_id(accounts: Accounts) -> None:
    assert await accounts.by_id("nobody") is None


# --- changing


async def test_a_new_name_needs_no_password(accounts: Accounts, alice: Account, hasher) -> None:
    changed = await accounts.update(alice, name=" Alice Miller ", current_password="", new_password="")

    assert changed.name == "Alice Miller"
    assert await accounts.by_id(alice.id) == changed
    assert hasher.verified == []


async def test_a_new_password_replaces_the_old_one_and_leaves_the_name(accounts: Accounts, alice: Account) -> None:
    changed = await accounts.update(alice, current_password="correct horse", new_password="better horse")

    assert changed == replace(alice, generation=1)
    assert await accounts.log_in(alice.email, "better horse") == changed
    with pytest.raises(errors.WrongLogin):
        await accounts.log_in(alice.email, "correct horse")


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"name": ""}, ["/name"]),
        ({"name": 7}, ["/name"]),
        ({"new_password": "better horse"}, ["/current_password"]),
        ({"new_password": "better horse", "current_password": "wrong horse"}, ["/current_password"]),
        ({"new_password": "better horse", "current_password": 7}, ["/current_password"]),
        ({"new_password": "better horse", "current_password": "\ud800"}, ["/current_password"]),
        ({"new_password": "short", "current_password": "correct horse"}, ["/new_password"]),
        ({"new_password": 7, "current_password": "correct horse"}, ["/new_password"]),
        ({"new_password": "My own na", "current_password": "correct horse", "name": "My own na"}, ["/new_password"]),
        (
            {"new_password": "short", "current_password": "wrong horse", "name": "\n"},
            ["/name", "/new_password", "/current_password"],
        ),
    ],
)  # fmt: skip
async def test_a_change_that_is_wrong_anywhere_changes_nothing(
    accounts: Accounts, alice: Account, hasher, fields: dict[str, object], wrong: list[str]
) -> None:
    hashed = hasher.hashed

    with pytest.raises(errors.InvalidBody) as error:
        await accounts.update(alice, **fields)

    assert pointers(error) == wrong
    assert hasher.hashed == hashed, "hashing is costly, and was for nothing"
    assert await accounts.log_in(alice.email, "correct horse") == alice


async def test_no_change_is_no_error(accounts: Accounts, alice: Account) -> None:
    assert await accounts.update(alice) == alice


async def test_an_account_deleted_meanwhile_cannot_be_changed(accounts: Accounts, alice: Account) -> None:
    await accounts.delete(alice, ALICE[1])

    with pytest.raises(errors.Unauthorized):
        await accounts.update(alice, name="Alice Miller")


async def test_an_account_is_as_old_as_its_registration(accounts: Accounts, alice: Account) -> None:
    assert await accounts.born("alice") == alice.created
    await accounts.delete(alice, ALICE[1])
    with pytest.raises(errors.Unauthorized):
        await accounts.born("alice")


async def test_an_account_is_deleted_once(accounts: Accounts, alice: Account) -> None:
    await accounts.delete(alice, ALICE[1])

    with pytest.raises(errors.Unauthorized):
        await accounts.delete(alice, ALICE[1])
    assert await accounts.by_id(alice.id) is None


async def test_who_does_not_know_the_password_deletes_nothing(accounts: Accounts, alice: Account) -> None:
    for password in (None, "", "wrong horse"):
        with pytest.raises(errors.InvalidBody) as error:
            await accounts.delete(alice, password)
        assert pointers(error) == ["/current_password"]

    assert await accounts.by_id(alice.id) == alice


# --- many at once


async def test_too_many_log_ins_at_once_are_told_to_come_back(db: Database, hasher) -> None:
    passwords = Passwords(hasher, threads=1, waiting=0)
    accounts = Accounts(db, passwords, SecondFactor(db), may_register=Registration.OPEN)
    await accounts.register(*ALICE)

    answers = await asyncio.gather(*(accounts.log_in(*ALICE[:2]) for _ in range(30)), return_exceptions=True)

    kinds = [type(answer) for answer in answers]
    assert set(kinds) == {Account, errors.Busy}
    await passwords.close()
