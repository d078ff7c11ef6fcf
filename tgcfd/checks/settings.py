"""The settings: whether they can be used, and only root can change them."""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from tgcfd.checks.finding import Finding, NotSeen, error, ok
from tgcfd.checks.host import Host
from tgcfd.checks.program import ask, quote
from tgcfd.places import drop_ins_of


def usable(host: Host) -> Iterator[Finding]:
    """Whether the daemon would take them, asked of ``tgcfd check --settings``: that judges as the daemon's user."""
    itself = [str(Path(sys.argv[0]).absolute())] if os.access(sys.argv[0], os.X_OK) else [sys.executable, "-m", "tgcfd"]
    flags = [] if host.config is None else ["--config", str(host.config)]
    if host.settings.origins.get("state_dir", "").startswith("--"):
        flags += ["--state-dir", str(host.settings.state_dir)]
    path = {} if len(itself) == 1 else {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    said = ask(*itself, "check", "--settings", *flags, environment=path)
    if said.code == 0:
        yield ok("the settings can be used")
        return
    if said.code != 78:  # EX_CONFIG
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
