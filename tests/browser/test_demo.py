"""`make demo`: who has just cloned this sees messages flow, without a Telegram account."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser

from tests.browser.chromium import context_of
from tests.browser.looks import keep_screenshot
from tests.browser.visitor import Visitor
from tests.browser.watch import Watch
from tests.e2e.product import ROOT, clean_environment
from tests.processes import is_alive

STARTS_WITHIN = 60.0  # seconds; what a newcomer is promised
ENDS_WITHIN = 20.0


@asynccontextmanager
async def demo(folder: Path, *words: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run it as a person does who types it."""
    arguments = " ".join(["--folder", str(folder), *words])
    process = await asyncio.create_subprocess_exec(
        "make", "-s", "demo", "LISTEN=127.0.0.1:0", f"ARGS={arguments}",
        cwd=ROOT, env=clean_environment(), start_new_session=True,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGTERM)
            await asyncio.wait_for(process.wait(), ENDS_WITHIN)


async def said(process: asyncio.subprocess.Process, until: str) -> str:
    """What it prints, up to these words."""
    assert process.stdout is not None
    output = ""
    async with asyncio.timeout(STARTS_WITHIN):
        while until not in output and (line := await process.stdout.readline()):
            output += line.decode()
    return output


def processes_of(folder: Path) -> list[int]:
    """The processes that this folder is named to: daemon and worker among them."""
    return [int(path.parent.name) for path in Path("/proc").glob("[0-9]*/cmdline") if str(folder) in _words(path)]


async def gone(pids: list[int]) -> None:
    """Wait until these processes have ended: `make` does not wait for what it was told to leave."""
    async with asyncio.timeout(ENDS_WITHIN):
        while any(map(is_alive, pids)):
            await asyncio.sleep(0.02)  # between two looks


def _words(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""


async def test_a_newcomer_sees_messages_flow(browser: Browser, size: str, tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    async with demo(folder, "--seconds", "0.2") as process:
        # given what make demo says
        words = await said(process, "Ctrl-C ends it")
        found = re.search(r"served: (http://\S+)/\n.*Log in with +(\S+)\n +Password +(\S+)\n", words, re.DOTALL)
        assert found, words
        url, email, password = found.groups()
        async with context_of(browser, size) as context:
            watch = Watch(context, url)
            visitor = Visitor(await context.new_page(), size, url, watch)

            # when they do as it says
            await visitor.comes()
            await visitor.logs_in(email, password)

            # then tgcf runs, and messages pass, advertisements apart
            await visitor.sees_page("Overview")
            await visitor.sees("tgcf has been forwarding new messages")
            await visitor.sees(re.compile(r"Forwarded message \d+ of @neighbourhood_news"))
            await visitor.sees(re.compile(r"Message \d+ of @\w+ was filtered out"))
            await keep_screenshot(visitor.page, "demo")
            assert watch.verdict() == []

        # and Ctrl-C ends all of it
        running = processes_of(folder)
        assert running
        os.killpg(process.pid, signal.SIGINT)
        await asyncio.wait_for(process.wait(), ENDS_WITHIN)
        await gone(running)


async def test_a_second_demo_is_told_of_the_first(tmp_path: Path) -> None:
    async with demo(tmp_path / "demo") as first:
        assert "Ctrl-C ends it" in await said(first, "Ctrl-C ends it")
        async with demo(tmp_path / "demo") as second:
            assert "A demo runs from this folder already." in await said(second, "already")
            assert await second.wait() != 0
        assert first.returncode is None

        # and who closes the terminal of the first ends it
        running = processes_of(tmp_path)
        os.killpg(first.pid, signal.SIGHUP)
        await asyncio.wait_for(first.wait(), ENDS_WITHIN)
        await gone(running)


async def test_a_folder_of_somebodys_own_is_not_emptied(tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    kept = tmp_path / "demo" / "thesis"
    kept.write_text("years of work")
    for _ in range(2):
        async with demo(tmp_path / "demo") as process:
            assert "is not a demo's" in await said(process, "is not a demo's")
            assert await process.wait() != 0
    assert kept.read_text() == "years of work"
