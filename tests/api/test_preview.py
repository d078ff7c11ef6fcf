"""``/api/config/preview``: what tgcf's own plugins make of a message that somebody has thought up."""

from __future__ import annotations

import asyncio
import json
import logging
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.api.conftest import DEADLINE, Login, problem

PATH = "/api/config/preview"
NEVER_ENDS = {"text": "a" * 40 + "b", "plugins": {"replace": {"check": True, "regex": True, "text": {"(a+)+$": "x"}}}}
"""To find that this pattern does not match takes some 2 ** 40 steps."""


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary folders are made."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


async def ask(api: Any, login: Login, **body: Any) -> Any:
    return await api.post(PATH, json=body, headers=login.headers)


async def made(api: Any, login: Login, text: str, *, more: dict[str, Any] | None = None, **plugins: Any) -> Any:
    """What becomes of a text, with these plugins switched on."""
    on = {name: {"check": True, **settings} for name, settings in plugins.items()}
    answer = await ask(api, login, text=text, plugins=on, **(more or {}))
    assert answer.status == 200, await answer.text()
    return await answer.json()


async def test_the_plugins_change_it_in_tgcfs_order(api: Any, alice: Login) -> None:
    became = await made(
        api,
        alice,
        "good old __news__",
        replace={"text": {"old": "new", "bold": "never"}},
        caption={"header": "From us:\n", "footer": "\nbold"},
        fmt={"style": "bold"},
    )
    # the format takes the text without its signs; then come the rules, then the caption
    assert became == {
        "refused": None,
        "text": "From us:\ngood new news\nbold",
        "entities": [{"type": "bold", "offset": 9, "length": 13}],
        "failed": [],
    }


async def test_how_parts_of_it_look_in_telegrams_counting(api: Any, alice: Login) -> None:
    signs = "🎉 **b** __i__ ~~s~~ `c` [l](https://example.org) **b __bi__**\n```p```"
    became = await made(api, alice, signs)
    assert became["text"] == "🎉 b i s c l b bi\np"
    assert sorted((one["type"], one["offset"], one["length"]) for one in became["entities"]) == [
        ("bold", 3, 1),  # the first sign counts as two
        ("bold", 13, 2),  # of styles inside of each other tgcf keeps less: so says Telethon's Markdown
        ("code", 9, 1),
        ("italic", 5, 1),
        ("italic", 15, 2),
        ("link", 11, 1),
        ("pre", 18, 1),
        ("strike", 7, 1),
    ]
    assert [one["url"] for one in became["entities"] if "url" in one] == ["https://example.org"]


@pytest.mark.parametrize(
    ("typed", "text", "entities"),
    [
        ("  hello  ", "From:hello.", []),  # without the space around it, as Telegram takes it
        ("** a **", "From:a.", [{"type": "bold", "offset": 5, "length": 1}]),
        ("**__x__**", "From:x.", [{"type": "italic", "offset": 5, "length": 1}]),
    ],
)
async def test_plugins_see_what_telegram_made_of_it(
    api: Any, alice: Login, typed: str, text: str, entities: list[Any]
) -> None:
    became = await made(api, alice, typed, caption={"header": "From:", "footer": "."})
    assert (became["text"], became["entities"]) == (text, entities)


LISTS = {
    "text": {"blacklist": ["spam"], "whitelist": []},
    "users": {"blacklist": ["666", "-1001"], "whitelist": []},
    "files": {"blacklist": ["sticker"], "whitelist": []},
}


@pytest.mark.parametrize(
    ("text", "more", "refused"),
    [
        ("no harm", {}, None),
        ("SPAM", {}, "filter_text"),
        ("no harm", {"sender": "666"}, "filter_users"),
        ("no harm", {"sender": "-1001"}, "filter_users"),
        ("no harm", {"sender": "1001"}, None),
        ("spam", {"sender": "666", "file": "sticker"}, "filter_users"),
        ("no harm", {"file": "sticker", "sender": "7"}, "filter_files"),
        ("", {}, "empty"),
        (" \n", {}, "empty"),
        ("", {"file": "photo"}, None),
        ("x" * 4096, {}, None),
        ("x" * 1025, {"file": "photo"}, "too_long"),
        ("x" * 1024, {"file": "photo"}, None),
    ],
)
async def test_who_refuses_it(api: Any, alice: Login, text: str, more: dict[str, str], refused: str | None) -> None:
    became = await made(api, alice, text, more=more, filter=LISTS)
    assert became["refused"] == refused
    assert became["text"] == ("" if refused else text.strip() and text)


