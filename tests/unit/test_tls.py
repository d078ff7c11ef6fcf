"""HTTPS without a proxy: what is said about files that will not do, and what clients that do not behave meet."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from tgcfd import server, site, tls
from tgcfd.errors import SettingsError
from tgcfd.settings import LimitSettings, Listen, Settings, SupervisorKind, TlsSettings, load_settings
from tgcfd.settings_fit import require_fit

DEADLINE = 20.0
RUNTIME = Path(__file__).parents[2] / "build" / "runtime"


@dataclass(frozen=True)
class Pair:
    """A certificate for "localhost" and its key, in PEM files."""

    certificate: Path
    key: Path

    @property
    def settings(self) -> TlsSettings:
        return TlsSettings(self.certificate, self.key)


Make = Callable[..., Pair]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Make a pair; options are those of ``openssl req -x509``."""

    def made(name: str, *options: str, key: tuple[str, ...] = ("ec", "-pkeyopt", "ec_paramgen_curve:P-256")) -> Pair:
        pair = Pair(tmp_path / f"{name}.pem", tmp_path / f"{name}.key")
        words = ["openssl", "req", "-x509", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
        words += ["-newkey", *key, "-keyout", str(pair.key), "-out", str(pair.certificate), *(options or ["-nodes"])]
        subprocess.run(words, check=True, capture_output=True)
        pair.key.chmod(0o400)
        return pair

    return made


@pytest.fixture
def pair(make: Make) -> Pair:
    return make("good")


def refused(settings: TlsSettings) -> str:
    with pytest.raises(SettingsError) as caught:
        tls.context_of(settings)
    return str(caught.value)


def test_neither_file_is_no_tls() -> None:
    assert tls.context_of(TlsSettings()) is None


def test_a_good_pair_says_nothing_and_speaks_tls_1_2_and_later(pair: Pair, caplog: pytest.LogCaptureFixture) -> None:
    context = tls.context_of(pair.settings)
    assert context is not None
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert not caplog.messages


@pytest.mark.parametrize(("given", "missing"), [("certificate", "key"), ("key", "certificate")])
def test_one_file_needs_the_other(pair: Pair, given: str, missing: str) -> None:
    settings = replace(pair.settings, **{missing: None})
    assert refused(settings) == f"tls.{missing}: is not set, but tls.{given} is; each needs the other"


@pytest.mark.parametrize("which", ["certificate", "key"])
def test_a_file_that_is_not_there(pair: Pair, which: str) -> None:
    path: Path = getattr(pair, which)
    path.unlink()
    assert refused(pair.settings) == f"tls.{which}: {path}: cannot be read: No such file or directory"


@pytest.mark.parametrize("which", ["certificate", "key"])
@pytest.mark.parametrize("kind", ["folder", "pipe"])
def test_a_file_that_is_none(pair: Pair, which: str, kind: str) -> None:
    path: Path = getattr(pair, which)
    path.unlink()
    os.mkfifo(path) if kind == "pipe" else path.mkdir()
    assert refused(pair.settings) == f"tls.{which}: {path}: is not a file"


@pytest.mark.parametrize("which", ["certificate", "key"])
@pytest.mark.parametrize("text", ["", "hello\n", "\0\xff" * 100], ids=["empty", "text", "bytes"])
def test_a_file_that_is_not_pem(pair: Pair, which: str, text: str) -> None:
    path: Path = getattr(pair, which)
    path.chmod(0o600)
    path.write_text(text, encoding="latin-1")
    assert refused(pair.settings).startswith(f"tls.{which}: {path}: is not PEM: a line with ")


@pytest.mark.parametrize("which", ["certificate", "key"])
def test_a_file_that_is_damaged(pair: Pair, which: str) -> None:
    path: Path = getattr(pair, which)
    path.chmod(0o600)
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], lines[1][:20], *lines[2:]]))
    assert refused(pair.settings).startswith(f"tls.{which}: {path}: cannot be read as PEM: ")


def test_both_files_the_other_way_round(pair: Pair) -> None:
    assert "tls.certificate" in refused(TlsSettings(pair.key, pair.certificate))


def test_a_key_that_does_not_fit(make: Make, pair: Pair) -> None:
    other = make("other")
    settings = TlsSettings(pair.certificate, other.key)
    assert refused(settings) == f"tls.key: {other.key}: does not fit the certificate in {pair.certificate}"


def test_a_key_with_a_pass_phrase_does_not_ask_at_the_terminal(make: Make) -> None:
    pair = make("locked", "-passout", "pass:secret")
    assert refused(pair.settings) == f"tls.key: {pair.key}: has a pass phrase; tgcfd takes a key without one"


