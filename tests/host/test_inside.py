"""The tests that run in a machine: each file in one of its own, so that none meets what another has left."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.host.conftest import said
from tests.host.inner_run import judge, run_inside
from tests.host.machine import Machine

INSIDE = Path(__file__).parent / "inside"
FILES = sorted(path.name for path in INSIDE.glob("test_*.py"))
TAKES = 600  # seconds at most for a file


def run(machine: Machine, name: str, *words: str, **environment: str) -> None:
    result = run_inside(machine, words, timeout=TAKES, environment=environment)
    said.append(f"{name}: {result}")
    if not result.is_good:
        pytest.fail(f"{name}: {result}\n{result.output}", pytrace=False)


@pytest.mark.parametrize("name", FILES)
def test_inside(machine: Machine, name: str) -> None:
    run(machine, name, f"tests/host/inside/{name}")


def test_a_run_that_runs_nothing_is_not_good() -> None:
    report = '<testsuites><testsuite errors="0" failures="0" skipped="{}" tests="{}" time="0.1"/></testsuites>'
    assert judge(0, "", report.format(0, 2)).is_good
    assert not judge(0, "", report.format(0, 0)).is_good
    assert not judge(0, "", report.format(2, 2)).is_good
    assert not judge(1, "", report.format(0, 2)).is_good
    assert not judge(0, "", "").is_good
