"""Who gets what answer: one table of all that the contract offers, tried by each kind of log-in."""

from __future__ import annotations

import asyncio
import re
import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import DummyCookieJar, WSServerHandshakeError, web
from aiohttp.test_utils import TestClient

from tests.api.conftest import PASSWORD, Server
from tests.api.images import png
from tgcfd.accounts import keys
from tgcfd.accounts.administration import Administration
from tgcfd.accounts.model import Role
from tgcfd.accounts.passwords import Passwords
from tgcfd.accounts.tokens import Tokens
from tgcfd.api.contract import operations
from tgcfd.app import build_app
from tgcfd.places import DATABASE, KEYS
from tgcfd.settings import AccountSettings, Registration, Settings, SupervisorKind
from tgcfd.storage.database import Database

TABLE = """
by        how one may be logged in: by cookie, by bearer token, either; - nobody need be
scope     what the log-in has to be good for: an API token for this alone does; account: no API token does
nobody    who sends nothing
expired   Alice, by what has expired
disabled  Dan, whose account is disabled, by what would be good otherwise
lacking   Ruth, an admin, by an API token for everything but the scope
other     Bob, who reaches for what is Alice's; . where nothing of hers can be named
admin     Ruth, who reaches for what is Alice's, or looks after Carol; the only admin who may enter
person    Alice, with what is hers, and after everybody else has tried
101       the socket opens and says hello; who has brought nothing that is good is refused at the first message at last

operation                                           by      scope    nobody expired disabled lacking other admin person
POST   /api/auth/register                           -       -        201    201     201      201     .     201   201
GET    /api/auth/policy                             -       -        200    200     200      200     .     200   200
POST   /api/auth/login                              -       -        401    200     401      200     .     200   200
GET    /api/auth/session                            -       -        200    200     200      200     .     200   200
POST   /api/auth/session                            -       -        401    200     401      200     .     200   200
DELETE /api/auth/session                            cookie  read     401    401     401      403     .     204   204
POST   /api/auth/refresh                            -       -        401    401     401      401     .     200   200
POST   /api/auth/logout                             bearer  account  401    401     401      403     .     204   204
GET    /api/auth/sessions                           either  account  401    401     401      403     .     200   200
DELETE /api/auth/sessions                           either  account  401    401     401      403     .     204   204
DELETE /api/auth/sessions/{id}                      either  account  401    401     401      403     404   404   204
GET    /api/auth/tokens                             either  account  401    401     401      403     .     200   200
POST   /api/auth/tokens                             either  account  401    401     401      403     .     201   201
DELETE /api/auth/tokens/{id}                        either  account  401    401     401      403     404   404   204
GET    /api/users/me                                either  read     401    401     401      403     .     200   200
PUT    /api/users/me                                either  account  401    401     401      403     .     200   200
POST   /api/users/me/delete                         either  account  401    401     401      403     .     409   204
GET    /api/users/me/export                         either  account  401    401     401      403     .     200   200
GET    /api/users/me/second-factor                  either  read     401    401     401      403     .     200   200
POST   /api/users/me/second-factor/begin            either  account  401    401     401      403     .     200   200
POST   /api/users/me/second-factor/confirm          either  account  401    401     401      403     .     409   409
POST   /api/users/me/second-factor/recovery-codes   either  account  401    401     401      403     .     409   409
POST   /api/users/me/second-factor/off              either  account  401    401     401      403     .     409   409
GET    /api/config                                  either  read     401    401     401      403     .     200   200
POST   /api/config                                  either  config   401    401     401      403     .     200   200
PATCH  /api/config                                  either  config   401    401     401      403     .     200   200
GET    /api/config/yaml                             either  read     401    401     401      403     .     200   200
PUT    /api/config/yaml                             either  config   401    401     401      403     .     200   200
POST   /api/config/preview                          either  config   401    401     401      403     .     200   200
GET    /api/config/versions                         either  read     401    401     401      403     .     200   200
GET    /api/config/versions/{id}                    either  read     401    401     401      403     404   404   200
GET    /api/config/versions/{id}/diff               either  read     401    401     401      403     404   404   200
POST   /api/config/versions/{id}/restore            either  config   401    401     401      403     404   404   200
POST   /api/config/import                           either  config   401    401     401      403     .     200   200
GET    /api/config/export                           either  read     401    401     401      403     .     200   200
POST   /api/config/export                           either  account  401    401     401      403     .     200   200
GET    /api/watermark                               either  read     401    401     401      403     .     404   200
PUT    /api/watermark                               either  config   401    401     401      403     .     200   200
DELETE /api/watermark                               either  config   401    401     401      403     .     204   204
GET    /api/watermark/about                         either  read     401    401     401      403     .     200   200
GET    /api/config/schema                           -       -        200    200     200      200     .     200   200
POST   /api/run                                     either  run      401    401     401      403     .     409   409
POST   /api/restart                                 either  run      401    401     401      403     .     409   409
POST   /api/stop                                    either  run      401    401     401      403     .     200   200
GET    /api/status                                  either  read     401    401     401      403     .     200   200
GET    /api/usage                                   either  read     401    401     401      403     .     200   200
GET    /ws/logs                                     either  read     401    401     401      403     .     101   101
GET    /api/logs                                    either  read     401    401     401      403     .     200   200
GET    /api/logs/download                           either  read     401    401     401      403     .     200   200
GET    /api/events                                  either  read     401    401     401      403     .     200   200
GET    /ws/events                                   either  read     401    401     401      403     .     101   101
GET    /api/audit                                   either  read     401    401     401      403     .     200   200
GET    /api/admin/users                             either  admin    401    401     401      403     .     200   403
GET    /api/admin/users/{slug}                      either  admin    401    401     401      403     403   200   403
PATCH  /api/admin/users/{slug}                      either  admin    401    401     401      403     403   200   403
POST   /api/admin/users/{slug}/delete               either  admin    401    401     401      403     403   204   403
POST   /api/admin/users/{slug}/stop                 either  admin    401    401     401      403     403   204   403
POST   /api/admin/users/{slug}/log-out              either  admin    401    401     401      403     403   204   403
POST   /api/admin/users/{slug}/second-factor-off    either  admin    401    401     401      403     403   204   403
GET    /api/admin/workers                           either  admin    401    401     401      403     .     200   403
GET    /api/admin/profiles                          either  admin    401    401     401      403     .     200   403
GET    /api/admin/invites                           either  admin    401    401     401      403     .     200   403
POST   /api/admin/invites                           either  admin    401    401     401      403     .     201   403
DELETE /api/admin/invites/{id}                      either  admin    401    401     401      403     403   204   403
GET    /api/admin/audit                             either  admin    401    401     401      403     .     200   403
GET    /healthz                                     -       -        200    200     200      200     .     200   200
GET    /readyz                                      -       -        200    200     200      200     .     200   200
GET    /api/openapi.json                            -       -        200    200     200      200     .     200   200
GET    /api/docs                                    -       -        200    200     200      200     .     200   200
GET    /api/docs.css                                -       -        200    200     200      200     .     200   200
"""

