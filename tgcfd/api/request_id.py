"""The request id: in the answer, in each problem and in the daemon's log, so that one leads to the other.

It is always made here. One that a client sends could be another's, and most proxies pass a client's on: so none counts.
"""

from __future__ import annotations

import logging
import secrets
from contextvars import ContextVar

REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="")
"""Of the request that is being answered; "" where there is none. aiohttp answers each in a context of its own."""

HEADER = "X-Request-Id"


def begin() -> str:
    """Make the id of a request that has just come in."""
    made = secrets.token_hex(8)
    REQUEST_ID.set(made)
    return made


def log_it(record: logging.LogRecord) -> bool:
    """Put the id into a line of the log: a filter for a handler. Nothing is left out.

    The journal makes a field of ``REQUEST_ID``; the format of any other handler may name ``request``.
    """
    current = REQUEST_ID.get()
    record.request = f" (request {current})" if current else ""
    if current:
        record.REQUEST_ID = current
    return True
