"""The store: what is kept, what is refused, and a folder in which a worker may have put anything."""

import asyncio
import errno
import json
import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tgcfd.config import current, schema, secrets
from tgcfd.config import store as store_module
from tgcfd.config.current import StoredConfig
from tgcfd.config.document import MAX_BYTES
from tgcfd.config.history import KEPT_VERSIONS
from tgcfd.config.render import render
from tgcfd.config.store import ConfigStore
from tgcfd.errors import Busy, ConfigChanged, ConfigInvalid, ConfigUnreadable, StorageFull

YAML = "tgcf.config.yml"
HASH = "0123456789abcdef0123456789abcdef"


def write(folder: Path, text: str) -> None:
    (folder / YAML).write_text(text)


def history(folder: Path) -> list[Path]:
    return sorted((folder / "history").glob("*.yml"))


async def test_without_a_file_everything_is_at_its_default(store: ConfigStore) -> None:
    stored = await store.read("alice")
    assert stored.config == schema.defaults()


async def test_what_was_stored_is_read_again(store: ConfigStore) -> None:
    written = await store.replace("alice", {"mode": 1, "pid": 99})
    assert written == await store.read("alice")
    assert written.config == schema.fill({"mode": 1})


async def test_folder_and_files_are_for_owner_and_group_only(store: ConfigStore, folder: Path) -> None:
    await store.replace("alice", {"mode": 1})
    await store.replace("alice", {"mode": 0})
    await store.write_rendered("alice", {})
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir(), *history(folder))}
    assert modes.pop("alice") == modes.pop("history") == 0o770
    assert set(modes.values()) == {0o660}


async def test_what_a_person_wrote_survives_a_post(store: ConfigStore, folder: Path) -> None:
    write(folder, "# mine\nmode: 0   # live\nadmins: [ '@alice_x' ]\n")
    await store.replace("alice", {"mode": 1, "admins": ["@alice_x"]})
    assert (folder / YAML).read_text() == "# mine\nmode: 1   # live\nadmins: [ '@alice_x' ]\n"


async def test_the_same_again_writes_nothing(store: ConfigStore, folder: Path) -> None:
    first = await store.replace("alice", {"mode": 1})
    inode = (folder / YAML).stat().st_ino
    assert await store.replace("alice", {"mode": 1}) == first
    assert (folder / YAML).stat().st_ino == inode
    assert history(folder) == []


async def test_secrets_are_kept_when_what_was_read_is_posted(store: ConfigStore) -> None:
    await store.replace("alice", {"login": {"API_HASH": HASH}})
    seen = secrets.hide((await store.read("alice")).config)
    assert seen["login"]["API_HASH"] == secrets.SET
    stored = await store.replace("alice", seen)
    assert stored.config["login"]["API_HASH"] == HASH


async def test_a_post_after_another_is_refused_with_the_current_etag(store: ConfigStore) -> None:
    first = await store.read("alice")
    second = await store.replace("alice", {"mode": 1}, first.etag)
    with pytest.raises(ConfigChanged) as refused:
        await store.replace("alice", {"mode": 0}, first.etag)
    assert refused.value.headers["ETag"] == f'"{second.etag}"'
    assert (await store.read("alice")) == second


NESTED: Any = "x"
for _ in range(100_000):
    NESTED = [NESTED]
INVALID: list[Any] = [[], None, {"x": 1}, {"admins": ["+919999999999"]}, {"login": {"API_HASH": secrets.SET}}, NESTED]
INVALID += [{"admins": NESTED}, {"login": NESTED}, {"admins": ["\ud800"]}, {"live": {"delete_on_edit": ""}}]
INVALID += [{"plugins": {"replace": {"text": {f"{n}": "x" * 4096 for n in range(300)}}}}]


