"""What goes to the event loop while it is busy."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

import pytest

from tgcfd.dbus.mailbox import BATCH, Mailbox

A, B = "tgcf@alice.service", "tgcf@bob.service"


class Box:
    def __init__(self, limit: int = 1000) -> None:
        self.got: list[object] = []
        loop = asyncio.get_running_loop()
        self.mailbox = Mailbox(loop, limit=limit, overflowed=lambda: self.got.append("overflowed"))

    def change(self, unit: str, **properties: object) -> None:
        self.mailbox.put_change(unit, "Service", properties, lambda got: self.got.append((unit, got)))

    def add(self, thing: object) -> Callable[[], None]:
        return partial(self.got.append, thing)

    async def all(self) -> list[object]:
        done = asyncio.Event()
        self.mailbox.put(done.set)
        async with asyncio.timeout(5):
            await done.wait()
        return self.got


async def test_texts_of_a_unit_become_one_and_nothing_else_does() -> None:
    box = Box()
    box.change(A, MainPID=1, StatusText="1")
    box.change(B, MainPID=2, StatusText="1")
    box.change(A, MainPID=1, StatusText="2")
    box.change(A, MainPID=0, StatusText="2")
    box.change(A, MainPID=0, StatusText="3")
    assert await box.all() == [
        (A, {"MainPID": 1, "StatusText": "2"}),
        (B, {"MainPID": 2, "StatusText": "1"}),
        (A, {"MainPID": 0, "StatusText": "3"}),
    ]


@pytest.mark.parametrize("put", ["put", "put_signal"])
async def test_no_text_overtakes_a_reply_or_another_signal(put: str) -> None:
    box = Box()
    box.change(A, StatusText="1")
    getattr(box.mailbox, put)(box.add("between"))
    box.change(A, StatusText="2")
    assert await box.all() == [(A, {"StatusText": "1"}), "between", (A, {"StatusText": "2"})]


async def test_a_text_that_was_delivered_takes_no_other_in() -> None:
    box = Box()
    box.change(A, StatusText="1")
    box.change(B, StatusText="1")
    async with asyncio.timeout(5):
        while len(box.got) < 2:
            await asyncio.sleep(0)
    box.change(A, StatusText="2")
    assert await box.all() == [(A, {"StatusText": "1"}), (B, {"StatusText": "1"}), (A, {"StatusText": "2"})]


async def test_too_many_signals_are_one_overflow_and_replies_are_kept() -> None:
    box = Box(limit=3)
    box.mailbox.put(box.add("reply"))
    for number in range(10):
        box.change(A, NRestarts=number)
    box.mailbox.put(box.add("another"))
    box.change(A, NRestarts=10)
    assert await box.all() == ["reply", "overflowed", "another"]
    box.change(A, NRestarts=11)
    assert (await box.all())[-1] == (A, {"NRestarts": 11})


async def test_the_event_loop_has_its_turn_between_batches() -> None:
    box = Box()
    for number in range(BATCH * 3):
        box.mailbox.put(box.add(number))
    asyncio.get_running_loop().call_soon(box.add("turn"))
    got = await box.all()
    assert got.index("turn") <= BATCH
