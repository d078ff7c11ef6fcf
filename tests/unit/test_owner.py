"""Whom root becomes before it touches the data: nobody who may write there chooses that."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tgcfd.backup.owners_part import as_owner
from tgcfd.errors import SettingsError
from tgcfd.owner import owner_of

NOBODY = 65534
only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


@only_root
def test_links_to_roots_files_in_a_folder_do_not_make_it_roots(tmp_path: Path) -> None:
    for name in ("tgcfd.db", "keys"):
        (tmp_path / name).symlink_to("/etc")
    os.chown(tmp_path, NOBODY, NOBODY)
    assert owner_of(tmp_path).uid == NOBODY
    assert as_owner(tmp_path, os.geteuid) == NOBODY


@only_root
def test_a_folder_of_roots_own_is_read_as_root(tmp_path: Path) -> None:
    assert as_owner(tmp_path, os.geteuid) == 0


def test_what_is_no_folder_is_a_mistake_in_the_settings(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for place, why in (("none", "does not exist"), ("file", "is not a folder")):
        with pytest.raises(SettingsError, match=f"state_dir: .*{why}"):
            owner_of(tmp_path / place)
