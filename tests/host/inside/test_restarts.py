"""The gate before a unit's start, in a real unit: it waits longer than a start may take, and ends when asked to."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

UNIT = "tgcfd-test-gate.service"
START = 7
DEADLINE = 30.0
READY = "systemd-notify --ready; exec sleep 1000"


def show(name: str) -> str:
    command = ["systemctl", "show", "--value", "-p", name, UNIT]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def until(name: str, beginning: str) -> None:
    """Wait for a property of the unit to begin like this."""
    deadline = time.monotonic() + DEADLINE
    while not (seen := show(name)).startswith(beginning):
        assert time.monotonic() < deadline, f"{name} is {seen}"
        time.sleep(0.05)


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
