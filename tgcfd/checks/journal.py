"""The journal: whether the daemon can read the workers' logs, and they outlive a reboot."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tgcfd.checks.finding import REINSTALL, Finding, error, ok, warning
from tgcfd.checks.host import Host
from tgcfd.checks.program import ask, properties

PERSISTENT = Path("/var/log/journal")


def readable(host: Host) -> Iterator[Finding]:
    """Read a line, as the daemon does."""
    said = ask("journalctl", "-n1", "-q", "-o", "cat", user=host.daemon)
    groups = properties("tgcfd.service", "SupplementaryGroups").get("SupplementaryGroups", "")
    if "systemd-journal" not in groups.split():
        yield error(
            "tgcfd.service is not in the group systemd-journal: nobody sees their log",
            f"{host.sudo}systemctl cat tgcfd.service",
            f"{host.sudo}{REINSTALL}",
        )
    elif said.code == 0:
        yield ok("the daemon can read the journal")
    else:
        yield error(
            f"the daemon cannot read the journal: nobody sees their log ({said.last_words})",
            f"{host.sudo}systemctl status systemd-journald",
            f"{host.sudo}systemd-tmpfiles --create --prefix {PERSISTENT}",
            f"{host.sudo}systemctl restart systemd-journald",
        )


def keeps(host: Host) -> Iterator[Finding]:
    """Whether logs are kept on disk."""
    said = ask("systemd-analyze", "cat-config", "systemd/journald.conf").out
    found = re.findall(r"^\s*Storage\s*=\s*(\S+)", said, re.MULTILINE)
    storage = found[-1].lower() if found else "auto"
    restart = f"{host.sudo}systemctl restart systemd-journald"
    if storage == "none":
        yield error(
            "journald keeps nothing (Storage=none): nobody sees their log",
            f"{host.sudo}editor /etc/systemd/journald.conf",
            restart,
        )
    elif storage == "volatile":
        yield warning(
            "logs are lost at a reboot (Storage=volatile)", f"{host.sudo}editor /etc/systemd/journald.conf", restart
        )
    elif storage == "auto" and not PERSISTENT.is_dir():
        yield warning(
            f"logs are lost at a reboot: there is no {PERSISTENT}",
            f"{host.sudo}mkdir -p {PERSISTENT}",
            f"{host.sudo}systemd-tmpfiles --create --prefix {PERSISTENT}",
            f"{host.sudo}journalctl --flush",
        )
    else:
        yield ok("logs outlive a reboot")