@pytest.mark.parametrize("posted", INVALID, ids=range(len(INVALID)))
async def test_what_is_invalid_is_refused_and_changes_nothing(store: ConfigStore, folder: Path, posted: Any) -> None:
    write(folder, "mode: 1 # mine\n")
    with pytest.raises(ConfigInvalid) as refused:
        await store.replace("alice", posted)
    assert refused.value.errors
    assert [path.name for path in folder.iterdir()] == [YAML]
    assert (folder / YAML).read_text() == "mode: 1 # mine\n"


def large(chats: int) -> Any:
    return {
        "forwards": [
            {
                "con_name": f"n{n}",
                "source": f"@source{n}",
                "use_this": False,
                "dest": [f"@abc{d:03}" for d in range(chats)],
            }
            for n in range(1000)
        ]
    }


async def test_a_large_configuration_is_stored_and_can_be_posted_back(store: ConfigStore) -> None:
    await store.replace("alice", large(43))
    stored = await store.read("alice")
    assert stored == await store.replace("alice", stored.config)


async def test_a_configuration_that_could_not_be_read_back_is_refused(store: ConfigStore, folder: Path) -> None:
    with pytest.raises(ConfigInvalid, match="names and values"):
        await store.replace("alice", large(52))  # within the bound as it is posted, but not with its defaults
    assert list(folder.iterdir()) == []


async def test_the_version_before_goes_to_the_history(store: ConfigStore, folder: Path) -> None:
    first = await store.replace("alice", {"mode": 1})
    before = (folder / YAML).read_bytes()
    await store.replace("alice", {"mode": 0, "admins": [5]})
    [version] = history(folder)
    assert version.read_bytes() == before
    assert version.name.endswith(f"Z-{first.etag[:8]}.yml")


async def test_only_the_newest_versions_are_kept(store: ConfigStore, folder: Path) -> None:
    (folder / "history").mkdir()
    for number in range(KEPT_VERSIONS + 5):
        (folder / "history" / f"20200101T000000.{number:06}Z-00000000.yml").touch()
    (folder / "history" / "mine.yml").touch()
    write(folder, "mode: 1\n")
    await store.replace("alice", {})
    names = [path.name for path in history(folder)]
    assert len(names) == KEPT_VERSIONS + 1
    assert "mine.yml" in names
    assert names[0] == "20200101T000000.000006Z-00000000.yml"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mode: 1\nmode: 2\n", "Line 2"),
        ("mode: 1\n\nforwards:\n- sorce: x\n", "Line 4: /forwards/0/sorce: .*source"),
        ("mode: 1\npast: {delay: 500}\n", "Line 2: /past/delay: .*100"),
        ("plugins:\nlogin: x\n", "Line 1: /plugins"),
    ],
)
async def test_a_damaged_file_is_named_with_its_line(store: ConfigStore, folder: Path, text: str, said: str) -> None:
    write(folder, text)
    with pytest.raises(ConfigUnreadable, match=f"{said}.* Storing a new configuration replaces the file"):
        await store.read("alice")


async def test_a_post_over_a_damaged_file_keeps_its_bytes(store: ConfigStore, folder: Path) -> None:
    write(folder, "mode: [1\n")
    await store.replace("alice", {"mode": 1})
    [version] = history(folder)
    assert version.name.endswith("Z-unreadable.yml")
    assert version.read_text() == "mode: [1\n"
    assert (await store.read("alice")).config["mode"] == 1


@pytest.mark.parametrize(
    "text", ["plugins:\nmode: x # why\n", "plugins: {replace: {text: 5}}\n", "login: []\n", "forwards: {a: 1}\n"]
)
async def test_a_post_heals_a_file_of_the_wrong_shape(store: ConfigStore, folder: Path, text: str) -> None:
    write(folder, text)
    await store.replace("alice", {"mode": 1})
    assert (await store.read("alice")).config == schema.fill({"mode": 1})


def make_fifo(path: Path) -> None:
    os.mkfifo(path)


