"""What the daemon says about the sockets that systemd gives it, and where it is not alone."""

from __future__ import annotations

import fcntl
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

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
