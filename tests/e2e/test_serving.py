"""The command itself: what it says when it cannot serve, and what it never says."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import socket
import sqlite3
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.e2e.product import Product, clean_environment

TGCFD = Path(sys.prefix) / "bin" / "tgcfd"


async def serve(folder: Path, *words: str) -> tuple[int | None, str]:
    """Start the daemon with settings that cannot be used; returns its exit code and all that it said."""
    process = await asyncio.create_subprocess_exec(
        TGCFD,
        "serve",
        *words,
        cwd=folder,
        env=clean_environment(),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        said = (await asyncio.wait_for(process.communicate(), 20))[0].decode()
    finally:
        if process.returncode is None:
            process.kill()
    return process.returncode, said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--config absent.yml", "absent.yml: cannot be read: No such file or directory"),
        ("--config pipe", "pipe: is not a file"),
        ("--config wrong.yml", "wrong.yml, line 1: lisen: there is no such setting"),
        ("--config good.yml --listen nowhere", "--listen: must be an address and a port"),
        ("--config good.yml --listen ..x:80", "listen: ..x:80 cannot be used: there is no such address"),
        ("--config good.yml --listen 192.0.2.1:80", "192.0.2.1:80 cannot be used: Cannot assign requested address"),
        ("--config good.yml --listen 127.0.0.1:BUSY", "cannot be used: Address already in use"),
        ("--config good.yml --state-dir wrong.yml/x", "state_dir: "),
        ("--config good.yml --supervisor docker", "--supervisor: must be one of auto, systemd, process"),
        ("--config good.yml --supervisor systemd", "state_dir: must be /var/lib/tgcfd where systemd runs the workers"),
        ("--config empty.yml", "worker.path: tgcf is not there"),
        ("--config python.yml", "worker.python: /no/python is not a program"),
        ("--config newer.yml", "install the newer tgcfd again"),
    ],
)
async def test_what_cannot_be_used_is_one_line_and_78(
    tmp_path: Path, settings: dict[str, Any], words: str, said: str
) -> None:
    runtime = settings["worker"]["path"][1]
    good = f"supervisor: process\nlisten: 127.0.0.1:0\nstate_dir: state\nworker: {{path: [{runtime}]}}\n"
    (tmp_path / "good.yml").write_text(good)
    (tmp_path / "wrong.yml").write_text("lisen: 127.0.0.1:1\n")
    (tmp_path / "python.yml").write_text(good.replace("{path", "{python: /no/python, path"))
    (tmp_path / "empty.yml").write_text("supervisor: process\nstate_dir: state\n")
    (tmp_path / "newer.yml").write_text(good.replace("state_dir: state", "state_dir: newer"))
    (tmp_path / "newer").mkdir()
    with contextlib.closing(sqlite3.connect(tmp_path / "newer" / "tgcfd.db")) as connection:
        connection.execute("pragma user_version = 999")
    os.mkfifo(tmp_path / "pipe")
    with socket.create_server(("127.0.0.1", 0)) as busy:
        code, output = await serve(tmp_path, *words.replace("BUSY", str(busy.getsockname()[1])).split())
    assert said in output
    assert output.count("\n") == 1, output
    assert code == 78


@pytest.mark.parametrize(("listen", "status"), [("127.0.0.1:0", 403), ("0.0.0.0:0", 201)])
async def test_where_nobody_else_comes_in_a_page_with_a_name_that_leads_here_registers_nobody(
    tmp_path: Path, settings: dict[str, Any], listen: str, status: int
) -> None:
    # given a daemon with which everybody may register
    (tmp_path / "open.yml").write_text(json.dumps(settings | {"state_dir": "state"}))
    process = await asyncio.create_subprocess_exec(
        *[TGCFD, "serve", "--config", "open.yml", "--listen", listen],
        cwd=tmp_path,
        env=clean_environment(),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout
        line = b""
        async with asyncio.timeout(20):
            while not (found := re.search(rb"serves (?:http://127.0.0.1:|HTTP on port )(\d+)", line)):
                line = await process.stdout.readline()
                assert line
        # when a page asks that its browser opened by another name
        headers = {"Host": "rebound.example", "Origin": "http://rebound.example"}
        new = {"email": "eve@example.org", "password": "a long password", "name": "Eve"}
        url = f"http://127.0.0.1:{int(found[1])}/api/auth/register"
        async with aiohttp.ClientSession() as http, http.post(url, json=new, headers=headers) as answer:
            assert answer.status == status, await answer.text()
    finally:
        process.terminate()
        await process.wait()


async def test_a_database_that_another_program_holds_is_one_line_and_75(product: Product, tmp_path: Path) -> None:
    await product.interrupt()
    config = str(product.state / "settings.yml")
    with contextlib.closing(sqlite3.connect(product.state / "tgcfd.db", isolation_level=None)) as connection:
        connection.execute("begin immediate")
        code, output = await serve(tmp_path, "--config", config, "--state-dir", str(product.state))
    assert "in use by another program" in output
    assert (code, output.count("\n")) == (75, 1)


async def test_a_second_daemon_on_the_same_data_is_refused(product: Product, tmp_path: Path) -> None:
    config = str(product.state / "settings.yml")
    code, output = await serve(tmp_path, "--config", config, "--state-dir", str(product.state))
    assert "another tgcfd serves" in output
    assert (code, output.count("\n")) == (78, 1)


async def test_secrets_of_a_request_that_cannot_be_read_do_not_reach_the_output(product: Product) -> None:
    host, port = product.url.removeprefix("http://").split(":")
    for header in (b"Cookie: tgcfd_session=VERYSECRET; p=", b"Authorization: Bearer VERYSECRET"):
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"GET /api/users/me HTTP/1.1\r\nHost: x\r\n" + header + b"a" * 10_000 + b"\r\n\r\n")
        assert b"400" in await asyncio.wait_for(reader.readline(), 10)
        writer.close()
    assert await product.interrupt() is not None
    assert "VERYSECRET" not in "".join(product.output)


@pytest.mark.parametrize("cookie", ["a@b=1", "=", ";;;", "tgcfd_session=" + "x" * 5000])
async def test_cookies_that_cannot_be_read(product: Product, cookie: str) -> None:
    async with product.http.get(f"{product.url}/api/users/me", headers={"Cookie": cookie}) as response:
        assert response.status in {400, 401}
