"""What the broker answers instead of doing as it is asked."""

from __future__ import annotations

PREFIX = "org.tgcfd.Units1.Error."


class Refused(Exception):
    """A call that was not carried out; the text says why."""

    def __init_subclass__(cls) -> None:
        # Trap of pydbus: an exception's class name goes over the bus as the error's name, if it has dots.
        cls.__name__ = PREFIX + cls.__name__

    @property
    def short(self) -> str:
        """The last word of the error's name."""
        return type(self).__name__.removeprefix(PREFIX)


class NotAllowed(Refused):
    """The caller is neither the daemon nor root."""


class BadSlug(Refused):
    """That cannot be a slug."""


class BadMode(Refused):
    """That is not a mode."""


class BadProfile(Refused):
    """That is not a profile of this host's settings."""


class UnitExists(Refused):
    """The worker's unit is there already."""


class NoSuchUnit(Refused):
    """The worker's unit is not there."""


class Masked(Refused):
    """The host's owner wants the worker never to run: ``systemctl mask``."""


class SettingsInvalid(Refused):
    """The host's settings cannot be used; the text names file and key."""


class HostNotAnswering(Refused):
    """PID 1 does not answer in time."""


class Failed(Refused):
    """Anything else."""
