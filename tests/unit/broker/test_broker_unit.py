"""The unit that the broker composes."""

from __future__ import annotations

import dataclasses

import pytest

from tgcfd.broker.errors import BadProfile
from tgcfd.broker.settings import Profile, Settings, Telegram, Worker
from tgcfd.broker.unit import Properties, Wanted, compose, unit_name
from tgcfd.runner import restarts

ALICE = Wanted("alice", "live", "standard", 17)


def named(properties: Properties) -> dict[str, object]:
    return {name: value for name, _, value in properties}


def test_a_unit_of_the_defaults() -> None:
    unit = named(compose(ALICE, Settings()))
    assert unit_name("alice") == "tgcf@alice.service"
    assert unit["Description"] == "tgcf of alice: live mode"
    python = ["/usr/bin/python3", "-P", "-s", "-m"]
    assert unit["ExecStart"] == [("/usr/bin/python3", [*python, "tgcfd.runner", "live", "--probe", "60"], False)]
    assert unit["ExecStartPre"] == [("/usr/bin/python3", [*python, "tgcfd.runner.restarts", "17"], True)]
    assert (unit["User"], unit["Group"], unit["StateDirectory"]) == (
        "tgcf-alice",
        "tgcfd-worker",
        ["tgcfd/users/alice"],
    )
    assert unit["WorkingDirectory"] == "/var/lib/private/tgcfd/users/alice"
    assert "PYTHONPATH=/usr/lib/tgcfd/runtime" in unit["Environment"]  # type: ignore[operator]
    assert (unit["MemoryMax"], unit["TasksMax"], unit["CPUQuotaPerSecUSec"]) == (512 * 1024 * 1024, 64, 1_000_000)


def test_a_unit_of_the_owners_settings() -> None:
    settings = Settings(
        Worker("/opt/python$x", ("/srv/a", "/home/b"), probe_seconds=5, stop_seconds=7),
        Telegram("2:127.0.0.1:443", "/etc/key.pem"),
        {"small": Profile(memory_mib=64, tasks=5, cpu_percent=20, io_weight=10, open_files=100)},
    )
    unit = named(compose(Wanted("bob", "past", "small", 1), settings))
    [(path, words, _)] = unit["ExecStart"]  # type: ignore[misc, attr-defined]
    assert (path, words[0]) == ("/opt/python$x", "/opt/python$$x")  # systemd puts variables into the words alone
    assert words[4:] == ["tgcfd.runner", "past", "--probe", "5", "--dc", "2:127.0.0.1:443", "--dc-key", "/etc/key.pem"]
    assert unit["TimeoutStopUSec"] == 7_000_000
    limits = ("MemoryMax", "TasksMax", "CPUQuotaPerSecUSec", "IOWeight", "LimitNOFILE")
    assert [unit[name] for name in limits] == [64 * 1024 * 1024, 5, 200_000, 10, 100]
    hidden = [
        value for name, _, value in compose(Wanted("bob", "past", "small", 1), settings) if name == "BindReadOnlyPaths"
    ]
    assert hidden[0] == [("/home/b", "/home/b", True, 0)]


def test_a_profile_must_be_there() -> None:
    with pytest.raises(BadProfile, match="no profile large"):
        compose(dataclasses.replace(ALICE, profile="large"), Settings())


def test_the_gate_may_wait_its_longest_even_when_systemd_forgets_that_it_asked_for_more_time() -> None:
    longest = restarts.delay_after(restarts.MAX_FAILURES, 1.0)
    assert named(compose(ALICE, Settings()))["TimeoutStartUSec"] > (longest + 30) * 1_000_000  # type: ignore[operator]


def test_what_starts_more_often_than_the_gate_lets_through_fails_in_the_end() -> None:
    unit = named(compose(ALICE, Settings()))
    seconds, burst = int(unit["StartLimitIntervalUSec"]) // 1_000_000, unit["StartLimitBurst"]  # type: ignore[call-overload]
    waited, starts = 0.0, 1
    while (waited := waited + restarts.delay_after(starts, 0.0)) < seconds:
        starts += 1
    assert starts < burst  # type: ignore[operator]