COLUMNS = ("nobody", "expired", "disabled", "lacking", "other", "admin", "person")
WAYS = ("token", "cookie", "api_token")
SCHEMES = {"token": "bearer", "cookie": "cookie", "api_token": "bearer"}
BY_FIRST_MESSAGE = {("GET", "/ws/logs"), ("GET", "/ws/events")}
"""Whoever sends nothing may open these, and has to send a token as the first message."""


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    method: str
    path: str
    by: str
    scope: str
    cells: dict[str, str]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def expected(self, column: str, way: str) -> int | None:
        """The status; None where there is nothing to try."""
        cell = self.cells[column]
        if cell == "." or (column == "lacking" and way != "api_token"):
            return None
        if column in {"other", "admin", "person"} and self.by != "-":
            if way == "api_token" and self.scope == "account":
                return 403
            if self.by not in {"either", SCHEMES[way]}:
                return 401
        return int(cell)


def read_table() -> list[Row]:
    rows = []
    _legend, _, lines = TABLE.partition("operation  ")
    for line in lines.splitlines()[1:]:
        method, path, by, scope, *cells = line.split()
        rows.append(Row(method, path, by, scope, dict(zip(COLUMNS, cells, strict=True))))
    return rows


ROWS = read_table()


# --- the host


@dataclass(frozen=True)
class Person:
    """Somebody, and all that they are logged in by. ``api_tokens``: by the scope that each lacks, and "account"."""

    email: str
    token: str
    refresh: str
    cookie: str
    api_tokens: dict[str, str]

    @property
    def sessions(self) -> list[str]:
        """The ids of those of refresh token and cookie."""
        return [text.split(".")[0] for text in (self.refresh, self.cookie)]


NOBODY = Person("nobody@example.org", "", "x", "", {})


