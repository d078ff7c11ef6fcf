"""Why a backup or a restore is not carried out."""

from __future__ import annotations


class Refused(Exception):
    """It is not carried out, and nothing was changed; the text says what is wrong and what to type."""
