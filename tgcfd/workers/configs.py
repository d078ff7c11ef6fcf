"""The part of the configurations that workers need."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import Any, Protocol

from tgcfd.errors import Violation
from tgcfd.mode import Mode


class Stored(Protocol):
    """A configuration as the store hands it out."""

    @property
    def config(self) -> dict[str, Any]:
        """All settings, with defaults filled in."""
        ...


class Configs(Protocol):
    """The part of :class:`tgcfd.config.store.ConfigStore` that workers need."""

    def read(self, slug: str) -> Awaitable[Stored]:
        """Read the person's configuration."""
        ...

    def take_back(self, slug: str, base: dict[str, Any], now: dict[str, Any]) -> Awaitable[object]:
        """Merge into it what the worker changed. :raises ConfigInvalid: it would be too large with that."""
        ...

    def missing(self, slug: str, config: dict[str, Any], mode: Mode) -> Awaitable[Sequence[Violation]]:
        """Tell what it lacks before a run can start."""
        ...

    def rendered(self, slug: str, config: dict[str, Any]) -> Awaitable[dict[str, Any]]:
        """Make of it what the worker reads at its start."""
        ...

    def write_rendered(self, slug: str, rendered: dict[str, Any]) -> Awaitable[None]:
        """Write what the worker reads at its start."""
        ...
