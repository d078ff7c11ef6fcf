"""``/ws/logs``: who may open it, what it sends, and what happens to a client that does not read."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from aiohttp import WSMsgType, WSServerHandshakeError
from jsonschema import Draft202012Validator

from tests.api.conftest import PASSWORD, Login, problem
from tgcfd.accounts import keys
from tgcfd.accounts.tokens import Tokens
from tgcfd.api.contract import document
from tgcfd.places import KEYS
from tgcfd.settings import Settings

HELLO = {"type": "hello", "protocol": "tgcfd.v1"}
FRAME = Draft202012Validator(document()["components"]["schemas"]["LogFrame"])


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A stub takes the runner's place: these tests are about the socket."""
    return replace(settings, worker=replace(settings.worker, path=(Path(__file__).parent / "stub",)))


async def write(api: Any, login: Login, lines: int, width: int = 10) -> None:
    """Have the person's worker write so many lines."""
    # what a session string holds: a data centre's number, address and port, and the 256 bytes of a key
    session = "1" + base64.urlsafe_b64encode(struct.pack(">B4sH256s", 2, b"\x7f\0\0\1", 1, b"k" * 256)).decode()
    config = {
        "login": {"API_ID": 1, "API_HASH": "0" * 32, "user_type": 1, "SESSION_STRING": session},
        "forwards": [{"source": "@a_chat", "dest": ["@b_chat"]}],
        "bot_messages": {"start": f"{lines} {width}"},
    }
    response = await api.post("/api/config", json=config, headers=login.headers)
    assert response.status == 200, await response.text()
    response = await api.post("/api/run", headers=login.headers)
    assert response.status == 200, await response.text()


