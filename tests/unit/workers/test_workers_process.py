"""What is particular to workers that are child processes of the daemon."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.contract.harness import DEADLINE, READY, STUB, Harness, process_harness
from tests.processes import is_alive, open_files
from tgcfd import errors
from tgcfd.logs.entry import Entry, Gap
from tgcfd.logs.hub import Hub
from tgcfd.mode import Mode
from tgcfd.workers import child as child_module
from tgcfd.workers import sockets
from tgcfd.workers.command import WorkerCommand
from tgcfd.workers.pace import Pace
from tgcfd.workers.process import ProcessSupervisor
from tgcfd.workers.supervisor import State, WorkerStatus

ROOT = Path(__file__).parents[3]


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[Harness]:
    async with process_harness(tmp_path) as harness:
        yield harness


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not holds():
            await asyncio.sleep(0.005)


async def seen(harness: Harness) -> dict[str, Any]:
    """What surroundings a worker finds."""
    await harness.run("alice", ["dump"])
    found: dict[str, Any] = json.loads((harness.folder("alice") / "seen.json").read_text())
    return found


# --- surroundings


async def test_the_environment_holds_what_the_worker_needs_and_nothing_of_the_daemons(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TGCFD_SECRET", "do not pass on")
    monkeypatch.setenv("FAKE", "1")
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    env = (await seen(harness))["env"]
    assert env.pop("LC_CTYPE", "C.UTF-8") == "C.UTF-8"  # Python itself sets it sometimes
    assert Path(env.pop("NOTIFY_SOCKET")).parent.stat().st_mode & 0o777 == 0o700
    assert env == {
        "PATH": os.environ["PATH"],
        "TZ": "Asia/Kolkata",
        "LANG": "C.UTF-8",
        "HOME": str(harness.folder("alice")),
        "PYTHONPATH": str(STUB),
        "PYTHONUNBUFFERED": "1",
    }


async def test_the_command_line_names_mode_and_parent(harness: Harness) -> None:
    assert (await seen(harness))["args"] == ["live", "--parent", str(os.getpid())]


async def test_the_worker_leads_a_session_and_group_in_its_own_folder(harness: Harness) -> None:
    found = await seen(harness)
    assert found["group"] == found["session"] == found["pid"]
    assert found["cwd"] == str(harness.folder("alice"))


async def test_the_worker_inherits_no_descriptor_but_its_output(harness: Harness, tmp_path: Path) -> None:
    with (tmp_path / "open").open("w") as file:
        os.set_inheritable(file.fileno(), True)
        stdin, stdout, stderr, *more = (await seen(harness))["fds"]
    assert stdin == "/dev/null"
    assert stdout == stderr
    assert stdout.startswith("pipe:")
    assert not more


async def test_the_worker_has_limits_and_leaves_nothing_for_others_to_read(harness: Harness) -> None:
    found = await seen(harness)
    assert found["limits"] == {"RLIMIT_CORE": [0, 0], "RLIMIT_NOFILE": [1024, 1024]}
    assert found["umask"] == 0o007


# --- the end


async def test_a_worker_that_ignores_the_request_to_end_is_killed_and_the_person_is_told(tmp_path: Path) -> None:
    async with process_harness(tmp_path, stop_timeout=0.05) as harness:
        pid = (await harness.run("alice", ["ignore_term"])).pid
        status = await harness.supervisor.stop("alice")
        assert pid is not None
        assert not is_alive(pid)
        assert status.state is State.STOPPED
        assert status.reason is not None
        assert status.reason.code == "stop_timeout"
        assert (await harness.log("alice"))[-1].message == status.reason.message


@pytest.mark.parametrize("steps", [[["exit", 78]], [["signal", 9]], READY], ids=["exit", "killed", "stopped"])
async def test_children_of_a_worker_end_with_it(harness: Harness, steps: list[list[Any]]) -> None:
    harness.prepare("alice", ["spawn", False], *steps)
    status = await harness.supervisor.start("alice", Mode.LIVE)
    if steps is READY:
        await harness.until("alice", lambda status: status.state is State.RUNNING)
        await harness.supervisor.stop("alice")
    else:
        await harness.until("alice", lambda now: now.pid != status.pid)
    pid = int((harness.folder("alice") / "child.pid").read_text())
    await until(lambda: not is_alive(pid))


async def test_a_child_that_left_the_group_does_not_hold_up_the_end(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child_module, "DRAIN", 0.05)
    await harness.run("alice", ["spawn", True])
    async with asyncio.timeout(5):
        status = await harness.supervisor.stop("alice")
    assert status.state is State.STOPPED
    os.kill(int((harness.folder("alice") / "child.pid").read_text()), signal.SIGKILL)


async def test_the_last_words_are_in_the_log_before_stop_returns(harness: Harness) -> None:
    harness.prepare("alice", ["lines", 3000], ["exit", 78])
    await harness.supervisor.start("alice", Mode.LIVE)
    await harness.until("alice", lambda status: status.state is State.FAILED)
    await harness.supervisor.stop("alice")
    messages = [entry.message for entry in await harness.log("alice")]
    assert messages[-2:] == ["line 2999", harness.supervisor.status("alice").reason.message]  # type: ignore[union-attr]


async def test_a_kill_cuts_a_polite_stop_short(harness: Harness) -> None:
    await harness.run("alice", ["ignore_term"])
    stopping = asyncio.create_task(harness.supervisor.stop("alice"))
    await harness.until("alice", lambda status: status.state is State.STOPPING)
    async with asyncio.timeout(5):
        await harness.supervisor.kill("alice")
        assert (await stopping).state is State.STOPPED


async def test_a_stop_goes_on_when_the_caller_goes_away(tmp_path: Path) -> None:
    async with process_harness(tmp_path, stop_timeout=0.05) as harness:
        await harness.run("alice", ["ignore_term"])
        stopping = asyncio.create_task(harness.supervisor.stop("alice"))
        await harness.until("alice", lambda status: status.state is State.STOPPING)
        stopping.cancel()
        assert (await harness.until("alice", lambda status: not status.is_running)).state is State.STOPPED


async def test_a_worker_that_says_it_is_stopping_is_seen_out_before_the_next_start(harness: Harness) -> None:
    harness.prepare("alice", ["notify", "STOPPING=1"], ["pause"])
    await harness.supervisor.start("alice", Mode.LIVE)
    first = await harness.until("alice", lambda status: status.state is State.STOPPING)
    second = await harness.supervisor.start("alice", Mode.LIVE)
    assert second.is_running
    assert second.pid != first.pid


async def test_being_killed_from_outside_is_told_in_words(harness: Harness) -> None:
    harness.prepare("alice", ["once", 1], ["signal", 9])
    await harness.supervisor.start("alice", Mode.LIVE)
    status = await harness.until("alice", lambda status: bool(status.reason and status.reason.code == "killed"))
    assert status.state is State.RESTARTING
    assert status.pid is None
    assert re.fullmatch(r"Starts again at \d\d:\d\d:\d\d UTC", status.text)


async def test_an_end_that_is_no_wish_is_in_the_persons_log(harness: Harness) -> None:
    await harness.run("alice", ["once", 3])
    (entry,) = await harness.log("alice")
    assert entry.priority == 4
    assert "exit code 3" in entry.message


@pytest.mark.parametrize(("code", "after"), [(78, []), (75, ["Starts again at"])])
async def test_what_the_worker_said_itself_is_not_said_again(harness: Harness, code: int, after: list[str]) -> None:
    reason = {"code": "connection_lost", "message": "Telegram is away."}
    steps = [["report", {"reason": reason}], ["print", "<3>Telegram is away."], ["once", code]]
    harness.prepare("alice", *steps, ["signal", signal.SIGSTOP])
    await harness.supervisor.start("alice", Mode.LIVE)
    await harness.until("alice", lambda status: status.state in {State.FAILED, State.RESTARTING})
    await harness.supervisor.kill("alice")
    assert [re.sub(" [0-9:]+ UTC", "", entry.message) for entry in await harness.log("alice")] == [
        "Telegram is away.",
        *after,
    ]


async def test_a_report_of_an_earlier_run_gives_no_reason(harness: Harness) -> None:
    harness.prepare("alice", ["exit", 78])
    report = {"version": 1, "pid": 1, "reason": {"code": "session_revoked", "message": "Old."}}
    (harness.folder("alice") / "worker.json").write_text(json.dumps(report))
    await harness.supervisor.start("alice", Mode.LIVE)
    status = await harness.until("alice", lambda status: status.state is State.FAILED)
    assert status.reason is not None
    assert status.reason.code == "config_refused"


async def test_a_child_cannot_speak_for_the_worker(harness: Harness) -> None:
    harness.prepare("alice", ["notify_from_child", "READY=1\nSTATUS=from a child"], ["notify", "STATUS=own"], ["pause"])
    await harness.supervisor.start("alice", Mode.LIVE)
    status = await harness.until("alice", lambda status: status.text != "")
    assert (status.state, status.text) == (State.STARTING, "own")


async def test_it_works_on_a_host_without_pidfd(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object) -> int:
        raise OSError

    monkeypatch.setattr(os, "pidfd_open", missing)
    pid = (await harness.run("alice")).pid
    assert pid is not None
    assert (await harness.supervisor.stop("alice")).state is State.STOPPED
    assert not is_alive(pid)


# --- starts that fail


async def test_a_folder_that_is_a_link_is_not_started_in(harness: Harness) -> None:
    harness.prepare("bob", *READY)
    harness.folder("alice").symlink_to(harness.folder("bob"))
    with pytest.raises(errors.WorkerFailedToStart):
        await harness.supervisor.start("alice", Mode.LIVE)
    assert harness.supervisor.status("alice") == WorkerStatus()


async def test_a_python_that_is_missing_leaves_nothing_behind(tmp_path: Path) -> None:
    async with process_harness(tmp_path) as harness:
        missing = ProcessSupervisor(harness.users, harness.logs, WorkerCommand(python="/nowhere/python3"))
        await missing.open()
        harness.prepare("alice", *READY)
        before = len(open_files(os.getpid()))
        with pytest.raises(errors.WorkerFailedToStart):
            await missing.start("alice", Mode.LIVE)
        assert len(open_files(os.getpid())) == before
        await missing.close()


async def test_a_start_again_that_fails_is_tried_again(harness: Harness) -> None:
    harness.prepare("alice", ["once", 75], *READY)
    folder = harness.folder("alice")

    async def on_exit(slug: str, status: WorkerStatus) -> None:
        if folder.exists():
            folder.rename(harness.folder("away"))

    harness.supervisor.on_exit = on_exit
    await harness.supervisor.start("alice", Mode.LIVE)
    status = await harness.until("alice", lambda status: status.restarts >= 3)
    assert status.reason is not None
    assert status.reason.code == "worker_failed_to_start"
    harness.folder("away").rename(folder)
    await harness.until("alice", lambda status: status.state is State.RUNNING)


async def test_starts_and_stops_leave_no_descriptor_behind(harness: Harness) -> None:
    await harness.run("alice")
    await harness.supervisor.stop("alice")
    before = len(open_files(os.getpid()))
    for _ in range(5):
        await harness.run("alice")
        await harness.supervisor.stop("alice")
    assert len(open_files(os.getpid())) == before


# --- the daemon's end


async def test_closing_ends_all_workers_in_order(tmp_path: Path) -> None:
    ended: list[tuple[str, State]] = []

    async def on_exit(slug: str, status: WorkerStatus) -> None:
        ended.append((slug, status.state))

    async with process_harness(tmp_path) as harness:
        harness.supervisor.on_exit = on_exit
        pids = [(await harness.run(slug)).pid for slug in ("alice", "bob", "carol")]
        harness.prepare("dave", ["exit", 75])
        await harness.supervisor.start("dave", Mode.LIVE)
        await harness.supervisor.close()
        assert not any(is_alive(pid) for pid in pids if pid)
        assert {("alice", State.STOPPED), ("bob", State.STOPPED), ("carol", State.STOPPED)} <= set(ended)
        assert harness.supervisor.status("dave").state is State.STOPPED
        with pytest.raises(errors.WorkerFailedToStart):
            await harness.supervisor.start("alice", Mode.LIVE)


async def test_the_sockets_are_where_they_are_wanted_and_go_with_the_daemon(tmp_path: Path) -> None:
    runtime = tmp_path / "r"
    async with process_harness(tmp_path, runtime_dir=runtime) as harness:
        await harness.run("alice")
        assert len(list(runtime.iterdir())) == 1
        assert runtime.stat().st_mode & 0o777 == 0o700
    assert not runtime.exists()


async def test_what_a_killed_daemon_left_is_cleared(tmp_path: Path) -> None:
    runtime, other = tmp_path / "r", tmp_path / "other"
    (runtime / "folder").mkdir(parents=True, mode=0o755)
    (runtime / "1").touch()
    other.mkdir()
    (runtime / "link").symlink_to(other)
    async with process_harness(tmp_path, runtime_dir=runtime) as harness:
        assert (await harness.run("alice")).is_running
        assert [path.name for path in runtime.iterdir()] == ["1"]
        assert (runtime / "1").is_socket()
    assert other.exists()


@pytest.mark.parametrize("length", [90, 100, 200])
async def test_a_path_of_any_length_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, length: int) -> None:
    runtime = tmp_path / ("x" * max(1, length - len(str(tmp_path)) - 1))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / ("t" * 150)))  # as TMPDIR would
    async with process_harness(tmp_path, runtime_dir=runtime) as harness:
        assert (await harness.run("alice")).is_running
        folder = harness.supervisor._sockets  # type: ignore[attr-defined]
        assert len(str(folder)) < 100
    assert not folder.exists()


@pytest.mark.parametrize("name", ["file/r", "x" * 150], ids=["not a folder", "too long"])
async def test_no_place_for_sockets_is_one_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(sockets, "SHORT_PARENTS", [tmp_path / "nowhere"])
    with pytest.raises(errors.SettingsError, match=r"^state_dir: .* sockets"):
        async with process_harness(tmp_path, runtime_dir=tmp_path / name):
            pass


DAEMON = """
import asyncio, sys
from pathlib import Path
sys.path.insert(0, {root!r})
from tests.contract.harness import READY, process_harness

