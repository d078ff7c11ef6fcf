"""Who runs the workers, and what is missing where systemd does not."""

from __future__ import annotations

from collections.abc import Iterator

from tgcfd.checks.finding import Finding, ok, warning
from tgcfd.checks.host import Host
from tgcfd.settings import systemd_runs


def kind(host: Host) -> Iterator[Finding]:
    """Say it."""
    if host.on_systemd:
        yield ok("systemd runs the workers")
        return
    lacks = (
        "workers are the daemon's child processes: they end with it, run as its user, can read each other's data, and "
        "have no limit of memory, tasks or CPU. Let people in whom you trust"
    )
    why = "supervisor is set to process" if systemd_runs() else "systemd does not run here"
    yield warning(f"{why}: {lacks}")
