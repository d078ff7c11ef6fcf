"""What the host's owner sees of the daemon with other programs: readiness, metrics, the audit log in the journal."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.host.inside.people import Host, command, installed_daemon, main_pid, systemctl, until
from tgcfd.audit.record import MESSAGE_ID

DROP_IN = Path("/etc/tgcfd/tgcfd.yml.d/95-watching.yml")
METRICS = "http://127.0.0.1:9470/metrics"


@pytest.fixture
async def host() -> AsyncIterator[Host]:
    DROP_IN.write_text("metrics: {listen: 127.0.0.1:9470}\n")
    try:
        async with installed_daemon() as host:
            yield host
    finally:
        DROP_IN.unlink()


async def ready(host: Host) -> int:
    async with host.http.get(f"{host.url}/readyz") as response:
        return response.status


async def metrics(host: Host) -> str:
    async with host.http.get(METRICS) as response:
        assert response.status == 200
        return await response.text()


async def audited(**fields: str) -> list[dict[str, Any]]:
    """The entries of the audit log in the journal with these fields, as journalctl finds them."""
    matches = [f"{name}={value}" for name, value in {"MESSAGE_ID": MESSAGE_ID, **fields}.items()]
    await command("journalctl", "--sync")
    return [json.loads(line) for line in (await command("journalctl", "-b", "-q", "-o", "json", *matches)).splitlines()]


async def test_metrics_have_a_listener_of_their_own_in_the_daemons_sandbox(host: Host) -> None:
    alice = await host.person("alice")
    await alice.run()
    seen = await metrics(host)
    assert 'tgcfd_workers{state="running"} 1.0' in seen
    assert "tgcfd_database_up 1.0" in seen
    async with host.http.get(f"{host.url}/metrics") as response:
        assert response.status == 404
    # and it is there again when the daemon has begun afresh, in the same process
    pid = await main_pid("tgcfd.service")
    await systemctl("reload", "tgcfd.service")
    assert await main_pid("tgcfd.service") == pid
    assert 'tgcfd_workers{state="running"} 1.0' in await metrics(host)


async def test_a_host_whose_bus_hangs_is_not_ready_until_it_answers(host: Host) -> None:
    alice = await host.person("alice")
    assert await ready(host) == 200
    bus = await main_pid("dbus.service")
    os.kill(bus, signal.SIGSTOP)
    try:
        assert (await alice.call("POST", "/api/run"))[0] == 503

        async def is_not_ready() -> bool:
            return await ready(host) == 503

        await until(is_not_ready)
        async with host.http.get(f"{host.url}/healthz") as response:  # the process itself is well
            assert response.status == 200
    finally:
        os.kill(bus, signal.SIGCONT)

    async def is_ready() -> bool:
        return await ready(host) == 200

    await until(is_ready)


async def test_the_audit_log_is_in_the_journal_with_fields(host: Host) -> None:
    alice = await host.person("alice")
    wrong = {"username": alice.email, "password": "not her password"}
    assert (await alice.call("POST", "/api/auth/login", wrong))[0] == 401

    # each entry is found by what it is about, who did it and from where, and is the daemon's own
    [refused] = await audited(TGCFD_EVENT="log_in_refused")
    assert (refused["TGCFD_ABOUT"], refused["TGCFD_ADDRESS"]) == ("alice", "127.0.0.1")
    assert refused["_SYSTEMD_UNIT"] == "tgcfd.service"
    assert {entry["TGCFD_EVENT"] for entry in await audited(TGCFD_ACTOR="alice")} >= {"logged_in", "config_changed"}

    # what the owner types is there, too, and nobody else's lines are
    await command("tgcfd", "user", "disable", alice.email)
    [disabled] = await audited(TGCFD_EVENT="account_disabled", TGCFD_ABOUT="alice")
    assert disabled["SYSLOG_IDENTIFIER"] == "tgcfd"
    everything = await audited()
    assert everything
    assert all("TGCFD_EVENT" in entry for entry in everything)
    assert "a long password" not in str(everything)
    assert "not her password" not in str(everything)


async def test_a_new_key_is_in_the_journal_and_logs_nobody_out(host: Host) -> None:
    alice = await host.person("alice")
    await command("tgcfd", "rotate-key")
    assert len(await audited(TGCFD_EVENT="key_rotated")) == 1
    assert len(list(Path("/var/lib/tgcfd/keys").glob("jwt-*.key"))) == 1
    assert (await alice.call("GET", "/api/status"))[0] == 200

    async def signs_with_it() -> bool:
        """A new log-in's token is by the new key: it stays good when the old ones are forgotten."""
        body = {"username": alice.email, "password": "alice has a long password"}
        old, alice.token = alice.token, (await alice.ok("POST", "/api/auth/login", body))["access_token"]
        return old.split(".")[0] != alice.token.split(".")[0]

    await until(signs_with_it)
    await command("tgcfd", "rotate-key", "--forget-old")
    assert list(Path("/var/lib/tgcfd/keys").glob("jwt-*.key")) == []


async def test_a_backup_has_all_that_an_account_has_since(host: Host, tmp_path: Path) -> None:
    # given somebody with an API token, versions of her configuration, and a key that gave way
    alice = await host.person("alice")
    await alice.ok("POST", "/api/config", {"mode": 1})
    token = {"name": "script", "scopes": ["read"], "current_password": "alice has a long password"}
    made = (await alice.call("POST", "/api/auth/tokens", token))[1]["token"]
    await command("tgcfd", "rotate-key")
    versions = await alice.ok("GET", "/api/config/versions")
    file = tmp_path / "backup.tar.gz"
    await command("tgcfd", "backup", str(file), timeout=90)

    # when all is deleted and restored
    await command("tgcfd", "user", "delete", "--yes", "alice")
    assert (await alice.call("GET", "/api/status"))[0] == 401
    await command("tgcfd", "restore", "--yes", str(file), timeout=90)

    # then her log-in, her token and her versions are there, and whoever checks finds nothing wrong
    assert await alice.ok("GET", "/api/config/versions") == versions
    async with host.http.get(f"{host.url}/api/status", headers={"Authorization": f"Bearer {made}"}) as response:
        assert response.status == 200
    await command("tgcfd", "check")
