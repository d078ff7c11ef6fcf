"""``tgcfd check``: look at the host, and say in plain words what is wrong and what to type."""

from __future__ import annotations

import argparse
import logging
import os
import sys

from tgcfd.commands import Subparsers, flags, owner
from tgcfd.settings import Settings, SupervisorKind
from tgcfd.settings_fit import require_fit


def add(commands: Subparsers) -> None:
    """Add the words of this command."""
    parser = commands.add_parser("check", help="say what is wrong on this host, and what to type")
    flags.add_settings(parser)
    parser.add_argument(
        "--settings", action="store_true", help="look at the settings alone; nothing is said if all is well"
    )
    parser.add_argument("--json", action="store_true", help="say it as JSON")
    parser.set_defaults(run=run)


def run(words: argparse.Namespace) -> int:
    """Look. The exit code is 0, or 1 when something is wrong; raises SettingsError with ``--settings``."""
    logging.basicConfig(level=logging.ERROR, stream=sys.stderr)
    if words.settings:
        _require_settings(words)
        return 0
    return 0


def _require_settings(words: argparse.Namespace) -> None:
    """Read the settings as ``serve`` does, and as whom it does: what only root can read, the daemon cannot."""
    settings = flags.settings(words)
    if _is_the_daemon_another(settings):
        owner.become_owner(settings.state_dir)
        settings = flags.settings(words)
    require_fit(settings, outside=True)


def _is_the_daemon_another(settings: Settings) -> bool:
    return os.geteuid() == 0 and settings.supervisor_here() is SupervisorKind.SYSTEMD and settings.state_dir.is_dir()
