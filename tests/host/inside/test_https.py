"""HTTPS without a proxy, as the README sets it up: by certbot's hook, or with files that systemd hands over."""

from __future__ import annotations

import asyncio
import re
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.host.inside.people import DEADLINE, command, installed_daemon, main_pid, show, systemctl
from tests.host.inside.test_proxy import NAME

README = Path("/usr/share/doc/tgcfd/README.md")
HOOK = Path("/usr/share/doc/tgcfd/examples/certbot-hook")
LINEAGE = Path("/etc/letsencrypt/live", NAME)
SETTINGS = Path("/etc/tgcfd/tgcfd.yml.d/50-tls.yml")
UNIT = Path("/etc/systemd/system/tgcfd.service.d/tls.conf")
SOCKET = Path("/etc/systemd/system/tgcfd.socket.d/port.conf")


def get_certificate(common_name: str) -> None:
    """What certbot does, but for asking Let's Encrypt: root's key, in a folder that only root can enter."""
    LINEAGE.mkdir(parents=True, exist_ok=True)
    LINEAGE.parent.chmod(0o700)
    words = ["-subj", f"/CN={common_name}", "-addext", f"subjectAltName=DNS:{NAME}", "-nodes", "-days", "2"]
    files = ["-keyout", LINEAGE / "privkey.pem", "-out", LINEAGE / "fullchain.pem"]
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    subprocess.run(["openssl", "req", "-x509", *curve, *words, *files], check=True, capture_output=True)


async def run_hook() -> None:
    (install,) = re.findall(rf"^\$ sudo (install {HOOK} \S+)$", README.read_text(), re.MULTILINE)
    await command(*install.split())
    await command("env", f"RENEWED_LINEAGE={LINEAGE}", "/usr/local/sbin/tgcfd-certificate")


async def served_name() -> str:
    """The common name in the certificate that the daemon shows, once it is verified and a request is answered."""
    trusting = ssl.create_default_context(cafile=LINEAGE / "fullchain.pem")
    async with asyncio.timeout(DEADLINE):
        reader, writer = await asyncio.open_connection("127.0.0.1", 443, ssl=trusting, server_hostname=NAME)
        shown = writer.get_extra_info("peercert")
        writer.write(f"GET / HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n\r\n".encode())
        assert (await reader.read()).startswith(b"HTTP/1.1 200 ")
        writer.close()
    return str(dict(pair for (pair,) in shown["subject"])["commonName"])


@asynccontextmanager
async def at_port_443() -> AsyncIterator[None]:
    SOCKET.parent.mkdir(exist_ok=True)
    SOCKET.write_text("[Socket]\nListenStream=\nListenStream=443\n")
    await systemctl("daemon-reload")
    async with installed_daemon():
        yield


@pytest.fixture(autouse=True)
async def left_clean() -> AsyncIterator[None]:
    yield
    for file in (SETTINGS, UNIT, SOCKET):
        file.unlink(missing_ok=True)
    await systemctl("daemon-reload")


async def status_line() -> str:
    return (await show("tgcfd.service", "StatusText"))["StatusText"]


async def test_certbot_renews_the_certificate_that_the_readme_sets_up() -> None:
    (said,) = re.findall(
        r"^```yml\n(# /etc/tgcfd/tgcfd.yml.d/50-tls.yml\n.*?)^```", README.read_text(), re.MULTILINE | re.DOTALL
    )
    SETTINGS.write_text(said)
    get_certificate("first")
    await run_hook()  # before there is a daemon

    async with at_port_443():
        assert await served_name() == "first"
        assert "HTTPS" in await status_line()
        before = await main_pid("tgcfd.service")

        get_certificate("second")
        await run_hook()

        assert await served_name() == "second"
        assert await main_pid("tgcfd.service") == before

        # A key that the daemon cannot read: the reload says so, and the daemon goes on.
        await command("chown", "root:", "/etc/tgcfd/tls/privkey.pem")
        said = await systemctl("reload", "tgcfd", check=False)
        assert "failed" in said
        log = await command("journalctl", "-u", "tgcfd", "-o", "cat", "-n", "50")
        assert "50-tls.yml, line 4: tls.key: /etc/tgcfd/tls/privkey.pem: user tgcfd cannot read it" in log
        assert await served_name() == "second"


async def test_systemd_hands_over_files_that_root_alone_can_read() -> None:
    place = "/run/credentials/tgcfd.service"
    UNIT.parent.mkdir(exist_ok=True)
    UNIT.write_text(
        f"[Service]\nLoadCredential=chain.pem:{LINEAGE}/fullchain.pem\nLoadCredential=key.pem:{LINEAGE}/privkey.pem\n"
    )
    SETTINGS.write_text(f"tls:\n  certificate: {place}/chain.pem\n  key: {place}/key.pem\n")
    get_certificate("first")

    async with at_port_443():
        assert await served_name() == "first"

        await systemctl("reload", "tgcfd")
        assert await served_name() == "first"

        get_certificate("second")
        await systemctl("restart", "tgcfd")
        assert await served_name() == "second"
