"""How much one may ask of the API, so that the others are served. Addresses are those that a trusted proxy names."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest

from tests.api.conftest import PASSWORD, Login, problem
from tgcfd.api import body, limits, log_history
from tgcfd.api.contract import document, operations
from tgcfd.settings import LimitSettings, Settings

DEADLINE = 20.0
HOME, STRANGER = "192.0.2.1", "198.51.100.1"
ROOMY = LimitSettings(
    log_ins_per_minute=1000, account_log_ins_per_minute=1000, registrations_per_hour=1000, requests_per_minute=100_000
)
HANDSHAKE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}
WRONG = {"username": "alice@example.org", "password": "a wrong guess"}


def tight(**few: int) -> Any:
    """Have only some limits be so low that a test meets them."""
    return pytest.mark.parametrize("few", [few], ids=[""])


@pytest.fixture
def few() -> dict[str, int]:
    return {}


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is refused is told so without delay."""
    monkeypatch.setattr(limits, "_PAUSE", 0)


@pytest.fixture
def settings(settings: Settings, few: dict[str, int]) -> Settings:
    return replace(settings, trusted_proxies=(ip_network("127.0.0.1"),), limits=replace(ROOMY, **few))


def by(address: str, login: Login | None = None) -> dict[str, str]:
    return {"X-Forwarded-For": address, **(login.headers if login else {})}


async def limited(response: Any) -> int:
    """Hold that an answer is the one for too many; returns after how many seconds to come again."""
    await problem(response, 429, "too_many_requests")
    seconds = int(response.headers["Retry-After"])
    assert seconds >= 1
    return seconds


async def wrong(api: Any, address: str, **other: str) -> Any:
    return await api.post("/api/auth/login", json=WRONG | other, headers=by(address))


async def right(api: Any, address: str) -> Any:
    body = {"username": "alice@example.org", "password": PASSWORD}
    return await api.post("/api/auth/login", json=body, headers=by(address))


def test_every_operation_may_answer_too_many_requests() -> None:
    for method, path in operations():
        assert "429" in document()["paths"][path][method.lower()]["responses"], f"{method} {path}"


