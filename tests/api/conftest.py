"""The API in this process, on a loopback port, over a fresh data folder."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from tgcfd.app import build_app
from tgcfd.server import RUNNER_ARGUMENTS
from tgcfd.settings import Settings, SupervisorKind, WorkerSettings

PASSWORD = "correct horse battery"


@dataclass
class Login:
    """A registered person: their address and what to send to act as them."""

    email: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    root = Path(__file__).parents[2]
    path = (root / "tests/guard", root / "build/runtime")
    return replace(
        Settings(),
        state_dir=tmp_path / "state",
        supervisor=SupervisorKind.PROCESS,
        worker=WorkerSettings(path=path, probe_seconds=1),
    )


@pytest.fixture
def app(settings: Settings) -> web.Application:
    return build_app(settings)


@pytest.fixture
async def api(aiohttp_client: Callable[..., Awaitable[TestClient[Any, Any]]], app: web.Application) -> Any:
    server = TestServer(app)
    await server.start_server(**RUNNER_ARGUMENTS)
    return await aiohttp_client(server)


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


async def problem(response: Any, status: int, code: str) -> dict[str, Any]:
    """Hold an answer against RFC 9457 and our codes; returns its body."""
    body = await response.json(content_type="application/problem+json")
    assert (response.status, body["code"]) == (status, code), body
    assert {"type", "title", "status", "code", "detail"} <= set(body)
    assert body["status"] == status
    assert "Traceback" not in str(body)
    return body
