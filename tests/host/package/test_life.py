"""The package's whole life on a host that has never met it, from the built file alone, with real forwarding."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from tests.e2e.installed import DATA, KEY, SETTINGS
from tests.e2e.people import Forwarder, forwarder
from tests.host.inner_run import run_beside
from tests.host.package.debs import version
from tests.host.package.host import Host, said, until
from tests.host.package.people import ResumingLog, Served
from tests.host.package.snapshot import PRUNED
from tests.host.ports import from_machine, to_machine
from tests.host.test_inside import E2E
from tests.telegram.remote import TelegramServer

PORT = 8470
DROP_IN = "/etc/tgcfd/tgcfd.yml.d/50-telegram.yml"
CONFFILE = "/etc/tgcfd/tgcfd.yml"
REMARK = "# The owner has been here."
DATABASE = "/var/lib/tgcfd/tgcfd.db"
CONFIG = "/var/lib/private/tgcfd/users/alice/tgcf.config.yml"
KNOCK = Path(__file__).with_name("knock.py")
_E2E_TAKES = 240  # seconds at most


@dataclass
class Life:
    """What the steps share: Alice is the first admin, and forwards from one chat to another."""

    host: Host
    telegram: TelegramServer
    alice: Forwarder
    posted: int = 0

    async def posts(self, text: str = "Message") -> None:
        """Have a message forwarded, and wait for its copy."""
        self.posted += 1
        await self.telegram.post(self.alice.source, f"{text} {self.posted}")
        await self.arrived()

    async def arrived(self) -> None:
        """Wait until all that was posted has been forwarded, once each."""
        copies = await self.telegram.wait_messages(self.alice.target, self.posted, timeout=30)
        assert len(copies) == len({copy.text for copy in copies}) == self.posted

    async def runs(self) -> None:
        """Wait until her worker is connected."""
        await asyncio.to_thread(until, lambda: self.host.answers() == 200)
        await self.alice.person.status_until(lambda status: status["state"] == "running", timeout=30)

    def worker(self) -> list[str]:
        """What tells her worker from any other run of it."""
        return [self.host.show("tgcf@alice.service", name) for name in ("MainPID", "InvocationID", "NRestarts")]


async def test_the_whole_life(fresh_host: Host, telegram: TelegramServer, tmp_path: Path) -> None:
    host = fresh_host
    async with aiohttp.ClientSession() as http, to_machine(host.machine, PORT) as port:
        with step("install"):
            is_installed(host)
        with step("end to end"):
            passes_end_to_end(host, tmp_path)
        async with from_machine(host.machine, telegram.port):
            with step("first admin"):
                life = await first_admin(host, telegram, Served(host, port, http))
        with step("reboot"):
            await asyncio.to_thread(host.machine.reboot)
        async with from_machine(host.machine, telegram.port):
            with step("what ran runs again"):
                await life.runs()
                await life.posts("After the reboot")
            with step("upgrade"):
                await is_upgraded(life)
            with step("downgrade"):
                await is_downgraded(life)
            with step("remove"):
                is_removed(host)
            with step("install again"):
                await is_back(life)
            with step("purge"):
                is_purged(host)


@contextmanager
def step(name: str) -> Iterator[None]:
    """Says on standard output, which is shown when a test fails, how far it came."""
    started = time.monotonic()
    print(f"{name} ...", flush=True)
    yield
    print(f"{name}: {time.monotonic() - started:.1f} s", flush=True)


def is_installed(host: Host) -> None:
    # given a host without Python
    assert host.machine.run(["which", "python3"], check=False).returncode == 1
    # when the owner types one line
    said = host.install(host.debs.first)
    # then the daemon runs, and says where to open it and what comes next
    assert (
        f"""
tgcfd: it serves http://127.0.0.1:{PORT}
tgcfd: make the first account: sudo tgcfd user add --admin you@example.org
"""
        in said
    )
    assert "Warning" not in said
    status = host.systemctl("status", "tgcfd")
    assert f"http://127.0.0.1:{PORT}" in status
    assert "No account yet: sudo tgcfd user add --admin you@example.org" in status
    assert host.tgcfd("--version").stdout == f"tgcfd {version(host.debs.first)}\n"
    # which is systemd's to run
    started = host.tgcfd("serve", check=False)
    assert (started.returncode, "sudo systemctl start tgcfd" in started.stderr) == (78, True), started.stderr
    assert host.answers() == 200
    assert host.systemctl("is-system-running") == "running\n"
    assert host.systemctl("is-enabled", "tgcfd.service", "tgcfd.socket") == "enabled\nenabled\n"


def passes_end_to_end(host: Host, folder: Path) -> None:
    result = run_beside(host.machine, [f"tests/e2e/{name}" for name in E2E], folder / "report.xml", timeout=_E2E_TAKES)
    assert result.is_good, f"{result}\n{result.output}"
    # whose people and settings go
    host.sh(f"rm {SETTINGS} {KEY}; find {' '.join(map(str, DATA))} -mindepth 1 -delete")
    host.sh("systemd-tmpfiles --create tgcfd.conf")


async def first_admin(host: Host, telegram: TelegramServer, served: Served) -> Life:
    """The first admin forwards: her worker runs."""
    address = f"{telegram.dc_id}:{telegram.address}:{telegram.port}"
    host.machine.run(["tee", str(KEY)], input=telegram.public_key_path.read_text())
    chosen = {"telegram": {"data_center": address, "public_key_file": str(KEY)}}
    host.machine.run(["tee", DROP_IN], input=json.dumps(chosen))
    host.systemctl("restart", "tgcfd.socket", "tgcfd.service")
    host.sh(f"sed -i '1i {REMARK}' {CONFFILE}")
    alice = await forwarder(served, telegram)
    assert re.search(r"^\S+ +admin .*@example\.org", said(host.tgcfd("user", "list")), re.MULTILINE)
    await alice.store()
    await alice.run()
    life = Life(host, telegram, alice)
    await life.posts()
    return life


async def is_upgraded(life: Life) -> None:
    host = life.host
    # given a worker that forwards all the time, a log that is followed, and people who ask
    worker, socket, daemon = life.worker(), host.show("tgcfd.socket", "InvocationID"), host.main_pid()
    log = ResumingLog(life.alice.person)
    async with running(log.follow()):
        async with posting(life), knocking(host) as knocked:
            await asyncio.to_thread(until, lambda: log.entries)
            # when the package is upgraded
            await asyncio.to_thread(host.install, host.debs.second)
        # then no message is lost, and no line
        await life.arrived()
        everything = await whole_log(life)
        await asyncio.to_thread(until, lambda: log.entries[-1]["cursor"] == everything[-1]["cursor"])
    assert log.streams > 1, "the stream was not interrupted: this shows nothing"
    assert log.entries == everything[everything.index(log.entries[0]) :]
    # another daemon serves; the worker is the same, and so is the socket
    assert host.has(host.debs.second)
    assert host.tgcfd("--version").stdout.split()[-1] == version(host.debs.second)
    assert host.main_pid() not in {0, daemon}
    assert (life.worker(), host.show("tgcfd.socket", "InvocationID")) == (worker, socket)
    # and nobody was refused
    assert knocked["answered"] == knocked["asked"] > 50, knocked


async def whole_log(life: Life) -> list[dict[str, Any]]:
    """Alice's log, once it tells of every message."""
    async with life.alice.person.logs("?tail=1000") as stream, asyncio.timeout(30):
        while sum("Forwarded message" in line for line in stream.lines()) < life.posted:
            await stream.next()
    return [frame for frame in stream.seen if frame["type"] == "entry"]


