"""Signed tokens (JWT, RFC 7519) for clients that are not the web page."""

from __future__ import annotations

import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

from tgcfd import errors
from tgcfd.accounts.model import Account

_ALGORITHM = "HS256"
_ISSUER = "tgcfd"
_MAX_LENGTH = 8 * 1024
_REMEMBERED = 1000
"""Good tokens whose signature is not checked again; whether they have expired is."""
_CLAIMS = ["sub", "iat", "exp", "jti", "iss"]

# PyJWT checks the signature and the issuer; the rest is checked here. Its 2.6 lets a claim of another kind
# out as TypeError or OverflowError, 2.10 and later refuse more kinds than 2.6, and neither takes a clock.
_OPTIONS = {"require": _CLAIMS, "verify_exp": False, "verify_iat": False, "verify_nbf": False}


@dataclass(frozen=True)
class IssuedToken:
    """A new token and the time from which it is no longer valid."""

    text: str
    expires: datetime


@dataclass(frozen=True)
class Claims:
    """What a valid token says."""

    account_id: str
    expires: datetime
    jti: str
    generation: int
    """The account's when the token was made."""


def _now() -> datetime:
    return datetime.now(UTC)


class Tokens:
    """Issues and verifies tokens with one key."""

    def __init__(
        self, key: bytes, *, life: timedelta = timedelta(hours=12), clock: Callable[[], datetime] = _now
    ) -> None:
        # PyJWT 2.6 takes bytes as well, but its types say str.
        self._secret = key.hex()
        self._kid = hashlib.sha256(b"tgcfd kid " + key).hexdigest()[:16]
        self._life = life
        self._clock = clock
        self._verified: OrderedDict[str, Claims] = OrderedDict()  # a front end sends the same token again and again

    def issue(self, account: Account) -> IssuedToken:
        """Make a new token for ``account``."""
        now = self._clock().replace(microsecond=0)
        expires = now + self._life
        claims = {
            "iss": _ISSUER,
            "sub": account.id,
            "iat": int(now.timestamp()),
            "exp": int(expires.timestamp()),
            "jti": secrets.token_urlsafe(16),
            "gen": account.generation,
        }
        text = jwt.encode(claims, self._secret, algorithm=_ALGORITHM, headers={"kid": self._kid})
        return IssuedToken(text, expires)

    def verify(self, text: str) -> Claims:
        """Return what the token says. Raises :class:`errors.Unauthorized` if it has expired or is not one of ours."""
        claims = self._verified.get(text)
        if claims is None:
            claims = self._claims(text)
            self._verified[text] = claims
            if len(self._verified) > _REMEMBERED:
                self._verified.popitem(last=False)
        if claims.expires <= self._clock():
            raise errors.Unauthorized("This token has expired; log in again to get a new one.")
        return claims

    def _claims(self, text: str) -> Claims:
        payload = self._payload(text)
        subject, jti = payload.get("sub"), payload.get("jti")
        if not (isinstance(subject, str) and subject and isinstance(jti, str) and jti):
            raise _not_valid()
        _whole(payload, "iat")
        try:
            expires = datetime.fromtimestamp(_whole(payload, "exp"), UTC)
        except (OverflowError, OSError, ValueError) as error:
            raise _not_valid() from error
        return Claims(subject, expires, jti, _whole(payload, "gen"))

    def _payload(self, text: str) -> Mapping[str, Any]:
        if len(text) > _MAX_LENGTH:
            raise _not_valid()
        try:
            payload: dict[str, Any] = jwt.decode(
                text, self._secret, algorithms=[_ALGORITHM], issuer=_ISSUER, options=dict(_OPTIONS)
            )
        # Beyond its own errors: ValueError for text that is not UTF-8, RecursionError for nested JSON in the header,
        # TypeError for values of another kind than expected.
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
            raise _not_valid() from error
        return payload


def _whole(claims: Mapping[str, Any], name: str) -> int:
    """Return the claim ``name`` if it is a whole number; a token of ours has no other."""
    value = claims.get(name)
    if type(value) is not int:
        raise _not_valid()
    return value


def _not_valid() -> errors.Unauthorized:
    return errors.Unauthorized("This token is not valid; log in again to get a new one.")
