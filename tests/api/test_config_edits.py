"""Changing the configuration by JSON, patch and file: conditions, checks, who hears of it."""

from __future__ import annotations

import io
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.api.conftest import Login, problem
from tgcfd.settings import Settings

HASH = "0123456789abcdef0123456789abcdef"
CONFIG = {"mode": 1, "login": {"API_HASH": HASH}, "forwards": [{"source": "@a_chat", "dest": ["@b_chat"]}]}
PATCH = {"Content-Type": "application/merge-patch+json"}
YAML = {"Content-Type": "text/yaml"}
Changes = dict[str, Callable[..., Any]]


@pytest.fixture
def changes(api: Any, alice: Login) -> Changes:
    """Every way to store the mode and nothing else of a fresh configuration; each takes its headers and query."""

    def by(method: str, path: str, data: str, kind: str) -> Callable[..., Any]:
        def send(headers: dict[str, str] | None = None, query: str = "") -> Any:
            sent = alice.headers | {"Content-Type": kind} | (headers or {})
            return api.request(method, path + query, data=data, headers=sent)

        return send

    return {
        "POST": by("POST", "/api/config", '{"mode": 1}', "application/json"),
        "PATCH": by("PATCH", "/api/config", '{"mode": 1}', "application/merge-patch+json"),
        "PUT": by("PUT", "/api/config/yaml", "mode: 1\n", "application/yaml; charset=utf-8"),
    }


WAYS = ["POST", "PATCH", "PUT"]


async def get(api: Any, alice: Login, path: str = "/api/config", **headers: str) -> Any:
    return await api.get(path, headers=alice.headers | headers)


@pytest.mark.parametrize("way", WAYS)
async def test_a_change_over_another_one_is_refused_with_the_etag_of_what_there_is(
    api: Any, alice: Login, changes: Changes, way: str
) -> None:
    before = (await get(api, alice)).headers["ETag"]
    stored = await changes[way]({"If-Match": before})
    assert stored.status == 200
    after = stored.headers["ETag"]
    assert after == (await get(api, alice)).headers["ETag"] != before
    refused = await changes[way]({"If-Match": before})
    body = await problem(refused, 412, "config_changed")
    assert refused.headers["ETag"] == f'"{body["etag"]}"' == after
    for etag in ("*", after, f'"x", {after}'):
        assert (await changes[way]({"If-Match": etag})).status == 200


@pytest.mark.parametrize("way", WAYS)
async def test_a_check_stores_nothing(api: Any, alice: Login, changes: Changes, way: str, settings: Settings) -> None:
    before = (await get(api, alice)).headers["ETag"]
    answer = await changes[way](query="?check=true")
    assert answer.status == 200
    assert (await answer.json())["mode"] == 1
    assert answer.headers["ETag"] == before == (await get(api, alice)).headers["ETag"]
    assert not (settings.state_dir / "users/alice/tgcf.config.yml").exists()
    await problem(await changes[way]({"If-Match": '"x"'}, "?check=true"), 412, "config_changed")
    await problem(await changes[way](query="?check=maybe"), 422, "invalid_query")
    await problem(await changes[way](query="?chek=true"), 422, "invalid_query")


@pytest.mark.parametrize("path", ["/api/config", "/api/config/yaml"])
async def test_what_is_known_is_not_sent_again(api: Any, alice: Login, changes: Changes, path: str) -> None:
    etag = (await get(api, alice, path)).headers["ETag"]
    for known in (etag, f"W/{etag}", f'"x", {etag}', "*"):
        answer = await get(api, alice, path, **{"If-None-Match": known})
        assert (answer.status, await answer.read(), answer.headers["ETag"]) == (304, b"", etag)
    await changes["POST"]()
    assert (await get(api, alice, path, **{"If-None-Match": etag})).status == 200


async def test_a_patch_keeps_what_it_does_not_name(api: Any, alice: Login) -> None:
    await api.post("/api/config", json=CONFIG, headers=alice.headers)
    patch = {"mode": None, "past": {"delay": 7}, "login": {"API_HASH": "********"}}
    answer = await api.patch("/api/config", data=json.dumps(patch), headers=alice.headers | PATCH)
    body = await answer.json()
    assert (body["mode"], body["past"]["delay"], body["login"]["API_HASH"]) == (0, 7, "********")
    assert body["forwards"][0]["source"] == "@a_chat"
    cleared = await api.patch("/api/config", json={"login": {"API_HASH": ""}}, headers=alice.headers)
    assert (await cleared.json())["login"]["API_HASH"] == ""


@pytest.mark.parametrize(
    ("patch", "code", "place"),
    [
        ({"nonsense": 1}, "config_invalid", "/nonsense"),
        ({"forwards": [{"source": "1_000", "dest": ["@b_chat"]}]}, "config_invalid", "/forwards/0/source"),
        ({"login": []}, "config_invalid", "/login"),
        ([], "invalid_body", ""),
        ("text", "invalid_body", ""),
    ],
)
async def test_a_patch_that_is_wrong_changes_nothing(api: Any, alice: Login, patch: Any, code: str, place: str) -> None:
    etag = (await api.post("/api/config", json=CONFIG, headers=alice.headers)).headers["ETag"]
    answer = await api.patch("/api/config", data=json.dumps(patch), headers=alice.headers | PATCH)
    body = await problem(answer, 422, code)
    assert place in [error["pointer"] for error in body["errors"]]
    assert (await get(api, alice)).headers["ETag"] == etag


