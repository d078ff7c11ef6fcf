"""API tokens: what people make for their programs, each for some things alone."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import WSServerHandshakeError

from tests.api.conftest import PASSWORD, Login, problem
from tgcfd.accounts.api_tokens import MOST
from tgcfd.settings import Settings


async def make(api: Any, login: Login, *scopes: str, name: str = "script", **more: Any) -> dict[str, Any]:
    body = {"name": name, "scopes": list(scopes), "current_password": PASSWORD, **more}
    answer = await api.post("/api/auth/tokens", json=body, headers=login.headers)
    assert answer.status == 201, await answer.text()
    made: dict[str, Any] = await answer.json()
    return made


def bearer(made: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {made['token']}"}


def execute(settings: Settings, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(settings.state_dir / "tgcfd.db")) as database, database:
        return database.execute(sql).fetchall()


async def test_a_token_is_shown_once_and_its_text_is_not_kept(api: Any, alice: Login, settings: Settings) -> None:
    made = await make(api, alice, "read", "run", expires_days=30)

    assert made["token"].startswith("tgcfd_")
    assert len(made["token"]) == len("tgcfd_") + 43, "32 random bytes"
    left = datetime.fromisoformat(made["expires"]) - datetime.now(UTC)
    assert timedelta(days=29) < left <= timedelta(days=30)
    assert (await api.get("/api/users/me", headers=bearer(made))).status == 200

    (told,) = (await (await api.get("/api/auth/tokens", headers=alice.headers)).json())["items"]
    assert told["last_used"] is not None
    assert told == {key: value for key, value in made.items() if key != "token"} | {"last_used": told["last_used"]}
    ((digest,),) = execute(settings, "select hash from api_token")
    assert digest == hashlib.sha256(made["token"].encode()).digest()
    for file in settings.state_dir.glob("tgcfd.db*"):
        assert made["token"].encode() not in file.read_bytes()


async def test_a_token_is_good_for_its_scopes_alone(api: Any, alice: Login) -> None:
    read, run = await make(api, alice, "read"), await make(api, alice, "run", name="starter")

    assert (await api.get("/api/status", headers=bearer(read))).status == 200
    said = await problem(await api.post("/api/stop", headers=bearer(read)), 403, "forbidden")
    assert "“run”" in said["detail"]
    assert (await api.post("/api/stop", headers=bearer(run))).status == 200
    await problem(await api.get("/api/status", headers=bearer(run)), 403, "forbidden")


async def test_no_token_can_change_who_may_enter(api: Any, alice: Login) -> None:
    headers = bearer(await make(api, alice, "read", "config", "run"))
    body = {"name": "more", "scopes": ["read"], "current_password": PASSWORD}
    for request in (
        api.put("/api/users/me", json={"name": "X"}, headers=headers),
        api.post("/api/auth/tokens", json=body, headers=headers),
        api.get("/api/auth/tokens", headers=headers),
        api.get("/api/auth/sessions", headers=headers),
        api.delete("/api/auth/sessions", headers=headers),
        api.post("/api/auth/logout", headers=headers),
    ):
        await problem(await request, 403, "forbidden")


async def test_a_revoked_token_is_worth_nothing_at_once(
    api: Any, alice: Login, register: Callable[[str], Awaitable[Login]], settings: Settings
) -> None:
    bob, made = await register("bob"), await make(api, alice, "read")
    path = f"/api/auth/tokens/{made['id']}"
    async with api.ws_connect("/ws/logs", headers=bearer(made)) as ws:
        assert (await ws.receive_json())["type"] == "hello"
        await problem(await api.delete(path, headers=bob.headers), 404, "not_found")
        assert (await api.get("/api/users/me", headers=bearer(made))).status == 200

        assert (await api.delete(path, headers=alice.headers)).status == 204

        await problem(await api.get("/api/users/me", headers=bearer(made)), 401, "unauthorized")
        assert (await ws.receive_json(timeout=10))["code"] == "unauthorized"
    await problem(await api.delete(path, headers=alice.headers), 404, "not_found")
    events = execute(settings, "select event, detail from audit where event like 'api_token%' order by id")
    assert [event for event, _ in events] == ["api_token_made", "api_token_revoked"]
    assert all('"name": "script"' in detail for _, detail in events)


async def test_a_new_password_ends_tokens_too(api: Any, alice: Login, settings: Settings) -> None:
    made = await make(api, alice, "read")
    change = {"current_password": PASSWORD, "new_password": "another long password"}
    assert (await api.get("/api/users/me", headers=bearer(made))).status == 200

    assert (await api.put("/api/users/me", json=change, headers=alice.headers)).status == 200

    await problem(await api.get("/api/users/me", headers=bearer(made)), 401, "unauthorized")
    assert execute(settings, "select * from api_token") == []


async def test_a_token_of_a_disabled_account_does_not_work(api: Any, alice: Login, settings: Settings) -> None:
    made = await make(api, alice, "read")
    execute(settings, "update account set disabled = 1")
    await problem(await api.get("/api/users/me", headers=bearer(made)), 401, "unauthorized")


async def test_an_expired_token_says_so_and_makes_room(api: Any, alice: Login, settings: Settings) -> None:
    made = await make(api, alice, "read", expires_days=1)
    execute(settings, "update api_token set expires = 1")
    await problem(await api.get("/api/users/me", headers=bearer(made)), 401, "unauthorized")

    await make(api, alice, "read")  # of the same name

    assert len(execute(settings, "select * from api_token")) == 1


async def test_the_scope_admin_is_an_admins(api: Any, alice: Login, settings: Settings) -> None:
    body = {"name": "script", "scopes": ["admin"], "current_password": PASSWORD}
    said = await problem(await api.post("/api/auth/tokens", json=body, headers=alice.headers), 422, "invalid_body")
    assert [error["pointer"] for error in said["errors"]] == ["/scopes"]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"current_password": "wrong horse battery"}, "/current_password"),
        ({"current_password": ""}, "/current_password"),
        ({"name": ""}, "/name"),
        ({"name": "a\nb"}, "/name"),
        ({"name": "\ud800"}, "/name"),
        ({"name": 5}, "/name"),
        ({"scopes": []}, "/scopes"),
        ({"scopes": ["account"]}, "/scopes/0"),
        ({"scopes": ["read"] * 5}, "/scopes"),
        ({"scopes": "read"}, "/scopes"),
        ({"expires_days": 0}, "/expires_days"),
        ({"expires_days": 10**30}, "/expires_days"),
        ({"expires_days": True}, "/expires_days"),
        ({"more": 1}, "/more"),
    ],
)
async def test_fields_that_are_wrong_are_named(
    api: Any, alice: Login, change: dict[str, Any], pointer: str, settings: Settings
) -> None:
    body = {"name": "script", "scopes": ["read"], "current_password": PASSWORD} | change
    said = await problem(await api.post("/api/auth/tokens", json=body, headers=alice.headers), 422, "invalid_body")
    assert [error["pointer"] for error in said["errors"]] == [pointer]
    assert execute(settings, "select * from api_token") == []


async def test_two_tokens_have_two_names(api: Any, alice: Login) -> None:
    await make(api, alice, "read")
    body = {"name": "script", "scopes": ["run"], "current_password": PASSWORD}
    said = await problem(await api.post("/api/auth/tokens", json=body, headers=alice.headers), 422, "invalid_body")
    assert [error["pointer"] for error in said["errors"]] == ["/name"]


async def test_there_is_an_end_to_how_many(api: Any, alice: Login, settings: Settings) -> None:
    await make(api, alice, "read")
    for number in range(MOST - 1):
        execute(
            settings,
            "insert into api_token (id, account_id, hash, name, scopes, created)"
            f" select 'x{number}', account_id, x'{number:04x}', 'x{number}', 'read', 0 from api_token limit 1",
        )
    body = {"name": "one more", "scopes": ["read"], "current_password": PASSWORD}
    await problem(await api.post("/api/auth/tokens", json=body, headers=alice.headers), 409, "too_many")


async def test_four_ways_for_websockets(api: Any, alice: Login) -> None:
    made = await make(api, alice, "read")
    async with api.ws_connect("/ws/logs", headers=bearer(made)) as ws:
        assert (await ws.receive_json())["type"] == "hello"
    async with api.ws_connect("/ws/logs", protocols=("tgcfd.v1", f"bearer.{made['token']}")) as ws:
        assert (await ws.receive_json())["type"] == "hello"
    async with api.ws_connect("/ws/logs") as ws:
        await ws.send_json({"type": "auth", "token": made["token"]})
        assert (await ws.receive_json())["type"] == "hello"


async def test_a_websocket_takes_the_scope_as_well(api: Any, alice: Login) -> None:
    made = await make(api, alice, "run")
    with pytest.raises(WSServerHandshakeError) as refused:
        await api.ws_connect("/ws/logs", headers=bearer(made))
    assert refused.value.status == 403
    async with api.ws_connect("/ws/logs") as ws:
        await ws.send_json({"type": "auth", "token": made["token"]})
        assert (await ws.receive_json())["code"] == "forbidden"


@pytest.mark.parametrize("text", ["tgcfd_", "tgcfd_x", "tgcfd_" + "x" * 43, "tgcfd_" + "x" * 400, "tgcfd_\udcff"])
async def test_what_is_no_token_of_ours(api: Any, alice: Login, text: str) -> None:
    headers = {"Authorization": f"Bearer {text}"}
    await problem(await api.get("/api/users/me", headers=headers), 401, "unauthorized")


async def test_the_last_use_is_written_seldom(api: Any, alice: Login, settings: Settings) -> None:
    made = await make(api, alice, "read")
    assert (await api.get("/api/users/me", headers=bearer(made))).status == 200
    ((first,),) = execute(settings, "select last_used from api_token")
    execute(settings, "update api_token set last_used = last_used - 300000000")  # five minutes

    assert (await api.get("/api/users/me", headers=bearer(made))).status == 200

    ((second,),) = execute(settings, "select last_used from api_token")
    assert second == first - 300_000_000
