"""The tests that run in a machine: each file in one of its own, so that none meets what another has left."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.installed import OF_MAKE_RUN
from tests.host.base import ROOT
from tests.host.conftest import said
from tests.host.inner_run import judge, run_inside
from tests.host.machine import Machine

INSIDE = Path(__file__).parent / "inside"
FILES = sorted(path.name for path in INSIDE.glob("test_*.py"))
E2E = sorted(path.name for path in (ROOT / "tests" / "e2e").glob("test_*.py") if path.name not in OF_MAKE_RUN)
HIERARCHIES = {
    "test_faults_flood.py": "v2",  # where the kernel ends a whole cgroup (cgroup.kill)
    "test_usage.py": "v2",  # whose files say what each of them takes
}
TAKES = 600  # seconds at most for a file


def run(machine: Machine, name: str, *words: str, **environment: str) -> None:
    result = run_inside(machine, words, timeout=TAKES, environment=environment)
    said.append(f"{name}: {result}")
    if not result.is_good:
        pytest.fail(f"{name}: {result}\n{result.output}", pytrace=False)


@pytest.mark.parametrize("name", FILES)
def test_inside(base: Path, name: str) -> None:
    with Machine.boot(base, hierarchy=HIERARCHIES.get(name)) as machine:
        run(machine, name, f"tests/host/inside/{name}")


def test_the_contract_holds_on_systemd(machine: Machine) -> None:
    # by name: without the variable, it would be the other supervisor once more
    run(machine, "contract", "tests/contract", "-k", "systemd", TGCFD_CONTRACT="systemd")


@pytest.mark.parametrize("name", E2E)
def test_the_installed_product_end_to_end(machine: Machine, name: str) -> None:
    run(machine, f"e2e/{name}", f"tests/e2e/{name}", TGCFD_E2E="installed")


def test_end_to_end_files_that_do_not_run_inside_are_there() -> None:
    assert E2E
    assert [name for name in OF_MAKE_RUN if not (ROOT / "tests" / "e2e" / name).exists()] == []


def test_a_run_that_runs_nothing_is_not_good() -> None:
    report = '<testsuites><testsuite errors="0" failures="0" skipped="{}" tests="{}" time="0.1"/></testsuites>'
    assert judge(0, "", report.format(0, 2)).is_good
    assert not judge(0, "", report.format(0, 0)).is_good
    assert not judge(0, "", report.format(2, 2)).is_good
    assert not judge(1, "", report.format(0, 2)).is_good
    assert not judge(0, "", "").is_good
