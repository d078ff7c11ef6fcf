"""tgcf's runtime: whether a worker can import all it needs, in the versions that were tried."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator

from tgcfd.checks.finding import REINSTALL, Finding, NotSeen, error, ok, warning
from tgcfd.checks.host import Host
from tgcfd.checks.program import OURS, User, ask_python

VERSIONS = {"tgcf": "1.1.8", "Telethon": "1.26.0", "pydantic": "1.10.27"}
"""As in packaging/runtime.lock: what our tests have seen."""

OLDEST_PYTHON = (3, 11)
_PROGRAM = """
import json, os, sys, tempfile
from tgcfd.runner import lean
lean.prepare({})
with tempfile.TemporaryDirectory() as folder:  # tgcf writes a file when it is imported
    os.chdir(folder)
    import tgcfd.runner.live, tgcfd.runner.past
    os.chdir("/")
import importlib.metadata
names = json.loads(sys.argv[1])
print(json.dumps([list(sys.version_info[:3]), {name: importlib.metadata.version(name) for name in names}]))
"""


def imports(host: Host) -> Iterator[Finding]:
    """Import them, as a worker does."""
    worker = host.settings.worker
    path = worker.path if host.on_systemd else (*worker.path, OURS)
    words = ("-W", "ignore", "-c", _PROGRAM, json.dumps(list(VERSIONS)))
    said = ask_python(*words, python=worker.python, path=path, user=_harmless(host))
    if said.code != 0:
        install = (f"{host.sudo}{REINSTALL}", f"{host.sudo}apt install --fix-broken")
        yield error(
            f"a worker cannot start: {worker.python} cannot import tgcf ({said.last_words})",
            *(install if host.on_systemd else ()),
        )
        return
    python, found = json.loads(said.out.splitlines()[-1])
    wrong = {name: version for name, version in found.items() if version != VERSIONS[name]}
    if tuple(python) < OLDEST_PYTHON:
        yield error(f"{worker.python} is Python {_dotted(python)}; {_dotted(OLDEST_PYTHON)} is needed")
    for name, version in wrong.items():
        yield warning(f"{name} {version} is not the version that tgcfd is made for, {VERSIONS[name]}: see worker.path")
    if not wrong:
        yield ok(f"workers have tgcf {found['tgcf']} and Telethon {found['Telethon']} on Python {_dotted(python)}")


def _harmless(host: Host) -> User | None:
    try:
        return host.daemon
    except NotSeen:
        if os.geteuid() == 0:
            raise  # the settings name the program: it is not run as root
        return None  # what all can read is the same for all


def _dotted(version: list[int] | tuple[int, ...]) -> str:
    return ".".join(map(str, version))
