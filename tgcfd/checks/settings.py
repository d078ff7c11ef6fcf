"""The settings: whether they can be used, and only root can change them."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from tgcfd.checks.finding import Finding, NotSeen, error, ok
from tgcfd.checks.host import Host
from tgcfd.checks.program import ask_python, quote
from tgcfd.places import drop_ins_of


def usable(host: Host) -> Iterator[Finding]:
    """Whether the daemon would take them; what to type stands after the last mistake."""
    mistakes = mistakes_in(host)
    files = [file for line in mistakes if (file := _file_in(line))]
    commands = [f"{host.sudo}editor {quote(file)}" for file in dict.fromkeys(files)]
    if files and host.on_systemd:
        commands.append(f"{host.sudo}systemctl reload-or-restart tgcfd")
    for line in mistakes[:-1]:
        yield error(line)
    for line in mistakes[-1:]:
        yield error(line, *commands)
    if not mistakes:
        yield ok("the settings can be used")


def mistakes_in(host: Host) -> list[str]:
    """Return a line for each mistake: what ``tgcfd check --settings`` says, which judges as the daemon's user.

    Raises :class:`NotSeen`.
    """
    said = ask_python("-m", "tgcfd", "check", "--settings", *host.flags)
    if said.code not in (0, os.EX_CONFIG):
        raise NotSeen(said.last_words)
    return [line.removeprefix("tgcfd: ") for line in said.err.splitlines()] if said.code else []


def _file_in(line: str) -> Path | None:
    """The file that holds the mistake; None if that is on the command line."""
    found = re.match(r"(/.*?\.yml)[:,]", line)
    return Path(found[1]) if found else None


def whose(host: Host) -> Iterator[Finding]:
    """Whether only root can change them: they say which program the workers run."""
    if not host.on_systemd:
        return
    file = host.settings_file
    folder = drop_ins_of(file)
    wrong = False
    for path in (file, folder, *sorted(folder.glob("*.yml")), *file.parents):
        if not path.exists():
            continue
        status = path.stat()
        if status.st_uid != 0 or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            wrong = True
            yield error(
                f"{path} can be changed by others than root: the broker starts no worker with such settings",
                f"{host.sudo}chown root:root {quote(path)}",
                f"{host.sudo}chmod go-w {quote(path)}",
            )
    if not wrong:
        yield ok("only root can change the settings")
