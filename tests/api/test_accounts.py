"""Registration, log-in and one's own account."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.api.conftest import PASSWORD, Login, problem
from tgcfd.accounts.sessions import Sessions
from tgcfd.errors import Busy


async def test_register_answers_201_without_the_password(api: Any) -> None:
    body = {"email": "alice@example.org", "password": PASSWORD, "name": "Alice"}
    response = await api.post("/api/auth/register", json=body)
    assert response.status == 201
    assert await response.json() == {"email": "alice@example.org", "name": "Alice", "slug": "alice", "role": "person"}


async def test_an_email_can_be_registered_once(api: Any, alice: Login) -> None:
    body = {"email": "ALICE@example.org", "password": PASSWORD, "name": "Other"}
    await problem(await api.post("/api/auth/register", json=body), 409, "email_taken")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"email": None}, "/email"),
        ({"email": "nobody"}, "/email"),
        ({"email": "a@b\n.org"}, "/email"),
        ({"email": 5}, "/email"),
        ({"password": "short"}, "/password"),
        ({"password": "alice@example.org"}, "/password"),
        ({"password": "password123"}, "/password"),
        ({"password": "x" * 300}, "/password"),
        ({"name": ""}, "/name"),
        ({"name": "x" * 101}, "/name"),
        ({"slug": "Root!"}, "/slug"),
        ({"role": "admin"}, "/role"),
        ({"name": "a\0b"}, "/name"),
        ({"name": "\ud800"}, "/name"),
    ],
)
async def test_weak_missing_or_unknown_fields_are_named(api: Any, change: dict[str, Any], pointer: str) -> None:
    body = {"email": "alice@example.org", "password": PASSWORD, "name": "Alice"} | change
    body = {key: value for key, value in body.items() if value is not None}
    answer = await problem(await api.post("/api/auth/register", json=body), 422, "invalid_body")
    assert [error["pointer"] for error in answer["errors"]] == [pointer]


@pytest.mark.parametrize("kind", ["form", "json"])
async def test_log_in_both_ways(api: Any, alice: Login, kind: str) -> None:
    fields = {"username": alice.email, "password": PASSWORD}
    sent = {"data": fields | {"grant_type": "password"}} if kind == "form" else {"json": fields}
    response = await api.post("/api/auth/login", **sent)
    answer = await response.json()
    assert (response.status, answer["token_type"]) == (200, "bearer")
    me = await api.get("/api/users/me", headers={"Authorization": f"Bearer {answer['access_token']}"})
    assert (await me.json())["email"] == alice.email


async def test_unknown_address_and_wrong_password_get_the_same_answer(api: Any, alice: Login) -> None:
    answers = [
        await problem(await api.post("/api/auth/login", data=fields), 401, "wrong_login")
        for fields in (
            {"username": alice.email, "password": "wrong horse battery"},
            {"username": "nobody@example.org", "password": PASSWORD},
            {"username": "no address", "password": PASSWORD},
        )
    ]
    for answer in answers:
        del answer["request_id"]
    assert answers[0] == answers[1] == answers[2]


async def test_name_and_password_can_be_changed(api: Any, alice: Login) -> None:
    change = {"name": "Alice B.", "current_password": PASSWORD, "new_password": "another long password"}
    response = await api.put("/api/users/me", json=change, headers=alice.headers)
    assert (response.status, (await response.json())["name"]) == (200, "Alice B.")
    # every log-in has ended, but who changed it has a new one
    answer = await response.json()
    await problem(await api.get("/api/users/me", headers=alice.headers), 401, "unauthorized")
    renewed = {"Authorization": f"Bearer {answer['access_token']}"}
    assert (await api.get("/api/users/me", headers=renewed)).status == 200
    old = await api.post("/api/auth/login", data={"username": alice.email, "password": PASSWORD})
    new = await api.post("/api/auth/login", data={"username": alice.email, "password": "another long password"})
    assert (old.status, new.status) == (401, 200)


async def test_a_new_password_needs_the_current_one(api: Any, alice: Login) -> None:
    for change in (
        {"new_password": "another long password"},
        {"new_password": "another long password", "current_password": "wrong horse battery"},
    ):
        answer = await problem(await api.put("/api/users/me", json=change, headers=alice.headers), 422, "invalid_body")
        assert [error["pointer"] for error in answer["errors"]] == ["/current_password"]


async def test_a_browser_session_by_cookie(api: Any, alice: Login) -> None:
    origin = {"Origin": str(api.make_url("/")).rstrip("/")}
    fields = {"username": alice.email, "password": PASSWORD}
    # another site cannot log its visitor in
    foreign = {"Origin": "http://evil.example"}
    await problem(await api.post("/api/auth/session", json=fields, headers=foreign), 403, "foreign_origin")
    # our own page can, and the cookie is out of reach for scripts
    response = await api.post("/api/auth/session", json=fields, headers=origin)
    assert response.status == 200
    cookie = response.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite" in cookie
    assert (await api.get("/api/users/me")).status == 200
    # another site cannot use it
    await problem(await api.put("/api/users/me", json={"name": "X"}, headers=foreign), 403, "foreign_origin")
    await problem(await api.put("/api/users/me", json={"name": "X"}), 403, "foreign_origin")
    assert (await api.put("/api/users/me", json={"name": "X"}, headers=origin)).status == 200
    # a new password ends it elsewhere, and gives this browser a new one
    change = {"current_password": PASSWORD, "new_password": "another long password"}
    before = cookie.split("=")[1].split(";")[0]
    response = await api.put("/api/users/me", json=change, headers=origin)
    assert (response.status, "access_token" in await response.json()) == (200, False)
    assert (await api.get("/api/users/me")).status == 200
    api.session.cookie_jar.clear()
    old = {"Cookie": f"tgcfd_session={before}"}
    await problem(await api.get("/api/users/me", headers=old), 401, "unauthorized")
    fields["password"] = "another long password"
    assert (await api.post("/api/auth/session", json=fields, headers=origin)).status == 200
    # and it ends
    assert (await api.delete("/api/auth/session", headers=origin)).status == 204
    await problem(await api.get("/api/users/me"), 401, "unauthorized")


async def test_a_new_password_is_set_even_if_nobody_can_be_logged_in_anew_at_once(
    api: Any, alice: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def busy(*_arguments: object, **_more: object) -> None:
        raise Busy("too much")

    change = {"current_password": PASSWORD, "new_password": "another long password"}
    with monkeypatch.context() as patch:
        patch.setattr(Sessions, "begin", busy)
        answer = await api.put("/api/users/me", json=change, headers=alice.headers)

    # who were told that it failed would not know which password counts
    assert (answer.status, "access_token" in await answer.json()) == (200, False)
    fields = {"username": alice.email, "password": "another long password"}
    assert (await api.post("/api/auth/login", json=fields)).status == 200


async def test_fifty_at_once_get_one_account(api: Any) -> None:
    body = {"email": "alice@example.org", "password": PASSWORD, "name": "Alice"}
    answers = await asyncio.gather(*(api.post("/api/auth/register", json=body) for _ in range(50)))
    codes = [answer.status for answer in answers]
    assert codes.count(201) == 1
    assert set(codes) <= {201, 409, 429}
