"""``tgcfd check``: look at the host, and say in plain words what is wrong and what to type."""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from collections import Counter
from typing import TYPE_CHECKING

from tgcfd import __version__, owner
from tgcfd.checks.finding import NEEDS_ROOT, Finding, Level
from tgcfd.commands import Subparsers, flags
from tgcfd.errors import SettingsError
from tgcfd.wording import number

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
    from tgcfd.checks.host import Host  # noqa: PLC0415
    from tgcfd.checks.look import look_at  # noqa: PLC0415
    from tgcfd.settings import Settings  # noqa: PLC0415

    try:
        settings = flags.settings(words)
    except SettingsError:  # said by the check that looks at them
        settings = Settings()
    looked = look_at(Host(settings, words.config and words.config.absolute()))
    found = [(name, finding.printable()) for name, finding in looked]
    text = _as_json(found) if words.json else _as_text(found)
    print(text, flush=True)  # noqa: T201
    return 1 if any(finding.level is Level.ERROR for _, finding in found) else 0


def _as_json(found: list[tuple[str, Finding]]) -> str:
    checks = [
        {"check": name, "level": finding.level, "text": finding.text, "commands": finding.commands}
        for name, finding in found
    ]
    return json.dumps({"version": __version__, "checks": checks}, indent=2, ensure_ascii=False)


def _as_text(found: list[tuple[str, Finding]]) -> str:
    lines, hidden = [], []
    for name, finding in found:
        if finding.level is Level.UNSEEN and finding.text == NEEDS_ROOT:
            hidden.append(name)
            continue
        lines.append(f"{finding.level:8} {name + ':':12}{finding.text}")
        lines += [f"{'':21}$ {command}" for command in finding.commands]
    if hidden:
        names = ", ".join(dict.fromkeys(hidden))
        lines.append(f"Not all can be seen without root ({names}): sudo tgcfd check")
    counts = Counter(finding.level for _, finding in found)
    said = [number(counts[level], level) for level in (Level.ERROR, Level.WARNING) if counts[level]]
    lines.append(", ".join(said) + "." if said else "Nothing is wrong.")
    return "\n".join(lines)


def _require_settings(words: argparse.Namespace) -> None:
    """Read the settings as ``serve`` does, and as whom it does: what only root can read, the daemon cannot."""
    from tgcfd.settings_fit import require_fit  # noqa: PLC0415

    settings = flags.settings(words)
    if _is_the_daemon_another(settings):
        owner.become_owner(settings.state_dir)
        settings = flags.settings(words)
    require_fit(settings, outside=True)


def _is_the_daemon_another(settings: Settings) -> bool:
    from tgcfd.settings import SupervisorKind  # noqa: PLC0415

    return os.geteuid() == 0 and settings.supervisor_here() is SupervisorKind.SYSTEMD and settings.state_dir.is_dir()
