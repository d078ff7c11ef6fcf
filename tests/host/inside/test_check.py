"""``tgcfd check`` on a host where something is broken: it says so, and what it says to type mends it."""

from __future__ import annotations

import grp
import json
import os
import pwd
import re
import shlex
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.installed import clear
from tests.host.inside.conftest import RunAs
from tests.host.inside.stage import said, show, until

STATE = Path("/var/lib/tgcfd")
USERS = Path("/var/lib/private/tgcfd/users")
SETTINGS = Path("/etc/tgcfd/tgcfd.yml")
DROP_IN = SETTINGS.with_name("tgcfd.yml.d") / "90-check.yml"
POLICY = Path("/usr/share/dbus-1/system.d/org.tgcfd.Units1.conf")
RUNTIME = Path("/usr/lib/tgcfd/runtime")
CODE = Path("/usr/lib/python3/dist-packages/tgcfd/__init__.py")
NOT_TYPED = re.compile(
    r"(sudo )?(editor|apt|df|ss|ls|journalctl -u|ps|cat|date|timedatectl|systemctl (status|cat|edit))\b"
)


_OF_THE_MACHINE: set[str] = set()
"""What it lacked before a test did anything, as far as that may be: room, memory, controllers of cgroups."""


def _kind(finding: dict[str, Any]) -> str:
    return f"{finding['check']} {re.sub('[0-9]+', 'N', finding['text'])}"


@dataclass(frozen=True)
class Report:
    """What the check said."""

    code: int
    found: list[dict[str, Any]]

    def bad(self, *levels: str) -> list[dict[str, Any]]:
        """What is bad on this host, and nothing that the machine around it lacks."""
        bad = [each for each in self.found if each["level"] in (levels or ("error", "warning"))]
        return [each for each in bad if _kind(each) not in _OF_THE_MACHINE]

    def only(self, level: str, name: str, words: str) -> dict[str, Any]:
        """The one finding like that."""
        matching = [each for each in self.bad(level) if each["check"] == name and re.search(words, each["text"])]
        assert len(matching) == 1, f"{level} {name} {words}: {self.bad() or self.found}"
        return matching[0]


def check(*words: str, user: str = "root") -> Report:
    begun = time.monotonic()
    result = subprocess.run(
        ["runuser", "-u", user, "--", "tgcfd", "check", "--json", *words],
        capture_output=True, text=True, timeout=60, check=False, cwd="/",
    )  # fmt: skip
    assert time.monotonic() - begun < 15
    assert result.stderr == ""
    report = Report(result.returncode, json.loads(result.stdout)["checks"])
    assert report.code == (1 if "error" in {each["level"] for each in report.found} else 0)
    assert "fault" not in result.stdout
    return report


def tgcfd_check() -> str:
    """What people see."""
    return subprocess.run(["tgcfd", "check"], capture_output=True, text=True, timeout=60, check=False).stdout


def type_in(finding: dict[str, Any]) -> None:
    """Do what it says, but for what only shows something, or needs a person or a package."""
    typed = [command for command in finding["commands"] if not NOT_TYPED.match(command)]
    assert typed, finding
    for command in typed:
        result = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=60, check=False)
        assert result.returncode == 0, f"{command}: {result.stdout}{result.stderr}"


@pytest.fixture(autouse=True, scope="module")
def _machine() -> None:
    _OF_THE_MACHINE.update(_kind(each) for each in check().bad() if each["check"] in {"disk", "memory", "limits"})


@pytest.fixture(autouse=True)
def _host() -> Iterator[None]:
    """A host where all is well."""
    subprocess.run(["systemctl", "reset-failed"], check=False)
    said("systemctl", "enable", "--quiet", "tgcfd.socket", "tgcfd.service")
    said("systemctl", "start", "tgcfd.socket", "tgcfd.service")
    yield
    if DROP_IN.exists():
        DROP_IN.unlink()
        said("systemctl", "restart", "tgcfd.service")


def begun_again() -> None:
    until(lambda: show("tgcfd.service", "ActiveState", "StatusText") == ["active", SERVES])


SERVES = "No account yet: sudo tgcfd user add --admin you@example.org; serves http://127.0.0.1:8470"


