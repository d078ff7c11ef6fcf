"""Serves the application until it is asked to end."""

from __future__ import annotations

import asyncio
import fcntl
import inspect
import logging
import os
import resource
import socket
import ssl
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import repeat
from typing import IO, Any

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from tgcfd import __version__, own_unit
from tgcfd.accounts.first import FirstAccount
from tgcfd.addresses import all_in_words
from tgcfd.api.unreadable import Runner
from tgcfd.app import Parts, make_folder, serving
from tgcfd.backup import abandoned, plan
from tgcfd.connections import KEEPALIVE_SECONDS, Connections
from tgcfd.errors import SettingsError
from tgcfd.places import LOCK
from tgcfd.settings import Listen, Settings
from tgcfd.settings_fit import require_fit
from tgcfd.signals import Signals
from tgcfd.site import Site, listening
from tgcfd.wording import number
from tgcfd.workers.supervisor import Supervisor
from tgcfd.workers.systemd import SystemdSupervisor

# How many seconds requests under way may still take. aiohttp 3.9 moved the argument from the site to the runner.
_SHUTDOWN_TIMEOUT: dict[str, Any] = {"shutdown_timeout": 5.0}
_RUNNER_TAKES_IT = "shutdown_timeout" in inspect.signature(web.BaseRunner.__init__).parameters
RUNNER_ARGUMENTS: dict[str, Any] = {
    "access_log": None,
    # Bodies stay as they were sent: a small compressed one could unfold to any size in memory.
    "auto_decompress": False,
    # How long the rest of a body that was refused is still read, in seconds, so that its sender sees the answer.
    "lingering_time": 2.0,
    "keepalive_timeout": KEEPALIVE_SECONDS,
    **(_SHUTDOWN_TIMEOUT if _RUNNER_TAKES_IT else {}),
}
"""How aiohttp is to serve the application."""
_SITE_ARGUMENTS = {} if _RUNNER_TAKES_IT else _SHUTDOWN_TIMEOUT

_LAST_REQUESTS = 0.1  # seconds between the last connection that is taken and the end of all that have nothing to say

MAKE_FIRST = "sudo tgcfd user add --admin you@example.org"
"""What the owner of a host with systemd types first."""
INVITE_FIRST = "sudo tgcfd user invite --admin"

_LOCK_TRIES, _LOCK_PAUSE = 5, 0.05  # `tgcfd user` holds it for a moment, to see whether anybody does

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Host:
    """What is around a daemon that serves, told what it does."""

    ready: Callable[[list[str], str | None], None]
    """Called once with where it serves, such as ``http://127.0.0.1:8470`` or ``unix:/run/tgcfd.sock``.

    And with the code of an invite for the first admin, if there is none yet and somebody sits at a terminal.
    """
    ending: Callable[[], None]
    """Called when a signal has come to end."""
    at_terminal: bool
    """Whether what is said in ``ready`` is for somebody's eyes alone, and stands in no journal and no file."""
    read_settings: Callable[[], Settings]
    """Reads the settings once more, before the daemon ends to begin afresh. Raises :class:`SettingsError`."""


async def serve(settings: Settings, host: Host) -> list[int] | None:
    """Serve until SIGINT or SIGTERM; the process supervisor then ends all workers in order.

    Upon SIGHUP it ends as well, unless the settings as they are now are wrong, and returns descriptors of the sockets
    that systemd opened: the program is to begin afresh with them. None: it has ended for good.
    Raises :class:`SettingsError`.
    """
    os.umask(0o027)  # what is for fewer eyes than that says so itself
    context = require_fit(settings)
    _take_all_descriptors()
    logging.getLogger("aiohttp.server").addFilter(_is_ours)
    signals = Signals()
    with _only_daemon(settings):
        plan.require_whole(settings.state_dir)
        abandoned.forget(settings.state_dir)
        parts = Parts(settings)
        runner = Runner(serving(parts), **RUNNER_ARGUMENTS)
        await runner.setup()
        try:
            given = own_unit.sockets()
            kept = own_unit.kept(given)
            urls = await _listen(runner, settings, given, context, parts.connections)
            parts.pages.listen_at(runner.addresses)
            host.ready(urls, await parts.invites.make_set_up() if host.at_terminal else None)
            async with _told(all_in_words(urls), parts):
                afresh = await signals.whether_to_begin_afresh(lambda: require_fit(host.read_settings()))
            if afresh:
                own_unit.say("RELOADING=1", "STATUS=Begins afresh")
            else:
                own_unit.say("STOPPING=1", "STATUS=Ending")
                host.ending()
            await _leave_to_the_next(runner, given)
        finally:
            await runner.cleanup()
    return kept if afresh and signals.may_begin_afresh() else None


