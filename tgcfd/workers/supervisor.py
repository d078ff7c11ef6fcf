"""The contract between the daemon and whatever runs workers: child processes here, systemd units elsewhere.

``tests/contract/test_supervisor.py`` holds every implementation against it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from tgcfd.mode import Mode
from tgcfd.settings import STANDARD
from tgcfd.workers.usage import Usage


class State(StrEnum):
    """Where a worker is in its life. A process exists in STARTING, RUNNING and STOPPING, and in no other state."""

    STARTING = "starting"  # until it says that it is connected
    RUNNING = "running"
    RESTARTING = "restarting"  # it ended for a reason that may pass, and starts again after a delay
    STOPPING = "stopping"
    STOPPED = "stopped"  # never started, or ended because it was asked to
    FINISHED = "finished"  # past mode is through
    FAILED = "failed"  # it ended, and only the person can change that


@dataclass(frozen=True)
class Reason:
    """Why a worker does not run: a stable code (``[a-z_]{1,64}``) and a sentence for the person."""

    code: str
    message: str


@dataclass(frozen=True)
class WorkerStatus:
    """A worker as it is now.

    ``pid`` and ``started`` (UTC) are there exactly while its process is; ``mode`` is the mode of the last start and
    ``restarts`` counts the starts that nobody asked for since then; ``text`` is what the worker says about itself,
    one line.
    """

    state: State = State.STOPPED
    mode: Mode | None = None
    pid: int | None = None
    started: datetime | None = None
    text: str = ""
    reason: Reason | None = None
    restarts: int = 0

    @property
    def is_running(self) -> bool:
        """Whether a process is really there."""
        return self.pid is not None and self.state in {State.STARTING, State.RUNNING, State.STOPPING}


OnExit = Callable[[str, WorkerStatus], Awaitable[None]]
"""Called with slug and status each time a worker's process has ended; see :attr:`Supervisor.on_exit`."""

OnResync = Callable[[], None]
"""Called when the supervisor has looked at all workers anew; must not block."""

STOPPED_BY_OWNER = Reason("stopped_by_owner", "The host's owner stopped tgcf. Press Run to start it again.")
"""Of a worker that somebody ended by the host's own tools; it stays stopped."""

NO_PROFILE = "The worker of %s runs with the limits of standard: the settings have no profile %s (any more)"
"""For the log of the daemon."""

Changes = AsyncIterator[tuple[str, WorkerStatus]]
"""Slugs with their new status."""


class Supervisor(Protocol):
    """Runs at most one worker per slug.

    A slug must be one (:mod:`tgcfd.slug`; ValueError). All methods may be called at the same time; a caller that
    is cancelled does not undo what it began.
    """

    on_exit: OnExit | None
    """Called when a worker's process and all its children are gone, before stop() returns and before the worker
    starts again (but see ``restarts_itself``). It must not call start(), stop() or kill(). An exception from it is
    logged, and changes nothing."""

    on_resync: OnResync | None
    """Called when changes may have been missed and all workers were looked at anew, but not during open()."""

    @property
    def restarts_itself(self) -> bool:
        """Whether the host starts a failed worker again by itself, with the files that it was given before.

        If so, ``on_exit`` may come after the worker has started again.
        """
        ...

    @property
    def is_away(self) -> bool:
        """Whether the host cannot be heard: statuses are as they were, and a worker may run that is not known of."""
        ...

    async def open(self) -> None:
        """Get ready. Nothing else may be called before."""
        ...

    async def close(self) -> None:
        """Let go. A supervisor whose workers live in the daemon ends them in order first, in bounded time."""
        ...

    async def start(self, slug: str, mode: Mode, profile: str = STANDARD) -> WorkerStatus:
        """Start the worker, or return the status of the one that runs in this mode already.

        ``profile`` names its limits, among the settings of the host; one that they do not have is the standard one,
        which is said in the log of the daemon. A worker that runs keeps its limits until it is started anew.

        Returns once there is a process, which may not be connected yet. Waits for a worker that is ending, and cuts
        short the delay of one that is about to start again.

        :raises RunsAlready: it runs in the other mode; ``extra`` holds ``pid`` and ``mode``.
        :raises WorkerFailedToStart: the host could not start a process.
        :raises NotAllowedByOwner: the host's owner does not let it.
        """
        ...

    async def stop(self, slug: str) -> WorkerStatus:
        """End the worker and return when its process is gone: first politely, after a timeout by force.

        It does not start again. Does nothing to a worker that does not run.
        """
        ...

    async def kill(self, slug: str) -> WorkerStatus:
        """End the worker by force, now; otherwise like :meth:`stop`."""
        ...

    def status(self, slug: str) -> WorkerStatus:
        """Tell how the worker is, at once; one that never ran is STOPPED."""
        ...

    def slugs(self) -> Collection[str]:
        """Tell whose workers are there now: a process, or one that starts again after a delay."""
        ...

    async def usage(self, slug: str) -> Usage | None:
        """Tell what the worker takes, as it was within the last two seconds; None if it does not run.

        :raises HostNotAnswering: that cannot be found out now.
        """
        ...

    async def usages(self, slugs: Collection[str]) -> Mapping[str, Usage]:
        """Tell what each of these workers takes, as it is now; those that do not run are left out.

        Ask for ``usages_at_once`` of them at most: more would be felt by others.

        :raises HostNotAnswering: that cannot be found out now.
        :raises OSError: the same.
        """
        ...

    @property
    def usages_at_once(self) -> int:
        """How many workers :meth:`usages` takes at a time."""
        ...

    async def recall(self, slug: str, mode: Mode, since: datetime) -> WorkerStatus:
        """Tell how a worker is that this daemon did not see end; it was asked to run in ``mode`` at ``since`` (UTC).

        STOPPED without a reason means that nothing is known: it never ran, or ended with the host.

        :raises HostNotAnswering: that cannot be found out now.
        """
        ...

    def watch(self, slug: str | None = None) -> AbstractAsyncContextManager[Changes]:
        """Follow the changes of one worker, or of all, from entering the context on.

        A watcher that is slow sees the newest status of each worker, not each one in between.
        """
        ...