def make_link(path: Path) -> None:
    path.symlink_to("/etc/passwd")


def make_folder(path: Path) -> None:
    path.mkdir()


def make_large(path: Path) -> None:
    path.write_bytes(b"#" * (MAX_BYTES + 1))


TRAPS = [make_fifo, make_link, make_folder, make_large]


@pytest.mark.parametrize("make_trap", TRAPS)
async def test_what_is_not_a_file_is_not_read(store: ConfigStore, folder: Path, make_trap: Any) -> None:
    make_trap(folder / YAML)
    with pytest.raises(ConfigUnreadable, match=f"{YAML}.* Storing a new configuration replaces the file"):
        await asyncio.wait_for(store.read("alice"), 5)


@pytest.mark.parametrize("make_trap", TRAPS)
async def test_what_is_not_a_file_makes_way_for_one(store: ConfigStore, folder: Path, make_trap: Any) -> None:
    make_trap(folder / YAML)
    await asyncio.wait_for(store.replace("alice", {"mode": 1}), 5)
    assert (await store.read("alice")).config["mode"] == 1
    assert [path.name.endswith("-unreadable.yml") for path in history(folder)] == [True]


async def test_a_link_in_the_place_of_a_file_is_not_followed_by_a_write(store: ConfigStore, folder: Path) -> None:
    victim = folder.parent / "victim"
    victim.write_text("mine")
    (folder / "tgcf.config.json").symlink_to(victim)
    await store.write_rendered("alice", {"a": 1})
    assert victim.read_text() == "mine"


async def test_a_folder_in_the_place_of_what_tgcf_reads_is_named(store: ConfigStore, folder: Path) -> None:
    (folder / "tgcf.config.json").mkdir()
    with pytest.raises(ConfigUnreadable, match="folder"):
        await store.write_rendered("alice", {})
    assert [path.name for path in folder.iterdir()] == ["tgcf.config.json"]


async def test_a_link_in_the_place_of_the_folder_is_not_followed(store: ConfigStore, tmp_path: Path) -> None:
    (tmp_path / "users").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "users" / "alice").symlink_to(tmp_path / "elsewhere")
    for attempt in (store.read("alice"), store.replace("alice", {"mode": 1}), store.write_rendered("alice", {})):
        with pytest.raises(ConfigUnreadable):
            await attempt
    assert list((tmp_path / "elsewhere").iterdir()) == []


async def test_a_link_in_the_place_of_the_history_is_not_followed(store: ConfigStore, folder: Path) -> None:
    (folder.parent / "elsewhere").mkdir()
    (folder / "history").symlink_to(folder.parent / "elsewhere")
    write(folder, "mode: 1\n")
    with pytest.raises(ConfigUnreadable, match="history"):
        await store.replace("alice", {})
    assert list((folder.parent / "elsewhere").iterdir()) == []
    assert (folder / YAML).read_text() == "mode: 1\n"


@pytest.mark.parametrize("slug", ["", "..", "a", "A1", "a/b", "../alice", "a" * 24, "alice\n", "1alice"])
async def test_what_is_no_slug_reaches_no_folder(store: ConfigStore, slug: str) -> None:
    with pytest.raises(ValueError, match="slug"):
        await store.read(slug)


async def test_leftovers_of_a_killed_write_go_with_the_next(store: ConfigStore, folder: Path) -> None:
    (folder / f".{YAML}.0123456789abcdef.tmp").touch()
    (folder / ".tgcf.config.json.0123456789abcdef.tmp").touch()
    (folder / ".worker.json.0123456789abcdef.tmp").touch()
    await store.replace("alice", {"mode": 1})
    assert sorted(path.name for path in folder.iterdir()) == [".worker.json.0123456789abcdef.tmp", "history", YAML]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EROFS])
