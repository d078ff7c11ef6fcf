"""Writing and reading the audit log."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tgcfd.audit import log as audit_log
from tgcfd.audit import record as recording
from tgcfd.audit.actor import OWNER, Actor
from tgcfd.audit.event import Event
from tgcfd.audit.log import AuditLog, Wanted
from tgcfd.audit.record import MESSAGE_ID, record
from tgcfd.audit.wording import sentence
from tgcfd.storage.database import Database

ALICE = Actor("cookie", "alice", "192.0.2.7")
STRANGER = Actor("nobody", address="198.51.100.1")
DAY = 24 * 3600


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(tmp_path / "tgcfd.db")
    await database.open()
    yield database
    await database.close()


@pytest.fixture
def log(database: Database) -> AuditLog:
    return AuditLog(database, keep=timedelta(days=30))


async def note(database: Database, actor: Actor, event: Event, about: str | None, **detail: str | int) -> None:
    await database.run(lambda connection: record(connection, actor, event, about, detail))


async def test_an_entry_comes_back_as_it_was_written(database: Database, log: AuditLog) -> None:
    await note(database, ALICE, Event.WORKER_STARTED, "alice", mode="live")
    (item,), following = await log.page(Wanted(), 10)
    assert (item.actor, item.event, item.about, dict(item.detail)) == (
        ALICE,
        Event.WORKER_STARTED,
        "alice",
        {"mode": "live"},
    )
    assert item.text == "alice started their own tgcf in a browser from 192.0.2.7"
    assert abs(item.time - datetime.now(UTC)) < timedelta(minutes=1)
    assert following is None


async def test_a_wrong_code_does_not_hide_among_wrong_passwords(database: Database, log: AuditLog) -> None:
    for wrong in ("e-mail address or password", "code", "code"):
        await note(database, STRANGER, Event.LOG_IN_REFUSED, "alice", wrong=wrong)
    found, _ = await log.page(Wanted(), 10)
    assert [(item.detail["wrong"], item.times) for item in found] == [("code", 2), ("e-mail address or password", 1)]


async def test_pages_go_back_in_time_without_a_gap_or_a_double(database: Database, log: AuditLog) -> None:
    for number in range(7):
        await note(database, ALICE, Event.API_TOKEN_MADE, "alice", name=f"t{number}")
    seen, before = [], None
    while True:
        items, before = await log.page(Wanted(), 3, before)
        seen += [item.detail["name"] for item in items]
        if before is None:
            break
    assert seen == ["t6", "t5", "t4", "t3", "t2", "t1", "t0"]


async def test_somebody_sees_what_is_by_or_about_them_once(database: Database, log: AuditLog) -> None:
    await note(database, ALICE, Event.LOGGED_IN, "alice")
    await note(database, OWNER, Event.ACCOUNT_DISABLED, "alice")
    await note(database, ALICE, Event.ACCOUNT_DISABLED, "bob")
    await note(database, OWNER, Event.ACCOUNT_DISABLED, "bob")
    items, _ = await log.page(Wanted(who="alice"), 10)
    assert [(item.actor.slug, item.about) for item in items] == [("alice", "bob"), (None, "alice"), ("alice", "alice")]
    only, _ = await log.page(Wanted(who="alice", event=Event.LOGGED_IN), 10)
    assert len(only) == 1


async def test_what_is_rolled_back_is_in_no_log(
    database: Database, log: AuditLog, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)

    def work(connection: sqlite3.Connection) -> None:
        record(connection, ALICE, Event.LOGGED_IN, "alice")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await database.run(work)
    await note(database, ALICE, Event.LOGGED_OUT, "alice")
    assert [line.getMessage() for line in caplog.records] == ["alice logged out in a browser from 192.0.2.7"]
    assert len((await log.page(Wanted(), 10))[0]) == 1


async def test_the_line_in_the_log_carries_fields(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    await note(database, ALICE, Event.API_TOKEN_MADE, "alice", name="a\nb")
    (line,) = caplog.records
    fields = {name: value for name, value in vars(line).items() if name.isupper()}
    assert fields == {
        "MESSAGE_ID": MESSAGE_ID,
        "TGCFD_EVENT": "api_token_made",
        "TGCFD_ABOUT": "alice",
        "TGCFD_ACTOR": "alice",
        "TGCFD_ADDRESS": "192.0.2.7",
    }
    assert "\n" not in line.getMessage()


async def test_wrong_log_ins_of_an_hour_are_one_entry_with_a_count(
    database: Database, log: AuditLog, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    for _ in range(5):
        await note(database, STRANGER, Event.LOG_IN_REFUSED, "alice", wrong="password")
    await note(database, STRANGER, Event.LOG_IN_REFUSED, None, wrong="password")
    items, _ = await log.page(Wanted(), 10)
    assert [(item.about, item.times) for item in items] == [(None, 1), ("alice", 5)]
    assert items[1].text.endswith(", 5 times")
    assert len(caplog.records) == 6  # for fail2ban, which counts them


async def test_what_a_newer_tgcfd_has_noted_is_told_all_the_same(database: Database, log: AuditLog) -> None:
    await note(database, ALICE, Event.LOGGED_IN, "alice")
    await database.run(lambda connection: connection.execute("update audit set event = 'flown'"))
    (item,), _ = await log.page(Wanted(who="alice"), 10)
    assert item.event == "flown"
    assert item.text == "alice did what a newer tgcfd calls “flown” in a browser from 192.0.2.7"


async def test_a_flood_from_many_addresses_is_not_kept_for_ever(
    database: Database, log: AuditLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "_MOST_AN_HOUR", 3)
    for number in range(6):
        await note(database, Actor("nobody", address=f"198.51.100.{number}"), Event.LOG_IN_REFUSED, None)
    await note(database, ALICE, Event.LOGGED_IN, "alice")
    items, _ = await log.page(Wanted(), 10)
    assert [item.event for item in items] == [Event.LOGGED_IN] + 3 * [Event.LOG_IN_REFUSED]


async def test_what_is_old_is_swept_and_the_rest_stays(
    database: Database, log: AuditLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_log, "_SWEEP", 2)
    for _ in range(5):
        await note(database, ALICE, Event.LOGGED_OUT, "alice")
    await database.run(
        lambda connection: connection.execute("update audit set time = time - ?, until = time", (31 * DAY * 10**6,))
    )
    await database.run(lambda connection: connection.execute("update audit set until = until - ?", (31 * DAY * 10**6,)))
    await note(database, ALICE, Event.LOGGED_IN, "alice")
    swept = [await database.run(log._sweep) for _ in range(4)]
    assert swept == [2, 2, 1, 0]
    assert [item.event for item in (await log.page(Wanted(), 10))[0]] == [Event.LOGGED_IN]


@pytest.mark.parametrize("event", Event)
def test_each_event_has_a_sentence(event: Event) -> None:
    detail = dict.fromkeys(("name", "from", "to", "wrong", "left", "invite"), "x")
    for actor in (ALICE, OWNER, STRANGER, Actor("api_token", "alice", None, "backup")):
        line = sentence(actor, event, "alice", detail)
        assert "?" not in line
        assert "{" not in line


def test_a_sentence_tells_the_owner_and_a_token_apart() -> None:
    assert sentence(OWNER, Event.WORKER_STOPPED, "alice", {}) == "The host's owner stopped alice's tgcf"
    token = Actor("api_token", "alice", "::1", "backup")
    assert sentence(token, Event.WORKER_STOPPED, "alice", {}) == (
        "alice stopped their own tgcf with the API token “backup” from ::1"
    )


async def test_details_are_json(database: Database) -> None:
    await note(database, ALICE, Event.ROLE_CHANGED, "bob", **{"from": "person", "to": "admin"})
    row = await database.run(lambda connection: connection.execute("select detail from audit").fetchone())
    assert json.loads(row["detail"]) == {"from": "person", "to": "admin"}
