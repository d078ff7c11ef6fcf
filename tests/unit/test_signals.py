"""What signals ask of the daemon."""

from __future__ import annotations

import asyncio
import logging
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tgcfd.errors import SettingsError
from tgcfd.signals import Signals

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    before = signal.getsignal(signal.SIGHUP)
    yield
    signal.signal(signal.SIGHUP, before)


async def answer(signals: Signals, judge: object = lambda: None) -> bool:
    return await asyncio.wait_for(signals.whether_to_begin_afresh(judge), 10)  # type: ignore[arg-type]


@pytest.mark.parametrize(("number", "afresh"), [(signal.SIGHUP, True), (signal.SIGTERM, False), (signal.SIGINT, False)])
async def test_hang_up_asks_to_begin_afresh_and_the_others_to_end(number: int, afresh: bool) -> None:
    signals = Signals()
    os.kill(os.getpid(), number)
    assert await answer(signals) is afresh


async def test_who_is_asked_to_begin_afresh_and_then_to_end_ends() -> None:
    signals = Signals()
    os.kill(os.getpid(), signal.SIGHUP)
    assert await answer(signals) is True
    os.kill(os.getpid(), signal.SIGTERM)
    async with asyncio.timeout(10):
        while not signals._signals:
            await asyncio.sleep(0)
    assert not signals.may_begin_afresh()


async def test_who_is_asked_for_nothing_more_begins_afresh() -> None:
    signals = Signals()
    os.kill(os.getpid(), signal.SIGHUP)
    assert await answer(signals) is True
    assert signals.may_begin_afresh()


async def test_with_settings_that_cannot_be_used_it_goes_on_and_says_why(caplog: pytest.LogCaptureFixture) -> None:
    signals = Signals()
    looks = []

    def judge() -> None:
        looks.append("a look")
        if len(looks) == 1:
            os.kill(os.getpid(), signal.SIGHUP)  # mended, and asked once more
            raise SettingsError("a.yml, line 1: x: no\na.yml, line 2: y: no")

    os.kill(os.getpid(), signal.SIGHUP)
    with caplog.at_level(logging.ERROR):
        assert await answer(signals, judge) is True
    assert [record.getMessage().partition("before: ")[2] for record in caplog.records] == [
        "a.yml, line 1: x: no",
        "a.yml, line 2: y: no",
    ]


WAITS = """
import asyncio
from tgcfd.signals import Signals
async def main():
    signals = Signals()
    print("waits", flush=True)
    raise SystemExit(7 if await signals.whether_to_begin_afresh(lambda: None) else 5)
asyncio.run(main())
"""


@pytest.mark.parametrize(("closed", "code"), [(False, 7), (True, 5)], ids=["a signal alone", "its window is closed"])
def test_the_end_of_its_terminal_is_the_end(closed: bool, code: int) -> None:
    ours, its = pty.openpty()
    with subprocess.Popen([sys.executable, "-c", WAITS], stdin=its, stdout=subprocess.PIPE, cwd=ROOT) as process:
        os.close(its)
        try:
            assert process.stdout
            assert process.stdout.readline() == b"waits\n"
            if closed:
                os.close(ours)
            process.send_signal(signal.SIGHUP)
            assert process.wait(20) == code
        finally:
            process.kill()
            if not closed:
                os.close(ours)


AFRESH = """
import os, signal, socket, sys
from tgcfd import own_unit
if "LISTEN_FDS" not in os.environ:
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    os.environ["SEEN"] = " ".join(map(own_unit.address_of, listeners))
    os.environ["PID"] = str(os.getpid())
    kept = own_unit.kept(listeners)
    for each in listeners:
        each.close()
    own_unit.begin_afresh(kept)
found = own_unit.sockets()
assert " ".join(map(own_unit.address_of, found)) == os.environ["SEEN"]
assert os.environ["PID"] == str(os.getpid())
assert signal.SIGHUP in signal.pthread_sigmask(signal.SIG_BLOCK, [])  # until serve() takes it
client = socket.create_connection(found[1].getsockname())
found[1].accept()
print(" ".join(sys.argv[1:]))
"""


@pytest.mark.parametrize("executable", [False, True], ids=["python3 FILE", "a command"])
def test_the_program_begins_afresh_with_its_words_and_its_sockets(tmp_path: Path, executable: bool) -> None:
    program = tmp_path / "program"
    program.write_text(f"#!{sys.executable}\n{AFRESH}")
    program.chmod(0o755 if executable else 0o644)
    words = [str(program)] if executable else [sys.executable, str(program)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    said = subprocess.run(
        [*words, "a", "b c"], env=environment, capture_output=True, text=True, timeout=30, check=False
    )
    assert (said.stdout, said.stderr) == ("a b c\n", "")
