"""What people change of their own account, and what the audit log has of it."""

from __future__ import annotations

import json
import sqlite3

import pytest

from tests.unit.accounts.test_accounts_service import ALICE, pointers
from tgcfd import errors
from tgcfd.accounts.model import Account
from tgcfd.accounts.service import Accounts
from tgcfd.storage.database import Database


@pytest.fixture
async def alice(accounts: Accounts) -> Account:
    return await accounts.register(*ALICE)


async def test_a_new_address_logs_in_from_then_on_and_ends_no_log_in(
    accounts: Accounts, alice: Account, db: Database
) -> None:
    changed = await accounts.update(alice, email="alice@new.example", current_password=ALICE[1])

    assert (changed.email, changed.generation) == ("alice@new.example", alice.generation)
    assert await accounts.log_in("alice@new.example", ALICE[1]) == changed
    with pytest.raises(errors.WrongLogin):
        await accounts.log_in(*ALICE[:2])
    assert await noted(db) == [("email_changed", {"from": ALICE[0], "to": "alice@new.example"})]


async def test_a_new_address_needs_the_password_and_has_to_be_free(accounts: Accounts, alice: Account) -> None:
    await accounts.register("bob@example.org", "correct horse", "Bob")
    for password in (None, "wrong horse"):  # nor is anybody told whose address it is
        with pytest.raises(errors.InvalidBody) as error:
            await accounts.update(alice, email="bob@example.org", current_password=password)
        assert pointers(error) == ["/current_password"]
    with pytest.raises(errors.EmailTaken):
        await accounts.update(alice, email="BOB@example.org", name="Alicia", current_password=ALICE[1])

    assert await accounts.by_id(alice.id) == alice


async def test_ones_own_address_can_be_written_otherwise(accounts: Accounts, alice: Account) -> None:
    changed = await accounts.update(alice, email="Alice@Example.org", current_password=ALICE[1])
    assert changed.email == "Alice@Example.org"


async def test_what_a_person_changes_is_noted_without_any_secret(
    accounts: Accounts, alice: Account, db: Database
) -> None:
    fields = {"name": "Alicia", "current_password": ALICE[1], "new_password": "a quite new one"}
    changed = await accounts.update(alice, **fields)
    await accounts.update(changed, name="Alicia")

    assert await noted(db) == [("password_changed", {}), ("name_changed", {"from": alice.name, "to": "Alicia"})]


async def test_what_a_deleted_person_was_called_is_noted_no_longer(
    accounts: Accounts, alice: Account, db: Database
) -> None:
    await accounts.update(alice, name="Alicia")
    await accounts.delete(alice, ALICE[1])

    assert await noted(db) == [("name_changed", {}), ("account_deleted", {})]


async def noted(db: Database) -> list[tuple[str, dict[str, object]]]:
    """What the audit log has, but for how accounts came to be."""

    def select(connection: sqlite3.Connection) -> list[tuple[str, dict[str, object]]]:
        rows = connection.execute("select event, detail from audit where event <> 'registered' order by id")
        return [(row["event"], json.loads(row["detail"])) for row in rows]

    return await db.run(select)
