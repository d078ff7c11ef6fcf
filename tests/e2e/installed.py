"""The whole product as it is installed on a host with systemd, in place of ``make run``: for machines of tests/host.

Chosen by ``TGCFD_E2E=installed``. It takes over the host's tgcfd: accounts, people's folders and workers are cleared.
"""

from __future__ import annotations

import asyncio
import json
import shutil
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


class Installed(Product):
    """The installed daemon, started by systemd."""

    @classmethod
    @asynccontextmanager
    async def run(cls, state: Path, settings: dict[str, Any]) -> AsyncIterator[Product]:
        """Start it with the settings that matter to a test, without accounts; stop it with its workers afterwards."""
        await _stop()
        clear()
        KEY.write_bytes(Path(settings["telegram"]["public_key_file"]).read_bytes())
        chosen = {
            "supervisor": "systemd",
            "worker": {"probe_seconds": settings["worker"]["probe_seconds"]},  # the runtime is the installed one
            "telegram": settings["telegram"] | {"public_key_file": str(KEY)},
        }
        SETTINGS.write_text(json.dumps(chosen))  # JSON is YAML
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
    for folder in filter(Path.exists, DATA):
        for path in folder.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
    subprocess.run(["systemd-tmpfiles", "--create", "tgcfd.conf"], check=True)


async def _systemctl(*words: str, timeout: float = STOP_TIMEOUT) -> str:
    process = await asyncio.create_subprocess_exec(
        "systemctl", *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        said = (await asyncio.wait_for(process.communicate(), timeout))[0].decode()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, f"systemctl {' '.join(words)}: {said}"
    return said
