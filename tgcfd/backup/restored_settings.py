"""The settings of a backup, where its owner asks for them: root's business from beginning to end.

They are laid out beside the host's, which are renamed; the daemon and the broker read no names but theirs.
"""

from __future__ import annotations

import base64
import shutil
from collections.abc import Callable
from pathlib import Path

from tgcfd.errors import Refused, SettingsError
from tgcfd.places import drop_ins_of
from tgcfd.settings import SettingsMisread, load_settings
from tgcfd.settings_fit import require_fit_as_set
from tgcfd.tls import can_be_judged

_MAIN = "tgcfd.yml"


def lay_out(settings_file: Path, settings: dict[str, str], as_owner: Callable[[Callable[[], None]], None]) -> None:
    """Write them beside ``settings_file``, and see whether they can be used on this host. Raises :class:`Refused`.

    ``as_owner``: does as the data's owner what is not for root; the daemon judges them as that user.
    """
    clear(settings_file)
    new = _new(settings_file)
    new.parent.mkdir(parents=True, exist_ok=True)
    for folder in (new, new / f"{_MAIN}.d"):
        folder.mkdir()
        folder.chmod(0o755)  # whatever root's umask: the daemon reads them
    for name, data in settings.items():
        (new / name).write_bytes(base64.b64decode(data))
        (new / name).chmod(0o644)
    try:
        as_owner(lambda: _require_usable(new / _MAIN if _MAIN in settings else None, settings_file))
    except BaseException:
        clear(settings_file)
        raise


def _require_usable(file: Path | None, settings_file: Path) -> None:
    """Read them as if they were in their place already. The files that they name are in no backup."""

    def place_of(path: Path) -> Path | None:
        if path == file:
            return settings_file
        return drop_ins_of(settings_file) / path.name if file and path.parent == drop_ins_of(file) else None

    try:
        settings = load_settings(file, {}, place_of)
    except SettingsMisread as misread:
        raise _refused(str(misread), is_missing="telegram.public_key_file" in misread.keys) from None
    named = {"tls.certificate": settings.tls.certificate, "tls.key": settings.tls.key}
    missing = {key: path for key, path in named.items() if path is not None and _is_missing(path)}
    if missing and can_be_judged(settings.tls):
        lines = (settings.wrong(key, f"names {path}, which is not a file") for key, path in missing.items())
        raise _refused("\n".join(lines), is_missing=True)
    try:
        require_fit_as_set(settings)
    except SettingsError as error:
        raise _refused(str(error), is_missing=False) from None


def _is_missing(path: Path) -> bool:
    try:
        return not path.is_file()
    except PermissionError:  # which is what is said then
        return False


def _refused(why: str, *, is_missing: bool) -> Refused:
    advice = "put that file there, or restore without --settings" if is_missing else "restore without --settings"
    return Refused(f"the backup's settings cannot be used on this host: {why}; {advice}")


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


def are_there(settings_file: Path) -> bool:
    """Whether something is laid out."""
    return _new(settings_file).exists()


def _new(settings_file: Path) -> Path:
    return settings_file.with_name(f".{settings_file.name}.restored")
