"""The broker on a real system: what it does when asked, and what it never does."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from gi.repository import Gio, GLib

from tests.host.inside.stage import (
    DROP_INS,
    READY,
    USERS,
    ask,
    call,
    prepare,
    refusal,
    said,
    show,
    start,
    state,
    stop_all,
    until,
    use_stub,
    use_tgcf,
)
from tgcfd.broker import journal
from tgcfd.broker.errors import Failed
from tgcfd.broker.pid1 import Manager
from tgcfd.broker.settings import Settings
from tgcfd.broker.unit import Wanted, compose

SMALL = "profiles: {small: {memory_mib: 64, tasks: 12, cpu_percent: 50, io_weight: 10, open_files: 128}}"
BROKER_DROP_IN = Path("/run/systemd/system/tgcfd-broker.service.d/test.conf")


@pytest.fixture(autouse=True)
def stage() -> Iterator[None]:
    use_stub(SMALL)
    yield
    stop_all()
    use_tgcf()


@pytest.fixture
def short_lived() -> Iterator[None]:
    """A broker that is idle at once."""
    BROKER_DROP_IN.parent.mkdir(parents=True, exist_ok=True)
    BROKER_DROP_IN.write_text("[Service]\nExecStart=\nExecStart=/usr/bin/python3 -I -m tgcfd.broker --idle 0\n")
    said("systemctl", "daemon-reload")
    said("systemctl", "stop", "tgcfd-broker")
    yield
    BROKER_DROP_IN.unlink()
    said("systemctl", "daemon-reload")


def running(slug: str, code: str = READY, profile: str = "standard") -> int:
    start(slug, code, profile)
    until(lambda: state(slug) == "active")
    return int(show(f"tgcf@{slug}.service", "MainPID")[0])


def broker_pid() -> int:
    return int(show("tgcfd-broker.service", "MainPID")[0])


def entries(slug: str) -> list[dict[str, Any]]:
    said("journalctl", "--sync")
    lines = said("journalctl", "-o", "json", "-u", "tgcfd-broker", f"TGCFD_SLUG={slug}").splitlines()
    return [json.loads(line) for line in lines]


# --- the four verbs


def test_a_worker_that_was_started_is_what_the_owner_sees() -> None:
    prepare("alice", READY)
    assert ask("Start", "alice", "live", "small").startswith('o "/org/freedesktop/systemd1/job/')
    until(lambda: state("alice") == "active")
    status = said("systemctl", "status", "tgcf@alice")
    for words in (
        "tgcf@alice.service - tgcf of alice: live mode",
        "/usr/lib/systemd/system/tgcf@.service.d",
        "└─10-tgcfd.conf",
        "Active: active (running)",
        'Status: "Live: 3 connections, 128 forwarded, last 12:01"',
        "(limit: 12)",
        "max: 64",
        "/tgcf.slice/tgcf@alice.service",
        "-m tgcfd.runner live --probe 60",
    ):
        assert words in status
    assert show("tgcf@alice.service", "MemoryMax", "TasksMax", "CPUQuotaPerSecUSec", "IOWeight", "LimitNOFILE") == [
        str(64 * 1024 * 1024), "12", "500ms", "10", "128",
    ]  # fmt: skip


def test_stop_ends_a_worker_and_nothing_is_left_of_its_unit() -> None:
    running("alice")
    assert ask("Stop", "alice").startswith("o ")
    until(lambda: state("alice") == "none")


def test_a_worker_that_ignores_sigterm_is_killed_after_its_time() -> None:
    running("alice", "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + READY + "signal.pause()\n")
    began = time.monotonic()
    ask("Stop", "alice")
    until(lambda: state("alice") == "none")
    assert 1.5 < time.monotonic() - began < 10  # worker.stop_seconds is 2 here


def test_kill_ends_a_worker_that_ignores_sigterm_now_and_for_good() -> None:
    use_stub(stop_seconds=300)
    code = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + READY + "signal.pause()\n"
    running("alice", code)
    ask("Kill", "alice")
    until(lambda: state("alice") == "none", within=5)
    assert "Scheduled restart" not in said("journalctl", "-b", "-u", "tgcf@alice.service", "-n", "5")


def test_kill_of_a_worker_that_waits_to_start_again_is_no_error() -> None:
    start("alice", "raise SystemExit(75)")
    until(lambda: show("tgcf@alice.service", "SubState")[0] == "auto-restart")
    ask("Kill", "alice")
    until(lambda: state("alice") == "none")


@pytest.mark.parametrize("verb", ["Stop", "Kill", "ResetFailed"])
def test_what_is_not_there_is_said_to_be_so(verb: str) -> None:
    assert "tgcf@alice.service is not there" in refusal("tgcfd", verb, "alice")


def test_a_worker_that_runs_is_not_started_again() -> None:
    pid = running("alice")
    assert "tgcf@alice.service is there already" in refusal("tgcfd", "Start", "alice", "past", "standard")
    assert int(show("tgcf@alice.service", "MainPID")[0]) == pid


@pytest.fixture
def failed_units_stay() -> Iterator[None]:
    """An owner who wants to look at what has failed."""
    folder = Path("/run/systemd/system/tgcf@.service.d")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "stay.conf").write_text("[Unit]\nCollectMode=inactive\n")
    said("systemctl", "daemon-reload")
    yield
    (folder / "stay.conf").unlink()
    said("systemctl", "daemon-reload")


def test_a_failed_unit_that_is_still_there_is_not_in_the_way(failed_units_stay: None) -> None:
    start("alice", "raise SystemExit(78)")
    until(lambda: state("alice") == "failed")
    running("alice")


def test_a_reset_makes_systemd_forget_a_failure(failed_units_stay: None) -> None:
    start("alice", "raise SystemExit(78)")
    until(lambda: state("alice") == "failed")
    ask("ResetFailed", "alice")
    until(lambda: state("alice") == "none")


def test_past_mode_ends_and_its_unit_is_gone() -> None:
    prepare("alice", "answer(sys.argv[1:])\nnotify('READY=1')\n")
    ask("Start", "alice", "past", "standard")
    until(lambda: state("alice") == "none")
    assert json.loads((USERS / "alice" / "answer.json").read_text()) == ["past", "--probe", "60"]
    assert "tgcf of alice: past mode" in said("journalctl", "-b", "-u", "tgcf@alice.service", "-n", "5")


def test_each_start_has_a_number_of_its_own() -> None:
    numbers = []
    for _ in range(2):
        running("alice")
        numbers += [word for word in show("tgcf@alice.service", "ExecStartPre")[0].split() if word.isdigit()][:1]
        ask("Stop", "alice")
        until(lambda: state("alice") == "none")
    assert int(numbers[1]) > int(numbers[0])


def test_a_unit_is_the_same_after_daemon_reload() -> None:
    running("alice")
    before = sorted(line for line in said("systemctl", "show", "tgcf@alice").splitlines() if is_fixed(line))
    said("systemctl", "daemon-reload")
    after = sorted(line for line in said("systemctl", "show", "tgcf@alice").splitlines() if is_fixed(line))
    assert after == before
    assert "RestrictNamespaces=yes" in after


def is_fixed(line: str) -> bool:
    moving = ("Exec", "After=", "Requires", "Wants=", "CPUUsage", "Memory", "Tasks", "IO", "IP", "Watchdog")
    return not line.startswith(moving) or line.startswith(("MemoryMax", "TasksMax"))


def test_a_worker_restarts_after_daemon_reload() -> None:
    pid = running("alice")
    said("systemctl", "daemon-reload")
    os.kill(pid, signal.SIGKILL)
    until(lambda: show("tgcf@alice.service", "ActiveState", "NRestarts") == ["active", "1"])


def test_the_owners_drop_in_applies() -> None:
    folder = Path("/etc/systemd/system/tgcf@.service.d")
    folder.mkdir(exist_ok=True)
    (folder / "20-owner.conf").write_text("[Service]\nMemoryMax=99M\n")
    said("systemctl", "daemon-reload")
    try:
        running("alice")
        assert show("tgcf@alice.service", "MemoryMax")[0] == str(99 * 1024 * 1024)
        assert "20-owner.conf" in said("systemctl", "status", "tgcf@alice")
    finally:
        (folder / "20-owner.conf").unlink()
        said("systemctl", "daemon-reload")


# --- whom the owner never lets run


@pytest.fixture
def unmasked() -> Iterator[None]:
    yield
    for words in (["unmask"], ["unmask", "--runtime"]):
        subprocess.run(["systemctl", *words, "tgcf@alice.service", "tgcf@.service"], check=True, capture_output=True)


@pytest.mark.parametrize(
    "words",
    [["mask", "--now", "tgcf@alice"], ["mask", "--now", "--runtime", "tgcf@alice"], ["mask", "tgcf@.service"]],
    ids=" ".join,
)
@pytest.mark.parametrize("runs", [True, False])
def test_who_is_masked_does_not_run_until_unmasked(unmasked: None, words: list[str], runs: bool) -> None:
    if runs:
        running("alice")
    said("systemctl", *words)
    if runs and "--now" not in words:
        said("systemctl", "stop", "tgcf@alice")
    prepare("alice", READY)
    assert "tgcf@alice.service is masked on this host" in refusal("tgcfd", "Start", "alice", "live", "standard")
    assert show("tgcf@alice.service", "ActiveState")[0] == "inactive"
    said("systemctl", *(word.replace("mask", "unmask") for word in words if word != "--now"))
    ask("Start", "alice", "live", "standard")
    until(lambda: state("alice") == "active")


# --- hostile words


HOSTILE = [
    ("Start", ("", "live", "standard"), "a slug has"),
    ("Start", ("a", "live", "standard"), "a slug has"),
    ("Start", ("a" * 24, "live", "standard"), "a slug has"),
    ("Start", ("x" * 100_000, "live", "standard"), "a slug has"),
    ("Start", ("../../etc", "live", "standard"), "a slug has"),
    ("Start", ("a/b", "live", "standard"), "a slug has"),
    ("Start", ("alice/../bob", "live", "standard"), "a slug has"),
    ("Start", ("..", "live", "standard"), "a slug has"),
    ("Start", ("a.service", "live", "standard"), "a slug has"),
    ("Start", ("a%n", "live", "standard"), "a slug has"),
    ("Start", ("a%%", "live", "standard"), "a slug has"),
    ("Start", ("alice\n", "live", "standard"), "a slug has"),
    ("Start", ("alice\nUser=root", "live", "standard"), "a slug has"),
    ("Start", ("a b", "live", "standard"), "a slug has"),
    ("Start", ("a\\x00b", "live", "standard"), "a slug has"),
    ("Start", ("a$b", "live", "standard"), "a slug has"),
    ("Start", ("Alice", "live", "standard"), "a slug has"),
    ("Start", ("1alice", "live", "standard"), "a slug has"),
    ("Start", ("-alice", "live", "standard"), "a slug has"),
    ("Start", ("alice\N{ARABIC-INDIC DIGIT ONE}", "live", "standard"), "a slug has"),
    ("Start", ("\N{CYRILLIC SMALL LETTER A}lice", "live", "standard"), "a slug has"),
    ("Start", ("root@x", "live", "standard"), "a slug has"),
    ("Start", ("alice", "", "standard"), "a mode is"),
    ("Start", ("alice", "live\n", "standard"), "a mode is"),
    ("Start", ("alice", "--parent", "standard"), "a mode is"),
    ("Start", ("alice", "live; id", "standard"), "a mode is"),
    ("Start", ("alice", "sign-in", "standard"), "a mode is"),
    ("Start", ("alice", "live", ""), "a profile's name"),
    ("Start", ("alice", "live", "none"), "there is no profile none"),
    ("Start", ("alice", "live", "../standard"), "a profile's name"),
    ("Start", ("alice", "live", "standard\n"), "a profile's name"),
    ("Start", ("alice", "live", "__class__"), "a profile's name"),
    ("Stop", ("../tgcfd",), "a slug has"),
    ("Stop", ("*",), "a slug has"),
    ("Kill", ("dbus.service",), "a slug has"),
    ("ResetFailed", ("",), "a slug has"),
    ("Start", ("alice", "live"), "does not match expected type"),
    ("Reboot", (), "o such method"),
]


def test_hostile_words_are_refused_and_start_nothing() -> None:
    before = said("systemctl", "list-units", "--all", "--no-legend", "--plain", "tgcf*")
    for verb, arguments, words in HOSTILE:
        assert words in refusal("tgcfd", verb, *arguments), (verb, arguments)
    # the broker itself has started meanwhile
    after = said("systemctl", "list-units", "--all", "--no-legend", "--plain", "tgcf*")
    assert [line for line in after.splitlines() if "tgcfd-broker" not in line] == [
        line for line in before.splitlines() if "tgcfd-broker" not in line
    ]


def test_error_names_are_our_own() -> None:
    said("systemctl", "mask", "--runtime", "tgcf@masked")
    bus = Gio.bus_get_sync(Gio.BusType.SYSTEM)
    for arguments, name in (
        (("x", "live", "standard"), "BadSlug"),
        (("alice", "x", "standard"), "BadMode"),
        (("alice", "live", "x"), "BadProfile"),
        (("masked", "live", "standard"), "Masked"),
    ):
        with pytest.raises(GLib.Error) as caught:
            bus.call_sync(
                "org.tgcfd.Units1", "/org/tgcfd/Units1", "org.tgcfd.Units1", "Start",
                GLib.Variant("(sss)", arguments), None, Gio.DBusCallFlags.NONE, 5000, None,
            )  # fmt: skip
        assert Gio.DBusError.get_remote_error(caught.value) == f"org.tgcfd.Units1.Error.{name}"


def test_a_link_in_the_place_of_a_folder_is_refused() -> None:
    victim = Path("/victim")
    victim.mkdir(exist_ok=True)
    (victim / "file").touch()
    before = [told(path) for path in (victim, victim / "file")]
    for target in ("/victim", "/victim/file", "/victim/none"):
        (USERS / "alice").symlink_to(target)
        os.lchown(USERS / "alice", 1, 1)
        assert "is not a folder" in refusal("tgcfd", "Start", "alice", "live", "standard")
        # and should it be put there in the moment after the broker has looked: systemd does not follow it either
        job = subprocess.run(
            ["systemd-run", "-q", "--wait", "--unit=tgcf@alice", "-pCollectMode=inactive-or-failed",
             "-pDynamicUser=yes",
             "-pUser=tgcf-alice", "-pGroup=tgcfd-worker", "-pStateDirectory=tgcfd/users/alice",
             "-pStateDirectoryMode=0770", "true"],
            check=False, timeout=30, capture_output=True,
        )  # fmt: skip
        assert job.returncode != 0
        (USERS / "alice").unlink()
    assert [path.name for path in victim.iterdir()] == ["file"]
    assert [told(path) for path in (victim, victim / "file")] == before


def told(path: Path) -> tuple[int, int, int]:
    status = path.stat()
    return status.st_uid, status.st_gid, status.st_mode


def test_what_is_linked_to_from_inside_a_folder_keeps_its_owner() -> None:
    secret = Path("/victim-file")
    secret.touch(0o600)
    folder = prepare("alice", READY)
    (folder / "link").symlink_to(secret)
    running("alice")
    assert (folder / "link").lstat().st_uid != 0
    assert (secret.stat().st_uid, secret.stat().st_mode & 0o777) == (0, 0o600)


# --- hostile settings


def refused_with(text: str, name: str = "90-test.yml", **changes: int) -> str:
    path = DROP_INS / name
    path.write_text(text)
    try:
        if "uid" in changes:
            os.chown(path, changes["uid"], 0)
        if "mode" in changes:
            path.chmod(changes["mode"])
        return refusal("tgcfd", "Start", "alice", "live", "standard")
    finally:
        path.unlink()


@pytest.mark.parametrize(
    ("text", "changes", "words"),
    [
        ("worker: {}", {"uid": 65534}, "must belong to root, and nobody else may write to it"),
        ("worker: {}", {"mode": 0o664}, "must belong to root, and nobody else may write to it"),
        ("worker: {}", {"mode": 0o646}, "must belong to root, and nobody else may write to it"),
        ("worker: {", {}, "90-test.yml, line 2: "),
        ("worker: {python: 5}", {}, "90-test.yml, line 1: worker.python: must be a path"),
        ("worker: {pyhton: /x}", {}, "90-test.yml, line 1: worker.pyhton: there is no such setting"),
        ("profiles: {standard: {memory_mib: 1}}", {}, "profiles.standard.memory_mib: must be a whole number from 64"),
        ("profiles: {'a/b': {}}", {}, "is not a name for a profile"),
        ("telegram: {public_key_file: /none}", {}, "telegram.public_key_file: names /none, which is not a file"),
    ],
)
def test_settings_that_cannot_be_used_start_nothing(text: str, changes: dict[str, int], words: str) -> None:
    assert words in refused_with(text, **changes)
    assert state("alice") == "none"


def test_settings_without_end_start_nothing() -> None:
    assert "is larger than 1024 KiB" in refused_with("a: " + "x" * 2_000_000)


def test_a_folder_of_settings_that_is_not_roots_starts_nothing() -> None:
    for path, words in (
        (DROP_INS, f"failed: {DROP_INS}: must belong to root"),
        (DROP_INS.parent, f": {DROP_INS.parent} must belong to root"),
    ):
        os.chown(path, 65534, 0)
        try:
            assert words in refusal("tgcfd", "Start", "alice", "live", "standard")
        finally:
            os.chown(path, 0, 0)


def test_a_link_to_settings_that_are_not_roots_starts_nothing() -> None:
    elsewhere = Path("/srv/tgcfd-test.yml")
    elsewhere.write_text("worker: {}")
    os.chown(elsewhere, 65534, 0)
    (DROP_INS / "90-test.yml").symlink_to(elsewhere)
    try:
        assert "must belong to root" in refusal("tgcfd", "Start", "alice", "live", "standard")
    finally:
        (DROP_INS / "90-test.yml").unlink()
        elsewhere.unlink()


def test_a_stop_does_not_need_the_settings() -> None:
    running("alice")
    (DROP_INS / "90-test.yml").write_text("worker: {")
    try:
        ask("Stop", "alice")
    finally:
        (DROP_INS / "90-test.yml").unlink()
    until(lambda: state("alice") == "none")


# --- who may call


@pytest.mark.parametrize("user", ["nobody", "messagebus"])
def test_nobody_else_may_call(user: str) -> None:
    running("alice")
    for verb, arguments in (("Start", ("bob", "live", "standard")), ("Stop", ("alice",)), ("Kill", ("alice",))):
        assert "ccess denied" in refusal(user, verb, *arguments)
    assert (state("alice"), state("bob")) == ("active", "none")


def test_the_broker_looks_itself_at_who_calls() -> None:
    """Where an owner's own bus policy lets everybody through, the broker does not."""
    policy = Path("/etc/dbus-1/system.d/zz-test.conf")
    policy.write_text(
        '<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN" '
        '"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">'
        '<busconfig><policy user="nobody"><allow send_destination="org.tgcfd.Units1"/></policy></busconfig>'
    )
    said("systemctl", "reload", "dbus")
    try:
        assert "only user tgcfd may ask for that" in refusal("nobody", "Start", "mallory", "live", "standard")
    finally:
        policy.unlink()
        said("systemctl", "reload", "dbus")
    [entry] = entries("mallory")
    assert (entry["TGCFD_CALLER_UID"], entry["TGCFD_OUTCOME"]) == ("65534", "NotAllowed")


