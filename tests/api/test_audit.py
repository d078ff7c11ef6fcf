"""The audit log over the API."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from typing import Any

import pytest

from tests.api.conftest import PASSWORD, Login, problem
from tgcfd.settings import Settings

Register = Callable[[str], Awaitable[Login]]


@pytest.fixture
async def admin(api: Any, settings: Settings, register: Register) -> Login:
    """The host's owner has made an admin of somebody who registered."""
    ruth = await register("ruth")
    with closing(sqlite3.connect(settings.state_dir / "tgcfd.db")) as connection, connection:
        connection.execute("update account set role = 'admin' where email = ?", (ruth.email,))
    async with asyncio.timeout(10):
        while (await api.get("/api/admin/audit", headers=ruth.headers)).status != 200:
            await asyncio.sleep(0.05)
    return ruth


async def entries(api: Any, login: Login, path: str = "/api/audit", **query: str) -> list[dict[str, Any]]:
    answer = await api.get(path, headers=login.headers, params=query)
    assert answer.status == 200
    items: list[dict[str, Any]] = (await answer.json())["items"]
    return items


async def test_a_person_sees_what_they_did_and_others_do_not(api: Any, alice: Login, register: Register) -> None:
    bob = await register("bob")
    assert (await api.put("/api/users/me", json={"name": "Alice B."}, headers=alice.headers)).status == 200
    seen = await entries(api, alice)
    assert [item["event"] for item in seen] == ["name_changed", "logged_in", "registered"]
    assert seen[0] | {"id": 0, "time": "", "until": ""} == {
        "id": 0,
        "time": "",
        "event": "name_changed",
        "about": "alice",
        "actor": "alice",
        "way": "token",
        "address": "127.0.0.1",
        "token": None,
        "detail": {"from": "Alice", "to": "Alice B."},
        "times": 1,
        "until": "",
        "text": "alice changed their own name by a program from 127.0.0.1",
    }
    assert {item["about"] for item in await entries(api, bob)} == {"bob"}


async def test_a_wrong_password_shows_to_whose_account_it_is_about(api: Any, alice: Login) -> None:
    for password in ("not this one", "nor this one"):
        wrong = {"username": alice.email, "password": password}
        await problem(await api.post("/api/auth/login", json=wrong), 401, "wrong_login")
    (item,) = await entries(api, alice, event="log_in_refused")
    assert (item["actor"], item["way"], item["address"], item["times"]) == (None, "nobody", "127.0.0.1", 2)
    assert "not this one" not in str(item)


async def test_nothing_typed_is_kept_of_an_address_that_nobody_has(api: Any, admin: Login) -> None:
    wrong = {"username": "my-password-by-mistake@example.org", "password": PASSWORD}
    await problem(await api.post("/api/auth/login", json=wrong), 401, "wrong_login")
    (item,) = await entries(api, admin, "/api/admin/audit", event="log_in_refused")
    assert item["about"] is None
    assert "mistake" not in str(item)


async def test_an_admin_sees_all_and_can_ask_for_one(api: Any, alice: Login, admin: Login, register: Register) -> None:
    await register("bob")
    everything = await entries(api, admin, "/api/admin/audit")
    assert {"alice", "bob"} <= {item["about"] for item in everything}
    of_bob = await entries(api, admin, "/api/admin/audit", who="bob")
    assert [item["event"] for item in of_bob] == ["logged_in", "registered"]
    since = of_bob[0]["time"]
    assert [item["about"] for item in await entries(api, admin, "/api/admin/audit", since=since)] == ["bob"]
    assert since not in [item["time"] for item in await entries(api, admin, "/api/admin/audit", until=since)]


async def test_who_is_no_admin_sees_nothing_of_others(api: Any, alice: Login) -> None:
    await problem(await api.get("/api/admin/audit", headers=alice.headers), 403, "forbidden")


async def test_an_admins_address_is_not_for_the_person_they_looked_after(api: Any, alice: Login, admin: Login) -> None:
    answer = await api.post("/api/admin/users/alice/log-out", headers=admin.headers)
    assert answer.status == 204
    fields = {"username": alice.email, "password": PASSWORD}
    token = (await (await api.post("/api/auth/login", json=fields)).json())["access_token"]
    (item,) = await entries(api, Login(alice.email, token), event="logged_out_everywhere")
    assert (item["actor"], item["address"]) == ("ruth", None)
    (item,) = await entries(api, admin, "/api/admin/audit", event="logged_out_everywhere")
    assert item["address"] == "127.0.0.1"


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"event": "nothing"}, "/event"),
        ({"limit": "0"}, "/limit"),
        ({"before": "x"}, "/before"),
        ({"who": "alice"}, "/who"),
        ({"since": "2026-01-01"}, "/since"),
    ],
)
async def test_parameters_that_cannot_be_are_named(api: Any, alice: Login, query: dict[str, str], pointer: str) -> None:
    answer = await problem(await api.get("/api/audit", params=query, headers=alice.headers), 422, "invalid_query")
    assert [error["pointer"] for error in answer["errors"]] == [pointer]


@pytest.mark.parametrize("since", ["yesterday", "2026-01-01", "2026-01-01T00:00:00", "9999-12-31T23:59:59-23:59"])
async def test_a_time_needs_an_offset(api: Any, admin: Login, since: str) -> None:
    answer = await api.get("/api/admin/audit", params={"since": since}, headers=admin.headers)
    body = await problem(answer, 422, "invalid_query")
    assert [error["pointer"] for error in body["errors"]] == ["/since"]
