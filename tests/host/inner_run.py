"""One run of pytest in a machine, and what it came to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

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


def judge(exit_code: int, output: str, report: str) -> InnerRun:
    """Read pytest's own report; a run that left none has run nothing."""
    if not report:
        return InnerRun(exit_code, output)
    suite = ET.fromstring(report)[0].attrib
    skipped, failed = int(suite["skipped"]), int(suite["failures"]) + int(suite["errors"])
    passed = int(suite["tests"]) - skipped - failed
    return InnerRun(exit_code, output, passed, failed, skipped, float(suite["time"]))