async def frames(ws: Any, until: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
    seen: list[dict[str, Any]] = []
    async with asyncio.timeout(20):
        while not seen or not until(seen[-1]):
            message = await ws.receive()
            assert message.type is WSMsgType.TEXT, (message, ws.close_code)
            seen.append(json.loads(message.data))
            if len(seen) < 10:  # of thousands, the first tell enough
                FRAME.validate(seen[-1])
    return seen


def is_last(frame: dict[str, Any]) -> bool:
    return bool(frame.get("message") == "all written")


async def test_four_ways_to_authenticate(api: Any, alice: Login) -> None:
    # the header
    async with api.ws_connect("/ws/logs", headers=alice.headers) as ws:
        assert await ws.receive_json() == HELLO
    # the subprotocol; the token is not echoed
    async with api.ws_connect("/ws/logs", protocols=("tgcfd.v1", f"bearer.{alice.token}")) as ws:
        assert ws.protocol == "tgcfd.v1"
        assert await ws.receive_json() == HELLO
    # the first message
    async with api.ws_connect("/ws/logs") as ws:
        await ws.send_json({"type": "auth", "token": alice.token})
        assert await ws.receive_json() == HELLO
    # the cookie, from our own page
    origin = {"Origin": str(api.make_url("/")).rstrip("/")}
    fields = {"username": alice.email, "password": PASSWORD}
    assert (await api.post("/api/auth/session", json=fields, headers=origin)).status == 200
    async with api.ws_connect("/ws/logs", headers=origin) as ws:
        assert await ws.receive_json() == HELLO
    # but not from another site's
    for foreign in ({"Origin": "http://evil.example"}, {}):
        with pytest.raises(WSServerHandshakeError) as refused:
            await api.ws_connect("/ws/logs", headers=foreign)
        assert refused.value.status == 403


@pytest.mark.parametrize(
    "message", ['{"type": "auth", "token": "no"}', '{"type": "auth"}', "[]", "{", "[" * 10_000, "5", b"\0"]
)
async def test_a_first_message_that_is_no_token(api: Any, alice: Login, message: str | bytes) -> None:
    async with api.ws_connect("/ws/logs") as ws:
        await (ws.send_bytes(message) if isinstance(message, bytes) else ws.send_str(message))
        error = await ws.receive_json()
        assert (error["type"], error["code"]) == ("error", "unauthorized")
        assert (await ws.receive()).type is WSMsgType.CLOSE
        assert ws.close_code == 4401


async def test_a_token_in_the_address_is_no_way_in(api: Any, alice: Login) -> None:
    with pytest.raises(WSServerHandshakeError) as refused:
        await api.ws_connect(f"/ws/logs?token={alice.token}")
    assert refused.value.status == 422


@pytest.mark.parametrize("query", ["?tail=-1", "?tail=x", "?tail=1001", "?tail=9999999999999", "?after=", "?x=1"])
async def test_parameters_that_cannot_be_used(api: Any, alice: Login, query: str) -> None:
    with pytest.raises(WSServerHandshakeError) as refused:
        await api.ws_connect(f"/ws/logs{query}", headers=alice.headers)
    assert refused.value.status == 422


async def test_a_plain_request_is_told_to_speak_websocket(api: Any, alice: Login) -> None:
    await problem(await api.get("/ws/logs", headers=alice.headers), 426, "upgrade_required")


@pytest.mark.parametrize("key", [b"short", b"\xff" * 24, b""])
async def test_half_a_handshake_is_a_bad_request(api: Any, alice: Login, key: bytes) -> None:
    request = (
        b"GET /ws/logs HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: " + key + b"\r\nAuthorization: Bearer " + alice.token.encode() + b"\r\n\r\n"
    )
    reader, writer = await asyncio.open_connection(api.server.host, api.server.port)
    with contextlib.closing(writer):
        writer.write(request)
        assert (await asyncio.wait_for(reader.readline(), 10)).split()[1] == b"400"


async def test_a_token_beside_an_unknown_protocol_does_not_reach_the_log(
    api: Any, alice: Login, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(WSServerHandshakeError) as refused:
        await api.ws_connect("/ws/logs", protocols=(f"bearer.{alice.token}",))
    assert refused.value.status == 400
    assert alice.token not in caplog.text


async def test_an_unknown_cursor_ends_the_socket_with_a_reason(api: Any, alice: Login) -> None:
    async with api.ws_connect("/ws/logs?after=nonsense", headers=alice.headers) as ws:
        assert await ws.receive_json() == HELLO
        error = await ws.receive_json()
        assert (error["type"], error["code"]) == ("error", "cursor_unknown")
        await ws.receive()
        assert ws.close_code == 4422


async def test_tail_then_live_then_resume_without_loss_or_double(api: Any, alice: Login) -> None:
    async with api.ws_connect("/ws/logs", headers=alice.headers) as ws:
        assert await ws.receive_json() == HELLO
        await write(api, alice, 3000)
        live = [frame for frame in await frames(ws, is_last) if frame["type"] == "entry"]
    assert [frame["message"] for frame in live[:-1]] == [f"line {number} {'x' * 10}" for number in range(3000)]
    assert len({frame["cursor"] for frame in live}) == len(live)
    assert {(frame["priority"], frame["level"]) for frame in live} == {(5, "notice"), (6, "info")}

    async with api.ws_connect("/ws/logs?tail=5", headers=alice.headers) as ws:
        assert await ws.receive_json() == HELLO
        assert await frames(ws, is_last) == live[-5:]

    async with api.ws_connect(f"/ws/logs?after={live[1234]['cursor']}", headers=alice.headers) as ws:
        assert await ws.receive_json() == HELLO
        assert await frames(ws, is_last) == live[1235:]
    await api.post("/api/stop", headers=alice.headers)


async def test_a_client_that_never_reads_does_not_stop_others(
    api: Any, alice: Login, register: Callable[[str], Awaitable[Login]], monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a client that opens the socket with a small window and then never reads
    monkeypatch.setattr("tgcfd.api.streams.SEND_TIMEOUT", 1.0)
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(deaf, (api.server.host, api.server.port))
    handshake = (
        "GET /ws/logs HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n"
        f"Authorization: Bearer {alice.token}\r\n\r\n"
    )
    await loop.sock_sendall(deaf, handshake.encode())

    # when the worker writes much more than any buffer holds, a reader beside it gets all of it
    with contextlib.closing(deaf):
        async with api.ws_connect("/ws/logs", headers=alice.headers) as ws:
            assert await ws.receive_json() == HELLO
            await write(api, alice, 20_000, width=500)
            entries = []
            while not entries or not is_last(entries[-1]):
                frame = (await frames(ws, lambda _: True))[0]
                assert frame["type"] == "entry", "a reader that reads has no gap"
                entries.append(frame)
            assert len(entries) == 20_001

        # then the deaf client is dropped: its connection ends with an error or an end, after what was buffered
        async with asyncio.timeout(20):
            with contextlib.suppress(ConnectionError):
                while await loop.sock_recv(deaf, 1 << 20):
                    pass
    await api.post("/api/stop", headers=alice.headers)


async def test_the_socket_ends_when_the_token_does(api: Any, alice: Login, settings: Settings) -> None:
    # given a token with the daemon's own key that is good for a moment
    claims = jwt.decode(alice.token, options={"verify_signature": False})
    tokens = Tokens(keys.load(settings.state_dir / KEYS), life=timedelta(seconds=2))
    short = tokens.issue(claims["sub"], claims["sid"], datetime.now(UTC) + timedelta(days=1)).text

    async with api.ws_connect("/ws/logs", headers={"Authorization": f"Bearer {short}"}) as ws:
        assert await ws.receive_json() == HELLO
        await is_sent_away(ws)


async def test_the_socket_ends_soon_after_the_password_was_changed(
    api: Any, alice: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tgcfd.api.streams._RECHECK", 0.05)
    async with api.ws_connect("/ws/logs", headers=alice.headers) as ws:
        assert await ws.receive_json() == HELLO
        change = {"current_password": PASSWORD, "new_password": "another long password"}
        assert (await api.put("/api/users/me", json=change, headers=alice.headers)).status == 200
        await is_sent_away(ws)


async def test_the_socket_of_a_browser_ends_soon_after_it_logged_out(
    api: Any, alice: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tgcfd.api.streams._RECHECK", 0.05)
    origin = {"Origin": str(api.make_url("/")).rstrip("/")}
    fields = {"username": alice.email, "password": PASSWORD}
    assert (await api.post("/api/auth/session", json=fields, headers=origin)).status == 200
    async with api.ws_connect("/ws/logs", headers=origin) as ws:
        assert await ws.receive_json() == HELLO
        assert (await api.delete("/api/auth/session", headers=origin)).status == 204
        await is_sent_away(ws)


async def is_sent_away(ws: Any) -> None:
    error = await ws.receive_json(timeout=10)
    assert (error["type"], error["code"]) == ("error", "unauthorized")
    await ws.receive()
    assert ws.close_code == 4401
