"""What a restore that was interrupted has left on the disk."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator

from tgcfd.backup import in_use, restore
from tgcfd.checks.finding import Finding, warning
from tgcfd.checks.host import Host
from tgcfd.errors import Refused
from tgcfd.places import HOST_USERS, USERS


def of_restores(host: Host) -> Iterator[Finding]:
    """Look for what was unpacked, unless a restore is under way; who may not look finds nothing."""
    state = host.data
    if not os.access(state, os.R_OK | os.X_OK) or (host.on_systemd and os.geteuid() != 0):
        return
    users = HOST_USERS if host.on_systemd else state / USERS
    try:
        with in_use.beside_others(state):
            left = [str(path) for path in restore.unpacked_in(state, users) if path.exists()]
    except Refused:
        return
    if left:
        yield warning(
            f"a restore was interrupted, and has left everybody's secrets in {' and '.join(left)}",
            host.sudo * host.on_systemd + shlex.join(["tgcfd", "restore", *host.flags]),
        )
