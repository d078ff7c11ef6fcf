"""Headers that every answer carries: what browsers must not do with it, and its request id. None names the server.

They are set just before an answer goes out, so those of WebSocket handshakes and of errors have them as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aiohttp import hdrs, web
from multidict import CIMultiDict, istr

from tgcfd.api.middlewares import Handler
from tgcfd.api.request_id import HEADER, REQUEST_ID

POLICY: Final = istr("Content-Security-Policy")
_NOTHING: Final = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""For a page with scripts: everything that it loads comes from here, and nothing stands inline in it.

data: since the icons of Pico CSS stand in its stylesheet; an image runs nothing. 'self' includes WebSockets to this
host since Chrome 70 and Safari 15.4 (CSP 3); the page needs newer ones anyway.
"""

TEXT_PAGE_POLICY: Final = f"{_NOTHING}; style-src 'self'"
"""For a page without: it needs a stylesheet and no more."""

_HTTPS_ALONE: Final[Mapping[str, str]] = {
    istr("Strict-Transport-Security"): "max-age=31536000"
}  # for a year after the last answer
_HEADER: Final = istr(HEADER)
_ALWAYS: Final = CIMultiDict(
    {
        istr("X-Content-Type-Options"): "nosniff",
        istr("Referrer-Policy"): "no-referrer",
        istr("Cross-Origin-Opener-Policy"): "same-origin",
        istr("Cross-Origin-Resource-Policy"): "same-origin",
        istr("Permissions-Policy"): "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    }
)


async def stamp(_request: web.Request, response: web.StreamResponse) -> None:
    """Give an answer the headers: a receiver of aiohttp's signal ``on_response_prepare``."""
    add_to(response.headers, REQUEST_ID.get())


def add_to(headers: CIMultiDict[str], request_id: str) -> None:
    """Add what every answer carries."""
    headers.popall(hdrs.SERVER, None)  # aiohttp's own name and version, set by now
    headers[_HEADER] = request_id
    headers.setdefault(POLICY, _NOTHING)
    headers.setdefault(hdrs.CACHE_CONTROL, "no-store")  # it is a person's, if nothing else is said
    headers.extend(_ALWAYS)


@web.middleware
async def stay_with_https(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Tell browsers that came by HTTPS to come by nothing else; needed only where somebody can.

    A middleware, since the signal is given the request as it came, not as a trusted proxy says it was.
    """
    response = await handler(request)
    if request.secure and not response.prepared:
        response.headers.update(_HTTPS_ALONE)
    return response
