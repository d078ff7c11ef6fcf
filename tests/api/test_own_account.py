"""One's own account: a new e-mail address, what its worker takes, taking one's data along, and the end of it."""

from __future__ import annotations

import asyncio
import base64
import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.api.conftest import DEADLINE, PASSWORD, Login, problem, until
from tests.api.images import png
from tests.api.test_admin import code_of, events
from tests.api.test_logs import write
from tgcfd.api.contract import document
from tgcfd.settings import Settings


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A stub takes the runner's place."""
    return replace(settings, worker=replace(settings.worker, path=(Path(__file__).parent / "stub",)))


async def delete(api: Any, login: Login, **fields: object) -> Any:
    return await api.post("/api/users/me/delete", json=fields, headers=login.headers)


# --- a new e-mail address


async def test_a_new_address_takes_the_password_and_keeps_the_log_in(
    api: Any, alice: Login, settings: Settings
) -> None:
    body = {"email": "alice@new.example", "current_password": PASSWORD}
    answer = await api.put("/api/users/me", json=body, headers=alice.headers)
    assert (answer.status, (await answer.json())["email"]) == (200, "alice@new.example")
    assert (await (await api.get("/api/users/me", headers=alice.headers)).json())["email"] == "alice@new.example"
    fields = {"username": "alice@new.example", "password": PASSWORD}
    assert (await api.post("/api/auth/login", json=fields)).status == 200
    assert await events(settings, "alice") == [("email_changed", "alice")]


async def test_a_new_address_that_cannot_be_is_refused(api: Any, alice: Login, register: Any) -> None:
    await register("bob")
    for body, pointer in (
        ({"email": "x@new.example"}, "/current_password"),
        ({"email": "x@new.example", "current_password": "wrong horse"}, "/current_password"),
        ({"email": "bob@example.org", "current_password": "wrong horse"}, "/current_password"),
        ({"email": "nobody", "current_password": PASSWORD}, "/email"),
    ):
        answer = await problem(await api.put("/api/users/me", json=body, headers=alice.headers), 422, "invalid_body")
        assert [error["pointer"] for error in answer["errors"]] == [pointer]
    body = {"email": "Bob@example.org", "current_password": PASSWORD, "name": "Bob"}
    await problem(await api.put("/api/users/me", json=body, headers=alice.headers), 409, "email_taken")
    me = await (await api.get("/api/users/me", headers=alice.headers)).json()
    assert (me["email"], me["name"]) == (alice.email, "Alice")


# --- what it takes


async def test_what_ones_worker_takes_is_known_while_it_runs(api: Any, alice: Login) -> None:
    answer = await (await api.get("/api/usage", headers=alice.headers)).json()
    assert (answer["memory_bytes"], answer["cpu_seconds"], answer["tasks"]) == (None, None, None)
    assert answer["limits"] == {
        "profile": "standard",
        "memory_mib": 512,
        "tasks": 64,
        "cpu_percent": 100,
        "io_weight": 100,
        "open_files": 1024,
    }
    await write(api, alice, lines=1)

    async def takes_memory() -> bool:  # none yet in the moment in which the kernel puts the program in place
        answer = await (await api.get("/api/usage", headers=alice.headers)).json()
        assert answer["tasks"] >= 1
        return bool(answer["memory_bytes"] > 2**20)

    await until(takes_memory)


# --- the end of it


async def test_who_deletes_their_account_leaves_nothing_but_the_slug(
    api: Any, alice: Login, settings: Settings, register: Any
) -> None:
    await write(api, alice, lines=1)
    assert (await delete(api, alice, current_password=PASSWORD)).status == 204
    await problem(await api.get("/api/users/me", headers=alice.headers), 401, "unauthorized")
    fields = {"username": alice.email, "password": PASSWORD}
    await problem(await api.post("/api/auth/login", json=fields), 401, "wrong_login")
    async with asyncio.timeout(DEADLINE):
        while (settings.state_dir / "users/alice").exists():
            await asyncio.sleep(0.01)
    assert (await events(settings, "alice"))[-1] == ("account_deleted", "alice")
    again = await register("alice")
    assert (await (await api.get("/api/users/me", headers=again.headers)).json())["slug"] != "alice"


async def test_the_audit_log_forgets_what_a_deleted_person_was_called(
    api: Any, alice: Login, settings: Settings
) -> None:
    for change in ({"name": "Alice B."}, {"email": "alice@new.example", "current_password": PASSWORD}):
        assert (await api.put("/api/users/me", json=change, headers=alice.headers)).status == 200
    assert "alice@example.org" in await everything(settings, "audit")

    assert (await delete(api, alice, current_password=PASSWORD)).status == 204

    log = await everything(settings, "audit")
    assert "alice" in log, "the slug stays: who did what can still be told"
    assert not [called for called in ("@", "Alice") if called in log]