def test_nothing_is_wrong_on_a_host_where_all_is_well() -> None:
    report = check()
    assert report.bad() == []
    assert "unseen" not in {each["level"] for each in report.found}
    names = {each["check"] for each in report.found}
    assert names >= {"settings", "systemd", "units", "socket", "daemon", "broker", "journal", "runtime", "clock"}
    assert names >= {"data", "database", "disk", "memory", "limits", "listen"}


def test_people_read_a_line_for_each_and_a_count() -> None:
    lines = [line for line in tgcfd_check().splitlines() if not line.startswith(" ")]
    if not _OF_THE_MACHINE:
        assert lines[-1] == "Nothing is wrong."
    assert all(re.fullmatch(r"(ok|warning|error) +[a-z]+: +\S.*", line) for line in lines[:-1])
    assert len([line for line in lines if line.startswith("ok ")]) >= 15


def test_without_root_it_says_what_it_could_not_see(run_as: RunAs) -> None:
    report = check(user="nobody")
    assert report.bad() == []
    unseen = {each["check"] for each in report.found if each["level"] == "unseen"}
    assert unseen == {"daemon", "broker", "journal", "clock", "data", "database"}
    shown = run_as("nobody", "tgcfd", "check").stdout.splitlines()
    assert shown[-2].endswith("sudo tgcfd check")
    assert "sudo systemctl" in run_as("nobody", "tgcfd", "check", "--config", "/no.yml").stdout


def test_it_leaves_no_file_of_root_s_among_the_daemon_s() -> None:
    said("systemctl", "stop", "tgcfd.socket", "tgcfd.service")
    check()
    root_s = [path for path in STATE.rglob("*") if path.lstat().st_uid == 0]
    assert root_s == [STATE / "users"]


def test_a_unit_that_is_stopped_or_does_not_begin_with_the_host() -> None:
    said("systemctl", "disable", "--quiet", "tgcfd.socket", "tgcfd.service")
    type_in(check().only("warning", "units", "tgcfd.socket does not begin with the host"))
    type_in(check().only("warning", "units", "tgcfd.service does not begin with the host"))
    said("systemctl", "stop", "tgcfd.service")
    type_in(check().only("error", "daemon", "does not run"))
    said("systemctl", "stop", "tgcfd.socket", "tgcfd.service")
    type_in(check().only("error", "socket", "does not listen"))
    said("systemctl", "stop", "tgcfd.socket", "tgcfd.service")
    said("systemctl", "mask", "--runtime", "tgcfd.socket")
    type_in(check().only("error", "units", "masked"))
    begun_again()
    assert check().bad() == []


def test_a_unit_file_that_systemd_has_not_read() -> None:
    (file,) = show("tgcfd.service", "FragmentPath")
    Path(file).touch()
    type_in(check().only("warning", "units", "has not read it yet"))
    assert check().bad() == []


def test_settings_that_cannot_be_used_are_said_with_their_line() -> None:
    DROP_IN.write_text("worker:\n  probe_seconds: 0\n  path: []\nlisten: 1\n")
    report = check()
    first = report.only("error", "settings", f"^{DROP_IN}, line 2: worker.probe_seconds: must be")
    report.only("error", "settings", f"^{DROP_IN}, line 4: listen: must be")
    last = report.only("error", "settings", f"^{DROP_IN}, line 3: worker.path: tgcf is not there")
    assert (first["commands"], last["commands"][0]) == ([], f"editor {DROP_IN}")
    assert not [each for each in report.found if "has not read" in each["text"]]
    said("systemctl", "reset-failed")
    subprocess.run(["systemctl", "restart", "tgcfd.service"], check=False, capture_output=True)
    check().only("error", "daemon", "its settings cannot be used|does not listen|does not run")
    DROP_IN.unlink()
    type_in(last)
    said("systemctl", "start", "tgcfd.socket", "tgcfd.service")
    assert check().bad() == []


@pytest.mark.parametrize("mode", [0o600, 0o666])
def test_settings_that_the_daemon_cannot_read_or_others_can_change(mode: int) -> None:
    DROP_IN.write_text("accounts: {token_minutes: 5}\n")
    DROP_IN.chmod(mode)
    report = check()
    if mode == 0o600:
        report.only("error", "settings", "user tgcfd cannot read it")
        DROP_IN.chmod(0o644)
    else:
        type_in(report.only("error", "settings", "can be changed by others"))
    said("systemctl", "reload", "tgcfd")
    until(lambda: check().bad() == [])