def test_a_certificate_that_is_too_weak(make: Make) -> None:
    pair = make("weak", "-nodes", key=("rsa:1024",))
    assert refused(pair.settings) == f"tls.certificate: {pair.certificate}: is too weak: EE_KEY_TOO_SMALL"


@pytest.mark.parametrize("curve", ["secp256k1", "brainpoolP256r1", "secp224r1"])
def test_a_key_on_a_curve_that_no_client_knows(make: Make, curve: str) -> None:
    pair = make("odd", key=("ec", "-pkeyopt", f"ec_paramgen_curve:{curve}"))
    assert refused(pair.settings).startswith(f"tls.certificate: {pair.certificate}: no client can use it (")


def test_a_key_that_goes_away_meanwhile(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    read = tls._read

    def read_and_removed(key: str, path: Path, sign: str) -> str:
        text = read(key, path, sign)
        if key == "tls.key":
            path.unlink()
        return text

    monkeypatch.setattr(tls, "_read", read_and_removed)
    said = f"tls.key: {pair.key}, or the certificate, cannot be read: No such file or directory"
    assert refused(pair.settings) == said


def test_who_cannot_read_the_key_is_named(pair: Pair, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    tmp_path.chmod(0o755)
    pair.key.chmod(0)
    user = request.getfixturevalue("not_root")
    assert refused(pair.settings).startswith(f"tls.key: {pair.key}: user {user} cannot read it")


def test_an_expired_certificate_is_served_and_warned_of(
    pair: Pair, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "index").touch()
    (tmp_path / "ca.cnf").write_text(
        f"[ca]\ndefault_ca = any\n[any]\ndatabase = {tmp_path}/index\nnew_certs_dir = {tmp_path}\nrand_serial = yes\n"
        "default_md = sha256\npolicy = policy\n[policy]\ncommonName = supplied\n"
    )
    request = tmp_path / "request.pem"
    words = ["openssl", "req", "-new", "-subj", "/CN=localhost", "-key", pair.key, "-out", request]
    subprocess.run(words, check=True, capture_output=True)
    words = ["openssl", "ca", "-batch", "-config", tmp_path / "ca.cnf", "-selfsign", "-keyfile", pair.key]
    words += ["-startdate", "20200101000000Z", "-enddate", "20200102000000Z", "-in", request, "-out", pair.certificate]
    subprocess.run(words, check=True, capture_output=True)
    assert tls.context_of(pair.settings)
    warning = f"tls.certificate: {pair.certificate}: browsers refuse it: certificate has expired"
    assert caplog.messages == [warning]


def test_a_key_that_everybody_can_read_is_warned_of(pair: Pair, caplog: pytest.LogCaptureFixture) -> None:
    pair.key.chmod(0o644)
    assert tls.context_of(pair.settings)
    assert caplog.messages == [f"tls.key: {pair.key}: everybody on this host can read it; chmod o-r helps"]


def test_notes_in_any_language_between_the_blocks(pair: Pair) -> None:
    pair.certificate.write_text(f"# schlüssel für später\n{pair.certificate.read_text()}")
    assert tls.context_of(pair.settings)


def test_credentials_are_judged_by_the_daemon_alone(pair: Pair) -> None:
    credential = replace(pair.settings, key=Path("/run/credentials/tgcfd.service/key.pem"))
    settings = replace(Settings(), tls=credential, worker=replace(Settings().worker, path=(RUNTIME,)))
    assert tls.can_be_judged(pair.settings)
    assert not tls.can_be_judged(credential)
    assert require_fit(replace(settings, supervisor=SupervisorKind.PROCESS), outside=True) is None
    with pytest.raises(SettingsError, match="does the unit have a LoadCredential= for it"):
        require_fit(settings)


def test_the_files_are_relative_to_the_settings(tmp_path: Path) -> None:
    file = tmp_path / "tgcfd.yml"
    file.write_text("tls: {certificate: fullchain.pem, key: /abs/key.pem}\n")
    assert load_settings(file, {}).tls == TlsSettings(tmp_path / "fullchain.pem", Path("/abs/key.pem"))


@dataclass
class Served:
    """An application that answers "hello" by HTTPS."""

    address: str
    port: int
    trusting: ssl.SSLContext

    async def hello(self) -> str:
        async with aiohttp.ClientSession() as http:
            url = f"https://localhost:{self.port}/"
            async with http.get(url, ssl=self.trusting, timeout=aiohttp.ClientTimeout(total=DEADLINE)) as response:
                return await response.text()


@pytest.fixture(params=["listens itself", "given a socket"])
async def served(pair: Pair, request: pytest.FixtureRequest) -> AsyncIterator[Served]:
    given = [socket.create_server(("127.0.0.1", 0))] if request.param == "given a socket" else []
    async with serving_hello(pair, LimitSettings(), given) as made:
        yield made


@asynccontextmanager
async def serving_hello(
    pair: Pair, limits: LimitSettings, given: Sequence[socket.socket] = ()
) -> AsyncIterator[Served]:
    async def hello(request: web.Request) -> web.Response:
        return web.Response(text=f"hello by {request.scheme}")

    app = web.Application()
    app.router.add_get("/", hello)
    runner = web.AppRunner(app, **server.RUNNER_ARGUMENTS)
    await runner.setup()
    settings = replace(Settings(), listen=Settings.listen if given else Listen("127.0.0.1", 0), limits=limits)
    try:
        [address] = await server._listen(runner, settings, given, tls.context_of(pair.settings))
        trusting = ssl.create_default_context(cafile=pair.certificate)
        yield Served(address, int(address.rpartition(":")[2]), trusting)
    finally:
        await runner.cleanup()


async def test_the_address_is_https_and_answers(served: Served) -> None:
    assert served.address == f"https://127.0.0.1:{served.port}"
    assert await served.hello() == "hello by https"


async def test_clients_that_hang_or_talk_nonsense_hold_up_nobody_and_are_not_logged(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    silent = [await asyncio.open_connection("127.0.0.1", served.port) for _ in range(50)]
    for words in (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"\x16\x03\x01\xff\xff" + b"\0" * 100, b"\0" * 4096):
        reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
        writer.write(words)
        async with asyncio.timeout(DEADLINE):
            await until_closed(reader)
        writer.close()
    gone = await asyncio.open_connection("127.0.0.1", served.port)
    gone[1].transport.abort()

    assert await served.hello() == "hello by https"

    for _reader, writer in silent:
        writer.close()
    assert await served.hello() == "hello by https"
    assert not caplog.messages


async def test_a_handshake_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch, pair: Pair) -> None:
    monkeypatch.setattr(site, "HANDSHAKE_SECONDS", 0.2)
    runner = web.AppRunner(web.Application())
    await runner.setup()
    try:
        settings = replace(Settings(), listen=Listen("127.0.0.1", 0))
        [address] = await server._listen(runner, settings, [], tls.context_of(pair.settings))
        reader, writer = await asyncio.open_connection("127.0.0.1", int(address.rpartition(":")[2]))
        async with asyncio.timeout(DEADLINE):
            await until_closed(reader)
        writer.close()
    finally:
        await runner.cleanup()


async def test_strangers_who_do_not_finish_take_little_memory_each(served: Served) -> None:
    strangers = 400
    before = _resident_kib()
    silent = [await _stranger(served.port) for _ in range(strangers)]
    assert await served.hello() == "hello by https"  # whoever came before has been taken
    each = (_resident_kib() - before) / strangers
    for writer in silent:
        writer.close()
    assert each < 200  # KiB of both ends, which are in this process; asyncio's own would be over 300


async def test_no_more_are_taken_than_there_is_room_for(pair: Pair) -> None:
    async with serving_hello(pair, LimitSettings(connections=16)) as served:
        silent = [await _stranger(served.port) for _ in range(16)]
        await asyncio.sleep(0)
        waiting = asyncio.create_task(served.hello())
        done, _ = await asyncio.wait({waiting}, timeout=0.5)
        assert not done
        for writer in silent:
            writer.close()
        assert await waiting == "hello by https"


async def test_idle_ones_make_room(pair: Pair) -> None:
    async with serving_hello(pair, LimitSettings(connections=16)) as served:
        idle = [
            await asyncio.open_connection("localhost", served.port, ssl=served.trusting, family=socket.AF_INET)
            for _ in range(16)
        ]
        for _ in range(3):
            assert await served.hello() == "hello by https"
        async with asyncio.timeout(DEADLINE):
            await until_closed(idle[0][0])
        for _reader, writer in idle:
            writer.close()


async def _stranger(port: int) -> asyncio.StreamWriter:
    """One who begins a handshake, and does no more."""
    _reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"\x16\x03\x01\x02\x00\x01")
    return writer


def _resident_kib() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024


async def test_a_unix_socket_speaks_no_tls(pair: Pair, tmp_path: Path) -> None:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tmp_path / "web.sock"))
    listener.listen()
    runner = web.AppRunner(web.Application())
    await runner.setup()
    try:
        [address] = await server._listen(runner, Settings(), [listener], tls.context_of(pair.settings))
        connector = aiohttp.UnixConnector(str(tmp_path / "web.sock"))
        async with aiohttp.ClientSession(connector=connector) as http, http.get("http://here/") as response:
            assert response.status == 404
    finally:
        await runner.cleanup()
    assert address == f"unix:{tmp_path / 'web.sock'}"


async def until_closed(reader: asyncio.StreamReader) -> None:
    with suppress(ConnectionResetError):
        await reader.read()
