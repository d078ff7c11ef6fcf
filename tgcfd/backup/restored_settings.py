"""The settings of a backup, where its owner asks for them: root's business from beginning to end.

They are laid out beside the host's, which are renamed; the daemon and the broker read no names but theirs.
"""

from __future__ import annotations

import base64
import shutil
from pathlib import Path

from tgcfd.errors import Refused, SettingsError
from tgcfd.settings import load_settings

_MAIN = "tgcfd.yml"


def lay_out(settings_file: Path, settings: dict[str, str]) -> None:
    """Write them beside ``settings_file``, and see whether they can be used on this host. Raises :class:`Refused`."""
    clear(settings_file)
    new = _new(settings_file)
    new.mkdir(mode=0o755, parents=True)
    (new / f"{_MAIN}.d").mkdir(mode=0o755)
    for name, data in settings.items():
        (new / name).write_bytes(base64.b64decode(data))
        (new / name).chmod(0o644)
    try:
        load_settings(new / _MAIN if _MAIN in settings else None, {})
    except SettingsError as error:
        clear(settings_file)
        raise Refused(f"the backup's settings cannot be used on this host: {error}") from None


def swap(settings_file: Path, when: str) -> None:
    """Put them in their place, where there are any; those before them are kept as ``*.before-restore-<when>``."""
    new = _new(settings_file)
    for name in (_MAIN, f"{_MAIN}.d"):
        place = settings_file.with_name(name.replace(_MAIN, settings_file.name))
        if (new / name).exists():
            if place.exists():
                place.rename(place.with_name(f"{place.name}.before-restore-{when}"))
            (new / name).rename(place)
    clear(settings_file)


def clear(settings_file: Path) -> None:
    """Remove what was laid out."""
    if _new(settings_file).exists():
        shutil.rmtree(_new(settings_file))


def _new(settings_file: Path) -> Path:
    return settings_file.with_name(f".{settings_file.name}.restored")
