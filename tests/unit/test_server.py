"""What the daemon says about the sockets that systemd gives it."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from aiohttp import web

from tgcfd import server
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
