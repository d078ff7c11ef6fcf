"""The parts of ``tgcfd check`` that need no host: tests/host/inside/test_check.py has the rest."""

from __future__ import annotations

import dataclasses
import ipaddress
import json
import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tgcfd.checks import (
    clock,
    daemon,
    database,
    database_look,
    disk,
    files,
    finding,
    limits,
    listening,
    look,
    program,
    runtime,
    units,
)
from tgcfd.checks import host as checked_host
from tgcfd.checks.finding import Finding, Level, NotSeen, ok
from tgcfd.checks.host import Host
from tgcfd.checks.look import Check, look_at
from tgcfd.settings import Listen, Settings, SupervisorKind, TlsSettings

ROOT = Path(__file__).parents[3]
PROCESS = Host(Settings(supervisor=SupervisorKind.PROCESS))
SYSTEMD = Host(Settings(supervisor=SupervisorKind.SYSTEMD))


def answers(monkeypatch: pytest.MonkeyPatch, module: object, said: str, code: int = 0) -> None:
    monkeypatch.setattr(module, "ask", lambda *_words, **_how: program.Answer(code, said, ""))


def test_whatever_happens_in_one_check_the_others_are_said_and_in_order() -> None:
    hangs = threading.Event()

    def no_answer(_host: Host) -> Iterator[Finding]:
        hangs.wait(30)
        yield ok("too late")

    def unseen(_host: Host) -> Iterator[Finding]:
        yield ok("before")
        raise NotSeen("not for you")

    def unreadable(_host: Host) -> Iterator[Finding]:
        yield ok(Path("/no/such/file").read_text())

    def faulty(_host: Host) -> Iterator[Finding]:
        yield ok(str(1 / 0))

    checks = tuple(Check(each.__name__, each) for each in (no_answer, unseen, unreadable, faulty))
    begun = time.monotonic()
    found = look_at(PROCESS, checks, seconds=0.3)
    assert time.monotonic() - begun < 5
    hangs.set()
    assert [(name, each.level) for name, each in found] == [
        ("no_answer", Level.WARNING),
        ("unseen", Level.OK),
        ("unseen", Level.UNSEEN),
        ("unreadable", Level.UNSEEN),
        ("faulty", Level.WARNING),
    ]
    assert found[3][1].text == "/no/such/file: No such file or directory"
    assert "ZeroDivisionError" in found[4][1].text


def test_where_systemd_does_not_run_nothing_is_asked_of_it() -> None:
    names = {each.name for each in look.CHECKS if each.everywhere}
    assert names.isdisjoint({"systemd", "units", "socket", "broker", "journal", "limits"})


def test_a_program_that_does_not_end_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "SECONDS", 0.1)
    with pytest.raises(NotSeen, match="sleep has not answered"):
        program.ask("sleep", "30")
    with pytest.raises(NotSeen, match="no-such-program cannot be run"):
        program.ask("no-such-program")


def test_what_would_steer_a_terminal_is_not_printed() -> None:
    shown = finding.warning("a\x1b[31m\nb", "rm 'x\x07'").printable()
    assert "".join((shown.text, *shown.commands)).isprintable()
    assert (shown.text[0], shown.text[-1], shown.commands[0][:5]) == ("a", "b", "rm 'x")


@pytest.mark.parametrize(
    ("said", "level"),
    [
        ("systemd 252 (252.39-1~deb12u1)\n+PAM", Level.OK),
        ("systemd 257 (257.7-1)", Level.OK),
        ("systemd 247 (247.3-7)", Level.ERROR),
        ("something else", Level.WARNING),
    ],
)
def test_how_old_systemd_may_be(monkeypatch: pytest.MonkeyPatch, said: str, level: Level) -> None:
    answers(monkeypatch, units, said)
    assert [each.level for each in units.version(SYSTEMD)] == [level]


@pytest.mark.parametrize(
    ("addresses", "tls", "level"),
    [
        (["127.0.0.1:8470"], False, Level.OK),
        (["[::1]:8470", "/run/tgcfd.sock"], False, Level.OK),
        (["127.1.2.3:1"], False, Level.OK),
        (["0.0.0.0:8470"], False, Level.WARNING),
        (["[::]:8470"], False, Level.WARNING),
        (["[fe80::1%eth0]:8470"], False, Level.WARNING),
        (["127.0.0.1:8470", "192.0.2.1:80"], False, Level.WARNING),
        (["0.0.0.0:443"], True, Level.OK),
    ],
)
def test_what_is_open_to_others_is_to_be_encrypted(
    monkeypatch: pytest.MonkeyPatch, addresses: list[str], tls: bool, level: Level
) -> None:
    monkeypatch.setattr(units, "addresses", lambda: addresses)
    files = TlsSettings(certificate=Path("/c"), key=Path("/k")) if tls else TlsSettings()
    host = Host(dataclasses.replace(SYSTEMD.settings, tls=files))
    assert [each.level for each in listening.safe(host)] == [level]