@dataclass(frozen=True)
class World:
    """A host's data, who is there, and what there is to name in a path."""

    state: Path
    people: dict[str, Person]
    names: dict[str, str]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Made once; each test has a copy of its data."""
    state = tmp_path_factory.mktemp("matrix") / "state"
    with ThreadPoolExecutor(1) as pool:  # for a loop of its own
        return pool.submit(asyncio.run, make_world(state)).result()


async def make_world(state: Path) -> World:
    accounts = AccountSettings(registration=Registration.OPEN)
    app = build_app(replace(Settings(), state_dir=state, supervisor=SupervisorKind.PROCESS, accounts=accounts))
    async with TestClient(Server(app), cookie_jar=DummyCookieJar()) as api:
        await add_admin(state)
        for name in ("alice", "bob", "carol", "dan"):
            body = {"email": f"{name}@example.org", "password": PASSWORD, "name": name.title()}
            await ask(api, "/api/auth/register", body)
        alice, bob, dan = [await log_in(api, name, "read config run") for name in ("alice", "bob", "dan")]
        ruth = await log_in(api, "ruth", "read config run admin")
        expired = await log_in(api, "alice", "read config run", title="expired")
        names = await make_names(api, alice, ruth)
    with closing(sqlite3.connect(state / DATABASE)) as database, database:
        ids = dict(database.execute("select slug, id from account"))
        database.executemany("update session set expires = 1 where id = ?", [(id_,) for id_ in expired.sessions])
        database.execute("update api_token set expires = 1 where name like 'expired%'")
        # not as an admin would, who ends all that it is logged in by as well
        database.execute("update account set disabled = 1 where slug = 'dan'")
        database.execute(
            "insert into second_factor (account_id, secret, begun, since) values (?, 'A', 1, 1)", [ids["carol"]]
        )
    past = datetime.now(UTC) - timedelta(minutes=1)
    token = (
        Tokens(keys.load(state / KEYS)).issue(ids["alice"], alice.sessions[0], past).text
    )  # of a session that goes on
    people = {"alice": alice, "bob": bob, "dan": dan, "ruth": ruth, "expired": replace(expired, token=token)}
    return World(state, people, names)


async def add_admin(state: Path) -> None:
    """As the host's owner does."""
    database, passwords = Database(state / DATABASE), Passwords()
    await database.open()
    await Administration(database, passwords).add("ruth@example.org", PASSWORD, "Ruth", role=Role.ADMIN)
    await passwords.close()
    await database.close()


async def ask(api: Any, path: str, body: object, token: str = "") -> Any:
    headers = {"Origin": origin(api), "Authorization": f"Bearer {token}"}
    answer = await api.post(path, json=body, headers=headers)
    assert answer.status in {200, 201}, await answer.text()
    return answer


def origin(api: Any) -> str:
    return str(api.make_url("/")).rstrip("/")


async def log_in(api: Any, name: str, scopes: str, title: str = "lacks") -> Person:
    """By each kind."""
    body = {"username": f"{name}@example.org", "password": PASSWORD}
    tokens = await (await ask(api, "/api/auth/login", body)).json()
    cookie = (await ask(api, "/api/auth/session", body)).cookies["tgcfd_session"].value
    api_tokens = {}
    for lacking in ["account", *(scopes.split() if name == "ruth" else [])]:
        has = [scope for scope in scopes.split() if scope != lacking]
        fields = {"name": f"{title} {lacking}", "scopes": has, "current_password": PASSWORD}
        made = await (await ask(api, "/api/auth/tokens", fields, tokens["access_token"])).json()
        api_tokens[lacking] = made["token"]
    return Person(body["username"], tokens["access_token"], tokens["refresh_token"], cookie, api_tokens)


async def make_names(api: Any, alice: Person, ruth: Person) -> dict[str, str]:
    """What is named in paths: Alice's things, what an admin made, and Carol."""
    third = {"username": alice.email, "password": PASSWORD}
    session = (await (await ask(api, "/api/auth/login", third)).json())["refresh_token"].split(".")[0]
    fields = {"name": "named", "scopes": ["read"], "current_password": PASSWORD}
    token = (await (await ask(api, "/api/auth/tokens", fields, alice.token)).json())["id"]
    for mode in (1, 0):
        await ask(api, "/api/config", {"mode": mode}, alice.token)
    listed = await api.get("/api/config/versions", headers={"Authorization": f"Bearer {alice.token}"})
    version = (await listed.json())["items"][1]["id"]
    image = {"Authorization": f"Bearer {alice.token}", "Content-Type": "image/png"}
    assert (await api.put("/api/watermark", data=png(), headers=image)).status == 200
    invite = (await (await ask(api, "/api/admin/invites", {}, ruth.token)).json())["id"]
    return {
        "/api/auth/sessions/": session,
        "/api/auth/tokens/": token,
        "/api/config/versions/": version,
        "/api/admin/invites/": str(invite),
        "/api/admin/users/": "carol",
    }


# --- who asks, for what


