"""``tgcfd backup`` while everything runs, and ``tgcfd restore`` on a host that has lost its data."""

from __future__ import annotations

import asyncio
import itertools
import json
import pwd
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.e2e.installed import clear
from tests.host.inside.people import (
    CONFIG,
    SETTINGS,
    Host,
    Somebody,
    command,
    installed_daemon,
    main_pid,
    stop_all,
    systemctl,
    until,
)
from tgcfd.backup.left_out import SAID

STATE = Path("/var/lib/tgcfd")
PRIVATE = Path("/var/lib/private/tgcfd")
OTHER_UID, OTHER_GID = 899, 898
COMMENTED = "# mine: keep this comment\n"

WITH_SESSION = """
import sqlite3
db = sqlite3.connect("user.session", isolation_level=None)
db.execute("create table if not exists sent (number integer)")
ready()
while True:
    number = time.time_ns()
    db.execute("begin immediate")
    for _ in range(5):
        db.execute("insert into sent values (?)", (number,))
    db.execute("commit")
    time.sleep(0.001)
"""
"""A worker that writes to a session file all the time, five rows in each transaction."""

RUNS_ON = """
import sqlite3
db = sqlite3.connect("user.session")
rows, numbers = db.execute("select count(*), count(distinct number) from sent").fetchone()
sound = db.execute("pragma integrity_check").fetchone()[0]
Path("found").write_text(f"{rows} {numbers} {sound}")
ready()
"""
"""The same worker after the restore: says what is in its session file."""


@pytest.fixture
async def host() -> AsyncIterator[Host]:
    async with installed_daemon() as host:
        yield host
    clear()


async def tgcfd(*words: str, check: bool = True, timeout: float = 90) -> str:
    return await command("/usr/bin/tgcfd", *words, check=check, timeout=timeout)