def test_root_may_call() -> None:
    prepare("alice", READY)
    assert call("root", "Start", "alice", "live", "standard").returncode == 0
    until(lambda: state("alice") == "active")


def test_the_daemons_user_may_not_ask_systemd_itself() -> None:
    running("alice")
    manager = ["org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager"]
    tries = [
        ("StartTransientUnit", "ssa(sv)a(sa(sv))", "tgcf@eve.service", "fail", "1", "ExecStart", "a(sasb)", "1",
         "/usr/bin/id", "1", "/usr/bin/id", "false", "0"),
        ("StopUnit", "ss", "tgcf@alice.service", "replace"),
        ("KillUnit", "ssi", "tgcf@alice.service", "all", "9"),
        ("SetUnitProperties", "sba(sv)", "tgcf@alice.service", "true", "1", "MemoryMax", "t", "1000000000"),
        ("ResetFailedUnit", "s", "tgcf@alice.service"),
        ("Reload",),
        ("StartUnit", "ss", "tgcfd-broker.service", "replace"),
    ]  # fmt: skip
    before = show("tgcf@alice.service", "MainPID", "MemoryMax")
    for words in tries:
        command = ["setpriv", "--reuid=tgcfd", "--regid=tgcfd", "--clear-groups", "busctl", "call", *manager, *words]
        result = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
        assert result.returncode != 0
        assert "ccess denied" in result.stderr or "authentication required" in result.stderr, (words, result.stderr)
    assert show("tgcf@alice.service", "MainPID", "MemoryMax") == before
    assert state("eve") == "none"


