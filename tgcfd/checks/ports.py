"""What this host listens on, as the kernel says it: proc_net(5), in our own network namespace."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

PROC_NET = Path("/proc/net")
_LISTENS = "0A"  # TCP_LISTEN
_ACCEPTS = 0x10000  # SO_ACCEPTCON of a Unix socket


def is_listened_on(address: str) -> bool:
    """Whether somebody listens on ``127.0.0.1:8470``, ``[::1]:8470``, a path or an ``@abstract`` name. Raises OSError.

    True of an address of another kind: nobody knows.
    """
    if address.startswith(("/", "@")):
        return address in _unix()
    host, _, port = address.rpartition(":")
    host = host.strip("[]").partition("%")[0]
    family, table = (socket.AF_INET6, "tcp6") if ":" in host else (socket.AF_INET, "tcp")
    try:
        wanted = f"{_hex(socket.inet_pton(family, host))}:{int(port):04X}"
    except (OSError, ValueError):
        return True
    return any(fields[1] == wanted and fields[3] == _LISTENS for fields in _rows(table))


def _hex(packed: bytes) -> str:
    """As in the table: words of four bytes, each as a number of this host's."""
    words = (packed[at : at + 4] for at in range(0, len(packed), 4))
    return "".join(f"{int.from_bytes(word, sys.byteorder):08X}" for word in words)


def _unix() -> set[str]:
    rows = (fields for fields in _rows("unix") if len(fields) > 7)
    return {" ".join(fields[7:]) for fields in rows if int(fields[3], 16) & _ACCEPTS}


def _rows(table: str) -> list[list[str]]:
    path = PROC_NET / table
    if not path.exists():  # a kernel without IPv6
        return []
    return [line.split() for line in path.read_text(errors="surrogateescape").splitlines()[1:]]
