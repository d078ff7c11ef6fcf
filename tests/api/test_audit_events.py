"""Each event of the audit log with what makes it: one story, in which every one of them happens."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyotp
import pytest

from tests.api.conftest import PASSWORD
from tests.api.images import png
from tests.api.test_logs import write
from tgcfd.accounts import key_rotation
from tgcfd.accounts.administration import Administration
from tgcfd.accounts.model import Role
from tgcfd.accounts.passwords import Passwords
from tgcfd.audit.actor import ACTOR, OWNER
from tgcfd.audit.event import Event
from tgcfd.places import DATABASE
from tgcfd.settings import Profile, Settings
from tgcfd.storage.database import Database

RENEWED = "another long password"
CURRENT = {"current_password": PASSWORD}
ME = "/api/users/me"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A stub takes the runner's place; there are other limits to choose."""
    stub = replace(settings.worker, path=(Path(__file__).parent / "stub",))
    return replace(settings, worker=stub, profiles={"standard": Profile(), "large": Profile()})


@dataclass
class User:
    """Somebody, by what they are logged in."""

    api: Any
    headers: dict[str, str] = field(default_factory=dict)

    async def __call__(self, method: str, path: str, body: object = None, *, status: int = 200) -> Any:
        answer = await self.api.request(method, path, json=body, headers=self.headers)
        assert answer.status == status, await answer.text()
        return await answer.json() if answer.content_length else None

    async def log_in(self, name: str, **more: str) -> dict[str, Any]:
        fields = {"username": f"{name}@example.org", "password": PASSWORD, **more}
        tokens: dict[str, Any] = await User(self.api)("POST", "/api/auth/login", fields)
        self.headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        return tokens

    async def open_browser(self, name: str) -> None:
        origin = {"Origin": str(self.api.make_url("/")).rstrip("/")}
        fields = {"username": f"{name}@example.org", "password": PASSWORD}
        answer = await self.api.post("/api/auth/session", json=fields, headers=origin)
        self.headers = origin | {"Cookie": f"tgcfd_session={answer.cookies['tgcfd_session'].value}"}
        self.api.session.cookie_jar.clear()


@asynccontextmanager
async def owner(settings: Settings) -> AsyncIterator[Administration]:
    """The host's owner, whose commands use the database beside the daemon."""
    database, passwords = Database(settings.state_dir / DATABASE), Passwords()
    await database.open()
    before = ACTOR.set(OWNER)
    yield Administration(database, passwords)
    ACTOR.reset(before)
    await passwords.close()
    await database.close()


@dataclass
class Log:
    """What the audit log tells, asked for by an admin."""

    admin: User
    last: int = 0
    told: set[Event] = field(default_factory=set)

    async def tells(self, event: Event, who: str | None, about: str | None, way: str, **detail: Any) -> None:
        """There is one new entry, of this; ``way``: with an API token, its name as well."""
        items = (await self.admin("GET", f"/api/admin/audit?event={event.value}&limit=2"))["items"]
        new = [item for item in items if item["id"] > self.last]
        assert len(new) == 1, items
        way, _, token = way.partition(" ")
        [item] = new
        assert (item["actor"], item["about"], item["way"], item["token"]) == (who, about, way, token or None)
        assert item["address"] == (None if way == "command" else "127.0.0.1")
        assert item["detail"].items() >= detail.items()
        assert PASSWORD not in str(item)
        assert RENEWED not in str(item)
        assert "?" not in item["text"], "a word is missing"
        self.last = item["id"]
        self.told.add(event)


