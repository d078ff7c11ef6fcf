"""Who may import what: the rules that keep the parts apart (design of the processes, and one owner a foreign thing)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "tgcfd"
MODULES = sorted(PACKAGE.rglob("*.py"))

OWNERS = {
    "argon2": {"accounts/passwords.py"},
    "jwt": {"accounts/tokens.py"},
    "ruamel": {"config/reader.py"},
}


def imports(path: Path) -> Iterator[str]:
    """Every module that a file names in an import, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide where a name comes from"
            yield node.module or ""
            yield from (f"{node.module}.{name.name}" for name in node.names)


def place(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=place)
def test_the_rules_hold(path: Path) -> None:
    names = set(imports(path))
    roots = {name.partition(".")[0] for name in names}
    if place(path).startswith("runner/"):
        # the runner stands alone: it runs inside a worker, with tgcf's libraries and none of the daemon's
        allowed = {"tgcfd", "tgcfd.runner"}
        assert {name for name in names if name.startswith("tgcfd") and not name.startswith("tgcfd.runner.")} <= allowed
    else:
        assert not roots & {"tgcf", "telethon", "pydantic"}, "the daemon never imports tgcf"
        assert not {name for name in names if name.startswith("tgcfd.runner")}, "the runner is another program"
    for library, owners in OWNERS.items():
        assert library not in roots or place(path) in owners, f"{library} belongs to {owners}"


def test_every_owner_is_one() -> None:
    for library, owners in OWNERS.items():
        for owner in owners:
            assert library in {name.partition(".")[0] for name in imports(PACKAGE / owner)}
