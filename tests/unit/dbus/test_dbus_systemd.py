"""What the daemon is told about units, and what it gets when it asks, on a real message bus."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from gi.repository import Gio, GLib

from tests.unit.dbus.stand_ins import CALL_TIMEOUT, RUNNING, UNIT, Bus, Host, Told, opened
from tgcfd.dbus.systemd import BrokerRefused, Systemd
from tgcfd.errors import HostNotAnswering

HERE = Path(__file__).parents[3]


# --- the picture


async def test_all_units_with_their_properties_are_told_at_first(host: Host, systemd: Systemd, told: Told) -> None:
    whole = RUNNING | {
        "InvocationID": "00ff" * 8, "ExecStart": ["/usr/bin/python3", "-m", "tgcfd.runner", "live"], "NRestarts": 2,
        "Description": "tgcf of alice: live mode", "Job": "/org/freedesktop/systemd1/job/3", "Result": "success",
    }  # fmt: skip
    host.do("add", UNIT, whole | {"Slice": "tgcf.slice"})
    host.do("add", "ssh.service", RUNNING)
    host.do("add", "tgcf@Not_a_slug.service", RUNNING)
    host.do("add", "tgcf@ghost.service", {"LoadState": "not-found", "ActiveState": "inactive", "SubState": "dead"})
    await systemd.open()
    assert told.events == [("resynced", {UNIT: whole}, "running")]
    assert systemd.connected


async def test_changes_are_told_in_order_and_only_what_is_new(host: Host, systemd: Systemd, told: Told) -> None:
    host.do("add", UNIT, RUNNING)
    await opened(systemd, told)
    host.do("change", UNIT, "Service", {"MainPID": 42, "StatusText": "Live: 1 forwarded", "NFileDescriptorStore": 0})
    host.do("change", UNIT, "Unit", {"ActiveState": "active", "SubState": "running"})
    host.do("change", "ssh.service", "Unit", {"ActiveState": "failed"})
    host.do("change", UNIT, "Unit", {"ActiveState": "failed", "SubState": "failed", "Job": ""})
    host.do("job", UNIT, "/job/3", "done")
    host.do("job", "ssh.service", "/job/4", "done")
    host.do("remove", UNIT)
    host.do("remove", "ssh.service")
    host.do("change", "tgcf@bob.service", "Unit", {"ActiveState": "activating", "SubState": "start", "Job": "/job/5"})
    await told.until(lambda events: len(events) == 5)
    assert told.events == [
        ("changed", UNIT, {"StatusText": "Live: 1 forwarded"}),
        ("changed", UNIT, {"ActiveState": "failed", "SubState": "failed"}),
        ("job_removed", UNIT, "/job/3", "done"),
        ("removed", UNIT),
        ("changed", "tgcf@bob.service", {"ActiveState": "activating", "SubState": "start", "Job": "/job/5"}),
    ]


async def test_a_unit_that_somebody_only_asked_about_is_not_told(host: Host, systemd: Systemd, told: Told) -> None:
    await opened(systemd, told)
    host.do("remove", "tgcf@ghost.service")
    host.do("job", UNIT, "/job/1", "done")
    assert [event[0] for event in await told.after("job_removed")] == ["job_removed"]
    assert not [call for call in host.do("calls") if call.startswith("GetAll")]


async def test_an_end_while_units_are_listed_is_told(host: Host, systemd: Systemd, told: Told) -> None:
    host.do("add", UNIT, RUNNING)
    host.do("add", "tgcf@bob.service", RUNNING | {"Id": "tgcf@bob.service"})
    host.do(
        "after_list",
        ["change", UNIT, "Service", {"Result": "exit-code", "MainPID": 0}],
        ["change", UNIT, "Unit", {"ActiveState": "failed", "SubState": "failed"}],
        ["remove", UNIT],
        ["change", "tgcf@bob.service", "Service", {"StatusText": "in what is asked for next"}],
        ["job", "tgcf@bob.service", "/job/1", "done"],
    )
    await systemd.open()
    await told.until(lambda events: "job_removed" in told.names())
    (_, units, _), *later = told.events
    assert units[UNIT]["ActiveState"] == "active"
    assert units["tgcf@bob.service"]["StatusText"] == "in what is asked for next"
    assert later == [
        ("changed", UNIT, {"Result": "exit-code", "MainPID": 0}),
        ("changed", UNIT, {"ActiveState": "failed", "SubState": "failed"}),
        ("removed", UNIT),
        ("job_removed", "tgcf@bob.service", "/job/1", "done"),
    ]


async def test_what_another_process_says_in_systemds_name_is_not_told(
    bus: Bus, host: Host, systemd: Systemd, told: Told
) -> None:
    host.do("add", UNIT, RUNNING)
    await opened(systemd, told)
    flags = Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION
    forger = Gio.DBusConnection.new_for_address_sync(bus.address, flags, None, None)
    names = forger.call_sync("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "ListNames",
                             None, None, 0, 5000, None).unpack()[0]  # fmt: skip
    words = GLib.Variant("(uoss)", (7, "/job/6", UNIT, "failed"))
    for to in [None, *(name for name in names if name.startswith(":"))]:
        forger.emit_signal(to, "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager", "JobRemoved", words)
    forger.flush_sync(None)
    forger.close_sync(None)
    host.do("job", UNIT, "/job/7", "done")
    await told.after("job_removed")
    host.do("job", UNIT, "/job/8", "done")
    assert await told.after("job_removed") == [("job_removed", UNIT, "/job/8", "done")]


async def test_a_reload_is_no_news_of_its_units(host: Host, systemd: Systemd, told: Told) -> None:
    host.do("add", UNIT, RUNNING)
    await opened(systemd, told)
    host.do("reloading", True)
    host.do("remove", UNIT)
    host.do("add", UNIT, RUNNING)
    host.do("reloading", False)
    assert [event[0] for event in await told.after("resynced")] == ["resynced"]
    host.do("change", UNIT, "Service", {"StatusText": "new"})
    assert await told.after("changed") == [("changed", UNIT, {"StatusText": "new"})]


async def test_a_reload_whose_end_is_never_told_ends_all_the_same(host: Host, systemd: Systemd, told: Told) -> None:
    await opened(systemd, told)
    host.do("reloading", True)
    await told.after("resynced")


# --- what goes away


async def test_a_bus_that_restarts_is_away_until_all_is_right_again(
    bus: Bus, host: Host, systemd: Systemd, told: Told
) -> None:
    host.do("add", UNIT, RUNNING)
    await opened(systemd, told)
    bus.end()
    await told.after("away")
    assert not systemd.connected
    bus.begin()
    host.end()
    again = Host(bus.address)
    try:
        again.do("add", "tgcf@bob.service", RUNNING)
        await told.until(lambda events: events and "tgcf@bob.service" in events[-1][1])
        assert "away" not in told.names()
        again.do("job", UNIT, "/job/1", "done")
        await told.after("job_removed")
    finally:
        again.end()


async def test_no_bus_at_all_is_away_and_the_bus_is_found_when_it_comes(bus: Bus, told: Told) -> None:
    bus.end()
    systemd = Systemd(told, address=bus.address, call_timeout=0.3)
    try:
        await systemd.open()
        assert told.events == [("away",)]
        with pytest.raises(HostNotAnswering):
            await systemd.properties(UNIT)
        bus.begin()
        host = Host(bus.address)
        await told.after("resynced")
        assert systemd.connected
        host.end()
    finally:
        await systemd.close()


async def test_a_service_manager_that_leaves_the_bus_is_away_until_it_comes(
    host: Host, systemd: Systemd, told: Told
) -> None:
    await opened(systemd, told)
    host.do("leave")
    await told.after("away")
    host.do("add", UNIT, RUNNING)
    host.do("come")
    assert UNIT in (await told.after("resynced"))[-1][1]


async def test_a_service_manager_that_changes_its_name_is_followed(
    bus: Bus, host: Host, systemd: Systemd, told: Told
) -> None:
    await opened(systemd, told)
    other = Host(bus.address)  # waits for the name
    try:
        host.do("leave")
        await told.after("resynced")
        other.do("job", UNIT, "/job/1", "done")
        await told.after("job_removed")
    finally:
        other.end()


# --- what does not answer


async def test_a_service_manager_that_hangs_is_told_in_time_and_comes_back(
    host: Host, systemd: Systemd, told: Told
) -> None:
    host.do("add", UNIT, RUNNING)
    await opened(systemd, told)
    host.freeze()
    begun = time.monotonic()
    answers = await asyncio.gather(
        systemd.properties(UNIT), systemd.system_state(), systemd.properties(UNIT), return_exceptions=True
    )
    assert time.monotonic() - begun < CALL_TIMEOUT + 0.5
    assert {type(answer) for answer in answers} == {HostNotAnswering}
    await told.after("away")
    host.thaw()
    await told.after("resynced")
    assert await systemd.properties(UNIT) == RUNNING


async def test_a_bus_that_hangs_is_told_in_time_and_comes_back(
    bus: Bus, host: Host, systemd: Systemd, told: Told
) -> None:
    await opened(systemd, told)
    assert bus.process
    bus.process.send_signal(signal.SIGSTOP)
    with pytest.raises(HostNotAnswering):
        await systemd.system_state()
    await told.after("away")
    bus.process.send_signal(signal.SIGCONT)
    await told.after("resynced")


async def test_closing_is_quick_when_nothing_answers(bus: Bus, host: Host, systemd: Systemd, told: Told) -> None:
    await opened(systemd, told)
    threads = {thread.name for thread in threading.enumerate()}
    assert "dbus" in threads
    assert bus.process
    bus.process.send_signal(signal.SIGSTOP)
    begun = time.monotonic()
    await systemd.close()
    assert time.monotonic() - begun < CALL_TIMEOUT
    assert "dbus" not in {thread.name for thread in threading.enumerate()}
    bus.process.send_signal(signal.SIGCONT)
    with pytest.raises(HostNotAnswering):
        await systemd.system_state()


async def test_only_so_many_calls_wait(host: Host, systemd: Systemd, told: Told) -> None:
    await opened(systemd, told)
    host.freeze()
    begun = time.monotonic()
    answers = await asyncio.gather(*(systemd.system_state() for _ in range(2000)), return_exceptions=True)
    assert time.monotonic() - begun < CALL_TIMEOUT + 1
    assert {type(answer) for answer in answers} == {HostNotAnswering}
    host.thaw()
    await told.after("resynced")
    assert await systemd.system_state() == "running"


async def test_a_mistake_of_ours_does_not_end_the_thread(
    host: Host, systemd: Systemd, told: Told, caplog: pytest.LogCaptureFixture
) -> None:
    await opened(systemd, told)
    with pytest.raises(HostNotAnswering):
        await systemd.properties(7)  # type: ignore[arg-type]
    assert "A call in the thread of the message bus failed." in caplog.text
    assert await systemd.system_state() == "running"


# --- asking


async def test_properties_of_a_unit_that_is_not_there_are_none_and_it_is_not_loaded(
    host: Host, systemd: Systemd, told: Told
) -> None:
    await opened(systemd, told)
    host.do("calls")
    assert await systemd.properties(UNIT) is None
    assert host.do("calls") == [f"GetUnit {UNIT}"]


async def test_the_broker_is_asked_with_the_three_words_and_names_the_job(
    host: Host, systemd: Systemd, told: Told
) -> None:
    host.do("broker", "job", "/org/freedesktop/systemd1/job/9")
    await opened(systemd, told)
    host.do("calls")
    assert await systemd.start("alice", "live", "standard") == "/org/freedesktop/systemd1/job/9"
    assert await systemd.stop("alice") == "/org/freedesktop/systemd1/job/9"
    assert await systemd.kill("alice") == "/org/freedesktop/systemd1/job/9"
    assert host.do("calls") == ["Start alice live standard", "Stop alice", "Kill alice"]


async def test_no_such_unit_is_none(host: Host, systemd: Systemd, told: Told) -> None:
    host.do("broker", "error", "org.tgcfd.Units1.Error.NoSuchUnit")
    await opened(systemd, told)
    assert await systemd.stop("alice") is None
    assert await systemd.kill("alice") is None


async def test_a_refusal_of_the_broker_has_its_name(host: Host, systemd: Systemd, told: Told) -> None:
    host.do("broker", "error", "org.tgcfd.Units1.Error.UnitExists")
    await opened(systemd, told)
    with pytest.raises(BrokerRefused) as refused:
        await systemd.start("alice", "live", "standard")
    assert (refused.value.name, refused.value.message) == ("UnitExists", "because")


@pytest.mark.parametrize(
    "name",
    [
        "org.tgcfd.Units1.Error.HostNotAnswering",
        "org.freedesktop.DBus.Error.AccessDenied",
        "org.freedesktop.DBus.Error.Spawn.ChildExited",
        "org.freedesktop.systemd1.LoadFailed",
    ],
)
async def test_other_errors_mean_that_the_host_does_not_answer(
    host: Host, systemd: Systemd, told: Told, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    host.do("broker", "error", name)
    await opened(systemd, told)
    with pytest.raises(HostNotAnswering):
        await systemd.start("alice", "live", "standard")
    assert name in caplog.text


async def test_a_broker_that_is_not_there_or_hangs_is_told_in_time(host: Host, systemd: Systemd, told: Told) -> None:
    await opened(systemd, told)
    with pytest.raises(HostNotAnswering):
        await systemd.start("alice", "live", "standard")
    host.do("broker", "hold")
    begun = time.monotonic()
    with pytest.raises(HostNotAnswering):
        await systemd.start("alice", "live", "standard")
    assert time.monotonic() - begun < CALL_TIMEOUT + 0.5
    assert systemd.connected


async def test_a_call_during_a_short_absence_waits_for_the_link(
    bus: Bus, host: Host, systemd: Systemd, told: Told
) -> None:
    await opened(systemd, told)
    bus.end()
    await told.after("away")
    asked = asyncio.create_task(systemd.system_state())
    bus.begin()
    host.end()
    again = Host(bus.address)
    try:
        assert await asked == "running"
    finally:
        again.end()


def test_hosts_without_glib_can_import_it() -> None:
    code = "import sys; sys.modules['gi'] = sys.modules['pydbus'] = None; import tgcfd.dbus.systemd"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=HERE)


# --- what a unit takes


async def test_what_is_counted_of_a_unit_takes_one_call(host: Host, systemd: Systemd, told: Told) -> None:
    counts = {"MemoryCurrent": 2**35, "CPUUsageNSec": 1_500_000_000, "TasksCurrent": 2**64 - 1}
    host.do("add", UNIT, RUNNING | counts | {"ControlGroup": "/tgcf.slice/" + UNIT})
    await opened(systemd, told)
    host.do("calls")
    assert await systemd.usage(UNIT) == (
        "/tgcf.slice/" + UNIT,
        {"MemoryCurrent": 2**35, "CPUUsageNSec": 1_500_000_000},
    )
    assert host.do("calls") == ["GetAll org.freedesktop.systemd1.Service"]


async def test_a_host_that_does_not_answer_does_not_say_what_a_unit_takes(
    host: Host, systemd: Systemd, told: Told
) -> None:
    host.do("add", UNIT, RUNNING)
    await opened(systemd, told)
    host.freeze()
    with pytest.raises(HostNotAnswering):
        await systemd.usage(UNIT)
    host.thaw()
