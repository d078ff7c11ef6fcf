"""The second factor over HTTP: switched on and off, and asked for by both ways to log in."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest

from tests.api.conftest import PASSWORD, Login, problem

PATH = "/api/users/me/second-factor"
CURRENT = {"current_password": PASSWORD}


class Phone:
    """Alice's authenticator app."""

    def __init__(self, uri: str) -> None:
        self._totp = pyotp.parse_uri(uri)

    def code(self) -> str:
        """The code after the one that was used last: a clock may be a step ahead."""
        return str(self._totp.at(int(time.time()), counter_offset=1))

    def first(self) -> str:
        return str(self._totp.now())


@pytest.fixture
async def begun(api: Any, alice: Login) -> dict[str, str]:
    answer = await api.post(f"{PATH}/begin", json=CURRENT, headers=alice.headers)
    assert answer.status == 200
    found: dict[str, str] = await answer.json()
    return found


@pytest.fixture
def phone(begun: dict[str, str]) -> Phone:
    return Phone(begun["uri"])


@pytest.fixture
async def recovery_codes(api: Any, alice: Login, phone: Phone) -> list[str]:
    """Alice's, whose second factor is on."""
    answer = await api.post(f"{PATH}/confirm", json={"code": phone.first()}, headers=alice.headers)
    assert answer.status == 200
    codes: list[str] = (await answer.json())["recovery_codes"]
    return codes


@dataclass
class Way:
    """One way to log in."""

    api: Any
    path: str
    kind: str

    async def __call__(self, alice: Login, **code: str) -> Any:
        fields = {"username": alice.email, "password": PASSWORD, **code}
        origin = {"Origin": str(self.api.make_url("/")).rstrip("/")}
        return await self.api.post(f"/api/auth/{self.path}", **{self.kind: fields}, headers=origin)


@pytest.fixture
def ways(api: Any) -> list[Way]:
    return [Way(api, path, kind) for path in ("login", "session") for kind in ("data", "json")]


async def test_an_app_gets_what_it_needs(begun: dict[str, str]) -> None:
    uri = urlsplit(begun["uri"])
    assert (uri.scheme, uri.netloc, uri.path) == ("otpauth", "totp", "/tgcfd%20127.0.0.1:alice%40example.org")
    assert parse_qs(uri.query) == {"secret": [begun["secret"]], "issuer": ["tgcfd 127.0.0.1"]}


async def test_each_way_to_log_in_asks_for_a_code(
    api: Any, ways: list[Way], alice: Login, recovery_codes: list[str]
) -> None:
    for way, code in zip(ways, recovery_codes, strict=False):
        await problem(await way(alice), 401, "second_factor_needed")
        await problem(await way(alice, code="abcd-efgh-ijkl-mnop"), 401, "wrong_code")
        assert (await way(alice, code=code)).status == 200


async def test_a_code_of_the_app_lets_in_once(
    api: Any, ways: list[Way], alice: Login, phone: Phone, recovery_codes: list[str]
) -> None:
    code = phone.code()
    answers = await asyncio.gather(*(way(alice, code=code) for way in ways))
    assert sorted(answer.status for answer in answers) == [200, 401, 401, 401]


async def test_a_wrong_password_says_nothing_of_it(api: Any, alice: Login, recovery_codes: list[str]) -> None:
    fields = {"username": alice.email, "password": "wrong horse battery", "code": recovery_codes[0]}
    await problem(await api.post("/api/auth/login", json=fields), 401, "wrong_login")


async def test_guesses_have_to_wait(api: Any, alice: Login, recovery_codes: list[str]) -> None:
    fields = {"username": alice.email, "password": PASSWORD, "code": "no code"}
    for _ in range(5):
        await problem(await api.post("/api/auth/login", json=fields), 401, "wrong_code")
    answer = await api.post("/api/auth/login", json=fields | {"code": "123456"})
    await problem(answer, 429, "too_many_requests")
    assert 0 < int(answer.headers["Retry-After"]) <= 30


