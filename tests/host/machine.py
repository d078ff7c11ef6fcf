"""A machine: a booted Debian with systemd, on a disk that is thrown away, its network loopback alone."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tests.host import cgroups
from tests.host.base import BASES, ROOT, in_use
from tests.host.keeper import Order
from tests.host.leftovers import new_folder, sweep

MACHINES = BASES / "machines"
BOOTS_WITHIN = 60.0
ENDS_WITHIN = 60.0
_ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "LANG": "C.UTF-8",
    "PYTHONDONTWRITEBYTECODE": "1",
}
Completed = subprocess.CompletedProcess[str]


class MachineError(Exception):
    """A machine did not do something in time, or a command in it failed; says all that is known."""


class Machine:
    """One machine. ``run`` enters it; what runs there ends with it."""

    def __init__(self, name: str, keeper: subprocess.Popen[bytes], console: IO[bytes]) -> None:
        self.name = name
        self._keeper = keeper
        self._console = console
        self._leader = 0

    @classmethod
    @contextmanager
    def boot(
        cls, base: Path, *, install: bool = True, hierarchy: str | None = None, source: Path = ROOT
    ) -> Iterator[Machine]:
        """Boot one on ``base`` for the time of a ``with`` block.

        ``install``: the work tree ``source`` is installed in it, as packaging/install does; it is at /src in any case,
        read-only. ``hierarchy``: the cgroups that its systemd sees, "v1" or "v2"; by default v1 where there are v1
        controllers to share, because v2 has none left then and ignores all limits.
        """
        sweep(MACHINES)
        kind = hierarchy or ("v1" if cgroups.has_v1_limits() else "v2")
        folder, lock = new_folder(MACHINES)
        order = Order(str(folder), str(base), str(source), folder.name, kind, install)
        with tempfile.TemporaryFile(mode="ab+") as console:
            with lock, in_use(base) as using:
                keeper = _start_keeper(order, console, [lock.fileno(), using.fileno()])
            machine = cls(folder.name, keeper, console)
            try:
                machine._wait_booted(lambda _: True)
                yield machine
            finally:
                assert keeper.stdin is not None
                keeper.stdin.close()
                keeper.wait(ENDS_WITHIN)

    def run(
        self,
        words: Sequence[str],
        *,
        check: bool = True,
        user: str = "root",
        input: str | None = None,  # noqa: A002  # as subprocess.run has it
        timeout: float = 60,
        environment: Mapping[str, str] | None = None,
        cwd: str = "/",
    ) -> Completed:
        """Run a command in it and wait; raises MachineError when it takes longer, and with ``check`` when it fails."""
        command = self.command(words, user=user, environment=environment, cwd=cwd)
        pipe = subprocess.PIPE
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL if input is None else pipe,
            stdout=pipe,
            stderr=pipe,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        try:
            out, err = process.communicate(input, timeout)
        except subprocess.TimeoutExpired:
            out, err = _end(process)
            raise MachineError(f"{shlex.join(words)}: not done after {timeout:g} s\n{out}{err}") from None
        if check and process.returncode:
            raise MachineError(f"{shlex.join(words)}: exit code {process.returncode}\n{out}{err}")
        return subprocess.CompletedProcess(list(words), process.returncode, out, err)

    def command(
        self,
        words: Sequence[str],
        *,
        user: str = "root",
        environment: Mapping[str, str] | None = None,
        cwd: str = "/",
        enter: Sequence[str] = (),
    ) -> list[str]:
        """The words that enter it and run a command there, for whoever wants to start them otherwise than `run`.

        ``enter`` are the words that enter it from elsewhere than this host.
        """
        variables = [f"{key}={value}" for key, value in (_ENVIRONMENT | dict(environment or {})).items()]
        become = [] if user == "root" else ["runuser", "-u", user, "--"]
        return [
            *(enter or ("nsenter", "--target", str(self._leader), "--all")),
            *("env", "-i", f"--chdir={cwd}", *variables, *become, *words),
        ]

    def network_command(self, words: Sequence[str]) -> list[str]:
        """The words that run a command of this host's in its network, which is loopback alone."""
        return ["nsenter", "--target", str(self._leader), "--net", *words]

    def beside_command(self, words: Sequence[str]) -> list[str]:
        """The words that run a command of this host's with its network and its processes, of which 1 is its systemd."""
        proc = 'mount -t proc proc /proc && exec "$@"'
        enter = ["nsenter", "--target", str(self._leader), "--net", "--pid"]
        return [*enter, "unshare", "--mount", "--propagation", "private", "sh", "-c", proc, "sh", *words]

    @property
    def leader(self) -> int:
        """Its systemd's process in this boot, as this host counts."""
        return self._leader

    def reboot(self) -> None:
        """Reboot it as its owner would, and wait until it runs again: same disk, another boot."""
        before = self._leader
        self.run(["systemctl", "reboot", "--no-block"])
        self._wait_booted(lambda leader: leader != before)

    def poweroff(self) -> None:
        """Switch it off as its owner would, and wait until it is."""
        self.run(["systemctl", "poweroff", "--no-block"])
        self._leader = 0  # its number may soon be another's
        try:
            self._keeper.wait(ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            raise MachineError(f"{self.name} is not off after {ENDS_WITHIN:g} s\n{self.boot_log()}") from None

    def boot_id(self) -> str:
        """What tells one boot from the next."""
        return self.run(["cat", "/proc/sys/kernel/random/boot_id"]).stdout.strip()

    def journal(self, *words: str) -> str:
        """What journalctl says with these words."""
        return self.run(["journalctl", "--no-pager", "-o", "short-precise", *words]).stdout

    def boot_log(self) -> str:
        """What has been said on the console: by the installation, nspawn, systemd and the keeper."""
        size = os.fstat(self._console.fileno()).st_size
        return os.pread(self._console.fileno(), size, 0).decode(errors="replace")

    def _wait_booted(self, is_new: Callable[[int], bool]) -> None:
        deadline = time.monotonic() + BOOTS_WITHIN
        state = "no systemd yet"
        while time.monotonic() < deadline:
            if self._keeper.poll() is not None:
                raise MachineError(f"{self.name} ended while it booted\n{self.boot_log()}")
            leader = _leader(self._keeper.pid)
            if leader is not None and is_new(leader):
                self._leader = leader
                answer = self.run(["systemctl", "is-system-running", "--wait"], check=False, timeout=BOOTS_WITHIN)
                state = answer.stdout.strip() or answer.stderr.strip()
                if state in {"running", "degraded"}:
                    return
            time.sleep(0.02)  # between two questions: before its bus is there, nothing tells that systemd is
        raise MachineError(f"{self.name} is not booted after {BOOTS_WITHIN:g} s: {state}\n{self.boot_log()}")


def _start_keeper(order: Order, console: IO[bytes], locks: Sequence[int]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-B", "-m", "tests.host.keeper", order.dump()],
        stdin=subprocess.PIPE,
        stdout=console,
        stderr=console,
        cwd=ROOT,
        start_new_session=True,
        pass_fds=locks,
    )


def _leader(keeper: int) -> int | None:
    """The machine's systemd (or the shell that becomes it): below the keeper, and process 1 two levels down."""
    levels = len(_namespace_pids(keeper)) + 2
    waiting = [keeper]
    while waiting:
        pid = waiting.pop()
        pids = _namespace_pids(pid)
        if len(pids) == levels and pids[-1] == 1:
            return pid
        waiting += _children(pid)
    return None


def _namespace_pids(pid: int) -> list[int]:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return next(([int(word) for word in line.split()[1:]] for line in lines if line.startswith("NSpid:")), [])


def _children(pid: int) -> list[int]:
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def _end(process: subprocess.Popen[str]) -> tuple[str, str]:
    """Kill what nsenter started, too: it is in its process group. Returns what was said so far, if that can be had."""
    os.killpg(process.pid, signal.SIGKILL)
    try:
        return process.communicate(timeout=1)
    except subprocess.TimeoutExpired:  # somebody in a session of its own holds the pipes
        pipes: list[IO[str] | None] = [process.stdin, process.stdout, process.stderr]
        for pipe in pipes:
            if pipe is not None:
                pipe.close()
        process.wait()
        return "", ""
