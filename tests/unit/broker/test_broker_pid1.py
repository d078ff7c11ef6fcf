"""PID 1 that does not answer: the broker says so in time, instead of waiting with its caller."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from gi.repository import Gio, GLib

from tgcfd.broker import cgroup, pid1
from tgcfd.broker.errors import HostNotAnswering, Refused
from tgcfd.broker.pid1 import Manager


def connect(address: str) -> Gio.DBusConnection:
    flags = Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION
    return Gio.DBusConnection.new_for_address_sync(address, flags, None, None)


@pytest.fixture
def bus() -> Iterator[str]:
    """The address of a message bus of our own."""
    words = ["dbus-daemon", "--session", "--nofork", "--print-address"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as daemon:
        assert daemon.stdout is not None
        yield daemon.stdout.readline().strip()
        daemon.terminate()


@pytest.fixture
def silent(bus: str) -> Iterator[str]:
    """A bus on which somebody has systemd's name and answers nothing."""
    connection = connect(bus)
    request = GLib.Variant("(su)", ("org.freedesktop.systemd1", 4))
    connection.call_sync(
        "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "RequestName", request, None,
        Gio.DBusCallFlags.NONE, 5000, None,
    )  # fmt: skip
    connection.add_filter(lambda _connection, message, incoming: None if incoming else message)
    yield bus
    connection.close_sync(None)


@pytest.fixture(autouse=True)
def cgroups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """In the place of this machine's own, where a worker of that name may run."""
    monkeypatch.setattr(cgroup, "ROOT", tmp_path)
    return tmp_path


def test_a_worker_that_keeps_systemd_from_answering_is_killed_all_the_same(
    silent: str, cgroups: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pid1, "TIMEOUT_MS", 200)
    alice, bob = (cgroups / "tgcf.slice" / f"tgcf@{slug}.service" for slug in ("alice", "bob"))
    for folder in (alice, bob):
        folder.mkdir(parents=True)
        (folder / "cgroup.kill").touch()
    with pytest.raises(HostNotAnswering):  # to the stop that follows
        Manager(connect(silent)).kill("tgcf@alice.service")
    assert [(folder / "cgroup.kill").read_text() for folder in (alice, bob)] == ["1", ""]


def test_where_nothing_can_be_killed_nothing_is_said_to_be(cgroups: Path) -> None:
    assert not cgroup.kill("tgcf@alice.service")
    (cgroups / "tgcf@alice.service").write_text("no folder")
    assert not cgroup.kill("tgcf@alice.service")


@pytest.mark.parametrize("verb", ["stop", "kill", "reset_failed", "start"])
def test_a_silent_systemd_is_told_in_time(silent: str, verb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pid1, "TIMEOUT_MS", 200)
    asked = Manager(connect(silent))
    began = time.monotonic()
    with pytest.raises(HostNotAnswering, match="systemd does not answer"):
        asked.start("tgcf@alice.service", []) if verb == "start" else getattr(asked, verb)("tgcf@alice.service")
    assert time.monotonic() - began < 5


def test_no_systemd_at_all_is_no_answer_either(bus: str) -> None:
    with pytest.raises(HostNotAnswering):
        Manager(connect(bus)).stop("tgcf@alice.service")


def test_a_bus_that_is_gone_is_no_answer_either(bus: str) -> None:
    connection = connect(bus)
    connection.set_exit_on_close(False)
    connection.close_sync(None)
    with pytest.raises(Refused) as caught:
        Manager(connection).stop("tgcf@alice.service")
    assert caught.type is HostNotAnswering
