"""Memory and limits: whether workers that run fit, and the kernel keeps them within what a profile allows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tgcfd.checks import units
from tgcfd.checks.finding import Finding, NotSeen, ok, warning
from tgcfd.checks.host import Host
from tgcfd.checks.program import ask, properties, quote
from tgcfd.checks.sizes import size
from tgcfd.settings import STANDARD
from tgcfd.wording import number

CGROUPS = Path("/sys/fs/cgroup")
MEMORY = Path("/proc/meminfo")
_NEEDED = ("memory", "pids", "cpu")
_MIB = 1024 * 1024
_SCARCE = 200


def memory(host: Host) -> Iterator[Finding]:
    """Whether there is enough for all workers that run."""
    fields = dict(line.split(":", 1) for line in MEMORY.read_text().splitlines())
    total, free = (int(fields[name].split()[0]) // 1024 for name in ("MemTotal", "MemAvailable"))
    each = host.settings.profiles[STANDARD].memory_mib
    count = _workers() if host.on_systemd else 0
    if free < _SCARCE:
        yield warning(f"only {free} MiB of memory are free", "ps -eo rss,args --sort -rss | head")
    elif count * each > total:
        yield warning(
            f"{number(count, 'worker')} may take {size(each)}{_each(count)}, the host has {size(total)}: "
            f"if {'it' if count == 1 else 'all'} did, some would be killed",
            f"{host.sudo}editor {quote(host.settings_file)}   # profiles.{STANDARD}.memory_mib",
            f"{host.sudo}systemctl reload tgcfd",
        )
    else:
        if not host.on_systemd:  # nobody but the daemon knows its children, and nothing limits them
            yield ok(f"{size(free)} of {size(total)} of memory are free")
            return
        run = f"{number(count, 'worker')} {'runs' if count == 1 else 'run'}"
        yield ok(f"{size(free)} of {size(total)} of memory are free; {run}, which may take {size(each)}{_each(count)}")


def _each(count: int) -> str:
    return "" if count == 1 else " each"


def kept(_host: Host) -> Iterator[Finding]:
    """Whether limits are kept. In some containers systemd takes them, and nothing comes of it."""
    missing = [name for name in _NEEDED if name not in _controllers()]
    has = properties(units.SERVICE, "ActiveState", "MemoryCurrent", "TasksCurrent")
    if has["ActiveState"] == "active" and not missing:
        counted = {"memory": has["MemoryCurrent"], "pids": has["TasksCurrent"]}
        missing = [name for name, value in counted.items() if not value.isdecimal()]
    if missing:
        yield warning(
            f"this host does not keep workers within limits of: {', '.join(missing)} (cgroup controllers "
            "are missing; in a container, whoever runs it can hand them in)",
            "cat /sys/fs/cgroup/cgroup.controllers /proc/cgroups",
        )
    else:
        yield ok("limits of memory, tasks and CPU are kept")


def _controllers() -> set[str]:
    unified = CGROUPS / "cgroup.controllers"
    if unified.exists():
        return set(unified.read_text().split())
    if not CGROUPS.is_dir():
        raise NotSeen(f"there is no {CGROUPS}")
    return {name for folder in CGROUPS.iterdir() for name in folder.name.split(",")}  # one hierarchy each: version 1


def _workers() -> int:
    said = ask("systemctl", "list-units", "--no-legend", "--plain", "--state=active,activating", "tgcf@*.service")
    return len(said.out.splitlines())
