"""Wires the parts together: the only place that knows them all."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, suppress
from datetime import timedelta
from pathlib import Path

import aiohttp_session
from aiohttp import web

import tgcfd
from tgcfd.accounts import keys
from tgcfd.accounts.administration import Administration
from tgcfd.accounts.aftermath import Aftermath
from tgcfd.accounts.api_tokens import ApiTokens
from tgcfd.accounts.invites import Invites
from tgcfd.accounts.own_data import OwnData
from tgcfd.accounts.passwords import Passwords
from tgcfd.accounts.second_factor import SecondFactor
from tgcfd.accounts.service import Accounts
from tgcfd.accounts.sessions import Sessions
from tgcfd.accounts.tokens import Tokens
from tgcfd.api import cors, root
from tgcfd.api.accounts import AccountRoutes
from tgcfd.api.admin import AdminRoutes
from tgcfd.api.api_tokens import ApiTokenRoutes
from tgcfd.api.audit import AuditRoutes
from tgcfd.api.authentication import Authentication
from tgcfd.api.config import ConfigRoutes
from tgcfd.api.config_import import ConfigImportRoutes
from tgcfd.api.config_versions import ConfigVersionRoutes
from tgcfd.api.contract import operations
from tgcfd.api.cookies import CookieStorage
from tgcfd.api.events import EventRoutes
from tgcfd.api.export import ExportRoutes
from tgcfd.api.headers import stamp, stay_with_https
from tgcfd.api.health import HealthRoutes
from tgcfd.api.invites import InviteRoutes
from tgcfd.api.limits import ApiLimits
from tgcfd.api.log_history import LogHistoryRoutes
from tgcfd.api.logs import LogRoutes
from tgcfd.api.middlewares import in_one
from tgcfd.api.origins import Pages
from tgcfd.api.preview import PreviewRoutes
from tgcfd.api.problems import problems
from tgcfd.api.proxies import Proxies
from tgcfd.api.second_factor import SecondFactorRoutes
from tgcfd.api.sessions import SessionRoutes
from tgcfd.api.sockets import Sockets
from tgcfd.api.streams import Streams
from tgcfd.api.usage import UsageRoutes
from tgcfd.api.watermark import WatermarkRoutes
from tgcfd.api.web_page import shipped
from tgcfd.api.workers import WorkerRoutes, answer
from tgcfd.audit.log import AuditLog
from tgcfd.config.store import ConfigStore
from tgcfd.connections import Connections
from tgcfd.dbus.systemd import Systemd
from tgcfd.errors import SettingsError
from tgcfd.events.hub import EventHub
from tgcfd.logs.file_source import FileLogs
from tgcfd.logs.hub import Hub
from tgcfd.logs.source import LogSource
from tgcfd.metrics import Metrics
from tgcfd.places import DATABASE, HOST_USERS, KEYS, USERS
from tgcfd.settings import Listen, Registration, Settings, SupervisorKind
from tgcfd.storage.database import Database
from tgcfd.storage.desired import DesiredStates
from tgcfd.workers.command import Limits, WorkerCommand
from tgcfd.workers.preview import Previews
from tgcfd.workers.process import ProcessSupervisor
from tgcfd.workers.samples import Samples
from tgcfd.workers.service import Workers
from tgcfd.workers.supervisor import Supervisor
from tgcfd.workers.systemd import SystemdSupervisor

_log = logging.getLogger(__name__)


class Parts:
    """All parts of the product, made but not yet opened."""

    def __init__(self, settings: Settings) -> None:
        state = settings.state_dir
        users = state / USERS
        for folder in (state, users):
            make_folder(folder)
        self.database = Database(state / DATABASE)
        self.passwords = Passwords()
        self.keys = state / KEYS
        self.tokens = Tokens(keys.load(self.keys), life=timedelta(minutes=settings.accounts.token_minutes))
        self.proxies = Proxies(settings.trusted_proxies)
        self.connections = Connections(settings.limits, self.proxies.trusts)
        self.limits = ApiLimits(settings.limits, self.connections, proxies_are_named=self.proxies.any)
        self.second_factor = SecondFactor(self.database)
        self.invites = Invites(self.database)
        self.registration = settings.accounts.registration
        self.by_https = self.proxies.any or settings.tls.certificate is not None
        """Whether somebody can come by HTTPS."""
        self.allowed_origins = settings.allowed_origins
        self.pages = Pages(
            settings.allowed_origins, everybody=self.registration is Registration.OPEN and not self.proxies.any
        )
        self.accounts = Accounts(self.database, self.passwords, self.second_factor, may_register=self.registration)
        self.sessions = Sessions(
            self.database,
            self.accounts,
            life=timedelta(days=settings.accounts.session_days),
            idle=timedelta(days=settings.accounts.idle_days),
        )
        self.audit = AuditLog(self.database, keep=timedelta(days=settings.accounts.audit_days))
        self.api_tokens = ApiTokens(self.database, self.accounts)
        self.administration = Administration(self.database, self.passwords, changed=self.accounts.changed)
        self.profiles = settings.profiles
        self.configs = ConfigStore(users, self.database)
        by_systemd = settings.supervisor_here() is SupervisorKind.SYSTEMD
        self.people = HOST_USERS if by_systemd else users
        self.logs, self.supervisor = (
            _systemd(settings, users, self.accounts) if by_systemd else _process(settings, users)
        )
        self.workers = Workers(self.supervisor, self.configs, DesiredStates(self.database), users)
        self.previews = Previews(_command(settings))
        self.metrics_listen = settings.metrics.listen
        self.events = EventHub(self.workers, self.supervisor.watch, answer)
        self.configs.on_stored = self.events.config_stored
        self.samples = Samples(self.supervisor)
        self.samples.on_sample = self.events.usage_sampled

    def worker_states(self) -> Iterator[str]:
        """The state of each worker that is there, or should be."""
        return (status.state for status in self.workers.all().values())

    async def run(self, _app: web.Application) -> AsyncIterator[None]:
        """Open them, start again what should run, and close them in the other order: a clean-up context of aiohttp."""
        async with AsyncExitStack() as opened:
            await self.database.open()
            opened.push_async_callback(self.database.close)
            opened.push_async_callback(self.passwords.close)
            opened.push_async_callback(self.configs.close)
            opened.push_async_callback(self.previews.close)
            await self.logs.open()
            opened.push_async_callback(self.logs.close)
            await self.supervisor.open()
            opened.push_async_callback(self.supervisor.close)
            opened.push_async_callback(self.workers.close)
            await self.workers.open()
            opened.push_async_callback(_cancel, asyncio.create_task(self.workers.reconcile()))
            opened.push_async_callback(_cancel, asyncio.create_task(self.events.keep()))
            opened.push_async_callback(_cancel, asyncio.create_task(self.samples.keep()))
            opened.push_async_callback(_cancel, asyncio.create_task(self.audit.keep_short()))
            yield


def build_app(settings: Settings) -> web.Application:
    """The whole product as one aiohttp application.

    Raises :class:`SettingsError` where a setting cannot be carried out on this host.
    """
    return serving(Parts(settings))


def serving(parts: Parts) -> web.Application:
    """The application that serves the parts; its start-up opens them, its clean-up closes them."""
    operations()  # read the contract now: the first request would wait for it, and with it all others
    authentication = Authentication(parts.tokens, parts.sessions, parts.api_tokens, parts.pages)
    streams = Streams(authentication, most=parts.limits.streams_per_account)
    sockets = Sockets(authentication, streams)

    async def end_streams(_app: web.Application) -> None:
        streams.end()
        await sockets.close()

    # What only some hosts need costs the others nothing.
    outermost = [parts.proxies.middleware] if parts.proxies.any else []
    outermost += [stay_with_https] if parts.by_https else []
    session = aiohttp_session.session_middleware(CookieStorage(parts.sessions))
    by_address, by_account = parts.limits.by_address, parts.limits.by_account
    inner = (by_address, session, authentication.middleware, by_account)
    metrics = Metrics(parts.database, parts.worker_states, lambda: streams.open)
    outermost += [metrics.middleware] if parts.metrics_listen else []
    app = web.Application(middlewares=[in_one(*outermost, problems, *inner)])
    app.on_response_prepare.append(stamp)
    _add_routes(app, parts, streams, sockets)
    if parts.allowed_origins:
        cors.allow(app, parts.allowed_origins)
    app.cleanup_ctx.append(parts.run)
    app.cleanup_ctx.append(_follow_changes(parts, streams))
    if parts.metrics_listen:
        app.cleanup_ctx.append(_serve_metrics(metrics, parts.metrics_listen))
    app.on_shutdown.append(end_streams)
    return app


def _add_routes(app: web.Application, parts: Parts, streams: Streams, sockets: Sockets) -> None:
    app.add_routes(WorkerRoutes(parts.workers).routes())  # first, for pages ask often: aiohttp goes through them
    app.add_routes(shipped().routes())
    app.add_routes(root.routes())
    session_routes = SessionRoutes(parts.accounts, parts.tokens, parts.sessions, parts.limits.guesses)
    app.add_routes(session_routes.routes())
    app.add_routes(ApiTokenRoutes(parts.api_tokens).routes())
    app.add_routes(AccountRoutes(parts.accounts, session_routes).routes())
    app.add_routes(UsageRoutes(parts.workers, parts.samples, parts.profiles).routes())
    own_data = OwnData(parts.database)
    app.add_routes(ExportRoutes(own_data, parts.sessions, parts.api_tokens, parts.configs, parts.audit).routes())
    app.add_routes(AdminRoutes(parts.accounts, parts.administration, parts.workers, parts.profiles).routes())
    app.add_routes(SecondFactorRoutes(parts.accounts, parts.second_factor).routes())
    app.add_routes(InviteRoutes(parts.accounts, parts.invites, parts.registration).routes())
    app.add_routes(ConfigRoutes(parts.configs, parts.workers).routes())
    app.add_routes(ConfigVersionRoutes(parts.configs, parts.workers).routes())
    import_routes = ConfigImportRoutes(parts.accounts, parts.configs, parts.workers, parts.database)
    app.add_routes(import_routes.routes())
    app.on_cleanup.append(import_routes.close)
    app.add_routes(PreviewRoutes(parts.previews).routes())
    app.add_routes(WatermarkRoutes(parts.configs).routes())
    app.add_routes(HealthRoutes(parts.database, lambda: parts.supervisor.is_away).routes())
    app.add_routes(AuditRoutes(parts.audit).routes())
    app.add_routes(LogRoutes(sockets, Hub(parts.logs)).routes())
    app.add_routes(LogHistoryRoutes(parts.logs, streams).routes())
    app.add_routes(EventRoutes(sockets, streams, parts.events).routes())


def _serve_metrics(metrics: Metrics, listen: Listen) -> Callable[[web.Application], AsyncIterator[None]]:
    async def serve(_app: web.Application) -> AsyncIterator[None]:
        async with metrics.served(listen):
            yield

    return serve


def _follow_changes(parts: Parts, streams: Streams) -> Callable[[web.Application], AsyncIterator[None]]:
    """Have followed what is changed about accounts, as long as the application runs."""
    removals = [parts.configs.remove]
    if isinstance(parts.logs, FileLogs):  # a journal forgets by itself
        removals.append(parts.logs.remove)

    async def look_again() -> None:
        await _take_new_keys(parts)
        await streams.look_again()

    aftermath = Aftermath(
        parts.database,
        parts.accounts,
        parts.workers,
        look_again=look_again,
        removals=removals,
        place=parts.people,
    )

    async def follow(_app: web.Application) -> AsyncIterator[None]:
        task = asyncio.create_task(aftermath.keep())
        yield
        await _cancel(task)

    return follow


async def _take_new_keys(parts: Parts) -> None:
    """Go on with the keys that are there now: ``tgcfd rotate-key`` says in the database that it has made one."""
    try:
        parts.tokens.use(await asyncio.to_thread(keys.load, parts.keys))
    except SettingsError as error:
        _log.error("The keys of before stay in use: %s", error)


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def make_folder(folder: Path) -> None:
    """Make a folder of the daemon's, unless it is there. Raises :class:`SettingsError`."""
    try:
        folder.mkdir(mode=0o750, parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"state_dir: {folder} cannot be made: {error.strerror}") from error