async def test_a_disk_that_takes_nothing_is_named_and_leaves_the_old_file_and_nothing_else(
    store: ConfigStore, folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, code: int
) -> None:
    write(folder, "mode: 1\n")

    def full(*_: Any, **__: Any) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "rename", full)
    with pytest.raises(StorageFull):
        await store.replace("alice", {})
    assert f"alice: {os.strerror(code)}" in caplog.text
    assert (folder / YAML).read_text() == "mode: 1\n"
    assert [path.name for path in folder.rglob("*.tmp")] == []


async def test_a_write_is_on_the_disk_before_its_name_and_its_name_before_the_answer(
    store: ConfigStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    sync, rename = os.fsync, os.rename

    def synced(descriptor: int) -> None:
        done.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "bytes")
        sync(descriptor)

    def renamed(*args: Any, **more: Any) -> None:
        done.append("name")
        rename(*args, **more)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "rename", renamed)
    await store.replace("alice", {"mode": 1})
    assert done == ["bytes", "name", "folder"] * 2  # first who stores it, then the file


async def test_what_tgcf_reads_is_written_whole(store: ConfigStore, folder: Path) -> None:
    rendered = render({"plugins": {"caption": {"header": "Grüße 😀"}}})
    await store.write_rendered("alice", rendered)
    assert json.loads((folder / "tgcf.config.json").read_text("utf-8")) == rendered


async def test_posts_at_once_end_as_one_of_them_and_none_is_half(store: ConfigStore) -> None:
    posts = [{"admins": [number + 1], "bot_messages": {"start": f"{number + 1}"}} for number in range(10)]
    await asyncio.gather(*(store.replace("alice", post) for post in posts))
    config = (await store.read("alice")).config
    assert config["bot_messages"]["start"] == str(config["admins"][0])


async def test_of_two_posts_with_one_etag_only_one_wins(store: ConfigStore) -> None:
    etag = (await store.read("alice")).etag
    results = await asyncio.gather(
        *(store.replace("alice", {"admins": [number + 1]}, etag) for number in range(5)), return_exceptions=True
    )
    assert [type(result) for result in results].count(ConfigChanged) == 4


async def test_a_cancelled_post_still_keeps_others_out_until_it_is_done(store: ConfigStore) -> None:
    task = asyncio.create_task(store.replace("alice", {"mode": 1}))
    while not store._locks["alice"].locked():
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert store._locks["alice"].locked()
    await store.replace("alice", {"admins": [5]})
    assert (await store.read("alice")).config == schema.fill({"admins": [5]})


DEADLINE = 20  # seconds, for what should take milliseconds


