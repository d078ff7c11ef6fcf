"""The parts of ``tgcfd check`` that need no host: tests/host/inside/test_check.py has the rest."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tgcfd.checks import clock, database_look, finding, limits, listening, look, program, runtime, units
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
    assert shown == Finding(Level.WARNING, "a\ufffd[31m\ufffdb", ("rm 'x\ufffd'",))


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


def test_the_versions_are_those_that_are_installed() -> None:
    lock = (ROOT / "packaging" / "runtime.lock").read_text()
    for name, version in runtime.VERSIONS.items():
        assert f"\n{name}=={version} " in lock


def test_a_look_at_a_database_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a b?c#d.db"
    path.write_bytes(b"not a database" * 100)
    assert database_look.look(path)["problem"] == "file is not a database"
    assert list(tmp_path.iterdir()) == [path]
    assert database_look.look(tmp_path / "absent")["problem"] == "unable to open database file"


def tgcfd(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tgcfd", *words], cwd=ROOT, env={**os.environ, "HOME": str(folder)},
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


def test_settings_alone_without_systemd(tmp_path: Path) -> None:
    settings = tmp_path / "tgcfd.yml"
    settings.write_text(f"supervisor: process\nworker: {{path: [{ROOT}/build/runtime]}}\n")
    said = tgcfd(tmp_path, "check", "--settings", "--config", str(settings))
    assert (said.returncode, said.stdout, said.stderr) == (0, "", "")
    settings.write_text("supervisor: process\nworker: {path: []}\nlisten: 1\n")
    said = tgcfd(tmp_path, "check", "--settings", "--config", str(settings))
    assert (said.returncode, said.stdout) == (78, "")
    assert said.stderr.startswith(f"tgcfd: {settings}, line 3: listen: must be an address")
