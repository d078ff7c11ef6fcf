"""Subscriptions: history joined with live, slow readers, many readers."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.unit.logs.conftest import line, lines, numbers
from tgcfd.errors import CursorUnknown
from tgcfd.logs import hub as hubs
from tgcfd.logs.entry import EVERYTHING, Entry, Filter, Gap
from tgcfd.logs.file_source import FileLogs
from tgcfd.logs.hub import Hub, Subscription
from tgcfd.logs.source import Page

DEADLINE = 20.0


async def take(subscription: Subscription, until: int) -> list[Entry | Gap]:
    """Read up to the line with this number."""
    items: list[Entry | Gap] = []
    async with asyncio.timeout(DEADLINE):
        while not items or numbers(items)[-1] != until:
            items += await subscription.batch()
    return items


async def test_the_last_lines_come_first_then_what_is_new(logs: FileLogs) -> None:
    await logs.append("alice", lines(0, 20))
    async with Hub(logs).subscribe("alice", tail=3) as subscription:
        await logs.append("alice", lines(20, 22))
        assert numbers(await take(subscription, 21)) == [17, 18, 19, 20, 21]


async def test_without_a_tail_only_new_lines_come(logs: FileLogs) -> None:
    await logs.append("alice", lines(0, 20))
    async with Hub(logs).subscribe("alice", tail=0) as subscription:
        await logs.append("alice", lines(20, 22))
        assert numbers(await take(subscription, 21)) == [20, 21]


async def test_who_comes_back_with_a_cursor_misses_nothing(logs: FileLogs) -> None:
    await logs.append("alice", lines(0, 60))
    cursor = (await logs.history("alice")).entries[10].cursor
    async with Hub(logs, page=7).subscribe("alice", after=cursor) as subscription:
        await logs.append("alice", lines(60, 62))
        assert numbers(await take(subscription, 61)) == list(range(11, 62))


async def test_one_after_the_other_as_an_iterator(logs: FileLogs) -> None:
    await logs.append("alice", lines(0, 3))
    seen: list[Entry | Gap] = []
    async with asyncio.timeout(DEADLINE), Hub(logs).subscribe("alice") as subscription:
        async for item in subscription:
            seen.append(item)
            if len(seen) == 3:
                break
    assert numbers(seen) == [0, 1, 2]


async def test_a_wrong_cursor_is_refused_on_entering(logs: FileLogs) -> None:
    hub = Hub(logs)
    with pytest.raises(CursorUnknown):
        async with hub.subscribe("alice", after="1-77"):
            pass
    assert hub.subscriptions == 0


async def test_a_cursor_that_was_rotated_away_begins_with_a_gap(logs: FileLogs) -> None:
    await logs.append("alice", lines(0, 5))
    cursor = (await logs.history("alice")).entries[2].cursor
    await logs.append("alice", lines(5, 300))
    async with Hub(logs).subscribe("alice", after=cursor) as subscription:
        items = await take(subscription, 299)
    assert items[0] == Gap(cursor)
    kept = numbers(items[1:])
    assert kept == list(range(300 - len(kept), 300))


async def test_other_peoples_lines_do_not_come(logs: FileLogs) -> None:
    async with Hub(logs).subscribe("alice") as subscription:
        await logs.append("bob", lines(0, 5))
        await logs.append("alice", lines(7, 8))
        assert numbers(await take(subscription, 7)) == [7]


async def test_a_filter_counts_for_history_and_for_live(logs: FileLogs) -> None:
    await logs.append("alice", [line(number, priority=3 if number % 5 == 0 else 6) for number in range(20)])
    async with Hub(logs).subscribe("alice", only=Filter(priority=3)) as subscription:
        await logs.append("alice", [line(20), line(21, priority=3)])
        assert numbers(await take(subscription, 21)) == [0, 5, 10, 15, 21]


async def test_a_reader_that_is_slow_gets_from_the_files_what_its_queue_did_not_hold(tmp_path: Path) -> None:
    logs = FileLogs(tmp_path)
    async with Hub(logs, queue=10).subscribe("alice") as subscription:
        await logs.append("alice", lines(0, 3))
        await take(subscription, 2)
        for number in range(3, 42, 3):
            await logs.append("alice", lines(number, number + 3))
        assert len(subscription._queue._entries) == 10
        assert numbers(await take(subscription, 41)) == list(range(3, 42))
        await logs.append("alice", lines(42, 43))
        assert numbers(await take(subscription, 42)) == [42]
    await logs.close()


async def test_a_reader_that_is_too_slow_gets_one_gap_where_the_files_hold_no_more(logs: FileLogs) -> None:
    async with Hub(logs, queue=10).subscribe("alice") as subscription:
        await logs.append("alice", lines(0, 3))
        first = await take(subscription, 2)
        for number in range(3, 300, 3):
            await logs.append("alice", lines(number, number + 3))
        items = await take(subscription, 299)
        assert items[0] == Gap(first[-1].cursor)
        kept = numbers(items[1:])
        assert kept == list(range(300 - len(kept), 300))
        assert len(kept) > 10


async def test_long_lines_count_as_much_as_many_lines(logs: FileLogs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hubs, "CHARACTERS", 100)
    async with Hub(logs).subscribe("alice") as subscription:
        await logs.append("alice", [line(number, "x" * 30) for number in range(10)])
        assert len(subscription._queue._entries) == 3


@pytest.mark.parametrize("whence", ["tail", "after"])
async def test_history_of_long_lines_is_held_a_little_at_a_time_and_comes_whole(tmp_path: Path, whence: str) -> None:
    logs = FileLogs(tmp_path / "logs", segment_bytes=1_000_000)
    await logs.append("alice", [line(number, f"{number} ".ljust(16_000, "x")) for number in range(200)])
    where: dict[str, Any] = {"tail": 150} if whence == "tail" else {"after": "1-0"}
    first = 50 if whence == "tail" else 0
    seen: list[int] = []
    async with Hub(logs).subscribe("alice", **where) as subscription:
        while len(seen) < 200 - first:
            held = sum(len(item.message) for item in subscription._ready if isinstance(item, Entry))
            assert held <= hubs.CHARACTERS
            seen += [int(item.message.split()[0]) for item in await subscription.batch() if isinstance(item, Entry)]
    assert seen == list(range(first, 200))
    await logs.close()


async def test_a_reader_that_reads_history_slowly_still_gets_all_of_it(logs: FileLogs) -> None:
    await logs.append("alice", lines(0, 10))
    cursor = (await logs.history("alice")).entries[0].cursor
    async with Hub(logs, queue=5, page=4).subscribe("alice", after=cursor) as subscription:
        await logs.append("alice", lines(10, 30))  # more than its queue holds, while it is still in history
        assert numbers(await take(subscription, 29)) == list(range(1, 30))


async def test_a_reader_that_never_reads_slows_nobody_and_takes_no_more_than_its_queue(logs: FileLogs) -> None:
    hub = Hub(logs, queue=50)
    async with hub.subscribe("alice") as asleep, hub.subscribe("alice") as awake:
        for number in range(0, 2000, 20):
            await logs.append("alice", lines(number, number + 20))
            assert numbers(await take(awake, number + 19)) == list(range(number, number + 20))
        assert len(asleep._queue._entries) == 50
        assert len(asleep._ready) == 0


async def test_a_hundred_readers_see_the_same(logs: FileLogs) -> None:
    hub = Hub(logs)
    subscriptions = [hub.subscribe("alice") for _ in range(100)]
    for subscription in subscriptions:
        await subscription.__aenter__()
    readers = [asyncio.create_task(take(subscription, 499)) for subscription in subscriptions]
    for number in range(0, 500, 25):
        await logs.append("alice", lines(number, number + 25))
    for items in await asyncio.gather(*readers):
        assert numbers(items) == list(range(500))
    for subscription in subscriptions:
        await subscription.__aexit__(None, None, None)
    assert hub.subscriptions == 0


async def test_a_closed_subscription_is_told_nothing(logs: FileLogs) -> None:
    subscription = Hub(logs).subscribe("alice")
    async with subscription:
        pass
    await logs.append("alice", lines(0, 3))
    assert len(subscription._queue._entries) == 0


async def test_who_comes_while_lines_are_stored_but_not_yet_handed_out_sees_them_once(
    logs: FileLogs, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored, go_on = asyncio.Event(), asyncio.Event()
    store = logs._store

    async def store_and_wait(*arguments: Any) -> Sequence[Entry]:
        entries = await store(*arguments)
        stored.set()
        await go_on.wait()
        return entries

    monkeypatch.setattr(logs, "_store", store_and_wait)
    writing = asyncio.create_task(logs.append("alice", lines(0, 3)))
    await stored.wait()
    reading = asyncio.create_task(first_items(logs, until=3))
    for _ in range(100):
        await asyncio.sleep(0)
    go_on.set()
    await writing
    await logs.append("alice", lines(3, 4))
    assert numbers(await reading) == [0, 1, 2, 3]


async def first_items(logs: FileLogs, until: int) -> list[Entry | Gap]:
    async with Hub(logs).subscribe("alice") as subscription:
        return await take(subscription, until)


class SlowPages(FileLogs):
    """Reading takes long enough for the writer to get in between, at each point where it can."""

    def __init__(self, *args: object, chance: random.Random, **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]
        self.chance = chance

    async def history(self, slug: str, **wanted: object) -> Page:
        for _ in range(self.chance.randrange(4)):
            await asyncio.sleep(0)
        page = await super().history(slug, **wanted)  # type: ignore[arg-type]
        for _ in range(self.chance.randrange(4)):
            await asyncio.sleep(0)
        return page


def assert_no_loss_no_double(items: Sequence[Entry | Gap], begin: int) -> None:
    """In order and once each; where numbers are missing, and only there, a gap says so."""
    expected = begin
    gap = False
    for item in numbers(items):
        if item == "gap":
            gap = True
            continue
        assert isinstance(item, int)
        assert item == expected or (gap and item > expected), (item, expected)
        expected, gap = item + 1, False


@pytest.mark.parametrize("seed", range(12))
async def test_random_appends_rotations_and_resumes_never_lose_or_double_an_entry(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    keeps_all = seed % 3 == 0
    logs = SlowPages(
        tmp_path,
        segment_bytes=chance.choice([300, 1000, 5000]),
        segments=1000 if keeps_all else 4,
        chance=chance,
    )
    hub = Hub(logs, queue=chance.choice([5, 30, 1000]), page=chance.choice([1, 4, 50]))
    total = 600

    async def write() -> None:
        number = 0
        while number < total:
            size = min(chance.randrange(1, 15), total - number)
            await logs.append("alice", lines(number, number + size))
            number += size
            for _ in range(chance.randrange(6)):
                await asyncio.sleep(0)

    async def read() -> None:
        """Come and go, each time with the last cursor."""
        seen: list[Entry | Gap] = []
        while not seen or numbers(seen)[-1] != total - 1:
            after = seen[-1].cursor if seen else "1-0"
            async with hub.subscribe("alice", after=after) as subscription:
                for _ in range(chance.randrange(1, 10)):
                    seen += await subscription.batch(chance.randrange(1, 20))
                    if numbers(seen)[-1] == total - 1:
                        break
                    for _ in range(chance.randrange(8)):
                        await asyncio.sleep(0)
        assert_no_loss_no_double(seen, 0)
        if keeps_all:
            assert not any(isinstance(item, Gap) for item in seen)

    await logs.append("alice", [])
    async with asyncio.timeout(DEADLINE):
        await asyncio.gather(write(), *(read() for _ in range(5)))
    await logs.close()


def test_everything_passes_the_filter_that_asks_for_nothing() -> None:
    assert EVERYTHING.takes(line(1, priority=7))


async def test_where_the_source_has_lost_entries_history_tells_which(logs: FileLogs) -> None:
    async with Hub(logs).subscribe("alice") as subscription:
        await logs.append("alice", lines(0, 3))
        await take(subscription, 2)
        (listener,) = logs._book("alice").listeners
        logs._book("alice").listeners.clear()  # what comes now does not reach the reader
        await logs.append("alice", lines(3, 6))
        logs._book("alice").listeners.add(listener)
        listener(None)
        assert numbers(await take(subscription, 5)) == [3, 4, 5]
        await logs.append("alice", lines(6, 7))
        assert numbers(await take(subscription, 6)) == [6]
