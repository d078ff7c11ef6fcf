"""Accounts that were looked up a moment ago."""

from __future__ import annotations

import pytest

from tests.unit.accounts.test_accounts_service import ALICE, queries
from tgcfd.accounts.api_tokens import ApiTokens
from tgcfd.accounts.model import Account, Scope
from tgcfd.accounts.recent import Recent
from tgcfd.accounts.service import Accounts
from tgcfd.errors import Unauthorized
from tgcfd.storage.database import Database


async def test_an_account_is_looked_up_once_a_moment(accounts: Accounts, db: Database) -> None:
    alice = await accounts.register(*ALICE)
    async with queries(db) as seen:
        assert [await accounts.by_id(alice.id) for _ in range(3)] == [alice] * 3
    assert len(seen) == 1


async def test_a_change_is_seen_at_once(accounts: Accounts) -> None:
    alice = await accounts.register(*ALICE)
    await accounts.by_id(alice.id)
    changed = await accounts.update(alice, name="Alice B.")
    assert await accounts.by_id(alice.id) == changed
    await accounts.delete(changed, ALICE[1])
    assert await accounts.by_id(alice.id) is None


async def test_an_api_token_that_ended_stays_so_while_the_account_is_used(accounts: Accounts, db: Database) -> None:
    alice, tokens = await accounts.register(*ALICE), ApiTokens(db, accounts)
    _, text = await tokens.make(alice, "script", frozenset({Scope.READ}), current_password=ALICE[1])
    assert await tokens.by_text(text)

    await accounts.update(alice, current_password=ALICE[1], new_password="better horse")
    assert await accounts.by_id(alice.id)  # it was looked up a moment ago now

    with pytest.raises(Unauthorized):
        await tokens.by_text(text)


async def kept(accounts: Accounts) -> tuple[Recent[Account], Account, list[float]]:
    now = [0.0]
    return Recent(life=1, size=2, clock=lambda: now[0]), await accounts.register(*ALICE), now


async def test_what_is_kept_is_forgotten_after_its_time(accounts: Accounts) -> None:
    recent, alice, now = await kept(accounts)
    recent.keep(alice.id, alice, recent.begin())
    now[0] = 0.9
    assert recent.get(alice.id) is alice
    now[0] = 1.0
    assert recent.get(alice.id) is None


async def test_what_was_looked_up_during_a_change_is_not_kept(accounts: Accounts) -> None:
    recent, alice, _ = await kept(accounts)
    begun = recent.begin()
    recent.forget(alice.id)
    recent.keep(alice.id, alice, begun)
    assert recent.get(alice.id) is None


async def test_the_oldest_make_room(accounts: Accounts) -> None:
    recent, alice, _ = await kept(accounts)
    for number in range(3):
        recent.keep(str(number), alice, recent.begin())
    assert [recent.get(str(number)) is None for number in range(3)] == [True, False, False]
