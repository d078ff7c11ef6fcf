"""When a unit changes too often."""

from __future__ import annotations

from tgcfd.dbus.floods import Floods

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
