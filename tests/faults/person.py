"""Somebody who uses a daemon that may be killed at any moment, and knows what has to be so afterwards."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

import aiohttp
import pyotp

Headers = dict[str, str]
FIRST_PASSWORD = "the first long password"


class Killed(Exception):
    """The daemon was killed before it answered."""


class Api:
    """One run of a daemon."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self._http = http
        self._url = url
        self.is_killed = False
        self.in_flight = 0
        self.answered = 0

    async def ask(self, method: str, path: str, body: object = None, headers: Headers | None = None) -> Any:
        """Make a request; returns status, body and the session's cookie. Raises Killed."""
        self.in_flight += 1
        sent = {"Origin": self._url, **(headers or {})}
        try:
            async with self._http.request(method, self._url + path, json=body, headers=sent) as answer:
                found = await answer.json(content_type=None) if answer.content_length else None
                cookie = answer.cookies.get("tgcfd_session")
                self.in_flight -= 1
                self.answered += 1
                return answer.status, found, cookie.value if cookie else None
        except (aiohttp.ClientError, ConnectionError) as error:
            if not self.is_killed:
                raise AssertionError(f"{method} {path} was not answered") from error
            raise Killed from error

    async def ok(self, method: str, path: str, body: object = None, headers: Headers | None = None) -> Any:
        """Make a request that has to be carried out; returns its body. Raises Killed."""
        status, found, _cookie = await self.ask(method, path, body, headers)
        assert status in {200, 201, 204}, f"{method} {path}: {status} {found}"
        return found


@dataclass
class LogIn:
    """What somebody is logged in by. ``good``: None where that is not known."""

    headers: Headers
    good: bool | None = True
    is_session: bool = True


