"""The watermark's image in a folder in which a worker may have put anything."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.api.images import head, png
from tgcfd.config.store import ConfigStore
from tgcfd.config.watermark import MAX_BYTES, NAME
from tgcfd.errors import ConfigUnreadable, ImageUnusable


async def test_there_is_none_before_one_is_stored(store: ConfigStore) -> None:
    assert await store.watermark("alice") is None
    await store.remove_watermark("alice")
    stored = await store.store_watermark("alice", png(30, 20))
    assert (stored.width, stored.height, stored.data) == (30, 20, png(30, 20))
    read = await store.watermark("alice")
    assert read is not None
    assert (read.etag, read.data) == (stored.etag, png(30, 20))
    await store.remove_watermark("alice")
    assert await store.watermark("alice") is None


async def test_its_worker_can_read_and_replace_it_and_nobody_else(store: ConfigStore, folder: Path) -> None:
    await store.store_watermark("alice", png())
    assert (folder / NAME).read_bytes() == png()
    assert stat.S_IMODE((folder / NAME).stat().st_mode) == 0o660


async def test_what_cannot_be_used_replaces_nothing(store: ConfigStore, folder: Path) -> None:
    await store.store_watermark("alice", png())
    for data in (b"GIF89a", png()[:-4], png().replace(head(), head(5000, 5000))):
        with pytest.raises(ImageUnusable):
            await store.store_watermark("alice", data)
    assert (folder / NAME).read_bytes() == png()


async def test_leftovers_of_a_killed_write_go_with_the_next(store: ConfigStore, folder: Path) -> None:
    leftover = folder / f".{NAME}.0123456789abcdef.tmp"
    others = folder / f"{NAME}.0123456789abcdef.tmp"
    for path in (leftover, others):
        path.touch()
    await store.store_watermark("alice", png())
    assert not leftover.exists()
    assert others.exists()


def link(path: Path) -> None:
    (path.parent / "secret").write_bytes(png())
    path.symlink_to("secret")


IN_ITS_PLACE: dict[str, Callable[[Path], object]] = {
    "a link": link,
    "a FIFO": os.mkfifo,
    "an empty folder": Path.mkdir,
    "a JPEG that tgcf has downloaded": lambda path: path.write_bytes(b"\xff\xd8\xff\xe0" + b"\0" * 100),
    "half an image": lambda path: path.write_bytes(png()[:-5]),
    "more than an image": lambda path: path.write_bytes(png() + b"\0" * MAX_BYTES),
    "a page": lambda path: path.write_bytes(b"<html><script>"),
}


@pytest.mark.parametrize("kind", IN_ITS_PLACE)
async def test_what_is_no_image_is_not_read_and_goes(store: ConfigStore, folder: Path, kind: str) -> None:
    IN_ITS_PLACE[kind](folder / NAME)
    with pytest.raises(ImageUnusable):
        await store.watermark("alice")
    await store.remove_watermark("alice")
    assert not os.path.lexists(folder / NAME)


@pytest.mark.parametrize("kind", [kind for kind in IN_ITS_PLACE if kind != "an empty folder"])
async def test_what_is_no_image_is_replaced(store: ConfigStore, folder: Path, kind: str) -> None:
    IN_ITS_PLACE[kind](folder / NAME)
    await store.store_watermark("alice", png(8, 8))
    assert not (folder / NAME).is_symlink()
    assert (folder / NAME).read_bytes() == png(8, 8)
    if kind == "a link":
        assert (folder / "secret").read_bytes() == png()


async def test_a_folder_in_its_place_is_said(store: ConfigStore, folder: Path) -> None:
    (folder / NAME / "more").mkdir(parents=True)
    for call in (store.store_watermark("alice", png()), store.remove_watermark("alice")):
        with pytest.raises(ConfigUnreadable, match=r"image\.png.* is a folder"):
            await call
    assert {path.name for path in folder.iterdir()} == {NAME}
