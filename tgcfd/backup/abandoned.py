"""What the daemon does when it finds the note of a restore that was killed before it had changed anything."""

from __future__ import annotations

import logging
import sqlite3
from contextlib import suppress
from pathlib import Path

from tgcfd.backup import in_use, plan
from tgcfd.errors import Refused, SettingsError
from tgcfd.places import DATABASE
from tgcfd.storage.desired import wish_anew

_log = logging.getLogger(__name__)


def forget(state_dir: Path) -> None:
    """Let what ran before that restore run again, and take its note away; to be called before the journal is read.

    What it has unpacked stays for the next restore, for root alone can remove all of it. Raises SettingsError.
    """
    found = plan.read(state_dir)
    if found is None or found.committed:
        return
    with suppress(Refused), in_use.beside_others(state_dir):  # of one that is under way, the note is still needed
        try:
            if (state_dir / DATABASE).is_file():
                wish_anew(state_dir / DATABASE)
        except sqlite3.Error as error:
            raise SettingsError(f"{state_dir / DATABASE}: cannot be written: {error}") from error
        plan.remove(state_dir)
        _log.warning("A restore was killed before it had changed anything; to remove what it left: sudo tgcfd restore")
