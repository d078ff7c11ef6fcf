"""The small parts: command line, reasons, status line, worker.json, notifications."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import re
import socket
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tgcfd.runner import config_file, options
from tgcfd.runner.atomic import replace_file
from tgcfd.runner.config_file import ConfigFile
from tgcfd.runner.notify import Notifier
from tgcfd.runner.os_errors import plain
from tgcfd.runner.reasons import Code, Ended, Exit, reason
from tgcfd.runner.run import Run
from tgcfd.runner.state import MAX_PROBLEMS, Changes, Phase, Problem, State, changes_kept
from tgcfd.runner.status import Progress, clock, clock_to_the_second, status_line

# --- options


def test_a_data_center_may_have_an_ipv6_address() -> None:
    assert options.parse(["live", "--dc", "2:[::1]:443"]).dc == (2, "::1", 443)
    assert options.parse(["live", "--dc", "2:127.0.0.1:443"]).dc == (2, "127.0.0.1", 443)


@pytest.mark.parametrize(
    "arguments",
    [[], ["other"], ["live", "--dc", "2:127.0.0.1"], ["live", "--dc", "2:h:0"], ["live", "--probe", "0"],
     ["live", "--probe", "nan"], ["live", "--par", "1"]],
)  # fmt: skip
def test_a_wrong_command_line_is_a_usage_error(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        options.parse(arguments)
    assert ended.value.code == 2
    assert "usage" in capsys.readouterr().err


# --- reasons


@pytest.mark.parametrize("code", list(Code))
def test_each_reason_has_an_exit_code_and_a_sentence(code: Code) -> None:
    values = dict.fromkeys(("why", "field", "summary", "plugin", "missing", "remedy", "seconds", "until", "since"), "X")
    made = reason(code, **values)
    assert made.exit in Exit
    assert re.fullmatch(r"([A-Z]|tgcf ).*\.", made.message)
    assert re.fullmatch(r"[a-z_]{1,64}", code.value)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ECONNREFUSED, "Connect call failed ('127.0.0.1', 443)"), "the connection was refused"),
        (OSError(errno.ENETUNREACH, "Connect call failed ('2001:db8::1', 443)"), "the network is unreachable"),
        (OSError(errno.EHOSTUNREACH, "Connect call failed"), "the host is unreachable"),
        (TimeoutError(), "no answer"),
        (TimeoutError(errno.ETIMEDOUT, "Connection timed out"), "no answer"),
        (OSError(errno.ECONNRESET, "Connection reset by peer"), "the connection was closed by the other side"),
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "the name cannot be looked up"),
        (PermissionError(errno.EACCES, "Permission denied", "/var/lib/x"), "permission denied"),
        (ConnectionError("Not connected"), "Not connected"),
        (ConnectionError(), "the connection broke"),
    ],
)  # fmt: skip
def test_errors_of_the_network_are_said_in_plain_words(error: OSError, words: str) -> None:
    assert plain(error) == words


# --- worker.json


def test_worker_json_has_the_shape_that_the_daemon_reads(tmp_path: Path) -> None:
    state = State(tmp_path / "worker.json", "live", phase=Phase.READY)
    state.last_forwarded = datetime(2026, 11, 22, 12, 1, tzinfo=UTC)
    state.reason = reason(Code.SESSION_REVOKED)
    state.add_problem(Problem("news", "@gone", "nobody"))
    state.changes.style = "bold"
    state.write()
    document = json.loads(state.path.read_text())
    assert set(document) == {
        "version", "mode", "pid", "started", "state", "counters", "last_forwarded", "reason", "problems", "finished",
        "config_hash", "config_rendered", "style",
    }  # fmt: skip
    assert document["last_forwarded"] == "2026-11-22T12:01:00+00:00"
    assert document["reason"]["code"] == "session_revoked"
    assert document["problems"] == [{"connection": "news", "chat": "@gone", "message": "nobody"}]
    assert stat.S_IMODE(state.path.stat().st_mode) & 0o007 == 0


def test_problems_are_kept_once_and_not_without_end(tmp_path: Path) -> None:
    state = State(tmp_path / "worker.json", "live")
    for number in range(MAX_PROBLEMS + 50):
        state.add_problem(Problem("c", str(number), "m"))
        state.add_problem(Problem("c", str(number), "m"))
    assert len(state.problems) == MAX_PROBLEMS
    assert state.problems[-1].chat == str(MAX_PROBLEMS + 49)


def test_changes_outlive_a_restart_until_the_daemon_renders_anew(tmp_path: Path) -> None:
    state = State(tmp_path / "worker.json", "past", config_hash="a")
    state.changes = Changes([{"source": 1, "offset": 7}], "bold")
    state.write()
    assert changes_kept(state.path, "a") == state.changes
    assert changes_kept(state.path, "b") == Changes()


@pytest.mark.parametrize("text", ["", "[]", "{", '{"config_hash": "a", "forwards": 1, "style": []}'])
def test_a_damaged_worker_json_is_no_reason_to_fail(tmp_path: Path, text: str) -> None:
    path = tmp_path / "worker.json"
    path.write_text(text)
    assert changes_kept(path, "a") == Changes()


def test_what_tgcf_saves_does_not_make_its_configuration_newer(tmp_path: Path) -> None:
    path = tmp_path / "tgcf.config.json"
    path.write_text("{}")
    os.utime(path, (1_700_000_000, 1_700_000_000))
    config_file.read(path).save([{"source": 1, "offset": 7}], None)
    again = config_file.read(path)
    assert again.document == {"forwards": [{"source": 1, "offset": 7}]}
    assert again.rendered == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "file"
    replace_file(path, b"old")
    (tmp_path / ".file.new").symlink_to(tmp_path / "elsewhere")  # what a hostile neighbour would do
    with pytest.raises(OSError, match="symbolic"):
        replace_file(path, b"new")
    assert path.read_bytes() == b"old"
    assert not (tmp_path / "elsewhere").exists()


# --- the configuration file


def test_saving_changes_only_what_tgcf_changed(tmp_path: Path) -> None:
    path = tmp_path / "tgcf.config.json"
    path.write_text(
        '{"unknown": 1, "plugins": {"filter": {"text": {"whitelist": ["UPPER"]}}}, "forwards": [{"source": "é"}]}'
    )
    config = config_file.read(path)
    before = config.hash
    config.save([{"source": "é", "offset": 3}], "bold")
    assert json.loads(path.read_text()) == {
        "unknown": 1,
        "plugins": {"filter": {"text": {"whitelist": ["UPPER"]}}, "fmt": {"style": "bold"}},
        "forwards": [{"source": "é", "offset": 3}],
    }
    assert config_file.read(path).hash == config.hash != before


def test_a_deeply_nested_configuration_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "tgcf.config.json"
    path.write_text("[" * 100_000)
    with pytest.raises(Ended) as ended:
        config_file.read(path)
    assert ended.value.reason.code is Code.CONFIG_UNREADABLE


# --- the status line


def test_status_lines(tmp_path: Path) -> None:
    state = State(tmp_path / "worker.json", "live")
    progress = Progress(connections=3)
    assert status_line(state, progress) == "Connecting to Telegram"
    state.phase = Phase.READY
    state.counters.forwarded = 128
    assert status_line(state, progress) == "Live: 3 connections, 128 forwarded"
    state.last_forwarded = datetime.now().astimezone()
    state.counters.failed = 2
    at = state.last_forwarded.strftime("%H:%M")
    assert status_line(state, progress) == f"Live: 3 connections, 128 forwarded, 2 failed, last {at}"
    state.mode = "past"
    progress.total = 250
    assert status_line(state, progress) == "Past: 128 of about 250 forwarded, 2 failed"


@pytest.fixture
def in_zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Puts this process into another time zone, until the test is over."""

    def change(name: str) -> None:
        monkeypatch.setenv("TZ", name)
        time.tzset()

    yield change
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(("zone", "words"), [("UTC", "2001-07-01 12:30 UTC"), ("CET-1", "2001-07-01 13:30 CET")])
def test_a_clock_time_names_its_zone(in_zone: Callable[[str], None], zone: str, words: str) -> None:
    in_zone(zone)
    assert clock(datetime(2001, 7, 1, 12, 30, tzinfo=UTC)) == words
    now = datetime.now(UTC)
    assert clock(now) == now.astimezone().strftime("%H:%M %Z")
    assert clock_to_the_second(now) == now.astimezone().strftime("%H:%M:%S %Z")


