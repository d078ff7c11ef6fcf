"""Whatever a client sends, it gets a clear error: never a 5xx, never a traceback, never half a file."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import io
import json
import re
import sqlite3
import time
from pathlib import Path
from typing import Any

import jwt
import pytest

from tests.api.conftest import PASSWORD, Login, problem
from tests.api.test_admin import make_admin
from tgcfd.accounts import keys
from tgcfd.api.contract import operations
from tgcfd.settings import Settings

BODIES = [
    (method, path.replace("{slug}", "alice"))
    for (method, path), operation in operations().items()
    if "application/json" in operation.bodies
]
PROTECTED = [(method, path) for (method, path), operation in operations().items() if not operation.public]
JSON = {"Content-Type": "application/json"}

MALFORMED = {
    "cut off": b'{"email": "a',
    "not UTF-8": b'{"email": "\xff"}',
    "NaN": b'{"email": NaN}',
    "infinity": b'{"email": -Infinity}',
    "a key twice": b'{"email": 1, "email": 2}',
    "deeply nested": b'{"email": ' + b"[" * 30_000,
    "deeply nested objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "a number of 10,000 digits": b'{"email": ' + b"9" * 10_000 + b"}",
    "NUL": b"\0",
    "two values": b"{} {}",
}


OTHER_KINDS = ["text/plain", "application/xml", "multipart/form-data; boundary=x", "", "x"]


@pytest.fixture
async def headers(api: Any, alice: Login, settings: Settings) -> dict[str, str]:
    """Of an admin, from the same origin: whatever is refused is refused for its body."""
    await make_admin(api, settings, alice)
    return alice.headers | JSON | {"Origin": str(api.make_url("/")).rstrip("/")}


async def answers(api: Any, method: str, path: str, requests: dict[str, dict[str, Any]]) -> dict[str, tuple[int, str]]:
    """What becomes of each request: its status and its code."""
    found = {}
    for name, request in requests.items():
        response = await api.request(method, path, **request)
        body = await response.json(content_type="application/problem+json")
        assert "Traceback" not in str(body)
        found[name] = (response.status, body["code"])
    return found


@pytest.mark.parametrize(("method", "path"), BODIES)
async def test_malformed_json(api: Any, headers: dict[str, str], method: str, path: str) -> None:
    requests = {name: {"data": body, "headers": headers} for name, body in MALFORMED.items()}
    assert await answers(api, method, path, requests) == dict.fromkeys(requests, (400, "malformed_body"))


@pytest.mark.parametrize(("method", "path"), BODIES)
async def test_json_that_is_not_an_object(api: Any, headers: dict[str, str], method: str, path: str) -> None:
    texts = ("[]", '"text"', "5", "null", "true")
    requests = {text: {"data": text, "headers": headers} for text in texts}
    assert await answers(api, method, path, requests) == dict.fromkeys(requests, (422, "invalid_body"))


@pytest.mark.parametrize(("method", "path"), BODIES)
async def test_a_body_of_10_megabytes(api: Any, headers: dict[str, str], method: str, path: str) -> None:
    body = b'{"a": "' + b"x" * 10_000_000 + b'"}'
    response = await api.request(method, path, data=io.BytesIO(body), headers=headers)
    await problem(response, 413, "body_too_large")


@pytest.mark.parametrize(("method", "path"), BODIES)
async def test_a_wrong_content_type(api: Any, headers: dict[str, str], method: str, path: str) -> None:
    requests = {kind: {"data": b"{}", "headers": headers | {"Content-Type": kind}} for kind in OTHER_KINDS}
    assert await answers(api, method, path, requests) == dict.fromkeys(requests, (415, "unsupported_media_type"))


async def test_a_compressed_body_is_refused(api: Any) -> None:
    headers = JSON | {"Content-Encoding": "br"}
    await problem(await api.post("/api/auth/login", data=b"x", headers=headers), 415, "unsupported_media_type")


async def test_forms_that_cannot_be_read(api: Any) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for body in (b"username=%ff", b"username=a&username=b", b"&".join(b"a%d=1" % n for n in range(100)), b"\xff=1"):
        await problem(await api.post("/api/auth/login", data=body, headers=form), 400, "malformed_body")
    for body in (b"", b"username=a", b"username=a&password=b&grant_type=code"):
        await problem(await api.post("/api/auth/login", data=body, headers=form), 422, "invalid_body")


async def test_paths_and_methods_that_are_not_there(api: Any, alice: Login) -> None:
    await problem(await api.get("/api/nothing"), 404, "not_found")
    await problem(await api.get("/api/%00"), 404, "not_found")
    response = await api.delete("/api/run", headers=alice.headers)
    await problem(response, 405, "method_not_allowed")
    assert response.headers["Allow"] == "POST"


def _token(claims: dict[str, Any], key: str = "k" * 32, **header: Any) -> str:
    return jwt.encode(claims, key, algorithm="HS256", headers=header)


def _unsigned(claims: dict[str, Any]) -> str:
    parts = [json.dumps(part).encode() for part in ({"alg": "none", "typ": "JWT"}, claims)]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts) + "."


@pytest.mark.parametrize(("method", "path"), PROTECTED)
async def test_no_token_no_entry(api: Any, method: str, path: str) -> None:
    response = await api.request(method, re.sub(r"\{\w+\}", "1", path))
    await problem(response, 401, "unauthorized")
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


async def test_tokens_of_all_wrong_kinds(api: Any, alice: Login, settings: Any) -> None:
    good = jwt.decode(alice.token, options={"verify_signature": False})
    header = jwt.get_unverified_header(alice.token)
    key_file = settings.state_dir / "keys" / "jwt.key"
    key = keys.load_or_create(key_file).hex()
    now = int(time.time())

    def signed(**changes: Any) -> str:
        """A token with our own key: only what it says can be wrong with it."""
        claims = {name: value for name, value in (good | changes).items() if value is not None}
        return _token(claims, key, kid=header["kid"])

    async def status(token: str) -> int:
        response = await api.get("/api/users/me", headers={"Authorization": f"Bearer {token}"})
        if response.status != 200:
            await problem(response, 401, "unauthorized")
        return int(response.status)

    assert key_file.stat().st_mode & 0o777 == 0o600
    assert await status(signed()) == 200  # or the tokens below would prove nothing
    wrong = {
        "alg none": _unsigned(good),
        "other key": _token(good, kid=header["kid"]),
        "other algorithm": jwt.encode(good, key, algorithm="HS512", headers={"kid": header["kid"]}),
        "no dots": "abc",
        "long": "a" * 5000,
        "cut off": alice.token[:-5],
        "signature of another": alice.token.rsplit(".", 1)[0] + "." + _token(good).rsplit(".", 1)[1],
        "expired": signed(exp=now - 1),
        "exp is text": signed(exp="tomorrow"),
        "exp is huge": signed(exp=now + 10**15),
        "no exp": signed(exp=None),
        "no jti": signed(jti=None),
        "sub is a number": signed(sub=1),
        "nobody's": signed(sub="nobody"),
        "no session": signed(sid=None),
        "nobody's session": signed(sid="none"),
    }
    assert {kind: await status(token) for kind, token in wrong.items()} == dict.fromkeys(wrong, 401)


async def test_the_token_of_a_deleted_account(api: Any, alice: Login, settings: Any) -> None:
    with contextlib.closing(sqlite3.connect(settings.state_dir / "tgcfd.db", isolation_level=None)) as database:
        database.execute("pragma foreign_keys = on")
        assert database.execute("delete from account").rowcount == 1
    await problem(await api.get("/api/users/me", headers=alice.headers), 401, "unauthorized")


@pytest.mark.parametrize("header", ["Basic YTpi", "Bearer", "bearer  ", "Token x", "Bearer a b c"])
async def test_authorization_headers_that_are_no_bearer_token(api: Any, alice: Login, header: str) -> None:
    await problem(await api.get("/api/users/me", headers={"Authorization": header}), 401, "unauthorized")


async def test_a_refused_configuration_leaves_the_old_one(api: Any, alice: Login, settings: Any) -> None:
    good = {"forwards": [{"source": "@a_chat", "dest": ["@b_chat"]}]}
    assert (await api.post("/api/config", json=good, headers=alice.headers)).status == 200
    file = Path(settings.state_dir) / "users/alice/tgcf.config.yml"
    before = file.read_bytes()
    bad: list[tuple[dict[str, Any], str]] = [
        ({"nonsense": 1}, "/nonsense"),
        ({"forwards": [{"source": "+919999999999", "dest": ["@b_chat"]}]}, "/forwards/0/source"),
        ({"forwards": [{"source": "1_000", "dest": ["@b_chat"]}]}, "/forwards/0/source"),
        ({"past": {"delay": "5"}}, "/past/delay"),
        ({"past": {"delay": 10**400}}, "/past/delay"),
        ({"plugins": {"filter": {"text": {"regex": True, "blacklist": ["("]}}}}, "/plugins/filter/text/blacklist/0"),
        ({"bot_messages": {"start": "a\0b"}}, "/bot_messages/start"),
    ]
    for config, pointer in bad:
        answer = await (await api.post("/api/config", json=config, headers=alice.headers)).json(content_type=None)
        assert answer["status"] == 422, answer
        assert pointer in [error["pointer"] for error in answer["errors"]], answer
    assert file.read_bytes() == before
    assert sorted(path.name for path in file.parent.iterdir() if path.is_file()) == ["tgcf.config.yml"]


async def test_a_damaged_file_is_a_clear_conflict_and_is_kept(api: Any, alice: Login, settings: Any) -> None:
    folder = Path(settings.state_dir) / "users/alice"
    assert (await api.post("/api/config", json={}, headers=alice.headers)).status == 200
    bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join(f'*{chr(97 + n)}' for _ in range(9))}]\n" for n in range(12)
    )
    for damaged in (bomb, "forwards: [", "x: \0", "- 1\n", "[" * 5000):
        (folder / "tgcf.config.yml").write_text(damaged)
        await problem(await api.get("/api/config", headers=alice.headers), 409, "config_unreadable")
        assert (await api.post("/api/config", json={}, headers=alice.headers)).status == 200
        kept = [path for path in (folder / "history").iterdir() if path.read_text() == damaged]
        assert kept, damaged[:50]


async def test_two_log_ins_do_not_wait_for_each_other_for_ever(api: Any, alice: Login) -> None:
    fields = {"username": alice.email, "password": PASSWORD}
    answers = await asyncio.gather(*(api.post("/api/auth/login", data=fields) for _ in range(60)))
    codes = {answer.status for answer in answers}
    assert 200 in codes
    assert codes <= {200, 429}
    refused = [answer for answer in answers if answer.status == 429]
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in refused)
