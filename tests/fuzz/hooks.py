"""What schemathesis cannot guess: log-ins, passwords and codes. It loads this module into its own process.

Whoever it acts as is an admin with a throw-away account. What it does ends their log-in again and again: it logs out,
sets a new password, takes the role away, deletes the account. Then they log in anew, or another one takes their place.
"""

from __future__ import annotations

import os
import re
from typing import Any

import pyotp
import requests
import schemathesis

from tests.api.images import png

URL = os.environ["TGCFD_FUZZ_URL"]
KEEPER = {"Authorization": f"Bearer {os.environ['TGCFD_FUZZ_KEEPER']}"}  # an admin who makes the others admins
KEEPERS_SLUG = "keeper"
BY_COOKIE = os.environ["TGCFD_FUZZ_LOG_IN"] == "cookie"
PASSWORD = os.environ["TGCFD_FUZZ_PASSWORD"]  # of all of them, the keeper too
COOKIE = "tgcfd_session"
ETAGS = re.compile(r'\*$|(W/)?"')
TIMEOUT = 30  # seconds
CONFIGS = ({"mode": 1}, {"mode": 1, "past": {"delay": 5}})


class Person:
    """Somebody who is logged in, as long as that is good; and somebody else, for admins to act on."""

    def __init__(self) -> None:
        self._number = 0
        self._email = ""
        self._secret = ""
        self.codes: list[str] = []  # recovery codes, where the second factor is on
        self.other = ""  # the slug of somebody else; empty where they were deleted

    def headers(self) -> dict[str, str]:
        """What they send with each request."""
        self._secret = self._secret or (self._email and self._log_in()) or self._begin_anew()
        return self._sent()

    def ended(self) -> None:
        """Note that the log-in is no longer good."""
        self._secret = ""

    def typed(self) -> dict[str, str]:
        """What they type to log in."""
        return {"username": self._email, "password": PASSWORD} | ({"code": self.codes.pop()} if self.codes else {})

    def code(self) -> str:
        """A code that their app shows, once they have begun to switch the second factor on."""
        begun = _ask("POST", "/api/users/me/second-factor/begin", {"current_password": PASSWORD}, self.headers())
        return pyotp.TOTP(begun.json()["secret"]).now() if begun.ok else "000000"

    def made(self) -> str:
        """Make somebody; returns their slug."""
        self._number += 1
        slug = f"{'cookie' if BY_COOKIE else 'bearer'}-{self._number}"
        new = {"email": f"{slug}@example.org", "name": slug, "slug": slug, "password": PASSWORD}
        _ask("POST", "/api/auth/register", new).raise_for_status()
        return slug

    def _begin_anew(self) -> str:
        slug = self.made()
        self._email, self.codes = f"{slug}@example.org", []
        role = {"role": "admin", "current_password": PASSWORD}
        _ask("PATCH", f"/api/admin/users/{slug}", role, KEEPER).raise_for_status()
        self._secret = self._log_in()
        for config in CONFIGS:  # so that there are versions
            _ask("POST", "/api/config", config, self._sent()).raise_for_status()
        return self._secret

    def _sent(self) -> dict[str, str]:
        return {"Cookie": f"{COOKIE}={self._secret}"} if BY_COOKIE else {"Authorization": f"Bearer {self._secret}"}

    def _log_in(self) -> str:
        if BY_COOKIE:
            return _ask("POST", "/api/auth/session", self.typed()).cookies.get(COOKIE, "")
        token: str = _ask("POST", "/api/auth/login", self.typed()).json().get("access_token", "")
        return token


def _ask(method: str, path: str, body: dict[str, Any], headers: dict[str, str] | None = None) -> requests.Response:
    return requests.request(method, URL + path, json=body, headers={"Origin": URL} | (headers or {}), timeout=TIMEOUT)


person = Person()


@schemathesis.auth(refresh_interval=None)
class LogIn:
    """Puts the log-in of now into a case."""

    def get(self, case: Any, context: Any) -> dict[str, str]:
        return person.headers()

    def set(self, case: Any, data: dict[str, str], context: Any) -> None:
        if "Cookie" in data:
            case.cookies = {**(case.cookies or {}), COOKIE: data["Cookie"].partition("=")[2]}
            case.headers["Origin"] = URL
        else:
            case.headers.update(data)


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    """Take the log-in of now, which may be another since the case was made, and type what only a person knows."""
    if case._has_explicit_auth:
        LogIn().set(case, person.headers(), context)
    positive = case.meta is not None and case.meta.generation.mode.is_positive
    by_link = case._override
    slug = case.path_parameters.get("slug")
    if slug == KEEPERS_SLUG or (positive and slug is not None and "slug" not in by_link.path_parameters):
        person.other = person.other or person.made()
        case.path_parameters["slug"] = person.other
    if positive and case.meta.phase.name.name == "STATEFUL":
        for name in {"after", "before", "q"} - set(by_link.query):  # a list of nothing links to nothing
            case.query.pop(name, None)
    if positive and not ETAGS.match(case.headers.get("If-Match", "*")):
        case.headers["If-Match"] = "*"  # schemathesis has a notion of its own what fits, whatever the contract says
    if positive and _name(case) == "storeWatermark" and len(case.body) % 2:  # the others are no images
        case.body = png().decode("latin-1")
    if positive and isinstance(case.body, dict):
        _type(case.body, _name(case))


def _type(body: dict[str, Any], operation: str) -> None:
    if "current_password" in body or body.get("role") == "admin":
        body["current_password"] = PASSWORD
    if operation in ("logIn", "beginSession"):
        body.update(person.typed())
    if operation == "confirmSecondFactor":
        body["code"] = person.code()
    if operation in ("secondFactorOff", "renewRecoveryCodes", "deleteMe") and person.codes:
        body["code"] = person.codes.pop()


@schemathesis.hook
def after_call(context: Any, case: Any, response: Any) -> None:
    """Notice what has become of people."""
    name, status = _name(case), response.status_code
    # The log-in has ended, or is no admin's any more.
    code = response.json().get("code") if status in (401, 403) and case._has_explicit_auth else None
    if code in ("unauthorized", "forbidden"):
        person.ended()
    if name == "deleteUser" and status == 204:
        person.other = ""
    if name in ("confirmSecondFactor", "renewRecoveryCodes") and status == 200:
        person.codes = response.json()["recovery_codes"]
    if name == "secondFactorOff" and status == 204:
        person.codes = []


def _name(case: Any) -> str:
    name: str = case.operation.definition.raw.get("operationId", "")
    return name


@schemathesis.serializer("text/yaml", "application/yaml")
def as_it_is(context: Any, value: Any) -> bytes:
    """A YAML file is sent as the text that the contract calls it, not as YAML that holds a text."""
    return str(value).encode()


@schemathesis.deserializer("text/yaml")
def as_text(context: Any, response: Any) -> str:
    """And it comes as text."""
    return str(response.content, "utf-8")


@schemathesis.serializer("image/png")
def as_an_image(context: Any, value: Any) -> bytes:
    """An image is a text to schemathesis, a letter for each byte."""
    return str(value).encode("latin-1", "replace")


@schemathesis.deserializer("image/png")
def as_letters(context: Any, response: Any) -> str:
    """And it comes as one."""
    return str(response.content, "latin-1")
