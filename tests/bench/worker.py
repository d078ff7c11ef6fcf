"""Memory and start time of our worker beside tgcf's own `tgcf live`: same machine, same configuration, same Telegram.

    python3 tests/bench/worker.py        (TGCFD_TEST_RUNTIME: another runtime than build/runtime)

Prints one row per measure: name, value, goal, ok or MISSED; ends with 1 if a goal is missed.
PSS is read from /proc while five workers run at once, all connected and ready. Time is from the process's start to
its first attempt to connect to Telegram, which a listening socket sees. Medians of five.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import statistics
import struct
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.telegram.remote import PYTHON, TelegramServer, User, child_environment  # noqa: E402
from tests.telegram.stock import config  # noqa: E402

PROCESSES = 5
GOAL_PSS, GOAL_TIME = 0.55, 0.6

OURS = ["-P", "-s", "-m", "tgcfd.runner", "live"]
# tgcf's command line as it is. Only its question to the package index about the newest release, which dies without a
# network, is answered on the spot; the module that asks (verlat, with requests) is still imported, as always.
STOCK = ["-P", "-s", "-c", (
    "import verlat, types\n"
    "verlat.latest_release = lambda name: types.SimpleNamespace(version='1.1.8')\n"
    "from tgcf.cli import app\n"
    "app(['--loud', 'live'])\n"
)]  # fmt: skip


class Bench:
    """One Telegram, and processes that connect to it."""

    def __init__(self, telegram: TelegramServer, runtime: Path, folder: Path) -> None:
        self._telegram = telegram
        self._folder = folder
        self._environment = child_environment(runtime) | {"PASSWORD": "unused"}
        # Bytecode is there after the first start, as on a host where the program is installed.
        self._environment.pop("PYTHONDONTWRITEBYTECODE", None)
        self._count = 0

    async def _person(self, session: str | None = None) -> tuple[User, Path]:
        """A new person with two channels, and a folder with a configuration."""
        self._count += 1
        user = await self._telegram.add_user(f"User {self._count}")
        source = await self._telegram.add_channel("Source", f"source{self._count:04}", members=[user])
        target = await self._telegram.add_channel("Target", f"target{self._count:04}", members=[user])
        folder = self._folder / str(self._count)
        folder.mkdir()
        settings = config(self._telegram, user, (source, target))
        if session is not None:
            settings["login"]["SESSION_STRING"] = session
        (folder / "tgcf.config.json").write_text(json.dumps(settings))
        return user, folder

    async def _start(self, stack: AsyncExitStack, command: list[str], folder: Path) -> asyncio.subprocess.Process:
        with (folder / "output").open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                PYTHON, *command, cwd=folder, env=self._environment, stdin=asyncio.subprocess.DEVNULL,
                stdout=output, stderr=output,
            )  # fmt: skip
        stack.push_async_callback(_end, process)
        return process

    async def seconds(self, command: list[str]) -> float:
        """From the start of one process until it tries to connect."""
        connected = asyncio.Event()
        listener = await asyncio.start_server(lambda *_: connected.set(), "127.0.0.1", 0)
        _, folder = await self._person(_session_string(listener.sockets[0].getsockname()[1]))
        async with listener, AsyncExitStack() as stack:
            before = time.perf_counter()
            await self._start(stack, command, folder)
            try:
                await asyncio.wait_for(connected.wait(), 30)
            except TimeoutError:
                raise TimeoutError(f"no attempt to connect; output: {(folder / 'output').read_text()}") from None
            return time.perf_counter() - before

    async def mebibytes(self, command: list[str]) -> float:
        """The median PSS of processes that run at once."""
        async with AsyncExitStack() as stack:
            people = [await self._person() for _ in range(PROCESSES)]
            processes = [await self._start(stack, command, folder) for _, folder in people]
            for user, _ in people:
                await self._telegram.wait_ready(user, timeout=60)
            return statistics.median(_pss(process.pid) for process in processes)


def _session_string(port: int) -> str:
    """A Telethon session string that leads to a port of this machine, with some auth key."""
    packed = struct.pack(">B4sH256s", 2, bytes([127, 0, 0, 1]), port, b"k" * 256)
    return "1" + base64.urlsafe_b64encode(packed).decode()


def _pss(pid: int) -> float:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise ValueError("no Pss in smaps_rollup")


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.kill()
    await process.wait()


async def measure(bench: Bench) -> bool:
    """Print the rows; whether all goals are met."""
    for command in (OURS, STOCK):
        await bench.seconds(command)  # writes bytecode, fills the page cache
    times: dict[str, list[float]] = {"ours": [], "stock": []}
    for _ in range(PROCESSES):  # in turns, so that other work on the machine meets both
        times["ours"].append(await bench.seconds(OURS))
        times["stock"].append(await bench.seconds(STOCK))
    ours, stock = statistics.median(times["ours"]), statistics.median(times["stock"])
    our_pss, stock_pss = await bench.mebibytes(OURS), await bench.mebibytes(STOCK)
    row("worker: PSS", f"{our_pss:.1f} MiB", "", "")
    row("tgcf live: PSS", f"{stock_pss:.1f} MiB", "", "")
    row("worker: start to connect", f"{ours * 1000:.0f} ms", "", "")
    row("tgcf live: start to connect", f"{stock * 1000:.0f} ms", "", "")
    return all([verdict("PSS ratio", our_pss / stock_pss, GOAL_PSS), verdict("time ratio", ours / stock, GOAL_TIME)])


def row(name: str, value: str, goal: str, end: str) -> None:
    """Print one row."""
    print(f"{name:32}{value:>14}{goal:>14}  {end}".rstrip())


def verdict(name: str, value: float, goal: float) -> bool:
    """Print the row of a measure that has a goal."""
    met = value <= goal
    row(name, f"{value:.2f}", f"<= {goal}", "ok" if met else "MISSED")
    return met


async def main() -> int:
    """Run the benchmark. 0: all goals met, 1: one is missed."""
    runtime = Path(os.environ.get("TGCFD_TEST_RUNTIME", ROOT / "build" / "runtime"))
    with tempfile.TemporaryDirectory() as name:
        async with TelegramServer.run(runtime, Path(name)) as telegram:
            met = await measure(Bench(telegram, runtime, Path(name)))
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
