"""``tgcfd user list``: accounts as a table for people, and as JSON for programs."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime

from tgcfd.accounts.model import Account
from tgcfd.storage.desired import DesiredState

_HEADS = ("E-MAIL", "NAME", "SLUG", "ROLE", "MADE", "DISABLED", "SHOULD RUN", "RUNS")
_GAP = "  "

Wanted = Mapping[str, DesiredState]
"""What was asked for, by account id."""

States = Mapping[str, str] | None
"""States of units, by slug; None where nobody can tell."""


def as_json(accounts: Sequence[Account], wanted: Wanted, states: States) -> str:
    """Return a list of objects; keys are only ever added. ``unit`` is null where nobody can tell."""
    return json.dumps([_fields(account, wanted, states) for account in accounts], ensure_ascii=False, indent=2)


def _fields(account: Account, wanted: Wanted, states: States) -> dict[str, object]:
    wish = wanted.get(account.id)
    return {
        "email": account.email,
        "name": account.name,
        "slug": account.slug,
        "role": account.role.value,
        "disabled": account.disabled,
        "created": account.created.isoformat(timespec="seconds"),
        "should_run": wish is not None and wish.should_run,
        "mode": None if wish is None else wish.mode.value,
        "unit": None if states is None else states.get(account.slug, "inactive"),
    }


def as_table(accounts: Sequence[Account], wanted: Wanted, states: States) -> str:
    """Return aligned lines, the first with what the columns hold."""
    rows = [_HEADS, *(_cells(account, wanted.get(account.id), states) for account in accounts)]
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    return "\n".join(_GAP.join(map(_padded, row, widths)).rstrip() for row in rows)


def _cells(account: Account, wish: DesiredState | None, states: States) -> tuple[str, ...]:
    should_run = wish.mode.value if wish is not None and wish.should_run else "-"
    runs = "?" if states is None else states.get(account.slug, "-")
    made = _day(account.created)
    disabled = "yes" if account.disabled else "-"
    return account.email, account.name, account.slug, account.role.value, made, disabled, should_run, runs


def _day(time: datetime) -> str:
    return f"{time.astimezone():%Y-%m-%d}"


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def _width(text: str) -> int:
    """How many places of a terminal it takes: Chinese signs take two, marks over letters none."""
    wide = sum(unicodedata.east_asian_width(letter) in {"W", "F"} for letter in text)
    return len(text) + wide - sum(unicodedata.category(letter) in {"Mn", "Me", "Cf"} for letter in text)
