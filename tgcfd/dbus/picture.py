"""What is known of the units, kept right while it is looked at anew: decides what the listener is told. Pure.

The bus keeps the order in which the service manager sent its signals and replies. So whatever came before the
reply about a unit is older than that reply, and what comes after it is newer.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from tgcfd.dbus.units import Properties


@dataclass(frozen=True)
class Changed:
    """Some properties of a unit."""

    unit: str
    properties: Properties


@dataclass(frozen=True)
class Removed:
    """The service manager forgot a unit."""

    unit: str


@dataclass(frozen=True)
class JobRemoved:
    """A job has ended."""

    unit: str
    job: str
    result: str


@dataclass(frozen=True)
class Flooded:
    """A unit changes too often; its changes are not read for a while."""

    unit: str


Signal = Changed | Removed | JobRemoved | Flooded


@dataclass
class Picture:
    """The units with the properties that the listener knows, or is about to be told.

    ``begin()``, ``listed()``, ``looked()`` for each unit and ``finish()`` look anew; ``take()`` gets all signals.
    """

    _units: dict[str, dict[str, object]] = field(default_factory=dict)
    _looking: bool = False
    _is_listed: bool = False
    _later: list[Signal] = field(default_factory=list)

    @property
    def units(self) -> Collection[str]:
        """The units that are there."""
        return self._units.keys()

    def begin(self) -> None:
        """Forget what is known; signals are kept back from now on until finish()."""
        if not self._looking:
            self._later = []
        self._units = {}
        self._looking = True
        self._is_listed = False

    def listed(self, units: Mapping[str, Properties]) -> None:
        """Take the list of all units; what was signalled before is in it."""
        self._units = {unit: dict(properties) for unit, properties in units.items()}
        self._later = [signal for signal in self._later if isinstance(signal, JobRemoved | Flooded)]
        self._is_listed = True

    def looked(self, unit: str, properties: Properties | None) -> None:
        """Take all properties of a listed unit; None if it went meanwhile: then its signals say what happened."""
        if properties is None or not self._is_listed:
            return
        self._units[unit] = dict(properties)
        self._later = [s for s in self._later if s.unit != unit or isinstance(s, JobRemoved | Flooded)]

    def finish(self) -> tuple[Mapping[str, Properties], list[Signal]] | None:
        """All units as they were looked at, and what happened to them since, in its order.

        None if begin() was called again meanwhile: then nothing is known.
        """
        if not self._is_listed:
            return None
        units = {unit: dict(properties) for unit, properties in self._units.items()}
        later, self._later, self._looking = self._later, [], False
        told = (self.take(signal) for signal in later)
        return units, [signal for signal in told if signal is not None]

    def take(self, signal: Signal) -> Signal | None:
        """Take a signal; returns what to tell the listener: only what is new, None for nothing (yet)."""
        if self._looking:
            if self._is_listed or isinstance(signal, JobRemoved | Flooded):
                self._later.append(signal)
            return None
        if isinstance(signal, Changed):
            return self._changed(signal)
        if isinstance(signal, Removed) and self._units.pop(signal.unit, None) is None:
            # Anybody's `systemctl status` of a unit that does not exist loads it for a moment.
            return None
        return signal

    def _changed(self, signal: Changed) -> Changed | None:
        # The service manager sends all properties that can change with each signal.
        known = self._units.setdefault(signal.unit, {})
        new = {name: value for name, value in signal.properties.items() if known.get(name) != value}
        known.update(new)
        return Changed(signal.unit, new) if new else None
