"""Whether this host can carry out the settings: what is well-formed, but cannot work here.

Looked at before anything is opened, by the daemon and by ``tgcfd check --settings`` alike.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator

from tgcfd import tls
from tgcfd.errors import SettingsError
from tgcfd.places import HOST_STATE_DIR
from tgcfd.settings import Settings, SettingsMisread, SupervisorKind, systemd_runs

_DECIDED_TOGETHER = {"state_dir": "supervisor", "supervisor": "state_dir"}
_NAMED_TOGETHER = {"tls.key": "tls.certificate", "tls.certificate": "tls.key"}

Misfit = tuple[str, str]
"""The key of a setting, and why it cannot be carried out here."""


def require_fit(settings: Settings, *, outside: bool = False) -> ssl.SSLContext | None:
    """Return what sockets need to speak TLS, if the settings want it.

    ``outside``: this is not the daemon itself, and cannot tell of what is for the daemon alone.
    Raises :class:`SettingsError` with a line for each setting that cannot be carried out on this host.
    """
    context, misfits = _judged(settings, outside=outside)
    if misfits:
        raise SettingsError("\n".join(_line(settings, *misfit) for misfit in misfits))
    return context


def require_fit_as_set(settings: Settings) -> None:
    """As :func:`require_fit` from outside the daemon, of what was set alone: not of what this host lacks besides."""
    _, misfits = _judged(settings, outside=True)
    lines = [_line(settings, key, what) for key, what in misfits if _is_set(settings, key)]
    if lines:
        raise SettingsError("\n".join(lines))


def require_hosts_data(settings: Settings) -> None:
    """Keep commands from data that the host's daemon refuses; who types --state-dir says which is meant.

    Raises :class:`SettingsError`.
    """
    if settings.origins.get("state_dir", "").startswith("--"):
        return
    lines = [_line(settings, key, what) for key, what in _misplaced(settings) if key == "state_dir"]
    if lines:
        raise SettingsError("\n".join(lines))


def with_misfits(misread: SettingsMisread) -> SettingsError:
    """Return the error with what is wrong besides in the settings that could be read, for who mends all in one round.

    As from outside the daemon. Nothing is said of settings that follow from those that could not be read.
    """
    settings = misread.settings
    if settings is None:
        return misread
    _, misfits = _judged(settings, outside=True)
    more = [_line(settings, key, what) for key, what in misfits if _is_certain(misread, settings, key)]
    return SettingsError("\n".join([str(misread), *more]))


def _judged(settings: Settings, *, outside: bool) -> tuple[ssl.SSLContext | None, list[Misfit]]:
    misfits, context = list(_misfits(settings)), None
    try:
        if not outside or tls.can_be_judged(settings.tls):
            context = tls.context_of(settings.tls)
    except tls.TlsSettingsError as error:
        misfits.append((error.key, error.what))
    return context, misfits


def _is_certain(misread: SettingsMisread, settings: Settings, key: str) -> bool:
    if {key, key.partition(".")[0], _DECIDED_TOGETHER.get(key), _NAMED_TOGETHER.get(key)} & misread.keys:
        return False
    return _is_set(settings, key)


def _is_set(settings: Settings, key: str) -> bool:
    return key in settings.origins or _NAMED_TOGETHER.get(key) in settings.origins


def _line(settings: Settings, key: str, what: str) -> str:
    """Name the place; of a key that is missing, that of the one which needs it."""
    needed_by = settings.origins.get(_NAMED_TOGETHER.get(key, ""))
    if key not in settings.origins and needed_by:
        return f"{needed_by}: {key}: {what}"
    return settings.wrong(key, what)


def _misfits(settings: Settings) -> Iterator[Misfit]:
    """Better said once to the host's owner than by each worker to its person."""
    if not os.access(settings.worker.python, os.X_OK):
        yield "worker.python", f"{settings.worker.python} is not a program"
    if not any((folder / "tgcf").is_dir() for folder in settings.worker.path):
        places = ", ".join(map(str, settings.worker.path)) or "nothing"
        yield "worker.path", f"tgcf is not there (it names {places})"
    yield from _misplaced(settings)


def _misplaced(settings: Settings) -> Iterator[Misfit]:
    if settings.supervisor_here() is SupervisorKind.SYSTEMD:
        if settings.state_dir != HOST_STATE_DIR:
            yield "state_dir", f"must be {HOST_STATE_DIR} where systemd runs the workers"
        elif not systemd_runs():
            yield "supervisor", "systemd does not run on this host; choose process"
