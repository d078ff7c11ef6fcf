"""What ``tgcfd check`` says of the socket and the daemon, whatever systemd says of them."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tgcfd.checks import daemon, limits, listening, ports, program, settings, units
from tgcfd.checks.finding import Level, NotSeen
from tgcfd.checks.host import Host
from tgcfd.settings import AccountSettings, Registration, Settings, SupervisorKind, TlsSettings

SYSTEMD = Host(Settings(supervisor=SupervisorKind.SYSTEMD))


@pytest.fixture
def listener() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


def says(monkeypatch: pytest.MonkeyPatch, module: object, *answers: dict[str, str]) -> None:
    """Let systemd say this, one answer after the other, and the last for ever."""
    left = list(answers)
    loaded = {"LoadState": "loaded", "Result": "success", "ExecMainStatus": "0"}
    monkeypatch.setattr(module, "properties", lambda *_: loaded | (left.pop(0) if len(left) > 1 else left[0]))


def test_a_socket_that_listens_where_it_did_is_to_be_restarted(monkeypatch: pytest.MonkeyPatch, listener: str) -> None:
    says(monkeypatch, units, {"ActiveState": "active", "Listen": f"{listener} (Stream)"})
    assert [each.level for each in units.socket(SYSTEMD)] == [Level.OK]
    says(monkeypatch, units, {"ActiveState": "active", "Listen": f"127.0.0.1:1 (Stream)\n{listener} (Stream)"})
    (found,) = units.socket(SYSTEMD)
    assert found.level is Level.ERROR
    assert found.text == "tgcfd.socket was changed to 127.0.0.1:1, but still listens where it did"
    assert [each.removeprefix("sudo ") for each in found.commands] == ["systemctl restart tgcfd.socket"]


def test_where_nobody_listens_the_daemon_is_not_asked(monkeypatch: pytest.MonkeyPatch, listener: str) -> None:
    monkeypatch.setattr(units, "addresses", lambda: ["127.0.0.1:1", listener])
    monkeypatch.setattr(daemon, "_status_of", lambda _host, _address: 200)
    says(monkeypatch, daemon, {"ActiveState": "active"})
    assert [each.text for each in daemon.runs(SYSTEMD)] == [f"the daemon answers on {listener}"]


def test_what_the_kernel_says_is_listened_on(listener: str, tmp_path: Path) -> None:
    assert ports.is_listened_on(listener)
    assert not ports.is_listened_on("127.0.0.1:1")
    assert not ports.is_listened_on(f"127.0.0.2:{listener.rpartition(':')[2]}")
    assert ports.is_listened_on("vsock:2:1234"), "nobody knows"
    path = tmp_path / "a b.sock"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        assert not ports.is_listened_on(str(path)), "bound is not listening"
        server.listen()
        assert ports.is_listened_on(str(path))
    assert not ports.is_listened_on(str(path)), "its file is there still"


def test_addresses_of_ipv6(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(ports, "PROC_NET", tmp_path)
    assert not ports.is_listened_on("[::1]:8470"), "a kernel without IPv6"
    monkeypatch.setattr("sys.byteorder", "little")
    row = "   0: 00000000000000000000000001000000:2116 00000000000000000000000000000000:0000 0A 00000000:00000000"
    (tmp_path / "tcp6").write_text(f"  sl  local_address ...\n{row}\n")
    assert ports.is_listened_on("[::1]:8470")
    assert not ports.is_listened_on("[::]:8470")


def test_a_daemon_that_starts_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(daemon.time, "sleep", lambda _seconds: None)
    monkeypatch.setattr(units, "addresses", list)
    says(monkeypatch, daemon, {"ActiveState": "activating"}, {"ActiveState": "activating"}, {"ActiveState": "active"})
    assert list(daemon.runs(SYSTEMD)) == []
    monkeypatch.setattr(daemon, "_STARTS_WITHIN", 0)
    says(monkeypatch, daemon, {"ActiveState": "activating"})
    (found,) = daemon.runs(SYSTEMD)
    assert (found.level, found.text) == (Level.WARNING, "the daemon is starting; look again in a moment")
    with pytest.raises(NotSeen, match="the daemon is starting"):
        list(daemon.is_up_to_date(SYSTEMD))


def test_a_daemon_that_fails_again_and_again_does_not_pass_for_one_that_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    says(monkeypatch, daemon, {"ActiveState": "activating", "Result": "exit-code"})
    (found,) = daemon.runs(SYSTEMD)
    assert (found.level, found.text) == (Level.ERROR, "the daemon has failed: (exit-code)")


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize(
    ("address", "registration", "said"),
    [
        ("0.0.0.0:8470", Registration.OPEN, True),
        ("0.0.0.0:8470", Registration.INVITE, False),
        ("0.0.0.0:8470", Registration.CLOSED, False),
        ("127.0.0.1:8470", Registration.OPEN, False),
    ],
)
def test_that_anybody_can_register_is_said_where_others_reach_it(
    monkeypatch: pytest.MonkeyPatch, address: str, registration: Registration, said: bool, tls: bool
) -> None:
    monkeypatch.setattr(units, "addresses", lambda: [address])
    settings = replace(
        SYSTEMD.settings,
        accounts=AccountSettings(registration=registration),
        tls=TlsSettings(Path("/c"), Path("/k")) if tls else TlsSettings(),
    )
    (found,) = listening.safe(Host(settings))
    assert ("Anybody who reaches it can make an account" in found.text) is said


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0 workers run, which may"), (1, "1 worker runs, which"), (2, "2 workers run, which")]
)
def test_workers_are_counted_as_people_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, count: int, said: str
) -> None:
    (tmp_path / "meminfo").write_text("MemTotal:  16384000 kB\nMemAvailable:  8192000 kB\n")
    monkeypatch.setattr(limits, "MEMORY", tmp_path / "meminfo")
    monkeypatch.setattr(limits, "ask", lambda *_: program.Answer(0, "tgcf@a.service\n" * count, ""))
    (found,) = limits.memory(SYSTEMD)
    assert found.text.startswith(f"7.8 GiB of 15.6 GiB of memory are free; {said}")
    assert found.text.endswith(" each") is (count != 1)
    (found,) = limits.memory(Host(Settings(supervisor=SupervisorKind.PROCESS)))
    assert found.text == "7.8 GiB of 15.6 GiB of memory are free"


def judges(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    """Let ``tgcfd check --settings`` say this."""
    said = "".join(f"tgcfd: {line}\n" for line in lines)
    monkeypatch.setattr(settings, "ask_python", lambda *_: program.Answer(78 if lines else 0, "", said))


def test_what_to_type_stands_once_after_the_last_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    main, drop_in = "/etc/tgcfd/tgcfd.yml", "/etc/tgcfd/tgcfd.yml.d/a b.yml"
    lines = (f"{main}, line 2: listen: x", f"{main}, line 3: tls: x", f"{drop_in}: cannot be read")
    judges(monkeypatch, *lines)
    found = list(settings.usable(SYSTEMD))
    assert [each.text for each in found] == list(lines)
    assert {each.level for each in found} == {Level.ERROR}
    assert [each.commands for each in found[:2]] == [(), ()]
    assert [each.removeprefix("sudo ") for each in found[2].commands] == [
        f"editor {main}",
        f"editor '{drop_in}'",
        "systemctl reload-or-restart tgcfd",
    ]


def test_a_mistake_on_the_command_line_is_not_the_daemon_s(monkeypatch: pytest.MonkeyPatch) -> None:
    judges(monkeypatch, "--state-dir: must be /var/lib/tgcfd")
    (found,) = settings.usable(SYSTEMD)
    assert found.commands == ()


def test_settings_that_are_wrong_are_not_to_be_read_by_the_daemon(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "tgcfd.yml"
    file.touch()
    host = Host(Settings(supervisor=SupervisorKind.PROCESS), file)
    monkeypatch.setattr(daemon, "_began", lambda _host: time.time() - 10)
    judges(monkeypatch)
    assert [each.text for each in daemon.is_up_to_date(host) if str(file) in each.text] == [
        f"the daemon has not read {file} since it was changed: it has to begin afresh"
    ]
    judges(monkeypatch, f"{file}, line 1: listen: x")
    assert [each for each in daemon.is_up_to_date(host) if str(file) in each.text] == []
