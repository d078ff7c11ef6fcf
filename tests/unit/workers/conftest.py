"""Fixtures of the workers' tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.workers.host import FakeHost
from tests.unit.workers.house import House, a_house
from tests.unit.workers.scene import Scene
from tgcfd.workers.systemd import SystemdSupervisor


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with a_house(tmp_path) as house:
        yield house


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    host = FakeHost()
    supervisor = SystemdSupervisor(
        host.connect,
        tmp_path,
        last_end=host.ask_last_end,
        stop_timeout=0.1,
        start_timeout=0.5,
        cgroups=tmp_path / "cgroups",
    )
    await supervisor.open()
    yield Scene(host, supervisor, tmp_path)
    await supervisor.close()
