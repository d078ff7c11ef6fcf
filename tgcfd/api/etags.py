"""ETags: what a client has seen, and what is there now (RFC 9110, sections 8.8.3 and 13.1)."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

from aiohttp import hdrs, web

from tgcfd.errors import MalformedHeader

_MOST = 20
_ONE = r'(?:W/)?"[\x21\x23-\x7e]{0,200}"'
_LIST = re.compile(rf"{_ONE}(?:[ \t]*,[ \t]*{_ONE}){{0,{_MOST - 1}}}")

MATCHES_NOTHING = "W/"
"""No ETag of ours."""


async def expected(request: web.Request, current: Callable[[], Awaitable[str]]) -> str | None:
    """The ETag, without its quotes, that what is to be changed must have (``If-Match``); None: any.

    Of several, it is the one that ``current`` gives, if that is among them; the one who makes the change looks again.
    Raises :class:`MalformedHeader`.
    """
    sent = ",".join(request.headers.getall(hdrs.IF_MATCH, [])).strip()
    if hdrs.IF_MATCH not in request.headers or sent == "*":
        return None
    if not _LIST.fullmatch(sent):
        raise MalformedHeader(f'If-Match must be an ETag in its quotes, such as "1a2b3c", up to {_MOST} of them, or *.')
    # A weak one is as good: RFC 9110 has it match nothing, since it may name what is only alike. We give no weak ones;
    # a proxy that compresses (nginx with gzip) makes them of ours, and the quotes still hold the hash of what was seen.
    tags: list[str] = [tag.removeprefix("W/").strip('"') for tag in re.findall(_ONE, sent)]
    if len(tags) > 1 and (now := await current()) in tags:
        return now
    return tags[0]


def is_known(request: web.Request, etag: str) -> bool:
    """Whether the client has what has this ETag already (``If-None-Match``), so that it need not be sent again."""
    known = request.if_none_match or ()
    return any(tag.value in {"*", etag} for tag in known)
