"""What admins may do with accounts and workers, and what nobody else may."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyotp
import pytest
from yarl import URL

from tests.api.conftest import PASSWORD, Login, problem
from tests.api.test_logs import write
from tgcfd.settings import Profile, Settings

DEADLINE = 10

Register = Callable[[str], Awaitable[Login]]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A stub takes the runner's place; there are other limits to choose."""
    profiles = {"standard": Profile(), "large": Profile(memory_mib=2048, open_files=2000)}
    stub = replace(settings.worker, path=(Path(__file__).parent / "stub",))
    return replace(settings, worker=stub, profiles=profiles)


def change(settings: Settings, sql: str, *values: object) -> None:
    with closing(sqlite3.connect(settings.state_dir / "tgcfd.db", timeout=10)) as database:
        database.execute(sql, values)
        database.commit()


async def make_admin(api: Any, settings: Settings, login: Login) -> Login:
    """As the host's owner would, who has not seen to it yet that the daemon looks."""
    change(settings, "update account set role = 'admin' where email = ?", login.email)
    async with asyncio.timeout(DEADLINE):
        while (await api.get("/api/admin/profiles", headers=login.headers)).status != 200:
            await asyncio.sleep(0.01)
    return login


@pytest.fixture
async def ruth(api: Any, register: Register, settings: Settings) -> Login:
    """An admin."""
    return await make_admin(api, settings, await register("ruth"))


async def get(api: Any, path: str, login: Login) -> Any:
    answer = await api.get(path, headers=login.headers)
    assert answer.status == 200, await answer.text()
    return await answer.json()


async def patch(api: Any, slug: str, login: Login, **fields: object) -> Any:
    return await api.patch(f"/api/admin/users/{slug}", json=fields, headers=login.headers)


async def act(api: Any, slug: str, verb: str, login: Login) -> Any:
    return await api.post(f"/api/admin/users/{slug}/{verb}", headers=login.headers)


async def events(settings: Settings, about: str) -> list[tuple[str, str | None]]:
    """What the audit log has about an account since it was made: the event, and who did it."""
    with closing(sqlite3.connect(settings.state_dir / "tgcfd.db")) as database:
        rows = database.execute(
            "select event, actor from audit where about = ? and event not in ('registered', 'logged_in') order by id",
            (about,),
        )
        return rows.fetchall()


# --- looking


async def test_an_admin_sees_accounts_and_no_secret_of_anybody(api: Any, ruth: Login, alice: Login) -> None:
    await write(api, alice, lines=1)  # with a configuration
    found = await get(api, "/api/admin/users", ruth)
    assert found["next"] is None
    assert [item["slug"] for item in found["items"]] == ["alice", "ruth"]
    shown = found["items"][0]
    assert shown == await get(api, "/api/admin/users/alice", ruth)
    assert {key: shown[key] for key in ("email", "role", "disabled", "profile", "second_factor")} == {
        "email": alice.email,
        "role": "person",
        "disabled": False,
        "profile": "standard",
        "second_factor": False,
    }
    assert shown["last_seen"] is not None
    assert shown["limits"]["memory_mib"] == 512
    assert set(shown) & {"config", "password", "password_hash", "id", "generation", "sessions", "log"} == set()


async def test_accounts_are_searched_and_paged(api: Any, ruth: Login, register: Register) -> None:
    for name in ("bob", "carol"):
        await register(name)
    assert (await patch(api, "bob", ruth, disabled=True)).status == 200
    pages = []
    after = ""
    while after is not None:
        found = await get(api, f"/api/admin/users?limit=2{f'&after={after}' if after else ''}", ruth)
        pages.append([item["slug"] for item in found["items"]])
        after = found["next"]
    assert pages == [["bob", "carol"], ["ruth"]]
    for query, slugs in {
        "q=CAR": ["carol"],
        "q=%25": [],
        "role=admin": ["ruth"],
        "disabled=true": ["bob"],
        "disabled=false&q=example.org": ["carol", "ruth"],
    }.items():
        found = await get(api, f"/api/admin/users?{query}", ruth)
        assert [item["slug"] for item in found["items"]] == slugs, query


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "role=god", "disabled=maybe", "after=", "x=1", "q=a&q=b"])
async def test_a_search_that_cannot_be_is_refused(api: Any, ruth: Login, query: str) -> None:
    for path in ("users", "workers"):
        answer = await api.get(f"/api/admin/{path}?{query}", headers=ruth.headers)
        await problem(answer, 422, "invalid_query")


