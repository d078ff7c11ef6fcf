"""Writes a file so that a reader sees the old or the new one, never a part."""

from __future__ import annotations

import os
from pathlib import Path


def replace_file(path: Path, data: bytes) -> None:
    """Replace ``path`` by ``data`` with mode 0660. Raises OSError; the old file is then untouched.

    No fsync: it is called after each message in past mode, and a power cut costs one message sent twice at worst.
    """
    temporary = path.with_name(f".{path.name}.new")
    # O_NONBLOCK: a FIFO of that name would wait for ever.
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    descriptor = os.open(temporary, flags, 0o660)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    temporary.replace(path)