@pytest.mark.parametrize(
    ("trusted", "address", "said"),
    [
        ([], "127.0.0.1:8470", False),
        (["127.0.0.1"], "127.0.0.1:8470", True),
        (["::1/128", "10.0.0.0/8"], "[::1]:8470", True),
        (["10.0.0.0/8"], "127.0.0.1:8470", False),
        (["127.0.0.1"], "/run/tgcfd.sock", False),
    ],
)
def test_what_comes_of_trusting_a_proxy_on_this_host(
    monkeypatch: pytest.MonkeyPatch, trusted: list[str], address: str, said: bool
) -> None:
    monkeypatch.setattr(units, "addresses", lambda: [address])
    proxies = ("unix", *map(ipaddress.ip_network, trusted))
    (found,) = listening.safe(Host(dataclasses.replace(SYSTEMD.settings, trusted_proxies=proxies)))
    assert found.level is Level.OK  # it is what the README says, and good where nobody else logs in
    assert ("passes for the proxy" in found.text) is said


def test_an_address_that_was_set_and_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(units, "addresses", lambda: ["127.0.0.1:8470"])
    host = Host(
        dataclasses.replace(SYSTEMD.settings, listen=Listen("127.0.0.1", 1), origins={"listen": "a.yml, line 3"})
    )
    first, _second = listening.safe(host)
    assert first.text == "a.yml, line 3: listen: 127.0.0.1:1 is not used: tgcfd.socket listens on 127.0.0.1:8470"


@pytest.mark.parametrize(
    ("make", "memory", "missing"),
    [
        ({"cgroup.controllers": "cpuset cpu io memory pids"}, "1000", ""),
        ({"cgroup.controllers": "cpu pids"}, "1000", "memory"),
        ({"cgroup.controllers": ""}, "[not set]", "memory, pids, cpu"),
        ({"cpu,cpuacct": None, "memory": None, "pids": None}, "1000", ""),
        ({"cpu,cpuacct": None, "memory": None, "pids": None}, "[not set]", "memory"),  # there, but only to be read
        ({"systemd": None}, "1000", "memory, pids, cpu"),
    ],
)
def test_controllers_without_which_limits_are_not_kept(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, make: dict[str, str | None], memory: str, missing: str
) -> None:
    for name, text in make.items():
        if text is None:
            (tmp_path / name).mkdir()
        else:
            (tmp_path / name).write_text(text)
    monkeypatch.setattr(limits, "CGROUPS", tmp_path)
    has = {"ActiveState": "active", "MemoryCurrent": memory, "TasksCurrent": "3"}
    monkeypatch.setattr(limits, "properties", lambda *_names: has)
    (found,) = limits.kept(SYSTEMD)
    assert found.level is (Level.WARNING if missing else Level.OK)
    assert f"limits of: {missing} (" in found.text or not missing


@pytest.mark.parametrize(
    ("said", "container", "level", "typed"),
    [
        ("NTPSynchronized=yes\nCanNTP=yes\n", 1, Level.OK, ""),
        ("NTPSynchronized=no\nCanNTP=yes\n", 1, Level.WARNING, "timedatectl set-ntp true"),
        ("NTPSynchronized=no\nCanNTP=no\n", 1, Level.WARNING, "apt install systemd-timesyncd"),
        ("NTPSynchronized=no\nCanNTP=no\n", 0, Level.OK, ""),
    ],
)
def test_what_sets_the_clock(
    monkeypatch: pytest.MonkeyPatch, said: str, container: int, level: Level, typed: str
) -> None:
    codes = {"timedatectl": 0, "systemd-detect-virt": container}
    monkeypatch.setattr(clock, "ask", lambda *words: program.Answer(codes[words[0]], said, ""))
    (found,) = clock.synchronised(SYSTEMD)
    assert found.level is level
    assert " ".join(found.commands).endswith(typed)


