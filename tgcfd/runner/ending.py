"""The last words of a run."""

from __future__ import annotations

import logging

from tgcfd.runner import restarts
from tgcfd.runner.journal_lines import NOTICE, fold
from tgcfd.runner.notify import Notifier
from tgcfd.runner.os_errors import plain
from tgcfd.runner.reasons import Code, Reason, reason
from tgcfd.runner.state import Phase, State

log = logging.getLogger("tgcfd.runner")


def say_end(state: State, notifier: Notifier, why: Reason) -> None:
    """Say why a run is over, in all the places where the outside looks."""
    asked = why.code in (Code.STOPPED, Code.FINISHED)
    state.phase = Phase.ENDED
    state.finished = why.code is Code.FINISHED
    state.reason = None if asked else why
    try:
        state.write()
    except OSError as error:
        log.warning("worker.json cannot be written: %s", plain(error))
    restarts.forget_if_asked()
    notifier.send("STOPPING=1", f"STATUS={why.message}")
    log.log(NOTICE if asked else logging.ERROR, "%s", why.message)


def unexpected(error: BaseException) -> Reason:
    """Log what only a developer understands, and return the reason that a person reads."""
    log.error("Unexpected error: %s", fold(error))
    return reason(Code.INTERNAL_ERROR)
