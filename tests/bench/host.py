"""What the product costs on a host with systemd, beside what the host's own tools cost: ``make bench-host``, as root.

Boots one test host (tests/host) with the work tree installed, a stub in the runner's place (host_stub: ready at once,
prints what it is told) and the workers' limit of log lines lifted. Then, one after the other; each pair takes turns, so
that other work on this machine meets both sides, and the row's ratio is the median of the turns' ratios:

- starts: 100 people press Run, beside 100 bare ``systemd-run`` of the same unit (host_starts.py): seconds.
- burst: 100,000 lines from a worker to a log socket, beside ``journalctl -f -o json`` (host_burst.py): lines a second.
- sockets: 1,000 log sockets at 200 lines a second in all (host_sockets.py): what is lost, latency, CPU, memory.
- status: ``GET /api/status`` with a token, beside an empty aiohttp handler (host_empty.py): requests a second by wrk,
  which runs outside of the machine but in its network.

Prints one row per measure; the exit code is 1 if a goal is missed.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
import time
from typing import Any

from tests.bench.host_empty import PORT
from tests.host.base import base
from tests.host.machine import Machine

ROUNDS = 5
SECONDS = 3
CONNECTIONS = 16
DAEMON = "http://127.0.0.1:8470"
SETTINGS = {"worker": {"path": ["/src/tests/bench/host_stub", "/usr/lib/tgcfd/runtime"]}}
NO_RATE_LIMIT = "[Service]\nLogRateLimitIntervalSec=1s\nLogRateLimitBurst=1000000000\n"
TAKES = 300  # seconds at most for one measure, on a machine that has much else to do


class Rows:
    """Prints a row per measure and remembers whether a goal was missed."""

    def __init__(self) -> None:
        self.missed = False
        self._print("", "ours", "theirs", "ratio", "goal", "")

    def fact(self, name: str, value: str) -> None:
        """A figure without a goal."""
        self._print(name, value, "", "", "", "")

    def nothing(self, name: str, count: int) -> None:
        """A number that has to be 0."""
        self._print(name, str(count), "", "", "0", self._verdict(count == 0))

    def most(self, name: str, pairs: dict[str, list[float]], goal: float) -> None:
        """Seconds of ours and of theirs; the ratio is at most the goal."""
        self._pairs(name, pairs, 2, f"<= {goal}", lambda ratio: ratio <= goal)

    def least(self, name: str, pairs: dict[str, list[float]], goal: float) -> None:
        """A second's work, ours and theirs; the ratio is at least the goal."""
        self._pairs(name, pairs, 0, f">= {goal}", lambda ratio: ratio >= goal)

    def _pairs(self, name: str, pairs: dict[str, list[float]], digits: int, goal: str, meets: Any) -> None:
        ratio = statistics.median(ours / theirs for ours, theirs in zip(pairs["ours"], pairs["theirs"], strict=True))
        middle = [f"{statistics.median(pairs[side]):.{digits}f}" for side in ("ours", "theirs")]
        self._print(name, *middle, f"{ratio:.2f}", goal, self._verdict(meets(ratio)))

    def _verdict(self, met: bool) -> str:
        self.missed |= not met
        return "ok" if met else "MISSED"

    def _print(self, name: str, *columns: str) -> None:
        print(f"{name:40}" + "".join(f"{column:>12}" for column in columns[:-1]) + f"  {columns[-1]}", flush=True)


def prepare(machine: Machine) -> None:
    """Have the installed daemon run with the stub as worker, and people in it."""
    machine.run(["mkdir", "-p", "/etc/systemd/system/tgcf@.service.d"])
    machine.run(["tee", "/etc/systemd/system/tgcf@.service.d/90-bench.conf"], input=NO_RATE_LIMIT)
    machine.run(["tee", "/etc/tgcfd/tgcfd.yml.d/90-bench.yml"], input=json.dumps(SETTINGS))  # JSON is YAML
    machine.run(["systemctl", "daemon-reload"])
    machine.run(["systemctl", "start", "tgcfd.socket", "tgcfd.service"])
    measured(machine, "host_people")


def measured(machine: Machine, module: str) -> Any:
    """Run a module inside; what it printed."""
    print(f"... {module}", file=sys.stderr)
    words = ["python3", "-m", f"tests.bench.{module}"]
    result = machine.run(words, cwd="/src", timeout=TAKES)
    print(result.stderr, end="", file=sys.stderr)
    return json.loads(result.stdout or "null")


def status(machine: Machine) -> dict[str, list[float]]:
    """Requests a second that each of the two answers."""
    token = json.loads(machine.run(["cat", "/run/bench-people.json"]).stdout)[0]["token"]
    words = ["systemd-run", "--quiet", "--unit=empty", "--working-directory=/src"]
    machine.run([*words, "python3", "-B", "-m", "tests.bench.host_empty"])
    _wait_served(machine)
    rates: dict[str, list[float]] = {"ours": [], "theirs": []}
    for _ in range(ROUNDS):
        rates["theirs"].append(_requests_a_second(machine, f"http://127.0.0.1:{PORT}/"))
        rates["ours"].append(_requests_a_second(machine, f"{DAEMON}/api/status", f"Authorization: Bearer {token}"))
        print(f"status: ours {rates['ours'][-1]:.0f}/s, empty {rates['theirs'][-1]:.0f}/s", file=sys.stderr)
    return rates


def _wait_served(machine: Machine) -> None:
    deadline = time.monotonic() + 20
    while machine.run(["curl", "-s", f"http://127.0.0.1:{PORT}/"], check=False).returncode:
        assert time.monotonic() < deadline, machine.journal("-u", "empty")
        time.sleep(0.05)  # between two questions


def _requests_a_second(machine: Machine, url: str, *headers: str) -> float:
    said = [word for item in headers for word in ("-H", item)]
    words = machine.network_command(["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", *said, url])
    text = subprocess.run(words, check=True, capture_output=True, text=True, timeout=60).stdout
    assert "Non-2xx" not in text, text
    found = re.search(r"Requests/sec:\s+([0-9.]+)", text)
    assert found, text
    return float(found[1])


def main() -> int:
    """Run it all. 0: all goals met, 1: one is missed."""
    if os.geteuid() != 0:
        print("A test host takes root: sudo make bench-host", file=sys.stderr)
        return 1
    with Machine.boot(base()) as machine:
        prepare(machine)
        starts = measured(machine, "host_starts")
        burst = measured(machine, "host_burst")
        sockets = measured(machine, "host_sockets")
        requests = status(machine)
    rows = Rows()
    rows.most("start of 10 workers, in 100 (s)", starts, 1.3)
    rows.least("100,000 lines to a log socket (lines/s)", burst, 1.0)
    name = f"{sockets['sockets']} log sockets: "
    rows.nothing(name + "lost", sockets["lost"] + sockets["gaps"] + sockets["disordered"])
    rows.fact(name + "CPU", f"{sockets['cpu']:.1%}")
    rows.fact(name + "p50", f"{sockets['p50'] * 1000:.0f} ms")
    rows.fact(name + "p99", f"{sockets['p99'] * 1000:.0f} ms")
    rows.fact(name + "PSS before", f"{sockets['pss_before']:.0f} MiB")
    rows.fact(name + "PSS", f"{sockets['pss']:.0f} MiB")
    rows.fact(name + "VmHWM", f"{sockets['hwm']:.0f} MiB")
    rows.least("GET /api/status (requests/s)", requests, 0.6)
    return 1 if rows.missed else 0


if __name__ == "__main__":
    sys.exit(main())