async def test_the_file_comes_and_goes_with_its_comments_and_without_its_secrets(
    api: Any, alice: Login, settings: Settings
) -> None:
    text = f"# mine\r\nlogin: {{API_HASH: {HASH}}} # é\r\nmode:   1\r\n"
    stored = await api.put("/api/config/yaml", data=text.encode(), headers=alice.headers | YAML)
    assert (await stored.json())["login"]["API_HASH"] == "********"
    file = Path(settings.state_dir) / "users/alice/tgcf.config.yml"
    assert file.read_bytes() == text.encode()

    answer = await get(api, alice, "/api/config/yaml")
    assert answer.headers["Content-Type"] == "text/yaml; charset=utf-8"
    shown = await answer.read()
    assert shown.decode() == text.replace(HASH, "'********'")
    changed = shown.replace(b"mode:   1", b"mode:   0")
    headers = alice.headers | YAML | {"If-Match": answer.headers["ETag"]}
    assert (await api.put("/api/config/yaml", data=changed, headers=headers)).status == 200
    assert file.read_bytes() == text.replace("mode:   1", "mode:   0").encode()


@pytest.mark.parametrize(
    ("text", "place", "line"),
    [
        ("mode: 1\nforwards: {", "", 3),
        ("mode: 1\nmode: 1\n", "", 2),
        ("mode: 1\npast:\n  delay: '5'\n", "/past/delay", 3),
        ("mode: 1\n\nnonsense: 1\n", "/nonsense", 3),
        ("# \nlogin:\n  BOT_TOKEN: '********'\n", "/login/BOT_TOKEN", 3),
        ("a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n" + "".join(f"d{n}: *c\n" for n in range(9000)), "", None),
    ],
    ids=["not closed", "twice", "kind", "unknown", "no secret", "aliases"],
)
async def test_a_file_that_is_wrong_is_refused_with_its_line(
    api: Any, alice: Login, text: str, place: str, line: int | None
) -> None:
    etag = (await api.post("/api/config", json=CONFIG, headers=alice.headers)).headers["ETag"]
    for query in ("", "?check=true"):
        answer = await api.put("/api/config/yaml" + query, data=text, headers=alice.headers | YAML)
        body = await problem(answer, 422, "config_invalid")
        assert body["errors"][0]["pointer"] == place
        assert line in (None, body["errors"][0]["line"])
    assert (await get(api, alice)).headers["ETag"] == etag


@pytest.mark.parametrize("kind", ["application/json", "text/plain", ""])
async def test_a_file_of_another_kind_is_not_taken(api: Any, alice: Login, kind: str) -> None:
    answer = await api.put("/api/config/yaml", data=b"mode: 1\n", headers=alice.headers | {"Content-Type": kind})
    await problem(answer, 415, "unsupported_media_type")


async def test_a_file_that_is_too_large_is_not_taken(api: Any, alice: Login) -> None:
    answer = await api.put("/api/config/yaml", data=io.BytesIO(b"#" * 1_100_000), headers=alice.headers | YAML)
    await problem(answer, 413, "body_too_large")


async def test_a_damaged_file_can_be_replaced_but_not_patched(api: Any, alice: Login, settings: Settings) -> None:
    await api.post("/api/config", json=CONFIG, headers=alice.headers)
    file = Path(settings.state_dir) / "users/alice/tgcf.config.yml"
    file.write_text(f"login: {{API_HSAH: {HASH}}}\n")
    shown = await problem(await get(api, alice, "/api/config/yaml"), 409, "config_unreadable")
    assert HASH not in str(shown)
    patched = await api.patch("/api/config", json={"mode": 1}, headers=alice.headers)
    await problem(patched, 409, "config_unreadable")
    assert (await api.put("/api/config/yaml", data=b"mode: 1\n", headers=alice.headers | YAML)).status == 200
    assert (await (await get(api, alice)).json())["mode"] == 1


async def test_the_audit_log_says_that_it_was_changed_and_not_how(api: Any, alice: Login, settings: Settings) -> None:
    await api.post("/api/config", json=CONFIG, headers=alice.headers)
    await api.post("/api/config", json=CONFIG, headers=alice.headers)  # the same again is no change
    await api.post("/api/config?check=true", json={}, headers=alice.headers)
    with closing(sqlite3.connect(settings.state_dir / "tgcfd.db")) as database:
        rows = database.execute("select actor, about, way, detail from audit where event = 'config_changed'").fetchall()
    assert [(*row[:3], json.loads(row[3])) for row in rows] == [
        ("alice", "alice", "token", {"changes": 3, "way": "api"})
    ]
