"""What is taken for a PNG image."""

from __future__ import annotations

import pytest

from tests.api.images import SIGNATURE, chunk, head, png
from tgcfd.config.png import MAX_SIDE, NotPng, size, whole

END = chunk(b"IEND")


@pytest.mark.parametrize("side", [1, MAX_SIDE])
def test_width_and_height_stand_in_the_head(side: int) -> None:
    assert size(SIGNATURE + head(side, 7) + END) == (side, 7)
    assert size(SIGNATURE + head(7, side) + END) == (7, side)


@pytest.mark.parametrize("kind", ["0800", "1000", "0802", "1002", "0103", "0804", "0806", "1006"])
def test_each_kind_of_colours(kind: str) -> None:
    assert size(SIGNATURE + head(rest=bytes.fromhex(kind) + b"\0\0\x01")) == (3, 2)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "not a PNG image"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 100, "not a PNG image"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>" + b" " * 100, "not a PNG image"),
        (png()[:20], "not a PNG image"),
        (png()[:32], "not a PNG image"),
        (b"\n" + png(), "not a PNG image"),
        (SIGNATURE + chunk(b"IDAT", b"x" * 40) + END, "not a PNG image"),
        (SIGNATURE + head(0, 1) + END, "damaged"),
        (SIGNATURE + head(1, 0) + END, "damaged"),
        (SIGNATURE + head(rest=b"\x04\x06\0\0\0") + END, "damaged"),
        (SIGNATURE + head(rest=b"\x08\x05\0\0\0") + END, "damaged"),
        (SIGNATURE + head(rest=b"\x08\x06\x01\0\0") + END, "damaged"),
        (SIGNATURE + head(rest=b"\x08\x06\0\x01\0") + END, "damaged"),
        (SIGNATURE + head(rest=b"\x08\x06\0\0\x02") + END, "damaged"),
        (SIGNATURE + head()[:-1] + b"x" + END, "damaged"),
        (SIGNATURE + head(MAX_SIDE + 1, 1) + END, f"2561 by 1 pixels; {MAX_SIDE} by {MAX_SIDE} are the most"),
        (SIGNATURE + head(1, 0xFFFFFFFF) + END, "1 by 4294967295 pixels"),
    ],
)
def test_what_is_none_is_said_to_be_none(data: bytes, said: str) -> None:
    with pytest.raises(NotPng, match=said):
        size(data)


def test_what_stands_behind_its_end_is_left_out() -> None:
    assert whole(png() + b"<script>" + png()) == png()
    assert whole(png()) == png()


def test_one_that_was_cut_off() -> None:
    with pytest.raises(NotPng, match="not complete"):
        whole(png()[:-1])
