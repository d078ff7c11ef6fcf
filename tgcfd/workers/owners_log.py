"""What the host's owner reads about people's workers in the daemon's own log."""

from __future__ import annotations

import logging

from tgcfd import errors
from tgcfd.workers.supervisor import STOPPED_BY_OWNER, Reason, State, WorkerStatus
from tgcfd.workers.unit_states import one_line

NOT_RESUMED = Reason(
    "worker_failed_to_start",
    "tgcf could not be started again. Press Run to try once more; if that fails too, tell the host's owner.",
)

_log = logging.getLogger(__name__)


def say_end(slug: str, status: WorkerStatus) -> None:
    """Say how a worker has ended for good; nothing of one that starts again, or that its person stopped."""
    if status.state is State.FAILED:
        reason = status.reason
        why = f": {reason.code}: {one_line(reason.message)}" if reason else ""  # the worker's own words, perhaps
        _log.warning("The worker of %s failed%s", slug, why)
    elif status.state is State.FINISHED:
        _log.info("The worker of %s is finished", slug)
    elif status.reason is not None and status.reason.code == STOPPED_BY_OWNER.code:
        _log.info("The worker of %s was stopped by the host's owner", slug)


def say_why_not(slug: str, error: Exception) -> Reason:
    """Say why a worker that should run is not started; returns the same for its person."""
    if isinstance(error, errors.TgcfdError):
        _log.warning("The worker of %s is not started again: %s", slug, error)
        return Reason(error.code, error.detail)
    _log.error("The worker of %s is not started again", slug, exc_info=error)
    return NOT_RESUMED
