"""A Telethon ``.session`` file as the session string that tgcf takes. Blocks."""

from __future__ import annotations

import base64
import ipaddress
import json
import logging
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

from tgcfd.errors import Busy

MAGIC = b"SQLite format 3\0"

SECONDS = 5.0
"""A reader that has not ended by then is ended."""

_COMMAND = (sys.executable, "-I", "-S", str(Path(__file__).with_name("session_reader.py")))
_MAX_PORT = 65535
_MAX_CENTER = 255

_log = logging.getLogger(__name__)


class SessionUnreadable(Exception):
    """It holds no session that can be taken; says why in half a sentence, without anything of the file."""


def session_string(data: bytes) -> str:
    """Return the session string of an SQLite file's bytes.

    Raises :class:`SessionUnreadable`, and Busy if the host cannot start a process.
    """
    said = _read(data)
    if "fault" in said:
        raise SessionUnreadable(said["fault"])
    return packed(said["dc"], said["address"], said["port"], bytes.fromhex(said["key"]))


def packed(center: int, address: str, port: int, key: bytes) -> str:
    """Return it in Telethon's form (telethon/sessions/string.py). Raises :class:`SessionUnreadable`."""
    try:
        host = ipaddress.ip_address(address).packed
    except ValueError:
        raise SessionUnreadable("the address of its data centre is not one") from None
    if not 0 < center <= _MAX_CENTER or not 0 < port <= _MAX_PORT:
        raise SessionUnreadable("this session does not say which data centre it belongs to")
    binary = struct.pack(f">B{len(host)}sH256s", center, host, port, key)
    return "1" + base64.urlsafe_b64encode(binary).decode("ascii")


def _read(data: bytes) -> Any:  # noqa: ANN401  # JSON
    try:
        # The reader's output is bounded: it writes one object of fields whose length it has checked.
        done = subprocess.run(  # noqa: S603  # our own program; the file goes in through its standard input
            _COMMAND, input=data, capture_output=True, env={}, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise SessionUnreadable("it takes too long to read") from None
    except OSError as error:
        _log.error("A session file cannot be read: %s: %s", _COMMAND[0], error)
        raise Busy("The host has no room to read a session file now. Try again.", retry_after=5) from None
    try:
        return json.loads(done.stdout)
    except ValueError:  # ended by a limit, or by a fault that SQLite has; what it said may be of the file
        _log.warning("The reader of a session file ended with %d", done.returncode)
        raise SessionUnreadable("this SQLite file is damaged or cannot be read safely") from None
