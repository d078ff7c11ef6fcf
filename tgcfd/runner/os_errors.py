"""What the operating system's errors mean, in plain words: no error number, no Python name."""

from __future__ import annotations

import errno
import os
import socket

_WORDS = {
    errno.ECONNREFUSED: "the connection was refused",
    errno.ENETUNREACH: "the network is unreachable",
    errno.EHOSTUNREACH: "the host is unreachable",
    errno.ETIMEDOUT: "no answer",
    errno.ECONNRESET: "the connection was closed by the other side",
    errno.EPIPE: "the connection was closed by the other side",
    errno.ECONNABORTED: "the connection was closed by the other side",
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk is full",
}


def plain(error: OSError) -> str:
    """Return what went wrong, as the end of a sentence."""
    if isinstance(error, socket.gaierror):
        return "the name cannot be looked up"
    if isinstance(error, TimeoutError):  # most have neither number nor text
        return "no answer"
    if error.errno is not None:
        # Not error.strerror: asyncio puts `Connect call failed` and an address there.
        return _WORDS.get(error.errno) or os.strerror(error.errno).lower()
    return str(error) or "the connection broke"
