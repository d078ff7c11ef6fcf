"""Somebody edits while past mode runs: what tgcf moves on is no conflict, and nothing of it is lost."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tgcfd.config.render import render
from tgcfd.config.store import ConfigStore
from tgcfd.config.versions import MOST_ETAGS
from tgcfd.errors import ConfigChanged

A: Any = {"source": "@source_a", "dest": ["@target"]}
B: Any = {"source": "@source_b", "dest": ["@target"]}
BASE: Any = {"forwards": [A, B]}
SLOWER: Any = BASE | {"past": {"delay": 5}}
TEXT = """\
# mine
mode: 1
forwards:
  - {source: '@source_a', dest: ['@target'], offset: 3}  # the first
  - {dest: ['@target'], source: '@source_b'}
"""

Save = Callable[[ConfigStore, str], Awaitable[Any]]
WAYS: dict[str, Save] = {
    "replace": lambda store, etag: store.replace("alice", SLOWER, etag),
    "patch": lambda store, etag: store.patch("alice", SLOWER, etag),
    "text": lambda store, etag: store.replace_text("alice", json.dumps(SLOWER).encode(), etag),
}


async def moved(store: ConfigStore, first: int) -> str:
    """Tgcf has come to this message of the first connection."""
    base = render((await store.read("alice")).config)
    now = [base["forwards"][0] | {"offset": first}, *(item for item in base["forwards"][1:] if item["use_this"])]
    taken = await store.take_back("alice", base, {"forwards": now})
    assert taken is not None
    return taken.etag


async def offsets(store: ConfigStore) -> list[int]:
    return [forward["offset"] for forward in (await store.read("alice")).config["forwards"]]


@pytest.mark.parametrize("save", WAYS.values(), ids=WAYS.keys())
async def test_what_was_written_over_earlier_offsets_is_stored_and_sets_none_back(
    store: ConfigStore, save: Save
) -> None:
    seen = (await store.replace("alice", BASE)).etag
    await moved(store, 7)
    await moved(store, 9)
    stored = await save(store, seen)
    assert stored == await store.read("alice")
    assert stored.config["past"]["delay"] == 5
    assert await offsets(store) == [9, 0]


@pytest.mark.parametrize("save", WAYS.values(), ids=WAYS.keys())
async def test_whoever_has_seen_where_it_is_may_set_it_back(store: ConfigStore, save: Save) -> None:
    await store.replace("alice", BASE)
    assert await save(store, await moved(store, 7))
    assert await offsets(store) == [0, 0]


@pytest.mark.parametrize("save", WAYS.values(), ids=WAYS.keys())
async def test_what_somebody_else_stored_is_a_conflict_still(store: ConfigStore, save: Save) -> None:
    seen = [(await store.replace("alice", BASE)).etag, await moved(store, 7)]
    await store.patch("alice", {"admins": [1]})
    await moved(store, 8)
    for etag in seen:
        with pytest.raises(ConfigChanged):
            await save(store, etag)
    assert await offsets(store) == [8, 0]


async def test_so_is_what_was_changed_by_hand(store: ConfigStore, tmp_path: Path) -> None:
    seen = (await store.replace("alice", BASE)).etag
    await moved(store, 7)
    with (tmp_path / "users/alice/tgcf.config.yml").open("a") as file:
        file.write("# by hand\n")
    with pytest.raises(ConfigChanged):
        await store.replace("alice", SLOWER, seen)


async def test_so_is_a_connection_that_tgcf_was_told_to_remove(store: ConfigStore) -> None:
    seen = (await store.replace("alice", BASE)).etag
    assert await store.take_back("alice", render(BASE), {"forwards": [A]})
    with pytest.raises(ConfigChanged):
        await store.replace("alice", SLOWER, seen)


async def test_an_offset_that_is_set_further_on_counts(store: ConfigStore) -> None:
    seen = (await store.replace("alice", BASE)).etag
    await moved(store, 7)
    await store.replace("alice", {"forwards": [A | {"offset": 50}, B | {"offset": 60}]}, seen)
    assert await offsets(store) == [50, 60]


async def test_of_two_connections_from_one_chat_the_one_that_rests_stays_as_it_is(store: ConfigStore) -> None:
    rests = A | {"use_this": False, "offset": 2}
    seen = (await store.replace("alice", {"forwards": [A, rests]})).etag
    await moved(store, 7)
    await store.replace("alice", {"forwards": [A, rests], "admins": [1]}, seen)
    assert await offsets(store) == [7, 2]


async def test_a_text_stays_to_the_character_but_for_its_offsets(store: ConfigStore) -> None:
    seen = (await store.replace_text("alice", TEXT.encode())).etag
    await moved(store, 12)
    edited = TEXT.replace("# mine", "# still mine")
    await store.replace_text("alice", edited.encode(), seen)
    assert (await store.text("alice"))[0].decode() == edited.replace(": 3", ": 12")


async def test_what_was_seen_is_good_for_so_many_looks(store: ConfigStore, tmp_path: Path) -> None:
    first = (await store.replace("alice", BASE)).etag
    for offset in range(1, MOST_ETAGS):
        await moved(store, offset)
    await store.replace("alice", SLOWER, first, check=True)
    await moved(store, MOST_ETAGS)
    with pytest.raises(ConfigChanged):
        await store.replace("alice", SLOWER, first, check=True)

    await store.replace("alice", SLOWER)
    known = json.loads((tmp_path / "users/alice/history/versions.json").read_text())["versions"]
    assert [len(version["etags"]) for version in known] == [1, 1]