async def test_every_event_is_made_by_something_and_tells_by_whom_to_whom_and_how(api: Any, settings: Settings) -> None:
    alice, page, script, ruth, nobody = (User(api) for _ in range(5))
    async with owner(settings) as command:
        await command.add("ruth@example.org", PASSWORD, "Ruth", role=Role.ADMIN)
    await ruth.log_in("ruth")
    log = Log(ruth)
    await log.tells(Event.REGISTERED, None, "ruth", "command", role="admin")
    await coming(log, alice, page, nobody)
    await changing(log, alice, page)
    await second_factor(log, alice, ruth)
    await working(log, alice, script, ruth)
    await looking_after(log, ruth, alice)
    await going(log, alice, page)
    await at_the_terminal(log, settings)
    assert log.told == set(Event)


async def coming(log: Log, alice: User, page: User, nobody: User) -> None:
    fields = {"email": "alice@example.org", "password": PASSWORD, "name": "Alice"}
    await nobody("POST", "/api/auth/register", fields, status=201)
    await log.tells(Event.REGISTERED, None, "alice", "nobody", role="person")
    await alice.log_in("alice")
    await log.tells(Event.LOGGED_IN, "alice", "alice", "token")
    await page.open_browser("alice")
    await log.tells(Event.LOGGED_IN, "alice", "alice", "cookie")
    wrong = {"username": "alice@example.org", "password": "wrong horse battery"}
    await nobody("POST", "/api/auth/login", wrong, status=401)
    await log.tells(Event.LOG_IN_REFUSED, None, "alice", "nobody")
    stolen = {"refresh_token": (await User(alice.api).log_in("alice"))["refresh_token"]}
    await nobody("POST", "/api/auth/refresh", stolen)
    await nobody("POST", "/api/auth/refresh", stolen, status=401)
    await log.tells(Event.REFRESH_REUSED, "alice", "alice", "token")


async def changing(log: Log, alice: User, page: User) -> None:
    await page("PUT", ME, {"name": "Alice B."})
    await log.tells(Event.NAME_CHANGED, "alice", "alice", "cookie", **{"from": "Alice", "to": "Alice B."})
    await alice("PUT", ME, CURRENT | {"email": "alice@example.net"})
    await log.tells(Event.EMAIL_CHANGED, "alice", "alice", "token", to="alice@example.net")
    await alice("PUT", ME, CURRENT | {"email": "alice@example.org"})
    await log.tells(Event.EMAIL_CHANGED, "alice", "alice", "token", to="alice@example.org")
    await page("GET", f"{ME}/export")
    await log.tells(Event.DATA_EXPORTED, "alice", "alice", "cookie")
    await page("POST", "/api/config", {"mode": 1})
    await log.tells(Event.CONFIG_CHANGED, "alice", "alice", "cookie")
    files = [{"name": "tgcf.config.json", "content": '{"mode": 0}'}]
    await alice("POST", "/api/config/import", {"files": files, "confirm": True})
    await log.tells(Event.CONFIG_IMPORTED, "alice", "alice", "token")
    await alice("POST", "/api/config/export", CURRENT | {"format": "json"})
    await log.tells(Event.CONFIG_EXPORTED, "alice", "alice", "token", secrets=True)
    image = page.headers | {"Content-Type": "image/png"}
    assert (await page.api.put("/api/watermark", data=png(), headers=image)).status == 200
    await log.tells(Event.WATERMARK_CHANGED, "alice", "alice", "cookie")
    await alice("DELETE", "/api/watermark", status=204)
    await log.tells(Event.WATERMARK_REMOVED, "alice", "alice", "token")


async def second_factor(log: Log, alice: User, ruth: User) -> None:
    path = f"{ME}/second-factor"
    secret = (await alice("POST", f"{path}/begin", CURRENT))["secret"]
    app = pyotp.TOTP(secret)
    await alice("POST", f"{path}/confirm", {"code": app.now()})
    await log.tells(Event.SECOND_FACTOR_ON, "alice", "alice", "token")
    proof = CURRENT | {"code": app.at(int(time.time()), counter_offset=1)}
    codes = (await alice("POST", f"{path}/recovery-codes", proof))["recovery_codes"]
    await log.tells(Event.RECOVERY_CODES_RENEWED, "alice", "alice", "token")
    await alice.log_in("alice", code=codes[0])
    await log.tells(Event.RECOVERY_CODE_USED, None, "alice", "nobody", left=9)  # not logged in yet
    await ruth("POST", "/api/admin/users/alice/second-factor-off", status=204)
    await log.tells(Event.SECOND_FACTOR_OFF, "ruth", "alice", "token")


