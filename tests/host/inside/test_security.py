"""How much the three kinds of units may do by systemd's own measure, and that a worker's limits bite."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.host.inside.stage import (
    READY,
    USERS,
    answer,
    ask,
    prepare,
    said,
    show,
    start,
    state,
    stop_all,
    tried,
    until,
    use_stub,
    use_tgcf,
)

SMALL = "profiles: {small: {memory_mib: 64, tasks: 12, cpu_percent: 20, io_weight: 10, open_files: 128}}"


@pytest.fixture(autouse=True)
def stage() -> Iterator[None]:
    use_stub(SMALL)
    yield
    stop_all()
    use_tgcf()


def exposure(unit: str) -> float:
    found = re.search(
        r"Overall exposure level for \S+: ([0-9.]+)", said("systemd-analyze", "security", "--no-pager", unit)
    )
    assert found is not None
    return float(found[1])


def test_scores() -> None:
    start("alice", READY)
    until(lambda: state("alice") == "active")
    assert exposure("tgcf@alice.service") <= 1.2
    assert exposure("tgcfd.service") <= 1.6
    assert exposure("tgcfd-broker.service") <= 2.0


@pytest.mark.parametrize("unit", ["tgcfd.service", "tgcfd.socket", "tgcfd-broker.service", "tgcf.slice"])
def test_unit_files_have_no_mistakes(unit: str) -> None:
    assert said("systemd-analyze", "verify", "--recursive-errors=no", unit) == ""


def test_too_much_memory_ends_a_worker_and_it_starts_again() -> None:
    code = """
if not Path("twice").exists():
    Path("twice").touch()
    taken = bytearray(160 * 1024 * 1024)  # bounded, should the limit not be there
    for page in range(0, len(taken), 4096):
        taken[page] = 1
answer("survived" if "taken" in globals() else "again")
"""
    folder = start("alice", code + READY, "small")
    assert answer(folder) == "again"
    until(lambda: state("alice") == "active")
    assert show("tgcf@alice.service", "NRestarts") == ["1"]


def test_too_many_children_are_refused() -> None:
    code = """
import subprocess
children = []
def more():
    for _ in range(40):
        children.append(subprocess.Popen(["sleep", "60"]))

found = trying(more)
for child in children:
    child.kill()
    child.wait()
answer([found, len(children)])
"""
    folder = start("alice", code + READY, "small")
    assert answer(folder) == ["EAGAIN", 11]


def test_too_many_files_are_refused() -> None:
    code = """