class Person:
    """What is not known for sure, since the daemon was killed meanwhile, is one of two: both are kept."""

    def __init__(self, name: str, chance: random.Random, invite: str | None = None) -> None:
        self.email = f"{name}@example.org"
        self.exists: bool | None = False
        self._chance = chance
        self._invite = invite
        self._passwords = [FIRST_PASSWORD]  # the one that may have been set last
        self._log_ins: list[LogIn] = []
        self._admins: set[tuple[int, ...]] = {()}
        self._has_factor: bool | None = False
        self._numbers = count(1)

    # --- what they do

    async def live(self, api: Api) -> None:
        """Do this and that until the daemon is killed, or the account deleted."""
        if self.exists is False:
            await self.register(api)
        acts: dict[Callable[[Api], Awaitable[None]], int] = {
            self.log_in: 3,
            self.log_in_by_cookie: 2,
            self.make_token: 2,
            self.save: 6,
            self.log_out: 2,
            self.log_out_everywhere: 1,
            self.change_password: 1,
            self.switch_factor_on: 1,
            self.delete: 1,
        }
        while self.exists:
            if not self._log_in():
                if self._has_factor:
                    return  # its codes are a matter of other tests
                await self.log_in(api)
            [act] = self._chance.choices(list(acts), list(acts.values()))
            await act(api)

    async def register(self, api: Api) -> None:
        self.exists, self._admins, self._has_factor = None, {()}, False
        body = {"email": self.email, "password": FIRST_PASSWORD, "name": "Somebody"}
        await api.ok("POST", "/api/auth/register", body | ({"invite": self._invite} if self._invite else {}))
        self.exists, self._invite = True, None

    async def log_in(self, api: Api) -> None:
        if not self._has_factor:
            body = {"username": self.email, "password": self._passwords[-1]}
            self._take((await api.ok("POST", "/api/auth/login", body))["access_token"])

    async def log_in_by_cookie(self, api: Api) -> None:
        if not self._has_factor:
            body = {"username": self.email, "password": self._passwords[-1]}
            status, found, cookie = await api.ask("POST", "/api/auth/session", body)
            assert status == 200, found
            self._log_ins.append(LogIn({"Cookie": f"tgcfd_session={cookie}"}))

    async def make_token(self, api: Api) -> None:
        body = {"name": f"token {next(self._numbers)}", "scopes": ["read"], **self._current()}
        self._take((await api.ok("POST", "/api/auth/tokens", body, self._log_in()))["token"], is_session=False)

    async def save(self, api: Api) -> None:
        admins = tuple(self._chance.sample(range(1, 1000), self._chance.randrange(1, 200)))
        self._admins.add(admins)
        await api.ok("POST", "/api/config", {"admins": admins}, self._log_in())
        self._admins = {admins}

    async def log_out(self, api: Api) -> None:
        log_in = next(item for item in self._log_ins if item.good and item.is_session)
        log_in.good = None
        kind = ("POST", "/api/auth/logout") if "Authorization" in log_in.headers else ("DELETE", "/api/auth/session")
        await api.ok(*kind, headers=log_in.headers)
        log_in.good = False

    async def log_out_everywhere(self, api: Api) -> None:
        headers = self._log_in()
        self._all_may_end()
        await api.ok("DELETE", "/api/auth/sessions", headers=headers)
        self._all_ended()

    async def change_password(self, api: Api) -> None:
        headers, former, renewed = self._log_in(), self._passwords[-1], f"long password number {next(self._numbers)}"
        self._passwords.append(renewed)
        self._all_may_end()
        body = {"current_password": former, "new_password": renewed}
        await api.ok("PUT", "/api/users/me", body, headers)
        self._passwords = [renewed]
        self._all_ended()

    async def switch_factor_on(self, api: Api) -> None:
        if self._has_factor:
            return
        path = "/api/users/me/second-factor"
        begun = await api.ok("POST", f"{path}/begin", self._current(), self._log_in())
        self._has_factor = None
        code = {"code": pyotp.TOTP(begun["secret"]).now()}
        await api.ok("POST", f"{path}/confirm", code, self._log_in())
        self._has_factor = True

    async def delete(self, api: Api) -> None:
        if self._has_factor:
            return
        headers = self._log_in()
        self.exists = None
        self._all_may_end()
        await api.ok("POST", "/api/users/me/delete", self._current(), headers)
        self.exists = False
        self._all_ended()

    # --- what has to be so afterwards

    async def settle(self, api: Api) -> None:
        """Find out which of two things is so; nothing is half of both, and what was confirmed is there."""
        ended = await self._settle_log_ins(api)
        password = await self._let_in_with(api)
        assert self.exists in {None, password is not None}, f"{self.email}: {password=}, was {self.exists}"
        if ended is not None and self.exists is None:
            assert ended == (password is None), f"{self.email}: deleted, but not its log-ins, or the other way round"
        if password is not None and len(self._passwords) > 1 and ended is not None:
            assert ended == (password == self._passwords[-1]), f"{self.email}: a new password, and old log-ins"
        self.exists = password is not None
        self._passwords = [password or FIRST_PASSWORD]
        if not self.exists:
            assert not self._log_ins
            return
        self._invite = None  # it was used
        if headers := self._log_in():
            config = await api.ok("GET", "/api/config", headers=headers)
            admins = tuple(config["admins"])
            assert admins in self._admins, f"{self.email}: {admins}, not one of {self._admins}"
            self._admins = {admins}
            versions = await api.ok("GET", "/api/config/versions", headers=headers)
            assert not versions["items"] or versions["items"][0]["current"]

    async def _settle_log_ins(self, api: Api) -> bool | None:
        """Hold log-ins against what is known; returns whether those that might have ended have; None without any."""
        is_good = await asyncio.gather(*(self._is_good(api, item) for item in self._log_ins))
        doubtful = {good for item, good in zip(self._log_ins, is_good, strict=True) if item.good is None}
        assert len(doubtful) <= 1, f"{self.email}: some log-ins have ended, others have not"
        for item, good in zip(self._log_ins, is_good, strict=True):
            assert item.good in {None, good}, f"{self.email}: a log-in that was {item.good}"
            item.good = good
        self._log_ins = [item for item in self._log_ins if item.good]  # what has ended was seen to have
        return None if not doubtful else not doubtful.pop()

    async def _is_good(self, api: Api, item: LogIn) -> bool:
        status, _body, _cookie = await api.ask("GET", "/api/users/me", headers=item.headers)
        assert status in {200, 401}
        return bool(status == 200)

    async def _let_in_with(self, api: Api) -> str | None:
        """Try to log in; returns the password that is right, if one is."""
        for password in self._passwords:
            body = {"username": self.email, "password": password}
            status, found, _cookie = await api.ask("POST", "/api/auth/login", body)
            is_right = status == 200 or found["code"] == "second_factor_needed"
            assert is_right or found["code"] == "wrong_login", found
            if is_right:
                assert self._has_factor in {None, status != 200}, f"{self.email}: second factor was {self._has_factor}"
                self._has_factor = status != 200
                if status == 200:
                    self._take(found["access_token"])
                return password
        return None

    # --- their log-ins

    def _take(self, token: str, *, is_session: bool = True) -> None:
        self._log_ins.append(LogIn({"Authorization": f"Bearer {token}"}, is_session=is_session))

    def _log_in(self) -> Headers:
        return next((item.headers for item in self._log_ins if item.good and item.is_session), {})

    def _current(self) -> dict[str, str]:
        return {"current_password": self._passwords[-1]}

    def _all_may_end(self) -> None:
        for item in self._log_ins:
            item.good = None if item.good else item.good

    def _all_ended(self) -> None:
        for item in self._log_ins:
            item.good = False