async def working(log: Log, alice: User, script: User, ruth: User) -> None:
    fields = {"name": "cron", "scopes": ["run", "config"], **CURRENT}
    made = await alice("POST", "/api/auth/tokens", fields, status=201)
    await log.tells(Event.API_TOKEN_MADE, "alice", "alice", "token", name="cron")
    script.headers = {"Authorization": f"Bearer {made['token']}"}
    await write(alice.api, script, lines=1)  # type: ignore[arg-type]
    await log.tells(Event.WORKER_STARTED, "alice", "alice", "api_token cron")
    await ruth("POST", "/api/admin/users/alice/stop", status=204)
    await log.tells(Event.WORKER_STOPPED, "ruth", "alice", "token")
    await alice("DELETE", f"/api/auth/tokens/{made['id']}", status=204)
    await log.tells(Event.API_TOKEN_REVOKED, "alice", "alice", "token", name="cron")


async def looking_after(log: Log, ruth: User, alice: User) -> None:
    invite = await ruth("POST", "/api/admin/invites", {}, status=201)
    await log.tells(Event.INVITE_MADE, "ruth", None, "token", invite=invite["id"])
    await ruth("DELETE", f"/api/admin/invites/{invite['id']}", status=204)
    await log.tells(Event.INVITE_WITHDRAWN, "ruth", None, "token", invite=invite["id"])
    await ruth("PATCH", "/api/admin/users/alice", {"profile": "large"})
    await log.tells(Event.PROFILE_CHANGED, "ruth", "alice", "token", **{"from": "standard", "to": "large"})
    await ruth("PATCH", "/api/admin/users/alice", {"role": "admin"} | CURRENT)
    await log.tells(Event.ROLE_CHANGED, "ruth", "alice", "token", **{"from": "person", "to": "admin"})


async def going(log: Log, alice: User, page: User) -> None:
    await page.open_browser("alice")
    listed = (await page("GET", "/api/auth/sessions"))["items"]
    other = next(item["id"] for item in listed if item["kind"] == "token")
    await page("DELETE", f"/api/auth/sessions/{other}", status=204)
    await log.tells(Event.SESSION_ENDED, "alice", "alice", "cookie")
    await page("DELETE", "/api/auth/session", status=204)
    await log.tells(Event.LOGGED_OUT, "alice", "alice", "cookie")
    await alice.log_in("alice")
    await alice("DELETE", "/api/auth/sessions", status=204)
    await log.tells(Event.LOGGED_OUT_EVERYWHERE, "alice", "alice", "token")
    await alice.log_in("alice")
    tokens = await alice("PUT", ME, CURRENT | {"new_password": RENEWED})
    await log.tells(Event.PASSWORD_CHANGED, "alice", "alice", "token")
    alice.headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    await alice("POST", f"{ME}/delete", {"current_password": RENEWED}, status=204)
    await log.tells(Event.ACCOUNT_DELETED, "alice", "alice", "token")


async def at_the_terminal(log: Log, settings: Settings) -> None:
    async with owner(settings) as command:
        bob = await command.add("bob@example.org", PASSWORD, "Bob")
        await log.tells(Event.REGISTERED, None, "bob", "command")
        await command.disable(bob)
        await log.tells(Event.ACCOUNT_DISABLED, None, "bob", "command")
        await command.enable(bob)
        await log.tells(Event.ACCOUNT_ENABLED, None, "bob", "command")
    await key_rotation.rotate(settings.state_dir, forget_old=False)
    await log.tells(Event.KEY_ROTATED, None, None, "command")
