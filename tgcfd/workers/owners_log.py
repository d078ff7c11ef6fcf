"""What the host's owner reads about people's workers in the daemon's own log."""

from __future__ import annotations

import logging

from tgcfd import errors
from tgcfd.workers.supervisor import Reason

NOT_RESUMED = Reason(
    "worker_failed_to_start",
    "tgcf could not be started again. Press Run to try once more; if that fails too, tell the host's owner.",
)

_log = logging.getLogger(__name__)


def say_why_not(slug: str, error: Exception) -> Reason:
    """Say why a worker that should run is not started; returns the same for its person."""
    if isinstance(error, errors.TgcfdError):
        _log.warning("The worker of %s is not started again: %s", slug, error)
        return Reason(error.code, error.detail)
    _log.error("The worker of %s is not started again", slug, exc_info=error)
    return NOT_RESUMED
