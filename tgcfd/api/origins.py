"""Which page of which site sent a request: browsers say so, and no page can make them say otherwise.

Programs send none of this, and need not.
"""

from __future__ import annotations

from collections.abc import Collection

from aiohttp import hdrs, web

from tgcfd.errors import ForeignOrigin

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
"""They change nothing (RFC 9110, 9.2.1)."""

_NOT_OURS = "A browser's session can only be used from this server's own page."


def require_own_origin(request: web.Request) -> None:
    """Refuse a request that acts by cookie and was not sent by our own page (CSRF, WebSocket hijacking).

    Browsers send ``Origin`` with each unsafe request and each WebSocket handshake, and most of them
    ``Sec-Fetch-Site`` as well, which no page can set. Raises :class:`ForeignOrigin`.
    """
    websocket = request.headers.get("Upgrade", "").lower() == "websocket"
    if request.method in SAFE_METHODS and not websocket:
        return
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        raise ForeignOrigin(_NOT_OURS)
    origin = request.headers.get(hdrs.ORIGIN)
    if origin is None:
        raise ForeignOrigin("A browser's session needs the header Origin, which browsers send by themselves.")
    if not _is_own(request, origin):
        raise ForeignOrigin(_NOT_OURS)


class Pages:
    """The pages that may ask for what takes no log-in, such as to log in: our own, and those that the settings name.

    Else any page could use up what its visitors may try, and have them register.
    """

    def __init__(self, allowed: Collection[str]) -> None:
        self._allowed = frozenset(allowed)

    def require(self, request: web.Request) -> None:
        """Refuse what another page sent, if it changes anything. Raises :class:`ForeignOrigin`."""
        if request.method in SAFE_METHODS:
            return
        origin = request.headers.get(hdrs.ORIGIN)
        if origin is not None and origin not in self._allowed and not _is_own(request, origin):
            raise ForeignOrigin(
                "This page is not this server's own; the host's owner can allow it (allowed_origins). Behind a proxy, "
                "the header Host has to be what the browser sent."
            )


def _is_own(request: web.Request, origin: str) -> bool:
    # Where we are reached by HTTPS, a page that came by HTTP is not ours: anybody on its way may have written it. What
    # reaches us by HTTP may have reached a proxy by HTTPS that trusted_proxies does not name.
    schemes = ("https",) if request.secure else ("http", "https")
    return origin in {f"{scheme}://{request.host}" for scheme in schemes}
