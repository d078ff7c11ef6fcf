"""Turns: who has to wait, and who is told to come again."""

from __future__ import annotations

import asyncio

import pytest

from tgcfd.errors import Busy
from tgcfd.turns import Turns

DEADLINE = 20


class Work:
    """Counts who came to their turn, and lets them end one by one."""

    def __init__(self, *, at_once: int = 1, waiting: int = 4) -> None:
        self.turns = Turns(at_once=at_once, waiting=waiting, busy="Come again.")
        self.order: list[str] = []
        self._ends: list[asyncio.Event] = []

    async def ask(self, who: str | None) -> asyncio.Task[None]:
        """Come and wait."""
        task = asyncio.create_task(self.turns.run(who, lambda: self._act(str(who))))
        await self.settle()
        return task

    async def _act(self, who: str) -> None:
        self.order.append(who)
        self._ends.append(asyncio.Event())
        await self._ends[-1].wait()

    async def end(self, count: int = 1) -> None:
        """Let the first that has not ended yet do so, and so on."""
        for _ in range(count):
            next(event for event in self._ends if not event.is_set()).set()
            await self.settle()

    async def settle(self) -> None:
        for _ in range(10):
            await asyncio.sleep(0)


async def test_lines_take_turns() -> None:
    work = Work(waiting=8)
    tasks = [await work.ask(who) for who in ("flood", "flood", "flood", "flood", "alice", "bob")]

    await work.end(6)

    assert work.order == ["flood", "flood", "alice", "bob", "flood", "flood"]
    await asyncio.wait_for(asyncio.gather(*tasks), DEADLINE)


async def test_a_newcomer_takes_the_place_of_the_last_in_the_longest_line() -> None:
    work = Work(waiting=3)
    flood = [await work.ask("flood") for _ in range(4)]

    alice = await work.ask("alice")

    assert [task.done() for task in flood] == [False, False, False, True]
    with pytest.raises(Busy):
        flood[-1].result()
    await work.end(2)
    assert work.order == ["flood", "flood", "alice"] or work.order == ["flood", "alice", "flood"]
    await work.end(2)
    await asyncio.wait_for(asyncio.gather(*flood[:3], alice), DEADLINE)


async def test_who_has_as_many_as_anybody_is_told_to_come_again() -> None:
    work = Work(waiting=2)
    tasks = [await work.ask(who) for who in ("alice", "alice", "bob")]

    with pytest.raises(Busy):
        await work.turns.run("alice", lambda: asyncio.sleep(0))
    with pytest.raises(Busy):
        await work.turns.run("carol", lambda: asyncio.sleep(0))  # each line has one: nobody's is long

    await work.end(3)
    await asyncio.wait_for(asyncio.gather(*tasks), DEADLINE)


@pytest.mark.parametrize("who", ["alice", None])
async def test_who_leaves_makes_room_and_holds_up_nobody(who: str | None) -> None:
    work = Work(waiting=2)
    tasks = [await work.ask(who) for _ in range(3)]
    for task in tasks[1:]:
        task.cancel()
    await work.settle()
    again = [await work.ask(who) for _ in range(2)]

    await work.end(3)

    await asyncio.wait_for(asyncio.gather(tasks[0], *again), DEADLINE)
    assert all(task.cancelled() for task in tasks[1:])


async def test_a_turn_that_comes_as_its_owner_leaves_is_the_next_ones() -> None:
    work = Work()
    first, leaves, stays = [await work.ask(who) for who in ("a", "b", "c")]
    work._ends[0].set()
    await asyncio.sleep(0)  # the first one ends now, and gives its turn to the second
    leaves.cancel()
    await work.settle()

    assert work.order[-1] == "c"
    await work.end()
    await asyncio.wait_for(asyncio.gather(first, stays), DEADLINE)
    await asyncio.wait_for(work.turns.run("d", lambda: asyncio.sleep(0)), DEADLINE)


async def test_what_fails_gives_its_turn_on() -> None:
    work = Work()

    async def fail() -> None:
        raise ValueError

    with pytest.raises(ValueError):
        await work.turns.run("a", fail)
    await asyncio.wait_for(work.turns.run("b", lambda: asyncio.sleep(0)), DEADLINE)
