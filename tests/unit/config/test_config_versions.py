"""The versions of a configuration: who stored what, back to it, and a history that somebody has tampered with."""

import asyncio
import json
import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tgcfd.audit.actor import ACTOR, Actor
from tgcfd.config import current, schema
from tgcfd.config.folder import Folder
from tgcfd.config.history import KEPT_VERSIONS
from tgcfd.config.past import Listed
from tgcfd.config.render import render
from tgcfd.config.store import ConfigStore
from tgcfd.config.versions import By
from tgcfd.errors import ConfigChanged, ConfigInvalid, ConfigUnreadable, NotFound
from tgcfd.storage.database import Database

YAML = "tgcf.config.yml"
HASH = "0123456789abcdef0123456789abcdef"
BASE: Any = {"forwards": [{"source": "@source", "dest": ["@target"]}]}


@pytest.fixture(autouse=True)
def alice_acts() -> None:
    ACTOR.set(Actor("cookie", "alice", "192.0.2.1"))


def log(folder: Path) -> Path:
    return folder / "history" / "versions.json"


async def listed(store: ConfigStore) -> list[Listed]:
    found = await store.versions("alice")
    assert [item.version.id for item in found] == sorted((item.version.id for item in found), reverse=True)
    assert [item.current for item in found] == [True] + [False] * (len(found) - 1)
    return found


async def test_who_stored_what_and_what_it_changed(store: ConfigStore) -> None:
    assert await store.versions("alice") == []
    await store.replace("alice", {"mode": 1, "login": {"API_HASH": HASH}})
    ACTOR.set(Actor("api_token", "alice", token="phone"))
    await store.patch("alice", BASE)
    found = await listed(store)
    assert [(item.version.by, item.version.changes) for item in found] == [
        (By("api", "alice", "phone"), (("/forwards/0", "added"),)),
        (By("page", "alice"), (("/login/API_HASH", "added"), ("/mode", "changed"))),
    ]
    assert HASH not in log(store._path("alice")).read_text()


async def test_what_changes_nothing_is_no_version(store: ConfigStore) -> None:
    await store.replace("alice", {"mode": 1})
    await store.replace("alice", {"mode": 1})
    await store.replace("alice", {"mode": 0}, check=True)
    assert len(await listed(store)) == 1


async def test_what_a_running_tgcf_adds_is_its_own_version_and_offsets_are_none(store: ConfigStore) -> None:
    await store.replace("alice", BASE)
    moved = {"forwards": [BASE["forwards"][0] | {"offset": 7}]}
    assert await store.take_back("alice", render(BASE), moved)
    [only] = await listed(store)
    assert only.version.by == By("page", "alice")
    assert (await store.version("alice", only.version.id)).config["forwards"][0]["offset"] == 7
    assert await store.take_back("alice", render(BASE), {"forwards": []})
    assert [item.version.by.way for item in await listed(store)] == ["tgcf", "page"]


async def test_a_file_that_was_changed_by_hand_is_a_version_that_nobody_stored(
    store: ConfigStore, folder: Path
) -> None:
    await store.replace("alice", {"mode": 1})
    (folder / YAML).write_text("mode: 1 # by hand\n")
    [hand] = await listed(store)  # what stood there before is gone
    assert (hand.version.by, hand.version.changes) == (By("hand"), ())
    await store.replace("alice", {})
    found = await listed(store)
    assert [item.version.by.way for item in found] == ["page", "hand"]
    assert found[1].version.id == hand.version.id
    assert (await store.version("alice", hand.version.id)).text == "mode: 1 # by hand\n"


@pytest.mark.parametrize("when", [-5.0, 0.0, 4e10, 1e11])
async def test_whatever_time_the_file_claims_there_is_a_version(store: ConfigStore, folder: Path, when: float) -> None:
    (folder / YAML).write_text("mode: 1\n")
    os.utime(folder / YAML, (when, when))
    assert len(await listed(store)) == 1
    await store.replace("alice", {})
    assert len(await listed(store)) == 2


async def test_old_versions_go_and_so_does_what_was_noted_of_them(store: ConfigStore, folder: Path) -> None:
    for number in range(KEPT_VERSIONS + 3):
        await store.replace("alice", {"admins": [number + 1]})
    found = await listed(store)
    assert len(found) == KEPT_VERSIONS + 1
    assert len(json.loads(log(folder).read_bytes())["versions"]) == KEPT_VERSIONS + 1
    assert {item.version.by.way for item in found} == {"page"}


