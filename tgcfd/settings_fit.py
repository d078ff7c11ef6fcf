"""Whether this host can carry out the settings: what is well-formed, but cannot work here.

Looked at before anything is opened, by the daemon and by ``tgcfd check --settings`` alike.
"""

from __future__ import annotations

import os
import ssl

from tgcfd import tls
from tgcfd.errors import SettingsError
from tgcfd.places import HOST_STATE_DIR
from tgcfd.settings import Settings, SupervisorKind, systemd_runs


def require_fit(settings: Settings, *, outside: bool = False) -> ssl.SSLContext | None:
    """Return what sockets need to speak TLS, if the settings want it.

    ``outside``: this is not the daemon itself, and cannot tell of what is for the daemon alone.
    Raises :class:`SettingsError` with a line for each setting that cannot be carried out on this host.
    """
    problems = _unfit(settings)
    context = None
    try:
        if not outside or tls.can_be_judged(settings.tls):
            context = tls.context_of(settings.tls)
    except tls.TlsSettingsError as error:
        problems.append(settings.wrong(error.key, error.what))
    if problems:
        raise SettingsError("\n".join(problems))
    return context


def _unfit(settings: Settings) -> list[str]:
    """Better said once to the host's owner than by each worker to its person."""
    found = []
    if not os.access(settings.worker.python, os.X_OK):
        found.append(settings.wrong("worker.python", f"{settings.worker.python} is not a program"))
    if not any((folder / "tgcf").is_dir() for folder in settings.worker.path):
        places = ", ".join(map(str, settings.worker.path)) or "nothing"
        found.append(settings.wrong("worker.path", f"tgcf is not there (it names {places})"))
    if settings.supervisor_here() is SupervisorKind.SYSTEMD:
        if settings.state_dir != HOST_STATE_DIR:
            found.append(settings.wrong("state_dir", f"must be {HOST_STATE_DIR} where systemd runs the workers"))
        elif not systemd_runs():
            found.append(settings.wrong("supervisor", "systemd does not run on this host; choose process"))
    return found
