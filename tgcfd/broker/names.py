"""What a caller may name. Anything else is refused before it gets near PID 1."""

from __future__ import annotations

import re

from tgcfd.broker.errors import BadMode, BadProfile, BadSlug

MODES = ("live", "past")

# [0-9], not \d, and fullmatch, not $: digits of other scripts and a line break at the end are no part of a name.
_SLUG = re.compile(r"[a-z][a-z0-9-]{1,22}")
_PROFILE = re.compile(r"[a-z][a-z0-9-]{0,31}")


def slug(text: str) -> str:
    """Return the slug, or raise BadSlug."""
    if not _SLUG.fullmatch(text):
        raise BadSlug("a slug has 2 to 23 small letters, digits and hyphens, a letter first")
    return text


def mode(text: str) -> str:
    """Return the mode, or raise BadMode."""
    if text not in MODES:
        raise BadMode(f"a mode is one of {', '.join(MODES)}")
    return text


def is_profile(text: str) -> bool:
    """Tell whether a profile may be called so."""
    return _PROFILE.fullmatch(text) is not None


def profile(text: str) -> str:
    """Return the name of a profile, or raise BadProfile."""
    if not is_profile(text):
        raise BadProfile("a profile's name has 1 to 32 small letters, digits and hyphens, a letter first")
    return text


def shown(text: str) -> str:
    """Make what a caller sent fit for a log line: short, and nothing but printable ASCII."""
    return ascii(text[:40])[1:-1] + ("..." if len(text) > 40 else "")
