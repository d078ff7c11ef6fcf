"""systemd: its version, and whether our units are there, begin with the host and run."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tgcfd.checks.finding import REINSTALL, Finding, error, ok, warning
from tgcfd.checks.host import Host
from tgcfd.checks.ports import is_listened_on
from tgcfd.checks.program import ask, properties

OLDEST = 252
SOCKET = "tgcfd.socket"
SERVICE = "tgcfd.service"
BROKER = "tgcfd-broker.service"


def version(_host: Host) -> Iterator[Finding]:
    """Whether systemd is new enough."""
    said = ask("systemctl", "--version").out
    found = re.match(r"systemd (\d+)", said)
    if not found:
        yield warning(f"systemd does not say its version: {said[:80]!r}")
    elif int(found[1]) < OLDEST:
        yield error(f"systemd {found[1]} is too old: {OLDEST} is needed, which Debian 12 has")
    else:
        yield ok(f"systemd {found[1]}")


def units(host: Host) -> Iterator[Finding]:
    """Whether they are there, begin with the host, and systemd knows them as they are."""
    wrong = False
    for unit in (SOCKET, SERVICE, BROKER):
        has = properties(unit, "LoadState", "UnitFileState", "NeedDaemonReload")
        for finding in _about(host, unit, has):
            wrong = True
            yield finding
    if not wrong:
        yield ok(f"{SOCKET}, {SERVICE} and {BROKER} are there, and begin with the host")


def _about(host: Host, unit: str, has: dict[str, str]) -> Iterator[Finding]:
    if has["LoadState"] == "masked":
        runtime = "--runtime " if has["UnitFileState"] == "masked-runtime" else ""
        yield error(f"{unit} is masked: it cannot start", f"{host.sudo}systemctl unmask {runtime}{unit}", _start(host))
    elif has["LoadState"] != "loaded":
        yield error(f"{unit} is not there, or cannot be read ({has['LoadState']})", f"{host.sudo}{REINSTALL}")
    elif unit != BROKER and has["UnitFileState"] not in {"enabled", "enabled-runtime"}:
        yield warning(f"{unit} does not begin with the host", f"{host.sudo}systemctl enable {unit}")
    if has["NeedDaemonReload"] == "yes":
        yield warning(
            f"the file of {unit} has changed, and systemd has not read it yet", f"{host.sudo}systemctl daemon-reload"
        )


def _start(host: Host) -> str:
    return f"{host.sudo}systemctl start {SOCKET} {SERVICE}"


def socket(host: Host) -> Iterator[Finding]:
    """Whether it listens, and where it is told to: systemd moves no socket before it is restarted."""
    has = properties(SOCKET, "ActiveState", "Listen", "LoadState")
    if has["LoadState"] != "loaded":
        return  # said already
    if has["ActiveState"] == "failed":
        yield error(
            f"{SOCKET} has failed: nobody can connect. Often another program listens on its address",
            f"{host.sudo}journalctl -u {SOCKET} -n 5",
            f"{host.sudo}ss -ltnp",
            f"{host.sudo}systemctl restart {SOCKET}",
        )
    elif has["ActiveState"] != "active":
        yield error(f"{SOCKET} does not listen: nobody can connect", _start(host))
    elif new := [address for address in addresses() if not is_listened_on(address)]:
        yield error(
            f"{SOCKET} was changed to {', '.join(new)}, but still listens where it did",
            f"{host.sudo}systemctl restart {SOCKET}",
        )
    else:
        yield ok(f"{SOCKET} listens on {', '.join(addresses())}")


def addresses() -> list[str]:
    """Where tgcfd.socket is told to listen: ``127.0.0.1:8470`` or a path. Raises NotSeen."""
    said = properties(SOCKET, "Listen").get("Listen", "")
    return re.findall(r"(\S+) \(Stream\)", said)
