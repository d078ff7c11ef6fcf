"""Disks: whether there is room for data, and for logs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from tgcfd.checks.finding import Finding, error, ok, warning
from tgcfd.checks.host import Host
from tgcfd.checks.journal import PERSISTENT
from tgcfd.checks.program import quote
from tgcfd.checks.sizes import size
from tgcfd.places import HOST_USERS

_MIB = 1024 * 1024
LITTLE = 500 * _MIB
NOTHING = 50 * _MIB
FEW_FILES = 2000


def room(host: Host) -> Iterator[Finding]:
    """Look at each file system that data or logs are on."""
    seen: dict[int, Path] = {}
    state = host.settings.state_dir
    for path in (state, HOST_USERS, PERSISTENT) if host.on_systemd else (state,):
        place = _there(path)
        seen.setdefault(place.stat().st_dev, place)
    for place in seen.values():
        yield _room_at(host, place)


def _room_at(host: Host, place: Path) -> Finding:
    has = os.statvfs(place)
    free = has.f_bavail * has.f_frsize
    remedies = (f"df -h {quote(place)}", f"{host.sudo}journalctl --vacuum-size=200M", f"{host.sudo}apt clean")
    if has.f_files and has.f_favail < FEW_FILES:
        return error(f"only {has.f_favail} more files fit on the disk of {place}", f"df -i {quote(place)}")
    if free < NOTHING:
        return error(f"the disk of {place} is full: {free // _MIB} MiB are free", *remedies)
    if free < LITTLE:
        return warning(f"the disk of {place} is nearly full: {free // _MIB} MiB are free", *remedies)
    return ok(f"{place} has {size(free // _MIB)} free")


def _there(path: Path) -> Path:
    """Return the path, or the nearest folder above it that is there and can be seen."""
    for place in (path, *path.parents):
        try:
            place.stat()
        except OSError:
            continue
        return place
    return Path("/")
