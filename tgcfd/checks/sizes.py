"""Sizes, as people read them."""

from __future__ import annotations

_GIB = 1024  # in MiB


def size(mib: int) -> str:
    """Return ``512 MiB``, ``15.6 GiB``, ``2 GiB``."""
    return f"{mib} MiB" if mib < _GIB else f"{mib / _GIB:.1f}".removesuffix(".0") + " GiB"
