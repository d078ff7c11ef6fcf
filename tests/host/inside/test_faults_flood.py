"""What happens to everybody else while one worker has systemd tell of thousands of changes a second."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.host.inside.people import Host, Somebody, command, installed_daemon, main_pid, show, systemctl, until

FLOODS = {
    "status": "ready()\nwhile True: say(f'STATUS=line {time.monotonic_ns()}')",
    # two processes that name each other
    "main process": "ready(); first = os.getpid(); other = os.fork() or first\n"
    "while True: say(f'MAINPID={other}'); time.sleep(0.0005)",
}
PATIENCE = 20.0  # on a busy machine; about 2 s on an idle one, where it took minutes without the watch for floods


@pytest.fixture
async def host() -> AsyncIterator[Host]:
    async with installed_daemon() as host:
        yield host


async def memory() -> int:
    """What the daemon takes, in MiB."""
    status = Path(f"/proc/{await main_pid('tgcfd.service')}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found
    return int(found[1]) >> 10


async def with_reason(person: Somebody, code: str) -> dict[str, Any] | None:
    status = await person.status()
    return status if (status["reason"] or {}).get("code") == code else None


@pytest.mark.parametrize("kind", FLOODS)
async def test_a_worker_that_floods_is_ended_and_nobody_else_notices(host: Host, kind: str) -> None:
    # given two workers, one of which begins to flood
    alice, bob = await host.person("alice"), await host.person("bob")
    await bob.run()
    before = await memory()
    alice.acts(FLOODS[kind])
    began = time.monotonic()
    await alice.ok("POST", "/api/run")

    # when the other one is stopped meanwhile (refused with 503 if that took 5 s)
    asked = time.monotonic()
    await bob.stop()
    stopped = time.monotonic() - asked

    # then the flood is over soon, for the reason that it was
    status = await until(lambda: with_reason(alice, "status_flood"))
    ended = time.monotonic() - began
    assert (status["state"], status["isRunning"], status.get("pid")) == ("failed", False, None)
    assert (await show(alice.unit, "ActiveState"))["ActiveState"] == "inactive"
    grown = await memory() - before
    print(f"{kind}: bob's stop took {stopped:.2f} s, alice was ended after {ended:.2f} s; {grown} MiB more")
    assert ended < PATIENCE
    assert grown < 50

    # and both can be started again
    await alice.run()
    await bob.run()


async def test_a_flood_that_the_broker_cannot_end_yet_takes_no_memory_and_ends_when_it_can(host: Host) -> None:
    # given a broker that nobody can reach
    alice, bob = await host.person("alice"), await host.person("bob")
    await bob.run()
    alice.acts("ready()\nwhile not Path('go').exists(): time.sleep(0.01)\n" + FLOODS["status"])
    await alice.ok("POST", "/api/run")
    await alice.until_state("running")
    await systemctl("mask", "--runtime", "--now", "tgcfd-broker.service")
    before = await memory()

    # when a worker floods for longer than one try
    (alice.folder / "go").touch()
    try:
        await until(has_been_told_twice, timeout=40)

        # then the daemon takes no more for it, and others are heard as ever
        assert await memory() - before < 50
        bobs = (await bob.status())["pid"]
        await systemctl("kill", "--signal=KILL", bob.unit)
        await until(lambda: has_another_pid(bob, bobs))
    finally:
        await systemctl("unmask", "--runtime", "tgcfd-broker.service")
    await until(lambda: with_reason(alice, "status_flood"))


async def has_been_told_twice() -> bool:
    said = await command("journalctl", "-o", "cat", "-u", "tgcfd.service")
    return said.count("tgcf@alice.service changes far too often") >= 2


async def has_another_pid(person: Somebody, pid: int) -> bool:
    return (await person.status()).get("pid") not in {None, pid}
