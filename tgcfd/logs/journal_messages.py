"""What PID 1 says about units, by MESSAGE_ID, and what of it is news to the person whose worker it is."""

from __future__ import annotations

from collections.abc import Callable

# Of systemd's sd-messages.h; what they carry was seen in the journal of 252 (unit.c, job.c).
STARTING = "7d4958e842da4a758f6c1cdc7b36dcc5"
STARTED = "39f53479d3a045ac8e11786248231fbf"
START_FAILED = "be02cf6855d2428ba40df7e9d022f03d"
STOPPING = "de5b426a63be47a7b6ac3eaac82e2f6f"
STOPPED = "9d1aaa27d60140bd96365438aad20286"
SUCCESS = "7ad2d189f7e94e70a38c781354912448"
FAILURE = "d9b373ed55a64feb8242e02dbe79a49c"
RESTART = "5eb03494b6584870a536b337290809b3"
RESOURCES = "ae8f7b866b0347b9af31fe1c80b127c0"
EXITED = "98e322203f7a4ed290d09fe03c09fe15"

_HOUSEKEEPING = frozenset(
    kind.encode() for kind in (STARTING, STARTED, START_FAILED, STOPPING, STOPPED, SUCCESS, FAILURE, RESTART, RESOURCES)
)
# Said without harm when a worker starts again whose last unit file systemd had seen in a daemon-reload.
_STALE = b"Failed to open /run/systemd/transient/"
_SYSTEMDS_OWN = 200  # exit statuses from here on say what systemd could not do for the process: systemd.exec(5)


def is_housekeeping(field: Callable[[str], bytes | None]) -> bool:
    """Whether PID 1's entry says nothing new to the person: steps of starting and stopping, and exits.

    An exit by a signal or with a status of systemd's own is news; of any other the worker itself has said why. What has
    no MESSAGE_ID, or one not known here, is news as well, but for one line. ``field`` tells a field of the entry.
    """
    kind = field("MESSAGE_ID")
    if kind is None:
        return (field("MESSAGE") or b"").startswith(_STALE)
    if kind != EXITED.encode():
        return kind in _HOUSEKEEPING
    status = field("EXIT_STATUS") or b""
    return field("EXIT_CODE") == b"exited" and status.isdigit() and int(status) < _SYSTEMDS_OWN
