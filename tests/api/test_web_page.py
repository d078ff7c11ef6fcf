"""The web page as the daemon serves it: its addresses, what browsers may keep and do, how much a first load takes."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import logging
import posixpath
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests.api.conftest import PASSWORD, Login, problem
from tgcfd.api import limits
from tgcfd.api.web_page import FOLDER, WebPage, shipped
from tgcfd.settings import LimitSettings, Settings
from tgcfd.storage.database import Database

STRANGER = {"X-Forwarded-For": "198.51.100.1"}
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
FILES = {
    path.relative_to(FOLDER).as_posix(): path
    for path in sorted(FOLDER.rglob("*"))
    if path.is_file() and path.suffix not in {".py", ".pyc"} and path.name != "index.html"
}
INDEX = '<link href="{{base}}/style.css">{{preload}}<script type="module" src="{{base}}/app.js"></script>'


def addresses(text: str) -> list[str]:
    """What a page loads at once."""
    return re.findall(r'(?:href|src)="([^"]+)"', text)


@pytest.fixture
def plain(api: Any) -> Callable[..., Awaitable[Any]]:
    """Ask without aiohttp's own words about compression."""

    async def ask(path: str, method: str = "GET", **headers: str) -> Any:
        return await api.request(method, path, headers=headers, skip_auto_headers=["Accept-Encoding"])

    return ask


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small page with its libraries."""
    folder = tmp_path / "web"
    write(folder, {"index.html": INDEX, "app.js": "", "style.css": "", "lib/preact.js": ""})
    return folder


@pytest.fixture
def small(folder: Path, aiohttp_client: Any) -> Callable[[], Awaitable[Any]]:
    """Serve it, as it is now."""

    async def serve() -> Any:
        app = web.Application()
        app.add_routes(WebPage(folder).routes())
        return await aiohttp_client(app)

    return serve


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


async def test_the_page_is_asked_for_each_time_and_sent_when_it_has_changed(api: Any) -> None:
    first = await api.get("/")
    assert (first.status, first.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert first.headers["Cache-Control"] == "no-cache"

    again = await api.get("/", headers={"If-None-Match": first.headers["ETag"]})

    assert (again.status, await again.read()) == (304, b"")
    for header in ("ETag", "Cache-Control", "Vary", "Content-Security-Policy"):
        assert again.headers[header] == first.headers[header]
    assert (await api.get("/", headers={"If-None-Match": '"another"'})).status == 200


async def test_it_may_load_from_here_alone_and_run_nothing_inline(api: Any) -> None:
    parts = dict(part.split(" ", 1) for part in (await api.get("/")).headers["Content-Security-Policy"].split("; "))
    assert parts == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    text = await (await api.get("/")).text()
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", text)
    assert all(re.search(r'\ssrc="', tag) for tag in re.findall("<script[^>]*>", text))


async def test_all_that_it_names_is_there_under_addresses_that_a_proxy_may_put_under_a_path(api: Any) -> None:
    text = await (await api.get("/")).text()
    assert "{{" not in text
    assert f"web/{shipped().version}/app.js" in addresses(text)
    for address in addresses(text):
        assert address.startswith(f"web/{shipped().version}/")
        assert (await api.get(f"/{address}")).status == 200, address


@pytest.mark.parametrize("name", FILES)
async def test_a_file_comes_as_what_it_is_and_a_browser_keeps_it(api: Any, name: str) -> None:
    response = await api.get(f"/web/{shipped().version}/{name}")

    assert response.status == 200
    assert await response.read() == FILES[name].read_bytes()
    assert response.headers["Content-Type"] == TYPES[FILES[name].suffix]
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Security-Policy"].startswith("default-src 'none'; ")


def test_every_module_that_one_imports_is_there() -> None:
    for name, path in FILES.items():
        if path.suffix == ".js" and not name.startswith("lib/"):
            for found in re.findall(r"""(?:\bfrom|\bimport)\s*\(?\s*["'](\.[^"']+)["']""", path.read_text()):
                assert posixpath.normpath(posixpath.join(posixpath.dirname(name), found)) in FILES, f"{name}: {found}"


async def test_the_licences_of_the_libraries_come_with_them(api: Any) -> None:
    text = await (await api.get(f"/web/{shipped().version}/lib/LICENSES.txt")).text()
    for word in ("Pico", "uPlot", "qrcode.js", "Preact", "htm", "Permission is hereby granted", "Apache License"):
        assert word in text


@pytest.mark.parametrize("takes", ["gzip", "deflate, gzip, br", "br;q=1.0, GZIP;q=0.5", "*", "identity;q=0, *;q=0.1"])
@pytest.mark.parametrize("path", ["/", "app.js"])
async def test_it_is_compressed_where_that_is_understood(
    plain: Callable[..., Awaitable[Any]], folder: Path, path: str, takes: str
) -> None:
    path = path if path == "/" else f"/web/{shipped().version}/{path}"
    whole = await plain(path)
    response = await plain(path, **{"Accept-Encoding": takes})

    assert (response.headers["Content-Encoding"], response.headers["Vary"]) == ("gzip", "Accept-Encoding")
    assert int(response.headers["Content-Length"]) < int(whole.headers["Content-Length"])
    assert await response.read() == await whole.read()  # aiohttp's client has unpacked it
    assert response.headers.get("ETag") == whole.headers.get("ETag")


@pytest.mark.parametrize("takes", [None, "", "br", "gzip;q=0", "gzip; q=0.000, deflate", "*;q=0", "*, gzip;q=0", ",;"])
async def test_it_is_plain_where_it_is_not(plain: Callable[..., Awaitable[Any]], takes: str | None) -> None:
    headers = {} if takes is None else {"Accept-Encoding": takes}
    for path in ("/", f"/web/{shipped().version}/app.js"):
        response = await plain(path, **headers)
        assert "Content-Encoding" not in response.headers
        assert response.headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize("headers", [{}, {"Accept-Encoding": "gzip"}])
async def test_one_may_ask_for_headers_alone(plain: Callable[..., Awaitable[Any]], headers: dict[str, str]) -> None:
    own = {"x-request-id", "date"}
    for path in ("/", f"/web/{shipped().version}/app.js"):
        got, head = await plain(path, **headers), await plain(path, "HEAD", **headers)
        assert (head.status, await head.read()) == (200, b"")
        assert {name: value for name, value in head.headers.items() if name.lower() not in own} == {
            name: value for name, value in got.headers.items() if name.lower() not in own
        }


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
async def test_nothing_else_can_be_done_with_it(api: Any, method: str) -> None:
    for path in ("/", f"/web/{shipped().version}/app.js"):
        response = await api.request(method, path)
        await problem(response, 405, "method_not_allowed")
        assert set(response.headers["Allow"].split(",")) == {"GET", "HEAD"}


@pytest.mark.parametrize(
    "path",
    [
        "web/000000000000/app.js",
        "web/{version}/nothing.js",
        "web/{version}/index.html",
        "web/{version}/__init__.py",
        "web/{version}/core",
        "web/{version}/core/",
        "web/{version}/",
        "web/{version}",
        "web/",
        "app.js",
        "index.html",
    ],
)
async def test_what_is_not_there_or_no_longer_is_a_problem_that_nobody_keeps(api: Any, path: str) -> None:
    response = await api.get("/" + path.replace("{version}", shipped().version))
    await problem(response, 404, "not_found")
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "path",
    [
        "../settings.py",
        "core/../app.js",
        "./app.js",
        "/app.js",
        "//etc/passwd",
        "%2e%2e/settings.py",
        "..%2fsettings.py",
        "%2fetc%2fpasswd",
        "..%5csettings.py",
        "app.js%00.css",
        "%252e%252e/settings.py",
        "core%2fapi.js/../../settings.py",
        "%ff%fe",
    ],
)
async def test_no_path_leads_out_of_it(api: Any, path: str) -> None:
    # sent as it is: clients of good manners would tidy it up
    reader, writer = await asyncio.open_connection(api.host, api.port)
    writer.write(f"GET /web/{shipped().version}/{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    async with asyncio.timeout(10):
        answer = await reader.read()
    writer.close()
    assert re.match(rb"HTTP/1.1 (404|400) ", answer), answer[:80]
    assert b"application/problem+json" in answer


async def test_a_first_load_is_small(plain: Callable[..., Awaitable[Any]]) -> None:
    # when a browser shows the page for the first time, and then opens each of its pages
    text = await (await plain("/")).text()
    first = [f"/{address}" for address in addresses(text)]
    rest = [f"/web/{shipped().version}/{name}" for name in FILES]
    sizes = {
        path: int((await plain(path, **{"Accept-Encoding": "gzip"})).headers["Content-Length"])
        for path in {"/", *first, *rest}
    }
    # then
    assert sum(sizes[path] for path in {"/", *first}) < 150_000
    assert sum(sizes.values()) < 300_000
    assert len(first) < 60


async def test_it_asks_the_database_nothing(api: Any, alice: Login, monkeypatch: pytest.MonkeyPatch) -> None:
    # given somebody who is logged in
    body, origin = {"username": alice.email, "password": PASSWORD}, str(api.make_url("/")).rstrip("/")
    assert (await api.post("/api/auth/session", json=body, headers={"Origin": origin})).status == 200
    asked: list[object] = []
    run = Database.run

    async def count(self: Database, work: Any) -> Any:
        asked.append(work)
        return await run(self, work)

    monkeypatch.setattr(Database, "run", count)
    # when they look at the page
    for address in ["", *addresses(await (await api.get("/")).text())]:
        assert (await api.get(f"/{address}")).status == 200
    # then the database was not asked who they are; it is for the API
    assert asked == []
    assert (await api.get("/api/users/me")).status == 200
    assert asked


@pytest.fixture
def stingy(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Settings:
    """Few requests of the API from an address; whoever is refused is told so without delay."""
    monkeypatch.setattr(limits, "_PAUSE", 0)
    few = LimitSettings(requests_per_minute=5)
    return replace(settings, trusted_proxies=(ip_network("127.0.0.1"),), limits=few)


class TestLimits:
    @pytest.fixture
    def settings(self, stingy: Settings) -> Settings:
        return stingy

    async def test_to_show_it_takes_nothing_from_what_one_may_ask_of_the_api(self, api: Any) -> None:
        # when the page and all its files are loaded, three times
        names = ["", *(f"web/{shipped().version}/{name}" for name in FILES)]
        for name in names * 3:
            assert (await api.get(f"/{name}", headers=STRANGER)).status == 200
        # then all of the API's requests are left
        answers = [(await api.get("/api/openapi.json", headers=STRANGER)).status for _ in range(6)]
        assert answers == [200] * 5 + [429]

    async def test_no_address_gets_it_without_end(self, api: Any) -> None:
        paths = itertools.cycle(["/", f"/web/{shipped().version}/app.js", "/web/000000000000/app.js"])
        statuses = [(await api.head(next(paths), headers=STRANGER)).status for _ in range(1200)]
        assert statuses.index(429) >= 600  # more by as many as have come back meanwhile, ten a second
        assert (await api.get("/", headers={"X-Forwarded-For": "192.0.2.1"})).status == 200


async def test_modules_that_are_imported_at_once_are_fetched_at_once(
    folder: Path, small: Callable[[], Awaitable[Any]]
) -> None:
    write(
        folder,
        {
            "app.js": 'import { a } from "./core/a.js";\n'
            "import {\n  b,\n  c,\n} from './ui/b.js';\n"
            'import "./effect.js";\n'
            'import x from "elsewhere";\n'
            'const later = () => import("./later.js");\n'
            '// import { z } from "./comment.js";\n'
            'const text = "import { z } from ./text.js";\n',
            "core/a.js": 'export { d } from "../d.js";\nexport * from "./e.js";\nimport "../app.js";\n',
            "core/e.js": 'export const address = "../not.js";\nexport function f() { return "./not.js"; }\n',
            "ui/b.js": 'import { a } from "../core/a.js";\nimport { gone } from "./gone.js";\n',
            **dict.fromkeys(("effect.js", "d.js", "later.js", "comment.js", "text.js", "not.js"), ""),
        },
    )
    text = await (await (await small()).get("/")).text()
    base = re.findall(r'src="(web/\w+)/app.js"', text)[0]
    links = re.findall(r'<link rel="modulepreload" href="([^"]+)">', text)
    assert links == [f"{base}/{name}" for name in ("core/a.js", "ui/b.js", "effect.js", "d.js", "core/e.js")]


@pytest.mark.parametrize(
    "change",
    [
        {"app.js": "1;"},
        {"core/new.js": ""},
        {"index.html": INDEX + "<p>New"},
        {"lib/preact.js": "1;"},
        {"style.css": None, "styles.css": ""},
    ],
)
async def test_another_content_has_another_address_and_the_old_one_is_gone(
    folder: Path, small: Callable[[], Awaitable[Any]], change: dict[str, str | None]
) -> None:
    # given the page, twice the same
    before = await (await small()).get("/")
    assert (await (await small()).get("/")).headers["ETag"] == before.headers["ETag"]
    # when something of it changes
    for name, text in change.items():
        if text is None:
            (folder / name).unlink()
        else:
            write(folder, {name: text})
    client = await small()
    # then all is fetched anew, and nobody gets a file of this version into a page of that
    after = await client.get("/", headers={"If-None-Match": before.headers["ETag"]})
    assert after.status == 200
    old, new = addresses(await before.text()), addresses(await after.text())
    assert not set(old) & set(new)


async def test_what_lies_in_the_folder_later_is_not_served(folder: Path, small: Callable[[], Awaitable[Any]]) -> None:
    client = await small()
    before = await (await client.get("/")).text()
    write(folder, {"index.html": "other", "app.js": "other", "late.js": ""})
    assert await (await client.get("/")).text() == before
    base = re.findall(r'src="(web/\w+)/app.js"', before)[0]
    assert await (await client.get(f"/{base}/app.js")).text() == ""


async def test_without_its_libraries_it_says_what_to_do(
    folder: Path, small: Callable[[], Awaitable[Any]], caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "lib" / "preact.js").unlink()
    (folder / "lib").rmdir()
    client = await small()

    response = await client.get("/")

    assert (response.status, response.content_type) == (200, "text/plain")
    assert "make run" in await response.text()
    [warning] = caplog.records
    assert warning.levelno == logging.WARNING
    assert "make tgcfd/web/lib" in warning.getMessage()


async def test_it_is_read_and_compressed_once() -> None:
    assert shipped() is shipped()
    compressed = shipped()._files["app.js"].compressed
    assert gzip.decompress(compressed) == FILES["app.js"].read_bytes()
