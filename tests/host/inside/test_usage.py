"""What a worker takes, with control groups of the second version: read by the daemon in its sandbox, of the kernel."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.host.inside.people import Host, installed_daemon, show, until
from tests.host.inside.test_counts import calls_of_daemon

COUNTED = {"memory_bytes": "MemoryCurrent", "cpu_seconds": "CPUUsageNSec", "tasks": "TasksCurrent"}


@pytest.fixture
async def host() -> AsyncIterator[Host]:
    async with installed_daemon() as host:
        yield host


async def test_systemd_is_asked_for_each_process_once_and_the_kernel_says_the_same(host: Host) -> None:
    alice = await host.person("alice")
    for _ in range(2):
        await alice.run("ready(); count(0.01)")
        first = await alice.ok("GET", "/api/usage")
        before = await show(alice.unit, *COUNTED.values())

        async def has_moved(so_far: float = first["cpu_seconds"]) -> Any:
            took = await alice.ok("GET", "/api/usage")
            return took if took["cpu_seconds"] > so_far else None

        async with calls_of_daemon() as calls:
            await calls.since()
            took = await until(has_moved)
            assert await calls.since() == {}, "it is read of the kernel"
        after = await show(alice.unit, *COUNTED.values())
        assert int(before["CPUUsageNSec"]) <= took["cpu_seconds"] * 1e9 <= int(after["CPUUsageNSec"])
        for name, of_systemd in COUNTED.items():
            assert (took[name] is None) == (after[of_systemd] == "[not set]")
        await alice.stop()
        assert (await alice.ok("GET", "/api/usage"))["cpu_seconds"] is None
