"""What the kernel says of processes, which may end while it is asked."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

_ENDED = (FileNotFoundError, ProcessLookupError)  # before the file was opened, or after


def is_alive(pid: int) -> bool:
    """Whether a process of this number exists (a zombie does not count)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except _ENDED:
        return False


def open_files(pid: int) -> list[str]:
    """What a process has open, a name for each descriptor; one that is closed meanwhile is left out."""
    names = []
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(*_ENDED):
            names.append(str(link.readlink()))
    return names
