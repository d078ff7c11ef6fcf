"""A real bash that is asked what it would complete."""

from __future__ import annotations

import os
import pty
import select
import shlex
import signal
import subprocess
import time
from pathlib import Path

from tests.unit.docs import manual

SCRIPT = manual.PACKAGING / "bash-completion" / "tgcfd"
DEADLINE = 20  # seconds
PROMPT = "ready> "
"""bash shows it when it takes each key by itself; what is typed before that, the terminal shows by itself."""

# bash has compopt only while it completes: this one tells what was asked for.
ASK = """
compopt() { echo "compopt $*"; }
. "$SCRIPT"
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_tgcfd
printf '%s\\n' "${COMPREPLY[@]}"
"""


def offers(*words: str) -> set[str]:
    """What is offered for the last word, which may be empty; ``compopt -o default`` stands for files."""
    command = ["bash", "--norc", "--noprofile", "-uc", ASK, "bash", "tgcfd", *words]
    environment = {"PATH": os.environ["PATH"], "SCRIPT": str(SCRIPT)}
    answer = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=DEADLINE)
    assert (answer.returncode, answer.stderr) == (0, "")
    return set(answer.stdout.split("\n")) - {""}


class Terminal:
    """A bash at a terminal, with Debian's bash-completion and our script where that looks for it."""

    def __init__(self, folder: Path) -> None:
        completions = folder / "completions"
        completions.mkdir()
        (completions / "tgcfd").symlink_to(SCRIPT)
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "TERM": "dumb",
            "PS1": PROMPT,
            "INPUTRC": "/dev/null",
            "BASH_COMPLETION_USER_DIR": str(folder),
        }
        self._pid, self._terminal = pty.fork()
        if self._pid == 0:
            os.chdir(folder)
            os.execve("/bin/bash", ["bash", "--norc", "--noprofile", "-i"], environment)
        self.type("", until=PROMPT)
        self.type(". /usr/share/bash-completion/bash_completion\n", until=PROMPT)

    def type(self, keys: str, until: str) -> str:
        """Type, and return what is shown up to and with ``until``."""
        os.write(self._terminal, keys.encode())
        shown, end = "", time.monotonic() + DEADLINE
        while until not in shown:
            ready, _, _ = select.select([self._terminal], [], [], max(0, end - time.monotonic()))
            assert ready, f"typed {keys!r}, waited for {until!r}, saw {shown!r}"
            shown += os.read(self._terminal, 4096).decode()
        return shown

    def completed(self, line: str) -> list[str]:
        """The words of a line after its end was completed."""
        shown = self.type(f"false && {line}\t; :\n", until=PROMPT)
        return shlex.split(shown.partition("false && ")[2].partition("; :")[0])

    def close(self) -> None:
        """End it."""
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        os.close(self._terminal)
