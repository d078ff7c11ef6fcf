"""Taking a configuration over from elsewhere, and taking one's own away."""

import asyncio
import base64
import io
import json
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.api.conftest import PASSWORD, Login, problem
from tgcfd.config.imports.session import packed
from tgcfd.settings import Settings

HASH = "0123456789abcdef0123456789abcdef"
TOKEN = "123456789:" + "A" * 35
KEY = bytes(range(256))
STRING = packed(2, "149.154.167.51", 443, KEY)
OLD = "forwards:\n  - {source: source_chat, dest: [target_chat]}\nplugins: {format: {style: bold}, nice: {a: 1}}\n"
ENV = f"API_ID=12345\nAPI_HASH={HASH}\nBOT_TOKEN={TOKEN}\n"
LOGIN = {"API_ID": 5, "API_HASH": HASH, "user_type": 1, "SESSION_STRING": STRING}


def body(*contents: Any, **more: Any) -> dict[str, Any]:
    files = []
    for number, content in enumerate(contents):
        if isinstance(content, bytes):
            file = {"content": base64.b64encode(content).decode(), "encoding": "base64"}
        else:
            file = {"content": content if isinstance(content, str) else json.dumps(content)}
        files.append({"name": f"file {number}", **file})
    return {"files": files, **more}


async def imported(api: Any, person: Login, *contents: Any, headers: Any = None, **more: Any) -> Any:
    return await api.post(
        "/api/config/import", json=body(*contents, **more), headers={**person.headers, **(headers or {})}
    )


async def config(api: Any, person: Login) -> Any:
    return await (await api.get("/api/config", headers=person.headers)).json()


def events(settings: Settings) -> list[tuple[str, dict[str, Any]]]:
    with sqlite3.connect(settings.state_dir / "tgcfd.db") as database:
        rows = database.execute("select event, detail from audit where event like 'config%' order by rowid").fetchall()
    database.close()
    return [(event, json.loads(detail)) for event, detail in rows]


async def test_without_confirmation_nothing_is_changed(api: Any, alice: Login, settings: Settings) -> None:
    before = await config(api, alice)
    answer = await imported(api, alice, OLD, ENV)
    said = await answer.json()
    assert (answer.status, said["format"], said["stored"]) == (200, "tgcf_0_2", False)
    assert said["config"]["login"]["API_ID"] == 12345
    assert said["config"]["login"]["BOT_TOKEN"] == "********"
    assert [note["where"] for note in said["not_taken"]] == ["/plugins/nice"]
    assert said["problems"] == []
    assert HASH not in json.dumps(said)
    assert await config(api, alice) == before
    assert events(settings) == []


async def test_what_is_confirmed_is_what_was_shown(api: Any, alice: Login, settings: Settings) -> None:
    shown = await imported(api, alice, OLD, ENV)
    stored = await imported(api, alice, OLD, ENV, confirm=True, headers={"If-Match": shown.headers["ETag"]})
    said = await stored.json()
    assert said == {**await shown.json(), "stored": True}
    now = await api.get("/api/config", headers=alice.headers)
    assert await now.json() == said["config"]
    assert now.headers["ETag"] == stored.headers["ETag"] != shown.headers["ETag"]
    assert events(settings) == [("config_imported", {"format": "tgcf_0_2"})]


async def test_the_import_is_a_version_of_its_own_way(api: Any, alice: Login) -> None:
    await imported(api, alice, {"mode": 1}, confirm=True)
    versions = await (await api.get("/api/config/versions", headers=alice.headers)).json()
    assert [version["way"] for version in versions["items"]] == ["import"]


async def test_a_change_meanwhile_is_not_overwritten(api: Any, alice: Login) -> None:
    shown = await imported(api, alice, {"mode": 1})
    await api.post("/api/config", json={"past": {"delay": 3}}, headers=alice.headers)
    late = await imported(api, alice, {"mode": 1}, confirm=True, headers={"If-Match": shown.headers["ETag"]})
    await problem(late, 412, "config_changed")
    assert (await config(api, alice))["mode"] == 0


