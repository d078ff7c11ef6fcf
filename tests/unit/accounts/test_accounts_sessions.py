"""Log-ins of browsers and programs: rows that can be taken away, of which the database knows no secret."""

from __future__ import annotations

import asyncio
import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.unit.accounts.conftest import Clock
from tests.unit.accounts.test_accounts_service import queries
from tgcfd import errors
from tgcfd.accounts import session_rows
from tgcfd.accounts.model import Account
from tgcfd.accounts.service import Accounts
from tgcfd.accounts.session_rows import Client, Kind
from tgcfd.accounts.sessions import Begun, Sessions
from tgcfd.audit.record import Event
from tgcfd.storage.database import Database

DAY = 24 * 3600
FIREFOX = Client("Firefox", "192.0.2.7")
CURL = Client("curl", None)


@pytest.fixture
async def alice(accounts: Accounts) -> Account:
    return await accounts.register("alice@example.org", "correct horse", "Alice")


@pytest.fixture
def sessions(db: Database, accounts: Accounts, clock: Clock) -> Sessions:
    return Sessions(db, accounts, clock=clock)


async def browser(sessions: Sessions, account: Account) -> Begun:
    return await sessions.begin(account, Kind.COOKIE, FIREFOX)


async def program(sessions: Sessions, account: Account) -> Begun:
    return await sessions.begin(account, Kind.TOKEN, CURL)


async def rows(db: Database) -> list[dict[str, object]]:
    return await db.run(lambda connection: [dict(row) for row in connection.execute("select * from session")])


async def events(db: Database) -> list[tuple[str, str, str, str]]:
    """What the audit log tells: event, about whom, by whom, in which way."""
    select = "select event, about, actor, way from audit where event <> 'registered' order by id"
    return await db.run(lambda connection: [tuple(row) for row in connection.execute(select)])


async def elsewhere(db: Database, accounts: Accounts, sql: str) -> None:
    """What another program does, once the daemon has noticed."""
    await db.run(lambda connection: connection.execute(sql).rowcount)
    accounts.forget()


async def test_the_database_knows_no_secret(sessions: Sessions, alice: Account, db: Database) -> None:
    cookie, token = await browser(sessions, alice), await program(sessions, alice)

    stored = {row["id"]: row for row in await rows(db)}
    for begun in (cookie, token):
        parts = begun.secret.split(".")
        assert parts[0] == begun.session.id
        assert stored[parts[0]]["secret_hash"] == hashlib.sha256(parts[1].encode()).digest()
        assert not any(part in repr(begun) or part in repr(stored) for part in parts[1:])
    assert [len(part) for part in token.secret.split(".")] == [22, 43, 43], "16 and 32 random bytes"


async def test_a_cookie_names_its_session_until_it_ends(sessions: Sessions, alice: Account, db: Database) -> None:
    begun = await browser(sessions, alice)
    found = await sessions.by_cookie(begun.secret)
    assert found is not None
    assert (found.account, found.session.client) == (alice, FIREFOX)

    await sessions.end(alice, begun.session.id, Event.LOGGED_OUT)

    assert await sessions.by_cookie(begun.secret) is None
    assert await rows(db) == []


async def test_what_is_no_cookie_of_ours_asks_the_database_nothing(
    sessions: Sessions, alice: Account, db: Database
) -> None:
    async with queries(db) as asked:
        for cookie in ("", "x", "x" * 4000, "%00", "é", "\ud800", '"; drop table session; --', "a.b", "a" * 22 + "."):
            assert await sessions.by_cookie(cookie) is None
    assert asked == []


async def test_neither_half_of_a_secret_is_enough(sessions: Sessions, alice: Account) -> None:
    mine, other = await browser(sessions, alice), await browser(sessions, alice)
    refresh = (await program(sessions, alice)).secret
    (a, b), (c, d) = mine.secret.split("."), other.secret.split(".")

    assert await sessions.by_cookie(f"{a}.{d}") is None
    assert await sessions.by_cookie(f"{c}.{b}") is None
    # nor is a program's secret one of a browser, and the other way round
    assert await sessions.by_cookie(refresh.rpartition(".")[0]) is None
    with pytest.raises(errors.Unauthorized):
        await sessions.refresh(f"{mine.secret}.{'x' * 43}", CURL)


async def test_a_log_in_ends_the_one_before_in_the_same_browser(
    sessions: Sessions, accounts: Accounts, alice: Account
) -> None:
    said: list[str] = []
    accounts.on_log_ins_ended = lambda: said.append("log-ins have ended")
    first = await browser(sessions, alice)
    assert await sessions.live(first.session.id)
    assert not said

    second = await sessions.begin(alice, Kind.COOKIE, FIREFOX, instead_of=first.session.id)

    assert said, "or the logs and events of before would be followed on"
    assert await sessions.live(first.session.id) is None
    assert await sessions.live(second.session.id)


