"""What the host's owner and admins do with accounts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tests.unit.accounts.test_accounts_own_change import noted
from tgcfd import errors
from tgcfd.accounts.administration import Administration
from tgcfd.accounts.model import Account, Role
from tgcfd.accounts.passwords import Passwords
from tgcfd.accounts.service import Accounts
from tgcfd.audit.actor import ACTOR, Actor
from tgcfd.storage.database import Database

PASSWORD = "correct horse"


@pytest.fixture
def administration(db: Database, passwords: Passwords, accounts: Accounts) -> Administration:
    return Administration(db, passwords, changed=accounts.changed)


@pytest.fixture
def add(administration: Administration) -> Callable[..., Awaitable[Account]]:
    async def make(slug: str, role: Role = Role.PERSON, name: str | None = None) -> Account:
        return await administration.add(f"{slug}@example.org", PASSWORD, name or slug.title(), slug=slug, role=role)

    return make


Add = Callable[..., Awaitable[Account]]


async def slugs(administration: Administration, text: str = "", **how: object) -> list[str]:
    return [found.account.slug for found in await administration.search(text, **{"limit": 50, **how})]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ["alice", "bob", "ruth"]),
        ("ALI", ["alice"]),
        ("B@EXAMPLE", ["bob"]),
        ("ünal", ["bob"]),
        ("ÜNAL %", ["bob"]),
        ("%", ["bob"]),
        ("_", []),
        ("nobody", []),
        ("' or 1=1 --", []),
    ],
)
async def test_accounts_are_found_by_a_part_of_address_name_or_slug(
    administration: Administration, add: Add, text: str, found: list[str]
) -> None:
    await add("ruth", Role.ADMIN)
    await add("bob", name="Bob Ünal %")
    await add("alice")
    assert await slugs(administration, text) == found


async def test_accounts_are_found_by_role_and_whether_they_are_disabled_and_page_by_page(
    administration: Administration, add: Add
) -> None:
    await add("ruth", Role.ADMIN)
    for slug in ("dave", "carol", "bob"):
        await administration.disable(await add(slug))
    await administration.enable(await administration.find("carol"))
    assert await slugs(administration, role=Role.ADMIN) == ["ruth"]
    assert await slugs(administration, disabled=True) == ["bob", "dave"]
    assert await slugs(administration, disabled=False) == ["carol", "ruth"]
    assert await slugs(administration, limit=2) == ["bob", "carol"]
    assert await slugs(administration, limit=2, after="carol") == ["dave", "ruth"]


async def remove(administration: Administration, accounts: Accounts, account: Account, how: str) -> None:
    match how:
        case "deleted by themselves":
            await accounts.delete(account, PASSWORD)
        case "deleted":
            await administration.delete(account)
        case "disabled":
            await administration.disable(account)
        case "disabled with others":
            await administration.change(account, profile="large", disabled=True)
        case "made a person":
            await administration.change(account, profile="large", role=Role.PERSON)
        case "made a person and disabled":
            await administration.change(account, disabled=True, role=Role.PERSON)


HOW = [
    "deleted by themselves",
    "deleted",
    "disabled",
    "disabled with others",
    "made a person",
    "made a person and disabled",
]


@pytest.mark.parametrize("how", HOW)
async def test_the_last_admin_stays(administration: Administration, accounts: Accounts, add: Add, how: str) -> None:
    ruth = await add("ruth", Role.ADMIN)
    await add("alice")
    disabled = await add("frank", Role.ADMIN)
    await administration.disable(disabled)
    with pytest.raises(errors.LastAdmin, match=r"ruth@example\.org"):
        await remove(administration, accounts, ruth, how)
    assert await accounts.by_id(ruth.id) == ruth


@pytest.mark.parametrize("how", HOW)
async def test_of_two_admins_who_go_at_once_one_stays(
    administration: Administration, accounts: Accounts, add: Add, how: str
) -> None:
    admins = [await add("ruth", Role.ADMIN), await add("boris", Role.ADMIN)]
    ends = await asyncio.gather(
        *(remove(administration, accounts, admin, how) for admin in admins), return_exceptions=True
    )
    assert sorted(map(str, map(type, ends))) == sorted(map(str, (errors.LastAdmin, type(None))))
    assert len(await slugs(administration, role=Role.ADMIN, disabled=False)) == 1


async def test_a_change_is_all_or_nothing_and_seen_at_once(
    administration: Administration, accounts: Accounts, add: Add, db: Database
) -> None:
    ruth, alice = await add("ruth", Role.ADMIN), await add("alice")
    assert await accounts.by_id(alice.id) == alice
    ACTOR.set(Actor("cookie", "ruth", "192.0.2.7"))
    await administration.change(alice, role=Role.ADMIN, profile="large", disabled=True)
    now = await accounts.by_id(alice.id)
    assert now is not None
    assert (now.role, now.profile, now.disabled) == (Role.ADMIN, "large", True)
    assert now.generation > alice.generation
    changes = [
        ("profile_changed", {"from": "standard", "to": "large"}),
        ("role_changed", {"from": "person", "to": "admin"}),
        ("account_disabled", {}),
    ]
    assert await noted(db) == changes
    # what is so already is no change
    await administration.change(alice, role=Role.ADMIN, profile="large", disabled=True)
    assert await noted(db) == changes
    with pytest.raises(errors.LastAdmin):
        await administration.change(ruth, profile="large", role=Role.PERSON)
    assert await accounts.by_id(ruth.id) == ruth


async def test_log_ins_end_while_the_account_stays_open(
    administration: Administration, accounts: Accounts, add: Add, db: Database
) -> None:
    alice = await add("alice")
    await administration.log_out(alice)
    now = await accounts.log_in(alice.email, PASSWORD)
    assert now.generation > alice.generation
    assert ("logged_out_everywhere", {}) in await noted(db)


async def test_whoever_is_gone_is_not_found(administration: Administration, add: Add) -> None:
    alice = await add("alice")
    await administration.delete(alice)
    for act in (administration.disable, administration.enable, administration.delete, administration.log_out):
        with pytest.raises(errors.NotFound):
            await act(alice)
    for who in ("alice", "alice@example.org", "@", ""):
        with pytest.raises(errors.NotFound):
            await administration.find(who)
    with pytest.raises(errors.NotFound):
        await administration.get("alice")