async def test_profiles_are_named_with_their_numbers(api: Any, ruth: Login) -> None:
    found = (await get(api, "/api/admin/profiles", ruth))["items"]
    assert [(item["profile"], item["memory_mib"]) for item in found] == [("large", 2048), ("standard", 512)]


# --- changing


async def test_a_disabled_account_is_out_and_its_worker_stops(api: Any, ruth: Login, alice: Login) -> None:
    await write(api, alice, lines=1)
    answer = await patch(api, "alice", ruth, disabled=True)
    assert (answer.status, (await answer.json())["disabled"]) == (200, True)
    await problem(await api.get("/api/status", headers=alice.headers), 401, "unauthorized")
    async with asyncio.timeout(DEADLINE):
        while (await get(api, "/api/admin/users/alice", ruth))["worker"]["state"] != "stopped":
            await asyncio.sleep(0.01)
    assert (await get(api, "/api/admin/users/alice", ruth))["worker"]["reason"] == "stopped_by_owner"
    assert (await patch(api, "alice", ruth, disabled=False)).status == 200
    fields = {"username": alice.email, "password": PASSWORD}
    assert (await api.post("/api/auth/login", json=fields)).status == 200


async def test_a_role_counts_from_the_next_request_on(api: Any, ruth: Login, alice: Login, settings: Settings) -> None:
    await problem(await api.get("/api/admin/users", headers=alice.headers), 403, "forbidden")
    assert (await patch(api, "alice", ruth, role="admin", current_password=PASSWORD)).status == 200
    assert (await api.get("/api/admin/users", headers=alice.headers)).status == 200
    assert (await patch(api, "ruth", alice, role="person")).status == 200
    await problem(await api.get("/api/admin/users", headers=ruth.headers), 403, "forbidden")
    assert await events(settings, "alice") == [("role_changed", "ruth")]
    assert await events(settings, "ruth") == [("role_changed", "alice")]


@pytest.mark.parametrize("typed", [{}, {"current_password": ""}, {"current_password": "wrong horse battery"}])
async def test_nobody_is_made_an_admin_without_the_password(api: Any, ruth: Login, alice: Login, typed: Any) -> None:
    answer = await patch(api, "alice", ruth, role="admin", disabled=True, **typed)
    found = await problem(answer, 422, "invalid_body")
    assert [error["pointer"] for error in found["errors"]] == ["/current_password"]
    shown = await get(api, "/api/admin/users/alice", ruth)
    assert (shown["role"], shown["disabled"]) == ("person", False)


async def test_limits_are_those_of_a_profile_that_there_is(api: Any, ruth: Login, alice: Login) -> None:
    answer = await problem(await patch(api, "alice", ruth, profile="huge", disabled=True), 422, "invalid_body")
    assert [error["pointer"] for error in answer["errors"]] == ["/profile"]
    assert "large, standard" in answer["errors"][0]["detail"]
    assert not (await get(api, "/api/admin/users/alice", ruth))["disabled"]
    assert (await patch(api, "alice", ruth, profile="large")).status == 200
    assert (await get(api, "/api/usage", alice))["limits"]["memory_mib"] == 2048
    assert (await patch(api, "alice", ruth, profile="standard")).status == 200
    assert (await get(api, "/api/usage", alice))["limits"]["memory_mib"] == 512


async def test_limits_that_the_settings_have_lost_show_as_such(
    api: Any, ruth: Login, alice: Login, settings: Settings
) -> None:
    change(settings, "update account set profile = 'lost' where slug = 'alice'")
    shown = await get(api, "/api/admin/users/alice", ruth)
    assert (shown["profile"], shown["limits"]["profile"]) == ("lost", "standard")


