"""Asks who sits at the terminal, or takes the answer from standard input where nobody does."""

from __future__ import annotations

import getpass
import secrets
import sys

from tgcfd.accounts.policy import PASSWORD_MAX
from tgcfd.errors import Refused
from tgcfd.wording import printable

GENERATED_BYTES = 15
"""Of randomness in a password that is made up: 20 letters, digits, dashes and underscores."""


def at_terminal() -> bool:
    """Whether somebody can be asked."""
    return sys.stdin is not None and not sys.stdin.closed and sys.stdin.isatty()


def password(*, generate: bool) -> str:
    """Return a new password: made up, typed twice at the terminal without echo, or one line of standard input.

    Never a word of the command or a variable of the environment: others on the host may see these. Raises Refused.
    """
    if generate:
        return secrets.token_urlsafe(GENERATED_BYTES)
    if not at_terminal():
        return _line()
    try:
        first, again = getpass.getpass("New password: "), getpass.getpass("The same again: ")
    except (EOFError, KeyboardInterrupt):
        raise Refused("nothing was changed") from None
    if first != again:
        raise Refused("the two passwords are not the same; nothing was changed")
    return first


def is_sure(question: str, *, may_ask: bool = True) -> bool:
    """Whether who sits at the terminal says yes to the question. Raises Refused if nobody can be asked."""
    if not may_ask or not at_terminal():
        asked = question[0].lower() + question[1:]
        raise Refused(f"{asked}\nthere is no terminal to ask at: to do it without being asked, add --yes")
    try:
        shown = "\n".join(map(printable, question.split("\n")))
        print(f"{shown} [y/N] ", end="", file=sys.stderr, flush=True)  # noqa: T201
        return sys.stdin.readline().strip().lower() in {"y", "yes"}
    except KeyboardInterrupt:
        return False


def _line() -> str:
    line = "" if sys.stdin is None or sys.stdin.closed else sys.stdin.readline(PASSWORD_MAX * 4)
    if not line:
        raise Refused("no password came: give it as one line of standard input, type it at a terminal, or --generate")
    return line.removesuffix("\n").removesuffix("\r")
