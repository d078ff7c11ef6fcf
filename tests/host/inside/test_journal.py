"""The journal as a source of logs, on a real journald."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.processes import open_files
from tgcfd.errors import CursorUnknown
from tgcfd.logs import journal_history, journal_live
from tgcfd.logs.entry import Entry, Filter, Gap
from tgcfd.logs.hub import Hub, Subscription
from tgcfd.logs.journal import JournalLogs
from tgcfd.logs.journal_reader import JournalReader
from tgcfd.logs.last_end import LastEnd

DEADLINE = 30.0
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)

_count = iter(range(1, 10**6))


def command(*words: str) -> str:
    return subprocess.run(words, check=True, capture_output=True, text=True, timeout=DEADLINE).stdout


@pytest.fixture
def slug() -> str:
    """A person nobody has heard of: the journal outlives a test."""
    return f"p{time.time_ns() // 10**6}-{next(_count)}"


def slugs(number: int) -> list[str]:
    return [f"p{time.time_ns() // 10**6}-{next(_count)}" for _ in range(number)]


@pytest.fixture
async def logs() -> AsyncIterator[JournalLogs]:
    async def born(slug: str) -> datetime:
        return LONG_AGO

    logs = JournalLogs(born)
    await logs.open()
    yield logs
    await logs.close()


class Worker:
    """A unit named like a worker's that does what it is told to."""

    def __init__(self, slug: str, *properties: str) -> None:
        self.slug = slug
        self.unit = f"tgcf@{slug}.service"
        self._orders = Path(f"/run/orders-{slug}")
        os.mkfifo(self._orders)
        self._orders.chmod(0o666)
        options = ["DynamicUser=yes", f"User=tgcf-{slug}", "SyslogIdentifier=tgcf", "Environment=PYTHONUNBUFFERED=1"]
        options += ["LogRateLimitIntervalSec=1s", "LogRateLimitBurst=1000000000", *properties]
        command(
            "systemd-run",
            "--quiet",
            "--collect",
            "--no-block",  # a unit that never gets ready must not keep its test waiting
            f"--unit={self.unit}",
            f"--description=tgcf of {slug}",
            *(f"--property={o}" for o in options),
            "/usr/bin/python3",
            "-c",
            _OBEY,
            str(self._orders),
        )
        self._file = os.fdopen(os.open(self._orders, os.O_RDWR), "w")  # as a reader, too: it need not be there yet

    def say(self, code: str) -> None:
        """Run this Python in the worker."""
        self._file.write(code.encode().hex() + "\n")
        self._file.flush()

    def count(self, first: int, last: int) -> None:
        """Print the lines with these numbers, the last one not among them."""
        self.say(f"sys.stdout.write(''.join(f'line {{i}}\\n' for i in range({first}, {last})))")

    def end(self) -> None:
        self._file.close()
        self._orders.unlink()


_OBEY = """
import os, socket, struct, sys, time
with open(sys.argv[1]) as orders:
    for line in orders:
        exec(bytes.fromhex(line.strip()).decode())
"""


@pytest.fixture
def worker(slug: str) -> AsyncIterator[Worker]:
    worker = Worker(slug)
    yield worker
    worker.end()


def numbers(items: Sequence[Entry | Gap]) -> list[int | str]:
    """The numbers of the worker's lines, "gap" for a gap; other lines are left out."""
    seen: list[int | str] = []
    for item in items:
        if isinstance(item, Gap):
            seen.append("gap")
        elif item.message.startswith("line "):
            seen.append(int(item.message.split()[1]))
    return seen


async def take(subscription: Subscription, until: int) -> list[Entry | Gap]:
    """Read up to the line with this number."""
    items: list[Entry | Gap] = []
    async with asyncio.timeout(DEADLINE):
        while True:
            batch = await subscription.batch()
            items += batch
            if until in numbers(batch):
                return items


