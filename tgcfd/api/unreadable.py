"""What cannot be read as a request never comes to the application: aiohttp answers it, and here it does so as we do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from email.utils import formatdate
from typing import Any

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http_exceptions import HttpProcessingError
from multidict import CIMultiDict

from tgcfd.api.headers import add_to
from tgcfd.api.problems import CONTENT_TYPE, body_of, from_aiohttp
from tgcfd.api.request_id import REQUEST_ID, begin
from tgcfd.errors import BadRequest, Internal, TgcfdError


class Runner(web.AppRunner):
    """Runs an application; each of its answers is a problem, or the application's own."""

    def __init__(self, app: web.Application, **arguments: Any) -> None:  # noqa: ANN401  # AppRunner's
        super().__init__(app, **arguments)
        self._of_connections = {name: arguments[name] for name in _OF_CONNECTIONS & arguments.keys()}
        self._ours: _Server | None = None

    @property
    def server(self) -> web.Server | None:
        """What makes a protocol for each connection."""
        if self._ours is None and (server := super().server) is not None:
            self._ours = _Server(server, self._of_connections)
        return self._ours


_OF_CONNECTIONS = frozenset({"access_log", "auto_decompress", "lingering_time", "keepalive_timeout"})


class _Server(web.Server):
    """Makes protocols of our own; the application's server knows all connections, and ends them."""

    def __init__(self, application: web.Server, arguments: dict[str, Any]) -> None:
        super().__init__(application.request_handler)
        self._application = application
        self._arguments = arguments
        application.request_handler = _never_in_aiohttps_words(application.request_handler)

    @property
    def connections(self) -> list[web.RequestHandler]:
        return self._application.connections

    async def shutdown(self, timeout: float | None = None) -> None:  # noqa: ASYNC109  # aiohttp's
        """Wait for the requests under way: aiohttp 3.8's sites ask this server, the later runner its own."""
        await self._application.shutdown(timeout)

    def __call__(self) -> web.RequestHandler:
        return _Protocol(self._application, loop=self._loop, **self._arguments)


def _never_in_aiohttps_words(handle: Callable[..., Awaitable[web.StreamResponse]]) -> Callable[..., Any]:
    """Answer as a problem what is refused before any middleware: an ``Expect`` that is not understood."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        try:
            return await handle(request)
        except web.HTTPException as error:
            begin()
            return from_aiohttp(error)

    return answer


class _Protocol(web.RequestHandler):
    """A connection."""

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002
    ) -> web.StreamResponse:
        """Answer what could not be read, or (which api/problems.py leaves nothing of) what nobody foresaw."""
        if request.writer.output_size > 0:
            raise ConnectionError("an answer has begun already")
        request_id = REQUEST_ID.get() or begin()
        error: TgcfdError
        if isinstance(exc, HttpProcessingError) or status < 500:
            error = BadRequest("What came is not a request of HTTP. Its bytes are not shown, as they may hold secrets.")
        else:
            self.log_exception("Request %s failed", request_id, exc_info=exc)
            error = Internal(request_id)
        return _ByHand(error, request_id)


class _ByHand(web.Response):
    """An answer that goes past aiohttp's signal, and past the header ``Server`` that it would get there."""

    def __init__(self, error: TgcfdError, request_id: str) -> None:
        super().__init__(status=error.status, body=body_of(error, request_id), content_type=CONTENT_TYPE)
        self.force_close()
        self._writer: AbstractStreamWriter | None = None

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter:
        assert isinstance(self.body, bytes)  # noqa: S101  # as it was made
        headers = CIMultiDict(self.headers)
        headers.update({"Content-Length": str(len(self.body)), "Connection": "close", "Date": formatdate(usegmt=True)})
        add_to(headers, REQUEST_ID.get())
        self._writer = request.writer
        await self._writer.write_headers(f"HTTP/1.1 {self.status} {self.reason}", headers)
        return self._writer

    async def write_eof(self, data: bytes = b"") -> None:  # noqa: ARG002  # there is none
        assert self._writer is not None  # noqa: S101  # prepare() comes first
        assert isinstance(self.body, bytes)  # noqa: S101  # as it was made
        await self._writer.write_eof(self.body)
