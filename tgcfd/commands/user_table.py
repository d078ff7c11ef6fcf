"""``tgcfd user list``: accounts as a table for people, and as JSON for programs."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime

from tgcfd.accounts.model import Account
from tgcfd.storage.desired import DesiredState
from tgcfd.wording import printable

_HEADS = ("SLUG", "ROLE", "SINCE", "DISABLED", "SHOULD RUN", "RUNS", "E-MAIL", "NAME")
_NARROWEST = (16, 8)
"""Places for e-mail address and name, however little room there is for them."""

_NOBODY = "Nobody has an account yet: sudo tgcfd user add --admin you@example.org"
_GAP = "  "

Wanted = Mapping[str, DesiredState]
"""What was asked for, by account id."""

States = Mapping[str, str] | None
"""States of units, by slug; None where nobody can tell."""


def as_json(accounts: Sequence[Account], wanted: Wanted, states: States) -> str:
    """Return a list of objects; keys are only ever added. ``unit`` is null where nobody can tell."""
    text = json.dumps([_fields(account, wanted, states) for account in accounts], ensure_ascii=False, indent=2)
    # JSON's own escapes, for what could steer a terminal; the line ends are ours: within strings they are escaped.
    return "".join(sign if sign.isprintable() or sign == "\n" else json.dumps(sign)[1:-1] for sign in text)


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


def as_table(accounts: Sequence[Account], wanted: Wanted, states: States, width: int | None = None) -> str:
    """Return aligned lines, the first with what the columns hold; or what to type where there is no account.

    ``width``: places of the terminal; long addresses and names, which their people choose, are cut to fit.
    """
    if not accounts:
        return _NOBODY
    rows = [_HEADS, *(_cells(account, wanted.get(account.id), states) for account in accounts)]
    widths = [max(map(places_of, column)) for column in zip(*rows, strict=True)]
    if width is not None:
        room = width - sum(widths[:-2]) - len(_GAP) * (len(widths) - 1)
        widths[-1] = min(widths[-1], max(_NARROWEST[1], room - widths[-2]))
        widths[-2] = min(widths[-2], max(_NARROWEST[0], room - widths[-1]))
    return "\n".join(_GAP.join(map(_fitted, row, widths)).rstrip() for row in rows)


def _cells(account: Account, wish: DesiredState | None, states: States) -> tuple[str, ...]:
    should_run = wish.mode.value if wish is not None and wish.should_run else "-"
    runs = "?" if states is None else states.get(account.slug, "-")
    since = _day(account.created)
    disabled = "yes" if account.disabled else "-"
    cells = account.slug, account.role.value, since, disabled, should_run, runs, account.email, account.name
    return tuple(map(printable, cells))


def _day(time: datetime) -> str:
    return f"{time.astimezone():%Y-%m-%d}"


def _fitted(text: str, width: int) -> str:
    if places_of(text) > width:
        while places_of(text) > width - 1:
            text = text[:-1]
        text += "…"
    return text + " " * (width - places_of(text))


def places_of(text: str) -> int:
    """How many places of a terminal it takes: Chinese signs take two, marks over letters none."""
    wide = sum(unicodedata.east_asian_width(letter) in {"W", "F"} for letter in text)
    return len(text) + wide - sum(unicodedata.category(letter) in {"Mn", "Me", "Cf"} for letter in text)