async def eventually(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not condition():
            await asyncio.sleep(0.02)


# --- live, and joined with history


async def test_what_a_worker_prints_comes_live_with_its_priority(logs: JournalLogs, slug: str, worker: Worker) -> None:
    async with Hub(logs).subscribe(slug) as subscription:
        worker.say("print('<3>line 1 is bad\\n<6>line 2\\n   \\nline 3')")
        items = await take(subscription, 3)
    said = [(item.priority, item.message) for item in items if isinstance(item, Entry)]
    assert said == [(3, "line 1 is bad"), (6, "line 2"), (6, "line 3")]
    assert all(abs(item.time - datetime.now(UTC)) < timedelta(minutes=1) for item in items if isinstance(item, Entry))


async def test_the_first_lines_of_a_unit_that_never_was_come(logs: JournalLogs, slug: str) -> None:
    async with Hub(logs).subscribe(slug) as subscription:
        worker = Worker(slug)
        worker.count(0, 2000)
        assert numbers(await take(subscription, 1999)) == list(range(2000))
        worker.end()


async def test_a_hundred_thousand_lines_at_once_come_once_each_and_in_order(
    logs: JournalLogs, slug: str, worker: Worker
) -> None:
    async with Hub(logs).subscribe(slug) as subscription:
        worker.count(0, 100_000)
        assert numbers(await take(subscription, 99_999)) == list(range(100_000))


async def test_fifty_workers_at_once_each_reach_their_own_reader(logs: JournalLogs) -> None:
    hub = Hub(logs)

    async def read(slug: str) -> list[int | str]:
        worker = await asyncio.to_thread(Worker, slug)
        async with hub.subscribe(worker.slug, tail=0) as subscription:
            worker.count(0, 500)
            seen = numbers(await take(subscription, 499))
        worker.end()
        return seen

    for seen in await asyncio.gather(*map(read, slugs(50))):
        assert seen == list(range(500))


async def test_who_comes_and_goes_while_a_worker_prints_misses_nothing_and_sees_nothing_twice(
    logs: JournalLogs, slug: str, worker: Worker
) -> None:
    hub, total = Hub(logs, queue=200, page=50), 6_000
    worker.count(0, 1)
    async with hub.subscribe(slug) as subscription:
        begin = (await take(subscription, 0))[-1].cursor
    worker.say(f"for i in range(1, {total}):\n print('line', i)\n if i % 100 == 0: time.sleep(0.005)")

    async def read(chance: random.Random) -> None:
        seen: list[Entry | Gap] = []
        while not seen or numbers(seen[-1:]) != [total - 1]:
            async with hub.subscribe(slug, after=seen[-1].cursor if seen else begin) as subscription:
                for _ in range(chance.randrange(1, 12)):
                    seen += await subscription.batch(chance.randrange(1, 100))
                    if total - 1 in numbers(seen[-100:]):
                        break
                    for _ in range(chance.randrange(5)):
                        await asyncio.sleep(0)
        assert numbers(seen) == list(range(1, total))

    async with asyncio.timeout(60):
        await asyncio.gather(*(read(random.Random(seed)) for seed in range(4)))


async def test_two_hundred_readers_of_all_kinds_take_one_inotify_instance(logs: JournalLogs) -> None:
    def instances() -> int:
        return open_files(os.getpid()).count("anon_inode:inotify")

    await eventually(lambda: instances() == 0)  # what the test before had is gone
    names, threads = slugs(100), threading.active_count()
    followings = [await logs.follow(name, lambda entries: None) for name in names + names]
    await asyncio.gather(*(logs.history(name) for name in names))
    assert instances() == 1
    assert threading.active_count() <= threads + 2  # those that read history
    for following in followings:
        following.close()
    await eventually(lambda: instances() == 0)


async def test_who_follows_again_after_nobody_did_begins_where_the_journal_ends(
    logs: JournalLogs, slug: str, worker: Worker
) -> None:
    async with Hub(logs).subscribe(slug) as subscription:
        worker.count(0, 10)
        await take(subscription, 9)
    worker.count(10, 20)
    async with Hub(logs).subscribe(slug, tail=0) as subscription:
        await eventually_in_history(logs, slug, 19)
        worker.count(20, 30)
        seen = numbers(await take(subscription, 29))
    assert seen == list(range(seen[0], 30))  # 10 to 19 may be on their way to the journal when the reader comes
    assert seen[0] in range(10, 21)


async def eventually_in_history(logs: JournalLogs, slug: str, number: int) -> list[Entry]:
    async with asyncio.timeout(DEADLINE):
        while number not in numbers(entries := (await logs.history(slug)).entries):
            await asyncio.sleep(0.02)
    return list(entries)


# --- what happens to a journal


@pytest.mark.parametrize(
    "event",
    [
        ["journalctl", "--rotate"],
        ["systemctl", "restart", "systemd-journald"],
        ["systemctl", "kill", "--signal=KILL", "systemd-journald"],
    ],
    ids=["rotated", "restarted", "killed"],
)
async def test_nothing_is_lost_or_doubled_when_the_journal_is(
    event: list[str], logs: JournalLogs, slug: str, worker: Worker
) -> None:
    async with Hub(logs).subscribe(slug) as subscription:
        seen: list[Entry | Gap] = []
        for number in range(0, 5000, 1000):
            # Each line at once, as logging does: of one in parts, journald loses those that it has read when it ends.
            worker.say(f"for i in range({number}, {number + 1000}):\n sys.stdout.write(f'line {{i}}\\n')")
            command("systemctl", "reset-failed", "systemd-journald")  # or it is not started again so often
            await asyncio.to_thread(command, *event)
            worker.count(number + 1000, number + 1001)
        seen += await take(subscription, 5000)
    command("journalctl", "--sync")
    kept = command("journalctl", "--output=cat", "--unit", worker.unit, "--grep=^line").splitlines()
    came = numbers(seen)
    if "kill" not in event:
        assert len(came) == 5005
        assert came == [int(line.split()[1]) for line in kept]
    else:  # what journald was just writing, and what it had read but not written, is not the same to all readers
        assert {int(line.split()[1]) for line in kept} <= set(came)
        assert sorted(came) == came


async def test_a_journal_that_is_vacuumed_under_its_readers_is_read_on(
    logs: JournalLogs, slug: str, worker: Worker
) -> None:
    async with Hub(logs).subscribe(slug) as subscription:
        for number in range(0, 5000, 1000):
            worker.count(number, number + 1000)
            assert numbers(await take(subscription, number + 999)) == list(range(number, number + 1000))
            vacuum()


def vacuum() -> None:
    command("journalctl", "--sync")
    command("journalctl", "--rotate")
    command("journalctl", "--vacuum-time=1us")


async def test_a_cursor_whose_entry_was_vacuumed_begins_with_a_gap(
    logs: JournalLogs, slug: str, worker: Worker
) -> None:
    worker.count(0, 10)
    old = next(item for item in await eventually_in_history(logs, slug, 9) if item.message == "line 4")
    vacuum()
    worker.count(10, 20)
    await eventually_in_history(logs, slug, 19)
    page = await logs.history(slug, after=old.cursor)
    assert page.gap
    assert numbers(page.entries) == list(range(10, 20))
    async with Hub(logs).subscribe(slug, after=old.cursor) as subscription:
        assert numbers(await take(subscription, 19)) == ["gap", *range(10, 20)]
    assert not (await logs.history(slug, after=page.entries[0].cursor)).gap


async def test_a_reader_that_sleeps_through_a_vacuuming_gets_a_gap_and_what_is_left(
    logs: JournalLogs, slug: str, worker: Worker
) -> None:
    async with Hub(logs, queue=5).subscribe(slug, tail=0) as subscription:
        worker.count(0, 1)
        await take(subscription, 0)
        worker.count(1, 100)
        await eventually_in_history(logs, slug, 99)
        vacuum()
        worker.count(100, 110)
        await eventually_in_history(logs, slug, 109)
        assert numbers(await take(subscription, 109)) == ["gap", *range(100, 110)]


# --- pages


async def test_pages_of_history_hold_what_is_asked_for(logs: JournalLogs, slug: str, worker: Worker) -> None:
    worker.say("for i in range(100): print(f'<{3 if i % 10 == 0 else 6}>line {i}')")
    entries = [item for item in await eventually_in_history(logs, slug, 99) if item.message.startswith("line ")]
    cursors = [entry.cursor for entry in entries]

    async def page(**wanted: object) -> tuple[list[int | str], bool, bool]:
        page = await logs.history(slug, **wanted)  # type: ignore[arg-type]
        return numbers(page.entries), page.more, page.gap

    assert await page(limit=3) == ([97, 98, 99], True, False)
    assert await page(after=cursors[10], limit=3) == ([11, 12, 13], True, False)
    assert await page(after=cursors[96]) == ([97, 98, 99], False, False)
    assert await page(after=cursors[99]) == ([], False, False)
    assert await page(before=cursors[10], limit=3) == ([7, 8, 9], True, False)
    assert await page(until=cursors[10], limit=3) == ([8, 9, 10], True, False)
    assert await page(before=cursors[10], until=cursors[5], limit=2) == ([4, 5], True, False)
    assert await page(before=cursors[5], until=cursors[10], limit=2) == ([3, 4], True, False)
    assert await page(after=cursors[10], until=cursors[12]) == ([11, 12], False, False)
    assert await page(after=cursors[10], before=cursors[12]) == ([11], False, False)
    assert await page(after=cursors[0], only=Filter(priority=3), limit=2) == ([10, 20], True, False)
    assert await page(only=Filter(text="line 9"), limit=11) == ([9, *range(90, 100)], False, False)
    noon = entries[50].time
    assert await page(only=Filter(since=noon), limit=1) == ([99], True, False)
    assert (await page(after=cursors[0], only=Filter(since=noon)))[0][-50:] == [*range(50, 100)]
    assert 50 not in (await page(only=Filter(until=noon)))[0]
    beginning = await logs.before_oldest(slug)
    assert (await page(after=beginning, only=Filter(text="line "), limit=2)) == ([0, 1], True, False)
    assert await page(after=cursors[10], characters=14) == ([11, 12], True, False)
    assert await page(after=cursors[10], characters=1) == ([11], True, False)


async def test_the_place_before_the_newest_entries_is_found(logs: JournalLogs, slug: str, worker: Worker) -> None:
    worker.count(0, 30)
    entries = await eventually_in_history(logs, slug, 29)
    end = entries[-1].cursor
    place = await logs.before_newest(slug, 5, until=end)
    page = await logs.history(slug, after=place, until=end)
    assert (numbers(page.entries), page.gap) == ([25, 26, 27, 28, 29], False)
    everything = await logs.history(slug, after=await logs.before_newest(slug, 1000, until=end), until=end)
    assert (list(everything.entries), everything.gap) == (entries, False)
    assert await logs.before_newest(slug, 0, until=end) == end
    nobody = slugs(1)[0]
    assert await logs.before_newest(nobody, 5, until=end) == end
    assert (await logs.history(nobody, after=end)).entries == ()


async def test_a_page_that_takes_many_looks_is_whole(
    logs: JournalLogs, slug: str, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker.count(0, 100)
    entries = await eventually_in_history(logs, slug, 99)
    monkeypatch.setattr(journal_history, "SLICE", 7)
    assert list((await logs.history(slug)).entries) == entries
    assert list((await logs.history(slug, after=entries[0].cursor)).entries) == entries[1:]


@pytest.mark.parametrize(
    "cursor", ["", "1", "1-5", "0-0-0", "x-1-" + "0" * 32, "1-1-" + "0" * 33, "1" * 17 + "-1-" + "0" * 32]
)
async def test_what_is_not_a_cursor_is_refused(cursor: str, logs: JournalLogs, slug: str) -> None:
    for place in ("after", "before", "until"):
        with pytest.raises(CursorUnknown):
            await logs.history(slug, **{place: cursor})
    with pytest.raises(CursorUnknown):
        await logs.before_newest(slug, 5, until=cursor)


async def test_another_persons_cursor_is_a_place_and_shows_nothing_of_theirs(logs: JournalLogs) -> None:
    alice, bob = (Worker(slug) for slug in slugs(2))
    alice.count(0, 10)
    cursor = (await eventually_in_history(logs, alice.slug, 9))[-1].cursor
    bob.count(10, 20)
    await eventually_in_history(logs, bob.slug, 19)
    page = await logs.history(bob.slug, after=cursor)
    assert (numbers(page.entries), page.gap) == (list(range(10, 20)), False)
    assert numbers((await logs.history(bob.slug, before=cursor)).entries) == []
    alice.end()
    bob.end()


async def test_what_is_older_than_the_account_belongs_to_nobody(slug: str, worker: Worker, logs: JournalLogs) -> None:
    worker.count(0, 10)
    entries = await eventually_in_history(logs, slug, 9)
    birth = datetime.now(UTC)
    command("journalctl", "--sync")

    async def born(slug: str) -> datetime:
        return birth

    later = JournalLogs(born)
    await later.open()
    worker.count(10, 20)
    assert numbers(await eventually_in_history(later, slug, 19)) == list(range(10, 20))
    assert numbers((await later.history(slug, after=entries[0].cursor)).entries) == list(range(10, 20))
    async with Hub(later).subscribe(slug, tail=1000) as subscription:
        assert numbers(await take(subscription, 19)) == list(range(10, 20))
    await later.close()


# --- whose it is


FORGERIES = """
def native(**fields):
    data = b''
    for name, value in fields.items():
        value = value.encode()
        data += name.encode() + b'\\n' + struct.pack('<Q', len(value)) + value + b'\\n'
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.sendto(data, '/run/systemd/journal/socket'); s.close()
bob = 'tgcf@BOB.service'
native(MESSAGE='forged 1', UNIT=bob, _PID='1', _SYSTEMD_UNIT=bob, _UID='0')
native(MESSAGE='forged 2', OBJECT_SYSTEMD_UNIT=bob, _UID='0', OBJECT_PID='1')
native(MESSAGE='forged 3', COREDUMP_UNIT=bob, MESSAGE_ID='fc2e22bc6ee647b6b90729ab34a250b1',
       _SYSTEMD_SLICE='system-systemd\\\\x2dcoredump.slice')
native(MESSAGE='forged 4', SYSLOG_IDENTIFIER=bob, SYSLOG_PID='1', UNIT=bob, USER_UNIT=bob, _SYSTEMD_SLICE='tgcf.slice')
native(MESSAGE='forged 5\\n_SYSTEMD_UNIT=' + bob, UNIT=bob + '\\n_PID=1')
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.sendto(('<6>tgcf@BOB.service[1]: forged 6').encode(), '/run/systemd/journal/dev-log'); s.close()
s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM); s.connect('/run/systemd/journal/stdout')
s.sendall(('tgcf\\n' + bob + '\\n6\\n1\\n0\\n0\\n0\\nforged 7\\n').encode()); s.close()
print('line 1')
"""


async def test_forged_fields_lead_to_nobody_elses_log(logs: JournalLogs) -> None:
    alice, bob = (Worker(slug) for slug in slugs(2))
    async with Hub(logs).subscribe(bob.slug) as bobs, Hub(logs).subscribe(alice.slug) as alices:
        alice.say(FORGERIES.replace("BOB", bob.slug))
        async with asyncio.timeout(DEADLINE):
            said: set[str] = set()
            while len(said) < 8:
                said |= {
                    i.message
                    for i in await alices.batch()
                    if isinstance(i, Entry) and i.message.startswith(("forged", "line"))
                }
        bob.count(5, 6)
        seen = await take(bobs, 5)
    history = (await logs.history(bob.slug)).entries
    for item in [*seen, *history]:
        assert isinstance(item, Entry)
        assert "forged" not in item.message
    assert sorted(message[:8] for message in said) == [*(f"forged {number}" for number in range(1, 8)), "line 1"]
    alice.end()
    bob.end()


HOUSEKEEPING = ["Starting", "Started", "Stopping", "Stopped", "Scheduled restart", "Deactivated", "Failed", "status=75"]


def told_to_the_owner(worker: Worker) -> str:
    command("journalctl", "--sync")
    return command("journalctl", "--output=cat", "--unit", worker.unit)


async def seen_up_to(subscription: Subscription, words: str) -> list[Entry]:
    seen: list[Entry] = []
    async with asyncio.timeout(DEADLINE):
        while not any(words in entry.message for entry in seen):
            seen += [item for item in await subscription.batch() if isinstance(item, Entry)]
    return seen


async def test_of_starts_exits_and_restarts_a_log_has_what_the_worker_said(logs: JournalLogs, slug: str) -> None:
    async with Hub(logs).subscribe(slug) as subscription:
        # given a worker that fails for now, is started again, and is stopped
        worker = Worker(slug, "Restart=on-failure", "RestartSec=100ms", "Type=notify", "NotifyAccess=all")
        worker.say("os.system('systemd-notify --ready'); print('line 0', flush=True); os._exit(75)")
        await take(subscription, 0)
        await eventually(lambda: "Starting" in told_to_the_owner(worker).partition("Scheduled restart")[2])
        worker.say("os.system('systemd-notify --ready'); print('line 1')")
        await take(subscription, 1)
        command("systemctl", "stop", worker.unit)
        worker.end()
        await eventually(lambda: "Stopped" in told_to_the_owner(worker).partition("line 1")[2])
        owners = told_to_the_owner(worker)
        again = Worker(slug)
        again.count(2, 3)
        live = await take(subscription, 2)

    # then live and in history there are the worker's lines alone, in the owner's journal there is all
    history = (await logs.history(slug)).entries
    assert [entry.message for entry in history] == ["line 0", "line 1", "line 2"]
    assert live == [history[2]]
    assert [words for words in HOUSEKEEPING if words not in owners] == []

    # and pages are as full as they are asked to be, whatever lies between their lines
    place = await logs.before_newest(slug, 2, until=history[2].cursor)
    assert list((await logs.history(slug, after=place)).entries) == list(history[1:])
    page = await logs.history(slug, after=history[0].cursor, limit=1)
    assert (page.entries, page.more, page.gap) == (history[1:2], True, False)
    page = await logs.history(slug, before=history[2].cursor, limit=2)
    assert (page.entries, page.more, page.gap) == (history[:2], False, False)
    again.end()


@pytest.mark.parametrize(
    ("properties", "code", "said"),
    [
        ([], "os.kill(os.getpid(), 9)", "Main process exited, code=killed, status=9/KILL"),
        (["WorkingDirectory=/nowhere"], "", "Main process exited, code=exited, status=200/CHDIR"),
        (["RuntimeMaxSec=1"], "", "Service reached runtime time limit."),
        (["Type=notify", "TimeoutStartSec=1", "Restart=no"], "", "start operation timed out."),
        (
            ["Type=notify", "NotifyAccess=all", "WatchdogSec=1"],
            "os.system('systemd-notify --ready')",
            "Watchdog timeout (limit 1s)!",
        ),
    ],
    ids=["killed", "no working directory", "too long", "never ready", "watchdog"],
)
async def test_what_only_systemd_can_say_of_a_worker_is_in_its_log(
    properties: list[str], code: str, said: str, logs: JournalLogs, slug: str
) -> None:
    async with Hub(logs).subscribe(slug) as subscription:
        worker = Worker(slug, *properties)
        worker.say(code)
        live = await seen_up_to(subscription, said)
    await eventually(lambda: "Failed with result" in told_to_the_owner(worker))
    assert not [entry.message for entry in live if "Failed with" in entry.message or "Start" in entry.message]
    assert [entry.message for entry in (await logs.history(slug)).entries if said in entry.message] != []
    worker.end()


async def test_that_lines_were_suppressed_is_in_the_log(logs: JournalLogs, slug: str) -> None:
    async with Hub(logs).subscribe(slug) as subscription:
        worker = Worker(slug, "LogRateLimitBurst=10")
        worker.say("for i in range(1000): print('line', i)")
        worker.say("time.sleep(1.1); print('end')")
        live = await seen_up_to(subscription, "end")
    history = (await logs.history(slug)).entries
    for entries in (live, history):
        assert [entry.message for entry in entries if entry.message.startswith("Suppressed")] != []
    worker.end()


async def test_a_crash_is_in_the_log_of_the_worker_that_crashed(logs: JournalLogs, slug: str) -> None:
    """As systemd-coredump tells it: from a unit of its own, with the crashed process' uid."""
    message, unit = f"Process 1 of {slug} dumped core.\n\nStack trace", f"systemd-coredump@{slug}.service"
    send = f"from systemd import journal; journal.send({message!r}, COREDUMP_UNIT='tgcf@{slug}.service')"
    # It stays until it is stopped: journald cannot tell the unit of a process that is gone already.
    code = f"{send}; import signal; signal.pause()"
    async with Hub(logs).subscribe(slug) as subscription, asyncio.timeout(DEADLINE):
        run = ["systemd-run", "--quiet", "--collect", f"--unit={unit}", "--property=User=nobody"]
        command(*run, "/usr/bin/python3", "-c", code)
        items = await subscription.batch()
    command("systemctl", "stop", unit)
    assert [item.message for item in items if isinstance(item, Entry)] == [
        f"Process 1 of {slug} dumped core.  Stack trace"
    ]
    assert list((await logs.history(slug)).entries) == items


async def test_messages_of_any_shape_are_one_safe_line_each(logs: JournalLogs, slug: str, worker: Worker) -> None:
    async with Hub(logs).subscribe(slug) as subscription:
        worker.say(FORGERIES.split("bob =", maxsplit=1)[0])
        worker.say(
            "native(MESSAGE='a\\nb\\tc\\x1b[31mred\\x07'); native(NO='message'); native(MESSAGE='', PRIORITY='9');"
            "native(MESSAGE='p', PRIORITY='9'); native(MESSAGE='q', PRIORITY='2'); native(MESSAGE='x' * 100_000);"
            "native(MESSAGE='e', PRIORITY='');"
            "sys.stdout.buffer.write(b'bytes \\xff\\xfe\\n'); print('line 1')"
        )
        said = [item for item in await take(subscription, 1) if isinstance(item, Entry)]
    texts = {
        (item.message if len(item.message) < 100 else f"{len(item.message)} {item.message[-5:]}"): item.priority
        for item in said
    }
    assert texts == {
        "a b\tc\x1b[31mred\x1b[0m": 6,
        "p": 6,
        "q": 2,
        "16388 x […]": 6,
        "e": 6,
        "bytes \ufffd\ufffd": 6,
        "line 1": 6,
    }


# --- how a unit ended


@pytest.mark.parametrize(
    ("code", "then", "end"),
    [
        ("os._exit(0)", [], LastEnd(False, None, None, None)),
        ("os._exit(78)", [], LastEnd(False, "exited", 78, "exit-code")),
        ("os.kill(os.getpid(), 9)", [], LastEnd(False, "killed", 9, "signal")),
        ("pass", ["stop"], LastEnd(True, None, None, None)),
        ("import signal; signal.signal(15, signal.SIG_IGN)", ["stop"], LastEnd(True, "killed", 9, "timeout")),
        ("pass", ["kill", "--signal=KILL"], LastEnd(False, "killed", 9, "signal")),
    ],
    ids=["exit 0", "exit 78", "kills itself", "stopped", "ignores SIGTERM", "killed"],
)
async def test_how_a_unit_ended_is_told_afterwards(
    code: str, then: list[str], end: LastEnd, logs: JournalLogs, slug: str
) -> None:
    before = datetime.now(UTC)
    worker = Worker(slug, "TimeoutStopSec=1")
    assert await logs.last_end(slug, before) is None
    async with Hub(logs).subscribe(slug) as subscription:
        worker.say("print('line 1', flush=True)")
        worker.say(code)
        worker.say("print('line 2', flush=True)")
        await take(subscription, 2 if then else 1)
    if then:
        command("systemctl", *then, worker.unit)
    async with asyncio.timeout(DEADLINE):
        while (told := await logs.last_end(slug, before)) is None or told != end:
            await asyncio.sleep(0.02)
    assert await logs.last_end(slug, datetime.now(UTC)) is None
    worker.end()
    again = Worker(slug)
    async with asyncio.timeout(DEADLINE):
        while await logs.last_end(slug, before) is not None:
            await asyncio.sleep(0.02)
    again.end()


# --- when the journal cannot be read as it should


async def test_without_an_inotify_instance_lines_come_all_the_same(
    logs: JournalLogs, slug: str, worker: Worker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def none_left(reader: JournalReader) -> int:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(JournalReader, "fileno", none_left)
    async with Hub(logs).subscribe(slug) as subscription:
        for number in range(0, 500, 100):
            worker.count(number, number + 100)
            command("journalctl", "--rotate")
            assert numbers(await take(subscription, number + 99)) == list(range(number, number + 100))
    assert [record.message for record in caplog.records if "inotify" in record.message]
    assert len(caplog.records) == 1


async def test_a_reader_that_fails_is_replaced_by_one_that_goes_on_at_the_same_place(
    logs: JournalLogs, slug: str, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = 0
    step = JournalReader.step

    def sometimes(reader: JournalReader) -> bool:
        nonlocal steps
        steps += 1
        if steps % 700 == 0:
            raise OSError(74, "Bad message")
        return step(reader)

    monkeypatch.setattr(journal_live, "PAUSE", 0.01)
    monkeypatch.setattr(JournalReader, "step", sometimes)
    async with Hub(logs).subscribe(slug) as subscription:
        worker.count(0, 3000)
        assert numbers(await take(subscription, 2999)) == list(range(3000))
    worker.count(3000, 3001)
    await eventually_in_history(logs, slug, 3000)
    assert steps > 3000


async def test_an_entry_that_nobody_can_read_is_passed_by(
    logs: JournalLogs, slug: str, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    field = JournalReader.field

    def broken(reader: JournalReader, name: str) -> bytes | None:
        value = field(reader, name)
        if value == b"line 5":
            raise OSError(74, "Bad message")
        return value

    monkeypatch.setattr(journal_live, "PAUSE", 0.01)
    monkeypatch.setattr(JournalReader, "field", broken)
    rest = [0, 1, 2, 3, 4, 6, 7, 8, 9]
    async with Hub(logs).subscribe(slug) as subscription:
        worker.count(0, 10)
        assert numbers(await take(subscription, 9)) == rest
    assert numbers((await logs.history(slug)).entries) == rest


async def test_entries_vacuumed_before_they_were_read_leave_a_gap(
    logs: JournalLogs, slug: str, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one reader itself is behind: it must say so to who follows, who have nothing else to know it by."""
    wait, go_on, waits = JournalReader.files_changed, threading.Event(), threading.Event()

    def late(reader: JournalReader) -> bool:
        waits.set()
        assert go_on.wait(DEADLINE)
        return wait(reader)

    async with Hub(logs).subscribe(slug, tail=0) as subscription:
        worker.count(0, 1)
        await take(subscription, 0)
        monkeypatch.setattr(JournalReader, "files_changed", late)
        worker.count(1, 2)
        assert await asyncio.to_thread(waits.wait, DEADLINE)
        worker.count(2, 100)
        await eventually_in_history(logs, slug, 99)
        vacuum()
        worker.count(100, 110)
        go_on.set()
        seen = numbers(await take(subscription, 109))
    assert seen[-10:] == list(range(100, 110))
    assert "gap" in seen
