"""Who may touch the data: its owner alone, whom root becomes, so that no file of root's is left among the daemon's."""

from __future__ import annotations

import grp
import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

from tgcfd.errors import Refused, SettingsError

USER = "tgcfd"
GROUP = "tgcfd-worker"
FURTHER_GROUPS = ("systemd-journal",)
"""Those of the daemon besides, as in tgcfd.service."""


@dataclass(frozen=True)
class Owner:
    """A user and the groups that come with it; ``gid`` is the group of what it makes."""

    uid: int
    gid: int
    name: str
    groups: tuple[int, ...]


class NotInstalled(Exception):
    """A user or a group of the package's is not there; the text says which."""


def hosts_daemon() -> Owner:
    """As whom tgcfd.service runs the daemon. Raises :class:`NotInstalled`."""
    try:
        entry = pwd.getpwnam(USER)
    except KeyError:
        raise NotInstalled(f"there is no user {USER} on this host") from None
    try:
        worker, *further = [grp.getgrnam(name).gr_gid for name in (GROUP, *FURTHER_GROUPS)]
    except KeyError as error:
        name = str(error.args[0]).rpartition(":")[2].strip(" '")
        raise NotInstalled(f"there is no group {name} on this host") from None
    groups = dict.fromkeys([*os.getgrouplist(USER, entry.pw_gid), worker, *further])
    return Owner(entry.pw_uid, worker, USER, tuple(groups))


def owner_of(state_dir: Path) -> Owner:
    """Whose the data in ``state_dir`` is. Raises SettingsError where there can be no data.

    Nothing in the folder is looked at: who may write there must not choose whom root becomes.
    """
    try:
        place = state_dir.stat()
    except FileNotFoundError:
        raise SettingsError(f"state_dir: {state_dir} does not exist; it is made when tgcfd starts") from None
    except OSError as error:
        raise SettingsError(f"state_dir: {state_dir}: {error.strerror}") from error
    if not stat.S_ISDIR(place.st_mode):
        raise SettingsError(f"state_dir: {state_dir} is not a folder")
    return _owner(state_dir, place)


def become_owner(state_dir: Path) -> None:
    """Go on as the owner of the data in ``state_dir``, as which the daemon runs; for root this cannot be taken back.

    Raises :class:`Refused` for who is neither root nor the owner, and SettingsError as :func:`owner_of` does.
    """
    owner = owner_of(state_dir)
    if os.geteuid() == owner.uid:
        return
    if os.geteuid() != 0:
        who = f"user {owner.name} and root" if owner.uid else "root"
        raise Refused(f"the data in {state_dir} is for {who} alone: type it again after sudo")
    os.setgroups(owner.groups)
    os.setresgid(owner.gid, owner.gid, owner.gid)
    os.setresuid(owner.uid, owner.uid, owner.uid)


def _owner(state_dir: Path, place: os.stat_result) -> Owner:
    if place.st_uid != 0:  # a folder of the daemon's own
        try:
            entry = pwd.getpwuid(place.st_uid)
        except KeyError:  # an unnamed user, as in a container
            return Owner(place.st_uid, place.st_gid, str(place.st_uid), ())
        return Owner(entry.pw_uid, entry.pw_gid, entry.pw_name, tuple(os.getgrouplist(entry.pw_name, entry.pw_gid)))
    if not place.st_mode & (stat.S_IWGRP | stat.S_IWOTH):  # only root can have put something there
        return Owner(0, 0, "root", (0,))
    # A host's: root's, and open to the daemon's group (tgcfd.tmpfiles).
    try:
        return hosts_daemon()
    except NotInstalled as missing:
        raise SettingsError(f"state_dir: {state_dir} is root's, and {missing}") from None