def test_the_daemons_user_may_ask_nobody_else_on_the_bus() -> None:
    """Least of all logind, which would run a manager for units of its own, outside of the daemon's sandbox."""
    login = ["org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager"]
    uid = said("id", "-u", "tgcfd").strip()
    become = ["setpriv", "--reuid=tgcfd", "--regid=tgcfd", "--clear-groups", "busctl", "call"]
    for words in (["SetUserLinger", "ubb", uid, "true", "false"], ["ListUsers"]):
        result = subprocess.run([*become, *login, *words], capture_output=True, text=True, timeout=30, check=False)
        assert "ccess denied" in result.stderr, result
    assert not Path("/var/lib/systemd/linger/tgcfd").exists()
    assert not Path(said("getent", "passwd", "tgcfd").split(":")[5]).exists()


# --- its own life


def test_each_call_is_one_entry_in_the_journal() -> None:
    prepare("carol", READY)
    ask("Start", "carol", "live", "standard")
    refusal("tgcfd", "Start", "carol", "live", "none")
    uid = said("id", "-u", "tgcfd").strip()
    found = until(lambda: entries("carol")[:2] if len(entries("carol")) >= 2 else None)
    fields = ("TGCFD_VERB", "TGCFD_CALLER_UID", "TGCFD_OUTCOME", "PRIORITY")
    assert [tuple(entry[name] for name in fields) for entry in found] == [
        ("Start", uid, "ok", "6"),
        ("Start", uid, "BadProfile", "4"),
    ]  # fmt: skip
    assert found[0]["MESSAGE"] == "Start carol: live mode, profile standard: ok"
    assert len(entries("carol")) == 2


