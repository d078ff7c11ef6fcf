"""All that is on a machine's disk and in /run, and all users and groups: to see what a package leaves."""

from __future__ import annotations

import re

from tests.host.machine import Machine

Snapshot = frozenset[str]

# What is no package's doing, or stays on purpose. All else that an installation and a purge change is told.
LET_BE = {
    r"/run/(systemd|log|udev|user|lock|dbus)(/|$)": "of this boot alone; our units are asked of systemd",
    r"/(tmp|var/tmp)(/|$)": "private temporary folders of services that run",
    r"/var/log/": "the journal, apt's and dpkg's own logs, for the host's owner",
    r"/var/lib/dpkg/(?!info/)": "dpkg's own books",
    r"/var/lib/apt/": "apt's own books",
    r"/var/cache/": "apt's packages, debconf's and ldconfig's caches",
    r"/etc/(passwd|group|shadow|gshadow|subuid|subgid)-$": "the copies that useradd and userdel make",
}
PRUNED = r"\( -path /src -o -path /proc -o -path /sys -o -path /dev \) -prune"
_FIND = rf"""
find / /run -xdev {PRUNED} -o -printf '%y %m %u:%g %p\n'
cd /etc && find "$PWD" -xdev -type f -exec sha256sum {{}} +
"""


def snapshot(machine: Machine) -> Snapshot:
    """A line for each path with its kind, mode and owner, and one for each file's content in /etc."""
    lines = machine.run(["sh", "-c", _FIND]).stdout.splitlines()
    return frozenset(line for line in lines if not any(re.search(f" {path}", line) for path in LET_BE))


def differences(before: Snapshot, after: Snapshot) -> list[str]:
    """What is not as it was."""
    return sorted([f"gone: {line}" for line in before - after] + [f"new: {line}" for line in after - before])
