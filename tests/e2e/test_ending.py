"""However the daemon ends, no worker outlives it; and what should run runs again afterwards."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from pathlib import Path
from typing import Any

from tests.e2e.people import forwarder
from tests.e2e.product import Product
from tests.processes import is_alive
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


async def test_hang_up_begins_the_daemon_afresh_in_its_process_and_its_workers_run_again(
    product: Product, telegram: TelegramServer
) -> None:
    # given a daemon without systemd, and a worker, which is its child
    alice = await forwarder(product, telegram)
    await alice.store()
    worker = await alice.run()
    daemon = _daemon_pid(worker)

    # when its settings cannot be used, it goes on
    config = product.state / "settings.yml"
    good = config.read_text()
    config.write_text("{lisen: 1}")
    os.kill(daemon, signal.SIGHUP)
    await _printed(
        product, rf"Goes on with the settings from before: {config}, line 1: lisen: there is no such setting"
    )
    assert is_alive(worker)

    # when they can be used again, it begins afresh: the same process, another worker
    config.write_text(good)
    os.kill(daemon, signal.SIGHUP)
    product.url = (await _printed(product, r"serves (http://\S+)"))[1]  # the port is any free one
    await _gone(worker, timeout=10)
    status = await alice.person.status_until(lambda seen: seen["state"] == "running", timeout=20)
    assert status["pid"] != worker
    assert _daemon_pid(status["pid"]) == daemon
    assert await product.interrupt() is not None
    assert not is_alive(status["pid"])
    assert "Traceback" not in "".join(product.output)


async def _printed(product: Product, pattern: str) -> re.Match[str]:
    """Wait until the daemon has printed something since its first line."""
    async with asyncio.timeout(20):
        while not (found := re.search(pattern, "".join(product.output[1:]))):
            await asyncio.sleep(0.02)  # between two looks
    return found
