"""What every answer carries, whoever makes it: rules for browsers, its request id, and nothing about the server."""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import replace
from email.message import Message
from email.parser import BytesHeaderParser
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from tests.api.conftest import Login, problem
from tgcfd.api.request_id import REQUEST_ID, begin, log_it
from tgcfd.app import build_app
from tgcfd.settings import load_settings

UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
}

UNREADABLE = {
    "no HTTP": b"hello\r\n\r\n",
    "a TLS handshake": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "a bad method": b"G@T / HTTP/1.1\r\nHost: x\r\n\r\n",
    "a bad version": b"GET / HTTP/x\r\nHost: x\r\n\r\n",
    "a header without a colon": b"GET / HTTP/1.1\r\nHost x\r\n\r\n",
    "an endless header": b"GET / HTTP/1.1\r\nX: " + b"secret" * 3000 + b"\r\n\r\n",
    "two lengths": b"POST /api/run HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    "a length that is none": b"POST /api/run HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
}


def hold(headers: Any) -> None:
    """Hold an answer's headers against what all must have."""
    assert headers.get_all("Server", []) == [] if isinstance(headers, Message) else "Server" not in headers
    assert "python" not in str(headers).lower()
    assert "aiohttp" not in str(headers).lower()
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; ")
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert len(headers["X-Request-Id"]) == 16


async def raw(api: Any, sent: bytes) -> tuple[Message, dict[str, Any]]:
    """Send bytes, and read the answer until the server closes the connection."""
    reader, writer = await asyncio.open_connection(api.host, api.port)
    writer.write(sent)
    async with asyncio.timeout(10):
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    status, _, headers = head.partition(b"\r\n")
    parsed = BytesHeaderParser().parsebytes(headers)
    answer = json.loads(body)
    assert status.split()[1] == str(answer["status"]).encode()
    assert parsed["Content-Length"] == str(len(body))
    return parsed, answer


@pytest.mark.parametrize("sent", UNREADABLE.values(), ids=UNREADABLE.keys())
async def test_what_is_no_request_is_answered_as_a_problem(api: Any, sent: bytes) -> None:
    headers, answer = await raw(api, sent)

    hold(headers)
    assert headers["Content-Type"] == "application/problem+json"
    assert (answer["status"], answer["code"]) == (400, "bad_request")
    assert answer["request_id"] == headers["X-Request-Id"]
    assert "secret" not in answer["detail"].partition("secrets")[0]


async def test_an_expectation_that_nobody_understands(api: Any) -> None:
    sent = (
        b"POST /api/nothing HTTP/1.1\r\nHost: x\r\nExpect: the best\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    )
    headers, answer = await raw(api, sent)

    hold(headers)
    assert (answer["status"], answer["code"]) == (417, "expectation_failed")


async def test_a_body_that_is_announced_is_asked_for_without_a_word_more(api: Any) -> None:
    reader, writer = await asyncio.open_connection(api.host, api.port)
    writer.write(b"POST /api/auth/login HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
    async with asyncio.timeout(10):
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    writer.close()


async def test_every_kind_of_answer_has_them(api: Any, alice: Login) -> None:
    for method, path, status in (
        ("GET", "/", 200),
        ("GET", "/api/status", 200),
        ("GET", "/api/config/schema", 200),
        ("GET", "/nothing", 404),
        ("DELETE", "/api/status", 405),
        ("GET", "/ws/logs", 426),
        ("POST", "/api/config", 415),
    ):
        response = await api.request(method, path, headers=alice.headers)
        assert response.status == status
        hold(response.headers)
        if path.startswith("/api/"):
            assert response.headers["Cache-Control"] == "no-store"


async def test_a_socket_has_them_and_one_that_is_refused_as_well(api: Any, alice: Login) -> None:
    async with aiohttp.ClientSession() as http:
        url = api.make_url("/ws/logs")
        async with http.get(url, headers={**alice.headers, **UPGRADE}) as opened:
            assert opened.status == 101
            hold(opened.headers)
        async with http.get(url, headers={"Authorization": "Bearer x", **UPGRADE}) as refused:
            hold(refused.headers)
            await problem(refused, 401, "unauthorized")


async def test_a_client_does_not_choose_the_request_id(api: Any) -> None:
    answers = [await api.get("/", headers={"X-Request-Id": "f" * 16}) for _ in range(2)]
    assert len({"f" * 16, *(answer.headers["X-Request-Id"] for answer in answers)}) == 3


async def test_a_mistake_of_ours_stands_in_the_log_under_the_id_of_the_answer(
    app: web.Application, aiohttp_client: Any, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(_request: web.Request) -> web.Response:
        raise RuntimeError("the reason")

    app.router.add_get("/fails", fail)
    api = await aiohttp_client(app)

    body = await problem(await api.get("/fails"), 500, "internal")

    assert body["request_id"] in body["detail"]
    assert "the reason" not in str(body)
    assert body["request_id"] in caplog.text
    assert "the reason" in caplog.text


@pytest.mark.parametrize("proto", ["http", "https"])
async def test_browsers_are_told_to_stay_with_https_where_they_came_by_it(
    settings: Any, tmp_path: Any, aiohttp_client: Any, proto: str
) -> None:
    (tmp_path / "tgcfd.yml").write_text("trusted_proxies: [127.0.0.1]\n")
    trusted = load_settings(tmp_path / "tgcfd.yml", {}).trusted_proxies
    api = await aiohttp_client(build_app(replace(settings, trusted_proxies=trusted)))
    for path in ("/", "/nothing"):
        response = await api.get(path, headers={"X-Forwarded-Proto": proto})
        assert ("Strict-Transport-Security" in response.headers) == (proto == "https")


def test_lines_of_the_log_name_the_request() -> None:
    record = logging.LogRecord("x", logging.INFO, "x", 1, "said", (), None)
    before = REQUEST_ID.set("")
    try:
        request_id = begin()
        assert log_it(record)
    finally:
        REQUEST_ID.reset(before)

    assert (record.REQUEST_ID, record.request) == (request_id, f" (request {request_id})")
