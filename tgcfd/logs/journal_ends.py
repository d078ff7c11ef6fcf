"""Reads out of the journal how a worker's unit ended."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from tgcfd.logs.journal_reader import JournalReader
from tgcfd.logs.last_end import FIELDS, TIME, LastEnd, told
from tgcfd.unit_name import unit_of

_MOST = 1000  # messages of PID 1 about one run of a worker; a handful is usual


def last_end(slug: str, since: int) -> LastEnd | None:
    """Tell how the unit ended after that time (microseconds since 1970), in this boot of the host; blocks.

    :raises OSError: the journal cannot be read.
    """
    with JournalReader() as reader:
        boot = _boot(reader)
        if boot is None:
            return None
        reader.only([["_PID=1", f"UNIT={unit_of(slug)}", f"_BOOT_ID={boot}"]])
        return told(islice(_newest_first(reader, since), _MOST))


def _newest_first(reader: JournalReader, since: int) -> Iterator[dict[str, str]]:
    there = reader.to_newest()
    while there and reader.time >= since:
        values = {name: reader.field(name) for name in FIELDS}
        told_of = {name: value.decode(errors="replace") for name, value in values.items() if value is not None}
        yield told_of | {TIME: str(reader.time)}
        there = reader.step_back()


def _boot(reader: JournalReader) -> str | None:
    """Read the boot's id off PID 1's newest entry: the daemon's own sandbox (``ProcSubset=pid``) hides /proc/sys."""
    reader.only([["_PID=1"]])
    value = reader.field("_BOOT_ID") if reader.to_newest() else None
    return None if value is None else value.decode()
