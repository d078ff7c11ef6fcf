"""What the daemon keeps in memory of a person's worker, and what the person is told by it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from tgcfd.mode import Mode
from tgcfd.storage.desired import DesiredState, StoppedBy
from tgcfd.workers.supervisor import STOPPED_BY_OWNER, Reason, State, WorkerStatus

WAITS_ITS_TURN = "Waits for its turn to start again"
WAITS_FOR_HOST = "Waits for the host to answer"


class Known:
    """One worker: the locks, what is wanted of it, and what became of that. No I/O."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()  # one run or stop at a time
        # One merge or new start file at a time. What follows the end of a worker happens while run() or stop() wait
        # for it with the other lock held, hence a second one; nobody calls the supervisor while holding this.
        self.files = asyncio.Lock()
        self.recalling = asyncio.Lock()  # one question about its last end at a time; taken before the first one
        self.restarts = 0  # that have begun
        self.account_id = ""
        self.mode: Mode | None = None  # the one asked for last
        self.should_run = False
        self.stopped_by: StoppedBy = "person"
        self.not_resumed: Reason | None = None
        self.recalled: WorkerStatus | None = None  # how it ended before this daemon was there, until it starts
        self.refused: dict[str, Any] | None = None  # what it changed and could not be taken over
        self._changed = datetime.min.replace(tzinfo=UTC)

    def learn(self, state: DesiredState) -> None:
        """Take what is stored, unless it was read before the wish that is known already."""
        self.account_id = state.account_id
        if state.changed >= self._changed:
            self.should_run, self.mode, self.stopped_by = state.should_run, state.mode, state.stopped_by
            self._changed = state.changed

    def wish(self, mode: Mode, changed: datetime, *, should_run: bool, by: StoppedBy = "person") -> None:
        """Take a wish that was stored just now."""
        self.should_run, self.mode, self.stopped_by, self._changed = should_run, mode, by, changed

    def is_due(self, status: WorkerStatus) -> bool:
        """Whether it should run, is not there by its ``status``, and will be started without anybody's doing."""
        is_gone = status.state is State.STOPPED and status.reason is None
        return self.should_run and is_gone and self.not_resumed is None

    def shown(self, status: WorkerStatus, *, is_away: bool) -> WorkerStatus:
        """Tell the person how it is: by the supervisor's ``status``, and by what that does not know.

        ``is_away``: the host cannot be heard.
        """
        if status.state is not State.STOPPED:
            return status
        if status.mode is None and self.mode is not None:
            status = replace(status, mode=self.mode)
        if self.not_resumed:
            return replace(status, state=State.FAILED, reason=self.not_resumed)
        if self.stopped_by == "owner":  # perhaps before this daemon was there to see it
            return replace(status, reason=STOPPED_BY_OWNER)
        if not self.is_due(status):
            return status
        if self.recalled and self.recalled.state is State.FAILED:
            return self.recalled
        return replace(status, state=State.RESTARTING, text=WAITS_FOR_HOST if is_away else WAITS_ITS_TURN)
