"""``tgcfd user``, as the host's owner types it, beside the installed daemon and without it."""

from __future__ import annotations

import asyncio
import json
import os
import pwd
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.installed import clear
from tests.host.inside.conftest import RunAs
from tests.host.inside.people import CONFIG, Host, Somebody, installed_daemon, main_pid, stop_all, systemctl, until
from tgcfd.audit.record import MESSAGE_ID

STATE = Path("/var/lib/tgcfd")
PASSWORD = "a long password"


@pytest.fixture
async def host() -> AsyncIterator[Host]:
    async with installed_daemon() as host:
        yield host


async def user(*words: str, typed: str | None = None, code: int = 0) -> str:
    """Type ``tgcfd user`` as root; returns all that it says."""

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["tgcfd", "user", *words],
            input=typed or "",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        )

    result = await asyncio.to_thread(run)
    assert result.returncode == code, result.stdout
    assert "Traceback" not in result.stdout
    return result.stdout


async def listed(email: str) -> dict[str, Any]:
    accounts = json.loads(await user("list", "--json"))
    return next(account for account in accounts if account["email"] == email)


def of_root() -> Iterator[Path]:
    """What belongs to root among the daemon's data, but for the place itself and where PID 1 puts people's folders."""
    for folder, names, files in os.walk(STATE):
        if Path(folder) == STATE:
            names.remove("users")
        yield from (path for name in (*names, *files) if (path := Path(folder, name)).lstat().st_uid == 0)


async def made(host: Host, name: str) -> Somebody:
    """An account that the owner makes, its log-in, and a configuration that can run."""
    await user("add", f"{name}@example.org", typed=f"{PASSWORD}\n")
    somebody = Somebody(host, name)
    await log_in(somebody)
    await somebody.ok("POST", "/api/config", CONFIG)
    return somebody


async def log_in(somebody: Somebody) -> None:
    body = {"username": somebody.email, "password": PASSWORD}
    somebody.token = (await somebody.ok("POST", "/api/auth/login", body))["access_token"]


async def has_no_unit(somebody: Somebody) -> bool:
    return await main_pid(somebody.unit) == 0


async def test_who_gets_an_account_logs_in_at_once_and_is_listed(host: Host) -> None:
    alice = await made(host, "alice")
    assert await listed(alice.email) | {"created": ""} == {
        "email": alice.email,
        "name": "alice",
        "slug": "alice",
        "role": "person",
        "disabled": False,
        "created": "",
        "should_run": False,
        "mode": None,
        "unit": "inactive",
    }
    await alice.run()
    seen = await listed(alice.email)
    assert (seen["should_run"], seen["mode"], seen["unit"]) == (True, "live", "active")
    assert list(of_root()) == []


async def test_what_the_owner_types_is_in_the_journal_as_all_of_the_audit_log_is(host: Host) -> None:
    alice = await made(host, "alice")
    begin = f"@{time.time():.6f}"
    await user("disable", alice.email)
    said = ("journalctl", "--no-pager", "-o", "cat", f"--since={begin}", f"MESSAGE_ID={MESSAGE_ID}")

    async def is_told() -> bool:
        found = await asyncio.to_thread(subprocess.run, said, capture_output=True, text=True, check=True, timeout=60)
        return "tgcfd.audit: The host's owner disabled the account alice\n" in found.stdout

    await until(is_told)


async def test_a_disabled_account_s_worker_ends_and_starts_again_when_its_person_wants(host: Host) -> None:
    alice, bob = await made(host, "alice"), await made(host, "bob")
    await alice.run()
    await bob.run()
    other = await main_pid(bob.unit)
    async with alice.logs("?tail=0") as stream:
        begin = time.monotonic()
        said = await user("disable", "alice")
        took = time.monotonic() - begin
        assert "all log-ins have ended, and nothing runs any more" in said
        assert took < 3
        assert await has_no_unit(alice)
        async for message in stream.ws:
            last = json.loads(message.data)
        assert last["code"] == "unauthorized"
        assert stream.ws.close_code == 4401
    assert (await alice.call("GET", "/api/status"))[0] == 401
    assert await main_pid(bob.unit) == other

    # neither a new start of the daemon nor one of the owner's brings it back
    await systemctl("restart", "tgcfd.service")
    await bob.until_state("running")
    assert await has_no_unit(alice)

    await user("enable", "alice")
    await log_in(alice)
    status = await alice.status()
    assert (status["state"], status["reason"]["code"]) == ("stopped", "stopped_by_owner")
    await alice.run()


async def test_a_new_password_ends_log_ins_but_no_worker(host: Host) -> None:
    alice = await made(host, "alice")
    await alice.run()
    before = await main_pid(alice.unit)
    said = await user("passwd", "--generate", "alice")
    assert (await alice.call("GET", "/api/status"))[0] == 401
    body = {"username": alice.email, "password": said.split()[1]}
    assert (await alice.call("POST", "/api/auth/login", body))[0] == 200
    assert await main_pid(alice.unit) == before