async def test_those_who_are_logged_in_stay_so_and_no_secret_is_shown_again(
    api: Any, alice: Login, begun: dict[str, str], recovery_codes: list[str]
) -> None:
    answer = await api.get(PATH, headers=alice.headers)
    text = await answer.text()
    assert (json.loads(text)["on"], json.loads(text)["recovery_codes_left"]) == (True, 10)
    assert not [secret for secret in (begun["secret"], *recovery_codes) if secret in text]


async def test_it_is_off_for_who_never_began(api: Any, alice: Login) -> None:
    answer = await api.get(PATH, headers=alice.headers)
    assert await answer.json() == {"on": False, "since": None, "recovery_codes_left": 0}
    await problem(await api.post(f"{PATH}/confirm", json={"code": "123456"}, headers=alice.headers), 409, OFF)
    for action in ("recovery-codes", "off"):
        answer = await api.post(f"{PATH}/{action}", json=CURRENT | {"code": "1"}, headers=alice.headers)
        await problem(answer, 409, OFF)


OFF = "second_factor_is_off"


@pytest.mark.parametrize("action", ["begin", "recovery-codes", "off"])
async def test_what_changes_it_takes_the_password(
    api: Any, alice: Login, recovery_codes: list[str], action: str
) -> None:
    body = {"current_password": "wrong horse battery"} | ({} if action == "begin" else {"code": recovery_codes[0]})
    found = await problem(await api.post(f"{PATH}/{action}", json=body, headers=alice.headers), 422, "invalid_body")
    assert [error["pointer"] for error in found["errors"]] == ["/current_password"]
    assert (await (await api.get(PATH, headers=alice.headers)).json())["recovery_codes_left"] == 10


async def test_it_is_switched_off_by_a_code(
    api: Any, ways: list[Way], alice: Login, phone: Phone, recovery_codes: list[str]
) -> None:
    wrong = await api.post(f"{PATH}/off", json=CURRENT | {"code": "no code"}, headers=alice.headers)
    assert [error["pointer"] for error in (await problem(wrong, 422, "invalid_body"))["errors"]] == ["/code"]
    await problem(await api.post(f"{PATH}/begin", json=CURRENT, headers=alice.headers), 409, "second_factor_is_on")

    off = await api.post(f"{PATH}/off", json=CURRENT | {"code": phone.code()}, headers=alice.headers)

    assert off.status == 204
    assert (await ways[0](alice)).status == 200


async def test_new_recovery_codes_replace_the_former(
    api: Any, ways: list[Way], alice: Login, phone: Phone, recovery_codes: list[str]
) -> None:
    code = {"code": phone.code()}
    answer = await api.post(f"{PATH}/recovery-codes", json=CURRENT | code, headers=alice.headers)
    renewed = (await answer.json())["recovery_codes"]
    await problem(await ways[0](alice, code=recovery_codes[0]), 401, "wrong_code")
    assert (await ways[0](alice, code=renewed[0])).status == 200


async def test_new_recovery_codes_take_a_code(api: Any, alice: Login, recovery_codes: list[str]) -> None:
    for body in (CURRENT, CURRENT | {"code": "no code"}):
        answer = await api.post(f"{PATH}/recovery-codes", json=body, headers=alice.headers)
        found = await problem(answer, 422, "invalid_body")
        assert [error["pointer"] for error in found["errors"]] == ["/code"]
    body = CURRENT | {"code": recovery_codes[0]}
    assert (await api.post(f"{PATH}/recovery-codes", json=body, headers=alice.headers)).status == 200
    again = await api.post(f"{PATH}/recovery-codes", json=body, headers=alice.headers)
    await problem(again, 422, "invalid_body")


async def test_a_wrong_first_code_names_the_field(api: Any, alice: Login, begun: dict[str, str]) -> None:
    answer = await api.post(f"{PATH}/confirm", json={"code": "no code"}, headers=alice.headers)
    assert [error["pointer"] for error in (await problem(answer, 422, "invalid_body"))["errors"]] == ["/code"]
