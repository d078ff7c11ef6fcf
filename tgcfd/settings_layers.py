"""Layers of settings: a YAML file, or a flag, laid over what was there before.

A field of a dataclass is a setting if its metadata names how its value is read (``reader``), or a part of its own with
more of them. All that is wrong is collected, a line for each: ``FILE, line 12: worker.probe_seconds: must be ...``.
"""

from __future__ import annotations

import dataclasses
import os
import pwd
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from tgcfd.config.reader import Node, YamlUnreadable, line_of, read, value

MAX_FILE_BYTES = 1024 * 1024

T = TypeVar("T")
Key = tuple[str, ...]


@dataclass(frozen=True)
class Layer:
    """What one file or flag sets."""

    source: str
    """The file's path, or the flag with its dashes: that names the key already."""
    base: Path
    """Where relative paths start."""
    values: object
    tree: Node | None = None
    """The file's text, to say in which line something stands."""

    @classmethod
    def of_flag(cls, key: str, word: str) -> Layer:
        """Take a flag's word for a top-level key."""
        return cls(f"--{key.replace('_', '-')}", Path.cwd(), {key: word})

    @classmethod
    def of_file(cls, path: Path, place: Path | None = None) -> Layer:
        """Read a file. Raises ValueError with one line that names the file, and the line that is wrong.

        ``place`` is where the file is to be, if that is elsewhere: it is what the lines name, and where paths start.
        """
        text, place = _text(path), place or path
        try:
            tree = read(text)
            values = value(tree)
        except YamlUnreadable as error:
            raise ValueError(f"{place}, line {error.line}: {' '.join(error.reason.split())}") from None
        return cls(str(place), place.absolute().parent, {} if values is None else values, tree)

    def place(self, key: Key) -> str:
        """Where a key's value comes from: the flag, or the file and the line."""
        return f"{self.source}, line {line_of(self.tree, key)}" if self.tree is not None else self.source

    def wrong(self, key: Key, what: str) -> str:
        """The line about a key that cannot be used."""
        if self.tree is None and len(key) == 1:
            return f"{self.source}: {what}"
        name = " ".join(".".join(key).split()) or "the file"
        return f"{self.place(key)}: {name}: {what}"


class Overlay:
    """Lays layers over settings.

    ``problems`` has a line for each thing that is wrong, ``wrong`` its key, ``origins`` who set what is right.
    """

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.wrong: set[str] = set()
        self.origins: dict[str, str] = {}

    def lay(self, settings: T, layer: Layer) -> T:
        """Return the settings as this layer changes them, as far as it is right."""
        return self._part(settings, layer, (), layer.values)

    def _part(self, part: T, layer: Layer, at: Key, values: object) -> T:
        fields = {item.name: item for item in dataclasses.fields(part) if _is_setting(item)}  # type: ignore[arg-type]  # always a dataclass
        if not isinstance(values, Mapping):
            self._refuse(layer, at, "must be a mapping of keys to values")
            return part
        changes = {}
        for name, given in values.items():
            if name in fields:
                before = getattr(part, name)
                changes[name] = self._field(before, fields[name].metadata, layer, (*at, name), given)
            else:
                known = f"there is no such setting; here are {', '.join(fields)}"
                self._refuse(layer, (*at, str(name)), known)
        return dataclasses.replace(part, **changes)  # type: ignore[type-var]

    def _field(self, before: Any, metadata: Mapping[str, Any], layer: Layer, at: Key, given: object) -> object:  # noqa: ANN401
        if "each" in metadata:
            return self._each(before, layer, at, given, **metadata)
        if "reader" not in metadata:
            return self._part(before, layer, at, given)
        try:
            found: object = metadata["reader"](given, layer.base)
        except ValueError as error:
            self._refuse(layer, at, str(error))
            return before
        self.origins[".".join(at)] = layer.place(at)
        return found

    def _each(
        self, before: Mapping[str, T], layer: Layer, at: Key, given: object, *, each: type[T], name: re.Pattern[str]
    ) -> Mapping[str, T]:
        """Settings under names that the file chooses: those known are changed, others begin with the defaults."""
        if not isinstance(given, Mapping):
            self._refuse(layer, at, "must be a mapping of names to settings")
            return before
        merged = dict(before)
        for key, values in given.items():
            if isinstance(key, str) and name.fullmatch(key):
                merged[key] = self._part(merged.get(key, each()), layer, (*at, key), values)
            else:
                said = "a name has 1 to 32 small letters, digits and hyphens, a letter first"
                self._refuse(layer, (*at, str(key)), said)
        return merged

    def _refuse(self, layer: Layer, key: Key, what: str) -> None:
        self.problems.append(layer.wrong(key, what))
        self.wrong.add(".".join(key))


def drop_ins(folder: Path) -> list[Path]:
    """Return the folder's settings files in order; none if it is not there. Raises ValueError."""
    try:
        return sorted(path for path in folder.iterdir() if path.suffix == ".yml")
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise _unreadable(folder, error) from error


def is_there(file: Path) -> bool:
    """Tell whether there is a file. Raises ValueError if that cannot be seen."""
    try:
        return file.exists()
    except OSError as error:
        raise _unreadable(file, error) from error


def _is_setting(item: dataclasses.Field[Any]) -> bool:
    return bool(item.metadata.get("setting", True))


def _text(path: Path) -> str:
    try:
        if path.exists() and not path.is_file():  # opening a named pipe would wait for ever
            raise ValueError(f"{path}: is not a file")
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise _unreadable(path, error) from error
    if len(data) > MAX_FILE_BYTES:
        raise ValueError(f"{path}: is larger than {MAX_FILE_BYTES // 1024} KiB")
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ValueError(f"{path}, line {line}: this is not text in UTF-8.") from None


def _unreadable(path: Path, error: OSError) -> ValueError:
    """Say whose right is missing: root, who wrote the file, is another user than the daemon."""
    if not isinstance(error, PermissionError):
        return ValueError(f"{path}: cannot be read: {error.strerror}")
    try:
        user = pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        user = str(os.geteuid())
    return ValueError(f"{path}: user {user} cannot read it (it holds no secrets: chmod a+rX helps)")
