"""The web page: ``/``, and what it loads from ``/web/<version>/``, as tgcfd/web holds it when the daemon starts."""

from __future__ import annotations

import gzip
import hashlib
import html
import logging
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from aiohttp import hdrs, web

from tgcfd.api.etags import is_known
from tgcfd.api.headers import PAGE_POLICY, POLICY
from tgcfd.errors import NotFound

FOLDER: Final = Path(__file__).parents[1] / "web"

PATHS: Final = frozenset({"/", "/web/{version}/{path}"})
"""The resources of the page, as aiohttp calls them."""

_INDEX: Final = "index.html"
_FIRST_MODULE: Final = "app.js"
_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
"""What else lies in the folder is not of the page, such as __init__.py."""
_FOR_EVER: Final = "public, max-age=31536000, immutable"  # another content has another address
_IMPORT: Final = re.compile(r"""^(?:import|export)\b[^"'();=]*["'](\.{1,2}/[^"']+)["']""", re.MULTILINE)
"""A static import or re-export of a module of ours; ``import(...)`` fetches when it is needed, and so is left out."""

_INCOMPLETE: Final = """\
tgcfd is running, but without its web page: the libraries in tgcfd/web/lib are missing.

If you started it from a clone, end it and type `make run`, which fetches them first; or `make tgcfd/web/lib`, and start
it again. The API works without: /api/docs describes it.
"""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _File:
    """A file as it goes out, plain and compressed: made once, since it is the same for everybody."""

    body: bytes
    content_type: str
    compressed: bytes

    @classmethod
    def of(cls, body: bytes, content_type: str) -> _File:
        return cls(body, content_type, gzip.compress(body, mtime=0))

    def answer(self, request: web.Request, headers: Mapping[str, str]) -> web.Response:
        """Answer with it, compressed where the client takes that."""
        all_headers: dict[str, str] = {**headers, hdrs.CONTENT_TYPE: self.content_type, hdrs.VARY: hdrs.ACCEPT_ENCODING}
        if not _takes_gzip(request):
            return web.Response(body=self.body, headers=all_headers)
        all_headers[hdrs.CONTENT_ENCODING] = "gzip"
        return web.Response(body=self.compressed, headers=all_headers)


class WebPage:
    """Serves what a folder holds now: later changes there would mix versions, and need a new start."""

    def __init__(self, folder: Path) -> None:
        found = _read(folder)
        self.version = _hash(*(part for path, body in found.items() for part in (path.encode(), body)))
        """Part of the addresses of all files, so that a browser can keep them and never mixes two versions."""
        self._files = {path: _File.of(body, _TYPES[posixpath.splitext(path)[1]]) for path, body in found.items()}
        self._start = self._made(self._files.pop(_INDEX))
        if not (folder / "lib").is_dir():
            _log.warning("Nobody gets the web page: %s is missing; `make tgcfd/web/lib` fetches it", folder / "lib")
            self._start = _File.of(_INCOMPLETE.encode(), _TYPES[".txt"])
        self._etag = _hash(self._start.body)

    def routes(self) -> list[web.RouteDef]:
        """The routes, to be added to the application."""
        return [web.get("/", self._get_start), web.get("/web/{version}/{path:.+}", self._get_file)]

    def _made(self, index: _File) -> _File:
        # Relative addresses, so that a proxy may serve all of this under a path of its own.
        base = f"web/{self.version}"
        links = [f'<link rel="modulepreload" href="{base}/{html.escape(path)}">' for path in self._preloaded()]
        text = index.body.decode().replace("{{preload}}", "\n    ".join(links)).replace("{{base}}", base)
        return _File.of(text.encode(), index.content_type)

    def _preloaded(self) -> list[str]:
        """The modules that the first one imports, and those that these import: a browser would see them one by one."""
        found = [_FIRST_MODULE]
        for path in found:  # which grows meanwhile
            for name in _IMPORT.findall(self._files[path].body.decode()):
                imported = posixpath.normpath(posixpath.join(posixpath.dirname(path), name))
                if imported in self._files and imported not in found:
                    found.append(imported)
        return found[1:]

    async def _get_start(self, request: web.Request) -> web.Response:
        # A weak ETag: compressed or not, it is the same page.
        headers: dict[str, str] = {hdrs.ETAG: f'W/"{self._etag}"', hdrs.CACHE_CONTROL: "no-cache", POLICY: PAGE_POLICY}
        if is_known(request, self._etag):
            return web.Response(status=304, headers={**headers, hdrs.VARY: hdrs.ACCEPT_ENCODING})
        return self._start.answer(request, headers)

    async def _get_file(self, request: web.Request) -> web.Response:
        # Only what was found in the folder has an address: no path that anybody makes up leads out of it.
        file = self._files.get(request.match_info["path"])
        if file is None or request.match_info["version"] != self.version:
            raise NotFound("The web page has no such file, or no longer: tgcfd was updated. Reload the page.")
        headers: dict[str, str] = {hdrs.CACHE_CONTROL: _FOR_EVER}
        return file.answer(request, headers)


@cache
def shipped() -> WebPage:
    """The page that comes with this tgcfd; read and compressed once in a process."""
    return WebPage(FOLDER)


def _read(folder: Path) -> dict[str, bytes]:
    paths = sorted(path for path in folder.rglob("*") if path.suffix in _TYPES and path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def _hash(*parts: bytes) -> str:
    whole = hashlib.sha256()
    for part in parts:
        whole.update(len(part).to_bytes(8, "big") + part)
    return whole.hexdigest()[:12]


def _takes_gzip(request: web.Request) -> bool:
    """Whether the client has said that it can unpack it (RFC 9110, 12.5.3)."""
    weights = {}
    for one in ",".join(request.headers.getall(hdrs.ACCEPT_ENCODING, [])).lower().split(","):
        name, _, weight = one.partition(";")
        weights[name.strip()] = weight.strip()
    weight = weights.get("gzip", weights.get("*", "q=0"))
    return re.fullmatch(r"q\s*=\s*0(\.0*)?", weight) is None
