"""A person's regular expressions are judged in a process of their own, which a bad one cannot keep for ever."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Awaitable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tgcfd.config import checks, schema, verdicts
from tgcfd.config.store import ConfigStore
from tgcfd.config.verdicts import TOO_SLOW, Question
from tgcfd.errors import Busy, ConfigInvalid
from tgcfd.mode import Mode

FOR_EVER = "(?:(?:(?:(?=)){65535}){65535}){65535}"
SLOW_TO_COMPILE = "(?i)x{}" + "[a-\U0010ffff]" * 800


def text_filter(**settings: Any) -> Any:
    return {"plugins": {"filter": {"text": {"regex": True, **settings}}}}


def replacements(rules: dict[str, str]) -> Any:
    return {"plugins": {"replace": {"regex": True, "text": rules}}}


def pointers(config: Any) -> list[str]:
    return [violation.pointer for violation in checks.violations(schema.fill(config))]


@pytest.fixture(autouse=True)
def _nothing_known() -> Iterator[None]:
    verdicts._judged.cache_clear()
    yield
    verdicts._judged.cache_clear()


ATTACKS = {
    "for ever": replacements({FOR_EVER: "x"}),
    "slow to compile": text_filter(
        case_sensitive=True, blacklist=[SLOW_TO_COMPILE.format(number) for number in range(5)]
    ),
    "brackets": text_filter(blacklist=[f"(?x)#{number}" + "[" * 4000 for number in range(16)]),
}


async def max_gap(work: Awaitable[object]) -> float:
    """Seconds for which the event loop stood still, at the longest, while something was under way."""
    gaps = []

    async def tick() -> None:
        before = time.monotonic()
        while True:
            await asyncio.sleep(0.01)
            gaps.append(time.monotonic() - before)
            before = time.monotonic()

    ticking = asyncio.create_task(tick())
    await asyncio.wait_for(work, 30)
    ticking.cancel()
    assert gaps, "the event loop never came round while the work was under way"
    return max(gaps)


@pytest.mark.parametrize("attack", ATTACKS)
async def test_a_pattern_that_takes_too_long_is_refused_and_keeps_nobody_waiting(tmp_path: Path, attack: str) -> None:
    store = ConfigStore(tmp_path)

    async def post() -> None:
        with pytest.raises(ConfigInvalid, match=f"{TOO_SLOW}|too complicated"):
            await store.replace("mallory", ATTACKS[attack])

    assert await max_gap(post()) < 1
    await store.close()


async def test_a_run_with_such_a_pattern_keeps_nobody_waiting(tmp_path: Path) -> None:
    store = ConfigStore(tmp_path)

    async def run() -> None:
        found = await store.missing("mallory", ATTACKS["slow to compile"], Mode.LIVE)
        assert TOO_SLOW in [violation.detail for violation in found]

    assert await max_gap(run()) < 1
    await store.close()


def test_the_pattern_that_takes_too_long_is_named_and_those_before_it_are_judged() -> None:
    config = text_filter(case_sensitive=True, blacklist=["fine", "(", SLOW_TO_COMPILE, "("])
    found = checks.violations(schema.fill(config))
    assert [(violation.pointer[-1], violation.detail == TOO_SLOW) for violation in found] == [("1", False), ("2", True)]


def test_a_judge_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stuck = tmp_path / "stuck.py"
    stuck.write_text("import sys, threading; print('\"\"', flush=True); threading.Event().wait()")
    monkeypatch.setattr(verdicts, "_COMMAND", (sys.executable, "-I", "-S", str(stuck)))
    monkeypatch.setattr(verdicts, "SECONDS", 1.0)
    assert verdicts.verdicts((Question("a"), Question("b"), Question("c"))) == ("", TOO_SLOW, "")


def test_a_host_without_room_for_a_judge_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verdicts, "_COMMAND", ("/nowhere",))
    with pytest.raises(Busy):
        verdicts.verdicts((Question("a"),))


def test_without_regular_expressions_no_process_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verdicts, "_COMMAND", ("/nowhere",))
    assert pointers({"plugins": {"filter": {"text": {"blacklist": ["("]}}, "replace": {"text": {"(": "\\1"}}}}) == []
    assert pointers(text_filter()) == []


def test_patterns_that_were_judged_are_not_judged_again(monkeypatch: pytest.MonkeyPatch) -> None:
    config = text_filter(blacklist=["fine", "("])
    found = pointers(config)
    monkeypatch.setattr(verdicts, "_COMMAND", ("/nowhere",))
    assert pointers(config) == found == ["/plugins/filter/text/blacklist/1"]


def test_as_many_patterns_as_are_taken_are_judged_in_time() -> None:
    half = verdicts.MAX_PATTERNS // 2
    rules = {f"(foo|bar){{2,3}}\\s+[a-z]*{number}": "\\1 and more" for number in range(half)}
    config = schema.fill(replacements(rules))
    config["plugins"]["filter"] = schema.fill(text_filter(blacklist=[f"a+b?{number}" for number in range(half)]))[
        "plugins"
    ]["filter"]
    assert pointers(config) == []
    config["plugins"]["filter"]["text"]["whitelist"] = ["x"]
    [violation] = checks.violations(config)
    assert str(verdicts.MAX_PATTERNS) in violation.detail


def test_patterns_of_too_many_characters_altogether_are_refused_where_it_begins() -> None:
    patterns = [f"{number:04096}" for number in range(verdicts.MAX_CHARACTERS // 4096)]
    assert pointers(text_filter(blacklist=patterns)) == []
    assert pointers(text_filter(blacklist=patterns, whitelist=["x"])) == ["/plugins/filter/text/whitelist/0"]
    assert pointers(replacements({"(a)": "x" * 4096} | dict.fromkeys(patterns, ""))) == [
        f"/plugins/replace/text/{patterns[-2]}"
    ]


def test_the_judge_needs_nothing_but_python(tmp_path: Path) -> None:
    command = [sys.executable, "-I", "-S", verdicts._COMMAND[-1]]
    done = subprocess.run(command, input=b'[["a", null, false]]', capture_output=True, env={}, cwd=tmp_path, check=True)
    assert (done.stdout, done.stderr) == (b'""\n', b"")
