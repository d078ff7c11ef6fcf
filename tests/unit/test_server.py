"""What the daemon says about the sockets that systemd gives it, how it ends, and where it is not alone."""

from __future__ import annotations

import asyncio
import fcntl
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from tgcfd import server
from tgcfd.api.unreadable import Runner
from tgcfd.settings import Listen, Settings


@pytest.fixture
def given() -> Iterator[socket.socket]:
    """A socket that the host's owner has moved away from the usual address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


@pytest.mark.parametrize(
    ("settings", "warnings"),
    [(Settings(), 0), (Settings(listen=Listen("127.0.0.1", 1)), 1)],
    ids=["nothing set", "another address set"],
)
async def test_an_address_that_somebody_set_and_that_is_not_used_is_said_to_be_so(
    given: socket.socket, caplog: pytest.LogCaptureFixture, settings: Settings, warnings: int
) -> None:
    port = given.getsockname()[1]
    runner = web.AppRunner(web.Application(), **server.RUNNER_ARGUMENTS)
    await runner.setup()
    try:
        urls = await server._listen(runner, settings, [given])
    finally:
        await runner.cleanup()
    assert urls == [f"http://127.0.0.1:{port}"]
    assert [record.getMessage().partition(":")[0] for record in caplog.records] == ["listen"] * warnings


async def test_a_request_under_way_is_answered_before_what_it_needs_is_closed(given: socket.socket) -> None:
    # given an application that has something open, and a request that needs it
    events: list[str] = []
    under_way, may_go_on = asyncio.Event(), asyncio.Event()

    async def handle(_request: web.Request) -> web.Response:
        under_way.set()
        await may_go_on.wait()
        events.append("answered")
        return web.Response()

    async def parts(_app: web.Application) -> AsyncIterator[None]:
        yield
        events.append("closed")

    app = web.Application()
    app.router.add_get("/", handle)
    app.cleanup_ctx.append(parts)
    runner = Runner(app, **server.RUNNER_ARGUMENTS)
    await runner.setup()
    [url] = await server._listen(runner, Settings(), [given])
    async with aiohttp.ClientSession() as http:
        asking = asyncio.create_task(http.get(url))
        await asyncio.wait_for(under_way.wait(), 10)
        # when the daemon ends meanwhile
        ending = asyncio.create_task(runner.cleanup())
        asyncio.get_running_loop().call_later(0.1, may_go_on.set)  # an end that does not wait is through by then
        await asyncio.wait_for(ending, 10)
        # then it waits
        assert events == ["answered", "closed"]
        async with await asking as answer:
            assert answer.status == 200


def test_who_is_not_alone_with_the_data_makes_nothing_in_it(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    (tmp_path / "path" / "tgcf").mkdir(parents=True)
    (tmp_path / "tgcfd.yml").write_text(f"supervisor: process\nworker:\n  path: [{tmp_path / 'path'}]\n")
    words = ["serve", "--config", str(tmp_path / "tgcfd.yml"), "--state-dir", str(state)]
    with (state / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # as a restore does
        said = subprocess.run(
            [sys.executable, "-m", "tgcfd", *words], capture_output=True, text=True, timeout=30, check=False
        )
    assert said.returncode == 78
    assert "another tgcfd" in said.stderr
    assert [path.name for path in state.iterdir()] == ["lock"]
