"""The whole product as it is installed on a host with systemd, in place of ``make run``: for machines of tests/host.

Chosen by ``TGCFD_E2E=installed``. It takes over the host's tgcfd: accounts, people's folders and workers are cleared.
Tests run on that host, or beside it with its network and its processes, where nothing but the package need be there:
then ``TGCFD_E2E_ENTER`` holds the words that enter it.
"""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from tests.e2e.product import START_TIMEOUT, STOP_TIMEOUT, Product

SETTINGS = Path("/etc/tgcfd/tgcfd.yml.d/90-test.yml")
KEY = Path("/etc/tgcfd/telegram.pem")
DATA = [Path("/var/lib/tgcfd"), Path("/var/lib/private/tgcfd/users")]
SOCKET = "tgcfd.socket"
ENTER = shlex.split(os.environ.get("TGCFD_E2E_ENTER", ""))
OF_MAKE_RUN = {
    "test_first_account.py": "about the command at a terminal",
    "test_ending.py": "a worker outlives the installed daemon: here it is the other way round",
    "test_readme.py": "the README starts the daemon with `make run`",
    "test_serving.py": "about the command's own words, in a terminal",
}
"""The files that say nothing about an installed product, and why."""
_EMPTY = 'for folder; do [ ! -d "$folder" ] || find "$folder" -mindepth 1 -delete; done'


class Installed(Product):
    """The installed daemon, started by systemd."""

    @classmethod
    @asynccontextmanager
    async def run(cls, state: Path, settings: dict[str, Any]) -> AsyncIterator[Product]:
        """Start it with the settings that matter to a test, without accounts; stop it with its workers afterwards."""
        await _stop()
        clear()
        _write(KEY, Path(settings["telegram"]["public_key_file"]).read_bytes())
        chosen = {
            "supervisor": "systemd",
            "accounts": settings["accounts"],
            "worker": {"probe_seconds": settings["worker"]["probe_seconds"]},  # the runtime is the installed one
            "telegram": settings["telegram"] | {"public_key_file": str(KEY)},
        }
        _write(SETTINGS, json.dumps(chosen).encode())  # JSON is YAML
        try:
            await _systemctl("start", SOCKET, "tgcfd.service", timeout=START_TIMEOUT)
            listens = await _systemctl("show", "--value", "--property=Listen", SOCKET)
            address = listens.split()[0]
            async with aiohttp.ClientSession() as http:
                product = cls.__new__(cls)
                product.url, product.state, product.http, product.output = f"http://{address}", state, http, []
                yield product
        finally:
            await _stop()


async def _stop() -> None:
    await _systemctl("stop", SOCKET, "tgcfd.service", "tgcf@*.service", timeout=STOP_TIMEOUT)


def clear() -> None:
    subprocess.run([*ENTER, "sh", "-c", _EMPTY, "sh", *map(str, DATA)], check=True)
    subprocess.run([*ENTER, "systemd-tmpfiles", "--create", "tgcfd.conf"], check=True)


def _write(path: Path, content: bytes) -> None:
    subprocess.run([*ENTER, "tee", str(path)], input=content, stdout=subprocess.DEVNULL, check=True)


async def _systemctl(*words: str, timeout: float = STOP_TIMEOUT) -> str:
    process = await asyncio.create_subprocess_exec(
        *ENTER, "systemctl", *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        said = (await asyncio.wait_for(process.communicate(), timeout))[0].decode()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, f"systemctl {' '.join(words)}: {said}"
    return said