@tight(account_log_ins_per_minute=3)
async def test_guesses_on_one_account_from_one_address_end_and_its_owner_gets_in(
    api: Any, alice: Login, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    for _ in range(3):
        await problem(await wrong(api, STRANGER), 401, "wrong_login")
    assert await limited(await wrong(api, STRANGER)) <= 20
    assert await limited(await right(api, STRANGER)) <= 20
    assert (await right(api, HOME)).status == 200
    assert [line for line in caplog.messages if STRANGER in line] == [
        f"Somebody could not log in as alice (wrong e-mail address or password) from {STRANGER}"
    ] * 3 + [f"Too many log-ins from {STRANGER}: they are refused for a while"]


@tight(log_ins_per_minute=3)
async def test_guesses_on_many_accounts_from_one_address_end_too(api: Any, alice: Login) -> None:
    for number in range(3):
        await problem(await wrong(api, STRANGER, username=f"{number}@example.org"), 401, "wrong_login")
    await limited(await wrong(api, STRANGER, username="new@example.org"))
    answer = await api.post(
        "/api/auth/session", json=WRONG, headers=by(STRANGER) | {"Origin": str(api.make_url("/"))[:-1]}
    )
    await limited(answer)
    assert (await right(api, HOME)).status == 200


@tight(log_ins_per_minute=3, account_log_ins_per_minute=3)
async def test_who_knows_their_password_logs_in_as_often_as_they_like(api: Any, alice: Login) -> None:
    for _ in range(10):
        assert (await right(api, HOME)).status == 200


@tight(log_ins_per_minute=1)
async def test_what_an_address_is_of_ipv6(api: Any) -> None:
    await wrong(api, "2001:db8:1:2::1")
    await limited(await wrong(api, "2001:db8:1:2:3::9", username="other@example.org"))
    await problem(await wrong(api, "2001:db8:1:3::1", username="other@example.org"), 401, "wrong_login")


@tight(log_ins_per_minute=2)
async def test_who_comes_from_this_host_is_not_counted_by_address(api: Any) -> None:
    for number in range(5):
        await problem(await wrong(api, "127.0.0.1", username=f"{number}@example.org"), 401, "wrong_login")


@tight(registrations_per_hour=2)
async def test_registrations_from_one_address(api: Any) -> None:
    async def register(address: str, name: str) -> Any:
        new = {"email": f"{name}@example.org", "password": PASSWORD, "name": name}
        return await api.post("/api/auth/register", json=new, headers=by(address))

    assert [(await register(STRANGER, name)).status for name in ("carol", "dave")] == [201, 201]
    assert await limited(await register(STRANGER, "erin")) > 1700
    assert (await register(HOME, "erin")).status == 201


@tight(log_ins_per_minute=3)
async def test_refresh_tokens_that_are_none(api: Any) -> None:
    made_up = {"refresh_token": "x" * 40}
    for _ in range(3):
        answer = await api.post("/api/auth/refresh", json=made_up, headers=by(STRANGER))
        assert answer.status == 401
    await limited(await api.post("/api/auth/refresh", json=made_up, headers=by(STRANGER)))


@tight(account_log_ins_per_minute=3)
async def test_guesses_at_the_current_password_end_wherever_they_come_from(
    api: Any, register: Callable[[str], Awaitable[Login]]
) -> None:
    alice, bob = await register("alice"), await register("bob")

    async def change(login: Login, current: str, address: str) -> Any:
        change = {"current_password": current, "new_password": "another good password"}
        return await api.put("/api/users/me", json=change, headers=by(address, login))

    for number in range(3):
        await problem(await change(alice, "a wrong guess", f"192.0.2.{number}"), 422, "invalid_body")
    assert await limited(await change(alice, PASSWORD, STRANGER)) <= 1200
    assert (await api.get("/api/status", headers=by(STRANGER, alice))).status == 200
    assert (await change(bob, PASSWORD, STRANGER)).status == 200


def test_what_takes_the_password_or_a_code_counts_guesses() -> None:
    assert ("PUT", "/api/users/me") in limits._confirmed()
    assert ("GET", "/api/users/me") not in limits._confirmed()


@tight(requests_per_minute=20)
async def test_requests_of_one_account_from_anywhere(api: Any, register: Callable[[str], Awaitable[Login]]) -> None:
    alice, bob = await register("alice"), await register("bob")
    for number in range(20):
        assert (await api.get("/api/status", headers=by(f"192.0.2.{number}", alice))).status == 200
    assert await limited(await api.get("/api/status", headers=by("192.0.2.99", alice))) <= 3
    assert (await api.get("/api/status", headers=by("192.0.2.99", bob))).status == 200


@tight(requests_per_minute=60)
async def test_changes_of_one_account_are_fewer(api: Any, register: Callable[[str], Awaitable[Login]]) -> None:
    alice, bob = await register("alice"), await register("bob")
    for number in range(3):
        body = {"name": f"Alice {number}"}
        assert (await api.put("/api/users/me", json=body, headers=by(STRANGER, alice))).status == 200
    refused = await api.put("/api/users/me", json={"name": "Alice"}, headers=by(STRANGER, alice))
    assert await limited(refused) <= 20
    assert (await api.get("/api/users/me", headers=by(STRANGER, alice))).status == 200
    assert (await api.put("/api/users/me", json={"name": "Bob"}, headers=by(STRANGER, bob))).status == 200


@tight(requests_per_minute=20)
@pytest.mark.parametrize("path", ["/api/openapi.json", "/nothing/here", "/api/status"])
async def test_requests_from_one_address_whatever_they_are(api: Any, path: str) -> None:
    for _ in range(20):
        assert (await api.get(path, headers=by(STRANGER))).status in {200, 401, 404}
    assert await limited(await api.get(path, headers=by(STRANGER))) <= 3
    assert (await api.get("/api/openapi.json", headers=by(HOME))).status == 200


Hold = Callable[..., AbstractAsyncContextManager[None]]


@pytest.fixture
def held(api: Any, monkeypatch: pytest.MonkeyPatch) -> Hold:
    """Have so many requests under way, whose bodies do not come; all of them are counted when it begins."""

    @asynccontextmanager
    async def hold(count: int, address: str, login: Login | None = None) -> AsyncIterator[None]:
        read, reading = body._read, asyncio.Semaphore(0)

        async def begin(*arguments: Any) -> bytes:
            reading.release()
            return await read(*arguments)

        monkeypatch.setattr(body, "_read", begin)
        head = ["POST /api/config HTTP/1.1" if login else "POST /api/auth/login HTTP/1.1", "Host: localhost"]
        head += ["Content-Type: application/json", "Content-Length: 10"]
        head += [f"{name}: {value}" for name, value in by(address, login).items()]
        async with AsyncExitStack() as opened:
            for _ in range(count):
                _, writer = await asyncio.open_connection(api.host, api.port)
                opened.callback(writer.close)
                writer.write("\r\n".join([*head, "", ""]).encode())
                await asyncio.wait_for(reading.acquire(), DEADLINE)
            yield

    return hold


async def free_again(ask: Callable[[], Awaitable[Any]]) -> None:
    """Wait until it is answered: what has just ended may be counted still."""
    async with asyncio.timeout(DEADLINE):
        while (await ask()).status != 200:
            await asyncio.sleep(0)


@tight(requests_at_once=3)
async def test_requests_at_once_from_one_address(api: Any, held: Hold) -> None:
    async with held(3, STRANGER):
        assert await limited(await api.get("/api/openapi.json", headers=by(STRANGER))) == 1
        assert (await api.get("/api/openapi.json", headers=by(HOME))).status == 200
    await free_again(lambda: api.get("/api/openapi.json", headers=by(STRANGER)))


@tight(requests_at_once=3)
async def test_requests_at_once_of_one_account(
    api: Any, held: Hold, register: Callable[[str], Awaitable[Login]]
) -> None:
    alice, bob = await register("alice"), await register("bob")
    async with held(3, "127.0.0.1", alice):
        assert await limited(await api.get("/api/status", headers=by(HOME, alice))) == 1
        assert (await api.get("/api/status", headers=by(HOME, bob))).status == 200


@tight(requests_at_once=3)
async def test_an_account_that_somebody_keeps_busy_can_still_be_logged_out(api: Any, held: Hold, alice: Login) -> None:
    session = (await (await api.get("/api/auth/sessions", headers=by(HOME, alice))).json())["items"][0]["id"]
    assert {
        key for key in operations() if key[0] == "DELETE" and key[1].startswith("/api/auth/")
    } < limits._ENDS_LOG_INS
    async with held(3, "127.0.0.1", alice):
        await limited(await api.get("/api/status", headers=by(HOME, alice)))
        await problem(await api.delete("/api/auth/tokens/none", headers=by(HOME, alice)), 404, "not_found")
        assert (await api.delete(f"/api/auth/sessions/{session}", headers=by(HOME, alice))).status == 204


async def test_requests_at_once_in_all(api: Any, held: Hold, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_REQUESTS", 3)
    async with held(3, STRANGER):
        await problem(await api.get("/api/openapi.json", headers=by(HOME)), 429, "busy")
    await free_again(lambda: api.get("/api/openapi.json", headers=by(HOME)))


@tight(streams_per_account=2, requests_at_once=1)
async def test_streams_are_counted_by_themselves(api: Any, register: Callable[[str], Awaitable[Login]]) -> None:
    alice, bob = await register("alice"), await register("bob")
    streams = [await api.ws_connect("/ws/logs", headers=by(HOME, alice)) for _ in range(2)]
    assert (await api.get("/api/status", headers=by(HOME, alice))).status == 200
    await limited(await api.get("/api/events", headers=by(STRANGER, alice)))
    streams.append(await api.ws_connect("/ws/logs", headers=by(HOME, bob)))
    for stream in streams:
        await stream.close()


@tight(requests_at_once=1)
async def test_a_download_that_takes_its_time_holds_no_request_up(
    api: Any, alice: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()
    begin = log_history._Download.begin

    async def slow(download: log_history._Download) -> None:
        begun.set()
        await go_on.wait()
        await begin(download)

    monkeypatch.setattr(log_history._Download, "begin", slow)
    download = asyncio.create_task(api.get("/api/logs/download", headers=by(HOME, alice)))
    await asyncio.wait_for(begun.wait(), DEADLINE)
    assert (await api.get("/api/status", headers=by(HOME, alice))).status == 200
    go_on.set()
    assert (await asyncio.wait_for(download, DEADLINE)).status == 200


async def test_a_stranger_takes_not_all_places_of_sockets_that_wait_for_a_log_in(api: Any, alice: Login) -> None:
    waiting = [await api.ws_connect("/ws/events", headers=by(STRANGER)) for _ in range(10)]
    await problem(await api.get("/ws/events", headers=by(STRANGER) | HANDSHAKE), 429, "busy")
    ours = await api.ws_connect("/ws/events", headers=by(HOME))
    await ours.send_json({"type": "auth", "token": alice.token})
    assert (await ours.receive_json(timeout=DEADLINE))["type"] == "hello"
    for socket in [*waiting, ours]:
        await socket.close()


@tight(connections=16)
async def test_streams_in_all_leave_room_for_requests(api: Any, register: Callable[[str], Awaitable[Login]]) -> None:
    alice = await register("alice")
    streams = [await api.ws_connect("/ws/logs", headers=by(HOME, alice)) for _ in range(8)]
    await problem(await api.get("/api/events", headers=by(HOME, alice)), 429, "busy")
    assert (await api.get("/api/status", headers=by(HOME, alice))).status == 200
    for stream in streams:
        await stream.close()


@pytest.mark.parametrize(("pieces", "status"), [(b"{", 408), (b'{"username": "a", "password": "b"}', 401)])
async def test_a_body_that_comes_too_slowly(
    api: Any, monkeypatch: pytest.MonkeyPatch, pieces: bytes, status: int
) -> None:
    monkeypatch.setattr(body, "_FIRST_SECONDS", 0.3)
    monkeypatch.setattr(body, "_BYTES_A_SECOND", 10)

    async def slowly() -> AsyncIterator[bytes]:
        yield pieces  # those of 34 bytes have earned 3 seconds more
        if status == 408:
            await ended.wait()

    ended = asyncio.Event()
    headers = {"Content-Type": "application/json"}
    answer = await asyncio.wait_for(api.post("/api/auth/login", data=slowly(), headers=headers), DEADLINE)
    assert answer.status == status
    ended.set()


@tight(log_ins_per_minute=1)
async def test_whoever_is_refused_waits_before_they_are_told_and_holds_up_nobody(
    api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await wrong(api, STRANGER)
    monkeypatch.setattr(limits, "_PAUSE", 3)
    monkeypatch.setattr(limits, "_MOST_PAUSING", 3)
    monkeypatch.setattr(limits, "MOST_REQUESTS", 2)
    asking = [asyncio.create_task(wrong(api, STRANGER)) for _ in range(4)]
    told, waiting = await asyncio.wait(asking, timeout=DEADLINE, return_when=asyncio.FIRST_COMPLETED)
    assert len(waiting) == 3, "no more than three wait"
    await limited(told.pop().result())
    assert (await api.get("/api/openapi.json", headers=by(HOME))).status == 200
    for task in waiting:
        await limited(await asyncio.wait_for(task, DEADLINE))


class TestWithoutNamedProxies:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, trusted_proxies=(), limits=LimitSettings(requests_per_minute=5))

    async def test_everybody_behind_one_is_served_and_the_owner_is_told_once(
        self, api: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        for _ in range(20):
            assert (await api.get("/api/openapi.json", headers=by(STRANGER))).status == 200
        [hint] = [line for line in caplog.messages if "trusted_proxies" in line]
        assert hint.startswith("A proxy on this host asks for others, and trusted_proxies does not name it: nobody is")