@asynccontextmanager
async def _told(where: str, parts: Parts) -> AsyncIterator[None]:
    """Tell systemd, meanwhile, that we serve, and what."""
    first = FirstAccount(parts.database)
    await first.look()
    if not first.is_there and isinstance(parts.supervisor, SystemdSupervisor):
        _log.info("No account yet: %s; or, for a link: %s", MAKE_FIRST, INVITE_FIRST)
    status = partial(_status, where, parts.supervisor, first)
    own_unit.say("READY=1", f"STATUS={status()}")
    tasks = [asyncio.create_task(own_unit.keep_telling(status)), asyncio.create_task(first.wait())]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _listen(
    runner: web.AppRunner,
    settings: Settings,
    given: Sequence[socket.socket],
    context: ssl.SSLContext | None = None,
    connections: Connections | None = None,
) -> list[str]:
    """Begin to serve on the sockets ``given`` by systemd, or else where the settings say; return where, as URLs.

    ``context``: speak TLS, except at Unix sockets, which a proxy on this host uses.
    """
    scheme = "https" if context else "http"
    connections = connections or Connections(settings.limits)
    for listener in given:
        spoken = None if listener.family == socket.AF_UNIX else context
        await Site(runner, [listener], connections, spoken, **_SITE_ARGUMENTS).start()
    if given:
        addresses = [own_unit.address_of(listener) for listener in given]
        if settings.listen != Settings.listen and str(settings.listen) not in addresses:
            _log.warning("listen: %s is not used: tgcfd.socket listens on %s", settings.listen, ", ".join(addresses))
        return [address if address.startswith("unix:") else f"{scheme}://{address}" for address in addresses]
    host, port = settings.listen.host, settings.listen.port
    try:
        await Site(runner, await listening(host, port), connections, context, **_SITE_ARGUMENTS).start()
    except (OSError, UnicodeError) as error:  # UnicodeError: a name that cannot be a host's
        raise SettingsError(f"listen: {settings.listen} cannot be used: {_reason(error)}") from error
    return [f"{scheme}://{Listen(host, runner.addresses[0][1])}"]


async def _leave_to_the_next(runner: web.AppRunner, given: Sequence[socket.socket]) -> None:
    """Take no more connections: they wait in systemd's sockets for the next daemon.

    Those that were taken may bring their requests, which aiohttp would drop unread.
    """
    for site in runner.sites:
        if isinstance(site, Site):
            site.pause()
    if given:
        await asyncio.sleep(_LAST_REQUESTS)


def _status(where: str, supervisor: Supervisor, first: FirstAccount) -> str:
    """What ``systemctl status`` shows: first what is to be done: its pager cuts lines. The package reads it, too."""
    if not first.is_there:
        return f"No account yet: {MAKE_FIRST}; serves {where}"
    return f"Serves {where}; {number(len(supervisor.slugs()), 'worker')}"


def _take_all_descriptors() -> None:
    """Each connection is a file descriptor, and the usual soft limit of 1024 is soon full."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _is_ours(record: logging.LogRecord) -> bool:
    """Whether a line of aiohttp's is about a fault of ours; those about bad requests quote headers, with secrets."""
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))


def _reason(error: OSError | UnicodeError) -> str:
    if isinstance(error, socket.gaierror) or not isinstance(error, OSError) or not error.errno:
        return str(getattr(error, "strerror", None) or "there is no such address")
    return os.strerror(error.errno)  # asyncio's own text repeats the address


@contextmanager
def _only_daemon(settings: Settings) -> Iterator[None]:
    """Keep a second daemon away from the same data: it would start every worker a second time."""
    make_folder(settings.state_dir)
    path = settings.state_dir / LOCK
    try:
        file = path.open("a")
    except OSError as error:
        raise SettingsError(f"state_dir: {path} cannot be opened: {error.strerror}") from error
    with file:
        if not any(map(_locked, repeat(file, _LOCK_TRIES))):
            raise SettingsError(f"state_dir: another tgcfd serves {settings.state_dir} already, or restores it")
        file.truncate(0)
        # Its time says since when this code and these settings count: `tgcfd check` asks.
        file.write(f"{__version__}\n")
        file.flush()
        yield


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        time.sleep(_LOCK_PAUSE)  # nothing is served yet
        return False
    return True
