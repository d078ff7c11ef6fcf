"""Commands that work on the data, where the settings name data that the host's daemon refuses."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

DEADLINE = 20.0


@pytest.mark.parametrize(
    "words", [["user", "list"], ["rotate-key"], ["backup", "-"], ["restore", "/dev/null", "--yes"]], ids=" ".join
)
def test_what_the_daemon_refuses_commands_leave_alone_unless_it_is_typed(tmp_path: Path, words: list[str]) -> None:
    state, settings = tmp_path / "web", tmp_path / "tgcfd.yml"
    state.mkdir(mode=0o700)
    settings.write_text(f"supervisor: systemd\nstate_dir: {state}\n")

    def said(*more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "tgcfd", *words, "--config", str(settings), *more],
            capture_output=True, text=True, timeout=DEADLINE, check=False,
        )  # fmt: skip

    refused = said()
    assert refused.returncode == 78
    assert refused.stderr == (
        f"tgcfd: {settings}, line 2: state_dir: must be /var/lib/tgcfd where systemd runs the workers\n"
    )
    assert not list(state.iterdir())
    assert said("--state-dir", str(state)).returncode != 78
