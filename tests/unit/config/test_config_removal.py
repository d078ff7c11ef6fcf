"""Removing a person's folder, whatever a worker has left in it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tgcfd.config.removal import AT_ONCE, remove_some
from tgcfd.config.store import ConfigStore
from tgcfd.errors import Unauthorized


def removed(path: Path, limit: int = AT_ONCE) -> int:
    """Remove it; how many goes that takes."""
    goes = 1
    while not remove_some(path, limit):
        goes += 1
    assert not os.path.lexists(path)
    return goes


def test_what_is_not_there_is_gone(tmp_path: Path) -> None:
    assert removed(tmp_path / "alice") == 1


def test_links_are_not_followed(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    (kept / "inner").mkdir(parents=True)
    folder = tmp_path / "alice"
    (folder / "inner").mkdir(parents=True)
    for place in (folder, folder / "inner"):
        (place / "link").symlink_to(kept)
        (place / "nowhere").symlink_to("nowhere")
    removed(folder)
    assert (kept / "inner").is_dir()


@pytest.mark.parametrize("make", [lambda path: path.symlink_to("/etc"), Path.touch], ids=["link", "file"])
def test_what_stands_in_its_place_goes(tmp_path: Path, make) -> None:
    make(tmp_path / "alice")
    removed(tmp_path / "alice")
    assert Path("/etc").is_dir()


def test_millions_are_removed_in_many_short_goes(tmp_path: Path) -> None:
    folder = tmp_path / "alice"
    for name in ("", "a", "a/b"):
        (folder / name).mkdir()
        for number in range(125):
            (folder / name / str(number)).touch()
    assert 7 <= removed(folder, 50) <= 12


def test_depths_that_no_recursion_survives(tmp_path: Path) -> None:
    folder = tmp_path / "alice"
    folder.mkdir()
    here = os.open(folder, os.O_RDONLY)
    for _ in range(1500):
        os.mkdir("deeper", dir_fd=here)
        deeper = os.open("deeper", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = deeper
    os.close(here)
    removed(folder)


def test_names_of_any_bytes(tmp_path: Path) -> None:
    folder = tmp_path / "alice"
    folder.mkdir()
    for name in (b"\xff\xfe", b"-rf", b" ", b"new\nline", b"x" * 255):
        Path(os.fsdecode(bytes(folder) + b"/" + name)).mkdir()
        Path(os.fsdecode(bytes(folder) + b"/" + name), "file").touch()
    removed(folder)


async def test_nothing_is_stored_for_who_was_removed(tmp_path: Path) -> None:
    store = ConfigStore(tmp_path)
    await store.replace("alice", {})
    assert (tmp_path / "alice").is_dir()
    await store.remove("alice")
    assert not (tmp_path / "alice").exists()
    for call in (
        store.read("alice"),
        store.replace("alice", {}),
        store.ensure("alice"),
        store.write_rendered("alice", {}),
    ):
        with pytest.raises(Unauthorized):
            await call
    assert not (tmp_path / "alice").exists()
    await store.replace("bob", {})
    await store.close()


async def test_what_cannot_be_removed_is_an_error_of_the_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = ConfigStore(tmp_path)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "alice/inner").mkdir(parents=True)
    with monkeypatch.context() as patched:
        patched.setattr(os, "rmdir", refuse)
        with pytest.raises(PermissionError):
            await store.remove("alice")
    await store.remove("alice")
    await store.close()


def test_a_go_is_short_however_many_folders_there_are(tmp_path: Path) -> None:
    folder = tmp_path / "alice"
    for name in range(20):
        (folder / str(name)).mkdir(parents=True)
        for number in range(10):
            (folder / str(name) / str(number)).touch()
    assert not remove_some(folder, 10)
    assert len(list(folder.glob("*/*"))) >= 180
    removed(folder)
