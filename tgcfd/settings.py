"""The daemon's own settings: defaults < tgcfd.yml < drop-ins in tgcfd.yml.d/ < command-line flags.

Each field carries the function that reads its value; values that cannot be used are a :class:`SettingsError`, a line
for each that names the file and its line (or the flag) and the key. Relative paths are relative to the file that they
stand in.
"""

from __future__ import annotations

import dataclasses
import enum
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, Literal, TypeVar

from tgcfd.errors import SettingsError
from tgcfd.places import HOST_STATE_DIR, drop_ins_of
from tgcfd.settings_layers import Layer, Overlay, drop_ins, is_there

DEFAULT_FILE = Path("/etc/tgcfd/tgcfd.yml")
_WEB_ORIGIN = re.compile(
    r"(https?|[a-z][a-z0-9+.-]{0,30}-extension|capacitor|tauri|ionic)://"
    r"(?:[a-z0-9_](?:[a-z0-9._-]{0,251}[a-z0-9])?|\[[0-9a-f:.]{2,45}\])(?::(?P<port>[1-9][0-9]{0,4}))?",
    re.ASCII,
)
_PROFILE_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}", re.ASCII)

STANDARD = "standard"
"""The profile that is always there."""

TOKEN_MINUTES_MOST = 24 * 60
"""The longest life of an access token: so long a key that signs no more has to verify (:mod:`tgcfd.accounts.keys`)."""

UNIX: Literal["unix"] = "unix"
"""Whoever connects to a Unix socket that we listen on: its file's mode says who can."""

TrustedProxy = IPv4Network | IPv6Network | Literal["unix"]

T = TypeVar("T")
Reader = Callable[[object, Path], T]  # (value, folder that relative paths start from) -> the field's value


class SupervisorKind(enum.StrEnum):
    """Who runs the workers."""

    AUTO = "auto"
    SYSTEMD = "systemd"
    PROCESS = "process"


class Registration(enum.StrEnum):
    """Who may make an account by themselves."""

    OPEN = "open"
    """Whoever reaches the daemon."""
    INVITE = "invite"
    """Whoever has an invite, of an admin's or of the host's owner."""
    CLOSED = "closed"
    """Nobody but who has an invite of the host's owner, made at a terminal."""


