"""A restore that is killed at any moment: the data is the former or the restored, whole, or nobody serves it until the
next ``tgcfd restore`` has finished it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.backup.conftest import ROOT, Run, make_data, tree
from tgcfd.backup import plan
from tgcfd.backup.in_use import alone, beside_others
from tgcfd.backup.interruptions import ended_in_order
from tgcfd.backup.places import Places
from tgcfd.backup.restore import HalfDone, Restore
from tgcfd.backup.services import NoServices
from tgcfd.errors import Refused, SettingsError

KILLED = """
import os, signal, sys
from pathlib import Path
from tgcfd.backup.in_use import alone
from tgcfd.backup.interruptions import ended_in_order
from tgcfd.backup.places import Places
from tgcfd.backup.restore import Restore
from tgcfd.backup.services import NoServices
state, file, settings, wanted = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), int(sys.argv[4])
count = 0
def at(step):
    global count
    print(step, flush=True)
    if count == wanted:
        os.kill(os.getpid(), signal.SIGKILL)
    count += 1
restore = Restore(Places(state, state / "users", settings, False), NoServices(), at)
with alone(state), open(file, "rb") as archive:
    found = restore.unpack(archive)
    restore.carry_out(found.settings)
"""
STEPS = [
    "unpacked", "planned", "stopped", "prepared", "committed",
    "former tgcfd.db", "tgcfd.db", "former keys", "keys", "logs",
    "former users", "users", "users", "settings", "done",
]  # fmt: skip
COMMITTED = STEPS.index("committed")


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """A host with other data, whose daemon was killed: its last changes are in the log beside the database."""
    other = make_data(tmp_path / "other", ["carol"])
    code = (
        "import os, sqlite3, sys\n"
        "db = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "db.execute(\"update account set name = 'In the log'\")\nos._exit(0)"
    )
    subprocess.run([sys.executable, "-c", code, str(other / "tgcfd.db")], check=True, timeout=30)
    assert (other / "tgcfd.db-wal").stat().st_size
    (other / "logs" / "carol").mkdir(parents=True)
    (other / "logs" / "carol" / "1.log").write_text("a line of hers")
    return other


def killed_at(number: int, other: Path, file: Path, settings: Path) -> list[str]:
    words = [sys.executable, "-c", KILLED, str(other), str(file), str(settings), str(number)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60, cwd=ROOT)
    assert done.returncode == (-signal.SIGKILL if number < len(STEPS) else 0), done.stderr
    return done.stdout.splitlines()


def test_these_are_all_steps(tgcfd: Run, state: Path, other: Path, tmp_path: Path) -> None:
    tgcfd("backup", state, str(tmp_path / "file"))
    assert killed_at(len(STEPS), other, tmp_path / "file", tmp_path / "tgcfd.yml") == STEPS


@pytest.mark.parametrize("number", range(len(STEPS)))
def test_wherever_it_is_killed(tgcfd: Run, state: Path, other: Path, tmp_path: Path, number: int) -> None:
    # given a restore that is killed after a step
    tgcfd("backup", state, str(tmp_path / "file"))
    former, restored = tree(other), tree(state)
    killed_at(number, other, tmp_path / "file", tmp_path / "tgcfd.yml")

    # then the daemon serves the data if it is whole, and refuses it otherwise
    if number < COMMITTED:
        plan.require_whole(other)
        assert core(tree(other)) == former
    elif number < len(STEPS) - 1:
        with pytest.raises(SettingsError, match="sudo tgcfd restore"):
            plan.require_whole(other)

    # when there is another restore
    again = tgcfd(
        "restore", other, *([] if COMMITTED <= number < len(STEPS) - 1 else [str(tmp_path / "file"), "--yes"])
    )
    assert again.returncode == 0, again.stderr

    # then all is as it was backed up, the former data is whole, and nothing else is left
    plan.require_whole(other)
    assert core(tree(other)) == restored
    (kept, *_) = sorted(other.glob("before-restore-*"))
    assert tree(kept) == former
    left = {path.name.partition("-restore-")[0] for path in other.iterdir()}
    assert left <= {"before", "keys", "lock", "tgcfd.db", "users"}


def core(files: dict[str, bytes]) -> dict[str, bytes]:
    """Without the former data, and what a killed restore has unpacked."""
    aside = ("before-restore-", "restore", "users.restored")
    return {name: data for name, data in files.items() if not name.startswith(aside)}


def test_an_error_half_way_says_how_to_go_on(tgcfd: Run, state: Path, other: Path, tmp_path: Path) -> None:
    tgcfd("backup", state, str(tmp_path / "file"))

    def fail(step: str) -> None:
        if step == "former keys":
            raise OSError(28, os.strerror(28))

    restore = Restore(Places(other, other / "users", tmp_path / "tgcfd.yml", on_host=False), NoServices(), fail)
    with (tmp_path / "file").open("rb") as archive:
        restore.unpack(archive)
    with pytest.raises(HalfDone, match="sudo tgcfd restore"):
        restore.carry_out({})
    assert tgcfd("restore", other).returncode == 0
    assert core(tree(other)) == tree(state)


def test_a_log_that_somebody_leaves_beside_the_database_meanwhile_is_not_added_to_the_restored_one(
    tgcfd: Run, state: Path, other: Path, tmp_path: Path
) -> None:
    log = (other / "tgcfd.db-wal").read_bytes()
    tgcfd("backup", state, str(tmp_path / "file"))
    former = tree(other)

    def write(step: str) -> None:
        if step == "former tgcfd.db":
            (other / "tgcfd.db-wal").write_bytes(log)

    restore = Restore(Places(other, other / "users", tmp_path / "tgcfd.yml", on_host=False), NoServices(), write)
    with (tmp_path / "file").open("rb") as archive:
        restore.unpack(archive)
    restore.carry_out({})
    assert core(tree(other)) == tree(state)
    (kept,) = other.glob("before-restore-*")
    assert tree(kept) == former


def test_a_database_that_somebody_makes_between_the_renames_does_not_replace_the_former_one(
    tgcfd: Run, state: Path, other: Path, tmp_path: Path
) -> None:
    tgcfd("backup", state, str(tmp_path / "file"))
    former = tree(other)

    def fail(step: str) -> None:
        if step == "former tgcfd.db":
            (other / "tgcfd.db").write_bytes(b"")
            raise OSError(28, os.strerror(28))

    restore = Restore(Places(other, other / "users", tmp_path / "tgcfd.yml", on_host=False), NoServices(), fail)
    with (tmp_path / "file").open("rb") as archive:
        restore.unpack(archive)
    with pytest.raises(HalfDone):
        restore.carry_out({})
    assert tgcfd("restore", other).returncode == 0
    assert core(tree(other)) == tree(state)
    (kept,) = other.glob("before-restore-*")
    assert tree(kept) == former


@pytest.mark.parametrize("step", ["planned", "stopped", "prepared"])
def test_an_error_before_leaves_the_former_data(
    tgcfd: Run, state: Path, other: Path, tmp_path: Path, step: str
) -> None:
    tgcfd("backup", state, str(tmp_path / "file"))
    before = tree(other)

    def fail(name: str) -> None:
        if name == step:
            raise OSError(28, os.strerror(28))

    restore = Restore(Places(other, other / "users", tmp_path / "tgcfd.yml", on_host=False), NoServices(), fail)
    with (tmp_path / "file").open("rb") as archive:
        found = restore.unpack(archive)
    with pytest.raises(OSError, match="No space"):
        restore.carry_out(found.settings)
    assert tree(other) == before
    assert not list(other.glob("*restore*"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
@pytest.mark.parametrize("step", ["stopped", "former keys"])
def test_who_interrupts_it_gets_the_former_data_or_the_restored(
    tgcfd: Run, state: Path, other: Path, tmp_path: Path, step: str, number: signal.Signals
) -> None:
    tgcfd("backup", state, str(tmp_path / "file"))
    before = tree(other)

    def interrupt(name: str) -> None:
        if name == step:
            os.kill(os.getpid(), number)

    services = Standing()
    restore = Restore(Places(other, other / "users", tmp_path / "tgcfd.yml", on_host=False), services, interrupt)
    told: list[list[Path]] = []
    is_early = step == "stopped"
    with ended_in_order(), (tmp_path / "file").open("rb") as archive:
        restore.unpack(archive)
        with pytest.raises((KeyboardInterrupt, SystemExit)) if is_early else nullcontext():
            restore.carry_out({}, told.append)
    assert core(tree(other)) == (before if is_early else tree(state))
    assert plan.read(other) is None
    # and what ran runs again, and if it was too late, the restore is told as any other
    assert services.asked == [("stop",), ("start", *plan.SERVICES)]
    assert told == ([] if is_early else [list(other.glob("before-restore-*"))])


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"time": "../..", "units": [], "committed": true}', "[" * 5000])
def test_a_note_that_is_none_of_ours_is_not_followed(tmp_path: Path, text: str) -> None:
    (tmp_path / plan.NAME).write_text(text)
    with pytest.raises(SettingsError, match="move it away"):
        plan.read(tmp_path)


def test_what_a_killed_restore_has_unpacked_is_removed_by_one_without_a_file(
    tgcfd: Run, state: Path, other: Path, tmp_path: Path
) -> None:
    tgcfd("backup", state, str(tmp_path / "file"))
    before = tree(other)
    killed_at(STEPS.index("unpacked"), other, tmp_path / "file", tmp_path / "tgcfd.yml")
    assert (other / "users.restored").is_dir()
    assert "had not changed anything" in tgcfd("restore", other).stdout
    assert tree(other) == before
    assert "no restore was interrupted" in tgcfd("restore", other).stderr


def test_two_restores_at_once_are_one_too_many(tgcfd: Run, state: Path, other: Path, tmp_path: Path) -> None:
    tgcfd("backup", state, str(tmp_path / "file"))
    with alone(other):
        assert "under way" in tgcfd("restore", other, str(tmp_path / "file"), "--yes").stderr


class Standing:
    """Services that run, or do not, and fail when they are told to."""

    idle = "To start it: systemctl"

    def __init__(self, *fails: str, running: tuple[str, ...] = plan.SERVICES) -> None:
        self.fails = fails
        self.running = running
        self.asked: list[tuple[str, ...]] = []

    def active(self) -> tuple[str, ...]:
        return self.running

    def stop(self) -> None:
        self._do("stop")

    def start(self, units: Sequence[str]) -> None:
        self._do("start", *units)

    def _do(self, *words: str) -> None:
        self.asked.append(words)
        if words[0] in self.fails:
            raise Refused(f"systemctl {words[0]}: no")


@pytest.fixture
def places(other: Path, tmp_path: Path) -> Places:
    return Places(other, other / "users", tmp_path / "tgcfd.yml", on_host=False)


@pytest.fixture
def unpacked(tgcfd: Run, state: Path, places: Places, tmp_path: Path) -> Callable[[Standing], Restore]:
    """A restore of two people's data that has only to be carried out."""
    tgcfd("backup", state, str(tmp_path / "file"))

    def unpack(services: Standing) -> Restore:
        restore = Restore(places, services)
        with (tmp_path / "file").open("rb") as archive:
            restore.unpack(archive)
        return restore

    return unpack


