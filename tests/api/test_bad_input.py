"""Whatever a client sends, it gets a clear error: never a 5xx, never a traceback, never half a file."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import time
from pathlib import Path
from typing import Any

import jwt
import pytest
from aiohttp import web

from tests.api.conftest import PASSWORD, Login, problem
from tgcfd.api.contract import operations

BODIES = [(method, path) for (method, path), operation in operations().items() if operation.bodies]
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


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED.keys())
@pytest.mark.parametrize(("method", "path"), BODIES)
async def test_malformed_json(api: Any, alice: Login, method: str, path: str, body: bytes) -> None:
    headers = alice.headers | JSON | {"Origin": str(api.make_url("/")).rstrip("/")}
    await problem(await api.request(method, path, data=body, headers=headers), 400, "malformed_body")


@pytest.mark.parametrize("value", [[], "text", 5, None, True])
@pytest.mark.parametrize(("method", "path"), BODIES)
async def test_json_that_is_not_an_object(api: Any, alice: Login, method: str, path: str, value: object) -> None:
    headers = alice.headers | JSON | {"Origin": str(api.make_url("/")).rstrip("/")}
    response = await api.request(method, path, data=json.dumps(value), headers=headers)
    await problem(response, 422, "invalid_body")


@pytest.mark.parametrize(("method", "path"), BODIES)
async def test_a_body_of_10_megabytes(api: Any, alice: Login, method: str, path: str) -> None:
    headers = alice.headers | JSON | {"Origin": str(api.make_url("/")).rstrip("/")}
    body = b'{"a": "' + b"x" * 10_000_000 + b'"}'
    response = await api.request(method, path, data=io.BytesIO(body), headers=headers)
    await problem(response, 413, "body_too_large")


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "multipart/form-data; boundary=x", "", "x"])
@pytest.mark.parametrize(("method", "path"), BODIES)
async def test_a_wrong_content_type(api: Any, alice: Login, method: str, path: str, content_type: str) -> None:
    headers = alice.headers | {"Content-Type": content_type, "Origin": str(api.make_url("/")).rstrip("/")}
    await problem(await api.request(method, path, data=b"{}", headers=headers), 415, "unsupported_media_type")


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
    response = await api.request(method, path)
    await problem(response, 401, "unauthorized")
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


async def test_tokens_of_all_wrong_kinds(api: Any, alice: Login, settings: Any, app: web.Application) -> None:
    good = jwt.decode(alice.token, options={"verify_signature": False})
    (key_file,) = (settings.state_dir / "keys").iterdir()
    real_header = jwt.get_unverified_header(alice.token)
    now = int(time.time())
    wrong = {
        "alg none": _unsigned(good),
        "other key": _token(good, kid=real_header.get("kid")),
        "empty": "",
        "no dots": "abc",
        "binary": "\u00e9.\u00e9.\u00e9",
        "long": "a" * 100_000,
        "cut off": alice.token[:-5],
        "signature of another": alice.token.rsplit(".", 1)[0] + "." + _token(good).rsplit(".", 1)[1],
        "sub is a number": _token(good | {"sub": 1}),
        "exp is text": _token(good | {"exp": "tomorrow"}),
        "exp is huge": _token(good | {"exp": now + 10**12}),
        "no exp": _token({key: value for key, value in good.items() if key != "exp"}),
    }
    assert key_file.stat().st_mode & 0o777 == 0o600
    for kind, token in wrong.items():
        headers = {"Authorization": f"Bearer {token}"}
        try:
            response = await api.get("/api/users/me", headers=headers)
        except ValueError:  # the client library itself refuses to send it
            continue
        if response.status == 400 and kind == "long":
            continue  # a header too long for HTTP; aiohttp answers that before any handler
        await problem(response, 401, "unauthorized")


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
