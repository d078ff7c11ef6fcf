"""The daemon's own settings: defaults < tgcfd.yml < drop-ins in tgcfd.yml.d/ < command-line flags.

Each field carries the function that reads its value; a value that cannot be used is a :class:`SettingsError`, one
line that names the file (or flag) and the key. Relative paths are relative to the file that they stand in.
"""

from __future__ import annotations

import dataclasses
import enum
import os
import pwd
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from tgcfd.config.document import Document
from tgcfd.errors import SettingsError, TgcfdError

DEFAULT_FILE = Path("/etc/tgcfd/tgcfd.yml")
_MAX_FILE_BYTES = 1024 * 1024
_PROFILE_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}", re.ASCII)

STANDARD = "standard"
"""The profile that is always there."""

T = TypeVar("T")
Reader = Callable[[object, Path], T]  # (value, folder that relative paths start from) -> the field's value


class SupervisorKind(enum.StrEnum):
    """Who runs the workers."""

    AUTO = "auto"
    SYSTEMD = "systemd"
    PROCESS = "process"


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


def _path(value: object, base: Path) -> Path:
    if not isinstance(value, str) or not value or "\0" in value:
        raise ValueError("must be a path")
    return (base / value).absolute()


def _paths(value: object, base: Path) -> tuple[Path, ...]:
    if not isinstance(value, list):
        raise ValueError("must be a list of folders")
    return tuple(_path(item, base) for item in value)


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
class AccountSettings:
    """Who may enter, and for how long."""

    token_minutes: int = _setting(_whole(1, 60 * 24 * 365), 12 * 60)


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
    state_dir: Path = _setting(_path, Path("/var/lib/tgcfd"))
    supervisor: SupervisorKind = _setting(_supervisor, SupervisorKind.AUTO)
    accounts: AccountSettings = field(default_factory=AccountSettings)
    worker: WorkerSettings = field(default_factory=WorkerSettings)
    telegram: TelegramSettings = field(default_factory=TelegramSettings)
    profiles: Mapping[str, Profile] = field(
        default_factory=lambda: {STANDARD: Profile()}, metadata={"each": Profile, "name": _PROFILE_NAME}
    )
    logs: LogSettings = field(default_factory=LogSettings)

    def supervisor_here(self) -> SupervisorKind:
        """The supervisor that ``auto`` means on this host; any other choice as it is."""
        if self.supervisor is not SupervisorKind.AUTO:
            return self.supervisor
        return SupervisorKind.SYSTEMD if systemd_runs() else SupervisorKind.PROCESS


def systemd_runs() -> bool:
    """Whether systemd is this host's init: sd_booted(3)."""
    return Path("/run/systemd/system").is_dir()


def load_settings(file: Path | None, flags: Mapping[str, str]) -> Settings:
    """Read the settings.

    ``file`` is the one named on the command line (it must exist) or None for ``/etc/tgcfd/tgcfd.yml`` (which need
    not). ``flags`` maps top-level keys to the words given for them. Raises :class:`SettingsError`.
    """
    settings = Settings()
    main = file or DEFAULT_FILE
    if file is not None or _is_there(main):
        settings = _merge_file(settings, main)
    for drop_in in _drop_ins(main.with_name(main.name + ".d")):
        settings = _merge_file(settings, drop_in)
    for key, value in flags.items():
        settings = _merge(settings, {key: value}, Path.cwd(), f"--{key.replace('_', '-')}", named=True)
    return settings


def _is_there(file: Path) -> bool:
    try:
        return file.exists()
    except OSError as error:
        raise _unreadable(file, error) from error


def _drop_ins(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.suffix == ".yml")
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise _unreadable(folder, error) from error


def _unreadable(path: Path, error: OSError) -> SettingsError:
    """Say whose right is missing: root, who wrote the file, is another user than the daemon."""
    if not isinstance(error, PermissionError):
        return SettingsError(f"{path}: cannot be read: {error.strerror}")
    try:
        user = pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        user = str(os.geteuid())
    return SettingsError(f"{path}: user {user} cannot read it (it holds no secrets: chmod a+rX helps)")


def _merge_file(settings: Settings, path: Path) -> Settings:
    try:
        if path.exists() and not path.is_file():  # opening a named pipe would wait for ever
            raise SettingsError(f"{path}: is not a file")
        with path.open("rb") as file:
            data = file.read(_MAX_FILE_BYTES + 1)
    except OSError as error:
        raise _unreadable(path, error) from error
    if len(data) > _MAX_FILE_BYTES:
        raise SettingsError(f"{path}: is larger than {_MAX_FILE_BYTES // 1024} KiB")
    try:
        values = Document.load(data).plain()
    except TgcfdError as error:
        raise SettingsError(f"{path}: {' '.join(error.detail.split())}") from error
    return _merge(settings, values, path.absolute().parent, str(path))


def _merge(settings: T, values: object, base: Path, source: str, prefix: str = "", *, named: bool = False) -> T:
    """``settings`` with ``values`` laid over them; ``named``: the source's name says the key already."""
    fields = {item.name: item for item in dataclasses.fields(settings)}  # type: ignore[arg-type]  # always a dataclass here
    if not isinstance(values, Mapping):
        raise SettingsError(f"{source}: {prefix.removesuffix('.') or 'the file'}: must be a mapping of keys to values")
    changes = {}
    for key, value in values.items():
        where = source if named else f"{source}: {prefix}{key}".replace("\n", " ")
        if key not in fields:
            raise SettingsError(f"{where}: there is no such setting; here are {', '.join(fields)}")
        metadata = fields[key].metadata
        if "each" in metadata:
            changes[key] = _merge_each(getattr(settings, key), value, base, source, f"{prefix}{key}.", **metadata)
            continue
        reader = metadata.get("reader")
        if reader is None:
            changes[key] = _merge(getattr(settings, key), value, base, source, f"{prefix}{key}.")
            continue
        try:
            changes[key] = reader(value, base)
        except ValueError as error:
            raise SettingsError(f"{where}: {error}") from None
    return dataclasses.replace(settings, **changes)  # type: ignore[type-var]


def _merge_each(
    known: Mapping[str, T],
    values: object,
    base: Path,
    source: str,
    prefix: str,
    *,
    each: type[T],
    name: re.Pattern[str],
) -> Mapping[str, T]:
    """Settings under names that the file chooses: those known already are changed, others begin with the defaults."""
    if not isinstance(values, Mapping):
        raise SettingsError(f"{source}: {prefix.removesuffix('.')}: must be a mapping of names to settings")
    merged = dict(known)
    for key, value in values.items():
        if not isinstance(key, str) or not name.fullmatch(key):
            shown = f"{source}: {prefix}{key}".replace("\n", " ")
            raise SettingsError(f"{shown}: a name has 1 to 32 small letters, digits and hyphens, a letter first")
        merged[key] = _merge(merged.get(key, each()), value, base, source, f"{prefix}{key}.")
    return merged
