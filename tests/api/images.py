"""Images to upload."""

from __future__ import annotations

import struct
import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunk(name: bytes, data: bytes = b"") -> bytes:
    """A part of a PNG."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def head(width: int = 3, height: int = 2, rest: bytes = b"\x08\x06\0\0\0") -> bytes:
    """A PNG's first part; ``rest``: eight bits a channel, red, green, blue and alpha, if nothing else."""
    return chunk(b"IHDR", struct.pack(">II", width, height) + rest)


def png(width: int = 3, height: int = 2, colour: bytes = b"\xff\0\0\x80") -> bytes:
    """A real one, half-transparent red if nothing else."""
    rows = (b"\0" + colour * width) * height
    return SIGNATURE + head(width, height) + chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND")