@dataclass(frozen=True)
class Listen:
    """The address that the API is served on."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


@dataclass(frozen=True)
class DataCenter:
    """A Telegram data centre: its number and where it listens."""

    id: int
    address: str
    port: int

    def __str__(self) -> str:
        return f"{self.id}:{self.address}:{self.port}"


def _listen(value: object, _base: Path) -> Listen:
    host, colon, port = value.rpartition(":") if isinstance(value, str) else ("", "", "")
    host = host.removeprefix("[").removesuffix("]")
    if not (colon and host and port.isascii() and port.isdigit() and int(port) < 65536):
        raise ValueError("must be an address and a port, such as 127.0.0.1:8470 or [::1]:8470")
    return Listen(host, int(port))


def _optional_listen(value: object, base: Path) -> Listen | None:
    return None if value is None else _listen(value, base)


def _path(value: object, base: Path) -> Path:
    if not isinstance(value, str) or not value or "\0" in value:
        raise ValueError("must be a path")
    return (base / value).absolute()


def _paths(value: object, base: Path) -> tuple[Path, ...]:
    if not isinstance(value, list):
        raise ValueError("must be a list of folders")
    return tuple(_path(item, base) for item in value)


def _optional_path(value: object, base: Path) -> Path | None:
    return None if value is None else _path(value, base)


def _proxies(value: object, _base: Path) -> tuple[TrustedProxy, ...]:
    if not isinstance(value, list):
        raise ValueError("must be a list, such as [127.0.0.1, '::1']")
    return tuple(UNIX if item == UNIX else _network(item) for item in value)


def _network(value: object) -> IPv4Network | IPv6Network:
    try:
        network = ip_network(value if isinstance(value, str) else "")
    except ValueError:
        shown = f"{value}".replace("\n", " ")
        raise ValueError(
            f"must hold addresses, networks such as 10.0.0.0/24, and unix; {shown!r} is none of them"
        ) from None
    if network.prefixlen == 0:
        raise ValueError(f"must not hold {network}: then anybody could say to be anybody")
    return network


def _web_origins(value: object, _base: Path) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError("must be a list, such as [https://app.example.org]")
    return tuple(_web_origin(item) for item in value)


def _web_origin(value: object) -> str:
    found = _WEB_ORIGIN.fullmatch(value) if isinstance(value, str) else None
    if not found or found.groups() in {("http", "80"), ("https", "443")} or int(found["port"] or 0) > 65535:
        shown = f"{value}".replace("\n", " ")
        raise ValueError(
            "must hold origins as browsers send them, in small letters, without a path and without the usual port, such"
            f" as https://app.example.org or http://localhost:3000; {shown!r} is none"
        )
    return found[0]


def _whole(low: int, high: int) -> Reader[int]:
    def read(value: object, _base: Path) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return value

    return read


def _supervisor(value: object, _base: Path) -> SupervisorKind:
    try:
        return SupervisorKind(value)  # type: ignore[arg-type]  # any other kind of value is refused as well
    except ValueError:
        raise ValueError(f"must be one of {', '.join(SupervisorKind)}") from None


def _registration(value: object, _base: Path) -> Registration:
    try:
        return Registration(value)  # type: ignore[arg-type]  # any other kind of value is refused as well
    except ValueError:
        raise ValueError(f"must be one of {', '.join(Registration)}") from None


def _data_center(value: object, _base: Path) -> DataCenter | None:
    if value is None:
        return None
    if isinstance(value, str) and len(parts := value.split(":")) == 3:
        number, address, port = parts
        if number.isdecimal() and address and port.isdecimal() and 0 < int(number) < 1000 and 0 < int(port) < 65536:
            return DataCenter(int(number), address, int(port))
    raise ValueError("must be number:address:port in quotes, such as '2:149.154.167.40:443', or nothing")


def _optional_file(value: object, base: Path) -> Path | None:
    if value is None:
        return None
    path = _path(value, base)
    if not path.is_file():
        raise ValueError(f"names {path}, which is not a file")
    return path


def _setting(reader: Reader[T], default: Any) -> Any:  # noqa: ANN401  # dataclasses.field's own return type
    return field(default=default, metadata={"reader": reader})


@dataclass(frozen=True)
class WorkerSettings:
    """How a worker is started."""

    python: Path = _setting(_path, Path("/usr/bin/python3"))
    path: tuple[Path, ...] = _setting(_paths, (Path("/usr/lib/tgcfd/runtime"),))
    """Folders that the worker's Python looks into first: tgcf's runtime."""
    probe_seconds: int = _setting(_whole(1, 3600), 60)
    """How often a live worker asks Telegram whether its session is still good."""
    stop_seconds: int = _setting(_whole(1, 300), 10)
    """How long a worker may take to end in order before it is killed."""


@dataclass(frozen=True)
class TelegramSettings:
    """Which Telegram the workers talk to, where it is not the public one (Telegram's test servers, for example)."""

    data_center: DataCenter | None = _setting(_data_center, None)
    public_key_file: Path | None = _setting(_optional_file, None)


@dataclass(frozen=True)
class LogSettings:
    """The process supervisor's log files; with systemd the journal keeps the logs."""

    segment_kib: int = _setting(_whole(64, 1024 * 1024), 2048)
    segments: int = _setting(_whole(2, 1000), 5)


@dataclass(frozen=True)
class TlsSettings:
    """HTTPS without a reverse proxy: both files, PEM, or neither. :mod:`tgcfd.tls` reads them."""

    certificate: Path | None = _setting(_optional_path, None)
    """The certificate, then those that lead to its root."""
    key: Path | None = _setting(_optional_path, None)


@dataclass(frozen=True)
class MetricsSettings:
    """Numbers for Prometheus."""

    listen: Listen | None = _setting(_optional_listen, None)
    """Where ``/metrics`` is served, and nothing else; nowhere by default. Who reaches it needs no account."""


@dataclass(frozen=True)
class AccountSettings:
    """Who may enter, and for how long."""

    registration: Registration = _setting(_registration, Registration.INVITE)
    """Who may make an account by themselves."""
    token_minutes: int = _setting(_whole(1, TOKEN_MINUTES_MOST), 60)
    """How long an access token is good; its refresh token gives the next one."""
    session_days: int = _setting(_whole(1, 3650), 30)
    """After that one has to log in again, whatever one does."""
    idle_days: int = _setting(_whole(1, 3650), 7)
    """After so many days in which it was not used a session ends."""
    audit_days: int = _setting(_whole(1, 36_500), 365)
    """How long the audit log remembers."""


@dataclass(frozen=True)
class LimitSettings:
    """How much one of them may ask, so that the others are served. Who comes from an address counts as one.

    Those who come from this host itself are not counted by address: a proxy that ``trusted_proxies`` does not name
    speaks for everybody.
    """

    log_ins_per_minute: int = _setting(_whole(1, 1_000_000), 30)
    """That fail, from an address."""
    account_log_ins_per_minute: int = _setting(_whole(1, 1_000_000), 10)
    """That fail, on an account from an address; ten times as many from all where nobody has logged in to it lately."""
    registrations_per_hour: int = _setting(_whole(1, 1_000_000), 60)
    """From an address."""
    requests_per_minute: int = _setting(_whole(1, 100_000_000), 6000)
    """Of an account, and from an address."""
    requests_at_once: int = _setting(_whole(1, 100_000), 64)
    """Of an account, and from an address."""
    streams_per_account: int = _setting(_whole(1, 100_000), 20)
    """Logs and events that are followed."""
    connections: int = _setting(_whole(16, 1_000_000), 4096)
    """In all. Each takes about 80 KiB with HTTPS."""
    connections_per_address: int = _setting(_whole(1, 1_000_000), 256)


@dataclass(frozen=True)
class Profile:
    """What a worker may take at most. The process supervisor keeps ``open_files`` alone."""

    memory_mib: int = _setting(_whole(64, 1024 * 1024), 512)
    """An idle worker takes 34."""
    tasks: int = _setting(_whole(4, 100_000), 64)
    """Processes and threads."""
    cpu_percent: int = _setting(_whole(1, 100_000), 100)
    """Of one core."""
    io_weight: int = _setting(_whole(1, 10_000), 100)
    """Beside other units' 100."""
    open_files: int = _setting(_whole(64, 1024 * 1024), 1024)


@dataclass(frozen=True)
class Settings:
    """All of the daemon's settings."""

    listen: Listen = _setting(_listen, Listen("127.0.0.1", 8470))
    state_dir: Path = _setting(_path, HOST_STATE_DIR)
    supervisor: SupervisorKind = _setting(_supervisor, SupervisorKind.AUTO)
    trusted_proxies: tuple[TrustedProxy, ...] = _setting(_proxies, ())
    """Whose X-Forwarded-* headers are believed."""
    allowed_origins: tuple[str, ...] = _setting(_web_origins, ())
    """Whose pages may use the API beside our own, as browsers send them in ``Origin``."""
    tls: TlsSettings = field(default_factory=TlsSettings)
    accounts: AccountSettings = field(default_factory=AccountSettings)
    metrics: MetricsSettings = field(default_factory=MetricsSettings)
    limits: LimitSettings = field(default_factory=LimitSettings)
    worker: WorkerSettings = field(default_factory=WorkerSettings)
    telegram: TelegramSettings = field(default_factory=TelegramSettings)
    profiles: Mapping[str, Profile] = field(
        default_factory=lambda: {STANDARD: Profile()}, metadata={"each": Profile, "name": _PROFILE_NAME}
    )
    logs: LogSettings = field(default_factory=LogSettings)

    origins: Mapping[str, str] = field(default_factory=dict, compare=False, metadata={"setting": False})
    """Where each key that was set stands: ``worker.path`` in ``/etc/tgcfd/tgcfd.yml, line 12``, or behind a flag."""

    def wrong(self, key: str, what: str) -> str:
        """The line about a setting that is well-formed, but cannot be carried out on this host."""
        origin = self.origins.get(key, "")
        return f"{origin}: {what}" if origin.startswith("--") else ": ".join(filter(None, (origin, key, what)))

    def supervisor_here(self) -> SupervisorKind:
        """The supervisor that ``auto`` means on this host; any other choice as it is."""
        if self.supervisor is not SupervisorKind.AUTO:
            return self.supervisor
        return SupervisorKind.SYSTEMD if systemd_runs() else SupervisorKind.PROCESS


class SettingsMisread(SettingsError):
    """Files or flags hold what is no setting.

    ``settings`` are those without that, for who looks what else is wrong; None if there is a file that cannot be read
    at all. ``keys`` are those that are wrong.
    """

    def __init__(self, overlay: Overlay, settings: Settings | None) -> None:
        super().__init__("\n".join(overlay.problems))
        self.settings = settings
        self.keys = frozenset(overlay.wrong)


def systemd_runs() -> bool:
    """Whether systemd is this host's init: sd_booted(3)."""
    return Path("/run/systemd/system").is_dir()


def load_settings(
    file: Path | None, flags: Mapping[str, str], place_of: Callable[[Path], Path | None] = lambda _: None
) -> Settings:
    """Read the settings.

    ``file`` is the one named on the command line (it must exist) or None for ``/etc/tgcfd/tgcfd.yml`` (which need
    not). ``flags`` maps top-level keys to the words given for them. ``place_of`` says of a file where it is to
    be, if it is not there yet. Raises :class:`SettingsMisread` with a line for each thing that is wrong.
    """
    settings, overlay = Settings(), Overlay()
    sources = _sources(file, overlay.problems)
    is_whole = not overlay.problems
    for source in sources:
        try:
            layer = Layer.of_file(source, place_of(source))
        except ValueError as error:
            overlay.problems.append(str(error))
            is_whole = False
            continue
        settings = overlay.lay(settings, layer)
    for key, word in flags.items():
        settings = overlay.lay(settings, Layer.of_flag(key, word))
    settings = dataclasses.replace(settings, origins=overlay.origins)
    if overlay.problems:
        raise SettingsMisread(overlay, settings if is_whole else None)
    return settings


def _sources(file: Path | None, problems: list[str]) -> list[Path]:
    """Return the files to read, in order."""
    main = file or DEFAULT_FILE
    found = []
    try:
        if is_there(main) or file is not None:
            found.append(main)
        found += drop_ins(drop_ins_of(main))
    except ValueError as error:
        problems.append(str(error))
    return found
