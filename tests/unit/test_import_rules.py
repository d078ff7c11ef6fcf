"""Who may import what: the rules that keep the parts apart (design of the processes, and one owner a foreign thing)."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "tgcfd"
MODULES = sorted(PACKAGE.rglob("*.py"))

OWNERS = {
    "aiohttp_cors": {"api/cors.py"},
    "argon2": {"accounts/passwords.py"},
    "gi": {"broker/", "dbus/"},
    "jwt": {"accounts/tokens.py"},
    "prometheus_client": {"metrics.py"},
    "pydbus": {"broker/", "dbus/"},
    "pyotp": {"accounts/totp.py"},
    "ruamel": {"config/reader.py"},
    # Accounts and the audit log write the SQL of their own tables; storage/ alone opens the daemon's database. A backup
    # and a check look at files that may be damaged or hostile, and a worker at its session.
    "sqlite3": {
        "accounts/",
        "audit/",
        "backup/",
        "checks/database_look.py",
        "config/imports/session_reader.py",
        "runner/sessions.py",
        "storage/",
    },
    "systemd": {"logs/journal_reader.py", "own_unit.py"},
}
"""Which modules, or folders, may import a library."""

STAND_ALONE = ("broker", "runner")
"""Programs of their own: one holds a right that nothing else may have, the other runs with tgcf's libraries."""


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
    ours = {name for name in names if name.startswith("tgcfd.")}
    folder = place(path).partition("/")[0]
    if folder in STAND_ALONE:
        assert {name for name in ours if not f"{name}.".startswith(f"tgcfd.{folder}.")} == set(), "it stands alone"
    else:
        assert not roots & {"tgcf", "telethon", "pydantic"}, "neither the daemon nor a command ever imports tgcf"
        assert folder in {"cli.py", "commands"} or not any(name.startswith("tgcfd.commands") for name in ours), (
            "commands are for the command line alone"
        )
        assert not {name for name in ours if name.split(".")[1] in STAND_ALONE}, "that is another program"
    for library, owners in OWNERS.items():
        assert library not in roots or place(path).startswith(tuple(owners)), f"{library} belongs to {owners}"


def test_every_owner_is_one() -> None:
    for library, owners in OWNERS.items():
        for owner in owners:
            modules = [path for path in MODULES if place(path).startswith(owner)]
            assert library in {name.partition(".")[0] for path in modules for name in imports(path)}


@pytest.mark.parametrize("words", [[], ["--version"], ["--help"], ["user", "--help"]])
def test_the_command_waits_for_no_library_before_it_knows_what_to_do(words: list[str]) -> None:
    heavy = {"aiohttp", "argon2", "asyncio", "gi", "jsonschema", "jwt", "ruamel.yaml", "sqlite3", "ssl", "systemd"}
    code = (
        "import sys, contextlib; before = set(sys.modules); from tgcfd.cli import main\n"
        f"with contextlib.suppress(SystemExit): {words} and main({words})\n"
        f"print('imports', *({heavy} & (set(sys.modules) - before)))"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], check=True, cwd=PACKAGE.parent, timeout=30, capture_output=True, text=True
    )
    assert said.stdout.splitlines()[-1] == "imports"


def test_without_systemd_nothing_of_it_is_needed() -> None:
    code = "import sys; sys.modules |= dict.fromkeys(('gi', 'pydbus', 'systemd')); import tgcfd.app, tgcfd.cli"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=PACKAGE.parent, timeout=30)
