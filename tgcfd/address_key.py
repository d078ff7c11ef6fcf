"""As whom an address is counted."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv6Address, ip_address

SUBSCRIBER, SITE = 64, 48
"""Bits of the IPv6 network that one subscriber has at least, and of the largest one that is given away to anybody."""

_HERE = frozenset({"127.0.0.1", "::1"})


@lru_cache(maxsize=4096)
def address_key(address: str | None, bits: int = SUBSCRIBER) -> str | None:
    """Return what all addresses of one subscriber have in common: of IPv6 it is the network of so many bits.

    None is this host itself: 127.0.0.1, ::1, a Unix socket. A proxy that nobody named asks from there for everybody,
    so that to count it as one would let a single attacker keep all others out.
    """
    try:
        ip = ip_address((address or "").partition("%")[0])
    except ValueError:
        return None
    ip = getattr(ip, "ipv4_mapped", None) or ip
    if str(ip) in _HERE:
        return None
    if isinstance(ip, IPv6Address):
        rest = 128 - bits
        return f"{IPv6Address(int(ip) >> rest << rest)}/{bits}"
    return str(ip)
