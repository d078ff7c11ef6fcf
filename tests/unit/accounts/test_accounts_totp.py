"""Codes of authenticator apps, against the vectors of RFC 6238."""

from __future__ import annotations

import base64
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from tgcfd.accounts import totp

SECRET = base64.b32encode(b"12345678901234567890").decode()  # RFC 6238, appendix B; there with 8 digits
VECTORS = [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (2000000000, "279037")]


@pytest.mark.parametrize(("now", "code"), VECTORS)
def test_codes_are_those_of_the_rfc(now: int, code: str) -> None:
    assert totp.step_of(SECRET, code, now, after=0) == now // 30


@pytest.mark.parametrize(("late", "good"), [(-31, False), (-30, True), (0, True), (59, True), (60, False)])
def test_a_clock_may_be_one_step_off(late: int, good: bool) -> None:
    begins = 1111111110  # of a step
    assert (totp.step_of(SECRET, "050471", begins + late, after=0) is not None) is good


def test_no_step_is_taken_twice() -> None:
    step = 1111111111 // 30
    assert totp.step_of(SECRET, "050471", 1111111111, after=step - 1) == step
    assert totp.step_of(SECRET, "050471", 1111111111, after=step) is None
    assert totp.step_of(SECRET, "081804", 1111111111, after=step) is None, "nor an earlier one"


def test_secrets_are_long_and_never_the_same() -> None:
    made = {totp.new_secret() for _ in range(100)}
    assert len(made) == 100
    assert all(len(base64.b32decode(secret)) == 20 for secret in made)


def test_an_app_reads_secret_account_and_issuer() -> None:
    uri = urlsplit(totp.uri(SECRET, "alice+tg@example.org", "tgcfd example.org"))
    assert (uri.scheme, uri.netloc) == ("otpauth", "totp")
    assert unquote(uri.path) == "/tgcfd example.org:alice+tg@example.org"
    assert parse_qs(uri.query) == {"secret": [SECRET], "issuer": ["tgcfd example.org"]}
