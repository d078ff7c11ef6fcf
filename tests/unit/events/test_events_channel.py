"""One account's events: what is kept, what is put together, and who is told that events are gone."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from tgcfd.events.channel import CHARACTERS, KEPT, Channel, Listener
from tgcfd.events.event import Kind, fields


def state(number: int, size: int = 0) -> str:
    return fields(status={"number": number, "text": "x" * size})


def usage(number: int) -> str:
    return fields(memory_bytes=number)


def config(number: int, size: int = 0) -> str:
    return fields(etag=str(number), more="x" * size)


@pytest.fixture
def channel() -> Channel:
    made = Channel()
    made.add(Kind.STATE, state(0))
    return made


async def batch(listener: Listener) -> list[dict[str, Any]]:
    async with asyncio.timeout(5):
        return [json.loads(event.text) for event in await listener.batch()]


def said(frames: list[dict[str, Any]]) -> list[Any]:
    found = []
    for frame in frames:
        text = f"usage {frame['memory_bytes']}" if frame["type"] == "usage" else frame.get("etag")
        found.append(text or frame.get("status", {}).get("number", frame["type"]))
    return found


async def test_a_new_listener_begins_with_the_state_and_goes_on_from_there(channel: Channel) -> None:
    channel.add(Kind.CONFIG, config(1))
    listener = channel.listen(None)
    first = await batch(listener)
    assert said(first) == [0]
    channel.add(Kind.CONFIG, config(2))
    assert said(await batch(listener)) == ["2"]
    # its id stands for now, not for when the state began: what came before is not missed
    assert said(await batch(channel.listen(first[0]["id"]))) == ["2"]


async def test_an_id_resumes_right_behind_its_event(channel: Channel) -> None:
    listener = channel.listen(None)
    await batch(listener)
    ids = []
    for number in range(1, 6):
        channel.add(Kind.CONFIG, config(number))
        ids += [frame["id"] for frame in await batch(listener)]
    assert said(await batch(channel.listen(ids[1]))) == ["3", "4", "5"]
    at_the_end = channel.listen(ids[-1])
    channel.add(Kind.STATE, state(6))
    assert said(await batch(at_the_end)) == [6]


async def test_of_states_that_may_stand_for_each_other_the_newest_is_kept(channel: Channel) -> None:
    listener = channel.listen(None)
    (first,) = await batch(listener)
    for number in range(1, 1000):
        channel.add(Kind.STATE, state(number), instead=True)
    assert said(await batch(listener)) == [999]
    assert said(await batch(channel.listen(first["id"]))) == [999]
    channel.add(Kind.CONFIG, config(1000))
    channel.add(Kind.STATE, state(1001), instead=True)  # not instead of the configuration
    assert said(await batch(listener)) == ["1000", 1001]


async def test_who_is_away_for_more_than_is_kept_is_told_so(channel: Channel) -> None:
    slow = channel.listen(None)
    (first,) = await batch(slow)
    for number in range(KEPT - 1):
        channel.add(Kind.CONFIG, config(number))
    assert len(await batch(channel.listen(first["id"]))) == KEPT - 1  # all of them are there still
    channel.add(Kind.CONFIG, config(KEPT))
    channel.add(Kind.CONFIG, config(KEPT + 1))
    for listener in (slow, channel.listen(first["id"])):
        frames = await batch(listener)
        assert said(frames) == ["reset", 0]
        # and goes on
        channel.add(Kind.CONFIG, config(KEPT + 2))
        assert said(await batch(listener)) == [str(KEPT + 2)]
        assert said(await batch(channel.listen(frames[-1]["id"]))) == [str(KEPT + 2)]


async def test_large_events_push_others_out_and_the_newest_stays(channel: Channel) -> None:
    listener = channel.listen(None)
    await batch(listener)
    for number in range(10):
        channel.add(Kind.CONFIG, config(number, CHARACTERS // 4))
    assert said(await batch(listener)) == ["reset", 0]
    channel.add(Kind.STATE, state(11, 2 * CHARACTERS))
    assert said(await batch(listener)) == [11]


async def test_of_usage_the_newest_alone_is_kept_in_its_place_and_pushes_nothing_out(channel: Channel) -> None:
    quick, slow = channel.listen(None), channel.listen(None)
    (first,) = await batch(quick)
    await batch(slow)
    channel.add(Kind.USAGE, usage(1))
    (second,) = await batch(quick)
    assert said([second]) == ["usage 1"]
    for number in range(KEPT):
        channel.add(Kind.USAGE, usage(number))
        channel.add(Kind.CONFIG, config(number))
        channel.add(Kind.USAGE, usage(1000 + number))
    everything = [str(number) for number in range(KEPT)] + [f"usage {1000 + KEPT - 1}"]
    assert said(await batch(channel.listen(second["id"]))) == everything
    assert said(await batch(quick)) == everything
    last = channel.listen(second["id"])
    channel.add(Kind.STATE, state(1))
    channel.add(Kind.STATE, state(2), instead=True)
    assert said(await batch(last)) == ["reset", 2], "as without any usage"
    assert said(await batch(slow)) == ["reset", 2]
    channel.add(Kind.USAGE, usage(2000))
    channel.add(Kind.STATE, state(3), instead=True)
    assert said(await batch(slow)) == ["usage 2000", 3]
    assert said(await batch(channel.listen(first["id"]))) == ["reset", 3]


async def test_each_of_many_listeners_has_its_own_place(channel: Channel) -> None:
    quick, slow = channel.listen(None), channel.listen(None)
    seen = said(await batch(quick))
    for number in range(1, 50):
        channel.add(Kind.CONFIG, config(number))
        seen += said(await batch(quick))
    assert seen == [0, *(str(number) for number in range(1, 50))]
    assert said(await batch(slow)) == [0]
    assert said(await batch(slow)) == seen[1:]


async def test_waiting_listeners_are_all_woken(channel: Channel) -> None:
    listeners = [channel.listen(None) for _ in range(5)]
    for listener in listeners:
        await batch(listener)
    waiting = [asyncio.create_task(batch(listener)) for listener in listeners]
    async with asyncio.timeout(5):
        while not all(task.get_coro().cr_await is not None for task in waiting):  # type: ignore[union-attr]
            await asyncio.sleep(0)
    channel.add(Kind.CONFIG, config(1))
    assert [said(await task) for task in waiting] == [["1"]] * 5


@pytest.mark.parametrize("after", ["", "x", "1", "-1", "{}-0", "{}-2", "{}-01", "{}-1 ", "{}-\u0661", "{}-" + "9" * 30])
async def test_an_id_that_is_none_of_its_own_leads_to_a_reset(channel: Channel, after: str) -> None:
    (first,) = await batch(channel.listen(None))
    token = first["id"].partition("-")[0]
    assert said(await batch(channel.listen(after.format(token)))) == ["reset", 0]
    of_another_daemon = Channel()
    of_another_daemon.add(Kind.STATE, state(0))
    assert said(await batch(of_another_daemon.listen(first["id"]))) == ["reset", 0]
