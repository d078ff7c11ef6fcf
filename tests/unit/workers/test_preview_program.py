"""The program in which plugins are tried: what it may take, and what is told when it cannot run."""

from __future__ import annotations

import json
import logging
import os
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tgcfd.errors import Busy
from tgcfd.runner import preview
from tgcfd.workers.command import WorkerCommand
from tgcfd.workers.preview import Previews

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
