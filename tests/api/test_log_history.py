"""``/api/logs``: a log as it is kept, by page and as a file."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientPayloadError, web
from jsonschema import Draft202012Validator

from tests.api.conftest import PASSWORD, Login, problem
from tests.api.test_logs import write
from tgcfd.api.contract import document
from tgcfd.api.streams import abort
from tgcfd.logs.file_source import FileLogs
from tgcfd.settings import LimitSettings, Settings

LINE = Draft202012Validator(document()["components"]["schemas"]["LogLine"])


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A stub takes the runner's place."""
    return replace(settings, worker=replace(settings.worker, path=(Path(__file__).parent / "stub",)))


async def written(api: Any, login: Login, lines: int, width: int = 10) -> None:
    """Have the worker write so many lines and one more, and wait until all are stored."""
    await write(api, login, lines, width)
    async with asyncio.timeout(20):
        while messages((await page(api, login, limit=1))["items"]) != ["all written"]:
            await asyncio.sleep(0.05)  # between two questions
    assert (await api.post("/api/stop", headers=login.headers)).status == 200


async def page(api: Any, login: Login, **query: str | int) -> dict[str, Any]:
    answer = await api.get("/api/logs", params=query, headers=login.headers)
    assert answer.status == 200, await answer.text()
    body: dict[str, Any] = await answer.json()
    return body


async def download(api: Any, login: Login, **query: str) -> list[dict[str, Any]]:
    answer = await api.get("/api/logs/download", params=query, headers=login.headers)
    assert answer.status == 200, await answer.text()
    text = await answer.text()
    assert text == "" or text.endswith("\n")
    return [json.loads(line) for line in text.splitlines()]


def messages(items: list[dict[str, Any]]) -> list[str]:
    return [item["message"].removesuffix(" xxxxxxxxxx") for item in items]


async def test_an_empty_log(api: Any, alice: Login) -> None:
    assert await page(api, alice) == {"items": [], "next": None, "previous": None, "gap": False, "more": False}
    assert await download(api, alice) == []


async def test_the_newest_lines_come_without_a_cursor(api: Any, alice: Login) -> None:
    await written(api, alice, 500)
    newest = await page(api, alice)
    assert messages(newest["items"]) == [f"line {number}" for number in range(301, 500)] + ["all written"]
    assert (newest["more"], newest["gap"]) == (True, False)
    last = newest["items"][-1]
    assert (last["priority"], last["level"]) == (5, "notice")
    assert newest["next"] == last["cursor"]


async def test_the_whole_log_read_backwards_and_forwards(api: Any, alice: Login) -> None:
    await written(api, alice, 500)
    backwards = await page(api, alice, limit=70)
    items = backwards["items"]
    while backwards["more"]:
        backwards = await page(api, alice, limit=70, before=backwards["previous"])
        items = backwards["items"] + items
    assert messages(items) == [f"line {number}" for number in range(500)] + ["all written"]
    assert (await page(api, alice, before=items[0]["cursor"]))["items"] == []

    forwards = await page(api, alice, limit=70, after=items[99]["cursor"])
    onwards = forwards["items"]
    while forwards["more"]:
        forwards = await page(api, alice, limit=70, after=forwards["next"])
        onwards += forwards["items"]
    assert onwards == items[100:]
    # and what comes later is asked for with the cursor that was given last
    end = await page(api, alice, after=forwards["next"])
    assert (end["items"], end["next"]) == ([], forwards["next"])
    assert await download(api, alice) == items


async def test_only_what_is_asked_for(api: Any, alice: Login) -> None:
    await written(api, alice, 300)
    assert messages((await page(api, alice, level="notice"))["items"]) == ["all written"]
    assert (await page(api, alice, level="warning"))["items"] == []
    assert messages((await page(api, alice, q="LINE 29"))["items"]) == [
        *("line 29",),
        *(f"line {number}" for number in range(290, 300)),
    ]
    assert messages(await download(api, alice, q="written", level="info")) == ["all written"]

    everything = await download(api, alice)
    middle = datetime.fromisoformat(everything[150]["time"])
    since = {"since": middle.isoformat()}
    until = {"until": middle.isoformat().replace("+00:00", "Z")}
    later = [item for item in everything if datetime.fromisoformat(item["time"]) >= middle]
    earlier = everything[: len(everything) - len(later)]
    assert await download(api, alice, **since) == later
    assert await download(api, alice, **until) == earlier
    assert (await page(api, alice, limit=1000, **since))["items"] == later
    elsewhere = middle.astimezone(UTC) - timedelta(days=1)
    assert (await page(api, alice, until=elsewhere.isoformat()))["items"] == []


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("limit=0", "/limit"),
        ("limit=1001", "/limit"),
        ("limit=ten", "/limit"),
        ("level=loud", "/level"),
        ("q=", "/q"),
        ("q=" + "x" * 201, "/q"),
        ("since=yesterday", "/since"),
        ("since=2026-11-22T12:00:00", "/since"),
        ("until=2026-11-22T12:00:00+00:00", "/until"),  # the + of an address is a space
        ("until=9999-12-31T23:59:59-23:59", "/until"),
        ("after=1-0&before=1-0", "/before"),
        ("tail=5", "/tail"),
    ],
)
async def test_what_cannot_be_asked_is_said_by_name(api: Any, alice: Login, query: str, pointer: str) -> None:
    body = await problem(await api.get(f"/api/logs?{query}", headers=alice.headers), 422, "invalid_query")
    assert [error["pointer"] for error in body["errors"]] == [pointer]