def test_settings_and_code_that_the_daemon_has_not_taken_up() -> None:
    DROP_IN.write_text("accounts: {token_minutes: 5}\n")
    type_in(check().only("warning", "daemon", f"has not read {DROP_IN}"))
    until(lambda: check().bad() == [])
    CODE.touch()
    type_in(check().only("warning", "daemon", "older code"))
    until(lambda: check().bad() == [])


def test_a_daemon_that_hangs() -> None:
    (pid,) = show("tgcfd.service", "MainPID")
    os.kill(int(pid), signal.SIGSTOP)
    try:
        found = check().only("error", "daemon", "does not answer")
        assert found["commands"][-1] == "systemctl restart tgcfd"
    finally:
        os.kill(int(pid), signal.SIGCONT)
    assert check().bad() == []


def test_the_bus_lets_the_daemon_call_nobody_or_the_broker_is_not_there() -> None:
    away = POLICY.with_suffix(".away")
    POLICY.rename(away)
    said("systemctl", "reload", "dbus")
    try:
        found = check().only("error", "broker", "does not let the daemon call")
    finally:
        away.rename(POLICY)
    type_in(found)
    until(lambda: check().bad() == [])
    said("systemctl", "stop", "tgcfd-broker")
    said("systemctl", "mask", "--runtime", "tgcfd-broker")
    report = check()
    found = report.only("error", "broker", "does not answer")
    assert not any("dbus" in command and "restart" in command for command in found["commands"])
    masked = report.only("error", "units", "tgcfd-broker.service is masked")
    said(*shlex.split(masked["commands"][0]))
    assert check().bad() == []


def test_logs_that_a_reboot_loses_or_nobody_keeps() -> None:
    said("cp", "-a", "/var/log/journal", "/var/log/journal.away")
    said("rm", "-r", "/var/log/journal")
    try:
        type_in(check().only("warning", "journal", "lost at a reboot"))
        assert check().bad() == []
    finally:
        said("rm", "-r", "/var/log/journal")
        said("mv", "/var/log/journal.away", "/var/log/journal")
        said("systemctl", "restart", "systemd-journald")
    drop_in = Path("/etc/systemd/journald.conf.d/90-check.conf")
    drop_in.parent.mkdir(exist_ok=True)
    for storage, level in (("none", "error"), ("volatile", "warning")):
        drop_in.write_text(f"[Journal]\nStorage={storage}\n")
        check().only(level, "journal", f"Storage={storage}")
    drop_in.unlink()
    assert check().bad() == []


def test_a_journal_that_only_root_can_read() -> None:
    for path in [Path("/var/log/journal"), *Path("/var/log/journal").rglob("*")]:
        os.chown(path, 0, 0)
        path.chmod(0o700 if path.is_dir() else 0o600)
    type_in(check().only("error", "journal", "cannot read the journal"))
    assert check().bad() == []


def test_a_runtime_that_lacks_something_or_is_another() -> None:
    with moved(RUNTIME / "telethon"):
        check().only("error", "runtime", "cannot import tgcf .*telethon")
    (metadata,) = RUNTIME.glob("[Tt]elethon-*.dist-info")
    text = (metadata / "METADATA").read_text()
    (metadata / "METADATA").write_text(text.replace("Version: 1.26.0", "Version: 1.27.0"))
    try:
        check().only("warning", "runtime", r"Telethon 1\.27\.0 is not the version")
    finally:
        (metadata / "METADATA").write_text(text)
    assert check().bad() == []


def break_key_mode() -> None:
    (STATE / "keys" / "jwt.key").chmod(0o644)


def break_key_owner() -> None:
    os.chown(STATE / "keys" / "jwt.key", 0, 0)


def break_folder_owner() -> None:
    os.chown(STATE, 65534, 65534)


def break_database_mode() -> None:
    (STATE / "tgcfd.db").chmod(0o644)


def break_database_owner() -> None:
    os.chown(STATE / "tgcfd.db", 0, 0)


def break_database_link() -> None:
    Path("/etc/tgcfd/target").touch(mode=0o644)
    Path("/var/lib/tgcfd/tgcfd.db-extra").symlink_to("/etc/tgcfd/target")
    os.chown("/var/lib/tgcfd/tgcfd.db-extra", *_daemon(), follow_symlinks=False)


