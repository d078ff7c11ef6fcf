"""What the other tests inside stand on: a whole system, the work tree as it is, the network guard, and other users."""

from __future__ import annotations

import filecmp
import socket
import subprocess
from pathlib import Path

import pytest

from tests.host.inside.conftest import RunAs

INSTALLED = Path("/usr/lib/python3/dist-packages/tgcfd")


def test_systemd_is_whole() -> None:
    state = subprocess.run(["systemctl", "is-system-running"], capture_output=True, text=True, check=False)
    failed = subprocess.run(["systemctl", "--failed", "--no-legend"], capture_output=True, text=True, check=True)
    assert (state.stdout.strip(), failed.stdout) == ("running", "")


def test_what_is_installed_is_the_work_tree() -> None:
    sources = [path.relative_to("/src/tgcfd") for path in Path("/src/tgcfd").rglob("*.py")]
    same, different, errors = filecmp.cmpfiles("/src/tgcfd", INSTALLED, map(str, sources), shallow=False)
    assert (different, errors) == ([], [])
    assert len(same) > 50


def test_the_work_tree_cannot_be_written() -> None:
    with pytest.raises(OSError, match="Read-only file system"):
        Path("/src/written").touch()


def test_the_network_is_loopback_and_the_guard_is_on() -> None:
    assert [path.name for path in Path("/sys/class/net").iterdir()] == ["lo"]
    with pytest.raises(PermissionError, match="beyond loopback"):
        socket.create_connection(("192.0.2.1", 443), timeout=0.1)


@pytest.mark.parametrize("user", ["nobody", "tgcfd"])
def test_commands_run_as_other_users(run_as: RunAs, user: str) -> None:
    answer = run_as(user, "sh", "-c", "id -un; cat /etc/shadow")
    assert answer.stdout == f"{user}\n"
    assert "Permission denied" in answer.stderr


def test_nobody_sees_what_machines_have_written() -> None:
    assert not [
        path for path in Path("/src/build/host/machines").iterdir() if path.is_dir() and path.stat().st_mode & 0o77
    ]
