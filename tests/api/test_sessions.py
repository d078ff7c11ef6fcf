"""Log-ins of browsers and programs: begun, listed, refreshed, ended."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import WSServerHandshakeError

from tests.api.conftest import DEADLINE, PASSWORD, Login, problem, until
from tgcfd.accounts import key_rotation, keys
from tgcfd.settings import Settings


@pytest.fixture
def origin(api: Any) -> dict[str, str]:
    """What a browser sends along from our own page."""
    return {"Origin": str(api.make_url("/")).rstrip("/"), "Sec-Fetch-Site": "same-origin"}


async def log_in(api: Any, login: Login) -> dict[str, Any]:
    answer = await api.post("/api/auth/login", json={"username": login.email, "password": PASSWORD})
    assert answer.status == 200
    tokens: dict[str, Any] = await answer.json()
    return tokens


async def begin_session(api: Any, login: Login, origin: dict[str, str], **headers: str) -> str:
    """Log the browser in; returns its cookie."""
    body = {"username": login.email, "password": PASSWORD}
    answer = await api.post("/api/auth/session", json=body, headers={**origin, **headers})
    assert answer.status == 200
    cookie: str = answer.cookies["tgcfd_session"].value
    return cookie


async def refresh(api: Any, token: str) -> Any:
    return await api.post("/api/auth/refresh", json={"refresh_token": token})


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def who(api: Any, headers: dict[str, str]) -> int:
    status: int = (await api.get("/api/users/me", headers=headers)).status
    return status


def audit(settings: Settings) -> list[tuple[str, str | None, str]]:
    """What the audit log tells: event, about whom, in which way."""
    with closing(sqlite3.connect(settings.state_dir / "tgcfd.db")) as database:
        return database.execute("select event, about, way from audit order by id").fetchall()


async def test_a_refresh_token_gives_the_next_tokens_once(api: Any, alice: Login, settings: Settings) -> None:
    first = await log_in(api, alice)
    assert first["expires_in"] in {3599, 3600}

    second = await (await refresh(api, first["refresh_token"])).json()

    # both access tokens are of one session, and good
    assert second["refresh_token"] != first["refresh_token"]
    assert [await who(api, bearer(tokens["access_token"])) for tokens in (first, second)] == [200, 200]
    # but a refresh token that comes again ends it
    await problem(await refresh(api, first["refresh_token"]), 401, "refresh_reused")
    await problem(await refresh(api, second["refresh_token"]), 401, "unauthorized")
    assert [await who(api, bearer(tokens["access_token"])) for tokens in (first, second)] == [401, 401]
    assert await who(api, alice.headers) == 200, "another session has nothing to do with it"
    assert ("refresh_reused", "alice", "token") in audit(settings)


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "x" * 200, "é"])
async def test_what_is_no_refresh_token(api: Any, token: str) -> None:
    await problem(await refresh(api, token), 401, "unauthorized")


async def test_a_refresh_token_is_no_way_in_by_itself(api: Any, alice: Login) -> None:
    tokens = await log_in(api, alice)
    await problem(await api.get("/api/users/me", headers=bearer(tokens["refresh_token"])), 401, "unauthorized")
    await problem(await refresh(api, tokens["access_token"]), 422, "invalid_body")  # longer than any


async def test_a_program_logs_out(api: Any, alice: Login, settings: Settings) -> None:
    tokens = await log_in(api, alice)
    headers = bearer(tokens["access_token"])
    assert await who(api, headers) == 200

    assert (await api.post("/api/auth/logout", headers=headers)).status == 204

    await problem(await api.get("/api/users/me", headers=headers), 401, "unauthorized")
    await problem(await refresh(api, tokens["refresh_token"]), 401, "unauthorized")
    assert await who(api, alice.headers) == 200
    assert audit(settings)[-1] == ("logged_out", "alice", "token")


async def test_one_sees_where_one_is_logged_in_and_ends_it(
    api: Any, alice: Login, register: Callable[[str], Awaitable[Login]], origin: dict[str, str], settings: Settings
) -> None:
    bob = await register("bob")
    value = await begin_session(api, alice, origin, **{"User-Agent": "Fire\tfox" + "x" * 300})
    cookie = {"Cookie": f"tgcfd_session={value}"}
    api.session.cookie_jar.clear()

    async def items(headers: dict[str, str]) -> list[dict[str, Any]]:
        answer = await api.get("/api/auth/sessions", headers=headers)
        assert answer.status == 200
        told: list[dict[str, Any]] = (await answer.json())["items"]
        return told

    page, program = await items(cookie)
    assert (page["kind"], page["current"], page["user_agent"], page["address"]) == (
        "cookie",
        True,
        "Firefox" + "x" * 193,
        "127.0.0.1",
    )
    assert (program["kind"], program["current"]) == ("token", False)
    assert [item["current"] for item in await items(alice.headers)] == [False, True]

    # nobody else sees or ends them
    assert [item["kind"] for item in await items(bob.headers)] == ["token"]
    path = f"/api/auth/sessions/{page['id']}"
    await problem(await api.delete(path, headers=bob.headers), 404, "not_found")
    assert (await api.delete(path, headers=alice.headers)).status == 204
    assert await who(api, cookie) == 401
    await problem(await api.delete(path, headers=alice.headers), 404, "not_found")
    assert audit(settings)[-1] == ("session_ended", "alice", "token")


@pytest.mark.parametrize("session_id", ["x", "%00", "é", "x" * 22, "a" * 1000])
async def test_a_session_that_is_not_there(api: Any, alice: Login, session_id: str) -> None:
    await problem(await api.delete(f"/api/auth/sessions/{session_id}", headers=alice.headers), 404, "not_found")


async def test_log_out_everywhere_ends_browsers_programs_and_api_tokens(
    api: Any, alice: Login, register: Callable[[str], Awaitable[Login]], origin: dict[str, str], settings: Settings
) -> None:
    bob = await register("bob")
    tokens = await log_in(api, alice)
    body = {"name": "script", "scopes": ["read"], "current_password": PASSWORD}
    made = await (await api.post("/api/auth/tokens", json=body, headers=alice.headers)).json()
    await begin_session(api, alice, origin)
    ways = [{}, alice.headers, bearer(tokens["access_token"]), bearer(made["token"])]
    assert [await who(api, way) for way in ways] == [200] * 4

    answer = await api.delete("/api/auth/sessions", headers=origin)

    assert (answer.status, answer.cookies["tgcfd_session"].value) == (204, "")
    assert [await who(api, way) for way in ways] == [401] * 4
    await problem(await refresh(api, tokens["refresh_token"]), 401, "unauthorized")
    assert await who(api, bob.headers) == 200
    assert ("logged_out_everywhere", "alice", "cookie") in audit(settings)


async def test_an_open_socket_ends_with_its_session(api: Any, alice: Login) -> None:
    tokens = await log_in(api, alice)
    async with api.ws_connect("/ws/logs", headers=bearer(tokens["access_token"])) as ws:
        assert (await ws.receive_json())["type"] == "hello"
        assert (await api.post("/api/auth/logout", headers=bearer(tokens["access_token"]))).status == 204
        assert (await ws.receive_json(timeout=DEADLINE))["code"] == "unauthorized"


# --- browsers


async def test_a_browser_that_logs_in_gets_a_new_cookie_and_the_old_one_is_dead(
    api: Any, alice: Login, origin: dict[str, str]
) -> None:
    planted = {"Cookie": "tgcfd_session=" + "a" * 22 + "." + "b" * 43}
    first = await begin_session(api, alice, origin, **planted)
    second = await begin_session(api, alice, origin)
    api.session.cookie_jar.clear()

    assert len({first, second, planted["Cookie"].partition("=")[2]}) == 3
    assert await who(api, {"Cookie": f"tgcfd_session={first}"}) == 401
    assert await who(api, {"Cookie": f"tgcfd_session={second}"}) == 200


async def test_a_page_learns_who_is_logged_in_and_nobody_is_no_error(
    api: Any, alice: Login, origin: dict[str, str]
) -> None:
    async def current() -> Any:
        answer = await api.get("/api/auth/session")
        assert answer.status == 200
        return (await answer.json())["user"]

    # nobody is, whether there is no cookie or one that is worth nothing
    assert await current() is None
    api.session.cookie_jar.update_cookies({"tgcfd_session": "made.up"})
    assert await current() is None
    # somebody is
    await begin_session(api, alice, origin)
    assert await current() == await (await api.get("/api/users/me")).json()
    # and is no more
    assert (await api.delete("/api/auth/session", headers=origin)).status == 204
    assert await current() is None


async def test_the_cookie_is_hidden_from_scripts_and_other_sites(
    api: Any, alice: Login, origin: dict[str, str]
) -> None:
    body = {"username": alice.email, "password": PASSWORD}
    header = (await api.post("/api/auth/session", json=body, headers=origin)).headers["Set-Cookie"]

    attributes = {part.strip().lower() for part in header.split(";")[1:] if "expires" not in part.lower()}
    assert attributes == {"httponly", "samesite=lax", "path=/", f"max-age={30 * 24 * 3600}"}


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none", "", "SAME-ORIGIN", "same-origin, cross-site"])
async def test_what_the_browser_says_came_from_elsewhere_is_refused(
    api: Any, alice: Login, origin: dict[str, str], site: str
) -> None:
    await begin_session(api, alice, origin)
    headers = {**origin, "Sec-Fetch-Site": site}

    await problem(await api.put("/api/users/me", json={"name": "X"}, headers=headers), 403, "foreign_origin")
    body = {"username": alice.email, "password": PASSWORD}
    await problem(await api.post("/api/auth/session", json=body, headers=headers), 403, "foreign_origin")
    with pytest.raises(WSServerHandshakeError) as refused:
        await api.ws_connect("/ws/logs", headers=headers)
    assert refused.value.status == 403
    # a link from elsewhere may be followed, and a token says enough by itself
    assert await who(api, headers) == 200
    with_token = {**headers, **alice.headers}
    assert (await api.put("/api/users/me", json={"name": "X"}, headers=with_token)).status == 200


async def test_a_token_logs_nobody_out_of_a_browser_nor_the_other_way_round(
    api: Any, alice: Login, origin: dict[str, str]
) -> None:
    await begin_session(api, alice, origin)
    await problem(await api.delete("/api/auth/session", headers=alice.headers), 401, "unauthorized")
    await problem(await api.post("/api/auth/logout", headers=origin), 401, "unauthorized")
    # a browser that ends its own session in the list loses its cookie
    (page,) = [
        item
        for item in (await (await api.get("/api/auth/sessions", headers=origin)).json())["items"]
        if item["current"]
    ]
    answer = await api.delete(f"/api/auth/sessions/{page['id']}", headers=origin)
    assert (answer.status, answer.cookies["tgcfd_session"].value) == (204, "")
    assert await who(api, {}) == 401


async def test_by_cookie_the_database_is_asked_once_a_second_too(
    api: Any, alice: Login, origin: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from tgcfd.storage import database  # noqa: PLC0415

    await begin_session(api, alice, origin)
    transaction, times = database._transaction, []

    def counted(*arguments: Any) -> Any:
        times.append(1)
        return transaction(*arguments)

    monkeypatch.setattr(database, "_transaction", counted)
    begin = asyncio.get_running_loop().time()
    for _ in range(100):
        assert (await api.get("/api/status")).status == 200
    assert 1 <= len(times) <= 1 + asyncio.get_running_loop().time() - begin


# --- the audit log, and keys


async def test_who_is_refused_is_in_the_audit_log_without_what_was_typed(
    api: Any, alice: Login, settings: Settings
) -> None:
    for typed in (alice.email.upper(), "nobody@example.org", "my own passphrase"):
        answer = await api.post("/api/auth/login", json={"username": typed, "password": "wrong horse battery"})
        await problem(answer, 401, "wrong_login")

    # those of no account are one entry
    assert audit(settings)[-2:] == [("log_in_refused", "alice", "nobody"), ("log_in_refused", None, "nobody")]
    kept = (settings.state_dir / "tgcfd.db-wal").read_bytes() + (settings.state_dir / "tgcfd.db").read_bytes()
    assert b"passphrase" not in kept
    assert b"nobody@" not in kept


async def test_a_new_key_is_noticed_and_nobody_is_logged_out(api: Any, alice: Login, settings: Settings) -> None:
    import jwt  # noqa: PLC0415

    kid = await key_rotation.rotate(settings.state_dir, forget_old=False)

    async def signs() -> bool:
        token = (await log_in(api, alice))["access_token"]
        assert await who(api, bearer(token)) == 200
        return bool(jwt.get_unverified_header(token)["kid"] == kid)

    await until(signs)
    assert await who(api, alice.headers) == 200


async def test_a_key_that_leaked_is_worth_nothing_but_sessions_go_on(
    api: Any, alice: Login, settings: Settings
) -> None:
    tokens = await log_in(api, alice)
    await key_rotation.rotate(settings.state_dir, forget_old=True)

    async def is_refused() -> bool:
        return await who(api, bearer(tokens["access_token"])) == 401

    await until(is_refused)
    renewed = await (await refresh(api, tokens["refresh_token"])).json()
    assert await who(api, bearer(renewed["access_token"])) == 200


async def test_with_a_key_that_cannot_be_read_the_ones_of_before_stay(
    api: Any, alice: Login, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    os.chmod(settings.state_dir / "keys" / keys.SIGNING, 0o644)  # noqa: PTH101

    assert (
        await api.post("/api/auth/logout", headers=bearer((await log_in(api, alice))["access_token"]))
    ).status == 204

    async def is_said() -> bool:
        return "The keys of before stay in use" in caplog.text

    await until(is_said)
    assert await who(api, alice.headers) == 200


class TestShortLife:
    """Of settings."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, accounts=replace(settings.accounts, token_minutes=1, session_days=1))

    async def test_tokens_and_cookies_live_as_long_as_the_host_says(
        self, api: Any, alice: Login, origin: dict[str, str]
    ) -> None:
        assert (await log_in(api, alice))["expires_in"] in {59, 60}
        body = {"username": alice.email, "password": PASSWORD}
        header = (await api.post("/api/auth/session", json=body, headers=origin)).headers["Set-Cookie"]
        assert "Max-Age=86400" in header


async def test_a_page_does_nothing_for_who_logged_in_in_another_tab(
    api: Any, alice: Login, register: Callable[[str], Awaitable[Login]], origin: dict[str, str]
) -> None:
    bob = await register("bob")
    await begin_session(api, bob, origin)
    as_alice, as_bob = ({**origin, "Tgcfd-User": name} for name in ("alice", "bob"))
    # what a page asks as the one who is logged in
    assert (await api.post("/api/config", json={}, headers=as_bob)).status == 200
    async with api.ws_connect("/ws/events", headers=origin, protocols=("tgcfd.v1", "user.bob")) as ws:
        assert (await ws.receive_json())["type"] == "hello"
    # is refused to a page that still shows who was logged in before
    await problem(await api.post("/api/config", json={}, headers=as_alice), 401, "unauthorized")
    await problem(await api.get("/api/config", headers=as_alice), 401, "unauthorized")
    for path in ("/ws/events", "/ws/logs"):
        async with api.ws_connect(path, headers=origin, protocols=("tgcfd.v1", "user.alice")) as ws:
            assert (await ws.receive_json())["code"] == "unauthorized"
            assert (await ws.receive()).data == 4401