async def test_nothing_is_left_of_a_deleted_account(host: Host) -> None:
    alice = await made(host, "alice")
    await alice.run("import os; os.makedirs('a/b/c'); os.symlink('/etc', 'a/link'); ready()")
    assert alice.folder.is_dir()
    await user("delete", "--yes", alice.email)
    assert not alice.folder.exists()
    assert await has_no_unit(alice)
    assert (await alice.call("GET", "/api/status"))[0] == 401
    assert json.loads(await user("list", "--json")) == []
    assert list(of_root()) == []
    assert "slug: alice-2" in await user("add", alice.email, typed=f"{PASSWORD}\n")

    # what is root's, a link to where the folder was, goes at the next start
    bob = await made(host, "bob")
    await bob.run()
    await systemctl("restart", "tgcfd.service")
    assert [path.name for path in (STATE / "users").iterdir()] == ["bob"]
    await bob.until_state("running")


async def test_what_a_worker_has_closed_to_the_daemon_is_for_root_to_remove(host: Host) -> None:
    alice = await made(host, "alice")
    await alice.run("import os; os.makedirs('closed/inner'); os.chmod('closed', 0o700); ready()")
    said = await user("delete", "--yes", "alice", code=1)
    what_to_type = f"sudo rm -rf --one-file-system {alice.folder}"
    assert f"Permission denied: remove what is left by: {what_to_type}" in said
    assert what_to_type in await user("list")
    shutil.rmtree(alice.folder)

    await systemctl("restart", "tgcfd.service")

    async def is_done() -> bool:
        return what_to_type not in await user("list")

    await until(is_done)


async def test_without_the_daemon_workers_end_at_once_and_the_rest_is_done_later(host: Host) -> None:
    alice, bob = await made(host, "alice"), await made(host, "bob")
    await alice.run()
    await bob.run()
    await systemctl("stop", "tgcfd.socket", "tgcfd.service")

    assert "tgcfd: the daemon does not run now" in await user("delete", "--yes", "alice")
    assert "nothing runs any more" in await user("disable", "bob")

    assert await has_no_unit(alice)
    assert await has_no_unit(bob)
    assert alice.folder.exists()
    assert list(of_root()) == []
    await systemctl("start", "tgcfd.socket", "tgcfd.service")

    async def is_gone() -> bool:
        return not alice.folder.exists()

    await until(is_gone)
    await user("enable", "bob")
    await log_in(bob)
    assert (await bob.status())["state"] == "stopped"


async def test_a_daemon_that_hangs_is_said_and_its_worker_is_stopped_all_the_same(host: Host) -> None:
    alice = await made(host, "alice")
    await alice.run()
    pid = await main_pid("tgcfd.service")
    os.kill(pid, 19)
    try:
        said = await user("disable", "alice", code=75)
        assert "tgcfd: the daemon does not follow: sudo systemctl status tgcfd" in said
        assert await has_no_unit(alice)
    finally:
        os.kill(pid, 18)


# --- before the daemon has ever run


async def test_the_first_account_can_be_made_before_the_first_start() -> None:
    await stop_all()
    clear()
    assert "can log in now" in await user("add", "--admin", "you@example.org", typed=f"{PASSWORD}\n")
    assert list(of_root()) == []
    assert (STATE / "tgcfd.db").stat().st_mode & 0o777 == 0o600
    await systemctl("start", "tgcfd.socket", "tgcfd.service")
    await user("list")
    await stop_all()


async def test_root_follows_nothing_that_the_daemon_s_user_has_put_there() -> None:
    await stop_all()
    clear()
    for name in ("tgcfd.db", "keys"):
        (STATE / name).symlink_to("/etc/shadow")
        os.lchown(STATE / name, *owner())
    before = Path("/etc/shadow").stat()
    said = await user("add", "you@example.org", typed=f"{PASSWORD}\n", code=78)
    assert "tgcfd.db: the database cannot be used" in said
    after = Path("/etc/shadow").stat()
    assert (before.st_mode, before.st_size, before.st_mtime) == (after.st_mode, after.st_size, after.st_mtime)
    clear()


def owner() -> tuple[int, int]:
    entry = pwd.getpwnam("tgcfd")
    return entry.pw_uid, entry.pw_gid


async def test_who_is_neither_root_nor_the_daemon_s_user_is_told_what_to_type(run_as: RunAs) -> None:
    clear()
    result = run_as("nobody", "tgcfd", "user", "list")
    assert result.returncode == 1
    assert result.stderr == f"tgcfd: the data in {STATE} is for user tgcfd and root alone: type it again after sudo\n"
    assert run_as("tgcfd", "tgcfd", "user", "list").returncode == 0


async def test_without_the_daemon_s_user_root_does_nothing() -> None:
    clear()
    STATE.chmod(0o1775)
    lines = Path("/etc/passwd").read_text()
    Path("/etc/passwd").write_text("".join(line for line in lines.splitlines(True) if not line.startswith("tgcfd:")))
    try:
        said = await user("list", code=78)
    finally:
        Path("/etc/passwd").write_text(lines)
        clear()
    assert "there is no user tgcfd on this host" in said
