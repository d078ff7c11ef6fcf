"""The gate before a unit's start, in real units: it waits longer than a start may take, ends when asked to, and
does not hold back a start that somebody asked for."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.host.inside import stage

UNIT = "tgcfd-test-gate.service"
START = 7
DEADLINE = 30.0
READY = "systemd-notify --ready; exec sleep 1000"


def show(name: str) -> str:
    return stage.show(UNIT, name)[0]


def until(name: str, beginning: str) -> None:
    """Wait for a property of the unit to begin like this."""
    stage.until(lambda: show(name).startswith(beginning), DEADLINE)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    subprocess.run(["systemctl", "stop", UNIT], capture_output=True, check=False)


def start(folder: Path, *, failures: int) -> None:
    """Start a unit that may take two seconds to start, as systemd does after so many failures in a row."""
    kept = {"start": START, "failures": failures - 1, "began": time.clock_gettime(time.CLOCK_BOOTTIME)}
    (folder / "restarts.json").write_text(json.dumps(kept))
    properties = [
        "Type=notify", "NotifyAccess=all", "TimeoutStartSec=2", "CollectMode=inactive-or-failed",
        f"WorkingDirectory={folder}", f"ExecStartPre=-/usr/bin/python3 -P -s -m tgcfd.runner.restarts {START}",
    ]  # fmt: skip
    options = [word for one in properties for word in ("-p", one)]
    command = ["systemd-run", "-q", "--no-block", f"--unit={UNIT}", *options, "/bin/sh", "-c", READY]
    subprocess.run(command, check=True)


def test_it_waits_longer_than_a_start_may_take_and_says_until_when(folder: Path) -> None:
    before = time.monotonic()
    start(folder, failures=3)  # 4 s, of which systemd has waited one
    until("StatusText", "Starts again at ")
    assert show("SubState") == "start-pre"
    until("ActiveState", "active")
    assert time.monotonic() - before >= 3
    assert show("Result") == "success"
    log = subprocess.run(["journalctl", "-u", UNIT, "-o", "cat"], capture_output=True, text=True, check=True).stdout
    assert "\nStarts again at " in log


def test_a_stop_does_not_wait_for_it(folder: Path) -> None:
    start(folder, failures=9)
    until("StatusText", "Starts again at ")
    before = time.monotonic()
    subprocess.run(["systemctl", "stop", UNIT], check=True, timeout=DEADLINE)
    assert time.monotonic() - before < 2
    until("LoadState", "not-found")


# --- a worker, with the real runner; Telegram cannot be reached, so it is never ready

WORKER = "tgcf@alice.service"
CONFIG = {
    "login": {"API_ID": 1, "API_HASH": "0" * 32, "user_type": 0, "BOT_TOKEN": "1:" + "a" * 35},
    "forwards": [{"con_name": "one", "source": "@one", "dest": ["@two"]}],
}
MANY = 9


@pytest.fixture
def worker() -> Iterator[Path]:
    """Somebody's folder, whose worker has just been started."""
    settings = stage.DROP_INS / "60-nowhere.yml"
    settings.write_text("telegram: {data_center: '2:127.0.0.1:9'}\n")
    folder = stage.USERS / "alice"
    folder.mkdir()
    (folder / "tgcf.config.json").write_text(json.dumps(CONFIG))
    (folder / "tgcf.config.json").chmod(0o666)
    stage.ask("Start", "alice", "live", "standard")
    main_pid(0)
    yield folder
    settings.unlink()
    stage.stop_all()


def main_pid(before: int) -> int:
    """The runner's process, once there is another one than before and it has begun to connect."""

    def found() -> int:
        pid, status = stage.show(WORKER, "MainPID", "StatusText")
        return int(pid) if int(pid) not in (0, before) and "cannot be reached yet" in status else 0

    return stage.until(found)


def failures(folder: Path) -> int:
    return int(json.loads((folder / "restarts.json").read_text())["failures"])


def has_failed(folder: Path, times: int) -> None:
    """Make it a worker that has failed so often."""
    kept = json.loads((folder / "restarts.json").read_text())
    (folder / "restarts.json").write_text(json.dumps(kept | {"failures": times}))


def test_a_restart_that_the_owner_asks_for_is_no_failure_and_begins_afresh(worker: Path) -> None:
    pid = main_pid(0)
    has_failed(worker, MANY)
    stage.said("systemctl", "restart", "--no-block", WORKER)
    main_pid(pid)
    assert failures(worker) == 0


def test_nor_is_it_one_while_it_waits_to_start_again(worker: Path) -> None:
    pid = main_pid(0)
    has_failed(worker, MANY)
    os.kill(pid, signal.SIGKILL)
    stage.until(lambda: stage.show(WORKER, "StatusText")[0].startswith("Starts again at "))
    assert failures(worker) == MANY + 1
    stage.said("systemctl", "restart", "--no-block", WORKER)
    main_pid(pid)
    assert failures(worker) == 0


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_an_end_that_nobody_asked_systemd_for_is_a_failure(worker: Path, number: signal.Signals) -> None:
    """Also one in order, as long as it was not ready: systemd calls that a breach of the protocol."""
    pid = main_pid(0)
    os.kill(pid, number)
    main_pid(pid)
    assert failures(worker) == 1
    assert int(stage.show(WORKER, "NRestarts")[0]) == 1
