"""What happens to everybody else while one worker has systemd tell of thousands of changes a second."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.host.inside.people import Host, Somebody, installed_daemon, main_pid, show, until

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


async def stopped(person: Somebody) -> bool:
    status, answer = await person.call("POST", "/api/stop")
    assert status in {200, 503}, answer
    return status == 200


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

    # when the other one is to be stopped meanwhile (503 for as long as systemd itself is kept from answering)
    await until(lambda: stopped(bob))
    stopped_after = time.monotonic() - began

    # then the flood is over soon, for the reason that it was
    status = await until(lambda: with_reason(alice, "status_flood"))
    ended = time.monotonic() - began
    assert (status["state"], status["isRunning"], status.get("pid")) == ("failed", False, None)
    assert (await show(alice.unit, "ActiveState"))["ActiveState"] == "inactive"
    grown = await memory() - before
    print(f"{kind}: bob was stopped after {stopped_after:.2f} s, alice was ended after {ended:.2f} s; {grown} MiB more")
    assert ended < PATIENCE
    assert grown < 50

    # and both can be started again
    await alice.run()
    await bob.run()
