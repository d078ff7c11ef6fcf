"""Programs that a check asks: each gets a few seconds, no input, and the rights of a user who can do no harm."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import tgcfd
from tgcfd.checks.finding import NotSeen

SECONDS = 4.0
OURS = Path(tgcfd.__file__).parent.parent
"""Where this program is: in a clone no Python but that of its .venv finds it by itself."""

_SHOWN = 300  # characters of what a program says


@dataclass(frozen=True)
class User:
    """Whom root becomes to run a program."""

    uid: int
    gid: int
    groups: tuple[int, ...] = ()


@dataclass(frozen=True)
class Answer:
    """What a program said, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def last_words(self) -> str:
        """The last line that it said, for a person to read."""
        lines = (self.err.strip() or self.out.strip()).splitlines()
        return lines[-1].strip()[:_SHOWN] if lines else f"exit code {self.code}"


def quote(path: Path) -> str:
    """Return a path as it is typed in a shell."""
    return shlex.quote(str(path))


def ask(*words: str, user: User | None = None, environment: Mapping[str, str] | None = None) -> Answer:
    """Run a program and return what it says. Raises :class:`NotSeen` if it is not there or takes too long."""
    variables = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", **(environment or {})}
    try:
        found = subprocess.run(  # noqa: S603  # the words are ours
            words,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=SECONDS,
            check=False,
            cwd="/",
            env=variables,
            user=user.uid if user else None,
            group=user.gid if user else None,
            extra_groups=user.groups if user else None,
        )
    except subprocess.TimeoutExpired:
        raise NotSeen(f"{words[0]} has not answered for {SECONDS:g} seconds") from None
    except OSError as error:
        raise NotSeen(f"{words[0]} cannot be run: {error.strerror}") from error
    return Answer(found.returncode, found.stdout.decode(errors="replace"), found.stderr.decode(errors="replace"))


def ask_python(
    *words: str, python: Path = Path(sys.executable), path: Sequence[Path] = (OURS,), user: User | None = None
) -> Answer:
    """Ask a Python that finds modules in ``path`` first, and none in a home directory or where we happen to be."""
    environment = {"PYTHONPATH": os.pathsep.join(map(str, path)), "PYTHONDONTWRITEBYTECODE": "1"}
    return ask(str(python), "-P", "-s", *words, user=user, environment=environment)


def properties(unit: str, *names: str) -> dict[str, str]:
    """Return properties of a unit, as ``systemctl show`` says them. Raises :class:`NotSeen`."""
    said = ask("systemctl", "show", *(f"--property={name}" for name in names), "--", unit)
    if said.code != 0:
        raise NotSeen(f"systemctl does not answer: {said.last_words}")
    return dict(line.split("=", 1) for line in said.out.splitlines() if "=" in line)
