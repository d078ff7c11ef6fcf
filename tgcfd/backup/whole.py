"""Puts all of a host's data into one archive, while the daemon and the workers run."""

from __future__ import annotations

import os
import socket
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from tgcfd import __version__
from tgcfd.backup import contents, plan
from tgcfd.backup.archive import Archive
from tgcfd.backup.contents import FORMAT, HEADER, SETTINGS, Header
from tgcfd.backup.folder_walk import DIRECTORY, Bounds
from tgcfd.backup.left_out import LeftOut
from tgcfd.backup.person import PersonCopy
from tgcfd.backup.places import Places
from tgcfd.backup.sqlite_copy import snapshot
from tgcfd.errors import Refused
from tgcfd.places import DATABASE, KEYS, USERS
from tgcfd.slug import is_slug
from tgcfd.storage import schema
from tgcfd.wording import printable


def write(places: Places, users: int | None, out: BinaryIO) -> dict[str, Any]:
    """Write a backup to ``out``, as the data's owner; ``users`` is the open folder of the people's, None for none.

    Returns ``people``, ``files`` and ``bytes``. What is left out is said on standard error.

    Raises :class:`Refused`; SettingsError for data that a restore has half replaced.
    """
    plan.require_whole(places.state_dir)
    database = places.state_dir / DATABASE
    if not database.is_file():
        raise Refused(f"{database} is not there: there is nothing to back up yet")
    spool = places.state_dir
    archive = Archive(out, spool)
    try:
        with snapshot(database, spool, _read) as (copy, (slugs, version)):
            archive.add_bytes(HEADER, _header(version).dump())
            size = copy.seek(0, os.SEEK_END)
            copy.seek(0)
            archive.add(DATABASE, copy, size)
        _keys(archive, places.state_dir / KEYS, spool)
        _settings(archive, places)
        for slug in slugs if users is not None else []:
            _person(archive, users, slug, spool)
        archive.finish()
        out.flush()  # this may be a child, whose buffers end with it
    except sqlite3.Error as error:
        raise Refused(f"{database}: cannot be read: {error}") from error
    finally:
        archive.close()
    return {"people": len(slugs), "files": archive.files, "bytes": archive.bytes}


def _header(version: int) -> Header:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return Header(FORMAT, __version__, version, now, socket.gethostname())


def _read(connection: sqlite3.Connection) -> tuple[list[str], int]:
    """Tell whose folders belong to the database, and its version.

    Others are left out: of deleted accounts, and of those made since. Their slugs would be given out once more.
    """
    version = schema.version(connection)
    slugs = connection.execute("select slug from account order by slug") if version else ()
    return [slug for (slug,) in slugs if is_slug(slug)], version


def _keys(archive: Archive, folder: Path, spool: Path) -> None:
    def refuse(name: str, why: str) -> None:
        raise Refused(f"{folder / name}: {why}: without it nobody could stay logged in")

    try:
        descriptor = os.open(folder, DIRECTORY)
    except FileNotFoundError:  # the daemon makes it when it first starts
        return
    try:
        names = os.listdir(descriptor)  # noqa: PTH208  # an open folder
        if strange := [name for name in names if not contents.PLAIN_NAME.fullmatch(name)]:
            raise Refused(f"{printable(str(folder / strange[0]))} is none of the daemon's keys: move it away")
        PersonCopy(archive, f"{KEYS}/", spool, refuse, Bounds()).copy(descriptor)
    finally:
        os.close(descriptor)


def _settings(archive: Archive, places: Places) -> None:
    """Add the settings files as the daemon reads them: also through links, which only root can make there."""
    drop_ins = sorted(places.settings_folder.glob("*.yml"))[: contents.MAX_SETTINGS_FILES - 1]
    names = {places.settings_file: "tgcfd.yml", **{path: f"tgcfd.yml.d/{path.name}" for path in drop_ins}}
    for path, name in names.items():
        if not path.is_file():
            continue
        if not contents.SETTINGS_NAME.fullmatch(name):
            raise Refused(f"{printable(str(path))}: has a name that no backup can hold: rename it")
        with path.open("rb") as file:
            data = file.read(contents.MAX_SETTINGS + 1)
        if len(data) > contents.MAX_SETTINGS:
            raise Refused(f"{path}: is larger than {contents.MAX_SETTINGS // 1024} KiB")
        archive.add_bytes(f"{SETTINGS}/{name}", data)


def _person(archive: Archive, users: int | None, slug: str, spool: Path) -> None:
    with LeftOut(f"{USERS}/{slug}") as left_out:
        try:
            folder = os.open(slug, DIRECTORY, dir_fd=users)
        except FileNotFoundError:
            return
        except OSError as error:
            left_out("", f"cannot be read: {error.strerror}")
            return
        try:
            PersonCopy(archive, f"{USERS}/{slug}/", spool, left_out, Bounds()).copy(folder)
        except PermissionError as error:  # their worker took our right to list it
            left_out("", f"cannot be read: {error.strerror}")
        finally:
            os.close(folder)
