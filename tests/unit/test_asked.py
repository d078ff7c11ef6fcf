"""What the daemon makes of signals that come one soon after the other."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator

import pytest

from tgcfd.asked import Asked

DEADLINE = 10.0


@pytest.fixture(autouse=True)
def hang_up() -> Iterator[None]:
    before = signal.getsignal(signal.SIGHUP)
    yield
    signal.signal(signal.SIGHUP, before)


async def asked_to_begin_afresh() -> Asked:
    asked = Asked()
    os.kill(os.getpid(), signal.SIGHUP)
    async with asyncio.timeout(DEADLINE):
        assert await asked.whether_to_begin_afresh(lambda: None)
    return asked


async def test_who_is_asked_to_end_while_it_begins_afresh_ends() -> None:
    asked = await asked_to_begin_afresh()
    os.kill(os.getpid(), signal.SIGTERM)  # the end takes its time: requests, open log streams
    async with asyncio.timeout(DEADLINE):
        while not asked._signals:
            await asyncio.sleep(0)
    assert not asked.may_begin_afresh()


async def test_who_is_not_begins_afresh() -> None:
    asked = await asked_to_begin_afresh()
    assert asked.may_begin_afresh()
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL, "what comes now would be lost"
