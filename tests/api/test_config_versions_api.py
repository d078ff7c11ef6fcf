"""The versions of a configuration over the API: listed in pages, shown, compared, restored; nobody else's."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.api.conftest import Login, problem
from tgcfd.settings import Settings

HASH = "0123456789abcdef0123456789abcdef"
VERSIONS = "/api/config/versions"


async def post(api: Any, alice: Login, *configs: Any) -> None:
    for config in configs:
        assert (await api.post("/api/config", json=config, headers=alice.headers)).status == 200


async def items(api: Any, login: Login, query: str = "") -> Any:
    answer = await api.get(VERSIONS + query, headers=login.headers)
    assert answer.status == 200
    return (await answer.json())["items"]


async def test_each_save_is_listed_with_who_and_what(api: Any, alice: Login) -> None:
    assert await items(api, alice) == []
    await post(api, alice, {"mode": 1}, {"mode": 1, "login": {"API_HASH": HASH}})
    newest, oldest = await items(api, alice)
    assert newest == {
        "id": newest["id"],
        "time": newest["time"],
        "by": "alice",
        "way": "api",
        "token": None,
        "restored": None,
        "current": True,
        "changed": 1,
        "changes": [{"pointer": "/login/API_HASH", "kind": "added", "words": "Telegram account: API hash"}],
    }
    assert (oldest["current"], oldest["changes"][0]["words"]) == (False, "Mode")
    assert newest["time"] > oldest["time"]
    assert newest["time"].endswith("+00:00")


async def test_pages_hold_each_version_once(api: Any, alice: Login) -> None:
    await post(api, alice, *({"admins": [number + 1]} for number in range(5)))
    everything = await items(api, alice)
    found, query = [], "?limit=2"
    while True:
        page = await (await api.get(VERSIONS + query, headers=alice.headers)).json()
        found += page["items"]
        if page["next"] is None:
            break
        query = f"?limit=2&before={page['next']}"
    assert found == everything
    assert len(everything) == 5
    for bad in ("?limit=0", "?limit=201", "?limit=x", "?before=", "?page=1"):
        await problem(await api.get(VERSIONS + bad, headers=alice.headers), 422, "invalid_query")


async def test_a_version_shows_no_secret_and_is_known_by_its_etag(api: Any, alice: Login) -> None:
    await post(api, alice, {"mode": 1, "login": {"API_HASH": HASH}}, {})
    [_, old] = await items(api, alice)
    answer = await api.get(f"{VERSIONS}/{old['id']}", headers=alice.headers)
    body = await answer.json()
    assert body.items() >= old.items()
    assert (body["config"]["mode"], body["config"]["login"]["API_HASH"]) == (1, "********")
    assert "API_HASH: '********'" in body["yaml"]
    assert HASH not in str(body)
    known = alice.headers | {"If-None-Match": answer.headers["ETag"]}
    assert (await api.get(f"{VERSIONS}/{old['id']}", headers=known)).status == 304


async def test_what_differs(api: Any, alice: Login) -> None:
    rule = "x" * 3000
    await post(api, alice, {"mode": 1, "login": {"API_HASH": HASH}}, {"login": {"API_HASH": HASH[::-1]}})
    await post(api, alice, {"login": {"API_HASH": HASH[::-1]}, "plugins": {"caption": {"header": rule}}})
    newest, middle, oldest = await items(api, alice)
    answer = await api.get(f"{VERSIONS}/{oldest['id']}/diff?with={middle['id']}", headers=alice.headers)
    body = await answer.json()
    assert (body["from"], body["to"], body["more"], body["text_cut"]) == (oldest["id"], middle["id"], 0, False)
    assert body["changes"] == [
        {"pointer": "/login/API_HASH", "kind": "changed", "words": "Telegram account: API hash", "secret": True},
        {"pointer": "/mode", "kind": "changed", "words": "Mode", "old": 1, "new": 0},
    ]
    assert "-mode: 1" in body["text"]
    assert HASH not in str(body)
    assert HASH[::-1] not in str(body)
    answer = await api.get(f"{VERSIONS}/{middle['id']}/diff", headers=alice.headers)
    body = await answer.json()
    assert body["to"] == newest["id"]
    [change] = body["changes"]
    assert change == {"pointer": "/plugins/caption/header", "kind": "changed", "words": change["words"], "old": ""}


async def test_a_version_is_restored_with_its_secrets(api: Any, alice: Login, settings: Settings) -> None:
    await post(api, alice, {"mode": 1, "login": {"API_HASH": HASH}}, {"login": {"API_HASH": ""}})
    [current, old] = await items(api, alice)
    path = f"{VERSIONS}/{old['id']}/restore"
    stale = alice.headers | {"If-Match": '"stale"'}
    await problem(await api.post(path, headers=stale), 412, "config_changed")
    answer = await api.post(path, headers=alice.headers)
    assert (answer.status, (await answer.json())["mode"]) == (200, 1)
    assert HASH in (Path(settings.state_dir) / "users/alice/tgcf.config.yml").read_text()
    newest, *_ = await items(api, alice)
    assert (newest["way"], newest["restored"]) == ("restore", old["id"])
    assert answer.headers["ETag"] == (await api.get("/api/config", headers=alice.headers)).headers["ETag"]
    assert newest["id"] != current["id"]


ATTEMPTS = [("GET", ""), ("GET", "/diff"), ("POST", "/restore")]


@pytest.mark.parametrize(("method", "end"), ATTEMPTS)
@pytest.mark.parametrize("id_", ["x", "%2e%2e", "a%2Fb", "20200101T000000.000000Z-00000000", "0" * 99])
async def test_what_is_no_version_is_not_found(api: Any, alice: Login, method: str, end: str, id_: str) -> None:
    await post(api, alice, {"mode": 1})
    await problem(await api.request(method, f"{VERSIONS}/{id_}{end}", headers=alice.headers), 404, "not_found")


@pytest.mark.parametrize(("method", "end"), ATTEMPTS)
async def test_a_version_that_somebody_has_changed_is_a_clear_conflict(
    api: Any, alice: Login, settings: Settings, method: str, end: str
) -> None:
    await post(api, alice, {"mode": 1}, {"mode": 0, "admins": [1]})
    [_, old] = await items(api, alice)
    file = Path(settings.state_dir) / f"users/alice/history/{old['id']}.yml"
    for tampered in ("mode: 0\n", "mode: [", "\0"):
        file.write_text(tampered)
        answer = await api.request(method, f"{VERSIONS}/{old['id']}{end}", headers=alice.headers)
        await problem(answer, 409, "config_unreadable")
    file.unlink()
    file.symlink_to("/etc/passwd")
    answer = await api.request(method, f"{VERSIONS}/{old['id']}{end}", headers=alice.headers)
    body = await problem(answer, 409, "config_unreadable")
    assert "root:" not in str(body)


@pytest.mark.parametrize(("method", "end"), ATTEMPTS)
async def test_nobody_reaches_the_versions_of_another(
    api: Any, alice: Login, register: Callable[[str], Awaitable[Login]], method: str, end: str
) -> None:
    await post(api, alice, {"mode": 1}, {})
    [_, old] = await items(api, alice)
    bobby = await register("bobby")
    assert await items(api, bobby) == []
    await problem(await api.request(method, f"{VERSIONS}/{old['id']}{end}", headers=bobby.headers), 404, "not_found")


async def test_a_damaged_file_hides_no_version_and_one_is_the_way_out(
    api: Any, alice: Login, settings: Settings
) -> None:
    await post(api, alice, {"mode": 1}, {"mode": 0, "admins": [1]})
    (Path(settings.state_dir) / "users/alice/tgcf.config.yml").write_text("mode: [")
    damaged, good = await items(api, alice)
    assert (damaged["current"], damaged["way"]) == (True, "hand")
    await problem(await api.get(f"{VERSIONS}/{damaged['id']}", headers=alice.headers), 409, "config_unreadable")
    assert (await api.post(f"{VERSIONS}/{good['id']}/restore", headers=alice.headers)).status == 200
    assert (await (await api.get("/api/config", headers=alice.headers)).json())["mode"] == 1
