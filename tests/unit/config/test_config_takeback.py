"""What a running tgcf changed is taken back only where the person changed nothing; the report may be anything."""

from typing import Any

import pytest

from tgcfd.config import schema
from tgcfd.config.render import render
from tgcfd.config.takeback import take_back


def connection(source: int | str, **more: Any) -> Any:
    return {"con_name": "", "use_this": True, "source": source, "dest": ["@to_here"], "offset": 0, "end": 0} | more


def config(*forwards: Any, style: str = "preserve", **more: Any) -> Any:
    return schema.fill({"forwards": list(forwards), "plugins": {"fmt": {"style": style}}, **more})


def merged(base: Any, now: Any, current: Any) -> Any:
    return take_back(render(base), now, current)


A, B = connection("@first_one"), connection("-1001234567890", con_name="B")


def test_nothing_changed_is_nothing_to_take() -> None:
    start = config(A, B)
    assert merged(start, {"forwards": render(start)["forwards"], "style": "preserve"}, start) is None


def test_an_offset_that_moved_on_is_taken() -> None:
    start = config(A, B)
    taken = merged(start, {"forwards": [A, B | {"source": -1001234567890, "offset": 9}]}, start)
    assert taken == config(A, B | {"offset": 9})


def test_an_offset_that_the_person_set_meanwhile_stays() -> None:
    assert merged(config(A), {"forwards": [A | {"offset": 9}]}, config(A | {"offset": 4})) is None


def test_an_offset_is_taken_even_if_the_person_changed_something_else() -> None:
    current = config(A | {"con_name": "renamed", "use_this": False})
    taken = merged(config(A), {"forwards": [A | {"offset": 9}]}, current)
    assert taken["forwards"] == [A | {"con_name": "renamed", "use_this": False, "offset": 9}]


def test_an_offset_never_goes_back() -> None:
    start = config(A | {"offset": 9})
    assert merged(start, {"forwards": [A]}, start) is None


def test_a_connection_that_a_bot_command_added_is_added() -> None:
    taken = merged(config(A), {"forwards": [A, {"source": "@new_one", "dest": [5]}]}, config(A))
    assert taken == config(A, connection("@new_one", dest=[5]))


def test_an_added_connection_whose_source_the_person_uses_is_not_added() -> None:
    mine = connection("t.me/new_one", use_this=False)
    assert merged(config(A), {"forwards": [A, connection("@New_One")]}, config(A, mine)) is None


def test_a_connection_that_a_bot_command_removed_is_removed() -> None:
    assert merged(config(A, B), {"forwards": [A]}, config(A, B | {"offset": 3})) == config(A)


def test_a_removed_connection_that_the_person_changed_meanwhile_stays() -> None:
    assert merged(config(A, B), {"forwards": [A]}, config(A, B | {"con_name": "mine"})) is None


def test_a_connection_that_the_person_removed_does_not_come_back() -> None:
    assert merged(config(A, B), {"forwards": [A, B | {"offset": 9}]}, config(A)) is None


def test_a_disabled_connection_that_the_worker_does_not_know_stays() -> None:
    start = config(A, B | {"use_this": False})
    assert merged(start, {"forwards": [A]}, start) is None


def test_destinations_that_a_bot_command_changed_are_taken() -> None:
    taken = merged(config(A), {"forwards": [A | {"dest": ["@to_here", 7]}]}, config(A))
    assert taken == config(A | {"dest": ["@to_here", 7]})


def test_destinations_that_the_person_changed_meanwhile_stay() -> None:
    assert merged(config(A), {"forwards": [A | {"dest": [7]}]}, config(A | {"dest": [8]})) is None


def test_the_style_is_taken() -> None:
    assert merged(config(A), {"forwards": [A], "style": "bold"}, config(A)) == config(A, style="bold")


def test_a_style_that_the_person_set_meanwhile_stays() -> None:
    assert merged(config(A), {"forwards": [A], "style": "bold"}, config(A, style="code")) is None


HOSTILE: list[Any] = [None, [], "x", 5, {}, {"forwards": None, "style": None}, {"forwards": {}, "style": []}]
HOSTILE += [{"forwards": "xx", "style": "normal"}, {"style": {"bold": 1}}, {"plugins": {}, "login": {"API_ID": 1}}]


@pytest.mark.parametrize("now", HOSTILE)
def test_a_report_that_is_none_changes_nothing(now: Any) -> None:
    assert merged(config(A), now, config(A)) is None


BROKEN: list[Any] = [
    None,
    [],
    5,
    {},
    {"source": None},
    {"source": "+919999999999", "dest": [1]},
    {"source": "x" * 9999},
]
BROKEN += [{"source": "@new_one", "dest": []}, {"source": "@new_one", "dest": ["@new_one"]}, {"source": "a\0bcde"}]
BROKEN += [{"source": "@new_one", "dest": [1], "extra": 1}, {"source": 2**90, "dest": [1]}, {"source": ["@new_one"]}]


@pytest.mark.parametrize("broken", BROKEN)
def test_a_reported_connection_that_is_not_in_order_is_not_added(broken: Any) -> None:
    assert merged(config(A), {"forwards": [A, broken]}, config(A)) is None


def test_a_flood_of_reported_connections_stays_within_the_limit() -> None:
    flood = [connection(number + 1) for number in range(1200)]
    taken = merged(config(A), {"forwards": [A, *flood]}, config(A))
    assert schema.violations(taken) == []


def test_nothing_else_of_the_report_is_taken() -> None:
    now = {"forwards": [A], "style": "preserve", "login": {"API_ID": 1}, "admins": [5]}
    assert merged(config(A), now, config(A)) is None