async def is_downgraded(life: Life) -> None:
    host = life.host
    worker, daemon = life.worker(), host.main_pid()
    # given data that a newer version has changed, then it is refused, and all is as it was
    schema = int(sqlite(host, "pragma user_version"))
    sqlite(host, "pragma user_version = 999")
    said = host.install(host.debs.first, "--allow-downgrades", check=False)
    assert "the data was changed by a newer tgcfd" in said
    assert host.has(host.debs.second)
    assert (life.worker(), host.main_pid(), host.answers()) == (worker, daemon, 200)
    sqlite(host, f"pragma user_version = {schema}")
    # given data that the first version knows, then it works
    host.install(host.debs.first, "--allow-downgrades")
    assert host.has(host.debs.first)
    assert (life.worker(), host.answers()) == (worker, 200)
    await life.posts("After the downgrade")


def sqlite(host: Host, statement: str) -> str:
    """Run a statement as the data's owner; returns the first value."""
    code = f"import sqlite3; print(*(sqlite3.connect({DATABASE!r}).execute({statement!r}).fetchone() or []))"
    return host.machine.run(["python3", "-c", code], user="tgcfd").stdout.strip()


def is_removed(host: Host) -> None:
    config = host.sh(f"cat {CONFIG}")
    host.apt("remove", "tgcfd")
    # nothing of ours runs, and nothing is broken
    assert host.state().startswith("rc ")
    assert host.units() == []
    assert "tgcf" not in host.sh("ps -eo user:32,args")
    assert host.systemctl("is-system-running") == "running\n"
    # and the data is there
    host.sh(f"test -s {DATABASE}")
    assert host.sh(f"cat {CONFIG}") == config


async def is_back(life: Life) -> None:
    host, person = life.host, life.alice.person
    config = host.sh(f"cat {CONFIG}")
    host.install(host.debs.first)
    # account, config and what ran are there again
    await life.runs()
    product = person.product
    assert isinstance(product, Served)
    await product.log_in(person)
    assert host.sh(f"cat {CONFIG}") == config
    assert host.sh(f"head -n 1 {CONFFILE}") == f"{REMARK}\n"
    await life.posts("After it came back")


def is_purged(host: Host) -> None:
    host.apt("purge", "tgcfd")
    assert (host.units("--all"), host.users(), host.state()) == ([], [], "")
    assert "tgcf" not in host.sh("ps -eo user:32,args")
    assert "org.tgcfd" not in host.sh("busctl list --acquired --activatable --no-legend")
    assert host.systemctl("is-system-running") == "running\n"
    # what it depended on stays, until `apt autoremove`; nothing of ours does (test_purge.py looks at each path)
    assert host.sh(f"find / /run -xdev {PRUNED} -o '(' -name '*tgcf*' -o -nouser -o -nogroup ')' -print") == ""


@asynccontextmanager
async def running(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Something that goes on meanwhile, and may not fail."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def posting(life: Life) -> AsyncIterator[None]:
    """New messages all the while."""
    enough = asyncio.Event()

    async def post() -> None:
        while not enough.is_set():
            life.posted += 1
            await life.telegram.post(life.alice.source, f"Message {life.posted}")
            await asyncio.sleep(0.05)  # a steady stream, not a wait

    task = asyncio.create_task(post())
    try:
        yield
    finally:
        enough.set()
        await task


@asynccontextmanager
async def knocking(host: Host) -> AsyncIterator[dict[str, Any]]:
    """New connections to the daemon all the while; afterwards, how they went."""
    words = host.machine.network_command([sys.executable, "-I", str(KNOCK), str(PORT)])
    result: dict[str, Any] = {}
    process = await asyncio.create_subprocess_exec(*words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        yield result
        out, _ = await asyncio.wait_for(process.communicate(b"enough"), 60)
        result.update(json.loads(out))
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
