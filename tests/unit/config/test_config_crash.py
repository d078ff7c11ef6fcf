"""Killed at any moment, the file is the old or the new one."""

import os
import random
import select
import signal
import subprocess
import sys
from pathlib import Path

from tgcfd.config.document import Document

ROUNDS = 25

WRITER = """
import asyncio, sys
from pathlib import Path
from tgcfd.config.store import ConfigStore

async def main():
    store = ConfigStore(Path(sys.argv[1]))
    number = int(sys.argv[2])
    while True:
        number += 1
        text = f"{number} " * 200
        await store.replace("alice", {"bot_messages": {"start": text, "bot_help": text}, "admins": [number]})
        sys.stdout.write(".")
        sys.stdout.flush()

asyncio.run(main())
"""


def numbers(path: Path) -> set[int]:
    """Every number that the file holds, after it was read as YAML."""
    config = Document.load(path.read_bytes()).plain()
    texts = config["bot_messages"]["start"] + config["bot_messages"]["bot_help"]
    return {*map(int, texts.split()), *config["admins"]}


def wait_for_writes(child: subprocess.Popen[bytes], count: int) -> None:
    assert child.stdout is not None
    for _ in range(count):
        assert select.select([child.stdout], [], [], 30)[0], "the writer stands still"
        assert os.read(child.stdout.fileno(), 1), "the writer ended"


def test_a_writer_that_is_killed_leaves_the_old_or_the_new_file(tmp_path: Path) -> None:
    rnd = random.Random(3)
    folder = tmp_path / "alice"
    last = 0
    for _ in range(ROUNDS):
        child = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), str(last)], stdout=subprocess.PIPE)
        try:
            wait_for_writes(child, rnd.randint(1, 5))
            # Any moment of a write will do: spin a random while, which is no wait for anything.
            for _ in range(rnd.randint(0, 200_000)):
                pass
        finally:
            os.kill(child.pid, signal.SIGKILL)
            child.wait()
            child.stdout.close()  # type: ignore[union-attr]
        found = numbers(folder / "tgcf.config.yml")
        assert len(found) == 1
        assert found.pop() > last
        last = numbers(folder / "tgcf.config.yml").pop()
    # The last kill may have left one temporary file in each place; all earlier ones are gone.
    assert len(list(folder.glob(".*.tmp"))) <= 1
    assert len(list((folder / "history").glob(".*.tmp"))) <= 1
