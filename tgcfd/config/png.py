"""PNG images, as far as their head and their end tell of them (ISO/IEC 15948, section 11.2); no pixel is looked at."""

from __future__ import annotations

import struct
import zlib

MAX_SIDE = 2560
"""Pixels: Telegram's photos have no more, and the worker's ffmpeg takes four bytes for each."""

_HEAD = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"  # the signature; then the first chunk's length and its name
_FIELDS = struct.Struct(">IIBBBBB")  # of that chunk: width, height, depth, colour, compression, filter, interlace
_CHECKSUM = struct.Struct(">I")
_END = b"\0\0\0\0IEND\xaeB`\x82"  # the last chunk: length, name, checksum of nothing
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}  # bits, by the kind of colour


class NotPng(Exception):
    """It is no PNG image that can be used; says why, and what to do."""


def whole(data: bytes) -> bytes:
    """Return the image without what stands behind its end, as some programs leave it. Raises NotPng."""
    end = data.find(_END)
    if end < 0:
        raise NotPng("The image is not complete. Save it again as PNG, and upload that.")
    return data[: end + len(_END)]


def size(data: bytes) -> tuple[int, int]:
    """Return an image's width and height in pixels, at most MAX_SIDE each. Raises NotPng."""
    behind = len(_HEAD) + _FIELDS.size
    if not data.startswith(_HEAD) or len(data) < behind + _CHECKSUM.size:
        raise NotPng("This is not a PNG image. Save the image as PNG, and upload that.")
    width, height, depth, colour, compression, filter_, interlace = _FIELDS.unpack_from(data, len(_HEAD))
    is_right = depth in _DEPTHS.get(colour, ()) and compression == filter_ == 0 and interlace in (0, 1)
    if zlib.crc32(data[12:behind]) != _CHECKSUM.unpack_from(data, behind)[0] or not is_right or not width * height:
        raise NotPng("The image is damaged. Save it again as PNG, and upload that.")
    if max(width, height) > MAX_SIDE:
        raise NotPng(
            f"The image has {width} by {height} pixels; {MAX_SIDE} by {MAX_SIDE} are the most. "
            "Make it smaller, and upload that."
        )
    return width, height
