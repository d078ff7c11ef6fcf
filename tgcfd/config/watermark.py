"""The watermark's image in a person's folder, where tgcf finds it and may have put another one. Blocks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from tgcfd.config import png
from tgcfd.config.current import opened
from tgcfd.config.folder import Folder, NotAFile
from tgcfd.config.history import etag_of
from tgcfd.errors import ImageUnusable

NAME = "image.png"
"""Where tgcf's ``mark`` plugin looks if nothing else is set, and where it puts what it downloads."""

MAX_BYTES = 2 * 1024 * 1024


@dataclass(frozen=True)
class Image:
    """A PNG image; ``width`` and ``height`` in pixels. ``changed``: whether it is another one than was there."""

    data: bytes
    etag: str
    width: int
    height: int
    changed: bool = False


def read(path: Path) -> Image | None:
    """Return the image, None if there is none. Raises ImageUnusable for what else has its name."""
    try:
        with Folder.opened(path) as folder:
            data = folder.read(NAME, MAX_BYTES)
        return _image(data) if data else None
    except FileNotFoundError:
        return None
    except NotAFile as error:
        raise ImageUnusable(str(error)) from None


def store(path: Path, data: bytes) -> Image:
    """Store an image of at most MAX_BYTES. Raises ImageUnusable, and ConfigUnreadable if a folder has its name."""
    image = _image(data)
    with opened(path) as folder:
        try:
            if folder.read(NAME, MAX_BYTES) == image.data:
                return image
        except NotAFile:
            pass  # what is no image is replaced all the same
        folder.remove_leftovers()
        folder.write(NAME, image.data)
    return replace(image, changed=True)


def remove(path: Path) -> bool:
    """Remove what has the image's name; returns whether there was any. Raises ConfigUnreadable for a full folder."""
    with opened(path) as folder:
        if not folder.holds(NAME):
            return False
        if not folder.removed(NAME):
            raise NotAFile(f"“{NAME}” is a folder with something in it. Tell the host's owner to remove it.")
        return True


def _image(data: bytes) -> Image:
    try:
        width, height = png.size(data)
        data = png.whole(data)
    except png.NotPng as error:
        raise ImageUnusable(str(error)) from None
    return Image(data, etag_of(data), width, height)
