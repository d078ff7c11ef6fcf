"""What goes wrong in a browser while a test looks elsewhere."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from playwright.async_api import BrowserContext, ConsoleMessage, Page, Request, Response, WebError, WebSocket

# The console repeats what is noted as an answer or a failed request, without saying which.
_SAID_TWICE = re.compile(r"^Failed to load resource: (the server responded with a status of|net::ERR_)")
_STAYS_HERE = {"data", "blob", "about"}


class Watch:
    """Notes errors and warnings on the console (a breach of the page's CSP is one), uncaught errors, failed requests,
    answers of 400 and above, and requests to anything but the daemon."""

    def __init__(self, context: BrowserContext, origin: str) -> None:
        self._origin = urlsplit(origin).netloc
        self._expected: list[re.Pattern[str]] = []
        self._allowed: list[re.Pattern[str]] = []
        self._noted: list[str] = []
        self.requests: list[Request] = []
        context.on("console", self._console)
        context.on("weberror", self._error)
        context.on("request", self._request)
        context.on("requestfailed", self._failed)
        context.on("response", self._answer)
        context.on("page", self._page)

    def expect(self, pattern: str) -> None:
        """Something that `verdict` would complain about has to happen, once or more. It reads such as
        ``401 POST /api/auth/session``, ``failed GET /api/status: net::ERR_FAILED``, ``console error: …``."""
        self._expected.append(re.compile(pattern))

    def allow(self, pattern: str) -> None:
        """As `expect`, but it need not happen: such as what a browser says of a network that goes."""
        self._allowed.append(re.compile(pattern))

    def verdict(self) -> list[str]:
        """What happened that was not expected, and what was and did not happen."""
        known = self._expected + self._allowed
        unexpected = [one for one in self._noted if not any(pattern.search(one) for pattern in known)]
        missing = [
            f"did not happen: {pattern.pattern}"
            for pattern in self._expected
            if not any(pattern.search(one) for one in self._noted)
        ]
        return unexpected + missing

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning", "assert"} and not _SAID_TWICE.match(message.text):
            place = message.location
            where = f"{urlsplit(place['url']).path}:{place['lineNumber'] + 1}"
            self._noted.append(f"console {message.type}: {message.text} ({where})")

    def _error(self, error: WebError) -> None:
        self._noted.append(f"uncaught: {error.error.stack or error.error}")

    def _request(self, request: Request) -> None:
        self.requests.append(request)
        self._check_origin(request.url)

    def _check_origin(self, url: str) -> None:
        target = urlsplit(url)
        if target.scheme not in _STAYS_HERE and target.netloc != self._origin:
            self._noted.append(f"beyond the daemon: {url}")

    def _failed(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # the page has no use for it any more
            self._noted.append(f"failed {_name(request)}: {request.failure}")

    def _answer(self, response: Response) -> None:
        if response.status >= 400:
            self._noted.append(f"{response.status} {_name(response.request)}")

    def _page(self, page: Page) -> None:
        page.on("websocket", self._socket)

    def _socket(self, socket: WebSocket) -> None:
        self._check_origin(socket.url)


def _name(request: Request) -> str:
    url = urlsplit(request.url)
    return f"{request.method} {url.path}{'?' if url.query else ''}{url.query}"
