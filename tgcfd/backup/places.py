"""Where a host's data is, and who may touch it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from tgcfd.errors import Refused
from tgcfd.owner import NotInstalled, Owner, hosts_daemon
from tgcfd.places import HOST_STATE_DIR, HOST_USERS, USERS, drop_ins_of
from tgcfd.settings import DEFAULT_FILE, Settings, SupervisorKind


@dataclass(frozen=True)
class Places:
    """The data's places. ``on_host``: systemd runs the workers, and people's folders are where only root gets to."""

    state_dir: Path
    users: Path
    settings_file: Path
    on_host: bool

    @property
    def settings_folder(self) -> Path:
        """The drop-ins' folder."""
        return drop_ins_of(self.settings_file)


def places(settings: Settings, settings_file: Path | None, *, make: bool = False) -> Places:
    """Tell where the data is; ``make`` its folder, unless that is the package's task. Raises :class:`Refused`."""
    state_dir = settings.state_dir
    try:
        on_host = state_dir == HOST_STATE_DIR and (
            settings.supervisor_here() is SupervisorKind.SYSTEMD
            # in a rescue system, or a container that somebody looks into
            or (settings.supervisor is SupervisorKind.AUTO and HOST_USERS.is_dir())
        )
    except PermissionError:
        on_host = True
    if on_host and os.geteuid() != 0:
        raise Refused("only root can read people's folders: use sudo")
    if make and not on_host:
        state_dir.mkdir(mode=0o750, parents=True, exist_ok=True)
    if not state_dir.is_dir():
        raise Refused(f"{state_dir} is not there: {'install tgcfd first' if on_host else 'there is no data yet'}")
    users = HOST_USERS if on_host else state_dir / USERS
    return Places(state_dir, users, (settings_file or DEFAULT_FILE).absolute(), on_host)


def hosts_owner() -> Owner:
    """Whom people's folders on a host with systemd are made for. Raises :class:`Refused`."""
    try:
        return hosts_daemon()
    except NotInstalled as missing:
        raise Refused(f"{missing}: install tgcfd first") from None
