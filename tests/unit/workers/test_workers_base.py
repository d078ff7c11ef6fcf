"""What a worker reports becomes the merge's two sides; a second change counts as much as the first."""

from __future__ import annotations

from typing import Any

import pytest

from tgcfd.config import schema
from tgcfd.config.takeback import take_back
from tgcfd.mode import Mode
from tgcfd.workers.base import base_of, now_of, rebase
from tgcfd.workers.report import Report


def forward(source: int | str, offset: int = 0, **more: Any) -> dict[str, Any]:
    given = {"forwards": [{"source": source, "dest": [-1001234567890], "offset": offset, **more}]}
    filled: dict[str, Any] = schema.fill(given)["forwards"][0]
    return filled


def config(*forwards: dict[str, Any], style: str = "preserve") -> dict[str, Any]:
    return schema.fill({"forwards": list(forwards), "plugins": {"fmt": {"style": style}}})


def offsets(config: dict[str, Any]) -> dict[Any, int]:
    return {forward["source"]: forward["offset"] for forward in config["forwards"]}


def merge(
    base: dict[str, Any], report: Report, current: dict[str, Any], mode: Mode = Mode.LIVE
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The next configuration and the next base."""
    now = now_of(base, report, mode)
    after = take_back(base, now, current) or current
    return after, rebase(base, now, after)


def test_no_secret_is_in_the_base() -> None:
    whole = schema.fill({"login": {"BOT_TOKEN": "12:secret", "API_HASH": "secret"}})
    assert "secret" not in repr(base_of(whole))


def test_each_new_offset_is_taken() -> None:
    current = config(forward("one_chat"), forward("two_chat"))
    base = base_of(current)
    for offset in (10, 20, 30):
        report = Report(forwards=[forward("one_chat", offset), forward("two_chat", offset + 1)])
        current, base = merge(base, report, current, Mode.PAST)
        assert offsets(current) == {"one_chat": offset, "two_chat": offset + 1}


def test_an_offset_that_the_person_set_stays_through_all_reports() -> None:
    base = base_of(config(forward("one_chat")))
    current, base = merge(base, Report(forwards=[forward("one_chat", 10)]), config(forward("one_chat")), Mode.PAST)
    current = config(forward("one_chat", 5))
    for offset in (20, 30):
        current, base = merge(base, Report(forwards=[forward("one_chat", offset)]), current, Mode.PAST)
        assert offsets(current) == {"one_chat": 5}


def test_past_mode_changes_offsets_and_nothing_else() -> None:
    current = config(forward("one_chat"), forward("not_reported"))
    report = Report(forwards=[forward("one_chat", 7), forward("never_heard_of")])
    after, _ = merge(base_of(current), report, current, Mode.PAST)
    assert offsets(after) == {"one_chat": 7, "not_reported": 0}


def test_a_connection_that_a_bot_command_added_and_then_removed_is_gone_again() -> None:
    current = config(forward("one_chat"))
    base = base_of(current)
    current, base = merge(base, Report(forwards=[forward("one_chat"), forward("new_chat")]), current)
    assert offsets(current) == {"one_chat": 0, "new_chat": 0}
    current, base = merge(base, Report(forwards=[forward("one_chat")]), current)
    assert offsets(current) == {"one_chat": 0}


def test_a_connection_that_the_person_removes_after_a_bot_command_added_it_does_not_come_back() -> None:
    current = config(forward("one_chat"))
    report = Report(forwards=[forward("one_chat"), forward("new_chat")])
    current, base = merge(base_of(current), report, current)
    current, _ = merge(base, report, config(forward("one_chat")))
    assert offsets(current) == {"one_chat": 0}


def test_a_suspended_connection_stays() -> None:
    current = config(forward("one_chat"), forward("asleep_chat", use_this=False))
    after, base = merge(base_of(current), Report(forwards=[forward("one_chat", 4)]), current)
    assert set(offsets(after)) == {"one_chat", "asleep_chat"}
    assert len(base["forwards"]) == 2


def test_style_after_style_is_taken() -> None:
    current = config()
    base = base_of(current)
    for style in ("bold", "italics"):
        current, base = merge(base, Report(style=style), current)
        assert current["plugins"]["fmt"]["style"] == style


@pytest.mark.parametrize(
    "forwards",
    [
        [None, 5, "x", [], {}],
        [{"source": []}, {"source": {"a": 1}}, {"source": None}, {"source": True, "offset": 3}],
        [{"source": "one_chat", "offset": "7"}, {"source": "one_chat", "offset": -1}],
        [{"source": "one_chat", "offset": 2**40}, {"source": "9" * 10_000, "offset": 3}],
    ],
)
@pytest.mark.parametrize("mode", Mode)
def test_nonsense_changes_no_offset_and_raises_nothing(forwards: list[Any], mode: Mode) -> None:
    current = config(forward("one_chat", 2))
    after, base = merge(base_of(current), Report(forwards=forwards, style="loud"), current, mode)
    assert offsets(after) in ({"one_chat": 2}, {})
    assert mode is Mode.LIVE or offsets(after) == {"one_chat": 2}
    assert base["plugins"]["fmt"]["style"] == "preserve"
