"""However the daemon ends, no worker outlives it; and what should run runs again afterwards."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from pathlib import Path
from typing import Any

from tests.e2e.people import forwarder
from tests.e2e.product import Product, is_alive
from tests.telegram.remote import TelegramServer


def _daemon_pid(worker: int) -> int:
    found = re.search(r"^PPid:\s+(\d+)$", Path(f"/proc/{worker}/status").read_text(), re.MULTILINE)
    assert found
    return int(found[1])


async def _gone(pid: int, timeout: float) -> None:
    """Wait until the kernel says that a process has ended."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(descriptor, ended.set)
    try:
        await asyncio.wait_for(ended.wait(), timeout)
    finally:
        asyncio.get_running_loop().remove_reader(descriptor)
        os.close(descriptor)


async def test_ctrl_c_ends_the_daemon_and_its_workers_and_the_next_start_resumes(
    settings: dict[str, Any], telegram: TelegramServer, tmp_path: Path
) -> None:
    async with Product.run(tmp_path / "state", settings) as product:
        alice = await forwarder(product, telegram)
        await alice.store()
        worker = await alice.run()
        await product.interrupt()
        assert not is_alive(worker)
        assert "Traceback" not in "".join(product.output)

    async with Product.run(tmp_path / "state", settings) as product:
        alice.person.product = product
        status = await alice.person.status_until(lambda seen: seen["state"] == "running", timeout=20)
        assert status["pid"] != worker


async def test_a_killed_daemon_leaves_no_worker(product: Product, telegram: TelegramServer) -> None:
    alice = await forwarder(product, telegram)
    await alice.store()
    worker = await alice.run()
    os.kill(_daemon_pid(worker), signal.SIGKILL)
    await _gone(worker, timeout=5)
    assert not is_alive(worker)