@pytest.mark.parametrize("fields", [{}, {"disabled": None}, {"disabled": 1}, {"role": "root"}, {"email": "a@b.c"}])
async def test_a_change_that_cannot_be_is_refused(api: Any, ruth: Login, alice: Login, fields: Any) -> None:
    await problem(await patch(api, "alice", ruth, **fields), 422, "invalid_body")


# --- the last admin


async def test_the_last_admin_stays_whoever_asks(api: Any, ruth: Login) -> None:
    for fields in ({"disabled": True}, {"role": "person"}, {"role": "person", "disabled": True, "profile": "large"}):
        await problem(await patch(api, "ruth", ruth, **fields), 409, "last_admin")
    own = await api.post("/api/users/me/delete", json={"current_password": PASSWORD}, headers=ruth.headers)
    await problem(own, 409, "last_admin")
    assert (await get(api, "/api/admin/users/ruth", ruth))["profile"] == "standard"


async def test_two_admins_who_demote_each_other_at_once_leave_one(api: Any, ruth: Login, alice: Login) -> None:
    for _ in range(5):
        assert (await patch(api, "alice", ruth, role="admin", current_password=PASSWORD)).status == 200
        answers = await asyncio.gather(
            patch(api, "alice", ruth, role="person"), patch(api, "ruth", alice, role="person")
        )
        assert sorted(answer.status for answer in answers) in ([200, 403], [200, 409])
        ruth, alice = (ruth, alice) if answers[0].status == 200 else (alice, ruth)
        if answers[0].status != 200:  # the other way round from now on
            assert (await patch(api, "ruth", ruth, role="admin", current_password=PASSWORD)).status == 200
            ruth, alice = alice, ruth


# --- acting


async def test_a_worker_is_stopped_in_the_owners_name_and_can_be_run_again(
    api: Any, ruth: Login, alice: Login, settings: Settings
) -> None:
    await write(api, alice, lines=1)
    assert (await act(api, "alice", "stop", ruth)).status == 204
    status = await get(api, "/api/status", alice)
    assert (status["isRunning"], status["reason"]["code"]) == (False, "stopped_by_owner")
    assert ("worker_stopped", "ruth") in await events(settings, "alice")
    assert (await api.post("/api/run", headers=alice.headers)).status == 200
    assert (await act(api, "ruth", "stop", ruth)).status == 204  # who runs nothing


async def test_all_log_ins_of_somebody_can_be_ended(api: Any, ruth: Login, alice: Login) -> None:
    assert (await act(api, "alice", "log-out", ruth)).status == 204
    await problem(await api.get("/api/users/me", headers=alice.headers), 401, "unauthorized")
    assert (await get(api, "/api/admin/users/alice", ruth))["last_seen"] is None


async def test_a_deleted_account_leaves_its_slug_alone(
    api: Any, ruth: Login, alice: Login, settings: Settings, register: Register
) -> None:
    await write(api, alice, lines=1)
    assert (await act(api, "alice", "delete", ruth)).status == 204
    await problem(await api.get("/api/users/me", headers=alice.headers), 401, "unauthorized")
    async with asyncio.timeout(DEADLINE):
        while (settings.state_dir / "users/alice").exists():
            await asyncio.sleep(0.01)
    await problem(await api.get("/api/admin/users/alice", headers=ruth.headers), 404, "not_found")
    assert (await events(settings, "alice"))[-1] == ("account_deleted", "ruth")
    again = await register("alice")
    assert (await get(api, "/api/users/me", again))["slug"] != "alice"