async def wrong(*words: str) -> str:
    """What the command says when it fails with exit code 1."""
    process = await asyncio.create_subprocess_exec(
        "/usr/bin/tgcfd",
        *words,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said = (await asyncio.wait_for(process.communicate(), 90))[0].decode()
    assert process.returncode == 1, said
    return said


async def two_people(host: Host) -> tuple[Somebody, Somebody]:
    """Alice, whose worker runs and writes, and who has a comment in her file; Bob, whose worker does not."""
    alice, bob = await host.person("alice"), await host.person("bob")
    file = alice.folder / "tgcf.config.yml"
    file.write_text(COMMENTED + file.read_text())
    await alice.run(WITH_SESSION)
    await until(lambda: asyncio.to_thread((alice.folder / "user.session").exists))
    return alice, bob


async def logs_in(person: Somebody) -> str:
    """Log in with the password of the beginning; the new token."""
    who = {"username": person.email, "password": f"{person.slug} has a long password"}
    return (await person.ok("POST", "/api/auth/login", who))["access_token"]


def owners() -> set[int]:
    """Who the daemon's files belong to."""
    paths = [path for path in STATE.rglob("*") if "users" not in path.relative_to(STATE).parts]
    return {path.lstat().st_uid for path in paths}


@asynccontextmanager
async def changing(person: Somebody) -> AsyncIterator[None]:
    """Their configuration is changed all the time meanwhile."""
    enough = asyncio.Event()

    async def keep_changing() -> None:
        for number in itertools.count():
            if enough.is_set():
                return
            forward = {**CONFIG["forwards"][0], "offset": number}
            await person.ok("POST", "/api/config", {**CONFIG, "forwards": [forward]})

    task = asyncio.create_task(keep_changing())
    try:
        yield
    finally:
        enough.set()
        await task


async def lose_all_data() -> None:
    """What another host is like after the installation: no data, and other numbers for our user and group."""
    await stop_all()
    await systemctl("stop", "tgcfd-broker.service")
    clear()
    subprocess.run(["usermod", "-u", str(OTHER_UID), "tgcfd"], check=True)
    subprocess.run(["groupmod", "-g", str(OTHER_GID), "tgcfd-worker"], check=True)
    shutil.rmtree(PRIVATE / "users")
    for path in STATE.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    subprocess.run(["systemd-tmpfiles", "--create", "tgcfd.conf"], check=True)
    await systemctl("reload", "dbus")
    await systemctl("start", "tgcfd.socket", "tgcfd.service")


async def test_a_backup_disturbs_nobody_and_is_roots_alone(host: Host, tmp_path: Path) -> None:
    # given two people, a worker that runs, and an API that writes meanwhile
    alice, bob = await two_people(host)
    pid = await main_pid(alice.unit)

    # when it is backed up
    file = tmp_path / "backup.tar.gz"
    async with changing(bob):
        said = await tgcfd("backup", str(file))

    # then the worker has not noticed, and the file is root's alone
    assert "Backed up: 2 accounts" in said
    assert "left out" not in said
    assert await main_pid(alice.unit) == pid
    assert (file.stat().st_mode & 0o777, file.stat().st_uid) == (0o600, 0)
    assert owners() == {pwd.getpwnam("tgcfd").pw_uid}
    assert not list(STATE.glob(".backup*"))


async def test_all_data_comes_back_on_a_host_that_lost_it(host: Host, tmp_path: Path) -> None:
    # given a backup that was made while a worker and the API wrote, and a host without data
    alice, bob = await two_people(host)
    config = (alice.folder / "tgcf.config.yml").read_bytes()
    file = tmp_path / "backup.tar.gz"
    async with changing(bob):
        await tgcfd("backup", str(file))
    await lose_all_data()
    users = PRIVATE / "users"

    # when it is restored, without a question
    assert "Restored: 2 accounts" in await tgcfd("restore", str(file))

    # then everybody logs in as before, the old token is good, and their files are there
    assert await logs_in(alice)
    assert await logs_in(bob)
    assert (await alice.ok("GET", "/api/users/me"))["email"] == alice.email
    assert (users / "alice" / "tgcf.config.yml").read_bytes() == config
    assert any((users / "bob" / "history").iterdir())

    # and who ran runs again, with a sound session, and nobody else
    await alice.until_state("running")
    assert (await bob.status())["state"] == "stopped"
    await alice.stop()
    await alice.run(RUNS_ON)
    rows, numbers, sound = (users / "alice" / "found").read_text().split()
    assert sound == "ok"
    assert int(rows) == 5 * int(numbers) > 0

    # and nothing belongs to root or to the numbers of the other host
    assert owners() == {OTHER_UID}
    assert {path: owner_and_mode(path) for path in (users, *(users / "bob").rglob("*"))} == {
        users: (OTHER_UID, OTHER_GID, 0o2750),
        **{path: (OTHER_UID, OTHER_GID, 0o770 if path.is_dir() else 0o660) for path in (users / "bob").rglob("*")},
    }
    assert not list(STATE.glob("restore*"))
    assert not list(PRIVATE.glob("*restore*"))


def owner_and_mode(path: Path) -> tuple[int, int, int]:
    status = path.stat()
    bits = 0o7777 if path == PRIVATE / "users" else 0o777
    return status.st_uid, status.st_gid, status.st_mode & bits


async def test_a_host_with_accounts_is_restored_only_if_that_is_said_and_its_data_is_kept(
    host: Host, tmp_path: Path
) -> None:
    # given a backup with alice, whose worker runs, and somebody who came after it
    alice = await host.person("alice")
    await alice.run()
    file = tmp_path / "backup.tar.gz"
    await tgcfd("backup", str(file))
    carol = await host.person("carol")
    await carol.run()

    # when it is restored without saying so, then nothing changes
    pids = [await main_pid(alice.unit), await main_pid(carol.unit)]
    assert "add --yes" in await wrong("restore", str(file))
    assert [await main_pid(alice.unit), await main_pid(carol.unit)] == pids
    assert not list(STATE.glob("restore*"))

    # when it is said, then alice runs again although her worker was stopped, and carol is gone
    said = await tgcfd("restore", "--yes", str(file))
    await alice.until_state("running")
    assert await main_pid(alice.unit) != pids[0]
    assert await main_pid(carol.unit) == 0
    assert (await carol.call("GET", "/api/status"))[0] == 401

    # and her data is kept where it says
    (told,) = [line.rpartition(": ")[2] for line in said.splitlines() if "former data" in line]
    kept = [Path(folder) for folder in told.split(", ")]
    assert len(kept) == 2
    assert any((folder / "users" / "carol" / "tgcf.config.yml").is_file() for folder in kept)
    assert any((folder / "tgcfd.db").is_file() for folder in kept)
    for folder in kept:
        assert folder.stat().st_mode & 0o777 == 0o700

    # until somebody types what it says
    (typed,) = [line.partition("sudo ")[2] for line in said.splitlines() if line.startswith("Once all is well")]
    await command(*typed.split())
    assert not [folder for folder in kept if folder.exists()]


async def test_what_a_hostile_worker_leaves_in_its_folder_is_no_way_to_others_files(host: Host, tmp_path: Path) -> None:
    alice = await host.person("alice")
    await alice.run(
        "os.symlink('/var/lib/tgcfd/tgcfd.db', 'link'); os.mkfifo('pipe'); os.symlink('/etc', 'folder')\n"
        "os.mkdir('mine'); os.chmod('mine', 0); Path('secret').write_text('x'); os.chmod('secret', 0)\n"
        "open('huge', 'w').truncate(1 << 40)\nready()"
    )
    file = tmp_path / "backup.tar.gz"
    said = await tgcfd("backup", str(file))
    hostile = ["folder", "huge", "link", "mine", "pipe", "secret"]
    names = (await command("tar", "tzf", str(file))).split()
    assert not [name for name in names if name.startswith(tuple(f"users/alice/{mine}" for mine in hostile))]
    *told, rest = [line for line in said.splitlines() if "left out" in line]
    assert [line.removeprefix("tgcfd: left out: users/alice/").partition(":")[0] for line in told] == hostile[:SAID]
    assert rest == f"tgcfd: left out: users/alice: {len(hostile) - SAID} more"
    assert "users/alice/tgcf.config.yml" in names


async def test_a_restore_that_is_killed_is_finished_by_the_next_one(host: Host, tmp_path: Path) -> None:
    # given a restore that is killed after it has begun to replace the data
    alice = await host.person("alice")
    await alice.run()
    file = tmp_path / "backup.tar.gz"
    await tgcfd("backup", str(file))
    await host.person("carol")
    code = (
        "import os, signal\nfrom pathlib import Path\n"
        "from tgcfd.backup import places, restore, services\n"
        "from tgcfd.settings import load_settings\n"
        "def at(step):\n    step == 'settings' and os.kill(os.getpid(), signal.SIGKILL)\n"
        "one = restore.Restore(places.places(load_settings(None, {}), None), services.SystemdServices(), at)\n"
        f"found = one.unpack(open({str(file)!r}, 'rb'))\n"
        "restore.restored_settings.swap = lambda *_: None\none.carry_out({})\n"
    )
    killed = subprocess.run([sys.executable, "-c", code], check=False, timeout=60, cwd="/")
    assert killed.returncode == -signal.SIGKILL

    # then the daemon does not serve it, and says what to do
    assert await systemctl("start", "tgcfd.service", check=False)
    assert "sudo tgcfd restore" in await command("journalctl", "-u", "tgcfd.service", "-n", "50", "-o", "cat")

    # when that is done, all is as it was backed up
    assert "finished" in await tgcfd("restore")
    await alice.until_state("running")
    assert await logs_in(alice)
    assert "no restore was interrupted" in await wrong("restore")
    for folder in [*STATE.glob("before-restore*"), *PRIVATE.glob("before-restore*")]:
        shutil.rmtree(folder)


SIGNALLED = """
import os, signal, sys
from tgcfd.backup import restore
from tgcfd.cli import main
step, number = sys.argv[1], getattr(signal, sys.argv[2])
began = restore.Restore.__init__
def begin(self, places, services):
    began(self, places, services, lambda name: os.kill(os.getpid(), number) if name == step else None)
restore.Restore.__init__ = begin
sys.exit(main(["restore", "--yes", sys.argv[3]]))
"""
"""A restore that gets a signal after a step."""


def signalled(step: str, number: signal.Signals, file: Path) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-c", SIGNALLED, step, number.name, str(file)]
    return subprocess.run(words, check=False, timeout=90, cwd="/", capture_output=True, text=True)


async def test_a_restore_whose_terminal_is_closed_while_it_replaces_the_data_is_carried_through(
    host: Host, tmp_path: Path
) -> None:
    alice = await host.person("alice")
    await alice.run()
    file = tmp_path / "backup.tar.gz"
    await tgcfd("backup", str(file))
    before = await main_pid(alice.unit)

    done = signalled("users", signal.SIGHUP, file)

    assert (done.returncode, done.stderr) == (0, "")
    assert "Once all is well" in done.stdout
    await alice.until_state("running")
    assert await main_pid(alice.unit) != before


async def test_after_a_restore_that_was_killed_before_it_changed_anything_the_daemon_runs_who_ran(
    host: Host, tmp_path: Path
) -> None:
    # given a restore that is killed when everything stands still
    alice = await host.person("alice")
    await alice.run()
    file = tmp_path / "backup.tar.gz"
    await tgcfd("backup", str(file))
    assert signalled("stopped", signal.SIGKILL, file).returncode == -signal.SIGKILL
    assert await main_pid(alice.unit) == 0

    # when the owner starts the daemon, then who ran runs
    await systemctl("start", "tgcfd.socket", "tgcfd.service")
    await alice.until_state("running")

    # and what that restore has unpacked goes when somebody types what the journal says
    assert "sudo tgcfd restore" in await command("journalctl", "-u", "tgcfd.service", "-n", "50", "-o", "cat")
    assert (PRIVATE / "users.restored").is_dir()
    await tgcfd("restore")
    assert not (PRIVATE / "users.restored").exists()
    assert not list(STATE.glob("restore*"))
    assert await main_pid(alice.unit)


async def test_where_tgcfd_did_not_run_a_restore_says_how_to_start_it(host: Host, tmp_path: Path) -> None:
    alice = await host.person("alice")
    file = tmp_path / "backup.tar.gz"
    await tgcfd("backup", str(file))
    await systemctl("stop", "tgcfd.socket", "tgcfd.service")

    said = await tgcfd("restore", "--yes", str(file))

    *_, last = said.splitlines()
    assert last.startswith("tgcfd did not run before, so it was not started")
    assert "inactive" in await command("systemctl", "is-active", "tgcfd.service", check=False)
    await command(*last.partition("sudo ")[2].split())
    assert await logs_in(alice)


async def test_settings_are_restored_where_that_is_asked_for(host: Host, tmp_path: Path) -> None:
    await host.person("alice")
    file = tmp_path / "backup.tar.gz"
    await tgcfd("backup", str(file))
    before = SETTINGS.read_text()
    SETTINGS.write_text(json.dumps(json.loads(before) | {"accounts": {"token_minutes": 7}}))
    await tgcfd("restore", "--yes", str(file))
    assert "token_minutes" in SETTINGS.read_text()
    await tgcfd("restore", "--yes", "--settings", str(file))
    assert SETTINGS.read_text() == before
    assert SETTINGS.stat().st_uid == 0
    kept = list(SETTINGS.parents[1].glob("*.before-restore-*"))
    assert kept
    for path in kept:
        shutil.rmtree(path) if path.is_dir() else path.unlink()


async def test_only_root_may(run_as, tmp_path: Path) -> None:
    for word in ("backup", "restore"):
        for user in ("nobody", "tgcfd"):
            said = run_as(user, "/usr/bin/tgcfd", word, str(tmp_path / "file"))
            assert said.returncode == 1
            assert "use sudo" in said.stderr
