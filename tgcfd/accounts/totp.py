"""Codes of authenticator apps (TOTP, RFC 6238): six digits, another every 30 seconds. Nothing else imports pyotp."""

from __future__ import annotations

import hmac

import pyotp

STEP = 30
"""Seconds."""

_TOLERANCE = 1
"""Steps that a phone's clock may be behind or ahead."""


def new_secret() -> str:
    """Make a secret of 160 bits (RFC 4226 section 4), in base32 as apps take it."""
    return str(pyotp.random_base32(32))


def uri(secret: str, email: str, issuer: str) -> str:
    """Return what an app reads as a QR code."""
    return str(pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=issuer))


def step_of(secret: str, code: str, now: float, after: int) -> int | None:
    """Return the time step that a code belongs to, among those around ``now`` (seconds since the epoch).

    ``after``: the last step whose code was taken; neither it nor an earlier one is taken again. None: a wrong code.
    """
    totp, current = pyotp.TOTP(secret, interval=STEP), int(now // STEP)
    steps = range(max(after + 1, current - _TOLERANCE), current + _TOLERANCE + 1)
    # All are compared, in a time that says nothing of which is right. generate_otp takes no negative step.
    right = [step for step in steps if hmac.compare_digest(totp.generate_otp(step), code)]
    return right[-1] if right else None
