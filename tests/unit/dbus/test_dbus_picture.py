"""What the listener is told: a table of what the bus says, in its order."""

from __future__ import annotations

import pytest

from tgcfd.dbus.picture import Changed, Flooded, JobRemoved, Picture, Removed
from tgcfd.dbus.units import path_of, unit_at
from tgcfd.unit_name import slug_of

A, B = "tgcf@alice.service", "tgcf@bob.service"
RUNS = {"ActiveState": "active"}
JOB = JobRemoved(A, "/job/1", "done")


def test_what_came_before_the_list_is_in_it_but_a_job_and_a_flood_are_told() -> None:
    picture = Picture()
    picture.begin()
    for signal in (Changed(A, {"ActiveState": "activating"}), JOB, Flooded(A), Removed(B)):
        assert picture.take(signal) is None
    picture.listed({A: RUNS})
    picture.looked(A, RUNS)
    assert picture.finish() == ({A: RUNS}, [JOB, Flooded(A)])


def test_what_came_after_the_list_but_before_the_look_is_told_once() -> None:
    picture = Picture()
    picture.begin()
    picture.listed({A: RUNS, B: RUNS})
    picture.take(Changed(A, {"SubState": "running"}))
    picture.take(Changed(B, {"ActiveState": "failed"}))
    picture.take(Removed(B))
    picture.looked(A, RUNS | {"SubState": "running"})
    picture.looked(B, None)
    picture.take(Changed(A, {"SubState": "stop"}))
    units, later = picture.finish() or pytest.fail("it is finished")
    assert units == {A: RUNS | {"SubState": "running"}, B: RUNS}
    assert later == [Changed(B, {"ActiveState": "failed"}), Removed(B), Changed(A, {"SubState": "stop"})]


def test_a_unit_that_appeared_after_the_list_is_told() -> None:
    picture = Picture()
    picture.begin()
    picture.listed({})
    picture.take(Changed(A, RUNS))
    assert picture.finish() == ({}, [Changed(A, RUNS)])


def test_nothing_is_known_when_all_became_stale_meanwhile() -> None:
    picture = Picture()
    picture.begin()
    picture.listed({A: RUNS})
    picture.begin()
    picture.looked(A, RUNS)
    assert picture.finish() is None
    picture.take(JOB)
    picture.listed({A: RUNS})
    assert picture.finish() == ({A: RUNS}, [JOB])


def test_only_what_is_new_is_told_and_a_unit_with_a_used_name_is_new() -> None:
    picture = Picture()
    assert picture.take(Changed(A, RUNS)) == Changed(A, RUNS)
    assert picture.take(Changed(A, RUNS)) is None
    assert picture.take(Changed(A, RUNS | {"MainPID": 1})) == Changed(A, {"MainPID": 1})
    assert picture.take(Removed(A)) == Removed(A)
    assert picture.take(Removed(A)) is None
    assert picture.take(Changed(A, RUNS)) == Changed(A, RUNS)


@pytest.mark.parametrize(
    ("path", "unit"),
    [
        ("/org/freedesktop/systemd1/unit/tgcf_40alice_2eservice", A),
        ("/org/freedesktop/systemd1/unit/tgcf_40a_2db2_2eservice", "tgcf@a-b2.service"),
        ("/org/freedesktop/systemd1/unit/tgcf_40_2eservice", None),
        ("/org/freedesktop/systemd1/unit/tgcf_40Alice_2eservice", None),
        ("/org/freedesktop/systemd1/unit/tgcf_40alice_2esocket", None),
        ("/org/freedesktop/systemd1/unit/tgcf_40alice_0a_2eservice", None),
        ("/org/freedesktop/systemd1/unit/tgcf_40alice_c3_a9_2eservice", None),
        ("/org/freedesktop/systemd1/unit/ssh_2eservice", None),
        ("/org/freedesktop/systemd1/job/tgcf_40alice_2eservice", None),
        ("/", None),
    ],
)
def test_a_path_names_our_units_alone(path: str, unit: str | None) -> None:
    assert unit_at(path) == unit
    if unit is not None:
        assert path_of(unit) == path


def test_the_slug_of_a_unit() -> None:
    assert slug_of(A) == "alice"
    assert slug_of("tgcf@tgcf@alice.service") is None
    assert slug_of("alice") is None