@pytest.mark.parametrize(
    ("fails", "said", "is_restored"),
    [
        (["stop"], ["systemctl stop: no"], False),
        (["start"], ["is restored, but tgcfd does not start", "systemctl start: no"], True),
        (
            ["stop", "start"],
            ["as before, but tgcfd does not start", "systemctl start: no", "Nothing was restored: systemctl stop: no"],
            False,
        ),
    ],
)
def test_what_ran_is_stopped_and_started_again_and_every_failure_is_told(
    unpacked: Callable[[Standing], Restore],
    state: Path,
    other: Path,
    fails: list[str],
    said: list[str],
    is_restored: bool,
) -> None:
    before = tree(other)
    services = Standing(*fails)
    restore = unpacked(services)
    told: list[list[Path]] = []
    with pytest.raises(Refused) as refused:
        restore.carry_out({}, told.append)
    assert told == ([list(other.glob("before-restore-*"))] if is_restored else [])
    assert all(text in str(refused.value) for text in said), refused.value
    assert isinstance(refused.value, HalfDone) is ("start" in fails)
    assert services.asked == [("stop",), ("start", *plan.SERVICES)]
    assert core(tree(other)) == (tree(state) if is_restored else before)
    assert plan.read(other) is None


def test_what_ran_is_started_again_even_if_the_rest_of_a_restore_cannot_be_removed(
    unpacked: Callable[[Standing], Restore], other: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = tree(other)
    services = Standing("stop")
    restore = unpacked(services)

    def fail() -> None:
        raise OSError(5, os.strerror(5), "users.restored")

    monkeypatch.setattr(restore, "clear", fail)
    with pytest.raises(HalfDone) as half:
        restore.carry_out({})
    assert [line.partition(": ")[2] for line in str(half.value).splitlines()] == [
        "users.restored: Input/output error",
        "sudo tgcfd restore",
        "systemctl stop: no",
    ]
    assert services.asked[-1] == ("start", *plan.SERVICES)
    assert core(tree(other)) == before
    plan.require_whole(other)


@pytest.mark.parametrize(("running", "said"), [(plan.SERVICES, ""), ((), Standing.idle)])
def test_where_nothing_ran_nothing_is_started_and_that_is_said(
    unpacked: Callable[[Standing], Restore], running: tuple[str, ...], said: str
) -> None:
    services = Standing(running=running)
    restore = unpacked(services)
    restore.carry_out({})
    assert services.asked[-1] == ("start", *running)
    assert restore.idle == said


def test_a_restore_that_is_refused_leaves_the_time_of_the_daemons_lock(
    unpacked: Callable[[Standing], Restore], other: Path
) -> None:
    (other / "lock").touch()
    os.utime(other / "lock", (1000, 1000))
    unpacked(Standing()).clear()
    assert (other / "lock").stat().st_mtime == 1000


def test_whoever_ran_is_to_run_again_even_if_the_rest_of_a_restore_cannot_be_removed(
    unpacked: Callable[[Standing], Restore], other: Path, places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a host whose daemon would take the stops in the journal for its owner's
    restore = unpacked(Standing("stop"))
    wished: list[Path] = []
    monkeypatch.setattr("tgcfd.backup.restore._wish_anew", wished.append)
    monkeypatch.setattr(restore, "_places", replace(places, on_host=True))
    monkeypatch.setattr(restore, "_owned", lambda work: work())

    def fail() -> None:
        raise OSError(30, os.strerror(30), "users.restored")

    # when the restore is taken back, and its rest stays
    monkeypatch.setattr(restore, "clear", fail)
    with pytest.raises(HalfDone):
        restore.carry_out({})
    # then what everybody wanted is newer than those stops
    assert wished == [other / "tgcfd.db"]


def test_a_data_folder_may_be_a_link(other: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(other)
    with beside_others(tmp_path / "link"), pytest.raises(Refused, match="under way"), alone(other):
        pass