@pytest.mark.parametrize("name", ["after", "before"])
@pytest.mark.parametrize("cursor", ["nonsense", "1-1", "99-0", "\ud83d\ude00"])
async def test_an_unknown_cursor(api: Any, alice: Login, name: str, cursor: str) -> None:
    await written(api, alice, 3)
    answer = await api.get("/api/logs", params={name: cursor.encode(errors="replace").decode()}, headers=alice.headers)
    await problem(answer, 422, "cursor_unknown")


async def test_it_is_for_its_person_alone(api: Any, alice: Login, register: Callable[[str], Awaitable[Login]]) -> None:
    await written(api, alice, 3)
    bob = await register("bob")
    assert (await page(api, bob))["items"] == []
    assert await download(api, bob) == []
    body = {"name": "switch", "scopes": ["run"], "current_password": PASSWORD}
    token = (await (await api.post("/api/auth/tokens", json=body, headers=alice.headers)).json())["token"]
    for path in ("/api/logs", "/api/logs/download"):
        await problem(await api.get(path), 401, "unauthorized")
        answer = await api.get(path, headers={"Authorization": f"Bearer {token}"})
        await problem(answer, 403, "forbidden")


async def test_a_file_of_any_size_is_a_download(api: Any, alice: Login) -> None:
    await written(api, alice, 5000, width=300)
    answer = await api.get("/api/logs/download", headers=alice.headers)
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="tgcf-alice-')
    lines = [json.loads(line) async for line in answer.content]
    assert [line["message"].split()[1] for line in lines[:-1]] == [str(number) for number in range(5000)]
    LINE.validate(lines[0])


async def test_a_gap_is_a_line_of_its_own(api: Any, alice: Login, monkeypatch: pytest.MonkeyPatch) -> None:
    await written(api, alice, 3)

    async def before_all(_logs: FileLogs, _slug: str) -> str:
        return "1-0"

    # given segments that were dropped after the download had found the oldest one
    monkeypatch.setattr(FileLogs, "before_oldest", before_all)
    read = FileLogs.history

    async def with_gap(self: FileLogs, slug: str, **arguments: Any) -> Any:
        return replace(await read(self, slug, **arguments), gap=True)

    monkeypatch.setattr(FileLogs, "history", with_gap)
    assert (await download(api, alice))[0] == {"gap": True}


async def test_a_download_that_fails_in_the_middle_does_not_look_complete(
    api: Any, alice: Login, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await written(api, alice, 2000)
    read, pages = FileLogs.history, []

    async def failing(self: FileLogs, slug: str, **arguments: Any) -> Any:
        pages.append(arguments)
        if len(pages) == 3:
            raise OSError(5, "Input/output error")
        return await read(self, slug, **arguments)

    monkeypatch.setattr(FileLogs, "history", failing)
    answer = await api.get("/api/logs/download", headers=alice.headers)
    with pytest.raises(ClientPayloadError):
        await answer.text()
    assert "Input/output error" in caplog.text


async def test_nothing_more_is_read_for_a_client_that_does_not_read(
    api: Any, alice: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tgcfd.api.streams.SEND_TIMEOUT", 0.5)
    await written(api, alice, 300, width=12_000)
    read, pages, dropped = FileLogs.history, [], asyncio.Event()

    async def counted(self: FileLogs, slug: str, **arguments: Any) -> Any:
        pages.append(await read(self, slug, **arguments))
        return pages[-1]

    def noted(request: web.Request) -> None:
        abort(request)
        dropped.set()

    monkeypatch.setattr(FileLogs, "history", counted)
    monkeypatch.setattr("tgcfd.api.log_history.abort", noted)
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(deaf, (api.server.host, api.server.port))
    request = f"GET /api/logs/download HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {alice.token}\r\n\r\n"
    with contextlib.closing(deaf):
        await loop.sock_sendall(deaf, request.encode())
        async with asyncio.timeout(20):
            await dropped.wait()
    assert pages[-1].more


async def test_a_download_whose_client_goes_away_is_over(api: Any, alice: Login) -> None:
    await written(api, alice, 300, width=12_000)
    for _ in range(2 * LimitSettings().streams_per_account):
        async with asyncio.timeout(20):
            while (answer := await api.get("/api/logs/download", headers=alice.headers)).status == 429:
                await asyncio.sleep(0.05)  # between two questions
        assert await answer.content.readline()
        answer.close()
