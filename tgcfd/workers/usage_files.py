"""What the kernel counts of a control group, read from its files: costs a twentieth of asking systemd for the same."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from tgcfd.workers.usage import Usage

ROOT = Path("/sys/fs/cgroup")

_ENOUGH = 4096  # bytes; the file that says most has some hundreds


def by_group(groups: Mapping[str, str], root: Path = ROOT) -> dict[str, Usage]:
    """What the control groups take, named as systemd names them (``ControlGroup=``), by the same keys. Reads files.

    Those that are not there are left out: gone meanwhile, or all of them where the host has the first version of
    control groups.
    """
    found = {key: _usage(f"{root}{group}") for key, group in groups.items()}
    return {key: usage for key, usage in found.items() if usage is not None}


def _usage(folder: str) -> Usage | None:
    try:
        counted = _read(f"{folder}/cpu.stat").split()  # each group has it, with whatever controllers
        microseconds = int(counted[counted.index(b"usage_usec") + 1])
    except OSError:
        return None
    return Usage(_number(f"{folder}/memory.current"), microseconds / 1e6, _number(f"{folder}/pids.current"))


def _number(path: str) -> int | None:
    with suppress(OSError):  # without its controller there is no such file
        return int(_read(path))
    return None


def _read(path: str) -> bytes:
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123  # thousands of them: a Path takes longer than the file
        return file.read(_ENOUGH)
