"""How a worker's unit ended, as the journal tells it to a daemon that did not see it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tgcfd.logs.journal_messages import EXITED, FAILURE, STARTED, STARTING, STOPPED, SUCCESS


@dataclass(frozen=True)
class LastEnd:
    """The last end of a unit.

    ``asked_by_job``: a stop job ended it, somebody's or the host's shutdown. ``exit_code`` says how its main process
    ended (``exited``, ``killed`` or ``dumped``), ``exit_status`` is its exit status or signal; both are None where
    systemd says nothing of it, as when it exited with 0. ``result`` is systemd's word for a failure, None for none.
    ``when`` is the time of the end, UTC.
    """

    asked_by_job: bool
    exit_code: str | None
    exit_status: int | None
    result: str | None
    when: datetime | None = field(default=None, compare=False)


TIME = "__REALTIME_TIMESTAMP"
"""When a message was written, in microseconds since 1970."""

FIELDS = ("MESSAGE_ID", "INVOCATION_ID", "JOB_TYPE", "UNIT_RESULT", "COMMAND", "EXIT_CODE", "EXIT_STATUS")
"""The fields that tell the end."""


def told(newest_first: Iterable[Mapping[str, str]]) -> LastEnd | None:
    """Tell the end from what PID 1 said about the unit: messages with those of the FIELDS that they have.

    None where the last that it said is a start, or where it said nothing of an end: then the unit still runs, or the
    host went down with it.
    """
    asked = ended = False
    run = code = status = result = when = None
    for message in newest_first:
        kind = message.get("MESSAGE_ID")
        run = run or message.get("INVOCATION_ID")
        if kind in {STARTING, STARTED} or message.get("INVOCATION_ID", run) != run:
            break  # systemd leaves the start out where it cannot log the description, so its runs are told apart, too
        if kind == STOPPED:  # also of each restart, whose JOB_TYPE is another one
            asked = asked or message.get("JOB_TYPE") == "stop"
        elif kind == FAILURE:
            result = result or message.get("UNIT_RESULT")
        elif kind == EXITED and message.get("COMMAND") == "ExecStart" and code is None:
            code, status = message.get("EXIT_CODE"), message.get("EXIT_STATUS")
        if kind in {STOPPED, SUCCESS, FAILURE}:
            ended, when = True, when or message.get(TIME)
    if not ended:
        return None
    at = datetime.fromtimestamp(int(when) / 1e6, UTC) if when else None
    return LastEnd(asked, code, int(status) if status and status.isdecimal() else None, result, at)
