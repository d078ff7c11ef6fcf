"""PID 1 that does not answer: the broker says so in time, instead of waiting with its caller."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator

import pytest
from gi.repository import Gio, GLib

from tgcfd.broker import pid1
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
