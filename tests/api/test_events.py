"""``/ws/events`` and ``/api/events``: what they tell, to whom, and what happens to those who were away or are slow."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import WSServerHandshakeError, web
from jsonschema import Draft202012Validator

from tests.api.conftest import PASSWORD, Login, Server, problem
from tests.api.test_logs import HELLO, write
from tgcfd.api.contract import document
from tgcfd.app import build_app
from tgcfd.settings import LimitSettings, Settings

DEADLINE = 20.0
FRAME = Draft202012Validator(
    {"components": document()["components"], **document()["components"]["schemas"]["EventFrame"]}
)
Register = Callable[[str], Awaitable[Login]]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A stub takes the runner's place."""
    return replace(settings, worker=replace(settings.worker, path=(Path(__file__).parent / "stub",)))


class Stream:
    """An open stream of Server-Sent Events, read as a browser does."""

    def __init__(self, response: Any) -> None:
        self.response = response
        self.last_id = ""

    async def next(self) -> dict[str, Any]:
        """The next event; a comment is one of the type ``comment``, the end of the stream is ``end``."""
        async with asyncio.timeout(DEADLINE):
            while True:
                block = await self._block()
                if block is None:
                    return {"type": "end"}
                if any(line.startswith(":") for line in block):
                    return {"type": "comment"}
                fields = dict(line.split(": ", 1) for line in block if not line.startswith("retry"))
                frame: dict[str, Any] = json.loads(fields["data"])
                FRAME.validate(frame)
                assert fields["event"] == frame["type"]
                assert fields.get("id") == frame.get("id")
                self.last_id = fields.get("id", self.last_id)
                return frame

    async def until(self, holds: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
        async with asyncio.timeout(DEADLINE):
            seen = [await self.next()]
            while not holds(seen[-1]):
                assert seen[-1]["type"] != "end", seen
                seen.append(await self.next())
        return seen

    async def _block(self) -> list[str] | None:
        lines: list[str] = []
        while True:
            line = (await self.response.content.readline()).decode()
            if not line:
                return None
            if line == "\n":
                return lines
            lines.append(line.rstrip("\n"))


@contextlib.asynccontextmanager
async def listening(api: Any, login: Login, after: str | None = None) -> AsyncIterator[Stream]:
    headers = login.headers | ({"Last-Event-ID": after} if after is not None else {})
    async with api.get("/api/events", headers=headers, read_bufsize=1 << 21) as response:  # of a line, aiohttp says
        assert response.status == 200, await response.text()
        stream = Stream(response)
        assert await stream.next() == HELLO
        yield stream


async def save(api: Any, login: Login, text: str) -> str:
    """Store a configuration; returns its ETag."""
    body = {"bot_messages": {"start": text}}
    response = await api.post("/api/config", json=body, headers=login.headers)
    assert response.status == 200, await response.text()
    return str(response.headers["ETag"].strip('"'))


def report(settings: Settings, slug: str, *, problems: int = 0, **counters: int) -> None:
    """Write what a worker says about itself, as it does: a new file in the old one's place."""
    folder = settings.state_dir / "users" / slug
    folder.mkdir(exist_ok=True)
    items = [{"connection": str(number), "chat": "@x", "message": "y" * 500} for number in range(problems)]
    document = {"version": 1, "mode": "live", "state": "ready", "counters": counters, "problems": items}
    (folder / "worker.json.new").write_text(json.dumps(document))
    (folder / "worker.json.new").replace(folder / "worker.json")


def is_state(state: str) -> Callable[[dict[str, Any]], bool]:
    return lambda frame: frame["type"] == "state" and frame["status"]["state"] == state


def has_forwarded(number: int) -> Callable[[dict[str, Any]], bool]:
    return lambda frame: frame["type"] == "state" and (frame["status"]["counters"] or {}).get("forwarded") == number


async def test_first_comes_the_state_as_the_status_says_it(api: Any, alice: Login) -> None:
    status = await (await api.get("/api/status", headers=alice.headers)).json()
    async with listening(api, alice) as stream:
        first = await stream.next()
        assert (first["type"], first["status"]) == ("state", status)
        assert stream.response.headers["Content-Type"] == "text/event-stream"
        assert stream.response.headers["X-Accel-Buffering"] == "no"
        assert stream.response.headers["Cache-Control"] == "no-store"
    async with api.ws_connect("/ws/events", headers=alice.headers) as ws:
        assert await ws.receive_json() == HELLO
        assert await ws.receive_json() == first


async def test_four_ways_to_open_the_socket(api: Any, alice: Login) -> None:
    origin = {"Origin": str(api.make_url("/")).rstrip("/")}
    fields = {"username": alice.email, "password": PASSWORD}
    assert (await api.post("/api/auth/session", json=fields, headers=origin)).status == 200
    ways = [{"headers": alice.headers}, {"protocols": ("tgcfd.v1", f"bearer.{alice.token}")}, {"headers": origin}]
    for way in ways:
        async with api.ws_connect("/ws/events", **way) as ws:
            assert await ws.receive_json() == HELLO
            assert (await ws.receive_json())["type"] == "state"
    api.session.cookie_jar.clear()
    async with api.ws_connect("/ws/events") as ws:
        await ws.send_json({"type": "auth", "token": alice.token})
        assert await ws.receive_json() == HELLO
    with pytest.raises(WSServerHandshakeError) as refused:
        await api.ws_connect("/ws/events", protocols=("tgcfd.v1", "bearer.nonsense"))
    assert refused.value.status == 401
    await problem(await api.get("/api/events"), 401, "unauthorized")
    await problem(await api.get("/ws/events", headers=alice.headers), 426, "upgrade_required")
    await problem(await api.get("/api/events?x=1", headers=alice.headers), 422, "invalid_query")


async def test_a_token_for_something_else_hears_nothing(api: Any, alice: Login) -> None:
    body = {"name": "switch", "scopes": ["run"], "current_password": PASSWORD}
    answer = await api.post("/api/auth/tokens", json=body, headers=alice.headers)
    token = (await answer.json())["token"]
    headers = {"Authorization": f"Bearer {token}"}
    await problem(await api.get("/api/events", headers=headers), 403, "forbidden")
    for path in ("/ws/events", "/ws/logs"):
        with pytest.raises(WSServerHandshakeError) as refused:
            await api.ws_connect(path, headers=headers)
        assert refused.value.status == 403
        async with api.ws_connect(path) as ws:
            await ws.send_json({"type": "auth", "token": token})
            assert (await ws.receive_json())["code"] == "forbidden"
            await ws.receive()
            assert ws.close_code == 4403


async def test_a_run_and_its_end_are_told_step_by_step(api: Any, alice: Login) -> None:
    async with listening(api, alice) as stream:
        await stream.until(is_state("stopped"))
        await write(api, alice, 1)
        seen = await stream.until(is_state("starting"))
        assert seen[-1]["status"]["pid"]
        await api.post("/api/stop", headers=alice.headers)
        seen += await stream.until(is_state("stopped"))
    kinds = [frame["type"] for frame in seen]
    assert kinds.count("config") == 1
    states = [frame["status"]["state"] for frame in seen if frame["type"] == "state"]
    assert states[-2:] == ["stopping", "stopped"]
    ids = [frame["id"] for frame in seen]
    assert len(set(ids)) == len(ids)


async def test_counters_come_although_the_state_stays(api: Any, alice: Login, settings: Settings) -> None:
    async with listening(api, alice) as stream:
        await stream.next()
        for number in (1, 2):
            report(settings, "alice", forwarded=number, seen=5)
            last = (await stream.until(has_forwarded(number)))[-1]
        status = await (await api.get("/api/status", headers=alice.headers)).json()
        assert last["status"] == status


async def test_a_stored_configuration_is_told_with_its_etag(api: Any, alice: Login) -> None:
    async with api.ws_connect("/ws/events", headers=alice.headers) as ws, listening(api, alice) as stream:
        await stream.next()
        etag = await save(api, alice, "hello")
        event = await stream.next()
        assert {name: event[name] for name in ("type", "etag", "by", "way")} == {
            "type": "config",
            "etag": etag,
            "by": "alice",
            "way": "api",
        }
        assert [(await ws.receive_json())["type"] for _ in range(3)] == ["hello", "state", "config"]


async def test_two_people_hear_each_of_their_own_alone(api: Any, alice: Login, register: Register) -> None:
    bob = await register("bob")
    async with listening(api, alice) as to_alice, listening(api, bob) as to_bob:
        await to_alice.next()
        await to_bob.next()
        for_bob, for_alice = await save(api, bob, "bob's"), await save(api, alice, "alice's")
        assert (await to_alice.next())["etag"] == for_alice
        assert (await to_bob.next())["etag"] == for_bob


@pytest.mark.parametrize("by_address", [False, True])
async def test_who_comes_back_misses_nothing(api: Any, alice: Login, *, by_address: bool) -> None:
    async with listening(api, alice) as stream:
        await stream.next()
        await save(api, alice, "seen")
        await stream.next()
        last = stream.last_id
    etags = [await save(api, alice, f"away {number}") for number in range(3)]
    if by_address:
        async with api.ws_connect(f"/ws/events?after={last}", headers=alice.headers) as ws:
            assert await ws.receive_json() == HELLO
            missed = [await ws.receive_json() for _ in range(3)]
    else:
        async with listening(api, alice, last) as stream:
            missed = [await stream.next() for _ in range(3)]
            etags.append(await save(api, alice, "live again"))
            missed.append(await stream.next())
    assert [frame["etag"] for frame in missed] == etags


async def test_who_comes_back_learns_what_became_of_the_worker(api: Any, alice: Login) -> None:
    async with listening(api, alice) as stream:
        await stream.next()
        last = stream.last_id
    await write(api, alice, 1)
    await api.post("/api/stop", headers=alice.headers)
    async with listening(api, alice, last) as stream:
        seen = await stream.until(is_state("stopped"))
    assert "reset" not in {frame["type"] for frame in seen}
    assert {"config", "state"} <= {frame["type"] for frame in seen}


@pytest.mark.parametrize("last", ["0123456789abcdef-1", "nonsense", "ünïcode", "9" * 500, "{}-99999", "{}-0", "{}--1"])
async def test_who_cannot_be_told_what_they_missed_is_told_that(api: Any, alice: Login, last: str) -> None:
    async with listening(api, alice) as stream:
        token = (await stream.next())["id"].partition("-")[0]
    async with listening(api, alice, last.format(token)) as stream:
        assert [(await stream.next())["type"] for _ in range(2)] == ["reset", "state"]
        # and from here on it goes on
        etag = await save(api, alice, "next")
        assert (await stream.next())["etag"] == etag


async def test_the_header_counts_for_a_browser_keeps_its_first_address(api: Any, alice: Login) -> None:
    async with listening(api, alice) as stream:
        first = (await stream.next())["id"]
        await save(api, alice, "one")
        await stream.next()
        second = stream.last_id
    etag = await save(api, alice, "two")
    headers = alice.headers | {"Last-Event-ID": second}
    async with api.get(f"/api/events?after={first}", headers=headers) as response:
        stream = Stream(response)
        assert [await stream.next(), (await stream.next())["etag"]] == [HELLO, etag]


async def test_after_a_restart_of_the_daemon_one_begins_anew(
    api: Any, alice: Login, settings: Settings, aiohttp_client: Any
) -> None:
    async with listening(api, alice) as stream:
        last = (await stream.next())["id"]
    await api.close()
    again = await aiohttp_client(Server(build_app(settings)))
    async with listening(again, alice, last) as stream:
        assert [(await stream.next())["type"] for _ in range(2)] == ["reset", "state"]


async def test_a_log_out_ends_the_browser_s_streams_within_a_second(api: Any, alice: Login) -> None:
    origin = {"Origin": str(api.make_url("/")).rstrip("/")}
    fields = {"username": alice.email, "password": PASSWORD}
    assert (await api.post("/api/auth/session", json=fields, headers=origin)).status == 200
    async with (
        api.get("/api/events") as response,
        api.ws_connect("/ws/events", headers=origin) as ws,
        listening(api, alice) as other,
    ):
        stream = Stream(response)
        await stream.until(is_state("stopped"))
        begin = asyncio.get_running_loop().time()
        assert (await api.delete("/api/auth/session", headers=origin)).status == 204
        ended = await stream.next()
        assert (ended["type"], ended["reason"]) == ("session_ended", "ended")
        assert await stream.next() == {"type": "end"}
        assert asyncio.get_running_loop().time() - begin < 2
        assert [(await ws.receive_json())["type"] for _ in range(3)] == ["hello", "state", "session_ended"]
        await ws.receive()
        assert ws.close_code == 4401
        # and the other log-in's goes on
        await other.next()
        etag = await save(api, alice, "still there")
        assert (await other.next())["etag"] == etag


async def test_a_new_password_ends_the_streams(api: Any, alice: Login) -> None:
    async with listening(api, alice) as stream:
        await stream.next()
        change = {"current_password": PASSWORD, "new_password": "another long password"}
        assert (await api.put("/api/users/me", json=change, headers=alice.headers)).status == 200
        seen = await stream.until(lambda frame: frame["type"] == "session_ended")
        assert seen[-1]["reason"] == "ended"
        assert await stream.next() == {"type": "end"}
    await problem(await api.get("/api/events", headers=alice.headers), 401, "unauthorized")


async def test_one_who_never_reads_is_dropped_and_slows_nobody(
    api: Any, alice: Login, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a listener that never reads, and states that fill any buffer
    monkeypatch.setattr("tgcfd.api.streams.SEND_TIMEOUT", 1.0)
    monkeypatch.setattr("tgcfd.events.hub.EVERY", 0.02)
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(deaf, (api.server.host, api.server.port))
    request = f"GET /api/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {alice.token}\r\n\r\n"
    await loop.sock_sendall(deaf, request.encode())

    with contextlib.closing(deaf):
        # when there are more and more of them, one beside it hears each
        async with listening(api, alice) as stream:
            await stream.next()
            for number in range(1, 31):
                report(settings, "alice", problems=1000, forwarded=number)
                await stream.until(has_forwarded(number))
        # then the deaf one is dropped
        async with asyncio.timeout(DEADLINE):
            with contextlib.suppress(ConnectionError):
                while await loop.sock_recv(deaf, 1 << 20):
                    pass


async def test_silence_is_broken_by_comments(api: Any, alice: Login, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tgcfd.api.events._PING_EVERY", 0.05)
    async with listening(api, alice) as stream:
        await stream.next()
        assert [(await stream.next())["type"] for _ in range(3)] == ["comment"] * 3
        etag = await save(api, alice, "between two of them")
        seen = await stream.until(lambda frame: frame["type"] != "comment")
        assert seen[-1]["etag"] == etag


async def test_an_account_has_so_many_streams_and_no_more(api: Any, alice: Login, register: Register) -> None:
    async with contextlib.AsyncExitStack() as opened:
        for number in range(LimitSettings().streams_per_account // 2):
            await opened.enter_async_context(listening(api, alice))
            path = "/ws/events" if number % 2 else "/ws/logs"
            ws = await opened.enter_async_context(api.ws_connect(path, headers=alice.headers))
            assert await ws.receive_json() == HELLO
        refused = await api.get("/api/events", headers=alice.headers)
        assert refused.status == 429
        await problem(refused, 429, "too_many_requests")
        assert int(refused.headers["Retry-After"]) > 0
        await problem(await api.get("/api/logs/download", headers=alice.headers), 429, "too_many_requests")
        async with api.ws_connect("/ws/events") as late:
            await late.send_json({"type": "auth", "token": alice.token})
            assert (await late.receive_json())["code"] == "too_many_requests"
            await late.receive()
            assert late.close_code == 4429
        # somebody else's do not count
        async with listening(api, await register("bob")):
            pass
    # those that were closed, or whose client just went away, make room before the next comment would be sent
    async with asyncio.timeout(10):
        for _ in range(LimitSettings().streams_per_account):
            while (answer := await api.get("/api/events", headers=alice.headers)).status == 429:
                await asyncio.sleep(0.05)  # between two questions
            answer.close()


async def test_streams_end_in_order_when_the_daemon_does(api: Any, alice: Login, app: web.Application) -> None:
    async with listening(api, alice) as stream, api.ws_connect("/ws/events", headers=alice.headers) as ws:
        await stream.next()
        assert [(await ws.receive_json())["type"] for _ in range(2)] == ["hello", "state"]
        ending = asyncio.create_task(app.shutdown())
        assert await stream.next() == {"type": "end"}
        await ws.receive()
        assert ws.close_code == 1001
        await ending