async def test_a_session_that_is_used_again_and_again_is_looked_up_once_a_second(
    sessions: Sessions, alice: Account, db: Database
) -> None:
    begun = await browser(sessions, alice)
    async with queries(db) as asked:
        for _ in range(100):
            assert await sessions.by_cookie(begun.secret)
    assert len(asked) == 2, "session and account, in one transaction"


async def test_a_session_ends_after_its_life_however_busy(sessions: Sessions, alice: Account, clock: Clock) -> None:
    begun, start = await browser(sessions, alice), clock.now
    for day in range(1, 30):
        clock.now = start + day * DAY
        assert await sessions.live(begun.session.id)

    clock.now = start + 30 * DAY

    assert await sessions.live(begun.session.id) is None
    assert begun.session.expires == datetime.fromtimestamp(clock.now, UTC)


async def test_a_session_that_rests_for_a_week_ends(
    sessions: Sessions, accounts: Accounts, alice: Account, clock: Clock
) -> None:
    begun = await program(sessions, alice)
    clock.now += 7 * DAY - 1
    assert await sessions.live(begun.session.id)

    clock.now += 7 * DAY
    accounts.forget()

    assert await sessions.live(begun.session.id) is None
    with pytest.raises(errors.Unauthorized):
        await sessions.refresh(begun.secret, CURL)


async def test_a_busy_session_is_written_seldom(
    sessions: Sessions, accounts: Accounts, alice: Account, clock: Clock, db: Database
) -> None:
    begun = await browser(sessions, alice)
    before = (await rows(db))[0]["last_seen"]

    clock.now += 9 * 60
    await sessions.live(begun.session.id)
    assert (await rows(db))[0]["last_seen"] == before

    clock.now += 2 * 60
    accounts.forget()
    await sessions.live(begun.session.id)
    assert (await rows(db))[0]["last_seen"] == int(clock.now * 1_000_000)


# --- refresh tokens


async def test_each_refresh_gives_the_next_token(sessions: Sessions, alice: Account) -> None:
    begun = await program(sessions, alice)
    seen = {begun.secret}
    for _ in range(3):
        begun = await sessions.refresh(begun.secret, CURL)
        seen.add(begun.secret)
        assert await sessions.live(begun.session.id)
    assert len(seen) == 4


async def test_a_refresh_token_that_was_used_ends_the_session(sessions: Sessions, alice: Account, db: Database) -> None:
    first = await program(sessions, alice)
    second = await sessions.refresh(first.secret, CURL)
    third = await sessions.refresh(second.secret, CURL)

    with pytest.raises(errors.RefreshReused):
        await sessions.refresh(first.secret, CURL)

    assert await sessions.live(first.session.id) is None
    with pytest.raises(errors.Unauthorized):
        await sessions.refresh(third.secret, CURL)
    assert (await events(db))[-1] == ("refresh_reused", "alice", "alice", "token")


async def test_of_many_refreshes_at_once_one_is_answered_and_the_session_ends(
    sessions: Sessions, alice: Account, db: Database
) -> None:
    begun = await program(sessions, alice)

    answers = await asyncio.gather(*(sessions.refresh(begun.secret, CURL) for _ in range(20)), return_exceptions=True)

    kinds = [type(answer) for answer in answers]
    assert (kinds.count(Begun), kinds.count(errors.RefreshReused), kinds.count(errors.Unauthorized)) == (1, 1, 18)
    assert await rows(db) == []


@pytest.mark.parametrize("token", ["", ".", "..", "a.b.c", "x" * 110, "é", "\ud800", "\0"])
async def test_a_made_up_refresh_token_is_refused(sessions: Sessions, alice: Account, db: Database, token: str) -> None:
    await program(sessions, alice)
    with pytest.raises(errors.Unauthorized):
        await sessions.refresh(token, CURL)
    assert len(await rows(db)) == 1


async def test_who_knows_an_id_cannot_end_the_session(sessions: Sessions, alice: Account) -> None:
    begun = await program(sessions, alice)

    with pytest.raises(errors.Unauthorized):
        await sessions.refresh(f"{begun.session.id}.{'x' * 43}.{'y' * 43}", CURL)

    assert await sessions.live(begun.session.id)


# --- with its account


async def test_a_new_password_ends_all_sessions_of_that_account_alone(
    sessions: Sessions, accounts: Accounts, alice: Account
) -> None:
    bob = await accounts.register("bob@example.org", "correct horse", "Bob")
    hers, his = await browser(sessions, alice), await browser(sessions, bob)
    assert await sessions.live(hers.session.id)
    assert await sessions.live(his.session.id)

    await accounts.update(alice, current_password="correct horse", new_password="better horse")

    assert await sessions.live(hers.session.id) is None
    assert await sessions.live(his.session.id)


