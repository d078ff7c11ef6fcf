"""One run of pytest in a machine or beside it, and what it came to."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from tests.host.base import ROOT
from tests.host.machine import Machine

_REPORT = "/run/pytest.xml"


@dataclass(frozen=True)
class InnerRun:
    """``output`` is all that it said; ``passed``, ``failed`` and ``skipped`` are numbers of tests."""

    exit_code: int
    output: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0

    @property
    def is_good(self) -> bool:
        """Nothing failed, nothing was left out, and something ran."""
        return self.exit_code == 0 and self.passed > 0 and not self.skipped

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped in {self.seconds:.1f} s"


def run_inside(
    machine: Machine, words: Sequence[str], *, timeout: float, environment: Mapping[str, str] | None = None
) -> InnerRun:
    """Run pytest in a machine as root, with these files and options."""
    command = ["python3", "-m", "pytest", "-rs", "--color=no", f"--junitxml={_REPORT}", *words]
    result = machine.run(command, check=False, timeout=timeout, cwd="/src", environment=environment)
    report = machine.run(["cat", _REPORT], check=False).stdout
    return judge(result.returncode, result.stdout + result.stderr, report)


def run_beside(machine: Machine, words: Sequence[str], report: Path, *, timeout: float) -> InnerRun:
    """Run end-to-end tests with this host's pytest, and all that they need, against what is installed in a machine.

    They have its network and its processes, and enter it for all else.
    """
    enter = machine.command([], enter=["nsenter", "--target", "1", "--mount", "--uts", "--ipc", "--cgroup"])
    environment = dict(os.environ) | {"TGCFD_E2E": "installed", "TGCFD_E2E_ENTER": shlex.join(enter)}
    pytest = [sys.executable, "-B", "-m", "pytest", "-rs", "--color=no", f"--junitxml={report}", *words]
    result = subprocess.run(
        machine.beside_command(pytest),
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=timeout, check=False,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    return judge(result.returncode, result.stdout + result.stderr, report.read_text() if report.exists() else "")


def judge(exit_code: int, output: str, report: str) -> InnerRun:
    """Read pytest's own report; a run that left none has run nothing."""
    if not report:
        return InnerRun(exit_code, output)
    suite = ET.fromstring(report)[0].attrib
    skipped, failed = int(suite["skipped"]), int(suite["failures"]) + int(suite["errors"])
    passed = int(suite["tests"]) - skipped - failed
    return InnerRun(exit_code, output, passed, failed, skipped, float(suite["time"]))