async def main():
    async with process_harness(Path(sys.argv[1])) as harness:
        print((await harness.run("alice")).pid, flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_no_worker_outlives_a_daemon_that_is_killed(tmp_path: Path) -> None:
    code = DAEMON.format(root=str(ROOT))
    daemon = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert daemon.stdout
    worker = int(await asyncio.to_thread(daemon.stdout.readline))
    assert is_alive(worker)
    daemon.kill()
    daemon.wait()
    daemon.stdout.close()
    await until(lambda: not is_alive(worker))


# --- the whole way of a line


async def test_fifty_thousand_lines_arrive_in_order_and_once(tmp_path: Path) -> None:
    total = 50_000
    items: list[Entry | Gap] = []
    async with (
        process_harness(tmp_path, lines_per_second=1_000_000) as harness,
        Hub(harness.logs).subscribe("alice", after="1-0") as subscription,
    ):
        harness.prepare("alice", ["lines", total], *READY)
        await harness.supervisor.start("alice", Mode.LIVE)
        async with asyncio.timeout(60):
            while len(items) < total:
                items += await subscription.batch()
                assert len(subscription._queue._entries) <= subscription._queue.size
    assert [item.message if isinstance(item, Entry) else item for item in items] == [
        f"line {number}" for number in range(total)
    ]


@pytest.mark.parametrize("piece", ["line\n", "\n", "x", "x" * 16_000 + "\n"], ids=["lines", "blank", "none", "long"])
async def test_a_worker_that_prints_without_end_is_slowed_down_and_can_be_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piece: str
) -> None:
    pauses: list[float] = []
    after = Pace.after

    def watched(pace: Pace, lines: float, now: float) -> float:
        if pause := after(pace, lines, now):
            pauses.append(pause)
        return pause

    monkeypatch.setattr(Pace, "after", watched)
    heard: list[Entry] = []
    async with process_harness(tmp_path, lines_per_second=100) as harness:
        harness.prepare("alice", ["flood", piece])
        await harness.logs.follow("alice", heard.extend)
        await harness.supervisor.start("alice", Mode.LIVE)
        await until(lambda: len(pauses) > 0)
        async with asyncio.timeout(5):
            await harness.supervisor.stop("alice")
    assert sum(len(entry.message) + 1 for entry in heard) < 600_000  # what pipe and buffers hold, and no more
