"""The gate before each start of a unit: starts that nobody asked for come ever more slowly."""

from __future__ import annotations

import errno
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tgcfd.runner import restarts
from tgcfd.runner.restarts import GOOD_RUN, MAX_FAILURES, Kept, delay_after, delay_unkept, failures_after

START, OTHER = 1_700_000_000_000_000, 1_700_000_000_000_001
DEADLINE = 15.0


# --- arithmetic


@pytest.mark.parametrize(
    ("kept", "now", "failures"),
    [
        (None, 1000.0, 0),  # the first start of all
        (Kept(OTHER, 9, 990.0), 1000.0, 0),  # somebody asked for it
        (Kept(START, 0, 990.0), 1000.0, 1),
        (Kept(START, 4, 990.0), 1000.0, 5),
        (Kept(START, 4, 1000.0), 1000.0 + GOOD_RUN - 1, 5),
        (Kept(START, 4, 1000.0), 1000.0 + GOOD_RUN, 1),  # a good run
        (Kept(START, 4, 2000.0), 1000.0, 5),  # ended before it began: the gate itself was ended while it waited
        (Kept(START, MAX_FAILURES, 990.0), 1000.0, MAX_FAILURES),
    ],
)
def test_failures_in_a_row_are_counted(kept: Kept | None, now: float, failures: int) -> None:
    assert failures_after(kept, START, now) == failures


@pytest.mark.parametrize(
    ("failures", "whole"),
    [(1, 1), (2, 2), (3, 4), (4, 8), (5, 16), (8, 128), (9, 256), (10, 300), (11, 300), (MAX_FAILURES, 300)],
)
def test_the_delay_grows_and_is_spread_out(failures: int, whole: float) -> None:
    # systemd has waited one second of it
    assert delay_after(failures, 0.0) == whole - 1
    assert delay_after(failures, 1.0) == pytest.approx(whole * 1.2 - 1)


def test_who_was_asked_to_start_does_not_wait() -> None:
    assert delay_after(0, 1.0) == 0


@pytest.mark.parametrize(
    ("delay", "age", "waits"),
    [(0.0, 1.0, 0.0), (0.0, 20.0, 60.0), (0.0, -5.0, 60.0), (7.0, 1.0, 60.0), (100.0, 1.0, 100.0)],
)
def test_where_nothing_can_be_kept_the_delay_is_a_fixed_one(delay: float, age: float, waits: float) -> None:
    assert delay_unkept(delay, START, START / 1e6 + age) == waits


# --- what is kept


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_each_start_that_nobody_asked_for_waits_longer(folder: Path) -> None:
    assert restarts.decide(START) == 0
    delays = [restarts.decide(START) for _ in range(12)]
    assert delays[:9] == sorted(delays[:9])
    assert 0 <= delays[0] <= 0.2
    assert 299 <= delays[-1] <= 359
    assert restarts.decide(OTHER) == 0
    assert restarts.decide(OTHER) <= 0.2
    assert [path.name for path in folder.iterdir()] == ["restarts.json"]


@pytest.mark.parametrize(
    "text",
    [
        b"", b"{", b"[]", b"null", b"\xff", b"[" * 4000, b"1" * 4000, b"{}", b" " * 100_000,
        b'{"start": %d, "failures": -1, "began": 0.0}' % START,
        b'{"start": %d, "failures": true, "began": 0.0}' % START,
        b'{"start": %d, "failures": 1e400, "began": 0.0}' % START,
        b'{"start": %d, "failures": 65, "began": 0.0}' % START,
        b'{"start": %d, "failures": 3, "began": NaN}' % START,
        b'{"start": %d, "failures": 3, "began": -Infinity}' % START,
        b'{"start": %d, "failures": 3, "began": 1}' % START,
        b'{"start": "%d", "failures": 3, "began": 0.0}' % START,
    ],
)  # fmt: skip
def test_a_damaged_file_is_begun_anew(folder: Path, text: bytes) -> None:
    (folder / "restarts.json").write_bytes(text)
    assert restarts.decide(START) == 0
    assert json.loads((folder / "restarts.json").read_bytes())["failures"] == 0


def link(path: Path) -> None:
    path.symlink_to(path.with_name("elsewhere"))


@pytest.mark.parametrize("make", [link, os.mkfifo], ids=["link", "fifo"])
def test_what_is_no_file_in_its_place_is_replaced(folder: Path, make: Any) -> None:
    make(folder / "restarts.json")
    assert restarts.decide(START) == 0
    assert (folder / "restarts.json").is_file()
    assert not (folder / "elsewhere").exists()


