"""Addresses that the daemon listens on, as people read them."""

from __future__ import annotations

from collections.abc import Iterable

_ALL = {"0.0.0.0": "all IPv4 addresses", "[::]": "all addresses"}  # noqa: S104  # nothing is bound here
_THIS_HOST = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}  # noqa: S104


def in_words(url: str) -> str:
    """The same, such as ``http://127.0.0.1:8470`` or ``127.0.0.1:8470``, unless it stands for all addresses.

    Nobody can open ``https://[::]:443``: it is "HTTPS on port 443 of all addresses", and ``[::]:443`` the same without
    "HTTPS on".
    """
    scheme, host, port = _parts(url)
    if host not in _ALL:
        return url
    return f"{scheme.upper()}{' on ' if scheme else ''}port {port} of {_ALL[host]}"


def all_in_words(urls: Iterable[str]) -> str:
    """Each in words, and none twice."""
    return ", ".join(dict.fromkeys(map(in_words, urls)))


def opened_here(url: str) -> str:
    """The URL, or the address without a scheme, by which a program on this host reaches the same."""
    _, host, port = _parts(url)
    return f"{url.removesuffix(f'{host}:{port}')}{_THIS_HOST[host]}:{port}" if host in _THIS_HOST else url


def _parts(url: str) -> tuple[str, str, str]:
    scheme, _, address = url.rpartition("://")
    host, _, port = address.rpartition(":")
    return scheme, host, port