def _daemon() -> tuple[int, int]:
    return pwd.getpwnam("tgcfd").pw_uid, grp.getgrnam("tgcfd-worker").gr_gid


def break_folder_mode() -> None:
    STATE.chmod(0o777)


def break_time() -> None:
    os.utime(STATE / "lock", (time.time() + 864000,) * 2)


@pytest.mark.parametrize(
    ("breaks", "level", "name", "words"),
    [
        (break_key_mode, "error", "data", "jwt.key can be read by others"),
        (break_key_owner, "error", "data", "jwt.key does not belong"),
        (break_folder_owner, "error", "data", "must belong to root"),
        (break_database_mode, "error", "data", "tgcfd.db can be read by others"),
        (break_database_owner, "error", "data", "tgcfd.db does not belong"),
        (break_database_link, "error", "data", "tgcfd.db-extra is a link"),
        (break_folder_mode, "error", "data", "must belong to root and have the mode 1770; it is 777"),
        (break_time, "warning", "clock", "lock was written 10 days from now"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_data_that_is_not_as_it_should_be(breaks: Callable[[], None], level: str, name: str, words: str) -> None:
    breaks()
    type_in(check().only(level, name, words))
    until(lambda: check().bad() == [])
    target = Path("/etc/tgcfd/target")
    if target.exists():  # what a link leads to is not touched
        assert (target.stat().st_uid, target.stat().st_mode & 0o777) == (0, 0o644)
        target.unlink()


def test_what_root_has_left_in_somebody_s_folder() -> None:
    folder = USERS / "zoe"
    folder.mkdir()
    shutil.chown(folder, "tgcfd", "tgcfd-worker")
    evil = folder / "a b; touch hacked\x1b[31m\n"
    evil.touch()
    try:
        report = check()
        assert "\x1b" not in tgcfd_check()
        found = report.only("warning", "data", "belongs to root")
        assert "'" in found["commands"][-1]
        evil.rename(folder / "plain name")
        type_in(check().only("warning", "data", "zoe/plain name belongs to root"))
        assert check().bad() == []
    finally:
        shutil.rmtree(folder)


def test_a_database_that_is_damaged_or_newer() -> None:
    said("systemctl", "stop", "tgcfd.socket", "tgcfd.service")
    database = STATE / "tgcfd.db"
    good = database.read_bytes()

    def broken() -> dict[str, Any]:
        (found,) = [each for each in check().bad("error") if each["check"] == "database"]
        return found

    with closing(sqlite3.connect(database)) as connection:
        connection.execute("pragma user_version = 999")
    for path in STATE.glob("tgcfd.db-*"):
        path.unlink()
    assert "written by a newer tgcfd (version 999" in broken()["text"]
    database.write_bytes(good[:4096] + os.urandom(8192) + good[12288:])
    assert "tgcfd restore FILE" in broken()["commands"][0]
    database.write_bytes(b"no database at all" * 1000)
    assert "file is not a database" in broken()["text"]
    database.write_bytes(good)
    shutil.chown(database, "tgcfd", "tgcfd-worker")
    said("systemctl", "start", "tgcfd.socket", "tgcfd.service")
    assert check().bad() == []


@pytest.mark.parametrize(
    ("options", "words"), [("size=8m", "is full"), ("size=300m", "nearly full"), ("nr_inodes=50", "only .* more files")]
)
def test_a_disk_without_room(options: str, words: str) -> None:
    said("mount", "-t", "tmpfs", "-o", f"{options},mode=2750,uid=tgcfd,gid=tgcfd-worker", "tmpfs", str(USERS))
    try:
        check().only("warning" if "nearly" in words else "error", "disk", words)
    finally:
        said("umount", str(USERS))
    assert check().bad() == []


def test_workers_that_may_take_more_than_there_is() -> None:
    DROP_IN.write_text("profiles: {standard: {memory_mib: 1048576}}\n")
    said("systemctl", "stop", "tgcfd.socket", "tgcfd.service")  # which would end a worker that it does not know
    said("systemd-run", "--quiet", "--unit=tgcf@zoe.service", "sleep", "1000")
    try:
        check().only("warning", "memory", "1 worker may take 1024 GiB")
    finally:
        said("systemctl", "stop", "tgcf@zoe.service")


def test_an_address_that_is_open_to_others() -> None:
    drop_in = Path("/etc/systemd/system/tgcfd.socket.d/open.conf")
    drop_in.parent.mkdir()
    drop_in.write_text("[Socket]\nListenStream=\nListenStream=0.0.0.0:8471\n")
    said("systemctl", "daemon-reload")
    DROP_IN.write_text("listen: 127.0.0.1:8472\n")
    try:
        said("systemctl", "restart", "tgcfd.socket")
        said("systemctl", "start", "tgcfd.service")
        report = check()
        report.only("warning", "listen", r"0\.0\.0\.0:8471 is open to others without HTTPS")
        report.only("warning", "listen", f"{DROP_IN}, line 1: listen: 127.0.0.1:8472 is not used")
        assert "the daemon answers on 0.0.0.0:8471" in [each["text"] for each in report.found]
    finally:
        shutil.rmtree(drop_in.parent)
        DROP_IN.unlink()
        said("systemctl", "daemon-reload")
        said("systemctl", "restart", "tgcfd.socket")
        said("systemctl", "start", "tgcfd.service")
    assert check().bad() == []


def test_a_socket_that_was_changed_and_not_restarted() -> None:
    drop_in = Path("/etc/systemd/system/tgcfd.socket.d/moved.conf")
    drop_in.parent.mkdir()
    drop_in.write_text("[Socket]\nListenStream=\nListenStream=127.0.0.1:8471\n")
    try:
        said("systemctl", "daemon-reload")
        report = check()
        found = report.only("error", "socket", "was changed to 127.0.0.1:8471, but still listens where it did")
        assert report.bad("error") == [found]
        type_in(found)
        assert "the daemon answers on 127.0.0.1:8471" in [each["text"] for each in check().found]
        assert check().bad() == []
    finally:
        shutil.rmtree(drop_in.parent)
        said("systemctl", "daemon-reload")
        said("systemctl", "restart", "tgcfd.socket")


def test_a_mistake_on_the_command_line_is_mended_there() -> None:
    found = check("--state-dir", "/tmp/none").only("error", "settings", "^--state-dir: must be /var/lib/tgcfd")
    assert found["commands"] == []


def test_a_daemon_that_is_starting_is_waited_for() -> None:
    drop_in = Path("/run/systemd/system/tgcfd.service.d/slow.conf")
    drop_in.parent.mkdir(parents=True)
    drop_in.write_text("[Service]\nExecStartPre=/bin/sleep 2\n")
    try:
        said("systemctl", "daemon-reload")
        said("systemctl", "restart", "--no-block", "tgcfd.service")
        until(lambda: show("tgcfd.service", "ActiveState") == ["activating"])
        assert [each for each in check().bad() if each["check"] == "daemon"] == []
    finally:
        shutil.rmtree(drop_in.parent)
        said("systemctl", "daemon-reload")


def test_the_settings_alone_are_judged_silently(run_as: RunAs) -> None:
    for user in ("root", "tgcfd"):
        result = run_as(user, "tgcfd", "check", "--settings")
        assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    DROP_IN.write_text("lisen: 1\nworker: {python: /no}\nstate_dir: /srv\n")
    result = run_as("root", "tgcfd", "check", "--settings")
    assert result.returncode == 78
    assert result.stderr.startswith(f"tgcfd: {DROP_IN}, line 1: lisen: there is no such setting")
    DROP_IN.write_text("worker: {python: /no}\nstate_dir: /var/lib/private\n")
    result = run_as("root", "tgcfd", "check", "--settings")
    assert (result.returncode, result.stderr.splitlines()) == (
        78,
        [
            f"tgcfd: {DROP_IN}, line 1: worker.python: /no is not a program",
            f"tgcfd: {DROP_IN}, line 2: state_dir: must be /var/lib/tgcfd where systemd runs the workers",
        ],
    )
    DROP_IN.write_text("")
    DROP_IN.chmod(0o600)
    result = run_as("root", "tgcfd", "check", "--settings")
    assert result.returncode == 78
    assert "user tgcfd cannot read it" in result.stderr


@contextmanager
def moved(path: Path) -> Iterator[None]:
    """Away, for a while."""
    away = path.with_name(f"{path.name}.away")
    path.rename(away)
    try:
        yield
    finally:
        away.rename(path)


def test_the_last_of_it_leaves_the_host_as_it_was() -> None:
    clear()
    assert check().bad("error") == []
