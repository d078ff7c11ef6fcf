"""Who calls. The bus's policy lets the right ones through; this is the second look."""

from __future__ import annotations

import pwd

from gi.repository import Gio, GLib

from tgcfd.broker.errors import NotAllowed

DAEMON = "tgcfd"
"""The user that the daemon runs as."""

_TIMEOUT_MS = 4000


def uid_of(connection: Gio.DBusConnection, sender: str) -> int:
    """Ask the bus, which has it from the kernel, for the sender's uid. Raises NotAllowed if it has none to say."""
    try:
        answer = connection.call_sync(
            "org.freedesktop.DBus",
            "/org/freedesktop/DBus",
            "org.freedesktop.DBus",
            "GetConnectionUnixUser",
            GLib.Variant("(s)", (sender,)),
            None,
            Gio.DBusCallFlags.NONE,
            _TIMEOUT_MS,
            None,
        )
    except GLib.Error:
        raise NotAllowed("the bus does not say who calls") from None
    return int(answer.unpack()[0])


def daemon_uid() -> int | None:
    """Return the uid that the daemon runs as; None if this host has no such user."""
    try:
        return pwd.getpwnam(DAEMON).pw_uid
    except KeyError:
        return None


def require_allowed(uid: int) -> None:
    """Raise NotAllowed unless it is root or the daemon."""
    if uid == 0:
        return
    daemon = daemon_uid()
    if daemon is None:
        raise NotAllowed(f"there is no user {DAEMON} on this host")
    if uid != daemon:
        raise NotAllowed(f"only user {DAEMON} may ask for that")
