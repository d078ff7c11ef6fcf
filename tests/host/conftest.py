"""Machines for tests, and what is said where they cannot be had."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.host.base import base as make_base
from tests.host.machine import Machine

HERE = Path(__file__).parent
_INSIDE = Path("/usr/bin/tgcfd").exists() and str(HERE) == "/src/tests/host"
_ROOT = os.geteuid() == 0
_NOT_ROOT = "a machine takes root"

# What is in there runs in a machine, and nowhere else.
collect_ignore = [] if _INSIDE else ["inside"]
said: list[str] = []


@pytest.hookimpl(trylast=True)  # after -k has taken its choice
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = [item for item in items if item.path.is_relative_to(HERE)]
    if here and not _ROOT:
        for item in here:
            item.add_marker(pytest.mark.skip(reason=_NOT_ROOT))
        said.append(f"NOT RUN: {len(here)} tests on a real systemd (tests/host): {_NOT_ROOT}; as root: sudo make test")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = (
        [report for report in terminalreporter.getreports("skipped") if "tests/host/" in report.nodeid] if _ROOT else []
    )
    missing = [f"NOT RUN: {report.nodeid}: {report.longrepr[2]}" for report in skipped]
    if said or missing:
        terminalreporter.section("on a real systemd")
    for line in said + missing:
        terminalreporter.line(line, yellow="NOT RUN" in line, bold="NOT RUN" in line)


@pytest.fixture(scope="session")
def base() -> Path:
    """The tree that machines boot from."""
    return make_base()


@pytest.fixture
def machine(base: Path) -> Iterator[Machine]:
    """A machine with the work tree installed; the daemon is not started."""
    with Machine.boot(base) as machine:
        yield machine