async def test_what_cannot_be_stored_is_shown_and_then_refused(api: Any, alice: Login) -> None:
    bad = {"plugins": {"fmt": {"style": "normal"}}, "mode": 1}
    said = await (await imported(api, alice, bad)).json()
    assert [(one["pointer"], one["refused"]) for one in said["problems"]] == [("/plugins/fmt/style", True)]
    refused = await problem(await imported(api, alice, bad, confirm=True), 422, "config_invalid")
    assert [error["pointer"] for error in refused["errors"]] == ["/plugins/fmt/style"]
    assert (await config(api, alice))["mode"] == 0


async def test_a_session_file_changes_the_session_alone(api: Any, alice: Login, tmp_path: Path) -> None:
    await api.post("/api/config", json={"login": {"API_ID": 5}, "mode": 1}, headers=alice.headers)
    database = sqlite3.connect(tmp_path / "x.session")
    database.execute("create table sessions (dc_id integer primary key, server_address, port, auth_key, takeout_id)")
    database.execute("insert into sessions values (2, '149.154.167.51', 443, ?, null)", (KEY,))
    database.commit()
    database.close()
    answer = await imported(api, alice, (tmp_path / "x.session").read_bytes(), confirm=True)
    said = await answer.text()
    assert (answer.status, json.loads(said)["format"]) == (200, "session_file")
    assert STRING not in said
    file = await api.post(
        "/api/config/export", json={"current_password": PASSWORD, "format": "json"}, headers=alice.headers
    )
    whole = await file.json()
    assert (whole["login"]["SESSION_STRING"], whole["login"]["API_ID"], whole["mode"]) == (STRING, 5, 1)


@pytest.mark.parametrize(
    "files",
    [["hello"], [{"a": 1}], ["[[]" + ",[]" * 200_000 + "]"], [b"\xff\xff"], [OLD, OLD], ["{"], [" "], ["[" * 100_000]],
)
async def test_what_is_nothing_that_can_be_imported_is_refused(api: Any, alice: Login, files: list[Any]) -> None:
    said = await problem(await imported(api, alice, *files, confirm=True), 422, "import_unknown")
    assert "file 0" in said["detail"]


@pytest.mark.parametrize(
    ("sent", "pointer"),
    [
        ({}, "/files"),
        ({"files": []}, "/files"),
        (body(*["x"] * 5), "/files"),
        ({"files": [{"name": "x"}]}, "/files/0/content"),
        ({"files": [{"name": "x", "content": "", "encoding": "rot13"}]}, "/files/0/encoding"),
        ({"files": [{"name": "x", "content": "é!", "encoding": "base64"}]}, "/files/0/content"),
        ({"files": [{"name": "x", "content": "a\0"}]}, "/files/0/content"),
        ({**body("x"), "confirm": "yes"}, "/confirm"),
    ],
)
async def test_a_body_that_is_not_right_is_named(api: Any, alice: Login, sent: Any, pointer: str) -> None:
    refused = await problem(await api.post("/api/config/import", json=sent, headers=alice.headers), 422, "invalid_body")
    assert pointer in [error["pointer"] for error in refused["errors"]]


async def test_too_much_is_refused(api: Any, alice: Login) -> None:
    large = io.BytesIO(json.dumps(body("x" * 4_194_304)).encode())
    headers = {**alice.headers, "Content-Type": "application/json"}
    await problem(await api.post("/api/config/import", data=large, headers=headers), 413, "body_too_large")


