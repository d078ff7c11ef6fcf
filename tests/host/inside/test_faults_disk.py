"""Disks without space: what cannot be stored is refused as a whole, and all goes on once there is room."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.host.inside.people import (
    CONFIG,
    USERS,
    Follower,
    Host,
    Somebody,
    command,
    installed_daemon,
    main_pid,
    stop_all,
    systemctl,
)

DATA = Path("/var/lib/tgcfd")
JOURNAL = Path("/var/log/journal")


@asynccontextmanager
async def small_disk(where: Path, size: str, owner: str, mode: str) -> AsyncIterator[Path]:
    """A disk of its own at that place, for the daemon and its workers that are started after this."""
    user, group = owner.split(":")
    numbers = [(await command("id", "-u", user)).strip(), (await command("getent", "group", group)).split(":")[2]]
    options = f"size={size},mode={mode},uid={numbers[0]},gid={numbers[1]}"
    await stop_all()
    await command("mount", "-t", "tmpfs", "-o", options, "tmpfs", str(where))
    try:
        yield where
    finally:
        await stop_all()
        await command("umount", "--lazy", str(where))


class Full:
    """Takes all the room that is left on a disk, until it is told to give it back."""

    def __init__(self, disk: Path) -> None:
        self._file = disk / "filler"

    def fill(self) -> None:
        with self._file.open("ab", buffering=0) as file:
            for size in (65536, 1):
                try:
                    while True:
                        file.write(b"x" * size)
                except OSError:
                    continue

    def free(self) -> None:
        self._file.unlink()


def files_of(person: Somebody) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in person.folder.rglob("*") if path.is_file()}


async def test_people_whose_disk_is_full_are_told_and_lose_nothing() -> None:
    async with small_disk(USERS, "2m", "tgcfd:tgcfd-worker", "2770"), installed_daemon() as host:
        # given somebody whose worker runs, and somebody whose does not
        alice, bob = await host.person("alice"), await host.person("bob")
        running = await alice.run()
        bob.acts("ready()")
        before, files = await alice.ok("GET", "/api/config"), files_of(alice)

        # when the disk is full, then what would have to be written is refused, and all is as it was
        full = Full(USERS)
        full.fill()
        for _ in range(3):
            status, answer = await alice.call("POST", "/api/config", changed("new"))
            assert (status, answer["code"]) == (507, "storage_full")
            status, answer = await bob.call("POST", "/api/run")
            assert (status, answer["code"]) == (507, "storage_full")
        assert await alice.ok("GET", "/api/config") == before
        assert files_of(alice) == files
        assert (await alice.status())["pid"] == running["pid"]
        assert await main_pid(bob.unit) == 0
        await alice.stop()

        # when there is room again, then all works
        full.free()
        await alice.ok("POST", "/api/config", changed("new"))
        assert (await alice.ok("GET", "/api/config"))["forwards"][0]["con_name"] == "new"
        await alice.run()
        await bob.run()


def changed(name: str) -> dict[str, Any]:
    return CONFIG | {"forwards": [CONFIG["forwards"][0] | {"con_name": name}]}


async def test_a_daemon_whose_own_disk_is_full_says_so_and_recovers() -> None:
    async with small_disk(DATA, "4m", "root:tgcfd", "1770"), installed_daemon() as host:
        carol, dave = await host.person("carol"), await host.person("dave")
        running = await carol.run()
        dave.acts("ready()")
        full = Full(DATA)
        full.fill()

        # what has to be remembered cannot be promised
        body = {"email": "erin@example.org", "password": "erin has a long password", "name": "Erin" * 10}
        refused = [await dave.call("POST", "/api/run"), await host_full(host, body)]
        assert [(status, answer["code"]) for status, answer in refused] == [(507, "storage_full")] * 2
        assert (await carol.status())["pid"] == running["pid"]
        assert await main_pid(dave.unit) == 0

        # a daemon that starts like that serves as well as it can, or ends and is started again until it can
        await systemctl("restart", "tgcfd.service", check=False, timeout=90)
        full.free()
        assert (await carol.until_state("running"))["pid"] == running["pid"]
        await dave.run()
        await host.person("frank")


async def host_full(host: Host, body: dict[str, Any]) -> tuple[int, Any]:
    """Register people until that is refused: a database has some room in itself."""
    for number in range(300):
        person = Somebody(host, f"p{number}")
        status, answer = await person.call("POST", "/api/auth/register", body | {"email": person.email})
        if status != 201:
            return status, answer
    raise AssertionError("300 people fit on a full disk")


async def test_a_journal_without_room_slows_nobody_and_logs_go_on_when_there_is() -> None:
    # given a journal on a disk of its own, which something else fills
    async with small_disk(JOURNAL, "20m", "root:systemd-journal", "2755"):
        (JOURNAL / Path("/etc/machine-id").read_text().strip()).mkdir()
        await systemctl("restart", "systemd-journald.service")
        async with installed_daemon() as host:
            gus = await host.person("gus")
            running = await gus.run("ready(); count(0.01)")
            async with Follower(gus) as follower:
                await follower.more(20)
                full = Full(JOURNAL)
                full.fill()
                await command("journalctl", "--rotate", check=False)

                # then the worker and the daemon work on
                for _ in range(50):
                    began = time.monotonic()
                    assert (await gus.status())["pid"] == running["pid"]
                    assert time.monotonic() - began < 1

                # when there is room again, then the log goes on, by itself
                full.free()
                await command("journalctl", "--rotate", check=False)
                await follower.more(50)
                # What journald has kept in memory meanwhile it copies to the disk under new numbers: those few entries
                # may come once more. After that each comes once.
                since = follower.numbers[-1]
                await follower.more(100)
                assert follower.numbers[-100:] == list(range(follower.numbers[-1] - 99, follower.numbers[-1] + 1))
                assert follower.numbers[-1] >= since + 100
                assert set(follower.numbers) >= set(range(20))
                assert follower.sockets == 1
    await systemctl("restart", "systemd-journald.service")
