"""What another program changes about accounts, in the database: the daemon notices, and does what follows."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestClient

from tests.api.conftest import DEADLINE, PASSWORD, Login, problem, until
from tests.api.test_logs import HELLO, is_sent_away, write
from tgcfd.accounts import aftermath
from tgcfd.accounts.administration import Administration
from tgcfd.accounts.model import Account
from tgcfd.accounts.passwords import Passwords
from tgcfd.app import build_app
from tgcfd.settings import Settings
from tgcfd.storage.database import Database
from tgcfd.storage.follow_ups import FollowUps


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A stub takes the runner's place."""
    return replace(settings, worker=replace(settings.worker, path=(Path(__file__).parent / "stub",)))


@dataclass
class Owner:
    """The host's owner, at the same database as the daemon but in a connection of their own."""

    administration: Administration
    follow_ups: FollowUps
    state: Path

    async def find(self, who: str) -> Account:
        return await self.administration.find(who)

    async def followed(self, slug: str) -> None:
        """Wait until the daemon has done all that follows."""
        await until(lambda: self._is_done(slug))

    async def _is_done(self, slug: str) -> bool:
        return await self.follow_ups.of(slug) is None


@pytest.fixture
async def owner(settings: Settings) -> AsyncIterator[Owner]:
    settings.state_dir.mkdir(exist_ok=True)
    database, passwords = Database(settings.state_dir / "tgcfd.db"), Passwords()
    await database.open()
    yield Owner(Administration(database, passwords), FollowUps(database), settings.state_dir)
    await passwords.close()
    await database.close()


def pid_is_gone(pid: int) -> bool:
    return not Path(f"/proc/{pid}").exists()


async def run(api: Any, login: Login) -> int:
    """Have the worker run, and wait until it has written its line; returns its pid."""
    await write(api, login, lines=1)
    status = await (await api.get("/api/status", headers=login.headers)).json()
    pid: int = status["pid"]
    return pid


