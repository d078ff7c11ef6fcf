"""The flags that more than one command takes."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tgcfd.settings import Settings


def add_settings(parser: argparse.ArgumentParser) -> None:
    """Add the flags that say which settings count and where the data is."""
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings (default: /etc/tgcfd/tgcfd.yml)")
    parser.add_argument("--state-dir", metavar="DIR", help="where data is kept (default: /var/lib/tgcfd)")


def settings(words: argparse.Namespace, *more: str) -> Settings:
    """Read the settings; a flag that was given wins, among them those named in ``more``. Raises SettingsError."""
    from tgcfd.settings import load_settings  # noqa: PLC0415

    given = {key: getattr(words, key) for key in ("state_dir", *more)}
    return load_settings(words.config, {key: value for key, value in given.items() if value is not None})


def settings_of_data(words: argparse.Namespace) -> Settings:
    """Read the settings for a command that works on the data. Raises SettingsError, for data not the daemon's, too."""
    from tgcfd.settings_fit import require_hosts_data  # noqa: PLC0415

    found = settings(words)
    require_hosts_data(found)
    return found
