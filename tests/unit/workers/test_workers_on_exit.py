"""What follows the end of a worker, whatever comes of it."""

from __future__ import annotations

import asyncio

import pytest

from tgcfd.workers import on_exit
from tgcfd.workers.supervisor import State, WorkerStatus

ENDED = WorkerStatus(State.FINISHED)


async def test_it_is_told_whose_worker_ended_and_how() -> None:
    told = []

    async def note(slug: str, status: WorkerStatus) -> None:
        told.append((slug, status))

    await on_exit.call(note, "alice", ENDED)
    await on_exit.call(None, "bob", ENDED)
    assert told == [("alice", ENDED)]


async def test_what_fails_is_said_and_goes_no_further(caplog: pytest.LogCaptureFixture) -> None:
    async def fail(_slug: str, _status: WorkerStatus) -> None:
        raise RuntimeError("the disk is full")

    await on_exit.call(fail, "alice", ENDED)
    assert "What follows the end of alice's worker could not be done" in caplog.text
    assert "the disk is full" in caplog.text


async def test_what_takes_for_ever_is_given_up(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(on_exit, "ON_EXIT_TIMEOUT", 0.01)

    async def wait(_slug: str, _status: WorkerStatus) -> None:
        await asyncio.Event().wait()

    async with asyncio.timeout(10):
        await on_exit.call(wait, "alice", ENDED)
    assert "could not be done" in caplog.text
