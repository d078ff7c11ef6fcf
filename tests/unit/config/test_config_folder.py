"""A folder whose rights its worker has changed: restored where the daemon may, named where it may not."""

import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tgcfd.config.folder import Folder
from tgcfd.config.store import ConfigStore
from tgcfd.errors import ConfigUnreadable, StorageFull

ROOT = Path(__file__).parents[3]

SCENE = """
import asyncio, os, sys
from pathlib import Path
from tgcfd.config.store import ConfigStore
from tgcfd.errors import TgcfdError

users, owner = Path(sys.argv[1]), sys.argv[2] == "owner"
store, uid = ConfigStore(users), os.geteuid()

def locked(name, mode):
    os.geteuid = lambda: uid  # set up with the rights of the owner
    (users / "alice" / name).chmod(mode)
    os.geteuid = lambda: uid if owner else uid + 1

async def attempt(name, mode, call):
    locked(name, mode)
    try:
        await call
        print("done")
    except TgcfdError as error:
        print(error.code, "users/alice" in error.detail)
    (users / "alice" / name).chmod(0o770)

async def main():
    await store.replace("alice", {"mode": 1})
    await store.replace("alice", {"mode": 0})
    for mode in (0, 0o500, 0o300):
        await attempt(".", mode, store.replace("alice", {"admins": [mode + 1]}))
    await attempt(".", 0, store.read("alice"))
    await attempt(".", 0, store.write_rendered("alice", {}))
    for mode in (0, 0o500):
        await attempt("history", mode, store.replace("alice", {"admins": [mode + 2]}))
    await store.close()

asyncio.run(main())
"""


def said_as(whose: str, users: Path) -> list[str]:
    """What the store says to a daemon that is not root and owns the folder, or does not."""
    bare = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.geteuid() == 0 else []
    done = subprocess.run(
        [*bare, sys.executable, "-c", SCENE, str(users), whose],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(ROOT)},
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_rights_that_a_worker_took_away_are_restored(tmp_path: Path) -> None:
    assert said_as("owner", tmp_path) == ["done"] * 7


def test_rights_that_cannot_be_restored_are_told_with_a_way_out(tmp_path: Path) -> None:
    assert said_as("other", tmp_path) == ["config_unreadable True"] * 7


async def test_only_what_is_lacking_is_restored(tmp_path: Path) -> None:
    store, modes = ConfigStore(tmp_path), []
    folder = await store.ensure("alice")
    for mode in (0o700, 0o2750, 0o2400):
        folder.chmod(mode)
        await store.read("alice")
        modes.append(folder.stat().st_mode & 0o7777)
    await store.close()

    assert modes == [0o700, 0o2750, 0o2770]


@pytest.mark.parametrize(
    ("number", "named"),
    [
        (errno.EIO, ConfigUnreadable),
        (errno.EMFILE, ConfigUnreadable),
        (errno.ENOSPC, StorageFull),
    ],
)
async def test_an_error_of_the_host_is_named_and_nothing_is_moved_out_of_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, named: type[Exception]
) -> None:
    store = ConfigStore(tmp_path)
    await store.replace("alice", {"mode": 1, "login": {"API_ID": 5}})
    before = (tmp_path / "alice" / "tgcf.config.yml").read_bytes()
    really = os.open

    def broken(name: Any, *args: Any, **more: Any) -> int:
        if name == "tgcf.config.yml":
            raise OSError(number, os.strerror(number))
        return really(name, *args, **more)

    monkeypatch.setattr(os, "open", broken)
    for attempt in (store.read("alice"), store.replace("alice", {"mode": 0})):
        with pytest.raises(named):
            await attempt
    monkeypatch.undo()
    assert (tmp_path / "alice" / "tgcf.config.yml").read_bytes() == before
    assert [path.name for path in (tmp_path / "alice" / "history").iterdir()] == ["versions.json"]
    await store.close()


async def test_what_is_made_in_a_workers_folder_is_for_the_group_of_the_folder(tmp_path: Path) -> None:
    groups = {4242} if os.geteuid() == 0 else set(os.getgroups()) - {os.getegid()}
    if not groups:
        pytest.skip("NOT TESTED: neither root nor a member of a second group, so no folder can have another group")
    # given a folder as systemd leaves it under DynamicUser=: another group, and no set-group-ID bit
    folder = tmp_path / "alice"
    folder.mkdir()
    os.chown(folder, -1, groups.pop())
    folder.chmod(0o770)
    # when the daemon stores two versions
    store = ConfigStore(tmp_path)
    for mode in (1, 0):
        await store.replace("alice", {"mode": mode})
    await store.write_rendered("alice", {})
    await store.close()
    # then all of it is for that group
    made = [folder, *folder.rglob("*")]
    assert {"history", "tgcf.config.yml", "tgcf.config.json"} < {path.name for path in made}
    assert {path.stat().st_gid for path in made} == {folder.stat().st_gid}
    assert {path.stat().st_mode & 0o007 for path in made} == {0}


def test_leftovers_are_looked_for_among_so_many_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # given a folder in which a worker has put more than is looked at
    monkeypatch.setattr("tgcfd.config.folder.MOST_NAMES", 10)
    for number in range(20):
        (tmp_path / f".versions.json.{number:016x}.tmp").touch()
    # when leftovers are removed, then so many at a time
    with Folder.opened(tmp_path) as folder:
        folder.remove_leftovers()
        assert len(list(tmp_path.iterdir())) == 10
        folder.remove_leftovers()
    assert list(tmp_path.iterdir()) == []
