"""Access tokens: signed (JWT, RFC 7519), short-lived, each of a session."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

from tgcfd import errors
from tgcfd.accounts.keys import Keys

_ALGORITHM = "HS256"
_ISSUER = "tgcfd"
_MAX_LENGTH = 8 * 1024
_REMEMBERED = 1000
"""Good tokens whose signature is not checked again; whether they have expired is."""
_CLAIMS = ["sub", "sid", "iat", "exp", "jti", "iss"]

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
    session_id: str
    expires: datetime
    jti: str


def _now() -> datetime:
    return datetime.now(UTC)


class Tokens:
    """Issues and verifies tokens."""

    def __init__(
        self, keys: Keys, *, life: timedelta = timedelta(minutes=60), clock: Callable[[], datetime] = _now
    ) -> None:
        self._keys = keys
        self._life = life
        self._clock = clock
        self._verified: OrderedDict[str, Claims] = OrderedDict()  # a front end sends the same token again and again

    def use(self, keys: Keys) -> None:
        """Go on with these keys."""
        if keys != self._keys:
            self._keys = keys
            self._verified.clear()

    def issue(self, account_id: str, session_id: str, until: datetime) -> IssuedToken:
        """Make a new token of a session that ends at ``until``."""
        now = self._clock().replace(microsecond=0)
        expires = min(now + self._life, until.replace(microsecond=0))
        claims = {
            "iss": _ISSUER,
            "sub": account_id,
            "sid": session_id,
            "iat": int(now.timestamp()),
            "exp": int(expires.timestamp()),
            "jti": secrets.token_urlsafe(16),
        }
        key = self._keys.signing
        # PyJWT 2.6 takes bytes as well, but its types say str.
        text = jwt.encode(claims, key.secret.hex(), algorithm=_ALGORITHM, headers={"kid": key.kid})
        return IssuedToken(text, expires)

    def verify(self, text: str) -> Claims:
        """Return what the token says. Raises :class:`errors.Unauthorized` if it has expired or is not one of ours.

        Whether its session goes on is not known here.
        """
        claims = self._verified.get(text)
        if claims is None:
            claims = self._claims(text)
            self._verified[text] = claims
            if len(self._verified) > _REMEMBERED:
                self._verified.popitem(last=False)
        if claims.expires <= self._clock():
            raise errors.Unauthorized("This token has expired; use the refresh token, or log in again.")
        return claims

    def _claims(self, text: str) -> Claims:
        payload = self._payload(text)
        subject, session_id, jti = (_text(payload, name) for name in ("sub", "sid", "jti"))
        _whole(payload, "iat")
        try:
            expires = datetime.fromtimestamp(_whole(payload, "exp"), UTC)
        except (OverflowError, OSError, ValueError) as error:
            raise _not_valid() from error
        return Claims(subject, session_id, expires, jti)

    def _payload(self, text: str) -> Mapping[str, Any]:
        if len(text) > _MAX_LENGTH:
            raise _not_valid()
        try:
            header = jwt.get_unverified_header(text)
            key = self._keys.verifying(header.get("kid"), self._clock())
            if key is None or "crit" in header:  # not every PyJWT of Debian 12 looks for what must be understood
                raise _not_valid()
            payload: dict[str, Any] = jwt.decode(
                text, key.secret.hex(), algorithms=[_ALGORITHM], issuer=_ISSUER, options=dict(_OPTIONS)
            )
        # Beyond its own errors: ValueError for text that is not UTF-8, RecursionError for nested JSON in the header,
        # TypeError and AttributeError for values of another kind than expected.
        except (jwt.PyJWTError, ValueError, TypeError, AttributeError, RecursionError) as error:
            raise _not_valid() from error
        return payload


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    if not (isinstance(value, str) and value):
        raise _not_valid()
    return value


def _whole(claims: Mapping[str, Any], name: str) -> int:
    """Return the claim ``name`` if it is a whole number; a token of ours has no other."""
    value = claims.get(name)
    if type(value) is not int:
        raise _not_valid()
    return value


def _not_valid() -> errors.Unauthorized:
    return errors.Unauthorized("This token is not valid; log in again to get a new one.")
