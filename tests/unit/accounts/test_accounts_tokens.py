"""Only tokens that we signed, that are whole and have not expired let anyone in."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import jwt
import pytest

from tgcfd import errors
from tgcfd.accounts.keys import KEPT, Key, Keys
from tgcfd.accounts.tokens import Tokens

KEY = b"k" * 32
KID = Key.of(KEY).kid
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ALICE = ("id-alice", "sid-1", NOON + timedelta(days=30))
"""Whose tokens these are: account, session, and its end."""
GOOD = {
    "iss": "tgcfd",
    "sub": "id-alice",
    "iat": int(NOON.timestamp()),
    "exp": int(NOON.timestamp()) + 60,
    "jti": "j",
    "sid": "sid-1",
}


def at(moment: datetime, key: bytes = KEY) -> Tokens:
    return Tokens(Keys(Key.of(key)), clock=lambda: moment)


def part(value: object) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def forge(claims: object, header: object | None = None, key: str = KEY.hex()) -> str:
    """A token rightly signed, whatever it says: PyJWT itself would refuse to write some of them."""
    signed = f"{part({'alg': 'HS256', 'typ': 'JWT', 'kid': KID} if header is None else header)}.{part(claims)}"
    return f"{signed}.{part(hmac.digest(key.encode(), signed.encode(), hashlib.sha256))}"


def test_a_token_tells_whose_it_is_and_until_when() -> None:
    issued = at(NOON).issue(*ALICE)

    claims = at(NOON).verify(issued.text)

    assert (claims.account_id, claims.session_id) == ("id-alice", "sid-1")
    assert claims.expires == issued.expires == NOON + timedelta(hours=1)


def test_a_token_holds_what_was_agreed_and_no_more() -> None:
    text = at(NOON).issue(*ALICE).text

    assert set(jwt.decode(text, options={"verify_signature": False})) == {"iss", "sub", "iat", "exp", "jti", "sid"}
    header = jwt.get_unverified_header(text)
    assert (header["alg"], set(header)) == ("HS256", {"alg", "typ", "kid"})


def test_no_two_tokens_are_alike() -> None:
    tokens = at(NOON)

    assert tokens.verify(tokens.issue(*ALICE).text).jti != tokens.verify(tokens.issue(*ALICE).text).jti


def test_the_forged_token_of_these_tests_would_be_valid() -> None:
    assert at(NOON).verify(forge(GOOD)).account_id == "id-alice"


def test_a_token_is_valid_until_its_last_second_and_then_says_that_it_expired() -> None:
    text = at(NOON).issue(*ALICE).text

    at(NOON + timedelta(hours=1, seconds=-1)).verify(text)
    with pytest.raises(errors.Unauthorized, match="expired; use the refresh token"):
        at(NOON + timedelta(hours=1)).verify(text)


def test_a_clock_that_was_set_back_locks_nobody_out() -> None:
    at(NOON - timedelta(hours=1)).verify(at(NOON).issue(*ALICE).text)


def without(claim: str) -> dict[str, object]:
    return {key: value for key, value in GOOD.items() if key != claim}


WRONG_CLAIMS = [
    *(without(claim) for claim in GOOD),
    *({**GOOD, claim: value} for claim in GOOD for value in (None, [], {}, True, "", 1.5, float("inf"), float("nan"))),
    {**GOOD, "sub": 7},
    {**GOOD, "jti": 7},
    {**GOOD, "sid": 7},
    {**GOOD, "iss": "another"},
    {**GOOD, "exp": 10**30},
    {**GOOD, "exp": -(10**30)},
    {**GOOD, "exp": str(GOOD["exp"])},
    {**GOOD, "exp": float(GOOD["exp"])},
    {**GOOD, "iat": str(GOOD["iat"])},
    {**GOOD, "aud": "someone else"},
    {**GOOD, "aud": 7},
    [],
    "text",
    None,
    b"\xff\xfe",
    b"{",
    b"[" * 3000,
    b'{"exp":' + b"9" * 4400 + b"}",
]


@pytest.mark.parametrize("claims", WRONG_CLAIMS, ids=lambda claims: repr(claims)[:60])
def test_claims_of_the_wrong_kind_are_not_valid(claims: object) -> None:
    with pytest.raises(errors.Unauthorized, match="not valid; log in again"):
        at(NOON).verify(forge(claims))


WRONG_HEADERS = [
    {"alg": "none", "kid": KID},
    {"alg": "None", "kid": KID},
    {"alg": "HS512", "kid": KID},
    {"alg": "RS256", "kid": KID},
    {"alg": ["HS256"], "kid": KID},
    {"alg": {}, "kid": KID},
    {"alg": None, "kid": KID},
    {"typ": "JWT", "kid": KID},
    {"alg": "HS256"},
    {"alg": "HS256", "kid": 7},
    {"alg": "HS256", "kid": ["x"]},
    {"alg": "HS256", "kid": "0123456789abcdef"},
    {"alg": "HS256", "crit": ["x"], "kid": KID},
    {"alg": "HS256", "crit": 7, "kid": KID},
    {"alg": "HS256", "b64": False, "kid": KID},
    [],
    b"[" * 3000,
    b"\xff",
    b"{",
]


@pytest.mark.parametrize("header", WRONG_HEADERS, ids=lambda header: repr(header)[:40])
def test_headers_of_the_wrong_kind_are_not_valid(header: object) -> None:
    with pytest.raises(errors.Unauthorized, match="not valid"):
        at(NOON).verify(forge(GOOD, header))


def changed(text: str) -> str:
    head, _, signature = text.split(".")
    return f"{head}.{part({**GOOD, 'sub': 'id-bob'})}.{signature}"


GENUINE = at(NOON).issue(*ALICE).text


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "..",
        "...",
        "a.b.c",
        "ключ",
        "\ud800.\ud800.\ud800",
        "\0",
        GENUINE[:-2],
        GENUINE.rsplit(".", 1)[0] + ".",
        GENUINE.rsplit(".", 1)[0],
        GENUINE + ".x",
        changed(GENUINE),
        "x" * 10_000_000,
        forge(GOOD, key="another key, of the same length."),
        f"{part({'alg': 'none', 'kid': KID})}.{part(GOOD)}.",
    ],
    ids=lambda text: text[:30].encode("ascii", "replace").decode(),
)
def test_what_we_did_not_sign_is_not_valid(text: str) -> None:
    with pytest.raises(errors.Unauthorized, match="not valid"):
        at(NOON).verify(text)


def test_a_token_of_another_host_is_not_valid_and_expiry_does_not_show() -> None:
    text = at(NOON - timedelta(days=2), key=b"o" * 32).issue(*ALICE).text

    with pytest.raises(errors.Unauthorized, match="not valid"):
        at(NOON).verify(text)


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_another_algorithm_is_not_valid_even_with_our_key(algorithm: str) -> None:
    key, tokens = KEY * 2, at(NOON, KEY * 2)
    header = {"kid": Key.of(key).kid}
    assert tokens.verify(jwt.encode(GOOD, key.hex(), algorithm="HS256", headers=header))

    with pytest.raises(errors.Unauthorized, match="not valid"):
        tokens.verify(jwt.encode(GOOD, key.hex(), algorithm=algorithm, headers=header))


def test_a_token_that_is_too_long_is_not_even_looked_at() -> None:
    with pytest.raises(errors.Unauthorized, match="not valid"):
        at(NOON).verify(forge({**GOOD, "more": "x" * 8000}))


def test_no_token_outlives_its_session() -> None:
    until = NOON + timedelta(minutes=5)

    assert at(NOON).issue("id-alice", "sid-1", until).expires == until


def test_a_key_that_gave_way_verifies_what_it_has_signed_and_signs_no_more() -> None:
    # given a token of the key of before
    old, new = Key.of(KEY, until=NOON + KEPT), Key.of(b"n" * 32)
    text = at(NOON).issue(*ALICE).text
    tokens = at(NOON)
    tokens.verify(text)

    # when another takes its place
    tokens.use(Keys(new, (old,)))

    # then it is good as before, and new ones are signed by the new one
    assert tokens.verify(text).session_id == "sid-1"
    assert jwt.get_unverified_header(tokens.issue(*ALICE).text)["kid"] == new.kid
    # until the old key is forgotten, or its time is over
    tokens.use(Keys(new))
    with pytest.raises(errors.Unauthorized, match="not valid"):
        tokens.verify(text)
    late = Tokens(Keys(new, (old,)), clock=lambda: NOON + KEPT)
    with pytest.raises(errors.Unauthorized, match="not valid"):
        late.verify(forge({**GOOD, "exp": int((NOON + 2 * KEPT).timestamp())}))
