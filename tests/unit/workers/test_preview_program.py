"""The program in which plugins are tried: what it may take, and what is told when it cannot run."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tgcfd.errors import Busy
from tgcfd.runner import preview
from tgcfd.workers.command import WorkerCommand
from tgcfd.workers.preview import THREADS, Previews

ROOT = Path(__file__).parents[3]
PYTHON = "/usr/bin/python3"
MESSAGE = {"text": "a private text", "file": "nofile", "sender": ""}


@asynccontextmanager
async def previews(command: WorkerCommand) -> AsyncIterator[Previews]:
    made = Previews(command)
    try:
        yield made
    finally:
        await made.close()


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (WorkerCommand(PYTHON, path=(ROOT,)), "No module named"),
        (WorkerCommand("/nowhere/python3", path=(ROOT,)), "/nowhere/python3"),
    ],
    ids=["no tgcf", "no Python"],
)
async def test_a_host_that_cannot(command: WorkerCommand, said: str, caplog: pytest.LogCaptureFixture) -> None:
    async with previews(command) as tried:
        for _ in range(2):  # the first one has left nothing that would be in the way
            with pytest.raises(Busy, match="tgcf cannot be started on this host now"):
                await tried.of("alice", {}, MESSAGE)
    assert [one.levelno for one in caplog.records] == [logging.ERROR] * 2
    assert said in caplog.text
    assert "private" not in caplog.text


@pytest.fixture
def script(tmp_path: Path) -> Callable[[str], Path]:
    """Makes a program that takes Python's place."""

    def make(text: str) -> Path:
        path = tmp_path / "python3"
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return path

    return make


async def test_a_host_that_is_too_busy(
    script: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("tgcfd.workers.preview.SECONDS", 2)
    python = script(f"echo; echo $$ >{tmp_path}/pid; exec tail -f /dev/null")
    async with previews(WorkerCommand(str(python))) as tried:
        with pytest.raises(Busy):
            await tried.of("alice", {}, MESSAGE)
    assert "did not end within 2 s" in caplog.text
    assert not Path("/proc", (tmp_path / "pid").read_text().strip()).exists()


async def test_nothing_of_the_daemons_environment_gets_there(
    script: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_SECRET", "of the daemon's")
    python = script(f"env >{tmp_path}/environment; exit 1")
    async with previews(WorkerCommand(str(python))) as tried:
        with pytest.raises(Busy):
            await tried.of("alice", {}, MESSAGE)
    names = {line.partition("=")[0] for line in (tmp_path / "environment").read_text().splitlines()}
    assert names - {"PWD", "SHLVL", "_"} == {"PATH", "LANG", "PYTHONPATH"}  # a shell adds the former


@pytest.fixture
def held(script: Callable[[str], Path], tmp_path: Path) -> Iterator[Held]:
    """A program that waits to be let go."""
    os.mkfifo(tmp_path / "end")
    python = script(f"echo $$ >>{tmp_path}/begun; read line <{tmp_path}/end; echo '{{}}'")
    end = os.open(tmp_path / "end", os.O_RDWR)  # for both, since that waits for nobody
    yield Held(WorkerCommand(str(python)), tmp_path / "begun", end)
    os.close(end)


@dataclass
class Held:
    """What is known of a program that waits, and how to let it go."""

    command: WorkerCommand
    log: Path
    end: int

    async def begun(self, times: int) -> None:
        """Wait until it was started so often."""
        async with asyncio.timeout(10):
            while not self.log.exists() or self.log.read_text().count("\n") < times:
                await asyncio.sleep(0)

    def let_go(self, times: int) -> None:
        os.write(self.end, b"\n" * times)


async def test_who_does_not_wait_for_the_answer_is_still_trying(held: Held) -> None:
    async with previews(held.command) as tried:
        waiting = asyncio.create_task(tried.of("alice", {}, MESSAGE))
        await held.begun(1)
        waiting.cancel()
        await asyncio.wait({waiting})
        with pytest.raises(Busy, match="still being tried"):
            await tried.of("alice", {}, MESSAGE)
        held.let_go(1)


async def test_at_the_end_what_waits_is_dropped(held: Held) -> None:
    tried = Previews(held.command)
    asked = [asyncio.create_task(tried.of(f"person-{number}", {}, MESSAGE)) for number in range(THREADS + 3)]
    await held.begun(THREADS)
    ending = asyncio.create_task(tried.close())
    done, _ = await asyncio.wait(asked[THREADS:], timeout=10)
    assert [one.cancelled() for one in done] == [True] * 3
    held.let_go(THREADS)
    await ending
    assert await asyncio.gather(*asked[:THREADS]) == [{}] * THREADS
    assert held.log.read_text().count("\n") == THREADS


def test_patterns_can_open_nothing_and_take_little(tmp_path: Path) -> None:
    never_ends = {"check": True, "regex": True, "text": {"(a+)+$": "x"}}
    (tmp_path / "tgcf.config.json").write_text(json.dumps({"plugins": {"replace": never_ends}}))
    path = os.pathsep.join(map(str, (ROOT / "tests/guard", ROOT / "build/runtime", ROOT)))
    words = [PYTHON, "-P", "-s", "-m", preview.__name__]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(words, cwd=tmp_path, env={"PYTHONPATH": path}, **pipes) as child:
        child.stdin.write(json.dumps(MESSAGE | {"text": "a" * 40 + "b"}).encode())
        child.stdin.close()
        # when tgcf is there, and the pattern is about to be tried
        assert child.stdout.readline() == b"\n"
        limits = Path(f"/proc/{child.pid}/limits").read_text()
        niceness = os.getpriority(os.PRIO_PROCESS, child.pid)
        # then it could open no file and no connection, and is ended soon
        assert child.wait(timeout=30) < 0
        assert child.stdout.read() == b""
    assert hard_limit(limits, "Max open files") == 0
    assert hard_limit(limits, "Max cpu time") <= preview.CPU_SECONDS + 5
    assert hard_limit(limits, "Max address space") == preview.MEMORY_BYTES
    assert hard_limit(limits, "Max core file size") == 0
    assert niceness >= 10


def hard_limit(text: str, name: str) -> int:
    """One limit of a process, as /proc has them."""
    line = next(line for line in text.splitlines() if line.startswith(name))
    return int(line.removeprefix(name).split()[1])
