"""Refuses every connection beyond loopback, in whichever Python process imports it.

Telethon has Telegram's real addresses built in: a test that forgets to redirect it would go for them. Python calls an
audit hook before the system call, so no packet leaves. It takes the place of the system's own sitecustomize, which on
Debian only switches on crash reports.
"""

import errno
import ipaddress
import socket
import sys

_LOCAL_NAMES = ("", "localhost", "ip6-localhost", "ip6-loopback")
_WATCHED = {
    "socket.connect": 1,
    "socket.sendto": 1,
    "socket.sendmsg": 1,
    "socket.getaddrinfo": 0,
    "socket.gethostbyname": 0,
    "socket.gethostbyaddr": 0,
}


class BeyondLoopbackError(PermissionError):
    """A test tried to reach another machine."""


def _is_local(host: object) -> bool:
    if host is None:
        return True
    if isinstance(host, (bytes, bytearray)):
        host = host.decode("ascii", "replace")
    if not isinstance(host, str):
        return False
    if host.lower() in _LOCAL_NAMES:
        return True
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    place = _WATCHED.get(event)
    if place is None:
        return
    target = arguments[place]
    if place == 1:
        if target is None or arguments[0].family not in (socket.AF_INET, socket.AF_INET6):  # type: ignore[attr-defined]
            return  # a connected socket's own peer, a Unix socket, netlink
        target = target[0] if isinstance(target, tuple) else target
    if not _is_local(target):
        raise BeyondLoopbackError(errno.EACCES, f"tests may not connect beyond loopback: {event} to {target!r}")


sys.addaudithook(_hook)  # for good: there is no way to take an audit hook back