# --- how long the start may take


class Clock:
    """Stands in for an event loop whose time is told, and whose timers never come."""

    def __init__(self) -> None:
        self.now = 1000.0

    def time(self) -> float:
        return self.now

    def call_later(self, _seconds: float, _call: object) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(3600, print)


@pytest.fixture
async def starting(tmp_path: Path) -> Run:
    """A run that Telegram has not answered yet."""
    config = ConfigFile(tmp_path / "tgcf.config.json", {}, b"", datetime.now(UTC))
    run = Run(options.parse(["live"]), config, State(tmp_path / "worker.json", "live"), Notifier(None))
    vars(run)["loop"] = Clock()
    return run


async def test_a_start_that_goes_on_asks_for_more_time_and_not_too_often(
    starting: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[float, str]] = []
    clock = vars(starting)["loop"]
    monkeypatch.setattr(
        starting.notifier, "send", lambda *items: sent.extend((clock.now - 1000, item) for item in items)
    )
    starting.begin()
    for clock.now in (1001.0, 1004.9, 1005.0, 1006.0, 1009.9, 1010.1):  # Telegram answers at these moments
        starting.answered()
    with starting.flood_wait(3600):
        pass
    starting.answered()
    assert [(at, item) for at, item in sent if item.startswith("EXTEND")] == [
        (0.0, "EXTEND_TIMEOUT_USEC=60000000"),
        (5.0, "EXTEND_TIMEOUT_USEC=60000000"),
        (pytest.approx(10.1), "EXTEND_TIMEOUT_USEC=60000000"),
        (pytest.approx(10.1), "EXTEND_TIMEOUT_USEC=3660000000"),
    ]
    starting.ready()
    clock.now += 10_000
    starting.answered()
    assert sent[-1][1].startswith("STATUS=")
    starting.close(reason(Code.STOPPED))


# --- notifications


def test_a_notification_reaches_the_socket_in_one_datagram(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind("\0tgcfd-test-" + tmp_path.name)
        with closing(Notifier("@tgcfd-test-" + tmp_path.name)) as notifier:
            notifier.send("READY=1", "STATUS=two\nlines")
        assert receiver.recv(4096) == b"READY=1\nSTATUS=two lines"


def test_a_supervisor_that_does_not_read_does_not_stop_the_worker(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind("\0tgcfd-full-" + tmp_path.name)
        with closing(Notifier("@tgcfd-full-" + tmp_path.name)) as notifier:
            for _ in range(10_000):
                notifier.send("STATUS=x")


def test_no_socket_is_no_trouble() -> None:
    for address in (None, "/nonexistent/socket"):
        with closing(Notifier(address)) as notifier:
            notifier.send("READY=1")


@pytest.mark.parametrize(("usec", "seconds"), [("30000000", 15.0), ("", 0.0), ("x", 0.0), (None, 0.0)])
def test_the_watchdog_is_fed_at_half_its_time(usec: str | None, seconds: float) -> None:
    with closing(Notifier("/nonexistent/socket", usec)) as notifier:
        assert notifier.watchdog == seconds
