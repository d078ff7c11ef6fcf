"""Work that goes to its end, and no further than the daemon's."""

from __future__ import annotations

import asyncio
import gc

import pytest

from tgcfd import errors
from tgcfd.workers.unbroken import Unbroken


async def test_work_goes_on_when_its_caller_is_cancelled() -> None:
    unbroken, go_on, done = Unbroken(), asyncio.Event(), []

    async def work() -> None:
        await go_on.wait()
        done.append(True)

    caller = asyncio.create_task(unbroken(work()))
    await asyncio.sleep(0)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    go_on.set()
    await unbroken.finished(within=5)
    assert done == [True]


async def test_the_end_does_not_wait_for_ever() -> None:
    unbroken = Unbroken()
    caller = asyncio.create_task(unbroken(asyncio.Event().wait()))
    await asyncio.sleep(0)
    await asyncio.wait_for(unbroken.finished(within=0.01), 5)
    with pytest.raises(asyncio.CancelledError):
        await caller


async def test_a_failure_that_nobody_waits_for_is_one_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    unbroken, go_on = Unbroken(), asyncio.Event()

    async def work() -> None:
        await go_on.wait()
        raise errors.HostNotAnswering

    caller = asyncio.create_task(unbroken(work()))
    await asyncio.sleep(0)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    go_on.set()
    await unbroken.finished(within=5)
    await asyncio.sleep(0)
    gc.collect()  # asyncio complains when the task goes
    assert [(record.levelname, record.exc_info) for record in caplog.records] == [("WARNING", None)]