async def everything(settings: Settings, table: str) -> str:
    """All that a table holds."""
    with closing(sqlite3.connect(settings.state_dir / "tgcfd.db")) as database:
        return str(database.execute(f"select * from {table}").fetchall())


async def test_who_does_not_know_the_password_deletes_nothing(api: Any, alice: Login) -> None:
    for fields, pointer in (
        ({}, "/current_password"),
        ({"current_password": "wrong horse"}, "/current_password"),
        ({"current_password": PASSWORD, "sure": True}, "/sure"),
    ):
        answer = await problem(await delete(api, alice, **fields), 422, "invalid_body")
        assert [error["pointer"] for error in answer["errors"]] == [pointer]
    assert (await api.get("/api/users/me", headers=alice.headers)).status == 200


async def test_a_browser_forgets_the_cookie_of_an_account_that_it_deletes(api: Any, alice: Login) -> None:
    origin = {"Origin": str(api.make_url("/")).rstrip("/")}
    fields = {"username": alice.email, "password": PASSWORD}
    assert (await api.post("/api/auth/session", json=fields, headers=origin)).status == 200
    answer = await api.post("/api/users/me/delete", json={"current_password": PASSWORD}, headers=origin)
    assert answer.status == 204
    assert answer.cookies["tgcfd_session"].value == ""


async def test_an_account_with_a_second_factor_takes_its_code_to_delete(
    api: Any, alice: Login, settings: Settings
) -> None:
    password = {"current_password": PASSWORD}
    begun = await api.post("/api/users/me/second-factor/begin", json=password, headers=alice.headers)
    code = {"code": code_of((await begun.json())["secret"])}
    on = await api.post("/api/users/me/second-factor/confirm", json=code, headers=alice.headers)
    recovery = (await on.json())["recovery_codes"][0]
    for fields in (password, password | {"code": "not one"}):
        answer = await problem(await delete(api, alice, **fields), 422, "invalid_body")
        assert [error["pointer"] for error in answer["errors"]] == ["/code"]
    assert (await delete(api, alice, **password, code=recovery)).status == 204
    assert (await events(settings, "alice"))[-1] == ("account_deleted", "alice")


# --- taking one's data along


async def test_all_that_is_kept_about_oneself_and_no_secret_can_be_taken_along(
    api: Any, alice: Login, register: Any, settings: Settings
) -> None:
    await write(api, alice, lines=1)
    image = png()
    stored = await api.put("/api/watermark", data=image, headers=alice.headers | {"Content-Type": "image/png"})
    assert stored.status == 200
    bob = await register("bob")
    name = {"name": "Robert"}
    assert (await api.put("/api/users/me", json=name, headers=bob.headers)).status == 200
    answer = await api.get("/api/users/me/export", headers=alice.headers)
    assert answer.status == 200
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="tgcfd-alice-')
    text = await answer.text()
    found = json.loads(text)
    schema = {"components": document()["components"], **document()["components"]["schemas"]["Export"]}
    Draft202012Validator(schema).validate(found)
    assert (found["account"]["email"], found["account"]["slug"]) == (alice.email, "alice")
    assert len(found["sessions"]) == 1
    assert found["worker"]["desired"] == "running"
    assert found["config"]["login"]["API_HASH"] == "********"
    assert len(found["config_versions"]) == 1
    assert base64.b64decode(found["watermark"]) == image
    assert {"data_exported", "worker_started"} <= {item["event"] for item in found["audit"]}
    assert "Robert" not in text
    stored = (settings.state_dir / "users/alice/tgcf.config.json").read_text()
    login = json.loads(stored)["login"]
    for secret in ("API_HASH", "SESSION_STRING", "BOT_TOKEN"):
        assert not login.get(secret) or login[secret] not in text, secret
    assert alice.token not in text
    assert "$argon2" not in text


async def test_the_data_can_be_taken_along_where_the_configuration_is_damaged(
    api: Any, alice: Login, settings: Settings
) -> None:
    await write(api, alice, lines=1)
    (settings.state_dir / "users/alice/tgcf.config.yml").write_text("][")
    answer = await api.get("/api/users/me/export", headers=alice.headers)
    assert (answer.status, (await answer.json())["config"]) == (200, None)