def test_a_clock_behind_the_program_itself(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(clock.time, "time", lambda: Path(program.tgcfd.__file__).stat().st_mtime - 3 * 86400)
    (found,) = clock.plausible(Host(Settings(state_dir=tmp_path)))
    assert (found.level, found.text) == (Level.ERROR, "the clock is behind: this program was made 3 days later")


def test_what_was_written_in_the_future_is_touched_and_not_what_it_leads_to(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.touch()
    (tmp_path / "lock").symlink_to(elsewhere)
    os.utime(tmp_path / "lock", (time.time() + 864000,) * 2, follow_symlinks=False)
    host = Host(Settings(state_dir=tmp_path))
    (found,) = clock.plausible(host)
    assert (found.level, found.text.split(" from now")[0]) == (
        Level.WARNING, f"{tmp_path}/lock was written 10 days",
    )  # fmt: skip
    subprocess.run(["sh", "-c", found.commands[-1].removeprefix("sudo ")], check=True)
    assert [each.level for each in clock.plausible(host)] == [Level.OK]


def test_memory_that_is_short(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "meminfo").write_text("MemTotal:  1024000 kB\nMemAvailable:  102400 kB\n")
    monkeypatch.setattr(limits, "MEMORY", tmp_path / "meminfo")
    (found,) = limits.memory(PROCESS)
    assert (found.level, found.text) == (Level.WARNING, "only 100 MiB of memory are free")


def test_without_systemd_only_the_disk_of_the_data_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(disk, "HOST_USERS", Path("/proc"))
    monkeypatch.setattr(disk, "PERSISTENT", Path("/sys"))
    (found,) = disk.room(Host(Settings(supervisor=SupervisorKind.PROCESS, state_dir=tmp_path)))
    assert found.text.startswith(f"{tmp_path} ")
    assert len(list(disk.room(Host(Settings(supervisor=SupervisorKind.SYSTEMD, state_dir=tmp_path))))) == 3


def test_files_that_were_not_looked_at_are_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(files, "MOST", 3)
    host = Host(Settings(supervisor=SupervisorKind.PROCESS, state_dir=tmp_path))
    alice = tmp_path / "users" / "alice"
    alice.mkdir(parents=True)
    for name in ("a", "b"):
        (alice / name).touch()
    monkeypatch.setattr(files, "_belongs_to_root", lambda _path: False)
    assert [each.text for each in files.people(host)] == ["root has left nothing in people's folders"]
    (alice / "c").touch()
    looking = files.people(host)
    with pytest.raises(NotSeen, match="more than 3 files in people's folders: the others were not looked at"):
        list(looking)


def test_more_of_root_s_files_than_are_shown_are_counted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(files, "_belongs_to_root", lambda path: path.is_file())
    folder = tmp_path / "users" / "alice"
    folder.mkdir(parents=True)
    for number in range(8):
        (folder / str(number)).touch()
    found = list(files.people(Host(Settings(supervisor=SupervisorKind.PROCESS, state_dir=tmp_path))))
    assert len(found) == 6
    assert found[-1].text == "3 more files in people's folders belong to root"


def test_a_folder_that_the_daemon_refuses_is_not_for_anybody_to_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    host = Host(Settings(supervisor=SupervisorKind.SYSTEMD, state_dir=Path("/etc")))
    for check in (files.folder, files.inside, database.whole):
        with pytest.raises(NotSeen, match="/etc is not looked at"):
            list(check(host))


def test_what_is_not_the_daemon_s_is_left_alone(tmp_path: Path) -> None:
    for name in ("lost+found", "mine.tgz", "shadow"):
        (tmp_path / name).symlink_to("/etc")
    on_systemd = dataclasses.replace(SYSTEMD, settings=dataclasses.replace(SYSTEMD.settings, state_dir=tmp_path))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checked_host, "HOST_STATE_DIR", tmp_path)
        patch.setattr(Host, "daemon", None)
        assert [each.text for each in files.inside(on_systemd)] == ["the daemon's files are its own"]
        (tmp_path / "tgcfd.db-wal").symlink_to("/etc")
        (found,) = files.inside(on_systemd)
    assert found.text == f"{tmp_path}/tgcfd.db-wal is a link, where the daemon makes none"


def test_a_data_folder_that_is_a_link(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    link = tmp_path / "data"
    link.symlink_to(tmp_path / "disk")
    monkeypatch.setattr(checked_host, "HOST_STATE_DIR", link)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    host = Host(Settings(supervisor=SupervisorKind.SYSTEMD, state_dir=link))
    (found,) = files.folder(host)
    assert "is a link" in found.text
    assert found.commands == (
        "systemctl stop tgcfd.socket tgcfd",
        f"rm {link}",
        f"mkdir {link}",
        f"mount --bind {tmp_path / 'disk'} {link}   # and a line in /etc/fstab",
        "systemd-tmpfiles --create tgcfd.conf",
    )


def test_a_folder_for_everybody_is_not_taken_away_from_them(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)  # as /tmp
    (found,) = files.folder(Host(Settings(supervisor=SupervisorKind.PROCESS, state_dir=tmp_path)))
    assert (found.level, found.commands) == (Level.ERROR, ())


def test_what_the_daemon_could_not_do_so_far_is_wrong(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "tgcfd.db")) as connection:
        connection.execute("create table follow_up (slug, deleted, changed, problem)")
        rows = [("ann", 1, 1, "Permission denied: type this"), ("bob", 0, 2, "no answer"), ("cyd", 1, 3, None)]
        connection.executemany("insert into follow_up values (?, ?, ?, ?)", rows)
        connection.commit()
    found = list(database.whole(Host(Settings(supervisor=SupervisorKind.PROCESS, state_dir=tmp_path))))
    assert [(each.level, each.text) for each in found] == [
        (Level.OK, "the database is whole"),
        (Level.WARNING, "what the deleted account ann has left is not seen to yet: Permission denied: type this"),
        (Level.WARNING, "a change of the account bob is not seen to yet: no answer"),
    ]


def test_where_the_daemon_does_not_run_it_says_how_to_start_it(tmp_path: Path) -> None:
    settings = Settings(
        supervisor=SupervisorKind.PROCESS, state_dir=tmp_path / "a b", listen=Listen("127.0.0.1", 1),
        origins={"state_dir": "--state-dir"},
    )  # fmt: skip
    (found,) = daemon.runs(Host(settings, Path("/c.yml")))
    assert found.text == "the daemon does not answer on 127.0.0.1:1: Connection refused"
    assert found.commands == (f"tgcfd serve --config /c.yml --state-dir '{tmp_path}/a b'",)


def test_the_versions_are_those_that_are_installed() -> None:
    lock = (ROOT / "packaging" / "runtime.lock").read_text()
    for name, version in runtime.VERSIONS.items():
        assert f"\n{name}=={version} " in lock
    smoke = (ROOT / "packaging" / "debian" / "tests" / "smoke").read_text()
    for name in ("tgcf", "Telethon"):
        assert f'{name.lower()}.__version__ == "{runtime.VERSIONS[name]}"' in smoke


def test_a_look_at_a_database_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a b?c#d.db"
    path.write_bytes(b"not a database" * 100)
    assert database_look.look(path)["problem"] == "file is not a database"
    assert list(tmp_path.iterdir()) == [path]
    assert database_look.look(tmp_path / "absent")["problem"] == "unable to open database file"


def tgcfd(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """As it is typed in a clone, where no Python but that of .venv finds tgcfd by itself."""
    return subprocess.run(
        [str(Path(sys.executable).with_name("tgcfd")), *words], cwd=folder, env={**os.environ, "HOME": str(folder)},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_without_systemd_it_says_what_is_missing_and_looks_at_what_is_there(tmp_path: Path) -> None:
    settings = tmp_path / "tgcfd.yml"
    settings.write_text(f"supervisor: process\nworker: {{path: [{ROOT}/build/runtime]}}\nlisten: 127.0.0.1:1\n")
    said = tgcfd(tmp_path, "check", "--json", "--config", str(settings), "--state-dir", str(tmp_path / "state"))
    assert said.stderr == ""
    found = {(each["check"], each["level"]): each["text"] for each in json.loads(said.stdout)["checks"]}
    assert "have no limit of memory" in found["supervisor", "warning"]
    assert found["settings", "ok"] == "the settings can be used"
    assert found["runtime", "ok"].startswith("workers have tgcf 1.1.8")
    assert found["database", "ok"].startswith("there is no database yet")
    assert "does not answer on 127.0.0.1:1" in found["daemon", "error"]
    assert said.returncode == 1
    assert not (tmp_path / "state").exists()


def test_the_settings_alone_are_judged_without_the_libraries_of_the_daemon(tmp_path: Path) -> None:
    settings = tmp_path / "tgcfd.yml"
    settings.write_text(f"supervisor: process\nworker: {{path: [{ROOT}/build/runtime]}}\n")
    heavy = {"aiohttp", "argon2", "asyncio", "gi", "jsonschema", "jwt", "sqlite3"}
    words = ["check", "--settings", "--config", str(settings)]
    code = f"import sys; from tgcfd.cli import main; print(main({words}), *({heavy} & set(sys.modules)))"
    said = subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, timeout=30, capture_output=True)
    assert said.stdout == b"0\n"  # systemctl reload waits for it


def test_settings_alone_without_systemd(tmp_path: Path) -> None:
    settings = tmp_path / "tgcfd.yml"
    settings.write_text(f"supervisor: process\nworker: {{path: [{ROOT}/build/runtime]}}\n")
    said = tgcfd(tmp_path, "check", "--settings", "--config", str(settings))
    assert (said.returncode, said.stdout, said.stderr) == (0, "", "")
    settings.write_text("supervisor: process\nworker: {path: []}\nlisten: 1\n")
    said = tgcfd(tmp_path, "check", "--settings", "--config", str(settings))
    assert (said.returncode, said.stdout) == (78, "")
    listen, path = said.stderr.splitlines()
    assert listen.startswith(f"tgcfd: {settings}, line 3: listen: must be an address")
    assert path == f"tgcfd: {settings}, line 2: worker.path: tgcf is not there (it names nothing)"
