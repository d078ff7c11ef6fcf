"""Pytest fixtures: a Telegram server for each test that asks for one."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.telegram.remote import REPOSITORY, TelegramServer


@pytest.fixture(scope="session")
def runtime() -> Path:
    """The tree with tgcf and Telethon in it."""
    tree = Path(os.environ.get("TGCFD_TEST_RUNTIME", REPOSITORY / "build" / "runtime"))
    if not (tree / "telethon").is_dir():
        pytest.fail(f"no tgcf and Telethon in {tree}: run `make` first, or set TGCFD_TEST_RUNTIME", pytrace=False)
    return tree


@pytest.fixture
async def telegram(runtime: Path, tmp_path: Path) -> AsyncIterator[TelegramServer]:
    """A fresh server. A test fails if a client asked for a method that it does not have, or broke it."""
    async with TelegramServer.run(runtime, tmp_path) as server:
        yield server
        assert await server.unknown_calls() == []
        assert await server.crashes() == []
