"""The process beside each machine: boots it, and clears up after it however the test that asked for it ends.

Its standard input is a pipe that the test process holds and never writes to: the end of it is the end of that process,
by kill -9 too. Its output is the machine's console. Started by machine.py as ``python3 -m tests.host.keeper ORDER``, an
`Order` as JSON, in a session of its own so that Ctrl-C is the test's alone. It inherits the locks on the machine's
folder (`leftovers.py`) and on the tree that it boots from (`base.py`).
"""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.host import cgroups

BOOT = Path(__file__).with_name("boot.sh")
CGROUPS_FILE = "cgroups.json"


@dataclass(frozen=True)
class Order:
    """What to boot: paths are absolute."""

    folder: str
    base: str
    source: str
    name: str
    hierarchy: str
    install: bool

    def dump(self) -> str:
        return json.dumps(asdict(self))


def keep(order: Order) -> None:
    """Boot the machine and stay until it is powered off, or nobody wants it any more."""
    folder = Path(order.folder)
    paths = cgroups.plan(order.name)
    (folder / CGROUPS_FILE).write_text(json.dumps([str(path) for path in paths]))
    try:
        cgroups.make(paths)
        machine = _boot(order, paths)
        try:
            wanted, ended = sys.stdin.fileno(), os.pidfd_open(machine.pid)
            select.select([wanted, ended], [], [])
        finally:
            machine.kill()
            machine.wait()
    finally:
        clear(folder)


def _boot(order: Order, paths: list[Path]) -> subprocess.Popen[bytes]:
    """A chain of deaths: keeper -> unshare -> first process of the PID namespace -> all in the machine."""
    folder = Path(order.folder)
    for name in ("disk/upper", "disk/work", "root"):
        (folder / name).mkdir(parents=True)
    namespaces = ["--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--mount-proc"]
    words = [order.folder, order.base, order.source, order.name, order.hierarchy, str(int(order.install))]
    return subprocess.Popen(
        ["setpriv", "--pdeathsig", "KILL", "unshare", *namespaces, "sh", str(BOOT), *words, *map(str, paths)],
        stdin=subprocess.DEVNULL,
    )


def clear(folder: Path) -> None:
    """Remove what a machine that has ended leaves: its cgroups and, last, its folder."""
    listed = folder / CGROUPS_FILE
    if listed.exists():
        cgroups.remove(Path(path) for path in json.loads(listed.read_text()))
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    keep(Order(**json.loads(sys.argv[1])))
