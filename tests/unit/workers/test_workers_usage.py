"""Asking what workers take: seldom, together, and what the files of the kernel say."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from tgcfd.workers.usage import AT_ONCE, LIFE, SIZE, Lately, Usage, by_session


async def test_an_answer_is_good_for_two_seconds() -> None:
    now, asked = [0.0], []

    async def ask(key: str) -> int:
        asked.append(key)
        return len(asked)

    lately = Lately(ask, clock=lambda: now[0])
    assert [await lately.get("alice") for _ in range(3)] == [1, 1, 1]
    assert await lately.get("bob") == 2
    now[0] = LIFE
    assert await lately.get("alice") == 3
    lately.forget()
    assert await lately.get("alice") == 4
    assert await lately.get("alice", anew=True) == 5
    assert await lately.get("alice") == 5


async def test_what_failed_is_asked_again_and_who_goes_away_takes_no_answer_from_others() -> None:
    answers = asyncio.Queue[int | Exception]()

    async def ask(_key: str) -> int:
        answer = await answers.get()
        if isinstance(answer, Exception):
            raise answer
        return answer

    lately = Lately(ask)
    impatient, patient = asyncio.create_task(lately.get("alice")), asyncio.create_task(lately.get("alice"))
    await asyncio.sleep(0)
    impatient.cancel()
    await answers.put(OSError())
    with pytest.raises(OSError):
        await patient
    await answers.put(7)
    assert await lately.get("alice") == 7


async def test_few_questions_at_once_and_few_answers_kept() -> None:
    most = under_way = 0

    async def ask(key: int) -> int:
        nonlocal most, under_way
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1
        return key

    now = [0.0]
    lately = Lately(ask, clock=lambda: now[0])
    assert await asyncio.gather(*map(lately.get, range(SIZE))) == list(range(SIZE))
    assert most == AT_ONCE
    now[0] = LIFE
    await lately.get(SIZE)
    assert list(lately._kept) == [SIZE]


def test_processes_are_counted_by_their_session(tmp_path: Path) -> None:
    def process(pid: int, session: int, name: str, ticks: int, threads: int, pages: int) -> None:
        (tmp_path / str(pid)).mkdir()
        fields = [str(pid), f"({name})", "S", "1", str(session), str(session), *["0", "-1", "0", "0", "0", "0", "0"]]
        fields += [str(ticks), "1", "2", "3", "20", "0", str(threads), "0", "99", "12345678", str(pages), "0"]
        (tmp_path / str(pid) / "stat").write_text(" ".join(fields))

    process(10, 10, "python3", 100, 4, 1000)
    process(11, 10, "a) S 1 99 (b", 10, 1, 10)
    process(20, 20, "other", 7, 1, 1)
    (tmp_path / "30").mkdir()  # has ended between two looks
    (tmp_path / "self").mkdir()
    page, tick = os.sysconf("SC_PAGE_SIZE"), os.sysconf("SC_CLK_TCK")
    assert by_session(tmp_path) == {
        10: Usage(1010 * page, 122 / tick, 5),
        20: Usage(page, 13 / tick, 1),
    }
