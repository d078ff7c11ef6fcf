"""If-Match as RFC 9110 has it."""

from __future__ import annotations

import pytest
from aiohttp.test_utils import make_mocked_request

from tgcfd.api.etags import MATCHES_NOTHING, expected
from tgcfd.errors import MalformedHeader

NOW = "b"


async def now() -> str:
    return NOW


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        (None, None),
        ("*", None),
        ('"a"', "a"),
        ('"b"', "b"),
        ('"a", "b" ,"c"', NOW),
        ('"a,b"', "a,b"),
        ('"a", "c"', "a"),
        ('W/"b"', MATCHES_NOTHING),
        ('W/"b", "a"', "a"),
        ('""', ""),
    ],
)
async def test_what_it_asks_for(header: str | None, wanted: str | None) -> None:
    headers = {} if header is None else {"If-Match": header}
    assert await expected(make_mocked_request("POST", "/", headers=headers), now) == wanted


@pytest.mark.parametrize("header", ["", "b", '"b', 'b"', '"a" "b"', '"a",', '*, "b"', 'w/"b"', ",".join(['"a"'] * 21)])
async def test_what_it_cannot_be(header: str) -> None:
    with pytest.raises(MalformedHeader):
        await expected(make_mocked_request("POST", "/", headers={"If-Match": header}), now)
