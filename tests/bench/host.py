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
import subprocess
import sys
import time
from typing import Any

from tests.bench.host_empty import PORT
from tests.bench.rows import Rows
from tests.host.base import base
from tests.host.machine import Machine

ROUNDS = 5
SECONDS = 3
CONNECTIONS = 16
DAEMON = "http://127.0.0.1:8470"
# Nobody is to be limited where it is measured how fast we are.
LIMITS = {"requests_per_minute": 100_000_000, "requests_at_once": 100_000}
SETTINGS = {"worker": {"path": ["/src/tests/bench/host_stub", "/usr/lib/tgcfd/runtime"]}, "limits": LIMITS}
NO_RATE_LIMIT = "[Service]\nLogRateLimitIntervalSec=1s\nLogRateLimitBurst=1000000000\n"
TAKES = 300  # seconds at most for one measure, on a machine that has much else to do


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
