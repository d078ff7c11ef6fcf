"""The part of the host's settings that makes a unit: ``/etc/tgcfd/tgcfd.yml`` and its drop-ins, root's alone.

The daemon reads the same files (:mod:`tgcfd.settings`); a test holds both to the same answers.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from tgcfd.broker import names, yaml_file
from tgcfd.broker.errors import SettingsInvalid

FILE = Path("/etc/tgcfd/tgcfd.yml")
STANDARD = "standard"

T = TypeVar("T")


def _path(value: object, base: Path) -> str:
    if not isinstance(value, str) or not value or "\0" in value:
        raise ValueError("must be a path")
    return str((base / value).absolute())


def _paths(value: object, base: Path) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError("must be a list of folders")
    return tuple(_path(item, base) for item in value)


def _whole(low: int, high: int) -> Callable[[object, Path], int]:
    def read(value: object, _base: Path) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return value

    return read


def _data_center(value: object, _base: Path) -> str | None:
    if value is None:
        return None
    if isinstance(value, str) and len(parts := value.split(":")) == 3:
        number, address, port = parts
        if number.isdecimal() and address and port.isdecimal() and 0 < int(number) < 1000 and 0 < int(port) < 65536:
            return f"{int(number)}:{address}:{int(port)}"
    raise ValueError("must be number:address:port in quotes, such as '2:149.154.167.40:443', or nothing")


def _optional_file(value: object, base: Path) -> str | None:
    if value is None:
        return None
    path = _path(value, base)
    if not Path(path).is_file():
        raise ValueError(f"names {path}, which is not a file")
    return path


def _setting(reader: Callable[[object, Path], T], default: Any) -> Any:  # noqa: ANN401  # dataclasses.field's own type
    return field(default=default, metadata={"reader": reader})


@dataclass(frozen=True)
class Worker:
    """How a worker is started."""

    python: str = _setting(_path, "/usr/bin/python3")
    path: tuple[str, ...] = _setting(_paths, ("/usr/lib/tgcfd/runtime",))
    probe_seconds: int = _setting(_whole(1, 3600), 60)
    stop_seconds: int = _setting(_whole(1, 300), 10)


@dataclass(frozen=True)
class Telegram:
    """Which Telegram the workers talk to, where it is not the public one."""

    data_center: str | None = _setting(_data_center, None)
    public_key_file: str | None = _setting(_optional_file, None)


@dataclass(frozen=True)
class Profile:
    """What a worker may take at most."""

    memory_mib: int = _setting(_whole(64, 1024 * 1024), 512)
    tasks: int = _setting(_whole(4, 100_000), 64)
    cpu_percent: int = _setting(_whole(1, 100_000), 100)
    io_weight: int = _setting(_whole(1, 10_000), 100)
    open_files: int = _setting(_whole(64, 1024 * 1024), 1024)


@dataclass(frozen=True)
class Settings:
    """All of it."""

    worker: Worker = field(default_factory=Worker)
    telegram: Telegram = field(default_factory=Telegram)
    profiles: Mapping[str, Profile] = field(default_factory=lambda: {STANDARD: Profile()})


class _File:
    """A settings file: what it says, and where."""

    def __init__(self, path: Path) -> None:
        self.values, self._lines = yaml_file.read(path)
        self.folder = path.absolute().parent
        self._path = path

    def wrong(self, key: yaml_file.Key, what: str) -> SettingsInvalid:
        """Say what is wrong with a key, in the daemon's form; what a merge key brought is in the mapping around it."""
        line = next((self._lines[key[:end]] for end in range(len(key), 0, -1) if key[:end] in self._lines), 1)
        return SettingsInvalid(f"{self._path}, line {line}: {'.'.join(map(names.shown, key))}: {what}")

    def mapping(self, value: object, key: yaml_file.Key) -> dict[str, object]:
        """Return a mapping; raises SettingsInvalid if the value is none."""
        if not isinstance(value, dict):
            raise self.wrong(key, "must be a mapping of keys to values")
        return value


def load(file: Path = FILE) -> Settings:
    """Read the file and its drop-ins, none of which need be there. Raises SettingsInvalid."""
    settings = Settings()
    for path in (file, *_drop_ins(file.with_name(file.name + ".d"))):
        try:
            found = _File(path)
        except FileNotFoundError:
            continue
        settings = _merge_file(settings, found)
    return settings


def _drop_ins(folder: Path) -> list[Path]:
    try:
        yaml_file.require_roots(folder)
        return sorted(path for path in folder.iterdir() if path.suffix == ".yml")
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise SettingsInvalid(f"{folder}: cannot be read: {error.strerror}") from None


def _merge_file(settings: Settings, file: _File) -> Settings:
    """Lay a file's values over the settings; what is there for the daemon alone is passed over."""
    worker, telegram, profiles = settings.worker, settings.telegram, dict(settings.profiles)
    if "worker" in file.values:
        worker = _merge(worker, file.values["worker"], file, ("worker",))
    if "telegram" in file.values:
        telegram = _merge(telegram, file.values["telegram"], file, ("telegram",))
    if "profiles" in file.values:
        for name, part in file.mapping(file.values["profiles"], ("profiles",)).items():
            key = ("profiles", name)
            if not names.is_profile(name):
                raise file.wrong(key, "is not a name for a profile")
            profiles[name] = _merge(profiles.get(name, Profile()), part, file, key)
    return Settings(worker, telegram, profiles)


def _merge(part: T, values: object, file: _File, at: yaml_file.Key) -> T:
    fields = {item.name: item for item in dataclasses.fields(part)}  # type: ignore[arg-type]  # always a dataclass here
    changes = {}
    for key, value in file.mapping(values, at).items():
        if key not in fields:
            raise file.wrong((*at, key), f"there is no such setting; here are {', '.join(fields)}")
        try:
            changes[key] = fields[key].metadata["reader"](value, file.folder)
        except ValueError as error:
            raise file.wrong((*at, key), str(error)) from None
    return dataclasses.replace(part, **changes)  # type: ignore[type-var]