@pytest.mark.parametrize(
    ("make", "name"),
    [(link, ".restarts.json.new"), (os.mkfifo, ".restarts.json.new"), (Path.mkdir, ".restarts.json.new"),
     (Path.mkdir, "restarts.json")],
)  # fmt: skip
def test_where_nothing_can_be_kept_a_restart_waits_all_the_same(folder: Path, name: str, make: Any) -> None:
    make(folder / name)
    assert restarts.decide(time.time_ns() // 1000) == 0  # asked for just now
    assert restarts.decide(START) == 60
    assert not (folder / "elsewhere").exists()


def test_a_full_disk_makes_nothing_faster(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(9):
        restarts.decide(START)
    before = (folder / "restarts.json").read_bytes()
    monkeypatch.setattr(os, "write", lambda *_: 3)  # as write(2) does when only that much is free
    assert restarts.decide(START) >= 255
    monkeypatch.undo()
    monkeypatch.chdir(folder)
    assert (folder / "restarts.json").read_bytes() == before


def test_write_says_what_is_the_matter(folder: Path) -> None:
    (folder / "restarts.json").mkdir()
    with pytest.raises(IsADirectoryError) as refused:
        restarts.write(Kept(START, 0, 0.0))
    assert refused.value.errno == errno.EISDIR


# --- the program


@contextmanager
def gate(folder: Path, start: int = START, address: str = "") -> Iterator[subprocess.Popen[str]]:
    environment = {"PYTHONPATH": str(Path(restarts.__file__).parents[2]), "NOTIFY_SOCKET": address}
    command = [sys.executable, "-P", "-s", "-m", "tgcfd.runner.restarts", str(start)]
    with subprocess.Popen(command, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def keep(folder: Path, failures: int) -> None:
    kept = Kept(START, failures, time.clock_gettime(time.CLOCK_BOOTTIME))
    (folder / "restarts.json").write_text(json.dumps(kept._asdict()))


def test_a_start_that_was_asked_for_passes_without_a_word(tmp_path: Path) -> None:
    with gate(tmp_path) as process:
        assert process.communicate(timeout=DEADLINE) == (None, "")
        assert process.returncode == 0


def test_one_that_waits_says_until_when_and_asks_for_the_time(tmp_path: Path) -> None:
    keep(tmp_path, 4)  # the next is the fifth: 16 s
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind("\0tgcfd-gate-" + str(os.getpid()))
        receiver.settimeout(DEADLINE)
        with gate(tmp_path, address="@tgcfd-gate-" + str(os.getpid())) as process:
            said = dict(line.split("=", 1) for line in receiver.recv(4096).decode().split("\n"))
            assert process.stderr is not None
            assert process.stderr.readline() == f"<5>{said['STATUS']}\n"
            assert process.poll() is None
    assert re.fullmatch(r"Starts again at \d\d:\d\d:\d\d UTC", said["STATUS"])
    assert 45e6 <= int(said["EXTEND_TIMEOUT_USEC"]) <= 49e6


def test_one_that_waits_ends_at_once_when_asked_to_and_all_is_forgotten(tmp_path: Path) -> None:
    keep(tmp_path, 9)
    with gate(tmp_path) as process:
        assert process.stderr is not None
        process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(DEADLINE) == 0
    assert not (tmp_path / "restarts.json").exists()


def test_one_that_is_killed_stays_counted(tmp_path: Path) -> None:
    keep(tmp_path, 9)
    with gate(tmp_path) as process:
        assert process.stderr is not None
        process.stderr.readline()
        process.kill()
        process.wait(DEADLINE)
    assert json.loads((tmp_path / "restarts.json").read_text())["failures"] == 10


def test_a_short_wait_is_not_worth_a_word(tmp_path: Path) -> None:
    keep(tmp_path, 1)  # the next is the second: 1 s and a little
    with gate(tmp_path) as process:
        assert process.communicate(timeout=DEADLINE) == (None, "")
        assert process.returncode == 0


# --- the runner's part


@pytest.mark.parametrize(("signals", "there"), [((), True), ((signal.SIGTERM,), True), ((signal.SIGCONT,), False)])
def test_only_an_end_that_systemd_asks_for_forgets_all(
    tmp_path: Path, signals: tuple[signal.Signals, ...], there: bool
) -> None:
    keep(tmp_path, 9)
    code = (
        "import signal, sys, tgcfd.runner.restarts as restarts\n"
        "signal.signal(signal.SIGTERM, lambda *_: None)\n"
        "restarts.expect_to_be_asked()\n"
        "for number in sys.argv[1:]: signal.raise_signal(int(number))\n"
        "restarts.forget_if_asked()\n"
    )
    environment = {"PYTHONPATH": str(Path(restarts.__file__).parents[2])}
    words = [sys.executable, "-P", "-s", "-c", code, *(str(int(number)) for number in signals)]
    subprocess.run(words, env=environment, cwd=tmp_path, timeout=DEADLINE, check=True)
    assert (tmp_path / "restarts.json").exists() is there


def test_it_imports_little(tmp_path: Path) -> None:
    code = "import sys, tgcfd.runner.restarts; print(*sys.modules)"
    environment = {"PYTHONPATH": str(Path(restarts.__file__).parents[2])}
    done = subprocess.run(
        [sys.executable, "-P", "-s", "-c", code], env=environment, cwd=tmp_path, capture_output=True, check=True
    )
    heavy = {"asyncio", "argparse", "logging", "telethon", "tgcf", "socket"}
    assert set(done.stdout.decode().split()) & heavy == set()
