"""What the tests inside share."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

RunAs = Callable[..., "subprocess.CompletedProcess[str]"]


def pytest_configure() -> None:
    if not Path("/run/systemd/system").is_dir() or not Path("/usr/bin/tgcfd").exists():
        pytest.exit("tests/host/inside runs in the test host: see tests/host/test_inside.py", 4)


@pytest.fixture
def run_as() -> RunAs:
    """Run a command as somebody: ``run_as("nobody", "id", "-u")``; keywords are those of subprocess.run."""

    def run(user: str, *words: str, **options: object) -> subprocess.CompletedProcess[str]:
        defaults = {"capture_output": True, "text": True, "timeout": 30, "cwd": "/"}
        return subprocess.run(["runuser", "-u", user, "--", *words], check=False, **(defaults | options))

    return run