def body_of(row: Row, person: Person, column: str) -> dict[str, Any]:
    """What is sent along, as arguments of a request; all of it is right."""
    credentials = {"username": person.email, "password": PASSWORD}
    current = {"current_password": PASSWORD}
    json: dict[str, dict[str, Any]] = {
        "/api/auth/register": {"email": f"new-{column}@example.org", "password": PASSWORD, "name": "New"},
        "/api/auth/login": credentials,
        "/api/auth/session": credentials,
        "/api/auth/refresh": {"refresh_token": "x" if column == "lacking" else person.refresh},
        "/api/auth/tokens": current | {"name": "one more", "scopes": ["read"]},
        "/api/users/me": {"name": "Other"},
        "/api/users/me/delete": current,
        "/api/users/me/second-factor/begin": current,
        "/api/users/me/second-factor/confirm": {"code": "123456"},
        "/api/users/me/second-factor/recovery-codes": current | {"code": "123456"},
        "/api/users/me/second-factor/off": current | {"code": "123456"},
        "/api/config": {"mode": 1},
        "/api/config/preview": {"text": "x"},
        "/api/config/import": {"files": [{"name": "tgcf.config.json", "content": '{"mode": 1}'}], "confirm": True},
        "/api/config/export": current | {"format": "json"},
        "/api/run": {"mode": "live"},
        "/api/admin/users/{slug}": {"profile": "standard", "disabled": True},
        "/api/admin/invites": {"note": "for Eve"},
    }
    if row.path == "/api/config/yaml" and row.method == "PUT":
        return {"data": b"mode: 1\n", "headers": {"Content-Type": "application/yaml"}}
    if row.path == "/api/watermark" and row.method == "PUT":
        return {"data": png(), "headers": {"Content-Type": "image/png"}}
    return {"json": json[row.path]} if row.method not in {"GET", "DELETE"} and row.path in json else {}


def headers_of(person: Person, way: str, lacking: str) -> dict[str, str]:
    """What says who asks."""
    if person is NOBODY:
        return {}
    if way == "cookie":
        return {"Cookie": f"tgcfd_session={person.cookie}"}
    token = person.token if way == "token" else person.api_tokens[lacking]
    return {"Authorization": f"Bearer {token}"}


def who_is(world: World, column: str) -> Person:
    names = {"disabled": "dan", "lacking": "ruth", "other": "bob", "admin": "ruth", "person": "alice"}
    return NOBODY if column == "nobody" else world.people[names.get(column, column)]


async def status_of(api: Any, row: Row, world: World, column: str, way: str) -> int:
    """Ask; a socket is opened."""
    person = who_is(world, column)
    path = re.sub(r"/([a-z]+/)\{\w+\}", lambda found: f"/{found[1]}{named(world, row.path)}", row.path)
    more = body_of(row, person, column)
    lacks = row.scope if column == "lacking" and row.scope in person.api_tokens else "account"
    headers = {"Origin": origin(api), **headers_of(person, way, lacks), **more.pop("headers", {})}
    if row.path.startswith("/ws/"):
        return await opened(api, path, headers)
    answer = await api.request(row.method, path, headers=headers, **more)
    status: int = answer.status
    answer.close()  # unread: some answers go on
    return status


async def opened(api: Any, path: str, headers: dict[str, str]) -> int:
    try:
        async with api.ws_connect(path, headers=headers) as ws:
            await ws.send_json({"type": "auth", "token": "x"})  # what is good counts before this does
            return {"hello": 101, "error": 401}[(await ws.receive_json(timeout=10))["type"]]
    except WSServerHandshakeError as error:
        return error.status


def named(world: World, path: str) -> str:
    return next(name for begin, name in world.names.items() if path.startswith(begin))


@pytest.fixture
def settings(settings: Settings, world: World) -> Settings:
    shutil.copytree(world.state, settings.state_dir)
    return settings


@pytest.mark.parametrize(
    ("row", "ways"),
    # what changes nothing can be tried by one kind after the other
    [(row, ways) for row in ROWS for ways in ([WAYS] if row.method == "GET" else [(way,) for way in WAYS])],
    ids=str,
)
async def test_each_gets_the_answer_of_the_table(
    app: web.Application, world: World, row: Row, ways: tuple[str, ...]
) -> None:
    tries = [(way, column) for way in ways for column in COLUMNS if row.expected(column, way) is not None]
    async with TestClient(Server(app), cookie_jar=DummyCookieJar()) as api:
        found = {(way, column): await status_of(api, row, world, column, way) for way, column in tries}
    assert found == {(way, column): row.expected(column, way) for way, column in tries}


def test_the_table_has_all_that_the_contract_offers() -> None:
    assert sorted((row.method, row.path) for row in ROWS) == sorted(operations())


def test_the_table_says_who_may_as_the_contract_does() -> None:
    for row in ROWS:
        operation = operations()[row.method, row.path]
        schemes = {"either": {"bearer", "cookie"}, "-": set()}.get(row.by, {row.by})
        if (row.method, row.path) not in BY_FIRST_MESSAGE:
            assert operation.schemes == schemes, row
        assert operation.scopes == ({row.scope} - {"-"}), row


def test_whoever_could_be_named_is_reached_for() -> None:
    """A dot stands where nothing of somebody else's can be named."""
    for row in ROWS:
        assert ("{" in row.path) == (row.cells["other"] != "."), row
