"""The manual pages as Debian's programs show and judge them."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.unit.docs import manual

ENVIRONMENT = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "MANWIDTH": "80"}

pytestmark = pytest.mark.parametrize("page", manual.PAGES, ids=lambda page: page.name)


def say(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, env=ENVIRONMENT, capture_output=True, text=True, check=False, timeout=60)


def test_man_has_no_complaint(page: Path) -> None:
    shown = say("man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", str(page))
    assert (shown.returncode, shown.stderr) == (0, "")


def test_mandoc_has_no_complaint(page: Path) -> None:
    found = say("mandoc", "-T", "lint", "-W", "style", str(page)).stdout.splitlines()
    # Which pages this machine has is not the page's fault.
    assert [line for line in found if "referenced manual not found" not in line] == []


def test_it_reads_well_at_80_columns(page: Path) -> None:
    lines = say("man", "-E", "UTF-8", "-l", str(page)).stdout.splitlines()
    assert len(lines) > 50
    assert [line for line in lines if len(line) > 80] == []


def test_examples_can_be_copied(page: Path) -> None:
    """troff makes hyphens and curly quotes of - and ' that are not written as signs to type."""
    shown = say("man", "-E", "UTF-8", "-l", str(page)).stdout
    blocks = re.findall(r"^\.Bd -literal.*?\n(.*?)^\.Ed", page.read_text(), re.MULTILINE | re.DOTALL)
    assert blocks
    for line in "".join(blocks).splitlines():
        assert not re.search(r"(?<!\\)[-']", line), line
        assert line.replace("\\-", "-").replace("\\(aq", "'") in shown


def test_its_date_is_its_own(page: Path) -> None:
    """The day of a build in it would make each build another."""
    assert re.search(r"^\.Dd [A-Z][a-z]+ \d+, 20\d\d$", page.read_text(), re.MULTILINE)