@pytest.mark.parametrize(
    ("text", "plugins"),
    [
        ("x" * 4096, {"caption": {"footer": "!"}}),
        # more than there is memory to read the Markdown of
        ("aaaa", {"replace": {"text": {"a": "b" * 4096, "b": "c" * 4096}}}),
        # an address is no part of the text
        ("aa", {"replace": {"text": {"a": f"[q](h{'b' * 4000})", "b": "c" * 4000}}}),
    ],
    ids=["a little", "much", "addresses"],
)
async def test_a_text_that_grows_too_long(api: Any, alice: Login, text: str, plugins: dict[str, Any]) -> None:
    assert (await made(api, alice, text, **plugins))["refused"] == "too_long"


async def test_forwarded_as_it_is_only_the_filter_counts(api: Any, alice: Login) -> None:
    as_it_is = {"show_forwarded_from": True}
    assert (await made(api, alice, "old", more=as_it_is, replace={"text": {"old": "new"}}))["text"] == "old"
    assert (await made(api, alice, "spam", more=as_it_is, filter=LISTS))["refused"] == "filter_text"


async def test_what_needs_a_file_is_not_tried(api: Any, alice: Login) -> None:
    became = await made(api, alice, "hello", more={"file": "photo"}, mark={}, ocr={}, caption={"footer": "!"})
    assert became == {"refused": None, "text": "hello!", "entities": [], "failed": []}


async def test_a_plugin_that_fails_is_named(api: Any, alice: Login) -> None:
    # 4 * 4096 ** 3 characters are more than any host has
    growing = {"a": "b" * 4096, "b": "c" * 4096, "c": "d" * 4096}
    became = await made(api, alice, "aaaa", replace={"text": growing})
    assert (became["failed"], became["text"]) == (["replace"], "aaaa")


async def test_settings_that_are_not_right(api: Any, alice: Login) -> None:
    wrong = {"filter": {"text": {"regex": True, "blacklist": ["("]}}}
    told = await problem(await ask(api, alice, text="x", plugins=wrong), 422, "config_invalid")
    assert [one["pointer"] for one in told["errors"]] == ["/plugins/filter/text/blacklist/0"]
    told = await problem(await ask(api, alice, text="x", plugins={"nothing": 1}), 422, "config_invalid")
    assert [one["pointer"] for one in told["errors"]] == ["/plugins/nothing"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/text"),
        ({"text": "x" * 4097}, "/text"),
        ({"text": "\ud800"}, "/text"),
        ({"text": "x", "file": "zip"}, "/file"),
        ({"text": "x", "sender": "@alice"}, "/sender"),
        ({"text": "x", "sender": "\n"}, "/sender"),
        ({"text": "x", "sender": "12\n"}, "/sender"),
        ({"text": "x", "plugins": []}, "/plugins"),
        ({"text": "x", "show_forwarded_from": "yes"}, "/show_forwarded_from"),
        ({"text": "x", "mode": 1}, "/mode"),
    ],
)
async def test_bodies_that_are_not_right(api: Any, alice: Login, body: dict[str, Any], pointer: str) -> None:
    answer = await api.post(PATH, data=json.dumps(body), headers=alice.headers | {"Content-Type": "application/json"})
    told = await problem(answer, 422, "invalid_body")
    assert [one["pointer"] for one in told["errors"]] == [pointer]


async def test_nothing_is_stored(api: Any, alice: Login, folders: Path) -> None:
    before = (await api.get("/api/config", headers=alice.headers)).headers["ETag"]
    await made(api, alice, "x", caption={"footer": "!"})
    assert (await api.get("/api/config", headers=alice.headers)).headers["ETag"] == before
    assert list(folders.iterdir()) == []


async def test_a_pattern_that_never_ends_is_ended_and_holds_up_nobody_else(
    api: Any,
    alice: Login,
    register: Callable[[str], Awaitable[Login]],
    folders: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("tgcfd.workers.preview.SECONDS", 2 * DEADLINE)  # it is the processor's time that ends it
    bob = await register("bob")
    never = asyncio.create_task(ask(api, alice, **NEVER_ENDS))
    async with asyncio.timeout(2 * DEADLINE):
        while not list(folders.iterdir()):  # until it is on its way
            await asyncio.sleep(0)
        again = asyncio.create_task(ask(api, alice, text="x"))
        hello = asyncio.create_task(made(api, bob, "hello"))
        await asyncio.wait({never, hello}, return_when=asyncio.FIRST_COMPLETED)
        assert not never.done()
        await problem(await again, 429, "busy")
        await problem(await never, 422, "preview_too_slow")
        assert (await hello)["text"] == "hello"
    assert list(folders.iterdir()) == []
    # and then she can try again
    assert (await made(api, alice, "hello"))["text"] == "hello"
    assert not [one for one in caplog.records if one.levelno >= logging.WARNING]