def test_an_entry_says_for_whom_if_it_is_not_the_daemon() -> None:
    assert call("root", "Stop", "dora").returncode != 0
    [entry] = until(lambda: entries("dora"))
    assert entry["MESSAGE"] == "Stop dora for uid 0: NoSuchUnit: tgcf@dora.service is not there"


def test_what_a_caller_sends_cannot_forge_an_entry() -> None:
    refusal("tgcfd", "Stop", "x\nPRIORITY=0\n_UID=0\n\x1b[2J" + "y" * 5000)
    [entry] = entries("x\\nPRIORITY=0\\n_UID=0\\n\\x1b[2J" + "y" * 16 + "...")
    assert entry["PRIORITY"] == "4"
    assert "\x1b" not in entry["MESSAGE"]
    assert len(entry["MESSAGE"]) < 300


def test_it_ends_when_idle_and_comes_back(short_lived: None) -> None:
    for _ in range(2):
        assert "is not there" in refusal("tgcfd", "Stop", "alice")
        until(lambda: show("tgcfd-broker.service", "ActiveState", "Result") == ["inactive", "success"])


def test_no_call_is_lost_while_it_ends(short_lived: None) -> None:
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: refusal("tgcfd", "Stop", "alice"), range(40)))
    assert all("tgcf@alice.service is not there" in answer for answer in answers), answers


