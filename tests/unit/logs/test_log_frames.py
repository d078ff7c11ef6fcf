"""The frames of the log socket that do not go through aiohttp one by one."""

from __future__ import annotations

import pytest

from tgcfd.api.sockets import text_frame


@pytest.mark.parametrize(
    ("size", "head"),
    [
        (0, "8100"),
        (125, "817d"),
        (126, "817e007e"),
        (65535, "817effff"),
        (65536, "817f0000000000010000"),
    ],
)
def test_a_frame_says_its_length_in_the_shortest_form(size: int, head: str) -> None:
    payload = b"x" * size
    assert text_frame(payload) == bytes.fromhex(head) + payload
