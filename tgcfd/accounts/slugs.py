"""The short name of a person on the host: ``tgcf@alice.service``, ``users/alice/``."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container
from itertools import chain, count

from tgcfd.slug import MAX_LENGTH, is_slug

# Names that a host's owner would take for something else than a person.
_RESERVED_WORDS = """
    admin administrator all api broker daemon default everyone guest host local localhost me nobody none null
    operator owner public root runner self service shared sudo support sync sys system systemd test tgcf tgcfd
    user users www www-data
"""
RESERVED = frozenset(_RESERVED_WORDS.split())

# Letters that Unicode does not decompose, as their own languages write them without the special sign.
_LETTERS = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "\u0131": "i", "ħ": "h"}
)


def problem(slug: str) -> str | None:
    """Return what is wrong with a slug that a person chose; None if it may be used."""
    if not is_slug(slug):
        return "Use 2 to 23 lower-case letters (a-z), digits and dashes, and begin with a letter."
    if slug.endswith("-") or "--" in slug:
        return "A dash may stand only between letters or digits."
    if slug in RESERVED:
        return "This name is reserved; choose another one."
    return None


def derive(email: str) -> str:
    """Make a slug from the part of an e-mail address before the @: ``Zoë.Müller+tg@x.org`` gives ``zoe-muller``."""
    local = email.rpartition("@")[0].partition("+")[0]
    plain = unicodedata.normalize("NFKD", local.lower().translate(_LETTERS))
    ascii_only = "".join(letter for letter in plain if not unicodedata.combining(letter))
    slug = re.sub(r"[^a-z0-9]+", "-", ascii_only).strip("-")
    if not slug:
        return "person"
    if not slug[0].isalpha():
        slug = f"u{slug}"
    slug = slug[:MAX_LENGTH].rstrip("-")
    return f"{slug}-person" if len(slug) < 2 or slug in RESERVED else slug


def first_free(slug: str, used: Container[str]) -> str:
    """Return ``slug``, or the first of ``slug-2``, ``slug-3`` ... that is not used, cut so that it stays a slug."""
    numbered = (_numbered(slug, number) for number in count(2))
    return next(candidate for candidate in chain([slug], numbered) if candidate not in used)


def _numbered(slug: str, number: int) -> str:
    tail = f"-{number}"
    return slug[: MAX_LENGTH - len(tail)].rstrip("-") + tail


def stem(slug: str) -> str:
    """Return what every result of :func:`first_free` for ``slug`` begins with, up to 99999 of them."""
    return slug[: MAX_LENGTH - len("-99999")].rstrip("-")
