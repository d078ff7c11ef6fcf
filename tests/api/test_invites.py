"""Registration by invite, over HTTP."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from yarl import URL

from tests.api.conftest import PASSWORD, Login, problem
from tgcfd.accounts.invites import Admission
from tgcfd.accounts.model import Role
from tgcfd.accounts.passwords import Passwords
from tgcfd.accounts.registration import register
from tgcfd.places import DATABASE
from tgcfd.settings import AccountSettings, Registration, Settings
from tgcfd.storage.database import Database

PATH = "/api/admin/invites"
BOB = {"email": "bob@example.org", "password": PASSWORD, "name": "Bob"}


@pytest.fixture(params=["invite"])
def settings(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    return replace(settings, accounts=AccountSettings(registration=Registration(request.param)))


@pytest.fixture
async def ann(api: Any, settings: Settings) -> Login:
    """An admin, made by the host's owner."""
    database, passwords = Database(settings.state_dir / DATABASE), Passwords()
    await database.open()
    fields = {"email": "ann@example.org", "password": PASSWORD, "name": "Ann", "slug": None}
    await register(database, passwords, **fields, admit=lambda _: Admission(Role.ADMIN))
    await passwords.close()
    await database.close()
    return await log_in(api, "ann@example.org")


async def log_in(api: Any, email: str) -> Login:
    answer = await api.post("/api/auth/login", data={"username": email, "password": PASSWORD})
    return Login(email, (await answer.json())["access_token"])


async def make(api: Any, admin: Login, **body: object) -> dict[str, Any]:
    answer = await api.post(PATH, json=body, headers=admin.headers)
    assert answer.status == 201
    made: dict[str, Any] = await answer.json()
    return made


async def test_a_page_learns_how_one_gets_an_account(api: Any) -> None:
    answer = await api.get("/api/auth/policy")
    assert await answer.json() == {"registration": "invite", "second_factor": "optional"}


async def test_who_has_no_invite_gets_no_account(api: Any, ann: Login) -> None:
    await problem(await api.post("/api/auth/register", json=BOB), 403, "invite_needed")
    await problem(await api.post("/api/auth/register", json=BOB | {"invite": "0" * 32}), 403, "invite_not_good")


async def test_an_invite_makes_one_account_of_five_at_once(api: Any, ann: Login) -> None:
    made = await make(api, ann, note="Bob", expires_hours=1)
    assert made["link"] == f"{api.make_url('/')}#invite={made['code']}"
    bodies = [BOB | {"email": f"p{number}@example.org", "invite": made["code"]} for number in range(5)]
    answers = await asyncio.gather(*(api.post("/api/auth/register", json=body) for body in bodies))
    assert sorted(answer.status for answer in answers) == [201, 403, 403, 403, 403]

    listed = await (await api.get(PATH, headers=ann.headers)).json()
    [item] = listed["items"]
    assert (item["state"], item["made_by"], item["note"]) == ("used", "ann", "Bob")
    assert made["code"] not in str(listed)
    await problem(await api.delete(f"{PATH}/{item['id']}", headers=ann.headers), 404, "not_found")


async def test_an_admin_may_ask_for_an_admin(api: Any, ann: Login) -> None:
    made = await make(api, ann, role="admin", current_password=PASSWORD)
    assert (await api.post("/api/auth/register", json=BOB | {"invite": made["code"]})).status == 201
    bob = await log_in(api, BOB["email"])
    assert (await api.get(PATH, headers=bob.headers)).status == 200


@pytest.mark.parametrize("typed", [{}, {"current_password": ""}, {"current_password": "wrong horse battery"}])
async def test_an_admin_is_not_asked_for_without_the_password(api: Any, ann: Login, typed: dict[str, str]) -> None:
    answer = await api.post(PATH, json={"role": "admin"} | typed, headers=ann.headers)
    found = await problem(answer, 422, "invalid_body")
    assert [error["pointer"] for error in found["errors"]] == ["/current_password"]
    assert (await (await api.get(PATH, headers=ann.headers)).json())["items"] == []


async def test_an_invite_can_be_withdrawn(api: Any, ann: Login) -> None:
    made = await make(api, ann)
    assert (await api.delete(f"{PATH}/{made['id']}", headers=ann.headers)).status == 204
    await problem(await api.post("/api/auth/register", json=BOB | {"invite": made["code"]}), 403, "invite_not_good")
    await problem(await api.delete(f"{PATH}/{made['id']}", headers=ann.headers), 404, "not_found")


async def test_they_are_listed_by_page(api: Any, ann: Login) -> None:
    made = [(await make(api, ann))["id"] for _ in range(3)]
    first = await (await api.get(f"{PATH}?limit=2", headers=ann.headers)).json()
    rest = await (await api.get(f"{PATH}?limit=2&before={first['next']}", headers=ann.headers)).json()
    assert [item["id"] for item in first["items"] + rest["items"]] == made[::-1]
    assert rest["next"] is None


async def test_a_person_makes_none(api: Any, ann: Login) -> None:
    made = await make(api, ann)
    await api.post("/api/auth/register", json=BOB | {"invite": made["code"]})
    bob = await log_in(api, BOB["email"])
    for answer in (
        await api.get(PATH, headers=bob.headers),
        await api.post(PATH, json={}, headers=bob.headers),
        await api.delete(f"{PATH}/{made['id']}", headers=bob.headers),
    ):
        await problem(answer, 403, "forbidden")


@pytest.mark.parametrize(
    "body", [{"role": "root"}, {"expires_hours": 721}, {"expires_hours": 1.5}, {"note": "a\nb"}, {"more": 1}]
)
async def test_what_is_wrong_with_one_is_said(api: Any, ann: Login, body: dict[str, object]) -> None:
    await problem(await api.post(PATH, json=body, headers=ann.headers), 422, "invalid_body")


@pytest.mark.parametrize("settings", ["closed"], indirect=True)
async def test_where_registration_is_closed_the_owner_alone_invites(api: Any, ann: Login) -> None:
    await problem(await api.post("/api/auth/register", json=BOB), 403, "registration_closed")
    await problem(await api.post(PATH, json={}, headers=ann.headers), 403, "registration_closed")


@pytest.mark.parametrize("number", ["0", "-1", "x", "1.5", "9" * 30, "%0a1", "1%0a"])
async def test_what_is_no_number_names_none(api: Any, ann: Login, number: str) -> None:
    await make(api, ann)
    answer = await api.delete(URL(f"{PATH}/{number}", encoded=True), headers=ann.headers)
    await problem(answer, 404, "not_found")
