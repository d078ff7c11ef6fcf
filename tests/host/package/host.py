"""A host, and what its owner types there."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Callable, Mapping
from typing import Any

from tests.host.machine import Completed, Machine
from tests.host.package.debs import Debs, version

URL = "http://127.0.0.1:8470"
OURS = "tgcf*"  # units
STUB = "/src/stub"  # see conftest.py
DEADLINE = 30.0
_APT_TAKES = 180  # seconds at most


class Host:
    """A machine with the two packages at /src."""

    def __init__(self, machine: Machine, debs: Debs) -> None:
        self.machine = machine
        self.debs = debs

    def sh(self, script: str, *, check: bool = True, input: str | None = None) -> str:  # noqa: A002
        """Run a script as root; returns all that it says."""
        return said(self.machine.run(["sh", "-c", script], check=check, input=input))

    def apt(self, *words: str, check: bool = True) -> Completed:
        """Run apt without questions; what is not in its cache cannot be had."""
        return self.machine.run(
            ["apt", "-y", *words], check=check, timeout=_APT_TAKES, environment={"DEBIAN_FRONTEND": "noninteractive"}
        )

    def install(self, name: str, *words: str, check: bool = True) -> str:
        """Install one of the packages; returns all that apt says."""
        return said(self.apt("install", *words, f"/src/{name}", check=check))

    def tgcfd(self, *words: str, input: str | None = None, check: bool = True) -> Completed:  # noqa: A002
        """Run our command as root."""
        return self.machine.run(["tgcfd", *words], input=input, check=check)

    def systemctl(self, *words: str, check: bool = True) -> str:
        return said(self.machine.run(["systemctl", *words], check=check))

    def show(self, unit: str, name: str) -> str:
        """A property of a unit."""
        return self.systemctl("show", "--value", f"--property={name}", unit).strip()

    def main_pid(self, unit: str = "tgcfd.service") -> int:
        return int(self.show(unit, "MainPID"))

    def units(self, *options: str) -> list[str]:
        """Our units that are active or failed; with "--all" those as well that somebody only knows the names of."""
        listed = self.systemctl("list-units", "--plain", "--no-legend", *options, OURS)
        return [line.split()[0] for line in listed.splitlines()]

    def state(self) -> str:
        """The package's state for dpkg, such as "ii  0.1.0": wanted and is; empty if it does not know it."""
        said = self.machine.run(["dpkg-query", "-W", "-f", "${db:Status-Abbrev} ${Version}", "tgcfd"], check=False)
        return said.stdout

    def has(self, name: str) -> bool:
        """Whether that one of the packages is installed, whole."""
        return self.state() == f"ii  {version(name)}"

    def curl(self, *words: str) -> str:
        """Ask the daemon something, with this host's curl in the machine's network."""
        command = self.machine.network_command(["curl", "-sS", "-m", "20", *words])
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=DEADLINE).stdout

    def answers(self) -> int:
        """The HTTP status of the API's contract, 0 if nobody answers."""
        return int(self.curl("-o", "/dev/null", "-w", "%{http_code}", f"{URL}/api/openapi.json") or 0)

    def write(self, path: str, text: str) -> None:
        self.machine.run(["tee", path], input=text)

    def use_stub(self, settings: Mapping[str, Any] | None = None) -> None:
        """Let workers do what a script in their folder says, in otherwise unchanged units; with more settings."""
        stub = {"worker": {"path": [STUB, "/usr/lib/tgcfd/runtime"], "stop_seconds": 3}}
        self.write("/etc/tgcfd/tgcfd.yml.d/50-stub.yml", json.dumps(stub | dict(settings or {})))
        self.systemctl("restart", "tgcfd.service")

    def users(self) -> list[str]:
        """Users and groups that are ours."""
        said = self.sh("getent passwd; getent group")
        return re.findall(r"^(tgcf[^:]*):", said, re.MULTILINE)


def said(completed: Completed) -> str:
    return completed.stdout + completed.stderr


def until(ask: Callable[[], Any], holds: Callable[[Any], bool] = bool, timeout: float = DEADLINE) -> Any:
    """Ask until the answer is as wanted; returns it."""
    deadline = time.monotonic() + timeout
    while not holds(seen := ask()):
        assert time.monotonic() < deadline, f"after {timeout:g} s it is still {seen!r}"
        time.sleep(0.05)  # between two questions, not instead of a condition
    return seen
