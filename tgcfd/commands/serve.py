"""``tgcfd serve``: the daemon."""

from __future__ import annotations

import argparse
import logging
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tgcfd import __version__
from tgcfd.commands import Subparsers, flags

if TYPE_CHECKING:
    from tgcfd.settings import Settings


def add(commands: Subparsers) -> None:
    """Add the words of this command."""
    parser = commands.add_parser("serve", help="serve the API until interrupted")
    flags.add_settings(parser)
    parser.add_argument("--listen", metavar="ADDRESS:PORT", help="where to serve (default: 127.0.0.1:8470)")
    parser.add_argument("--supervisor", metavar="auto|systemd|process", help="who runs the workers (default: auto)")
    parser.set_defaults(run=run)


def run(words: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM; the exit code is 0. SIGHUP begins afresh. Raises SettingsError."""
    import asyncio  # noqa: PLC0415

    from tgcfd import own_unit  # noqa: PLC0415
    from tgcfd.api.request_id import log_it  # noqa: PLC0415
    from tgcfd.server import Host, serve  # noqa: PLC0415

    settings = _settings(words)
    _leave_the_hosts_to_systemd(settings)
    journal = own_unit.log_handler()
    handler = journal or logging.StreamHandler()
    handler.addFilter(log_it)
    logging.basicConfig(
        level=logging.INFO,
        format="%(name)s: %(message)s" if journal else "%(levelname)s %(name)s: %(message)s%(request)s",
        handlers=[handler],
    )
    ending = "Ending all workers ..." if _workers_are_its_children(settings) else "Ending; the workers go on."
    host = Host(
        ready=lambda urls, invite: _welcome(settings, urls, invite, config=words.config),
        at_terminal=journal is None and sys.stdout is not None and sys.stdout.isatty(),
        ending=lambda: print(ending, flush=True),  # noqa: T201
        read_settings=lambda: _settings(words),
    )
    sockets = asyncio.run(serve(settings, host))
    if sockets is not None:
        own_unit.begin_afresh(sockets)
    print(f"tgcfd has ended. Data stays in {settings.state_dir}.", flush=True)  # noqa: T201
    return 0


def _settings(words: argparse.Namespace) -> Settings:
    return flags.settings(words, "listen", "supervisor")


def _leave_the_hosts_to_systemd(settings: Settings) -> None:
    """Keep anybody but the unit away from the host's data: what root makes there, the daemon could not read."""
    from tgcfd import owner  # noqa: PLC0415
    from tgcfd.errors import SettingsError  # noqa: PLC0415
    from tgcfd.places import HOST_STATE_DIR  # noqa: PLC0415
    from tgcfd.settings import systemd_runs  # noqa: PLC0415

    if not systemd_runs() or settings.state_dir.resolve() != HOST_STATE_DIR.resolve():
        return
    try:
        daemon = owner.hosts_daemon()
    except owner.NotInstalled:
        return
    if os.geteuid() != daemon.uid:
        raise SettingsError("the host's daemon is started by: sudo systemctl start tgcfd")


def _workers_are_its_children(settings: Settings) -> bool:
    from tgcfd.settings import SupervisorKind  # noqa: PLC0415

    return settings.supervisor_here() is SupervisorKind.PROCESS


def _welcome(settings: Settings, urls: Sequence[str], invite: str | None = None, *, config: Path | None = None) -> None:
    """Say where it serves, and how one gets an account. ``invite``: the first admin's. ``config``: as it was said."""
    from tgcfd.addresses import all_in_words, opened_here  # noqa: PLC0415

    text = f"tgcfd {__version__} serves {all_in_words(urls)}"
    if _workers_are_its_children(settings):  # somebody tries it out; a host's log needs no lesson
        text += f"""
  data:       {settings.state_dir}
  supervisor: process
{_accounts(settings, opened_here(urls[0]), invite, config)}
Ctrl-C ends tgcfd and all workers."""
    print(text, flush=True)  # noqa: T201


def _accounts(settings: Settings, url: str, invite: str | None, config: Path | None) -> str:
    """Who may make an account, and how the first one is made."""
    from tgcfd.settings import Registration  # noqa: PLC0415

    is_open = settings.accounts.registration is Registration.OPEN
    lines = []
    if is_open:
        lines.append("Registration is open: whoever reaches this address can make an account.")
    if invite:
        lines.append(f"The first admin's link, good once, for a day: {url}/#invite={invite}")
    if not is_open and not invite:
        settings_of_it = ["--config", str(config)] if config else []
        where = shlex.join([*settings_of_it, "--state-dir", str(settings.state_dir)])
        lines.append(f"""An account takes an invite. Make the first account, or a link for it, in another terminal:
  {sys.argv[0]} user add --admin {where} you@example.org
  {sys.argv[0]} user invite --admin {where}""")
        return "\n".join(lines)
    if not invite:
        lines.append(f"Open {url}/ in a browser and sign up.")
    return "\n".join(lines)
