"""A host that reboots: what ran runs again, and what was stopped stays stopped, whoever stopped it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.host.inside.people import CONFIG, READY, SETTINGS, USERS, daemon_settings
from tests.host.machine import Machine

URL = "http://127.0.0.1:8470"
DEADLINE = 30.0
RUNNING = ["alice", "bob", "carol"]


class Person:
    """Somebody who uses the API of the daemon in a machine."""

    def __init__(self, machine: Machine, name: str) -> None:
        self.machine = machine
        self.unit = f"tgcf@{name}.service"
        self.folder = USERS / name
        self.token = ""
        who = {"username": f"{name}@example.org", "password": f"{name} has a long password"}
        self.call("POST", "/api/auth/register", {"email": who["username"], "password": who["password"], "name": name})
        self.token = self.call("POST", "/api/auth/login", who)["access_token"]
        self.call("POST", "/api/config", CONFIG)

    def call(self, method: str, path: str, body: object = None) -> Any:
        words = ["curl", "-sS", "--fail-with-body", "-X", method, "-H", f"Authorization: Bearer {self.token}"]
        if body is not None:
            words += ["-H", "Content-Type: application/json", "-d", json.dumps(body)]
        return json.loads(self.machine.run([*words, f"{URL}{path}"]).stdout)

    def run(self, code: str = READY, state: str = "running") -> dict[str, Any]:
        self.machine.run(["tee", str(self.folder / "act.py")], input=code)
        self.call("POST", "/api/run")
        return self.until_state(state)

    def until_state(self, state: str) -> dict[str, Any]:
        return until(lambda: self.call("GET", "/api/status"), lambda status: status["state"] == state)


def until(ask: Callable[[], Any], holds: Callable[[Any], bool]) -> Any:
    deadline = time.monotonic() + DEADLINE
    while not holds(seen := ask()):
        assert time.monotonic() < deadline, f"after {DEADLINE:g} s it is still {seen}"
    return seen


@pytest.fixture
def people(machine: Machine) -> dict[str, Person]:
    """A daemon that starts at boot, and people in all states."""
    write(machine, SETTINGS, json.dumps(daemon_settings()))
    machine.run(["systemctl", "enable", "--now", "tgcfd.socket", "tgcfd.service"])
    people = {name: Person(machine, name) for name in [*RUNNING, "dave", "erin", "frank"]}
    for name in [*RUNNING, "dave", "erin"]:
        people[name].run()
    people["dave"].call("POST", "/api/stop")
    machine.run(["systemctl", "stop", people["erin"].unit])
    people["frank"].run("sys.exit(78)", state="failed")
    return people


def write(machine: Machine, path: Path, text: str) -> None:
    machine.run(["tee", str(path)], input=text)


def test_what_ran_runs_again_after_a_reboot_and_nothing_else(machine: Machine, people: dict[str, Person]) -> None:
    def code(name: str) -> str | None:
        reason = people[name].call("GET", "/api/status")["reason"]
        return reason and reason["code"]

    assert until(lambda: code("erin"), lambda seen: seen is not None) == "stopped_by_owner"
    for _ in range(2):  # the second one ends workers that the daemon has started by itself
        boot = machine.boot_id()
        machine.reboot()
        assert machine.boot_id() != boot

        # then who ran runs again, not all at one moment
        status = {name: people[name].until_state("running") for name in RUNNING}
        started = sorted(datetime.fromisoformat(status[name]["startTime"]) for name in RUNNING)
        pauses = [(later - earlier).total_seconds() for earlier, later in pairwise(started)]
        assert all(pause > 0.4 for pause in pauses), pauses
        assert [status[name]["restarts"] for name in RUNNING] == [0, 0, 0]

        # who was stopped is not, and everybody still learns why
        assert people["dave"].until_state("stopped")["reason"] is None
        assert people["erin"].until_state("stopped")["reason"]["code"] == "stopped_by_owner"
        assert people["frank"].until_state("failed")["reason"]["code"] == "config_refused"
        there = machine.run(["systemctl", "list-units", "--no-legend", "--plain", "tgcf@*.service"]).stdout
        assert sorted(line.split()[0] for line in there.splitlines()) == [people[name].unit for name in RUNNING]

    # and both start again when their person says so
    for name in ("dave", "erin"):
        people[name].run()


def test_the_owners_stop_while_the_daemon_was_away_is_not_forgotten_by_a_reboot(
    machine: Machine, people: dict[str, Person]
) -> None:
    # given workers that the owner and a shutdown end, both while the daemon does not run
    machine.run(["systemctl", "stop", "tgcfd.socket", "tgcfd.service"])
    machine.run(["systemctl", "stop", people["alice"].unit])
    machine.run(["systemctl", "start", "tgcfd.service"])
    until(lambda: people["alice"].call("GET", "/api/status")["reason"], bool)
    machine.run(["systemctl", "stop", "tgcfd.socket", "tgcfd.service"])

    # when the host reboots
    machine.reboot()

    # then only the owner's stop counts
    for name in ("bob", "carol"):
        people[name].until_state("running")
    assert people["alice"].until_state("stopped")["reason"]["code"] == "stopped_by_owner"
