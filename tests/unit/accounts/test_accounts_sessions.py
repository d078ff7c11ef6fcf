"""The web page's log-in: a cookie that says nothing, and a row that can be taken away."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from http.cookies import Morsel
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient
from aiohttp_session import get_session, new_session, session_middleware

from tgcfd.accounts import sessions
from tgcfd.accounts.model import Account
from tgcfd.accounts.service import Accounts
from tgcfd.accounts.sessions import ACCOUNT_ID, COOKIE, GENERATION, SessionStorage
from tgcfd.storage.database import Database

# aiohttp-session 2.12 keeps its session in the request under a plain name, which aiohttp 3.14 advises against.
pytestmark = pytest.mark.filterwarnings("ignore:It is recommended to use web.RequestKey")

DAY = 24 * 3600


class Clock:
    now = datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp()

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def alice(accounts: Accounts) -> Account:
    return await accounts.register("alice@example.org", "correct horse", "Alice")


@pytest.fixture
def storage(db: Database, clock: Clock) -> SessionStorage:
    return SessionStorage(db, clock=clock)


def application(storage: SessionStorage, account_id: str) -> web.Application:
    async def log_in(request: web.Request) -> web.Response:
        session = await new_session(request)
        session[ACCOUNT_ID] = account_id
        session[GENERATION] = int(request.query.get("generation", 0))
        return web.Response()

    async def who(request: web.Request) -> web.Response:
        session = await get_session(request)
        return web.Response(text=str(session.get(ACCOUNT_ID)))

    async def until(request: web.Request) -> web.Response:
        return web.Response(text=storage.expires(await get_session(request)).isoformat())

    async def log_out(request: web.Request) -> web.Response:
        (await get_session(request)).invalidate()
        return web.Response()

    async def misuse(request: web.Request) -> web.Response:
        (await get_session(request))["basket"] = "apples"
        return web.Response()

    app = web.Application(middlewares=[session_middleware(storage)])
    app.add_routes([web.post("/in", log_in), web.get("/who", who), web.get("/until", until)])
    app.add_routes([web.post("/out", log_out), web.post("/misuse", misuse)])
    return app


@pytest.fixture
async def client(aiohttp_client, storage: SessionStorage, alice: Account) -> TestClient:
    return await aiohttp_client(application(storage, alice.id))


async def log_in(client: TestClient) -> Morsel[str]:
    response = await client.post("/in")
    assert response.status == 200
    return response.cookies[COOKIE]


async def who(client: TestClient, cookie: str | None = None) -> str:
    """Who the daemon takes the client for, with its own cookie or, from elsewhere, with a copy."""
    if cookie is not None:
        client.session.cookie_jar.clear()
        client.session.cookie_jar.update_cookies({COOKIE: cookie}, client.make_url("/"))
    response = await client.get("/who")
    assert response.status == 200
    return await response.text()


async def rows(db: Database) -> list[dict[str, object]]:
    return await db.run(lambda connection: [dict(row) for row in connection.execute("select * from session")])


async def change(db: Database, sql: str) -> None:
    await db.run(lambda connection: connection.execute(sql).rowcount)


async def test_who_logged_in_is_known_until_they_log_out(client: TestClient, alice: Account, db: Database) -> None:
    cookie = await log_in(client)
    assert await who(client) == alice.id

    left = await client.post("/out")

    assert left.cookies[COOKIE]["max-age"] == "0"
    assert await who(client, cookie.value) == "None", "a copy of the cookie still works"
    assert await rows(db) == []


async def test_a_log_in_with_the_password_of_before_is_not_kept(client: TestClient) -> None:
    response = await client.post("/in?generation=7")  # the account has another one by now

    assert await who(client) == "None"
    assert not response.cookies[COOKIE].value


async def test_the_cookie_is_hidden_from_scripts_and_other_sites(client: TestClient) -> None:
    header = (await client.post("/in")).headers["Set-Cookie"]

    # The header itself: aiohttp's client adds a domain to what it has parsed.
    attributes = {part.strip().lower() for part in header.split(";")[1:] if "expires" not in part.lower()}
    assert attributes == {"httponly", "samesite=lax", "path=/", f"max-age={30 * DAY}"}


async def test_by_https_the_cookie_is_sent_over_https_only(
    aiohttp_client, storage: SessionStorage, alice: Account
) -> None:
    app = application(storage, alice.id)

    @web.middleware
    async def by_https(request: web.Request, handler: Any) -> web.StreamResponse:
        return await handler(request.clone(scheme="https"))

    app.middlewares.insert(0, by_https)
    client = await aiohttp_client(app)

    assert (await log_in(client))["secure"] is True


async def test_the_database_does_not_know_the_cookie(client: TestClient, db: Database) -> None:
    cookie = await log_in(client)

    assert [row["id_hash"] for row in await rows(db)] == [hashlib.sha256(cookie.value.encode()).digest()]
    assert len(cookie.value) == 43, "32 random bytes"


async def test_a_log_in_gives_a_new_id_and_ends_the_one_before(client: TestClient, alice: Account) -> None:
    first = await log_in(client)
    second = await log_in(client)

    assert await who(client, second.value) == alice.id
    assert await who(client, first.value) == "None"


async def test_a_cookie_that_someone_else_chose_is_not_taken_over(client: TestClient) -> None:
    await who(client, "planted-by-someone-else")

    cookie = await log_in(client)

    assert cookie.value != "planted-by-someone-else"
    assert await who(client, "planted-by-someone-else") == "None"


@pytest.mark.parametrize("cookie", ["", "x", "x" * 4000, "%00", "é", '"; drop table session; --'])
async def test_any_other_cookie_is_nobodys(client: TestClient, cookie: str) -> None:
    assert await who(client, cookie) == "None"


async def test_who_only_looks_gets_no_cookie_and_no_row(client: TestClient, db: Database) -> None:
    response = await client.get("/who")

    assert COOKIE not in response.cookies
    assert await rows(db) == []


async def test_a_session_ends_after_its_life_however_busy(client: TestClient, clock: Clock, alice: Account) -> None:
    await log_in(client)
    start = clock.now
    until = await (await client.get("/until")).text()
    for day in range(1, 30):
        clock.now = start + day * DAY
        assert await who(client) == alice.id

    clock.now = start + 30 * DAY

    assert await who(client) == "None"
    assert until == datetime.fromtimestamp(clock.now, UTC).isoformat()


async def test_a_session_that_rests_for_a_week_ends(client: TestClient, clock: Clock, alice: Account) -> None:
    await log_in(client)
    clock.now += 7 * DAY - 1
    assert await who(client) == alice.id

    clock.now += 7 * DAY

    assert await who(client) == "None"


async def test_a_busy_session_is_written_seldom(client: TestClient, clock: Clock, db: Database) -> None:
    await log_in(client)
    before = (await rows(db))[0]["last_seen"]

    clock.now += 9 * 60
    await who(client)
    assert (await rows(db))[0]["last_seen"] == before

    clock.now += 2 * 60
    await who(client)
    assert (await rows(db))[0]["last_seen"] == int(clock.now * 1_000_000)


async def test_a_new_password_ends_all_sessions_of_that_account_alone(
    client: TestClient, storage: SessionStorage, accounts: Accounts, alice: Account, aiohttp_client, db: Database
) -> None:
    bob = await accounts.register("bob@example.org", "correct horse", "Bob")
    bobs = await aiohttp_client(application(storage, bob.id))
    await log_in(client)
    await log_in(bobs)

    await accounts.update(alice, current_password="correct horse", new_password="better horse")

    assert await who(client) == "None"
    assert await who(bobs) == bob.id


@pytest.mark.parametrize("sql", ["update account set disabled = 1", "delete from account"])
async def test_a_session_ends_with_its_account(client: TestClient, db: Database, sql: str) -> None:
    await log_in(client)

    await change(db, sql)

    assert await who(client) == "None"


@pytest.mark.parametrize("sql", ["update account set disabled = 1", "delete from account"])
async def test_an_account_that_goes_while_it_logs_in_gets_no_session(
    client: TestClient, db: Database, sql: str
) -> None:
    await change(db, sql)

    cookie = await log_in(client)

    assert cookie.value == ""
    assert await rows(db) == []


async def test_expired_sessions_are_deleted_at_the_next_log_in(
    client: TestClient, storage: SessionStorage, clock: Clock, db: Database
) -> None:
    for _ in range(3):
        client.session.cookie_jar.clear()
        await log_in(client)
    assert len(await rows(db)) == 3
    clock.now += 8 * DAY

    await log_in(client)

    assert len(await rows(db)) == 1


async def test_an_account_keeps_only_its_newest_sessions(
    client: TestClient, clock: Clock, db: Database, alice: Account
) -> None:
    oldest = await log_in(client)
    for _ in range(sessions._MOST_PER_ACCOUNT):
        clock.now += 1
        client.session.cookie_jar.clear()
        newest = await log_in(client)

    assert len(await rows(db)) == sessions._MOST_PER_ACCOUNT
    assert await who(client, oldest.value) == "None"
    assert await who(client, newest.value) == alice.id


async def test_a_session_is_no_place_for_other_things(client: TestClient, db: Database) -> None:
    response = await client.post("/misuse")

    assert response.status == 500
    assert await rows(db) == []


async def test_one_request_asks_the_database_once(client: TestClient, db: Database) -> None:
    await log_in(client)
    asked: list[str] = []
    await db.run(lambda connection: connection.set_trace_callback(asked.append))

    await who(client)

    await db.run(lambda connection: connection.set_trace_callback(None))
    assert len([query for query in asked if query.startswith(("select", "update", "delete", "insert"))]) == 1


def test_the_life_of_a_session_is_a_choice_of_the_host(db: Database) -> None:
    assert SessionStorage(db, life=timedelta(hours=1)).max_age == 3600
