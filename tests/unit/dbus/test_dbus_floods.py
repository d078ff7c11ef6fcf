"""When a unit changes too often, or more happens than can be told at once."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from tests.unit.dbus.stand_ins import DEADLINE, RUNNING, UNIT, Host, Told, opened
from tgcfd.dbus.floods import Floods
from tgcfd.dbus.mailbox import Mailbox
from tgcfd.dbus.systemd import Systemd

ALICE, BOB = "/unit/alice", "/unit/bob"


def test_each_unit_has_its_own_count_which_begins_anew_after_a_while() -> None:
    now = 100.0
    floods = Floods(most=3, within=10, clock=lambda: now)
    assert [floods.add(ALICE) for _ in range(6)] == [0, 0, 0, 1, 2, 3]
    assert floods.add(BOB) == 0
    now = 109.9
    assert floods.add(ALICE) == 4
    now = 110.0
    assert [floods.add(ALICE) for _ in range(5)] == [0, 0, 0, 1, 2]


def test_a_unit_that_is_no_more_is_forgotten() -> None:
    floods = Floods(most=1, within=10, clock=lambda: 0.0)
    assert [floods.add(ALICE), floods.add(ALICE)] == [0, 1]
    floods.forget(ALICE)
    assert floods.add(ALICE) == 0


# --- on a real message bus


async def test_a_slow_event_loop_is_told_the_newest_text_and_every_end(
    host: Host, systemd: Systemd, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard_all = threading.Event()

    def put_signal(mailbox: Mailbox, deliver: Callable[[], None]) -> None:
        put(mailbox, deliver)
        heard_all.set()

    put = Mailbox.put_signal
    monkeypatch.setattr(Mailbox, "put_signal", put_signal)
    monkeypatch.setattr("tgcfd.dbus.floods.MOST", 100_000)
    host.do("add", UNIT, RUNNING)
    await opened(systemd, told)
    # the event loop is held up from here: nothing is delivered meanwhile
    host.do("flood", UNIT, 2000)
    host.do("change", UNIT, "Service", {"Result": "exit-code", "StatusText": "failed"})
    host.do("flood", UNIT, 3000)
    host.do("job", UNIT, "/job/1", "done")
    assert heard_all.wait(DEADLINE)
    assert await told.after("job_removed") == [
        ("changed", UNIT, {"StatusText": "1999 forwarded"}),
        ("changed", UNIT, {"Result": "exit-code", "StatusText": "failed"}),
        ("changed", UNIT, {"StatusText": "2999 forwarded"}),
        ("job_removed", UNIT, "/job/1", "done"),
    ]


async def test_more_than_can_wait_is_looked_at_anew(
    host: Host, systemd: Systemd, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tgcfd.dbus.follower.SIGNAL_LIMIT", 50)
    host.do("add", UNIT, RUNNING)
    await opened(systemd, told)
    host.do("restarts", UNIT, 1000)
    events = await told.after("resynced")
    assert len(events) < 1000
    if events[-1][1][UNIT]["NRestarts"] != 999:
        await told.until(lambda later: later[-1][-1].get("NRestarts") == 999)


async def test_a_unit_that_changes_too_often_is_told_once_and_not_read_on(
    host: Host, systemd: Systemd, told: Told
) -> None:
    bob = "tgcf@bob.service"
    host.do("add", UNIT, RUNNING)
    host.do("add", bob, RUNNING | {"Id": bob})
    await opened(systemd, told)
    host.do("restarts", UNIT, 5000)
    host.do("change", bob, "Service", {"StatusText": "heard"})
    host.do("job", UNIT, "/job/1", "done")
    host.do("remove", UNIT)
    events = await told.after("removed")
    assert [event for event in events if event[0] != "changed"] == [
        ("flooded", UNIT), ("job_removed", UNIT, "/job/1", "done"), ("removed", UNIT),
    ]  # fmt: skip
    assert ("changed", bob, {"StatusText": "heard"}) in events
    assert events[-5:-4] == [("changed", UNIT, {"NRestarts": 999})]  # the last one that was read
    # what comes back under its name is heard again
    await told.after("resynced")
    host.do("restarts", UNIT, 2)
    assert await told.after("changed") == [("changed", UNIT, {"NRestarts": 0})]


async def test_what_comes_while_a_unit_is_not_heard_is_heard_and_the_unit_after_a_while(
    host: Host, systemd: Systemd, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    carol = "tgcf@carol.service"
    monkeypatch.setattr("tgcfd.dbus.follower.FLOOD_PAUSE", 1.0)
    host.do("add", UNIT, RUNNING)
    await opened(systemd, told)
    host.do("restarts", UNIT, 1500)
    await told.after("flooded")
    await systemd.system_state()  # by now the bus knows what is to be heard
    host.do("new", carol)
    await systemd.system_state()
    host.do("change", carol, "Unit", {"ActiveState": "activating"})
    host.do("change", UNIT, "Service", {"StatusText": "not heard"})
    assert (await told.after("changed"))[-1] == ("changed", carol, {"ActiveState": "activating"})
    events = await told.after("resynced")
    assert (events[-1][1][UNIT]["NRestarts"], events[-1][1][UNIT]["StatusText"]) == (1499, "not heard")