def test_killed_in_mid_call_the_caller_is_told_and_the_next_call_works() -> None:
    refusal("tgcfd", "Stop", "alice")
    pid = broker_pid()
    os.kill(pid, signal.SIGSTOP)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(refusal, "tgcfd", "Stop", "alice")
        until(lambda: said("busctl", "list", "--no-pager"))
        os.kill(pid, signal.SIGKILL)
        answer = waiting.result(timeout=10)
    assert "is not there" in answer or "disconnected" in answer or "no reply" in answer.lower(), answer
    assert "is not there" in refusal("tgcfd", "Stop", "alice")
    assert broker_pid() != pid


def test_a_property_that_systemd_does_not_know_is_left_out_if_a_worker_can_do_without() -> None:
    prepare("alice", READY)
    bus = Gio.bus_get_sync(Gio.BusType.SYSTEM)
    unit = [*compose(Wanted("alice", "live", "standard", 1), Settings()), ("FromTheFuture", "b", True)]
    with pytest.raises(Failed, match="FromTheFuture"):
        Manager(bus).start("tgcf@alice.service", unit)  # type: ignore[arg-type]
    said_before = len(lines_about("FromTheFuture"))
    manager = Manager(bus, frozenset({"FromTheFuture"}))
    for _ in range(2):
        manager.start("tgcf@alice.service", unit)  # type: ignore[arg-type]
        manager.kill("tgcf@alice.service")
        until(lambda: state("alice") == "none")
    assert len(lines_about("FromTheFuture")) == said_before + 1


def lines_about(name: str) -> list[str]:
    said("journalctl", "--sync")
    return [
        line for line in said("journalctl", "-b", "-o", "cat", "-n", "50").splitlines() if f"not know {name}" in line
    ]


def test_a_journal_that_is_away_holds_nothing_up(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(journal, "_SOCKET", "/none")
    journal.write(journal.INFO, "two\nlines", {})
    assert capfd.readouterr().err == "<6>two lines\n"