async def test_who_has_lost_their_second_factor_gets_in_without_it(api: Any, ruth: Login, alice: Login) -> None:
    password = {"current_password": PASSWORD}
    begun = await api.post("/api/users/me/second-factor/begin", json=password, headers=alice.headers)
    code = {"code": code_of((await begun.json())["secret"])}
    assert (await api.post("/api/users/me/second-factor/confirm", json=code, headers=alice.headers)).status == 200
    fields = {"username": alice.email, "password": PASSWORD}
    await problem(await api.post("/api/auth/login", json=fields), 401, "second_factor_needed")
    assert (await get(api, "/api/admin/users/alice", ruth))["second_factor"]
    assert (await act(api, "alice", "second-factor-off", ruth)).status == 204
    assert not (await get(api, "/api/admin/users/alice", ruth))["second_factor"]
    assert (await api.post("/api/auth/login", json=fields)).status == 200


def code_of(secret: str) -> str:
    """What the authenticator app shows now."""
    return pyotp.TOTP(secret).now()


async def test_a_second_factor_that_is_off_cannot_be_switched_off(api: Any, ruth: Login, alice: Login) -> None:
    await problem(await act(api, "alice", "second-factor-off", ruth), 409, "second_factor_is_off")


async def test_an_admin_does_not_switch_their_own_off_without_a_code(api: Any, ruth: Login) -> None:
    await problem(await act(api, "ruth", "second-factor-off", ruth), 403, "forbidden")


async def test_an_admin_does_not_delete_themselves_without_the_password(
    api: Any, ruth: Login, alice: Login, settings: Settings
) -> None:
    await make_admin(api, settings, alice)  # so that she is not the last one
    found = await problem(await act(api, "ruth", "delete", ruth), 403, "forbidden")
    assert "/api/users/me/delete" in found["detail"]
    assert (await get(api, "/api/users/me", ruth))["slug"] == "ruth"


async def test_what_workers_take_is_seen_by_page(api: Any, ruth: Login, register: Register) -> None:
    for name in ("bob", "carol"):
        await write(api, await register(name), lines=1)
    first = await get(api, "/api/admin/workers?limit=1", ruth)
    second = await get(api, f"/api/admin/workers?limit=1&after={first['next']}", ruth)
    assert [item["slug"] for item in first["items"] + second["items"]] == ["bob", "carol"]
    assert (first["next"], second["next"]) == ("bob", None)
    shown = first["items"][0]
    assert (shown["mode"], shown["reason"], shown["restarts"]) == ("live", None, 0)
    assert shown["usage"]["memory_bytes"] > 2**20
    assert shown["usage"]["tasks"] >= 1
    assert "text" not in shown


# --- nobody else


ROUTES = [
    ("GET", "/api/admin/users"),
    ("GET", "/api/admin/users/ruth"),
    ("PATCH", "/api/admin/users/ruth"),
    ("POST", "/api/admin/users/ruth/delete"),
    ("POST", "/api/admin/users/ruth/stop"),
    ("POST", "/api/admin/users/ruth/log-out"),
    ("POST", "/api/admin/users/ruth/second-factor-off"),
    ("GET", "/api/admin/workers"),
    ("GET", "/api/admin/profiles"),
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_who_is_no_admin_may_do_none_of_it(api: Any, ruth: Login, alice: Login, method: str, path: str) -> None:
    body = json.dumps({"role": "person"}) if method == "PATCH" else None
    headers = {"Content-Type": "application/json"} if body else {}
    answer = await api.request(method, path, data=body, headers=headers | alice.headers)
    await problem(answer, 403, "forbidden")
    await problem(await api.request(method, path, data=body, headers=headers), 401, "unauthorized")


@pytest.mark.parametrize("slug", ["nobody", "ruth@example.org", "%00", "..", "a" * 500, "'"])
async def test_who_is_not_there_is_not_found(api: Any, ruth: Login, slug: str) -> None:
    answer = await api.get(URL(f"/api/admin/users/{slug}", encoded=True), headers=ruth.headers)
    assert answer.status == 404
    for verb in ("delete", "stop", "log-out", "second-factor-off"):
        answer = await api.post(URL(f"/api/admin/users/{slug}/{verb}", encoded=True), headers=ruth.headers)
        assert answer.status == 404
