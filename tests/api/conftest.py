"""The API in this process, on a loopback port, over a fresh data folder."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from jsonschema import Draft202012Validator

from tgcfd.accounts import passwords
from tgcfd.api.contract import document
from tgcfd.api.unreadable import Runner
from tgcfd.app import build_app
from tgcfd.server import RUNNER_ARGUMENTS
from tgcfd.settings import AccountSettings, Registration, Settings, SupervisorKind, WorkerSettings

PASSWORD = "correct horse battery"
DEADLINE = 15.0


@dataclass
class Login:
    """A registered person: their address and what to send to act as them."""

    email: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes of passwords cost little here: some hundred milliseconds at each log-in are what half of all would take.

    tests/e2e and the tests on a host have the real costs.
    """
    monkeypatch.setattr(passwords, "_TIME_COST", 1)
    monkeypatch.setattr(passwords, "_MEMORY_KIB", 64)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    root = Path(__file__).parents[2]
    path = (root / "tests/guard", root / "build/runtime")
    return replace(
        Settings(),
        state_dir=tmp_path / "state",
        supervisor=SupervisorKind.PROCESS,
        accounts=AccountSettings(registration=Registration.OPEN),
        worker=WorkerSettings(path=path, probe_seconds=1),
    )


@pytest.fixture
def app(settings: Settings) -> Iterator[web.Application]:
    """The application; fails the test if an answer was not one that the contract promises."""
    broken: list[str] = []

    async def check(request: web.Request, response: web.StreamResponse) -> None:
        resource = request.match_info.route.resource
        if resource is not None and resource.canonical in document()["paths"]:
            broken.extend(breaks_contract(request.method, resource.canonical, response))

    app = build_app(settings)
    app.on_response_prepare.append(check)
    yield app
    assert not broken


def breaks_contract(method: str, path: str, response: web.StreamResponse) -> Iterator[str]:
    """What about an answer is not in the contract."""
    operation = document()["paths"][path].get(method.lower())
    if operation is None:
        return  # 405: there is nothing to hold it against
    promised = operation["responses"].get(str(response.status))
    if promised is None:
        yield f"{method} {path} answered {response.status}, which its contract does not name"
        return
    if "$ref" in promised:
        promised = document()["components"]["responses"][promised["$ref"].rpartition("/")[2]]
    content = promised.get("content", {})
    if not isinstance(response, web.Response) or not content:
        return
    if response.content_type not in content:
        yield f"{method} {path} answered {response.content_type}"
        return
    assert isinstance(response.body, bytes)
    if not response.content_type.endswith("json"):
        return
    schema = {"components": document()["components"], **content[response.content_type]["schema"]}
    for error in Draft202012Validator(schema).iter_errors(json.loads(response.body)):
        yield f"{method} {path}: {error.json_path} {error.message}"


class Server(TestServer):
    """Runs the application as the daemon does."""

    async def _make_runner(self, **_arguments: Any) -> web.AppRunner:
        return Runner(self.app, **RUNNER_ARGUMENTS)


@pytest.fixture
async def api(aiohttp_client: Callable[..., Awaitable[TestClient[Any, Any]]], app: web.Application) -> Any:
    return await aiohttp_client(Server(app))


@pytest.fixture
def register(api: Any) -> Callable[[str], Awaitable[Login]]:
    async def make(name: str) -> Login:
        email = f"{name}@example.org"
        body = {"email": email, "password": PASSWORD, "name": name.title()}
        assert (await api.post("/api/auth/register", json=body)).status == 201
        answer = await api.post("/api/auth/login", data={"username": email, "password": PASSWORD})
        assert answer.status == 200
        return Login(email, (await answer.json())["access_token"])

    return make


@pytest.fixture
async def alice(register: Callable[[str], Awaitable[Login]]) -> Login:
    return await register("alice")


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait for something that follows by itself."""
    async with asyncio.timeout(DEADLINE):
        while not await holds():
            await asyncio.sleep(0.02)  # between two questions


async def problem(response: Any, status: int, code: str) -> dict[str, Any]:
    """Hold an answer against RFC 9457 and our codes; returns its body."""
    body = await response.json(content_type="application/problem+json")
    assert (response.status, body["code"]) == (status, code), body
    assert {"type", "title", "status", "code", "detail", "request_id"} <= set(body)
    assert body["status"] == status
    assert body["request_id"] == response.headers["X-Request-Id"]
    assert "Traceback" not in str(body)
    return body
