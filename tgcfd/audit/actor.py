"""Who acts: known from where a request comes in, wanted deep down where something is changed."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal

Way = Literal["cookie", "token", "api_token", "command", "nobody", "tgcfd"]
"""How they act: a browser session, a program's session, an API token, the host's owner at a terminal, not logged in,
or the daemon itself."""


@dataclass(frozen=True)
class Actor:
    """Who acts, and from where. Holds no secret."""

    way: Way
    slug: str | None = None
    """Of their account; None for who has none: the host's owner, or who is not logged in."""
    address: str | None = None
    """Where the request came from, as far as proxies are trusted; None at a terminal."""
    token: str | None = None
    """The name of their API token."""


ITSELF = Actor("tgcfd")
OWNER = Actor("command")

ACTOR: ContextVar[Actor] = ContextVar("actor", default=ITSELF)
"""Of the request, or command, that is being carried out. Read it on the event loop: threads do not see it."""
