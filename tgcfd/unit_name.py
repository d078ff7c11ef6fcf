"""The names of workers' units: ``tgcf@<slug>.service``."""

from __future__ import annotations

from tgcfd.slug import is_slug


def unit_of(slug: str) -> str:
    """Name the unit of a slug."""
    return f"tgcf@{slug}.service"


def slug_of(unit: str) -> str | None:
    """Tell whose unit this is; None for one that is nobody's."""
    slug = unit.removeprefix("tgcf@").removesuffix(".service")
    return slug if unit == unit_of(slug) and is_slug(slug) else None
