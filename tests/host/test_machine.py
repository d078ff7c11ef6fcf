"""Machines themselves: what they give a test, and that nothing of them is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.host import cgroups
from tests.host.base import ROOT
from tests.host.leftovers import sweep
from tests.host.machine import MACHINES, Machine, MachineError

BOOTS_AND_WAITS = """
import sys
from pathlib import Path
from tests.host.machine import Machine

with Machine.boot(Path(sys.argv[1]), install=False) as machine:
    machine.run(["systemd-run", "--unit=left", "sleep", "1000"])
    print(machine.name, machine._keeper.pid, flush=True)
    machine.run(["sleep", "1000"], timeout=1000)
"""


def traces(name: str) -> list[str]:
    """All that a machine has on this host, anywhere."""
    found = [str(path) for path in cgroups.plan(name) if path.exists()]
    found += [str(path) for path in (MACHINES / name, Path("/run/systemd/nspawn/propagate", name)) if path.exists()]
    found += [line for line in Path("/proc/self/mounts").read_text().splitlines() if name in line]
    for process in Path("/proc").glob("[0-9]*"):
        try:
            said = (process / "cmdline").read_bytes() + (process / "cgroup").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if name.encode() in said:
            found.append(str(process))
    return found


def until(holds: Callable[[], bool], timeout: float = 20) -> None:
    deadline = time.monotonic() + timeout
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)  # between two looks at what the kernel has no notice for


def test_a_command_says_how_it_ended(base: Path) -> None:
    with Machine.boot(base, install=False) as machine:
        assert (
            machine.run(["sh", "-c", "cat; id -un; echo $A"], input="in ", environment={"A": "1"}).stdout
            == "in root\n1\n"
        )
        assert machine.run(["id", "-un"], user="nobody").stdout == "nobody\n"
        assert machine.run(["false"], check=False).returncode == 1
        with pytest.raises(MachineError, match="false: exit code 1"):
            machine.run(["false"])

        # one that takes too long is ended with all that it has started, even where its output is held on to
        with pytest.raises(MachineError, match=r"not done after 0\.5 s\nsaid this much"):
            machine.run(["sh", "-c", "echo said this much; sleep 1001 & sleep 1002"], timeout=0.5)
        assert "100" not in machine.run(["pgrep", "-a", "sleep"], check=False).stdout
        with pytest.raises(MachineError, match="not done"):
            machine.run(["setsid", "--fork", "sleep", "1003"], timeout=0.5)


def test_a_machine_that_does_not_boot_says_why(base: Path, tmp_path: Path) -> None:
    install = tmp_path / "packaging" / "install"
    install.parent.mkdir()
    install.write_text("#!/bin/sh\necho build/runtime is missing >&2\nexit 1\n")
    install.chmod(0o755)
    why = "ended while it booted\nbuild/runtime is missing"
    with pytest.raises(MachineError, match=why) as failed, Machine.boot(base, source=tmp_path):
        pytest.fail("it is not a machine")
    assert traces(str(failed.value).split()[0]) == []


def test_a_reboot_is_another_boot_on_the_same_disk(base: Path) -> None:
    with Machine.boot(base, install=False) as machine:
        first, machine_id = machine.boot_id(), machine.run(["cat", "/etc/machine-id"]).stdout
        machine.run(["sh", "-c", "echo kept >/var/kept; touch /run/lost; logger -t test before; journalctl --sync"])
        for _ in range(2):
            machine.reboot()
        assert machine.boot_id() != first
        assert machine.run(["cat", "/var/kept", "/etc/machine-id"]).stdout == f"kept\n{machine_id}"
        assert machine.run(["ls", "/run/lost"], check=False).returncode != 0
        assert "before" in machine.journal("-b", first.replace("-", ""), "-t", "test")
        assert machine.run(["systemctl", "is-system-running"]).stdout == "running\n"
        name = machine.name
    assert traces(name) == []


def test_a_machine_that_is_switched_off_is_off(base: Path) -> None:
    with Machine.boot(base, install=False) as machine:
        machine.poweroff()
        assert traces(machine.name) == []
        with pytest.raises(MachineError):
            machine.run(["true"])


@pytest.mark.skipif(not cgroups.has_v1_limits(), reason="no v1 controllers here, so that v1's limits cannot be tried")
def test_limits_bite(base: Path) -> None:
    with Machine.boot(base, install=False) as machine:
        allocate = ["python3", "-c", "held = b'x' * (150 << 20); print(len(held))"]  # bounded: it may not bite
        words = ["systemd-run", "--quiet", "--pipe", "--wait", "-p", "MemoryMax=50M"]
        assert machine.run([*words, *allocate], check=False).returncode != 0
        assert machine.run(["systemd-run", "--quiet", "--pipe", "--wait", *allocate]).stdout == f"{150 << 20}\n"


def test_machines_know_nothing_of_each_other(base: Path) -> None:
    with Machine.boot(base, install=False) as one, Machine.boot(base, install=False) as other:
        one.run(["sh", "-c", "touch /mine; systemd-run --unit=mine sleep 1000"])
        assert other.run(["ls", "/mine"], check=False).returncode != 0
        assert other.run(["systemctl", "is-active", "mine"], check=False).stdout == "inactive\n"
        assert other.run(["pgrep", "-a", "sleep"], check=False).stdout == ""
        names = [one.name, other.name]
        assert not set(names) & set(sweep(MACHINES))  # neither is taken for a dead one
    assert [traces(name) for name in names] == [[], []]


@pytest.mark.parametrize("hierarchy", ["v1", "v2"])
def test_both_kinds_of_cgroups_can_be_had(base: Path, hierarchy: str) -> None:
    if hierarchy == "v1" and not cgroups.has_v1_limits():
        pytest.skip("no v1 controllers here")
    with Machine.boot(base, install=False, hierarchy=hierarchy) as machine:
        kind = machine.run(["stat", "-f", "-c", "%T", "/sys/fs/cgroup"]).stdout
        assert kind == ("tmpfs\n" if hierarchy == "v1" else "cgroup2fs\n")
        machine.reboot()
        assert machine.run(["systemctl", "is-system-running"]).stdout == "running\n"


@pytest.mark.parametrize("with_its_keeper", [False, True])
def test_nothing_is_left_of_a_test_that_was_killed(base: Path, with_its_keeper: bool) -> None:
    # given a test process with a machine in which things run
    process = subprocess.Popen([sys.executable, "-B", "-c", BOOTS_AND_WAITS, base], cwd=ROOT, stdout=subprocess.PIPE)
    with process:
        assert process.stdout is not None
        name, keeper = process.stdout.readline().decode().split()
        assert len(traces(name)) > 10

        # when it is killed, alone or together with the process that would clear up
        process.kill()
        if with_its_keeper:
            os.kill(int(keeper), signal.SIGKILL)

    # then nothing is left: at once, or when the next machine is asked for
    if with_its_keeper:
        until(lambda: not [trace for trace in traces(name) if trace.startswith("/proc/")])
        sweep(MACHINES)
    until(lambda: traces(name) == [])
