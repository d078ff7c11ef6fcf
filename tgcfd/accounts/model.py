"""What an account is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    """What an account may do on this host."""

    PERSON = "person"
    ADMIN = "admin"


class Scope(StrEnum):
    """What a log-in is good for. Who logs in with their password has all; an API token those that it was given."""

    READ = "read"
    """See one's account, configuration (without secrets), status and log."""
    CONFIG = "config"
    """Change one's configuration."""
    RUN = "run"
    """Start and stop one's worker."""
    ADMIN = "admin"
    """Administer this host's people, if the account has that role."""
    ACCOUNT = "account"
    """Change who may enter: password, second factor, sessions, API tokens. No API token can have it."""


ALL_SCOPES = frozenset(Scope)


@dataclass(frozen=True)
class Account:
    """One person who may log in. Holds no secret: may be logged and shown to its owner."""

    id: str
    """Random, never used twice."""
    email: str
    """As the person wrote it; compared without regard to case."""
    name: str
    slug: str
    """Names the person's worker and folder on the host; never given to anyone else, even after deletion."""
    role: Role
    disabled: bool
    created: datetime
    generation: int = 0
    """Counted up to end all log-ins, as a change of the password does."""
    profile: str = "standard"
    """The name of the limits that the worker gets; the host's settings may have lost it meanwhile."""