async def test_a_version_comes_back_with_its_comments_and_secrets_but_not_its_offsets(
    store: ConfigStore, folder: Path
) -> None:
    text = (
        f"# mine\nlogin: {{API_HASH: {HASH}}}\nforwards:\n  - source: '@source'\n    dest: ['@target']\n    offset: 3\n"
    )
    (folder / YAML).write_text(text)
    [first] = await listed(store)
    forward = {"source": "t.me/source", "dest": [5], "offset": 9}
    await store.replace("alice", {"login": {"API_HASH": ""}, "forwards": [forward]})
    before = await store.read("alice")
    with pytest.raises(ConfigChanged):
        await store.restore("alice", first.version.id, "0" * 64)
    restored = await store.restore("alice", first.version.id, before.etag)
    assert (folder / YAML).read_text() == text.replace("offset: 3", "offset: 9")
    assert restored == await store.read("alice")
    assert restored.config["login"]["API_HASH"] == HASH
    assert (await listed(store))[0].version.by == By("restore", "alice", restored=first.version.id)


async def test_a_version_that_would_not_be_taken_today_stays_where_it_is(store: ConfigStore, folder: Path) -> None:
    (folder / YAML).write_text("admins: ['+919999999999']\n")
    [bad] = await listed(store)
    good = await store.replace("alice", {"mode": 1})
    with pytest.raises(ConfigInvalid, match="/admins/0"):
        await store.restore("alice", bad.version.id)
    assert await store.read("alice") == good


async def test_a_version_is_the_way_out_of_a_damaged_file(store: ConfigStore, folder: Path) -> None:
    await store.replace("alice", {"mode": 1})
    await store.replace("alice", {"mode": 0, "admins": [1]})
    (folder / YAML).write_text("mode: [")
    [damaged, first] = await listed(store)
    with pytest.raises(ConfigUnreadable, match="Line 2"):
        await store.version("alice", damaged.version.id)
    await store.restore("alice", first.version.id)
    assert (await store.read("alice")).config["mode"] == 1


async def test_what_differs_is_told_without_secrets(store: ConfigStore) -> None:
    await store.replace("alice", {"mode": 1, "login": {"API_HASH": HASH}})
    await store.replace("alice", {"mode": 0, "login": {"API_HASH": HASH[::-1]}})
    [_, old] = await listed(store)
    found = await store.compared("alice", old.version.id, "current")
    assert [(change.pointer, change.old) for change in found.changes] == [("/login/API_HASH", None), ("/mode", 1)]
    assert "-mode: 1" in found.text
    assert HASH not in str(found)
    assert HASH[::-1] not in str(found)
    shown = await store.version("alice", old.version.id)
    assert HASH not in str(shown)


@pytest.mark.parametrize(
    "id_",
    ["", "x", "../x", "versions", "20261122T120000.123456Z-0a1b2c3d", "2" * 300, "20269922T120000.123456Z-0a1b2c3d"],
)
async def test_what_is_no_version_is_not_found(store: ConfigStore, id_: str) -> None:
    await store.replace("alice", {"mode": 1})
    for attempt in (store.version("alice", id_), store.restore("alice", id_), store.compared("alice", id_, "current")):
        with pytest.raises(NotFound):
            await attempt


# --- a history that a worker has been at


def changed(path: Path) -> None:
    path.write_text("mode: 0\n")


def linked(path: Path) -> None:
    path.unlink()
    path.symlink_to("/etc/passwd")


def fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def huge(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(10**9)


@pytest.mark.parametrize("tamper", [changed, linked, fifo, directory, huge])
async def test_a_version_that_is_no_longer_what_was_stored_is_refused(
    store: ConfigStore, folder: Path, tamper: Callable[[Path], None]
) -> None:
    await store.replace("alice", {"mode": 1})
    good = await store.replace("alice", {"mode": 0, "admins": [1]})
    [_, old] = await listed(store)
    tamper(folder / "history" / f"{old.version.id}.yml")
    id_ = old.version.id
    for attempt in (store.version("alice", id_), store.restore("alice", id_), store.compared("alice", id_, "current")):
        with pytest.raises(ConfigUnreadable):
            await asyncio.wait_for(attempt, 5)
    assert await store.read("alice") == good


def entry(**more: Any) -> Any:
    return {"id": "20261122T120000.123456Z-0a1b2c3d", "way": "page", "by": "alice", "etags": [], "changes": []} | more


LOGS: list[Any] = [b"", b"{", b"\xff", b"[" * 100_000, b"[]", b'{"versions": {}}', b"9" * 10_000]
LOGS += [
    json.dumps({"versions": versions}).encode()
    for versions in (
        [1, None, [], {}],
        [entry(way=["page"]), entry(way="root"), entry(id="../../x"), entry(id=5)],
        [entry(by="<b>")],
        [entry(token="x" * 10**4)],
        [entry(restored="/etc")],
        [entry(etags="x", changes=5, changed="x")],
        [entry(changes=[["/x\n\x1b[31m", "added"], ["/x", "gone"], "x", ["/mode", "changed"]] * 100, changed=-1)],
    )
]


@pytest.mark.parametrize("data", LOGS, ids=range(len(LOGS)))
async def test_notes_of_any_kind_are_read_within_bounds_and_replaced(
    store: ConfigStore, folder: Path, data: bytes
) -> None:
    await store.replace("alice", {"mode": 1})
    log(folder).write_bytes(data)
    shutil.copy(folder / YAML, folder / "history" / "20261122T120000.123456Z-0a1b2c3d.yml")
    [*_, last] = await store.versions("alice")
    assert last.version.by.slug in (None, "alice")
    assert last.version.by.token is last.version.by.restored is None
    assert set(last.version.changes) <= {("/mode", "changed")}
    assert len(last.version.changes) <= 10
    await store.replace("alice", {"mode": 0})
    found = await store.versions("alice")
    assert [item.version.by.way for item in found if item.current] == ["page"]


@pytest.mark.parametrize("tamper", [linked, fifo, directory, huge])
async def test_notes_that_are_no_file_make_way(
    store: ConfigStore, folder: Path, tamper: Callable[[Path], None]
) -> None:
    await store.replace("alice", {"mode": 1})
    tamper(log(folder))
    assert [item.version.by.way for item in await asyncio.wait_for(listed(store), 5)] == ["hand"]
    await asyncio.wait_for(store.replace("alice", {}), 5)
    found = await store.versions("alice")
    assert found[0].version.by.way == "page"
    assert log(folder).is_file()
    assert not log(folder).is_symlink()


async def test_a_folder_in_the_place_of_the_next_version_makes_way(store: ConfigStore, folder: Path) -> None:
    await store.replace("alice", {"mode": 1})
    [first] = await listed(store)
    (folder / "history" / f"{first.version.id}.yml" / "full").mkdir(parents=True)
    await store.replace("alice", {"mode": 0, "admins": [1]})
    assert (await store.version("alice", first.version.id)).config["mode"] == 1


async def test_versions_with_times_to_come_do_not_stop_new_ones(store: ConfigStore, folder: Path) -> None:
    await store.replace("alice", {"mode": 1})
    (folder / "history" / "99991231T235959.999999Z-00000000.yml").write_text("mode: 0\n")
    await store.replace("alice", {"mode": 0, "admins": [1]})
    await store.replace("alice", {"mode": 0})
    found = await store.versions("alice")
    assert found[0].current
    assert len(found) == 4


async def test_killed_before_the_file_the_old_one_is_the_version_that_it_was(
    store: ConfigStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.replace("alice", {"mode": 1})
    before = await listed(store)
    write = Folder.write

    def killed(self: Folder, name: str, data: bytes) -> None:
        if name == YAML:
            raise KeyboardInterrupt
        write(self, name, data)

    monkeypatch.setattr(Folder, "write", killed)
    with pytest.raises(KeyboardInterrupt):
        current.replace(folder, {"mode": 0}, current.Edit(By("page", "alice")))
    monkeypatch.undo()
    assert await listed(store) == before
    await store.replace("alice", {"admins": [1]})
    assert [item.version.by.way for item in await listed(store)] == ["page", "page"]


# --- a patch, a check, a text, and who hears of it


@pytest.mark.parametrize(
    ("patch", "expected"),
    [
        ({}, {"mode": 1, "login": {"API_ID": 5, "API_HASH": HASH}}),
        ({"mode": None, "past": {"delay": 5}}, {"past": {"delay": 5}, "login": {"API_ID": 5, "API_HASH": HASH}}),
        ({"login": {"API_HASH": "********", "API_ID": 6}}, {"mode": 1, "login": {"API_ID": 6, "API_HASH": HASH}}),
        ({"login": {"API_HASH": ""}}, {"mode": 1, "login": {"API_ID": 5}}),
        ({"login": {"API_HASH": None}}, {"mode": 1, "login": {"API_ID": 5}}),
        ({"login": None}, {"mode": 1}),
    ],
)
async def test_a_patch_changes_what_it_names(store: ConfigStore, patch: Any, expected: Any) -> None:
    await store.replace("alice", {"mode": 1, "login": {"API_ID": 5, "API_HASH": HASH}})
    assert (await store.patch("alice", patch)).config == schema.fill(expected)


@pytest.mark.parametrize("patch", [{"login": 5}, {"forwards": [{"sorce": 1}]}, {"nonsense": 1}, {"mode": "1"}, 5])
async def test_a_patch_that_makes_no_configuration_is_refused(store: ConfigStore, patch: Any) -> None:
    good = await store.replace("alice", {"mode": 1, "login": {"API_HASH": HASH}})
    with pytest.raises(ConfigInvalid):
        await store.patch("alice", patch)
    assert await store.read("alice") == good


async def test_a_check_says_what_would_be_and_stores_nothing(store: ConfigStore, folder: Path) -> None:
    before = await store.replace("alice", {"mode": 1})
    names = sorted(path.name for path in folder.rglob("*"))
    for call in (
        store.replace("alice", {"mode": 0, "admins": [1]}, check=True),
        store.patch("alice", {"mode": None, "admins": [1]}, check=True),
        store.replace_text("alice", b"admins: [1]\n", check=True),
    ):
        would = await call
        assert would.config == schema.fill({"admins": [1]})
        assert would.etag == before.etag
    with pytest.raises(ConfigInvalid):
        await store.patch("alice", {"admins": ["+919999999999"]}, check=True)
    assert await store.read("alice") == before
    assert sorted(path.name for path in folder.rglob("*")) == names


async def test_a_text_is_stored_to_the_character(store: ConfigStore, folder: Path) -> None:
    text = "\ufeff# mine\r\nmode:   1\r\nadmins: [ 5 ,6 ]   # us".encode()
    stored = await store.replace_text("alice", text)
    assert (folder / YAML).read_bytes() == text
    assert stored == await store.read("alice")
    assert await store.text("alice") == (text, stored.etag)


async def test_a_text_keeps_masked_secrets_and_drops_those_left_out(store: ConfigStore, folder: Path) -> None:
    await store.replace_text("alice", f"login: {{API_HASH: '{HASH}', USERNAME: me}}\n".encode())
    shown, _ = await store.text("alice")
    assert shown == b"login: {API_HASH: '********', USERNAME: me}\n"
    stored = await store.replace_text("alice", b"# new\n" + shown)
    assert stored.config["login"]["API_HASH"] == HASH
    assert (folder / YAML).read_text() == f"# new\nlogin: {{API_HASH: '{HASH}', USERNAME: me}}\n"
    assert (await store.replace_text("alice", b"mode: 1\n")).config["login"]["API_HASH"] == ""


@pytest.mark.parametrize(
    ("text", "place", "line"),
    [
        (b"mode: 1\nforwards: [", "", 3),
        (b"mode: 1\nmode: 2\n", "", 2),
        (b"mode: 1\n\xff: 2\n", "", 2),
        (b"- 1\n", "", 1),
        (b"a: &a [x]\nb: *c\n", "", 2),
        (b"mode: !!int 1\n", "", 1),
        (b"[" * 5000, "", 1),
        (b"mode: 1\n\nforwards:\n  - sorce: x\n", "/forwards/0/sorce", 4),
        (b"mode: 1\nadmins:\n  - 1\n  - '+919999999999'\n", "/admins/1", 4),
        (b"login:\n  API_HASH: '********'\n", "/login/API_HASH", 2),
    ],
)
async def test_a_text_that_is_wrong_is_refused_with_its_line(
    store: ConfigStore, text: bytes, place: str, line: int
) -> None:
    before = await store.replace("alice", {"mode": 1})
    with pytest.raises(ConfigInvalid) as refused:
        await store.replace_text("alice", text)
    assert [(fault.pointer, fault.line) for fault in refused.value.errors] == [(place, line)]
    assert refused.value.detail.startswith(f"Line {line}: ")
    assert await store.read("alice") == before


async def test_what_is_stored_is_stored_even_if_the_audit_log_takes_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    database = Database(tmp_path / "tgcfd.db", waiting=0)
    await database.open()
    store = ConfigStore(tmp_path / "users", database)
    gate = threading.Event()
    busy = asyncio.create_task(database.run(lambda _: gate.wait(20)))
    await asyncio.sleep(0)  # lets it begin
    stored = await store.replace("alice", {"mode": 1})
    gate.set()
    assert await store.read("alice") == stored
    assert "audit log lacks that alice changed their own configuration in a browser" in caplog.text
    await busy
    await store.close()
    await database.close()


async def test_each_new_version_is_told_and_nothing_else(store: ConfigStore) -> None:
    told: list[tuple[str, str, str]] = []
    store.on_stored = lambda slug, stored, by: told.append((slug, stored.etag, by.way))
    first = await store.replace("alice", BASE)
    await store.replace("alice", BASE)
    await store.replace("alice", {}, check=True)
    await store.take_back("alice", render(BASE), {"forwards": [BASE["forwards"][0] | {"offset": 7}]})
    last = await store.take_back("alice", render(BASE), {"forwards": []})
    assert last is not None
    assert told == [("alice", first.etag, "page"), ("alice", last.etag, "tgcf")]
