"""What the daemon answers right after its start, before it has looked at any worker."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from typing import Any

import pytest
from aiohttp.test_utils import TestClient

from tests.api.conftest import PASSWORD
from tgcfd.app import build_app
from tgcfd.settings import Settings
from tgcfd.workers.service import Workers


async def never(_: Workers) -> None:
    await asyncio.Event().wait()


@pytest.mark.parametrize(
    ("desired", "by", "state", "reason"),
    [("running", "person", "restarting", None), ("stopped", "owner", "stopped", "stopped_by_owner")],
)
async def test_the_first_answer_is_right(
    settings: Settings,
    aiohttp_client: Callable[..., Awaitable[TestClient[Any, Any]]],
    monkeypatch: pytest.MonkeyPatch,
    desired: str,
    by: str,
    state: str,
    reason: str | None,
) -> None:
    monkeypatch.setattr(Workers, "reconcile", never)
    who = {"username": "alice@example.org", "password": PASSWORD}
    daemon = await aiohttp_client(build_app(settings))
    body = {"email": who["username"], "password": PASSWORD, "name": "Alice"}
    assert (await daemon.post("/api/auth/register", json=body)).status == 201
    token = (await (await daemon.post("/api/auth/login", data=who)).json())["access_token"]
    await daemon.close()
    with closing(sqlite3.connect(settings.state_dir / "tgcfd.db")) as database, database:
        database.execute(
            "insert into worker (account_id, desired, mode, changed, stopped_by)"
            " select id, ?, 'past', 1, ? from account",
            (desired, by),
        )

    daemon = await aiohttp_client(build_app(settings))
    answer = await daemon.get("/api/status", headers={"Authorization": f"Bearer {token}"})
    status = await answer.json()
    assert (status["state"], status["mode"], status["isRunning"]) == (state, "past", False)
    assert (status["reason"] and status["reason"]["code"]) == reason
