"""What the checks need to know of the host before they look."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tgcfd.checks.finding import NEEDS_ROOT, NotSeen
from tgcfd.checks.program import User
from tgcfd.owner import USER, NotInstalled, hosts_daemon
from tgcfd.places import HOST_STATE_DIR
from tgcfd.settings import DEFAULT_FILE, Settings, SupervisorKind


@dataclass(frozen=True)
class Host:
    """The host, and who looks at it."""

    settings: Settings
    """As they can be read; the defaults where they cannot."""
    config: Path | None = None
    """The file of settings that was named on the command line."""

    @property
    def settings_file(self) -> Path:
        """The file of settings, which need not be there."""
        return self.config or DEFAULT_FILE

    @property
    def on_systemd(self) -> bool:
        """Whether systemd runs the workers."""
        return self.settings.supervisor_here() is SupervisorKind.SYSTEMD

    @property
    def data(self) -> Path:
        """The data's folder. Raises :class:`NotSeen` for one that the daemon refuses: nothing in it is to be mended."""
        if self.on_systemd and self.settings.state_dir != HOST_STATE_DIR:
            raise NotSeen(f"{self.settings.state_dir} is not looked at: the daemon does not take it for its data")
        return self.settings.state_dir

    @property
    def flags(self) -> tuple[str, ...]:
        """The words that make another command mean the same settings and the same data."""
        config = () if self.config is None else ("--config", str(self.config))
        is_flag = self.settings.origins.get("state_dir", "").startswith("--")
        return (*config, "--state-dir", str(self.settings.state_dir)) if is_flag else config

    @property
    def sudo(self) -> str:
        """What is typed before a command that needs root."""
        return "" if os.geteuid() == 0 else "sudo "

    @property
    def as_daemon(self) -> str:
        """What is typed before a command that the daemon's user may do: in its folders root could be led astray."""
        if self.on_systemd:
            return f"{self.sudo}runuser -u {USER} -- "
        owner = self.daemon
        return f"setpriv --reuid={owner.uid} --regid={owner.gid} --clear-groups " if owner else ""

    @cached_property
    def daemon(self) -> User | None:
        """As whom a program is to run to see what the daemon sees; None: as who we are.

        Raises :class:`NotSeen` for who may not become that user.
        """
        if not self.on_systemd:
            return self._owner_of_data()
        try:
            owner = hosts_daemon()
        except NotInstalled as missing:
            raise NotSeen(str(missing)) from None
        if os.geteuid() == owner.uid:
            return None
        self._require_root()
        return User(owner.uid, owner.gid, owner.groups)

    def _owner_of_data(self) -> User | None:
        try:
            place = self.settings.state_dir.stat()
        except OSError:
            return None
        if place.st_uid == os.geteuid():
            return None
        self._require_root()
        return User(place.st_uid, place.st_gid)

    def _require_root(self) -> None:
        if os.geteuid() != 0:
            raise NotSeen(NEEDS_ROOT)
