"""The tests that run in a machine: each file in one of its own, so that none meets what another has left."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.host.conftest import said
from tests.host.inner_run import judge, run_inside
from tests.host.machine import Machine

INSIDE = Path(__file__).parent / "inside"
FILES = sorted(path.name for path in INSIDE.glob("test_*.py"))
E2E = ["test_bot_and_past.py", "test_live.py", "test_two_people.py"]
E2E_OF_MAKE_RUN = {
    "test_ending.py": "a worker outlives the installed daemon: here it is the other way round",
    "test_readme.py": "the README starts the daemon with `make run`",
    "test_serving.py": "about the command's own words, in a terminal",
}
HIERARCHIES = {"test_faults_flood.py": "v2"}  # where the kernel ends a whole cgroup (cgroup.kill)
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


def test_every_end_to_end_file_runs_inside_or_is_known_not_to() -> None:
    files = {path.name for path in (INSIDE.parents[1] / "e2e").glob("test_*.py")}
    assert files == set(E2E) | set(E2E_OF_MAKE_RUN)


def test_a_run_that_runs_nothing_is_not_good() -> None:
    report = '<testsuites><testsuite errors="0" failures="0" skipped="{}" tests="{}" time="0.1"/></testsuites>'
    assert judge(0, "", report.format(0, 2)).is_good
    assert not judge(0, "", report.format(0, 0)).is_good
    assert not judge(0, "", report.format(2, 2)).is_good
    assert not judge(1, "", report.format(0, 2)).is_good
    assert not judge(0, "", "").is_good