def _process(settings: Settings, users: Path) -> tuple[LogSource, Supervisor]:
    state = settings.state_dir
    segment_bytes = settings.logs.segment_kib * 1024
    logs = FileLogs(state / "logs", segment_bytes=segment_bytes, segments=settings.logs.segments)
    supervisor = ProcessSupervisor(
        users,
        logs,
        _command(settings),
        limits={name: Limits(open_files=profile.open_files) for name, profile in settings.profiles.items()},
        stop_timeout=settings.worker.stop_seconds,
        runtime_dir=state / "run",
    )
    return logs, supervisor


def _systemd(settings: Settings, users: Path, accounts: Accounts) -> tuple[LogSource, Supervisor]:
    from tgcfd.logs.journal import JournalLogs  # noqa: PLC0415  # python3-systemd is there only where systemd is

    logs = JournalLogs(accounts.born)
    supervisor = SystemdSupervisor(Systemd, users, last_end=logs.last_end, stop_timeout=settings.worker.stop_seconds)
    return logs, supervisor


def _command(settings: Settings) -> WorkerCommand:
    """How a worker is started: everything that this host's settings say about it, no secret among it."""
    extra = ["--probe", str(settings.worker.probe_seconds)]
    if settings.telegram.data_center is not None:
        extra += ["--dc", str(settings.telegram.data_center)]
    if settings.telegram.public_key_file is not None:
        extra += ["--dc-key", str(settings.telegram.public_key_file)]
    return WorkerCommand(
        python=str(settings.worker.python),
        path=(*settings.worker.path, Path(tgcfd.__file__).parent.parent),
        args=tuple(extra),
    )
