"""What follows the end of a worker, as whoever set a supervisor's ``on_exit`` wants it: within a time."""

from __future__ import annotations

import asyncio
import logging

from tgcfd.workers.supervisor import OnExit, WorkerStatus

ON_EXIT_TIMEOUT = 30.0
"""Seconds that it may take; who waits for the end of a worker waits for this as well."""

_log = logging.getLogger(__name__)


async def call(on_exit: OnExit | None, slug: str, status: WorkerStatus) -> None:
    """Have it done, if anything is to follow. What goes wrong is said in the daemon's log."""
    if on_exit is None:
        return
    try:
        await asyncio.wait_for(on_exit(slug, status), ON_EXIT_TIMEOUT)
    except Exception:  # noqa: BLE001 - logged; whatever it is, this worker must stay startable
        _log.exception("What follows the end of %s's worker could not be done", slug)
