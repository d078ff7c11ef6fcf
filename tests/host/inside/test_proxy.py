"""Behind nginx and Caddy as their examples set them up: the very files, with another certificate, and no network."""

from __future__ import annotations

import io
import json
import re
import socket
import ssl
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver

from tests.host.inside.people import Host, command, installed_daemon, until

EXAMPLES = Path("/usr/share/doc/tgcfd/examples")
NAME = "tgcfd.example.org"
URL = f"https://{NAME}"
CLIENT = "127.0.0.5"  # anything but what the proxy itself comes from
FORGED = "203.0.113.9"
SETTINGS = Path("/etc/tgcfd/tgcfd.yml.d/50-proxy.yml")
DROP_IN = Path("/etc/systemd/system/tgcfd.socket.d/proxy.conf")
TCP, UNIX = "127.0.0.1:8470", "unix"


class Here(AbstractResolver):
    """Finds every name here: there is no other host."""

    async def resolve(self, host: str, port: int = 0, family: int = socket.AF_INET) -> list[dict[str, Any]]:
        here = {"hostname": host, "host": "127.0.0.1", "port": port, "proto": 0, "flags": 0}
        return [here | {"family": socket.AF_INET}]

    async def close(self) -> None:
        pass


@dataclass(frozen=True)
class Proxy:
    """A proxy: its unit, which example is put where, its group, and how its file names our socket, of either kind."""

    unit: str
    example: str
    place: str
    group: str
    by_tcp: str
    by_unix: str


NGINX = Proxy(
    "nginx", "nginx.conf", "/etc/nginx/sites-enabled/tgcfd", "www-data",
    "proxy_pass http://127.0.0.1:8470;", "proxy_pass http://unix:/run/tgcfd.sock;",
)  # fmt: skip
CADDY = Proxy(
    "caddy", "Caddyfile", "/etc/caddy/Caddyfile", "caddy",
    "reverse_proxy 127.0.0.1:8470 {", "reverse_proxy unix//run/tgcfd.sock {",
)  # fmt: skip


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a certificate for the example's name and its key, as certbot lays them down."""
    folder = Path("/etc/letsencrypt/live", NAME)
    folder.mkdir(parents=True)
    files = ["-keyout", folder / "privkey.pem", "-out", folder / "fullchain.pem"]
    name = ["-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}"]
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    subprocess.run(["openssl", "req", "-x509", *key, "-days", "2", *name, *files], check=True, capture_output=True)
    (folder / "privkey.pem").chmod(0o644)  # Caddy would make its own, which is another user's
    return folder


@pytest.fixture(
    params=[(NGINX, TCP), (NGINX, UNIX), (CADDY, TCP), (CADDY, UNIX)], ids=lambda it: f"{it[0].unit}-{it[1]}"
)
def proxy(request: pytest.FixtureRequest, certificate: Path) -> Iterator[Proxy]:
    """The proxy, set up as its example says and running."""
    proxy, way = request.param
    text = (EXAMPLES / proxy.example).read_text()
    said_in = text
    if way == UNIX:
        said_in = (EXAMPLES / "tgcfd.socket.conf").read_text()
        DROP_IN.parent.mkdir(parents=True)
        DROP_IN.write_text(said_in.replace("SocketGroup=www-data", f"SocketGroup={proxy.group}"))
        assert proxy.by_tcp in text
        assert proxy.by_unix in said_in
        text = text.replace(proxy.by_tcp, proxy.by_unix)
    if proxy is CADDY:  # it would ask Let's Encrypt
        own = f"tls {certificate}/fullchain.pem {certificate}/privkey.pem"
        text = text.replace(f"{NAME} {{", f"{NAME} {{\n\t{own}")
    Path(proxy.place).write_text(text)
    SETTINGS.write_text(re.findall(r"^# +(trusted_proxies: .*)$", said_in, re.MULTILINE)[0])
    for words in (["daemon-reload"], ["unmask", proxy.unit], ["restart", proxy.unit]):
        subprocess.run(["systemctl", *words], check=True, capture_output=True)
    yield proxy
    subprocess.run(["systemctl", "stop", proxy.unit], check=True)
    SETTINGS.unlink()
    if way == UNIX:
        DROP_IN.unlink()
        DROP_IN.parent.rmdir()
        subprocess.run(["systemctl", "daemon-reload"], check=True)


@pytest.fixture
async def host(proxy: Proxy, certificate: Path) -> AsyncIterator[Host]:
    """The installed daemon, reached through the proxy by somebody at another address."""
    trusting = ssl.create_default_context(cafile=certificate / "fullchain.pem")
    connector = aiohttp.TCPConnector(resolver=Here(), ssl=trusting, local_addr=(CLIENT, 0), force_close=True)
    async with installed_daemon(), aiohttp.ClientSession(connector=connector) as http:
        host = Host(http)
        host.url = URL
        yield host


async def log_in(host: Host, password: str, **headers: str) -> aiohttp.ClientResponse:
    """Log in by cookie, as the page does."""
    fields = {"username": "alice@example.org", "password": password}
    response = await host.http.post(f"{URL}/api/auth/session", json=fields, headers={"Origin": URL, **headers})
    await response.read()
    return response


async def test_a_person_registers_logs_in_and_follows_their_log(host: Host) -> None:
    alice = await host.person("alice")

    entered = await log_in(host, "alice has a long password")
    assert entered.status == 200
    assert entered.cookies["__Host-tgcfd_session"]["secure"]

    for origin, status in ((URL, 200), (f"http://{NAME}", 403), ("https://evil.example", 403)):
        answer = await host.http.put(f"{URL}/api/users/me", json={"name": "Al"}, headers={"Origin": origin})
        assert answer.status == status, origin

    await alice.run("ready(); lines(3)")
    async with host.http.ws_connect(f"{URL}/ws/logs", headers={"Origin": URL}, timeout=20) as log:
        seen: list[str] = []
        async for message in log:
            seen.append(json.loads(message.data).get("message", ""))
            if "line 2" in seen:
                break
    assert {"line 0", "line 1", "line 2"} <= set(seen)


async def test_the_daemon_sees_the_client_whoever_it_says_to_be(host: Host) -> None:
    headers = {"X-Forwarded-For": FORGED, "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http"}
    since = f"--since=@{time.time():.6f}"

    refused = await log_in(host, "not her password", **headers)

    # Not 403: neither the forged name nor the forged scheme is believed, or the page's own Origin would be foreign.
    assert refused.status == 401

    async def is_logged() -> str:
        words = ["-u", "tgcfd", since, "-o", "cat", "-g", "could not log in"]
        return await command("journalctl", "-q", *words, check=False)

    said = await until(is_logged)
    assert said.strip().endswith(f"from {CLIENT}")


async def test_a_body_as_large_as_the_largest_that_is_taken_comes_through(host: Host) -> None:
    alice = await host.person("alice")
    body = json.dumps({"files": [{"name": "notes.txt", "content": "x" * (4 * 1024 * 1024 - 100)}]}).encode()
    headers = {**alice.headers, "Content-Type": "application/json"}

    async with host.http.post(f"{URL}/api/config/import", data=io.BytesIO(body), headers=headers) as answer:
        problem = await answer.json(content_type="application/problem+json")

    assert (answer.status, problem["code"]) == (422, "import_unknown"), problem
