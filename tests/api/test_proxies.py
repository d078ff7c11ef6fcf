"""Whose word counts about who sends a request: a proxy's that the settings name, and nobody else's."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from tests.api.conftest import PASSWORD, Login, problem
from tgcfd.accounts.sessions import Sessions
from tgcfd.api.proxies import Proxies
from tgcfd.app import build_app
from tgcfd.errors import StorageFull
from tgcfd.settings import Settings, TrustedProxy, load_settings

NAME = "tgcfd.example.org"
CLIENT = "203.0.113.7"
FORWARDED = {"X-Forwarded-For": CLIENT, "X-Forwarded-Proto": "https", "X-Forwarded-Host": NAME}
HTTPS = {**FORWARDED, "Origin": f"https://{NAME}"}


def trusted(tmp_path: Path, *proxies: str) -> tuple[TrustedProxy, ...]:
    file = tmp_path / "tgcfd.yml"
    file.write_text(json.dumps({"trusted_proxies": proxies}))
    return load_settings(file, {}).trusted_proxies


@pytest.fixture(params=[["127.0.0.1"]], ids=lambda it: f"trusts {it}")
def settings(settings: Settings, tmp_path: Path, request: pytest.FixtureRequest) -> Settings:
    return replace(settings, trusted_proxies=trusted(tmp_path, *request.param))


stranger = pytest.mark.parametrize("settings", [[], ["10.0.0.0/8", "::1", "unix"]], indirect=True)


async def begin_session(api: Any, login: Login, headers: dict[str, str], password: str = PASSWORD) -> Any:
    return await api.post("/api/auth/session", json={"username": login.email, "password": password}, headers=headers)


async def test_behind_https_the_cookie_is_for_https_only(api: Any, alice: Login) -> None:
    response = await begin_session(api, alice, HTTPS)

    assert response.status == 200
    header = response.headers["Set-Cookie"]
    # what browsers ask of a name that begins so
    assert header.startswith("__Host-tgcfd_session=")
    assert {"Secure", "Path=/"} <= set(header.split("; "))
    assert "domain" not in header.lower()
    # and of what clears it
    cookie = {"Cookie": header.partition(";")[0]}
    left = await api.delete("/api/auth/session", headers={**HTTPS, **cookie})
    assert (left.status, "; Secure" in left.headers["Set-Cookie"]) == (204, True)


async def test_behind_https_a_cookie_that_a_neighbour_can_plant_is_nobodys(api: Any, alice: Login) -> None:
    value = (await begin_session(api, alice, HTTPS)).cookies["__Host-tgcfd_session"].value
    planted = {**FORWARDED, "Cookie": f"tgcfd_session={value}"}
    await problem(await api.get("/api/users/me", headers=planted), 401, "unauthorized")


async def test_behind_https_only_the_page_that_came_by_https_is_our_own(api: Any, alice: Login) -> None:
    response = await begin_session(api, alice, HTTPS)
    cookie = {"Cookie": f"__Host-tgcfd_session={response.cookies['__Host-tgcfd_session'].value}"}

    for origin in (f"http://{NAME}", "https://evil.example", f"https://{api.host}:{api.port}"):
        foreign = await api.put("/api/users/me", json={"name": "X"}, headers={**HTTPS, **cookie, "Origin": origin})
        await problem(foreign, 403, "foreign_origin")
    own = await api.put("/api/users/me", json={"name": "Al"}, headers={**HTTPS, **cookie})
    assert own.status == 200


async def test_a_log_stream_opens_behind_https(api: Any, alice: Login) -> None:
    response = await begin_session(api, alice, HTTPS)
    cookie = {"Cookie": f"__Host-tgcfd_session={response.cookies['__Host-tgcfd_session'].value}"}

    async with api.ws_connect("/ws/logs", headers={**HTTPS, **cookie}) as log:
        assert (await log.receive_json(timeout=10))["type"] == "hello"
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        await api.ws_connect("/ws/logs", headers={**HTTPS, **cookie, "Origin": f"http://{NAME}"})
    assert caught.value.status == 403


async def test_a_wrong_log_in_is_logged_with_the_address_of_the_client(
    api: Any, alice: Login, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    await problem(await begin_session(api, alice, HTTPS, "not her password"), 401, "wrong_login")
    line = f"Somebody could not log in as alice (wrong e-mail address or password) from {CLIENT}"
    assert [said for said in caplog.messages if CLIENT in said] == [line]


async def test_a_wrong_log_in_stays_one_while_the_disk_is_full(
    api: Any, alice: Login, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refused(*_: object) -> None:
        raise StorageFull

    monkeypatch.setattr(Sessions, "refused", refused)
    await problem(await begin_session(api, alice, HTTPS, "not her password"), 401, "wrong_login")
    assert [said.partition(":")[0] for said in caplog.messages if CLIENT in said] == [
        f"The audit log lacks a wrong e-mail address or password from {CLIENT}"
    ]


@stranger
async def test_what_a_stranger_forges_changes_nothing(api: Any, alice: Login, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    own = {**FORWARDED, "Origin": str(api.make_url("/")).rstrip("/")}

    await problem(await begin_session(api, alice, HTTPS), 403, "foreign_origin")
    await problem(await begin_session(api, alice, own, "not her password"), 401, "wrong_login")
    response = await begin_session(api, alice, own)

    assert "Secure" not in response.headers["Set-Cookie"]
    line = "Somebody could not log in as alice (wrong e-mail address or password) from 127.0.0.1"
    assert line in caplog.messages


@pytest.mark.parametrize("settings", [["unix"]], indirect=True)
async def test_a_proxy_at_a_unix_socket(
    settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture, aiohttp_client: Any
) -> None:
    caplog.set_level(logging.INFO)
    runner = web.AppRunner(build_app(settings))
    await runner.setup()
    path = str(tmp_path / "web.sock")
    await web.UnixSite(runner, path).start()
    body = {"username": "nobody@example.org", "password": PASSWORD}
    try:
        async with aiohttp.ClientSession(connector=aiohttp.UnixConnector(path)) as http:
            for headers in (FORWARDED, {}):
                async with http.post("http://here/api/auth/login", json=body, headers=headers) as response:
                    assert response.status == 401
    finally:
        await runner.cleanup()
    line = "Somebody could not log in as an unknown address (wrong e-mail address or password)"
    assert [message for message in caplog.messages if "could not log in" in message] == [f"{line} from {CLIENT}", line]


@pytest.mark.parametrize(
    ("chain", "client"),
    [
        ([], "10.0.0.1"),
        ([CLIENT], CLIENT),
        (["198.51.100.1, 203.0.113.7"], CLIENT),
        (["198.51.100.1", CLIENT], CLIENT),
        (["198.51.100.1,203.0.113.7 , 10.0.0.9"], CLIENT),
        (["10.0.0.8, 10.0.0.9"], "10.0.0.8"),
        (["nonsense, 203.0.113.7"], CLIENT),
        (["198.51.100.1, nonsense"], "10.0.0.1"),
        (["198.51.100.1, nonsense, 10.0.0.9"], "10.0.0.9"),
        (["198.51.100.1, 203.0.113.7:1234"], "10.0.0.1"),
        ([""], "10.0.0.1"),
        ([","], "10.0.0.1"),
        (["unknown"], "10.0.0.1"),
        (["2001:db8::7"], "2001:db8::7"),
        (["fe80::7%any text"], "fe80::7"),
        (["::ffff:203.0.113.7"], CLIENT),
        (["203.0.113.7, ::ffff:10.0.0.9"], CLIENT),
        (["203.0.113.7", *["10.0.0.9"] * 15], CLIENT),
        (["203.0.113.7", *["10.0.0.9"] * 16], "10.0.0.9"),
        (["203.0.113.7, " * 400 + "10.0.0.9"], CLIENT),
    ],
)  # fmt: skip
def test_the_client_is_the_last_in_the_chain_who_is_no_proxy_of_ours(
    tmp_path: Path, chain: list[str], client: str
) -> None:
    assert Proxies(trusted(tmp_path, "10.0.0.0/24")).client("10.0.0.1", chain) == client


@pytest.mark.parametrize(
    ("proxies", "peer", "trusts"),
    [
        (["10.0.0.1"], "10.0.0.1", True),
        (["10.0.0.1"], "10.0.0.2", False),
        (["10.0.0.0/24"], "10.0.0.255", True),
        (["10.0.0.0/24"], "10.0.1.0", False),
        (["10.0.0.0/24"], "::ffff:10.0.0.1", True),
        (["::1"], "::1", True),
        (["fe80::/10"], "fe80::1%eth0", True),
        (["10.0.0.1"], "::1", False),
        (["10.0.0.1"], "", False),
        (["unix"], "", True),
        (["unix"], "10.0.0.1", False),
        (["unix"], None, False),
        ([], "10.0.0.1", False),
    ],
)
def test_who_is_trusted(tmp_path: Path, proxies: list[str], peer: str | None, trusts: bool) -> None:
    assert Proxies(trusted(tmp_path, *proxies)).trusts(peer) is trusts


@pytest.mark.parametrize(
    ("header", "value", "said"),
    [
        ("X-Forwarded-Proto", "https", {"scheme": "https"}),
        ("X-Forwarded-Proto", "HTTPS", {"scheme": "https"}),
        ("X-Forwarded-Proto", "https, http", {"scheme": "http"}),
        ("X-Forwarded-Proto", "wss", {}),
        ("X-Forwarded-Proto", "", {}),
        ("X-Forwarded-Host", "example.org", {"host": "example.org"}),
        ("X-Forwarded-Host", "example.org:8443", {"host": "example.org:8443"}),
        ("X-Forwarded-Host", "[2001:db8::1]:8443", {"host": "[2001:db8::1]:8443"}),
        ("X-Forwarded-Host", "evil.example, example.org", {"host": "example.org"}),
        ("X-Forwarded-Host", "example.org/path", {}),
        ("X-Forwarded-Host", "me@example.org", {}),
        ("X-Forwarded-Host", "example.org:", {}),
        ("X-Forwarded-Host", "x" * 254, {}),
        ("X-Forwarded-Host", "", {}),
        ("Forwarded", "for=203.0.113.7;proto=https", {}),
    ],
)
def test_words_that_cannot_be_are_passed_over(tmp_path: Path, header: str, value: str, said: dict[str, str]) -> None:
    request = make_mocked_request("GET", "/", headers={header: value}).clone(remote="10.0.0.1")
    assert Proxies(trusted(tmp_path, "10.0.0.1")).said(request) == {"remote": "10.0.0.1", **said}