async def test_a_disabled_account_is_out_at_once_and_its_worker_stays_stopped(
    owner: Owner, api: Any, alice: Login
) -> None:
    pid = await run(api, alice)
    async with api.ws_connect("/ws/logs", headers=alice.headers) as ws:
        assert await ws.receive_json() == HELLO
        while True:
            if (await ws.receive_json())["message"] == "all written":
                break
        begin = asyncio.get_running_loop().time()
        await owner.administration.disable(await owner.find("alice"))
        await is_sent_away(ws)
        assert asyncio.get_running_loop().time() - begin < 2 + aftermath.EVERY
    await owner.followed("alice")
    assert pid_is_gone(pid)
    await problem(await api.get("/api/status", headers=alice.headers), 401, "unauthorized")
    body = {"username": alice.email, "password": PASSWORD}
    await problem(await api.post("/api/auth/login", json=body), 401, "wrong_login")

    # when the account is enabled again, its person may log in; the worker waits for them
    await owner.administration.enable(await owner.find("alice"))
    await owner.followed("alice")
    token = (await (await api.post("/api/auth/login", json=body)).json())["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    status = await (await api.get("/api/status", headers=headers)).json()
    assert (status["state"], status["reason"]["code"]) == ("stopped", "stopped_by_owner")
    assert (await api.post("/api/run", headers=headers)).status == 200
    assert (await api.post("/api/stop", headers=headers)).status == 200


async def test_a_new_password_ends_tokens_and_sockets_and_no_worker(owner: Owner, api: Any, alice: Login) -> None:
    pid = await run(api, alice)
    async with api.ws_connect("/ws/logs?tail=0", headers=alice.headers) as ws:
        assert await ws.receive_json() == HELLO
        await owner.administration.set_password(await owner.find(alice.email.upper()), "a quite different one")
        error = await ws.receive_json(timeout=DEADLINE)
        while error["type"] == "entry":
            error = await ws.receive_json(timeout=DEADLINE)
        assert error["code"] == "unauthorized"
    await owner.followed("alice")
    assert not pid_is_gone(pid)
    await problem(await api.get("/api/status", headers=alice.headers), 401, "unauthorized")
    body = {"username": alice.email, "password": "a quite different one"}
    assert (await api.post("/api/auth/login", json=body)).status == 200


async def test_others_sockets_go_on(owner: Owner, api: Any, alice: Login, register: Any) -> None:
    bob = await register("bob")
    async with api.ws_connect("/ws/logs", headers=bob.headers) as ws:
        assert await ws.receive_json() == HELLO
        await owner.administration.disable(await owner.find("alice"))
        await owner.followed("alice")
        with pytest.raises(asyncio.TimeoutError):
            await ws.receive(timeout=0.1)


async def test_a_changed_password_ends_the_person_s_own_other_sockets_at_once(api: Any, alice: Login) -> None:
    async with api.ws_connect("/ws/logs", headers=alice.headers) as ws:
        assert await ws.receive_json() == HELLO
        change = {"current_password": PASSWORD, "new_password": "another long password"}
        assert (await api.put("/api/users/me", json=change, headers=alice.headers)).status == 200
        begin = asyncio.get_running_loop().time()
        await is_sent_away(ws)
        assert asyncio.get_running_loop().time() - begin < 2


async def test_nothing_is_left_of_a_deleted_account_but_its_slug(owner: Owner, api: Any, alice: Login) -> None:
    pid = await run(api, alice)
    folder, log = owner.state / "users/alice", owner.state / "logs/alice"
    outside = owner.state / "outside"
    outside.mkdir()
    (outside / "kept").touch()
    leave_a_mess(folder, outside)
    await until_exists(log)

    await owner.administration.delete(await owner.find("alice"))
    await owner.followed("alice")

    assert pid_is_gone(pid)
    assert not folder.exists()
    assert not log.exists()
    assert (outside / "kept").exists()
    await problem(await api.get("/api/status", headers=alice.headers), 401, "unauthorized")
    with closing(sqlite3.connect(owner.state / "tgcfd.db")) as database:
        for table in ("account", "session", "worker", "follow_up"):
            assert database.execute(f"select count(*) from {table}").fetchone() == (0,), table
    body = {"email": alice.email, "password": PASSWORD, "name": "Alice", "slug": "alice"}
    await problem(await api.post("/api/auth/register", json=body), 422, "invalid_body")
    del body["slug"]
    answer = await api.post("/api/auth/register", json=body)
    assert (answer.status, (await answer.json())["slug"]) == (201, "alice-2")


async def until_exists(path: Path) -> None:
    async def there() -> bool:
        return path.exists()

    await until(there)


def leave_a_mess(folder: Path, outside: Path) -> None:
    """What a worker may leave: links out of the folder, depths that no recursion survives, folders without rights."""
    (folder / "link").symlink_to(outside)
    (folder / "fifo.d").mkdir()
    os.mkfifo(folder / "fifo.d/fifo")
    (folder / "fifo.d/link").symlink_to(outside)
    here = os.open(folder, os.O_RDONLY)
    for _ in range(1200):
        os.mkdir("deep", dir_fd=here)
        deeper = os.open("deep", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = deeper
    os.close(here)
    closed = folder / "closed"
    (closed / "in/side").mkdir(parents=True)
    for number in range(200):
        (closed / "in" / str(number)).touch()
    (closed / "in").chmod(0)
    closed.chmod(0)


async def test_a_request_that_was_let_in_before_leaves_no_folder(owner: Owner, api: Any, alice: Login) -> None:
    # given a request whose body comes slowly
    sent, go_on = asyncio.Event(), asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        yield b'{"forwards": '
        sent.set()
        await go_on.wait()
        yield b"[]}"

    headers = alice.headers | {"Content-Type": "application/json"}
    posting = asyncio.create_task(api.post("/api/config", data=body(), headers=headers))
    await sent.wait()
    async with api.ws_connect("/ws/logs", headers=alice.headers) as ws:  # it was let in, before us
        assert await ws.receive_json() == HELLO

    await owner.administration.delete(await owner.find("alice"))
    await owner.followed("alice")
    go_on.set()

    await problem(await posting, 401, "unauthorized")
    assert not (owner.state / "users/alice").exists()


async def test_what_is_deleted_while_no_daemon_runs_is_removed_at_its_start(
    settings: Settings, owner: Owner, aiohttp_client: Callable[..., Awaitable[TestClient[Any, Any]]]
) -> None:
    await owner.administration.add("alice@example.org", PASSWORD, "Alice")
    folder = owner.state / "users/alice"
    (folder / "history").mkdir(parents=True)
    await owner.administration.delete(await owner.find("alice"))
    assert folder.exists()

    await aiohttp_client(build_app(settings))
    await owner.followed("alice")
    assert not folder.exists()


async def test_what_cannot_be_removed_is_said_with_what_to_type_and_tried_again(
    settings: Settings,
    owner: Owner,
    api: Any,
    alice: Login,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    folder = owner.state / "users/alice"
    (folder / "x").mkdir(parents=True)

    def refuse(*_: object) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(aftermath, "AGAIN", 0.05)
    with monkeypatch.context() as patched:
        patched.setattr("tgcfd.config.store.remove_some", refuse)
        await owner.administration.delete(await owner.find("alice"))

        async def is_said() -> bool:
            item = await owner.follow_ups.of("alice")
            return item is not None and item.problem is not None

        await until(is_said)
        item = await owner.follow_ups.of("alice")
        assert item
        assert item.problem == f"Permission denied: remove what is left by: sudo rm -rf --one-file-system {folder}"
        assert item.problem in caplog.text
    await owner.followed("alice")
    assert not folder.exists()


async def test_a_start_that_was_let_in_before_does_not_run_for_a_disabled_account(
    owner: Owner, api: Any, alice: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    await run(api, alice)
    assert (await api.post("/api/stop", headers=alice.headers)).status == 200
    monkeypatch.setattr(aftermath, "EVERY", 3600)  # the daemon has not noticed yet
    account = await owner.find("alice")
    await owner.administration.disable(account)

    answer = await api.post("/api/run", headers=alice.headers)

    await problem(answer, 401, "unauthorized")


async def test_changes_from_both_sides_at_once_lose_nothing(owner: Owner, api: Any, alice: Login) -> None:
    """Whoever is second is refused by the daemon; the owner's word stands."""
    change = {"current_password": PASSWORD, "new_password": "the person's own choice", "name": "Alice 2"}
    account = await owner.find("alice")
    answers = await asyncio.gather(
        api.put("/api/users/me", json=change, headers=alice.headers),
        owner.administration.set_password(account, "what the owner has chosen"),
        api.put("/api/users/me", json=change, headers=alice.headers),
    )
    assert {answer.status for answer in answers if isinstance(answer, aiohttp.ClientResponse)} <= {200, 401, 422}
    await owner.administration.disable(account)
    await owner.administration.enable(account)
    body = {"username": alice.email, "password": "what the owner has chosen"}
    other = body | {"password": change["new_password"]}
    let_in = [(await api.post("/api/auth/login", json=fields)).status for fields in (body, other)]
    assert sorted(let_in) == [200, 401]
