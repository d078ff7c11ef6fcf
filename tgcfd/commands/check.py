"""``tgcfd check``: look at the host, and say in plain words what is wrong and what to type."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from typing import TYPE_CHECKING

from tgcfd import owner
from tgcfd.commands import Subparsers, flags

if TYPE_CHECKING:
    from tgcfd.settings import Settings


def add(commands: Subparsers) -> None:
    """Add the words of this command."""
    parser = commands.add_parser("check", help="say what is wrong on this host, and what to type")
    flags.add_settings(parser)
    parser.add_argument("--json", action="store_true", help="say it as JSON")
    parser.add_argument(
        "--settings", action="store_true", help="look at the settings alone; nothing is said if they can be used"
    )
    parser.set_defaults(run=run)


def run(words: argparse.Namespace) -> int:
    """Look. The exit code is 0, or 1 when something is wrong; raises SettingsError with ``--settings``."""
    logging.basicConfig(level=logging.ERROR, stream=sys.stderr)
    if words.settings:
        _require_settings(words)
        return 0
    from tgcfd.checks import report  # noqa: PLC0415
    from tgcfd.checks.finding import Level  # noqa: PLC0415
    from tgcfd.checks.host import Host  # noqa: PLC0415
    from tgcfd.checks.look import look_at  # noqa: PLC0415

    settings = _as_far_as_read(words)  # what is wrong is said by the check that looks at them
    looked = look_at(Host(settings, words.config and words.config.absolute()))
    found = [(name, finding.printable()) for name, finding in looked]
    text = report.as_json(found) if words.json else report.as_text(found, report.Paper.of_output())
    print(text, flush=True)  # noqa: T201
    return 1 if any(finding.level is Level.ERROR for _, finding in found) else 0


def _require_settings(words: argparse.Namespace) -> None:
    """Read the settings as ``serve`` does, and as whom it does: what only root can read, the daemon cannot."""
    from tgcfd.settings import SettingsMisread  # noqa: PLC0415
    from tgcfd.settings_fit import require_fit, with_misfits  # noqa: PLC0415

    settings = _as_far_as_read(words)
    if _is_the_daemon_another(settings):
        owner.become_owner(settings.state_dir)
    try:
        settings = flags.settings(words)
    except SettingsMisread as misread:
        raise with_misfits(misread) from None
    require_fit(settings, outside=True)


def _as_far_as_read(words: argparse.Namespace) -> Settings:
    from tgcfd.settings import Settings, SettingsMisread  # noqa: PLC0415

    try:
        return flags.settings(words)
    except SettingsMisread as misread:
        return misread.settings or Settings()


def _is_the_daemon_another(settings: Settings) -> bool:
    from tgcfd.settings import SupervisorKind  # noqa: PLC0415

    return os.geteuid() == 0 and settings.supervisor_here() is SupervisorKind.SYSTEMD and settings.state_dir.is_dir()
