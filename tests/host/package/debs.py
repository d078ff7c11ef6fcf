"""The package as `make deb` builds it, once under its own version and once under a higher one."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.host.base import ROOT

_BUILDING_TAKES = 120  # seconds at most
_HIGHER = "99.0"


@dataclass(frozen=True)
class Debs:
    """Two packages in one folder, ``first`` with the version of the tree, and ``second`` of the same content.

    Beside them is the source tree of the first, in the folder ``source``.
    """

    folder: Path
    first: str
    second: str


def build(folder: Path) -> Debs:
    """Build both from what is committed, into a folder."""
    return Debs(folder, *(_built(folder, *words) for words in (["--tree", folder / "source"], ["--version", _HIGHER])))


def version(name: str) -> str:
    """The version in the name of a package's file."""
    return name.split("_")[1]


def _built(folder: Path, *words: str | Path) -> str:
    before = set(folder.glob("*.deb"))
    command = [ROOT / "packaging" / "deb", "--to", folder, *words]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_BUILDING_TAKES)
    assert result.returncode == 0, f"packaging/deb {' '.join(map(str, words))}: {result.stdout}{result.stderr}"
    (built,) = set(folder.glob("*.deb")) - before
    return built.name
