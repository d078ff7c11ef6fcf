"""A settings file that only root can have written, as plain values.

Scalars are read as the daemon reads them (:mod:`tgcfd.config.reader`, which this program must not import): ``yes`` is
text, and numbers are plain digits.
"""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from tgcfd.broker.errors import SettingsInvalid

MAX_BYTES = 1024 * 1024
_MAX_DEPTH = 20
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NULL = ("", "~", "null", "Null", "NULL")
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"-?(?:0|[1-9][0-9]{0,18})")
_ODD_NUMBER = re.compile(r"[-+]?(?:0[xob][0-9a-fA-F_]+|[0-9][0-9_]*)")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt \t].*)?")
_TAGS = "tag:yaml.org,2002:"


Key: TypeAlias = tuple[str, ...]
Lines: TypeAlias = dict[Key, int]


def read(path: Path) -> tuple[dict[str, Any], Lines]:
    """Return the mapping in the file, empty if there is nothing but comments, and the line of each name in it.

    Raises FileNotFoundError if it is not there, SettingsInvalid if it cannot be used or somebody but root can write it.
    """
    try:
        text = _text(path)
        reader = _Reader()
        values = reader.plain(yaml.compose(text, Loader=_LOADER), ())
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise SettingsInvalid(f"{path}, line {line}: {error.problem or error.context}") from None
    except _Odd as error:
        raise SettingsInvalid(f"{path}, {error}") from None
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
        raise SettingsInvalid(f"{path}: {' '.join(str(error).split())}") from None
    if values is None:
        return {}, {}
    if not isinstance(values, dict):
        raise SettingsInvalid(f"{path}, line 1: the file: must be a mapping of keys to values")
    return values, reader.lines


def require_roots(path: Path) -> None:
    """Refuse a file or folder that others than root can change, itself or by way of a folder above it.

    Raises FileNotFoundError, SettingsInvalid.
    """
    real = path.resolve(strict=True)
    for place in (real, *real.parents):
        status = place.stat()
        sticky_folder = place != real and status.st_mode & stat.S_ISVTX
        if status.st_uid != 0 or (status.st_mode & 0o022 and not sticky_folder):
            what = "" if place == path else f"{place} "
            raise SettingsInvalid(f"{path}: {what}must belong to root, and nobody else may write to it")


def _text(path: Path) -> str:
    try:
        require_roots(path)
        # O_NONBLOCK: opening a named pipe would wait for ever
        with open(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK), "rb") as file:  # noqa: PTH123
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise SettingsInvalid(f"{path}: is not a file")
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise
    except IsADirectoryError:
        raise SettingsInvalid(f"{path}: is not a file") from None
    except (OSError, RuntimeError) as error:  # RuntimeError: links that lead in a circle
        raise SettingsInvalid(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if len(data) > MAX_BYTES:
        raise SettingsInvalid(f"{path}: is larger than {MAX_BYTES // 1024} KiB")
    return data.decode("utf-8-sig")


class _Odd(ValueError):
    """Good YAML of a kind that is not taken."""

    def __init__(self, node: yaml.Node, what: str) -> None:
        super().__init__(f"line {node.start_mark.line + 1}: {what}")


class _Reader:
    """Turns nodes into plain values, and remembers where each name stands."""

    def __init__(self) -> None:
        self.lines: Lines = {}

    def plain(self, node: yaml.Node | None, at: Key, depth: int = 0) -> Any:  # noqa: ANN401  # whatever the file says
        if node is None:
            return None
        if depth > _MAX_DEPTH:
            raise _Odd(node, f"it is nested more than {_MAX_DEPTH} levels deep")
        if not node.tag.startswith(_TAGS):
            raise _Odd(node, "tags are not taken")
        if isinstance(node, yaml.ScalarNode):
            return _scalar(node)
        if isinstance(node, yaml.SequenceNode):
            return [self.plain(item, at, depth + 1) for item in node.value]
        return self._mapping(node, at, depth)

    def _mapping(self, node: yaml.Node, at: Key, depth: int) -> dict[str, Any]:
        own: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for key, child in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value == "<<" and not key.style:
                found = _Reader().plain(child, at, depth + 1)  # it stands elsewhere: its lines are not remembered
                for other in found if isinstance(found, list) else [found]:
                    if not isinstance(other, dict):
                        raise _Odd(key, "<< takes a mapping or a list of mappings")
                    merged = other | merged
                continue
            name = self.plain(key, at, depth + 1)
            if not isinstance(name, str):
                raise _Odd(key, "a name must be text")
            if name in own:
                raise _Odd(key, f"{name[:40]} stands there twice")
            self.lines[*at, name] = key.start_mark.line + 1
            own[name] = self.plain(child, (*at, name), depth + 1)
        return merged | own


def _scalar(node: yaml.ScalarNode) -> str | int | float | bool | None:
    text: str = node.value
    if node.style:
        return text
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if _INT.fullmatch(text):
        return int(text)
    if _ODD_NUMBER.fullmatch(text):
        raise _Odd(node, "write a number in plain digits")
    if _DATE.fullmatch(text):
        raise _Odd(node, "this looks like a date: put it in quotes")
    return float(text) if _FLOAT.fullmatch(text) else text
