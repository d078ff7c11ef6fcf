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
    """Whether the daemon would take them, asked of ``tgcfd check --settings``: that judges as the daemon's user."""
    said = ask_python("-m", "tgcfd", "check", "--settings", *host.flags)
    if said.code == 0:
        yield ok("the settings can be used")
        return
    if said.code != os.EX_CONFIG:
        raise NotSeen(said.last_words)
    again = [f"{host.sudo}systemctl reload-or-restart tgcfd"] if host.on_systemd else []
    for line in said.err.splitlines():
        text = line.removeprefix("tgcfd: ")
        file = re.match(r"(/.*?\.yml)[:,]", text)
        edit = [f"{host.sudo}editor {quote(Path(file[1]))}"] if file else []
        yield error(text, *edit, *again)


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
