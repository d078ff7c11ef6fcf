"""What pages of other sites can have a visitor's browser ask without a log-in: nothing, and it counts nowhere."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest

from tests.api.conftest import PASSWORD, Login, problem
from tgcfd.api import limits
from tgcfd.settings import LimitSettings, Settings

FRIEND = "https://app.example.org"
STRANGER = "https://evil.example"
VISITOR = {"X-Forwarded-For": "198.51.100.1"}
LOG_IN = {"username": "alice@example.org", "password": PASSWORD}
NEW = {"email": "new@example.org", "password": PASSWORD, "name": "New"}


def own(api: Any) -> dict[str, str]:
    return {"Origin": str(api.make_url("/")).rstrip("/")}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    few = LimitSettings(log_ins_per_minute=2, account_log_ins_per_minute=2, registrations_per_hour=1)
    return replace(settings, allowed_origins=(FRIEND,), trusted_proxies=(ip_network("127.0.0.1"),), limits=few)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_PAUSE", 0)


@pytest.mark.parametrize("origin", [STRANGER, "null", "", f"{FRIEND}.evil.example", "http://app.example.org"])
async def test_a_stranger_s_page_logs_nobody_in_and_uses_up_nobody_s_tries(api: Any, alice: Login, origin: str) -> None:
    # given a page elsewhere that asks in its visitor's browser, which every browser says
    foreign = VISITOR | {"Origin": origin, "Sec-Fetch-Site": "cross-site"}
    form = {"username": LOG_IN["username"], "password": "a guess"}  # one that needs no leave to be sent (CORS)
    for _ in range(5):
        for path, body in (
            ("/api/auth/login", {"data": form}),
            ("/api/auth/session", {"data": form}),
            ("/api/auth/refresh", {"json": {"refresh_token": "x" * 40}}),
            ("/api/auth/register", {"json": NEW}),
        ):
            refused = await api.post(path, headers=foreign, **body)
            await problem(refused, 403, "foreign_origin")
            assert "Set-Cookie" not in refused.headers
    # then the visitor can try as often as anybody else
    wrong = await api.post("/api/auth/refresh", json={"refresh_token": "x" * 40}, headers=VISITOR)
    await problem(wrong, 401, "unauthorized")
    assert (await api.post("/api/auth/register", json=NEW, headers=VISITOR)).status == 201
    assert (await api.post("/api/auth/session", json=LOG_IN, headers=VISITOR | own(api))).status == 200


async def test_our_own_page_friends_and_programs_may(api: Any, alice: Login) -> None:
    for headers in ({}, own(api), {"Origin": FRIEND, "Sec-Fetch-Site": "cross-site"}):
        answer = await api.post("/api/auth/login", json=LOG_IN, headers=VISITOR | headers)
        assert answer.status == 200
        token = {"refresh_token": (await answer.json())["refresh_token"]}
        assert (await api.post("/api/auth/refresh", json=token, headers=VISITOR | headers)).status == 200
    # but a cookie is for our own page alone
    friendly = await api.post("/api/auth/session", json=LOG_IN, headers=VISITOR | {"Origin": FRIEND})
    await problem(friendly, 403, "foreign_origin")


async def test_what_anybody_may_read_is_no_matter_of_origin(api: Any) -> None:
    for path in ("/api/auth/policy", "/healthz"):
        assert (await api.get(path, headers={"Origin": STRANGER})).status == 200
