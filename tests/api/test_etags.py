"""If-Match as RFC 9110 has it, but for weak ETags."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp.test_utils import make_mocked_request

from tests.api.conftest import Login, problem
from tgcfd.api.etags import expected
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
        ('W/"b"', "b"),
        ('"a", W/"b"', NOW),
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


async def test_a_configuration_is_changed_only_over_the_one_that_was_seen(api: Any, alice: Login) -> None:
    async def put(if_match: str) -> Any:
        return await api.post("/api/config", json={}, headers={**alice.headers, "If-Match": if_match})

    seen = (await api.get("/api/config", headers=alice.headers)).headers["ETag"]
    for stale in ('"stale"', 'W/"stale"', '"stale", "older"'):
        body = await problem(await put(stale), 412, "config_changed")
        assert f'"{body["etag"]}"' == seen
    await problem(await put(seen.strip('"')), 400, "malformed_header")
    first = await put(f'"stale", {seen}')
    assert first.status == 200
    assert (await put("*")).status == 200
    assert (await put(f"W/{seen}")).status == 200  # as a proxy that compresses makes it
    assert (await put(first.headers["ETag"])).status == 200
