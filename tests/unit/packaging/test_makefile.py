"""The Makefile, in a small tree whose pip and Debian packages are stubs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tgcfd.settings import Registration, SupervisorKind, load_settings

ROOT = Path(__file__).parents[3]
OLD, NEW = 1_700_000_000, 1_800_000_000

PIP = """#!/bin/sh
echo "$@" >>pip.log
while [ "$1" != --target ]; do shift; done
mkdir -p "$2/tgcf"
echo new >"$2/tgcf/__init__.py"
exit "${PIP_ENDS_WITH:-0}"
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree in which everything has been made already."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    for name, text in (
        ("setup.cfg", ""),
        ("packaging/runtime.lock", ""),
        ("packaging/apt/install", "#!/bin/sh\n"),
        (".venv/bin/pip", PIP),
        (".venv/ready", ""),
        ("build/runtime/tgcf/__init__.py", "'old'\n"),
        *((f"packaging/web/{path.name}", "") for path in (ROOT / "packaging" / "web").iterdir()),
        ("tgcfd/web/lib/preact.js", ""),
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)
        os.utime(path, (OLD, OLD))
    os.utime(tmp_path / "build" / "runtime", (OLD + 1, OLD + 1))
    return tmp_path


def make(tree: Path, pip_ends_with: int = 0) -> int:
    words = ["make", "-s", "build/runtime"]
    environment = {"PATH": os.environ["PATH"], "PIP_ENDS_WITH": str(pip_ends_with)}
    return subprocess.run(words, cwd=tree, env=environment, check=False, timeout=60, capture_output=True).returncode


def runtime(tree: Path) -> str:
    return (tree / "build" / "runtime" / "tgcf" / "__init__.py").read_text()


def test_a_new_venv_fetches_no_runtime(tree: Path) -> None:
    os.utime(tree / ".venv" / "ready", (NEW, NEW))
    assert make(tree) == 0
    assert not (tree / "pip.log").exists()


def test_another_list_fetches_it(tree: Path) -> None:
    os.utime(tree / "packaging" / "runtime.lock", (NEW, NEW))
    assert make(tree) == 0
    assert runtime(tree) == "new\n"


def test_a_fetch_that_fails_leaves_the_one_before(tree: Path) -> None:
    os.utime(tree / "packaging" / "runtime.lock", (NEW, NEW))
    assert make(tree, pip_ends_with=1) != 0
    assert runtime(tree) == "'old'\n"


@pytest.mark.parametrize(
    ("listen", "is_open"),
    [
        (None, True),
        ("127.0.0.1:9000", True),
        ("[::1]:9000", True),
        ("localhost:0", True),
        ("0.0.0.0:8470", False),
        ("[::]:8470", False),
        ("192.0.2.1:8470", False),
        ("127.0.0.1.example.org:80", False),
    ],
)
def test_whoever_comes_from_elsewhere_needs_an_invite(tree: Path, listen: str | None, is_open: bool) -> None:
    words = ["make", "-s", "-n", "run", *([f"LISTEN={listen}"] if listen else [])]
    said = subprocess.run(
        words, cwd=tree, env={"PATH": os.environ["PATH"]}, check=True, timeout=60, capture_output=True, text=True
    ).stdout
    file = re.findall(r"--config (packaging/\S+)", said)[0]
    settings = load_settings(ROOT / file, {})
    assert settings.accounts.registration is (Registration.OPEN if is_open else Registration.INVITE)
    assert settings.supervisor is SupervisorKind.PROCESS
