"""Where the data is: the names in its folder, and the folders that the package makes on a host.

The broker stands alone and has its own.
"""

from __future__ import annotations

from pathlib import Path

HOST_STATE_DIR = Path("/var/lib/tgcfd")
"""The data on a host with systemd: where tgcfd.service shows the daemon people's folders."""

HOST_USERS = Path("/var/lib/private/tgcfd/users")
"""People's folders on such a host, for all but the daemon, which sees them in ``/var/lib/tgcfd/users``."""

DATABASE = "tgcfd.db"
KEYS = "keys"
USERS = "users"
LOCK = "lock"
"""Held by the daemon as long as it serves; its time says since when."""


def drop_ins_of(settings_file: Path) -> Path:
    """The folder of further settings beside a file of settings."""
    return settings_file.with_name(f"{settings_file.name}.d")