import resource
kept = []
found = trying(lambda: [kept.append(open("/dev/null")) for _ in range(200)] and "done")
kept.clear()
answer([found, resource.getrlimit(resource.RLIMIT_NOFILE)])
"""
    folder = start("alice", code + READY, "small")
    assert answer(folder) == ["EMFILE", [128, 128]]


def test_a_crash_leaves_no_core() -> None:
    code = "import resource\nanswer(resource.getrlimit(resource.RLIMIT_CORE))\n"
    folder = start("alice", code + READY)
    assert answer(folder) == [0, 0]
    os.kill(int(show("tgcf@alice.service", "MainPID")[0]), signal.SIGSEGV)
    until(lambda: show("tgcf@alice.service", "NRestarts") == ["1"])
    assert not [path for path in folder.iterdir() if path.name.startswith("core")]


def test_the_unit_and_its_environment_hold_no_secret() -> None:
    folder = prepare("alice", "answer(dict(os.environ))\n" + READY)
    ask("Start", "alice", "live", "standard")
    given = set(answer(folder))
    assert given == {
        "HOME", "INVOCATION_ID", "JOURNAL_STREAM", "LANG", "LOGNAME", "NOTIFY_SOCKET", "PATH",
        "PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "PYTHONUNBUFFERED", "STATE_DIRECTORY", "SYSTEMD_EXEC_PID",
        "USER", "WATCHDOG_PID", "WATCHDOG_USEC",
    }  # fmt: skip


def test_a_worker_is_watched_over() -> None:
    start("alice", READY)
    until(lambda: state("alice") == "active")
    assert show("tgcf@alice.service", "WatchdogUSec", "NotifyAccess", "Type") == ["2min", "exec", "notify"]


def test_names_are_looked_up_without_netlink() -> None:
    found = tried(
        "alice", "answer([trying(lambda: socket.getaddrinfo('localhost', 80)[0][4][1]), os.path.expanduser('~')])"
    )
    assert found == [80, f"{USERS}/alice"]


def test_the_real_tgcf_is_imported_in_the_sandbox() -> None:
    """As far as a worker gets that must not reach Telegram: all of Telethon, OpenSSL by ctypes, and a wrong session."""
    use_tgcf()
    folder = prepare("alice", "")
    login = {"API_ID": 1, "API_HASH": "0123456789abcdef", "user_type": 1, "SESSION_STRING": "1" + "A" * 352}
    forward = {"con_name": "x", "use_this": True, "source": 1, "dest": [2]}
    (folder / "tgcf.config.json").write_text(json.dumps({"login": login, "forwards": [forward]}))
    (folder / "tgcf.config.json").chmod(0o644)
    ask("Start", "alice", "live", "standard")
    until(lambda: state("alice") == "none")
    said_of_it = json.loads((folder / "worker.json").read_text())
    assert said_of_it["reason"]["code"] == "session_malformed"
    assert "status=78/CONFIG" in said("journalctl", "-b", "-u", "tgcf@alice.service")


def test_the_real_tgcf_tries_to_reach_telegram() -> None:
    use_tgcf()
    folder = prepare("alice", "")
    login = {"API_ID": 1, "API_HASH": "0123456789abcdef", "user_type": 0, "BOT_TOKEN": "1:secret"}
    forward = {"con_name": "x", "use_this": True, "source": 1, "dest": [2]}
    (folder / "tgcf.config.json").write_text(json.dumps({"login": login, "forwards": [forward]}))
    (folder / "tgcf.config.json").chmod(0o644)
    ask("Start", "alice", "live", "standard")
    until(lambda: "Telegram cannot be reached" in show("tgcf@alice.service", "StatusText")[0])
    maps = Path(f"/proc/{show('tgcf@alice.service', 'MainPID')[0]}/maps").read_text()
    assert "libssl" in maps
    assert "secret" not in said("systemctl", "show", "tgcf@alice.service")


def test_neither_the_daemon_nor_a_worker_needs_the_other() -> None:
    start("alice", READY)
    until(lambda: state("alice") == "active")
    kinds = (
        "Requires",
        "Requisite",
        "BindsTo",
        "PartOf",
        "Upholds",
        "PropagatesStopTo",
        "Conflicts",
        "Before",
        "After",
        "Wants",
    )
    daemon = " ".join(show("tgcfd.service", *kinds))
    worker = " ".join(show("tgcf@alice.service", *kinds))
    assert "tgcf@" not in daemon
    assert "tgcf.slice" not in daemon
    assert "tgcfd" not in worker.replace("var-lib-private-tgcfd-users.mount", "")
    pid = show("tgcf@alice.service", "MainPID")
    said("systemctl", "restart", "tgcfd-broker.service")
    said("systemctl", "stop", "tgcfd.service", "tgcfd-broker.service", "tgcfd.socket")
    assert show("tgcf@alice.service", "MainPID") == pid


def test_settings_that_cannot_be_used_do_not_start_the_daemon_again_and_again() -> None:
    """A connection that waits at the socket would start it without end."""
    wrong = Path("/etc/tgcfd/tgcfd.yml.d/90-test.yml")
    wrong.write_text("nonsense: 1\n")
    try:
        said("systemctl", "start", "tgcfd.socket")
        with socket.create_connection(("127.0.0.1", 8470)) as waiting:
            waiting.settimeout(60)
            with suppress(ConnectionError):
                assert waiting.recv(1) == b""
        until(lambda: show("tgcfd.socket", "ActiveState", "Result") == ["failed", "service-start-limit-hit"])
    finally:
        wrong.unlink()
        said("systemctl", "reset-failed", "tgcfd.service", "tgcfd.socket")


def test_the_daemon_works_in_its_sandbox() -> None:
    """Argon2, the database, and the child that judges patterns: what its sandbox could get in the way of."""
    use_tgcf()
    said("systemctl", "start", "tgcfd.service")
    site = "http://127.0.0.1:8470/api"
    invite = re.findall(r"^invite: (\w+)$", said("tgcfd", "user", "invite"), re.MULTILINE)[0]
    person = {"email": "dora@example.org", "name": "Dora", "password": "a long password", "invite": invite}
    as_json = ("-H", "Content-Type: application/json")
    said("curl", "-sSf", "-m", "20", *as_json, f"{site}/auth/register", "-d", json.dumps(person))
    form = "username=dora@example.org&password=a long password"
    token = json.loads(said("curl", "-sSf", "-m", "20", f"{site}/auth/login", "-d", form))["access_token"]
    replace = {"check": True, "regex": True, "text": {"(a+)b": "c"}}
    config = json.dumps({"plugins": {"replace": replace}})
    said(
        "curl", "-sSf", "-m", "20", *as_json, "-H", f"Authorization: Bearer {token}", f"{site}/config", "-d", config,
    )  # fmt: skip
    assert "Traceback" not in said("journalctl", "-b", "-u", "tgcfd.service")
    assert (USERS / "dora").is_dir()
    said("systemctl", "stop", "tgcfd.socket", "tgcfd.service")
