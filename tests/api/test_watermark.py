"""``/api/watermark``: the image that is put over pictures."""

from __future__ import annotations

import io
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.api.conftest import PASSWORD, Login, problem, until
from tests.api.images import png
from tgcfd.api.contract import operations
from tgcfd.config.watermark import MAX_BYTES
from tgcfd.settings import Settings

ABOUT = "/api/watermark/about"
IMAGE = {"Content-Type": "image/png"}


async def put(api: Any, login: Login, data: bytes, **headers: str) -> Any:
    return await api.put("/api/watermark", data=io.BytesIO(data), headers=login.headers | IMAGE | headers)


async def about(api: Any, login: Login) -> Any:
    answer = await api.get(ABOUT, headers=login.headers)
    assert answer.status == 200
    return await answer.json()


def file_of(settings: Settings) -> Path:
    return settings.state_dir / "users/alice/image.png"


async def test_an_image_comes_back_as_it_was_sent_and_as_nothing_but_an_image(api: Any, alice: Login) -> None:
    answer = await put(api, alice, png(30, 20))
    stored = await answer.json()
    assert stored.items() >= {"bytes": len(png(30, 20)), "width": 30, "height": 20}.items()
    assert await about(api, alice) == {"image": stored, "unusable": None}
    shown = await api.get("/api/watermark", params={"v": stored["etag"]}, headers=alice.headers)
    assert await shown.read() == png(30, 20)
    assert shown.headers["Content-Type"] == "image/png"
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert shown.headers["Content-Security-Policy"].startswith("default-src 'none';")
    assert shown.headers["Cache-Control"] == "no-store"


async def test_where_there_is_none(api: Any, alice: Login) -> None:
    await problem(await api.get("/api/watermark", headers=alice.headers), 404, "not_found")
    assert await about(api, alice) == {"image": None, "unusable": None}
    assert (await api.delete("/api/watermark", headers=alice.headers)).status == 204


async def test_another_image_is_another_one_and_the_same_is_not(api: Any, alice: Login) -> None:
    first = await (await put(api, alice, png())).json()
    assert await (await put(api, alice, png())).json() == first
    assert (await (await put(api, alice, png(colour=b"\0\0\0\xff"))).json())["etag"] != first["etag"]
    changed = await (await api.get("/api/audit?event=watermark_changed", headers=alice.headers)).json()
    assert len(changed["items"]) == 2
    assert changed["items"][0]["text"].startswith("alice uploaded the image of their own watermark")


async def test_a_removed_image_is_gone(api: Any, alice: Login, settings: Settings) -> None:
    await put(api, alice, png())
    for _ in range(2):
        assert (await api.delete("/api/watermark", headers=alice.headers)).status == 204
    assert not file_of(settings).exists()
    removed = await (await api.get("/api/audit?event=watermark_removed", headers=alice.headers)).json()
    assert len(removed["items"]) == 1


async def test_it_is_for_its_person_alone(
    api: Any, alice: Login, register: Callable[[str], Awaitable[Login]], settings: Settings
) -> None:
    bob = await register("bob")
    await put(api, alice, png())
    await problem(await api.get("/api/watermark", headers=bob.headers), 404, "not_found")
    assert (await api.delete("/api/watermark", headers=bob.headers)).status == 204
    assert file_of(settings).read_bytes() == png()


@pytest.mark.parametrize(
    ("data", "kind", "status", "code"),
    [
        (b"\xff\xd8\xff\xe0 a JPEG", "image/png", 422, "image_unusable"),
        (png()[:-1], "image/png", 422, "image_unusable"),
        (png(2561, 1), "image/png", 422, "image_unusable"),
        (b"", "image/png", 422, "image_unusable"),
        (png(), "image/jpeg", 415, "unsupported_media_type"),
        (png(), "application/octet-stream", 415, "unsupported_media_type"),
        (png() + b"\0" * MAX_BYTES, "image/png", 413, "body_too_large"),
    ],
    ids=["jpeg", "cut off", "too wide", "nothing", "called a jpeg", "called bytes", "too large"],
)
async def test_what_cannot_be_used_is_refused_and_changes_nothing(
    api: Any, alice: Login, data: bytes, kind: str, status: int, code: str
) -> None:
    before = await (await put(api, alice, png(7, 7))).json()
    answer = await put(api, alice, data, **{"Content-Type": kind})
    body = await problem(answer, status, code)
    assert body["detail"].endswith(".")
    assert await about(api, alice) == {"image": before, "unusable": None}


async def test_what_something_else_has_put_there_is_not_shown(api: Any, alice: Login, settings: Settings) -> None:
    await put(api, alice, png())
    for there in (b"<html><script>alert(1)</script>", png()[:-1], b"x" * (MAX_BYTES + 1)):
        file_of(settings).write_bytes(there)
        refused = await problem(await api.get("/api/watermark", headers=alice.headers), 404, "not_found")
        assert await about(api, alice) == {"image": None, "unusable": refused["detail"]}
    file_of(settings).unlink()
    file_of(settings).symlink_to(settings.state_dir / "tgcfd.db")
    await problem(await api.get("/api/watermark", headers=alice.headers), 404, "not_found")


async def test_it_goes_with_the_account(api: Any, alice: Login, settings: Settings) -> None:
    await put(api, alice, png())
    assert file_of(settings).exists()
    body = {"current_password": PASSWORD}
    assert (await api.post("/api/users/me/delete", json=body, headers=alice.headers)).status == 204

    async def gone() -> bool:
        return not file_of(settings).parent.exists()

    await until(gone)


def test_no_more_is_read_than_can_be_stored() -> None:
    assert operations()["PUT", "/api/watermark"].max_bytes == MAX_BYTES
