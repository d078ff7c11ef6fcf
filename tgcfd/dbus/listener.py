"""Who is told what happens to our units."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from tgcfd.dbus.units import Properties


class Listener(Protocol):
    """All is called on the event loop, in the order of the bus. Must not block."""

    def resynced(self, units: Mapping[str, Properties], system_state: str) -> None:
        """Take all units that exist now, and how the host is (running, degraded, stopping, ...).

        Of a unit that went while it was looked at, only the few properties are there that the list of units holds
        (no ``ExecMainPID``); its signals follow.
        """

    def away(self) -> None:
        """The bus or the service manager is not there; resynced() follows when it is back."""

    def changed(self, unit: str, properties: Properties) -> None:
        """Properties of a unit are new."""

    def removed(self, unit: str) -> None:
        """The unit is no more."""

    def job_removed(self, unit: str, job: str, result: str) -> None:
        """A job ended: done, failed, canceled, timeout, dependency or skipped."""

    def flooded(self, unit: str) -> None:
        """The unit changes far too often: some of its changes are not told. Told again every ten seconds of a flood."""
