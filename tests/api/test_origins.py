"""What pages of other sites can have a visitor's browser ask without a log-in: nothing, and it counts nowhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest
from aiohttp.test_utils import make_mocked_request

from tests.api.conftest import PASSWORD, Login, Server, problem
from tgcfd.api import limits
from tgcfd.api.origins import Pages
from tgcfd.app import build_app
from tgcfd.errors import ForeignOrigin
from tgcfd.settings import AccountSettings, LimitSettings, Registration, Settings

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


# --- a page whose own name was made to lead here


@pytest.fixture
def at_home(settings: Settings) -> Settings:
    return replace(settings, trusted_proxies=(), limits=LimitSettings(registrations_per_hour=100))


async def named(client: Callable[..., Any], settings: Settings, host: str, path: str = "/api/auth/register") -> Any:
    """Ask as a page does that was opened by this name, which browsers then take for the server's own."""
    api = await client(Server(build_app(settings)))
    headers = {"Host": host, "Origin": f"http://{host}", "Sec-Fetch-Site": "same-origin"}
    return await api.post(path, json=NEW if path.endswith("register") else LOG_IN, headers=headers)


@pytest.mark.parametrize(
    "host", ["rebound.example", "rebound.example:8470", "localhost.evil.example", "192.0.2.1", "127.0.0.1.evil.example"]
)
async def test_where_everybody_on_this_host_may_register_another_name_may_not(
    aiohttp_client: Any, at_home: Settings, host: str
) -> None:
    for path in ("/api/auth/register", "/api/auth/login", "/api/auth/session"):
        answer = await problem(await named(aiohttp_client, at_home, host, path), 403, "foreign_origin")
        assert "localhost" in answer["detail"]


@pytest.mark.parametrize("host", ["localhost", "LocalHost:9000", "127.0.0.1:8470", "127.3.2.1", "[::1]:8470", "[::1]"])
async def test_this_host_s_own_names_may(aiohttp_client: Any, at_home: Settings, host: str) -> None:
    assert (await named(aiohttp_client, at_home, host)).status == 201


async def test_where_a_proxy_is_named_it_says_what_browsers_call_us(aiohttp_client: Any, settings: Settings) -> None:
    assert (await named(aiohttp_client, settings, "tgcf.example.org")).status == 201


async def test_where_an_invite_is_needed_a_proxy_need_not_be_named(aiohttp_client: Any, at_home: Settings) -> None:
    settings = replace(at_home, accounts=AccountSettings(registration=Registration.INVITE))
    await problem(await named(aiohttp_client, settings, "tgcf.example.org"), 403, "invite_needed")


@pytest.mark.parametrize(
    ("sockets", "refused"),
    [
        ([("127.0.0.1", 8470)], True),
        ([("127.0.0.1", 8470), ("::1", 8470, 0, 0), "/run/tgcfd.sock"], True),
        ([("0.0.0.0", 8470)], False),
        ([("127.0.0.1", 8470), ("192.0.2.1", 8470)], False),
        ([("::", 8470, 0, 0)], False),
    ],
)
def test_names_matter_where_nobody_else_can_come_in(sockets: list[Any], refused: bool) -> None:
    pages = Pages((), everybody=True)
    pages.listen_at(sockets)
    asked = make_mocked_request("POST", "/", headers={"Host": "rebound.example"})
    request = asked.clone(remote="127.0.0.1", scheme="http")
    if refused:
        with pytest.raises(ForeignOrigin):
            pages.require(request)
    else:
        pages.require(request)
    # a Unix socket is for a proxy, and no browser opens one; and our certificate is good for our own names alone
    pages.require(asked.clone(remote="", scheme="http"))
    pages.require(asked.clone(remote="127.0.0.1", scheme="https"))