@pytest.fixture
def go_on(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Lets the folders of those whose name begins with "slow" be read, which takes until it is set."""
    event, read = threading.Event(), current.read

    def slow(path: Path) -> StoredConfig:
        if path.name.startswith("slow"):
            assert event.wait(DEADLINE)
        return read(path)

    monkeypatch.setattr(current, "read", slow)
    yield event
    event.set()


async def test_one_person_takes_one_thread_only(store: ConfigStore, go_on: threading.Event) -> None:
    slow = [asyncio.create_task(store.read("slow-one")) for _ in range(10)]
    await asyncio.sleep(0)  # lets the tasks begin
    await asyncio.wait_for(store.read("alice"), DEADLINE)
    go_on.set()
    await asyncio.gather(*slow)


async def test_one_call_too_many_of_a_person_is_refused(store: ConfigStore, go_on: threading.Event) -> None:
    slow = [asyncio.create_task(store.read("slow-one")) for _ in range(store_module.MAX_WAITING)]
    await asyncio.sleep(0)  # lets the tasks begin
    with pytest.raises(Busy):
        await store.read("slow-one")
    assert await store.read("alice")
    go_on.set()
    await asyncio.gather(*slow)
    assert await store.read("slow-one")


async def test_more_people_at_once_than_there_is_room_for_are_refused(
    tmp_path: Path, go_on: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "MAX_PEOPLE", 1)
    store = ConfigStore(tmp_path)
    slow = [asyncio.create_task(store.read(f"slow-{number}")) for number in range(store_module.THREADS + 1)]
    while not all(store._locks[f"slow-{number}"].locked() for number in range(len(slow))):
        await asyncio.sleep(0)
    with pytest.raises(Busy):
        await store.read("alice")
    go_on.set()
    await asyncio.gather(*slow)
    await store.close()


async def test_200_people_at_once_are_not_refused(store: ConfigStore, go_on: threading.Event) -> None:
    slow = [asyncio.create_task(store.read(f"slow-{number}")) for number in range(200)]
    while not all(store._locks[f"slow-{number}"].locked() for number in range(len(slow))):
        await asyncio.sleep(0)
    go_on.set()
    await asyncio.gather(*slow)


async def test_closing_carries_out_what_was_begun_and_refuses_what_waits(tmp_path: Path) -> None:
    store = ConfigStore(tmp_path)
    posts = [asyncio.create_task(store.replace("alice", {"admins": [number + 1]})) for number in range(5)]
    while not store._locks["alice"].locked():
        await asyncio.sleep(0)
    await asyncio.gather(store.close(), *posts, return_exceptions=True)
    assert posts[0].result().config["admins"] == [1]
    assert [type(post.exception()) for post in posts[1:]] == [Busy] * 4
    with pytest.raises(Busy, match="is ending"):
        await store.read("alice")


async def test_two_people_do_not_share_anything(store: ConfigStore) -> None:
    await store.replace("alice", {"mode": 1})
    assert (await store.read("bobby")).config == schema.defaults()


BASE: Any = {"forwards": [{"source": "@source", "dest": ["@target"]}]}


async def test_an_offset_that_is_taken_back_makes_no_version(store: ConfigStore, folder: Path) -> None:
    await store.replace("alice", BASE)
    taken = await store.take_back("alice", render(BASE), {"forwards": [BASE["forwards"][0] | {"offset": 7}]})
    assert taken is not None
    assert taken == await store.read("alice")
    assert taken.config["forwards"][0]["offset"] == 7
    assert history(folder) == []


async def test_a_connection_that_is_taken_back_as_removed_is_in_the_history(store: ConfigStore, folder: Path) -> None:
    await store.replace("alice", BASE)
    taken = await store.take_back("alice", render(BASE), {"forwards": []})
    assert taken is not None
    assert taken.config["forwards"] == []
    assert len(history(folder)) == 1


async def test_what_would_make_it_too_large_is_not_taken_back(store: ConfigStore) -> None:
    before = await store.replace("alice", BASE)
    many = [{"source": f"@source{n}", "dest": [f"@abcdefgh{d:03}" for d in range(60)]} for n in range(900)]
    with pytest.raises(ConfigInvalid, match="names and values"):
        await store.take_back("alice", render(BASE), {"forwards": [*BASE["forwards"], *many]})
    assert await store.read("alice") == before


async def test_offsets_are_taken_back_into_a_file_that_is_too_large_with_its_defaults(
    store: ConfigStore, folder: Path
) -> None:
    chats = ", ".join(f"'@abc{n:03}'" for n in range(54))
    connections = "".join(f"  - {{source: '@source{n}', dest: [{chats}]}}\n" for n in range(1000))
    write(folder, f"forwards:\n{connections}")
    base = render((await store.read("alice")).config)
    now = [base["forwards"][0] | {"offset": 7}, *base["forwards"][1:]]
    taken = await store.take_back("alice", base, {"forwards": now})
    assert taken is not None
    assert taken.config["forwards"][0]["offset"] == 7


async def test_nothing_to_take_back_writes_nothing(store: ConfigStore) -> None:
    before = await store.replace("alice", BASE)
    assert await store.take_back("alice", render(BASE), {"forwards": BASE["forwards"], "style": "preserve"}) is None
    assert await store.read("alice") == before
