"""What may be a slug: the short name of a person on the host, in unit names, folders and logs."""

from __future__ import annotations

import re

PATTERN = re.compile(r"[a-z][a-z0-9-]{1,22}", re.ASCII)
MAX_LENGTH = 23


def is_slug(text: str) -> bool:
    """Tell whether the whole text is a slug."""
    return PATTERN.fullmatch(text) is not None
