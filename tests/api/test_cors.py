"""Front ends of other origins: those that the settings name may read our answers, with tokens alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.api.conftest import PASSWORD, Login, problem
from tgcfd.settings import Settings

FRIEND = "https://app.example.org"
STRANGER = "https://evil.example"
ASKS = {
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization, if-match,content-type",
}


@pytest.fixture
def settings(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    return replace(settings, allowed_origins=getattr(request, "param", (FRIEND, "http://localhost:3000")))


def allowed(response: Any) -> str | None:
    assert "Access-Control-Allow-Credentials" not in response.headers
    return response.headers.get("Access-Control-Allow-Origin")


@pytest.mark.parametrize("path", ["/api/config", "/api/run", "/api/auth/login"])
async def test_a_friend_may_ask_and_read(api: Any, alice: Login, path: str) -> None:
    before = await api.options(path, headers={"Origin": FRIEND, **ASKS})
    assert (before.status, allowed(before)) == (200, FRIEND)
    assert before.headers["Access-Control-Allow-Methods"] == "POST"
    assert "AUTHORIZATION" in before.headers["Access-Control-Allow-Headers"].upper().split(",")

    answer = await api.post(path, headers={"Origin": FRIEND}, json={})

    assert allowed(answer) == FRIEND
    assert {"ETag", "Retry-After", "X-Request-Id"} <= set(answer.headers["Access-Control-Expose-Headers"].split(","))
    assert "Origin" in answer.headers["Vary"]


async def test_a_friend_can_read_what_went_wrong(api: Any) -> None:
    answer = await api.get("/api/status", headers={"Origin": FRIEND})
    await problem(answer, 401, "unauthorized")
    assert allowed(answer) == FRIEND


async def test_a_stranger_may_not(api: Any, alice: Login) -> None:
    before = await api.options("/api/config", headers={"Origin": STRANGER, **ASKS})
    assert allowed(before) is None
    await problem(before, 403, "foreign_origin")
    answer = await api.get("/api/config", headers={"Origin": STRANGER, **alice.headers})
    assert allowed(answer) is None


async def test_a_method_or_a_header_that_is_not_there_may_not_be_asked_for(api: Any) -> None:
    for asks in ({**ASKS, "Access-Control-Request-Method": "TRACE"}, {**ASKS, "Access-Control-Request-Headers": "x-y"}):
        before = await api.options("/api/config", headers={"Origin": FRIEND, **asks})
        await problem(before, 403, "foreign_origin")


async def test_not_even_a_friend_may_use_the_cookie(api: Any, alice: Login) -> None:
    own = {"Origin": str(api.make_url("/")).rstrip("/")}
    body = {"username": alice.email, "password": PASSWORD}
    assert (await api.post("/api/auth/session", json=body, headers=own)).status == 200
    # the client sends the cookie from here on
    await problem(await api.post("/api/run", headers={"Origin": FRIEND}), 403, "foreign_origin")


async def test_what_is_not_there_is_still_a_problem(api: Any) -> None:
    await problem(await api.get("/api/nothing", headers={"Origin": FRIEND}), 404, "not_found")
    await problem(await api.options("/api/nothing", headers={"Origin": FRIEND, **ASKS}), 404, "not_found")


@pytest.mark.parametrize("settings", [()], indirect=True)
async def test_by_default_nobody_may(api: Any) -> None:
    await problem(await api.options("/api/config", headers={"Origin": FRIEND, **ASKS}), 405, "method_not_allowed")
    answer = await api.get("/api/status", headers={"Origin": FRIEND})
    assert allowed(answer) is None
    assert "Vary" not in answer.headers


async def test_a_page_of_any_origin_opens_a_socket_with_a_token(api: Any, alice: Login) -> None:
    protocols = ("tgcfd.v1", f"bearer.{alice.token}")
    async with api.ws_connect("/ws/logs", protocols=protocols, headers={"Origin": STRANGER}) as log:
        assert (await log.receive_json(timeout=10))["type"] == "hello"
    async with api.ws_connect("/ws/logs", headers={"Origin": STRANGER}) as log:
        await log.send_json({"type": "auth", "token": alice.token})
        assert (await log.receive_json(timeout=10))["type"] == "hello"
