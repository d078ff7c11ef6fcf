"""Reports that were read a moment ago."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tgcfd.workers import recent_reports
from tgcfd.workers.recent_reports import Reports
from tgcfd.workers.report import Report
from tgcfd.workers.supervisor import State, WorkerStatus

RUNS = WorkerStatus(State.RUNNING, pid=7, text="Live: 0 forwarded")


class Folder:
    """Somebody's folder, and how often it was read."""

    def __init__(self, users: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        self.reads = 0
        self.file = users / "alice/worker.json"
        self.file.parent.mkdir()
        self.reports = Reports(users, clock=lambda: self.now)
        read = recent_reports.read_report

        def counted(folder: Path) -> Report | None:
            self.reads += 1
            return read(folder)

        monkeypatch.setattr(recent_reports, "read_report", counted)

    def write(self, seen: int) -> None:
        self.file.write_text(json.dumps({"version": 1, "mode": "live", "counters": {"seen": seen}}))

    async def seen(self, status: WorkerStatus = RUNS) -> int:
        report = await self.reports.read("alice", status)
        assert report is not None
        return report.counters["seen"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    return Folder(tmp_path, monkeypatch)


async def test_a_report_is_read_once_a_moment(folder: Folder) -> None:
    folder.write(1)
    assert [await folder.seen() for _ in range(3)] == [1, 1, 1]
    assert folder.reads == 1


async def test_it_is_read_again_after_a_moment(folder: Folder) -> None:
    folder.write(1)
    await folder.seen()
    folder.write(2)
    folder.now = 1.0
    assert await folder.seen() == 2


async def test_it_is_read_again_as_soon_as_the_worker_says_something_new(folder: Folder) -> None:
    folder.write(1)
    await folder.seen()
    folder.write(2)
    assert await folder.seen(WorkerStatus(State.RUNNING, pid=7, text="Live: 1 forwarded")) == 2


async def test_that_there_is_none_is_kept_as_well(folder: Folder) -> None:
    assert [await folder.reports.read("alice", RUNS) for _ in range(2)] == [None, None]
    assert folder.reads == 1
