"""Who may touch the data: its owner alone, whom root becomes, so that no file of root's is left among the daemon's."""

from __future__ import annotations

import grp
import os
import pwd
from pathlib import Path

from tgcfd.errors import SettingsError

USER = "tgcfd"
GROUP = "tgcfd-worker"


def become_owner(state_dir: Path) -> None:
    """Go on as the owner of the data in ``state_dir``; for root this cannot be taken back.

    On a host with systemd the folder itself is root's, and its database user tgcfd's. Raises :class:`SettingsError`
    for who is neither root nor the owner.
    """
    try:
        owner = _owner(state_dir)
    except OSError as error:
        raise SettingsError(f"state_dir: {state_dir}: {error.strerror}") from error
    if os.geteuid() == owner.pw_uid:
        return
    if os.geteuid() != 0:
        raise SettingsError(f"state_dir: {state_dir} belongs to user {owner.pw_name}: use sudo")
    groups = os.getgrouplist(owner.pw_name, owner.pw_gid)
    try:
        worker = grp.getgrnam(GROUP).gr_gid
    except KeyError:
        worker = owner.pw_gid
    os.setgroups([*groups, worker])
    os.setresgid(worker, worker, worker)
    os.setresuid(owner.pw_uid, owner.pw_uid, owner.pw_uid)


def _owner(state_dir: Path) -> pwd.struct_passwd:
    for path in (state_dir / "tgcfd.db", state_dir / "keys"):
        if path.exists():
            return pwd.getpwuid(path.stat().st_uid)
    if state_dir.stat().st_uid == 0:
        return pwd.getpwnam(USER)
    return pwd.getpwuid(state_dir.stat().st_uid)