async def test_a_session_that_ended_stays_so_while_the_next_one_is_used(
    sessions: Sessions, accounts: Accounts, alice: Account
) -> None:
    before = await browser(sessions, alice)
    assert await sessions.live(before.session.id)

    changed = await accounts.update(alice, current_password="correct horse", new_password="better horse")
    after = await browser(sessions, changed)

    assert await sessions.live(after.session.id)  # the account was looked up a moment ago now
    assert await sessions.live(before.session.id) is None


async def test_log_out_everywhere_ends_all_sessions_at_once(
    sessions: Sessions, accounts: Accounts, alice: Account, db: Database
) -> None:
    woken: list[bool] = []
    accounts.on_log_ins_ended = lambda: woken.append(True)
    both = [await browser(sessions, alice), await program(sessions, alice)]
    for begun in both:
        assert await sessions.live(begun.session.id)

    await sessions.end_all(alice)

    assert [await sessions.live(begun.session.id) for begun in both] == [None, None]
    with pytest.raises(errors.Unauthorized):
        await sessions.refresh(both[1].secret, CURL)
    assert (await events(db))[-1][:2] == ("logged_out_everywhere", "alice")
    assert woken == [True], "open sockets are not looked at"


@pytest.mark.parametrize("sql", ["update account set disabled = 1", "delete from account"])
async def test_a_session_ends_with_its_account(
    sessions: Sessions, accounts: Accounts, alice: Account, db: Database, sql: str
) -> None:
    cookie, token = await browser(sessions, alice), await program(sessions, alice)
    assert await sessions.live(cookie.session.id)

    await elsewhere(db, accounts, sql)

    assert await sessions.live(cookie.session.id) is None
    with pytest.raises(errors.Unauthorized):
        await sessions.refresh(token.secret, CURL)


@pytest.mark.parametrize(
    "sql",
    ["update account set disabled = 1", "delete from account", "update account set generation = generation + 1"],
)
async def test_an_account_that_changes_while_it_logs_in_gets_no_session(
    sessions: Sessions, accounts: Accounts, alice: Account, db: Database, sql: str
) -> None:
    await elsewhere(db, accounts, sql)

    with pytest.raises(errors.WrongLogin):
        await browser(sessions, alice)

    assert await rows(db) == []
    assert await events(db) == []


async def test_what_ends_while_it_is_looked_up_is_not_kept(sessions: Sessions, alice: Account) -> None:
    begun = await browser(sessions, alice)

    await asyncio.gather(sessions.live(begun.session.id), sessions.end(alice, begun.session.id, Event.SESSION_ENDED))

    assert await sessions.live(begun.session.id) is None


async def test_nobody_ends_the_session_of_another(sessions: Sessions, accounts: Accounts, alice: Account) -> None:
    bob = await accounts.register("bob@example.org", "correct horse", "Bob")
    begun = await browser(sessions, alice)

    with pytest.raises(errors.NotFound):
        await sessions.end(bob, begun.session.id, Event.SESSION_ENDED)

    assert await sessions.all(bob) == []
    assert [session.id for session in await sessions.all(alice)] == [begun.session.id]


# --- what is kept


async def test_expired_sessions_are_deleted_at_the_next_log_in(
    sessions: Sessions, alice: Account, clock: Clock, db: Database
) -> None:
    for _ in range(3):
        await browser(sessions, alice)
    clock.now += 8 * DAY

    await browser(sessions, alice)

    assert len(await rows(db)) == 1


async def test_an_account_keeps_only_the_sessions_used_last_and_programs_displace_no_browser(
    sessions: Sessions, accounts: Accounts, alice: Account, clock: Clock
) -> None:
    page = await browser(sessions, alice)
    used, unused = await program(sessions, alice), await program(sessions, alice)
    clock.now += 3600
    await sessions.live(used.session.id)
    for _ in range(session_rows.MOST_PER_KIND - 1):
        clock.now += 1
        await program(sessions, alice)

    accounts.forget()
    assert await sessions.live(unused.session.id) is None
    assert await sessions.live(used.session.id)
    assert await sessions.live(page.session.id)
    assert len(await sessions.all(alice)) == session_rows.MOST_PER_KIND + 1


async def test_the_audit_log_tells_who_logged_in_and_who_was_refused(
    sessions: Sessions, alice: Account, db: Database
) -> None:
    await browser(sessions, alice)
    await sessions.refused(" ALICE@example.org\u00a0", FIREFOX, "e-mail address or password")
    await sessions.refused("my secret passphrase", FIREFOX, "e-mail address or password")

    assert await events(db) == [
        ("logged_in", "alice", "alice", "cookie"),
        ("log_in_refused", "alice", None, "nobody"),
        ("log_in_refused", None, None, "nobody"),
    ]
    everything = await db.run(lambda connection: [tuple(row) for row in connection.execute("select * from audit")])
    assert "passphrase" not in json.dumps(everything)


def test_the_life_of_a_session_is_a_choice_of_the_host(db: Database, accounts: Accounts) -> None:
    assert Sessions(db, accounts, life=timedelta(hours=1)).life == timedelta(hours=1)