async def test_millions_of_values_are_refused_before_they_are_parsed(
    api: Any, alice: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("tgcfd.api.body._parse_json")
    many = io.BytesIO(b'{"files": [' + b"[]," * 1_000_000 + b"1]}")
    headers = {**alice.headers, "Content-Type": "application/json"}
    refused = await problem(await api.post("/api/config/import", data=many, headers=headers), 422, "invalid_body")
    assert refused["errors"] == [{"pointer": "", "detail": "There are more than 64000 names and values in it."}]


async def test_base64_may_be_broken_into_lines(api: Any, alice: Login) -> None:
    lines = base64.encodebytes(OLD.encode()).decode().replace("\n", " \r\n\t")
    sent = {"files": [{"name": "old", "content": lines, "encoding": "base64"}]}
    answer = await api.post("/api/config/import", json=sent, headers=alice.headers)
    assert (answer.status, (await answer.json())["format"]) == (200, "tgcf_0_2")


async def test_a_damaged_file_is_replaced_by_a_whole_import_alone(api: Any, alice: Login, settings: Settings) -> None:
    await api.post("/api/config", json={"mode": 1}, headers=alice.headers)
    (settings.state_dir / "users/alice/tgcf.config.yml").write_text("mode: [")
    await problem(await imported(api, alice, STRING, confirm=True), 409, "config_unreadable")
    answer = await imported(api, alice, {"past": {"delay": 4}}, confirm=True)
    assert answer.status == 200
    assert (await config(api, alice))["past"]["delay"] == 4


async def test_an_export_without_secrets_has_none(api: Any, alice: Login, settings: Settings) -> None:
    await api.post("/api/config", json={"login": LOGIN, "mode": 1}, headers=alice.headers)
    for kind, name in (("yaml", "tgcf.config.yml"), ("json", "tgcf.config.json"), ("tgcf", "tgcf.config.json")):
        answer = await api.get(f"/api/config/export?format={kind}", headers=alice.headers)
        file = await answer.text()
        assert answer.status == 200
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
        assert answer.headers["Cache-Control"] == "no-store"
        assert not [secret for secret in (HASH, STRING) if secret in file]
    assert events(settings)[-1] == ("config_exported", {"format": "tgcf", "secrets": False})


@pytest.mark.parametrize("kind", ["yaml", "json", "tgcf"])
async def test_an_export_with_secrets_comes_back_in_another_account(
    api: Any, alice: Login, register: Callable[[str], Awaitable[Login]], settings: Settings, kind: str
) -> None:
    forwards = [{"con_name": "news", "source": "@source_chat", "dest": [-1001234567890]}]
    await api.post("/api/config", json={"login": LOGIN, "forwards": forwards}, headers=alice.headers)
    sent = {"current_password": PASSWORD, "format": kind}
    answer = await api.post("/api/config/export", json=sent, headers=alice.headers)
    file = await answer.text()
    assert answer.headers["Cache-Control"] == "no-store"
    assert STRING in file
    assert events(settings)[-1] == ("config_exported", {"format": kind, "secrets": True})
    bob = await register("bob")
    assert (await imported(api, bob, file, confirm=True)).status == 200
    again = await api.post("/api/config/export", json=sent, headers=bob.headers)
    assert await again.text() == file


async def test_secrets_take_the_password(api: Any, alice: Login, settings: Settings) -> None:
    wrong = await api.post("/api/config/export", json={"current_password": "wrong"}, headers=alice.headers)
    refused = await problem(wrong, 422, "invalid_body")
    assert [error["pointer"] for error in refused["errors"]] == ["/current_password"]
    await problem(await api.post("/api/config/export", json={}, headers=alice.headers), 422, "invalid_body")
    assert events(settings) == []


async def test_nobody_imports_or_exports(api: Any) -> None:
    await problem(await api.post("/api/config/import", json=body("x")), 401, "unauthorized")
    await problem(await api.get("/api/config/export"), 401, "unauthorized")
    await problem(await api.post("/api/config/export", json={"current_password": "x"}), 401, "unauthorized")


async def test_an_unknown_format_is_named(api: Any, alice: Login) -> None:
    await problem(await api.get("/api/config/export?format=toml", headers=alice.headers), 422, "invalid_query")


async def test_imports_at_once_are_all_answered(api: Any, alice: Login) -> None:
    answers = await asyncio.gather(*(imported(api, alice, {"mode": 1}, confirm=True) for _ in range(8)))
    assert {answer.status for answer in answers} <= {200, 412, 429}
    assert 200 in {answer.status for answer in answers}
