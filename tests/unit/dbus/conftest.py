"""Fixtures of the message bus's tests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.unit.dbus.stand_ins import CALL_TIMEOUT, Bus, Host, Told
from tgcfd.dbus.systemd import Systemd


@pytest.fixture
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bus]:
    bus = Bus(tmp_path_factory.mktemp("b"))  # a short path: socket addresses are
    bus.begin()
    yield bus
    bus.end()


@pytest.fixture
def host(bus: Bus) -> Iterator[Host]:
    host = Host(bus.address)
    yield host
    host.end()


@pytest.fixture
async def told() -> Told:
    return Told()


@pytest.fixture
async def systemd(bus: Bus, told: Told) -> AsyncIterator[Systemd]:
    """Not open yet."""
    systemd = Systemd(told, address=bus.address, call_timeout=CALL_TIMEOUT)
    yield systemd
    await systemd.close()
