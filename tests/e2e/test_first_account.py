"""Who starts the daemon at a terminal finds a link for the first admin; a pipe, which may lead to a file, does not."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.e2e.product import START_TIMEOUT, STOP_TIMEOUT, clean_environment

TGCFD = Path(sys.prefix) / "bin" / "tgcfd"
LAST_LINE = "Ctrl-C ends tgcfd"
LINK = re.compile(r"(http://127\.0\.0\.1:\d+)/#invite=(\w+)")


@asynccontextmanager
async def served(folder: Path, settings: dict[str, Any], *, at_terminal: bool) -> AsyncIterator[str]:
    """Start the daemon at a terminal or at a pipe; what it has said when it serves."""
    file = folder / "settings.yml"
    file.write_text(json.dumps(settings))  # JSON is YAML
    reading, writing = os.openpty() if at_terminal else os.pipe()
    words = ["serve", "--config", file, "--state-dir", folder / "state", "--listen", "127.0.0.1:0"]
    process = await asyncio.create_subprocess_exec(
        TGCFD, *words, env=clean_environment(), stdin=asyncio.subprocess.DEVNULL, stdout=writing, stderr=writing
    )
    os.close(writing)
    try:
        yield await asyncio.wait_for(asyncio.to_thread(read_until, reading, LAST_LINE), START_TIMEOUT)
        process.send_signal(signal.SIGINT)
        await asyncio.wait_for(process.wait(), STOP_TIMEOUT)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        os.close(reading)


def read_until(descriptor: int, text: str) -> str:
    said = b""
    with suppress(OSError):  # how a terminal says that its last program has ended
        while text.encode() not in said and (piece := os.read(descriptor, 4096)):
            said += piece
    return said.decode()


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    return settings | {"accounts": {"registration": "closed"}}


async def test_the_link_at_a_terminal_makes_the_first_admin(tmp_path: Path, settings: dict[str, Any]) -> None:
    async with served(tmp_path, settings, at_terminal=True) as said, aiohttp.ClientSession() as http:
        (url, code) = LINK.findall(said)[0]
        body = {"email": "ann@example.org", "password": "a long password", "name": "Ann", "invite": code}
        async with http.post(f"{url}/api/auth/register", json=body) as answer:
            assert answer.status == 201, await answer.text()
        async with http.post(f"{url}/api/auth/register", json=body | {"email": "eve@example.org"}) as answer:
            assert answer.status == 403
    assert stored(tmp_path, "select email, role from account") == [("ann@example.org", "admin")]

    # and there is none any more, where there is an admin
    async with served(tmp_path, settings, at_terminal=True) as said:
        assert not LINK.search(said)


async def test_what_may_go_into_a_file_has_no_link_and_says_what_to_type(
    tmp_path: Path, settings: dict[str, Any]
) -> None:
    async with served(tmp_path, settings, at_terminal=False) as said:
        assert "#invite=" not in said
        where = f"--config {tmp_path}/settings.yml --state-dir {tmp_path}/state"
        assert f"{TGCFD} user invite --admin {where}\n" in said
    assert stored(tmp_path, "select count(*) from invite") == [(0,)]


def stored(folder: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(folder / "state" / "tgcfd.db")) as database:
        return database.execute(sql).fetchall()
