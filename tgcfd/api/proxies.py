"""Reverse proxies in front of the daemon: whose X-Forwarded-* headers are believed, and what they make of a request.

A header that says who the client is can be sent by anybody, so it counts only from a peer that the setting
``trusted_proxies`` names. What the headers say takes the place of ``request.remote``, ``request.scheme`` and
``request.host``, so nothing behind needs to know of proxies. RFC 7239's ``Forwarded`` is not read: nginx and Caddy do
not send it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

from aiohttp import hdrs, web

from tgcfd.api.middlewares import Handler, Middleware
from tgcfd.settings import UNIX, TrustedProxy

_MOST_HOPS = 16
# A name, an IPv4 address or an IPv6 one in brackets, and perhaps a port.
_HOST = re.compile(r"(?:[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,252})|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?", re.ASCII)

Address = IPv4Address | IPv6Address


class Proxies:
    """The proxies that are trusted."""

    def __init__(self, trusted: tuple[TrustedProxy, ...]) -> None:
        self._unix = UNIX in trusted
        self._networks = [network for network in trusted if network != UNIX]
        self._is_trusted = lru_cache(maxsize=1024)(self._lies_in_a_network)

    @property
    def any(self) -> bool:
        """Whether there is one; without, the middleware has nothing to do."""
        return self._unix or bool(self._networks)

    @property
    def middleware(self) -> Middleware:
        """The middleware; everything that asks where a request comes from belongs inside of it."""

        @web.middleware
        async def forwarded(request: web.Request, handler: Handler) -> web.StreamResponse:
            said = self.said(request)
            return await handler(request.clone(**said) if said else request)

        return forwarded

    def said(self, request: web.BaseRequest) -> dict[str, Any]:
        """What a trusted proxy says about a request, as arguments of ``request.clone``; nothing from a stranger.

        A word that cannot be what it should be is passed over: what the peer's connection itself shows stays.
        """
        if not self.trusts(request.remote):
            return {}
        headers = request.headers
        said: dict[str, Any] = {"remote": self.client(request.remote or "", headers.getall(hdrs.X_FORWARDED_FOR, []))}
        # The last word is that of the proxy that we talk to; earlier ones may be its client's.
        if (scheme := _last(headers.getall(hdrs.X_FORWARDED_PROTO, [])).lower()) in {"http", "https"}:
            said["scheme"] = scheme
        if _HOST.fullmatch(host := _last(headers.getall(hdrs.X_FORWARDED_HOST, []))):
            said["host"] = host
        return said

    def trusts(self, peer: str | None) -> bool:
        """Whether a peer is a trusted proxy. ``peer``: an address, or a Unix socket's name, which is mostly empty."""
        if peer is None:  # it is gone already, and nobody knows who it was
            return False
        address = _address(peer)
        return self._unix if address is None else self._is_trusted(address)

    def client(self, peer: str, chain: list[str]) -> str:
        """Who the client is: the last in ``chain`` (headers X-Forwarded-For, in order) who is not a trusted proxy.

        Each proxy adds whom it talked to at the end, so what stands further left is a stranger's word and is not even
        read. Where a trusted proxy adds what is no address, or more than 16 of them stand in a row, it is the last of
        those that are known: a request is not refused for that, since its sender cannot help it.
        """
        client = peer
        hops = [hop.strip() for hop in ",".join(chain).rsplit(",", _MOST_HOPS)][-_MOST_HOPS:]
        for hop in reversed(hops):
            address = _address(hop)
            if address is None:
                break
            client = str(address)
            if not self._is_trusted(address):
                break
        return client

    def _lies_in_a_network(self, address: Address) -> bool:
        return any(address in network for network in self._networks)


def client_of(request: web.BaseRequest) -> str:
    """The address of whoever sends a request, as far as proxies are trusted; "" is a peer at a Unix socket."""
    return request.remote or ""


def _last(values: list[str]) -> str:
    return values[-1].rpartition(",")[2].strip() if values else ""


@lru_cache(maxsize=1024)
def _address(text: str) -> Address | None:
    """An address; an IPv4 one that IPv6 carries is itself (a socket at ``[::]`` shows it so).

    Without the zone of an IPv6 one, which may be any text to Python, and says nothing to others than that host.
    """
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
