"""Which page of which site sent a request: browsers say so, and no page can make them say otherwise.

Programs send none of this, and need not.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from functools import lru_cache
from ipaddress import ip_address
from typing import Any

from aiohttp import hdrs, web

from tgcfd.api.proxies import client_of
from tgcfd.errors import ForeignOrigin

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
"""They change nothing (RFC 9110, 9.2.1)."""

_PORT = re.compile(r":[0-9]*\Z", re.ASCII)
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

    A page whose own name was made to lead to this host (DNS rebinding) looks like ours to browsers. ``everybody``: may
    register, and no proxy that the settings name passes on what browsers call us: then, and as long as nobody but who
    is on this host can come in, only names count that always lead there. HTTPS needs none of that: our certificate is
    not good for the name of such a page.
    """

    def __init__(self, allowed: Collection[str], *, everybody: bool) -> None:
        self._allowed = frozenset(allowed)
        self._everybody = everybody
        self._only_here = True

    def listen_at(self, sockets: Iterable[Any]) -> None:
        """Say where we listen, as getsockname() does; until then, it is taken for this host alone."""
        hosts = [name[0] for name in sockets if not isinstance(name, str)]  # those of Unix sockets are text
        self._only_here = all(map(_leads_here, hosts))

    def require(self, request: web.Request) -> None:
        """Refuse what another page sent, if it changes anything. Raises :class:`ForeignOrigin`."""
        if request.method in SAFE_METHODS:
            return
        if self._everybody and self._only_here and not request.secure and client_of(request):
            _require_name_of_this_host(request)
        origin = request.headers.get(hdrs.ORIGIN)
        if origin is not None and origin not in self._allowed and not _is_own(request, origin):
            raise ForeignOrigin(
                "This page is not this server's own; the host's owner can allow it (allowed_origins). Behind a proxy, "
                "the header Host has to be what the browser sent."
            )


def _require_name_of_this_host(request: web.Request) -> None:
    host = request.headers.get(hdrs.HOST)  # request.host asks for the host's name where there is none
    if host is not None and not _leads_here(_PORT.sub("", host).strip("[]")):
        raise ForeignOrigin(
            "As long as everybody may register here, this server is called localhost or 127.0.0.1 and nothing else. "
            "The host's owner can name the proxy in front of it (trusted_proxies)."
        )


@lru_cache(maxsize=256)
def _leads_here(host: str) -> bool:
    """Whether it is this host whoever asks; a DNS server can say that of any other name."""
    try:
        return host.lower() == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _is_own(request: web.Request, origin: str) -> bool:
    # Where we are reached by HTTPS, a page that came by HTTP is not ours: anybody on its way may have written it. What
    # reaches us by HTTP may have reached a proxy by HTTPS that trusted_proxies does not name.
    schemes = ("https",) if request.secure else ("http", "https")
    return origin in {f"{scheme}://{request.host}" for scheme in schemes}
