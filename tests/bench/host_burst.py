"""Inside the machine: one worker prints 100,000 lines of 100 bytes at once; who follows its log has them all when?

Ours: one client of ``/ws/logs``. Theirs: ``journalctl -f -o json``. In turns, each alone; both are counted by this
process, which does nothing else. Prints lines a second of each turn: from the moment at which the worker is told to
print until the last line is here. A line of ours that is missing, or a gap, is an error.
"""

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable

from tests.bench.host_people import Person, main_pid, people

ROUNDS = 3
LINES = 100_000
LINE = b"bench line "
WITHIN = 60.0


class Counter:
    """Counts what stands for one line in a stream that comes in pieces."""

    def __init__(self, read: Callable[[], bytes]) -> None:
        self._read = read
        self._rest = b""
        self.count = 0
        self.gaps = 0

    def read(self) -> None:
        data = self._read()
        if not data:
            raise EOFError(f"the stream has ended after {self.count} lines")
        keep = len(LINE) - 1
        joined = self._rest + data
        self.count += joined.count(LINE)
        self.gaps += data.count(b'"type": "gap"')
        self._rest = joined[-keep:]

    def until(self, count: int) -> float:
        """Read on until so many lines have come; returns the time."""
        deadline = time.perf_counter() + WITHIN
        while self.count < count:
            assert time.perf_counter() < deadline, f"{self.count} of {count} lines, {self.gaps} gaps"
            self.read()
        assert self.count == count, f"{self.count} of {count} lines"
        return time.perf_counter()


def websocket(person: Person) -> socket.socket:
    """An open log socket that has no history to send."""
    connection = socket.create_connection(("127.0.0.1", 8470))
    connection.settimeout(WITHIN)
    key = base64.b64encode(os.urandom(16)).decode()
    lines = ["GET /ws/logs?tail=0 HTTP/1.1", "Host: 127.0.0.1:8470", "Upgrade: websocket", "Connection: Upgrade"]
    lines += ["Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {key}", f"Authorization: Bearer {person.token}"]
    connection.sendall("".join(line + "\r\n" for line in [*lines, ""]).encode())
    said = b""
    while b"hello" not in said:
        piece = connection.recv(65536)
        assert piece, said
        said += piece
    return connection


def burst(person: Person, counter: Counter) -> float:
    """Have the worker print; returns lines a second. A first line tells that we follow."""
    person.order(lines=1, every=0)
    tell(person)
    counter.until(1)
    person.order(lines=LINES, every=0)
    begin = time.perf_counter()
    tell(person)
    return LINES / (counter.until(1 + LINES) - begin)


def tell(person: Person) -> None:
    subprocess.run(["systemctl", "kill", "--signal=USR1", person.unit], check=True)


def ours(person: Person) -> float:
    with websocket(person) as connection, main_pid():
        counter = Counter(lambda: connection.recv(1 << 18))
        rate = burst(person, counter)
        assert not counter.gaps
        return rate


def theirs(person: Person) -> float:
    words = ["journalctl", "-f", "-n", "0", "-o", "json"]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as journalctl:
        assert journalctl.stdout is not None
        file = journalctl.stdout.fileno()
        # it follows from some moment on: say something until it is heard
        os.set_blocking(file, False)
        while not _read_some(file):
            subprocess.run(["systemd-cat", "echo", "hello"], check=True)
            time.sleep(0.3)
        os.set_blocking(file, True)
        try:
            return burst(person, Counter(lambda: os.read(file, 1 << 18)))
        finally:
            journalctl.kill()


def _read_some(file: int) -> bytes | None:
    try:
        return os.read(file, 1 << 18)
    except BlockingIOError:
        return None


def main() -> None:
    person = people()[0]
    rates: dict[str, list[float]] = {"ours": [], "theirs": []}
    for _ in range(ROUNDS):
        rates["theirs"].append(theirs(person))
        rates["ours"].append(ours(person))
        print(f"burst: ours {rates['ours'][-1]:.0f}/s, journalctl {rates['theirs'][-1]:.0f}/s", file=sys.stderr)
    print(json.dumps(rates))


if __name__ == "__main__":
    main()
