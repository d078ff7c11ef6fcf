"""``systemctl reload tgcfd``: new settings and new code in the same process, while people ask and workers run."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import aiohttp
import pytest

from tests.host.inside.people import URL, Host, Somebody, command, installed_daemon, main_pid, show, systemctl, until

DROP_IN = Path("/etc/tgcfd/tgcfd.yml.d/95-reload.yml")
CODE = Path("/usr/lib/python3/dist-packages/tgcfd/__init__.py")
LOCK = Path("/var/lib/tgcfd/lock")


@pytest.fixture
async def host() -> AsyncIterator[Host]:
    async with installed_daemon() as host:
        yield host
    DROP_IN.unlink(missing_ok=True)


async def reload() -> None:
    """Reload; it lasts until the daemon has begun afresh and serves."""
    began = LOCK.stat().st_mtime_ns
    await systemctl("reload", "tgcfd")
    assert LOCK.stat().st_mtime_ns > began
    has = await show("tgcfd.service", "ActiveState", "StatusText")
    assert (has["ActiveState"], URL in has["StatusText"]) == ("active", True), has


async def is_asked_to_begin_afresh() -> bool:
    return await show("tgcfd.service", "ActiveState", "ControlPID") == {"ActiveState": "reloading", "ControlPID": "0"}


class Asking:
    """Somebody who asks all the time, each time over a new connection."""

    def __init__(self, person: Somebody) -> None:
        self.person = person
        self.answers: list[int] = []
        self.refused: list[str] = []

    async def ask(self) -> None:
        headers = {"Authorization": f"Bearer {self.person.token}"}
        connector = aiohttp.TCPConnector(force_close=True)
        async with aiohttp.ClientSession(connector=connector, headers=headers) as http:
            while True:
                try:
                    async with http.get(f"{URL}/api/status") as response:
                        self.answers.append(response.status)
                except aiohttp.ClientConnectorError as error:
                    self.refused.append(str(error))
                except aiohttp.ClientError as error:
                    self.refused.append(f"dropped: {error!r}")


@asynccontextmanager
async def asked_meanwhile(person: Somebody, count: int = 4) -> AsyncIterator[Asking]:
    asking = Asking(person)
    tasks = [asyncio.create_task(asking.ask()) for _ in range(count)]
    try:
        await until(partial(_more, asking, 0))
        yield asking
        await until(partial(_more, asking, len(asking.answers) + 20))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _more(asking: Asking, than: int) -> bool:
    return len(asking.answers) > than


async def test_nobody_is_refused_and_no_worker_is_touched_while_it_reloads_ten_times(host: Host) -> None:
    # given a running worker, and somebody who asks all the time
    alice = await host.person("alice")
    before = await alice.run("ready(); count(0.05)")
    pid = await main_pid("tgcfd.service")
    async with asked_meanwhile(alice) as asking:
        # when the daemon reloads again and again
        for _ in range(10):
            await reload()
    # then it is the same process, everybody was answered, and the worker has run on
    assert await main_pid("tgcfd.service") == pid
    assert asking.refused == []
    assert set(asking.answers) == {200}
    after = await alice.until_state("running")
    assert (after["pid"], after["startTime"]) == (before["pid"], before["startTime"])
    assert (await show("tgcfd.service", "NRestarts"))["NRestarts"] == "0"
    assert Path(f"/proc/{pid}/comm").read_text().strip() == "tgcfd"


async def test_new_settings_and_new_code_count(host: Host) -> None:
    alice = await host.person("alice")
    DROP_IN.write_text("accounts: {token_minutes: 7}\n")
    old = CODE.read_text()
    CODE.write_text(re.sub(r'__version__ = ".*"', '__version__ = "9.9.9"', old))
    try:
        await reload()
        assert LOCK.read_text() == "9.9.9\n"
        answer = await alice.ok(
            "POST", "/api/auth/login", {"username": alice.email, "password": "alice has a long password"}
        )
        assert round(answer["expires_in"] / 60) == 7
    finally:
        CODE.write_text(old)


async def test_a_mistake_that_is_written_right_after_a_reload_ends_nothing(host: Host) -> None:
    alice = await host.person("alice")
    pid = await main_pid("tgcfd.service")
    for _ in range(5):
        DROP_IN.unlink(missing_ok=True)
        await systemctl("reload", "tgcfd")
        DROP_IN.write_text("listen: [\n")
    answer = await alice.ok("GET", "/api/status")
    assert answer["state"] == "stopped"
    assert await main_pid("tgcfd.service") == pid


async def test_with_settings_that_cannot_be_used_it_fails_says_the_line_and_goes_on(host: Host) -> None:
    alice = await host.person("alice")
    pid = await main_pid("tgcfd.service")
    began = LOCK.stat().st_mtime_ns
    DROP_IN.write_text("worker:\n  stop_seconds: 0\n")
    async with asked_meanwhile(alice) as asking:
        said = await systemctl("reload", "tgcfd", check=False)
        assert "failed" in said
        status = await systemctl("status", "tgcfd", check=False)
        os.kill(pid, signal.SIGHUP)  # as somebody might who knows no systemctl

        async def is_said() -> bool:
            return "Goes on" in await command("journalctl", "-q", "-u", "tgcfd", "-o", "cat", f"_PID={pid}")

        await until(is_said)
        # when they become wrong after they were checked, then the reload comes to its end all the same
        check = Path("/run/systemd/system/tgcfd.service.d/unchecked.conf")
        check.parent.mkdir(parents=True, exist_ok=True)
        reload = "ExecReload=\nExecReload=systemd-notify RELOADING=1\nExecReload=sh -c 'kill -HUP $MAINPID'\n"
        check.write_text(f"[Service]\n{reload}")
        await systemctl("daemon-reload")
        async with asyncio.timeout(10):
            await systemctl("reload", "tgcfd")
        check.unlink()
        await systemctl("daemon-reload")
    assert f"{DROP_IN}, line 2: worker.stop_seconds: must be a whole number from 1 to 300" in status
    assert (asking.refused, set(asking.answers)) == ([], {200})
    assert (await main_pid("tgcfd.service"), LOCK.stat().st_mtime_ns) == (pid, began)


async def test_signals_that_come_in_a_row_neither_end_it_nor_get_lost(host: Host) -> None:
    alice = await host.person("alice")
    pid = await main_pid("tgcfd.service")
    restarts = (await show("tgcfd.service", "NRestarts"))["NRestarts"]
    for number in range(40):  # they come in all its moments: while it serves, ends, begins
        os.kill(pid, signal.SIGHUP)
        await asyncio.sleep(0.013 * (number % 7))  # not waited for anything: to hit different moments
    DROP_IN.write_text("accounts: {token_minutes: 9}\n")
    os.kill(pid, signal.SIGHUP)

    async def counts() -> bool:
        try:
            answer = await alice.ok(
                "POST", "/api/auth/login", {"username": alice.email, "password": "alice has a long password"}
            )
        except aiohttp.ClientError:
            return False
        return round(answer["expires_in"] / 60) == 9

    await until(counts)
    assert await main_pid("tgcfd.service") == pid
    assert (await show("tgcfd.service", "NRestarts"))["NRestarts"] == restarts


@pytest.mark.parametrize("pause", [None, 0, 0.05, 0.15, 0.3], ids=str)
async def test_it_is_stopped_at_once_after_and_in_a_reload(host: Host, pause: float | None) -> None:
    if pause is None:
        await reload()
    else:
        await systemctl("reload", "--no-block", "tgcfd")
        await until(is_asked_to_begin_afresh)
        await asyncio.sleep(pause)  # not waited for anything: to hit different moments
    async with asyncio.timeout(10):
        await systemctl("stop", "tgcfd.service")
    has = await show("tgcfd.service", "Result", "ActiveState")
    assert has == {"Result": "success", "ActiveState": "inactive"}
    await systemctl("reset-failed", "tgcfd.socket", "tgcfd.service")  # so many starts in so short a time count as wrong


async def test_status_says_where_it_serves_and_how_to_make_the_first_account(host: Host) -> None:
    status = await show("tgcfd.service", "StatusText")
    first = "sudo tgcfd user add --admin you@example.org"
    assert status["StatusText"] == f"No account yet: {first}; serves {URL}"
    pid = await main_pid("tgcfd.service")
    assert first in await command("journalctl", "-q", "-u", "tgcfd", "-o", "cat", f"_PID={pid}")
    await host.person("alice")

    async def is_told() -> bool:
        return (await show("tgcfd.service", "StatusText"))["StatusText"] == f"Serves {URL}; 0 workers"

    await until(is_told)
