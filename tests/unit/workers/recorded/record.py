"""Records what tgcfd.dbus tells about units on a real systemd: run as root in the test host, prints JSON to DIRECTORY.

Each file is a list of [event, unit, payload]: "changed" with properties, "removed" with null, "job_removed" with
[job, result], and "did" with what was done from outside at that point. Times and ids are as they were.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from tgcfd.dbus.systemd import Systemd
from tgcfd.dbus.units import Properties

UNIT = "tgcf@alice.service"
DEADLINE = 30.0

WORKER = """
import os, signal, socket, sys, time
def say(text):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.sendto(text.encode(), os.environ["NOTIFY_SOCKET"].replace("@", "\\0"))
verb = sys.argv[1]
signal.signal(signal.SIGTERM, signal.SIG_IGN if verb == "deaf" else lambda *_: sys.exit(0))
if verb == "never-ready":
    time.sleep(100)
say("STATUS=Connecting")
time.sleep(0.3)
say("READY=1\\nSTATUS=Live: 1 connection")
time.sleep(0.3)
if verb.isdigit():
    sys.exit(int(verb))
if verb == "once-75":
    if os.path.exists("/run/once-75"):
        os.unlink("/run/once-75")
        sys.exit(75)
    time.sleep(100)
if verb == "segv":
    os.kill(os.getpid(), signal.SIGSEGV)
if verb == "oom":
    hog = [bytearray(os.urandom(4096) * 256) for _ in range(1000)]
time.sleep(100)
"""
GATE = """
import os, sys, time, socket
if os.path.exists("/run/gate"):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        text = b"STATUS=Starts again at 00:00:00 UTC\\nEXTEND_TIMEOUT_USEC=30000000"
        s.sendto(text, os.environ["NOTIFY_SOCKET"].replace("@", "\\0"))
    time.sleep(float(open("/run/gate").read()))
"""


class Recorder:
    """A listener that writes down what it is told."""

    def __init__(self) -> None:
        self.events: list[tuple[str, str, object]] = []
        self.state: dict[str, object] = {}
        self.told = asyncio.Event()

    def resynced(self, units, system_state) -> None:
        self.events.append(("resynced", "", {"units": units, "system_state": system_state}))

    def away(self) -> None:
        self.events.append(("away", "", None))

    def changed(self, unit: str, properties: Properties) -> None:
        self.events.append(("changed", unit, properties))
        self.state.update(properties)
        self.told.set()

    def removed(self, unit: str) -> None:
        self.events.append(("removed", unit, None))
        self.state["removed"] = True
        self.told.set()

    def job_removed(self, unit: str, job: str, result: str) -> None:
        self.events.append(("job_removed", unit, [job, result]))
        self.told.set()

    async def until(self, **state: object) -> None:
        async with asyncio.timeout(DEADLINE):
            while any(self.state.get(name) != value for name, value in state.items()):
                self.told.clear()
                await self.told.wait()


def run_unit(verb: str, mode: str = "live", python: str = "/usr/bin/python3", **more: str) -> list[str]:
    properties = {
        "Description": f"tgcf of alice: {mode} mode",
        "Type": "notify",
        "NotifyAccess": "exec",
        "WatchdogSec": "120",
        "KillMode": "mixed",
        "TimeoutStopSec": "2",
        "TimeoutStartSec": "90",
        "Restart": "on-failure",
        "RestartSec": "1",
        "RestartPreventExitStatus": "78",
        "StartLimitIntervalSec": "0",
        "CollectMode": "inactive-or-failed",
        "ExecStartPre": "-/usr/bin/python3 -P -s /run/gate.py",
    } | more
    words = [word for name, value in properties.items() for word in ("-p", f"{name}={value}")]
    return [
        "systemd-run",
        "-q",
        "--no-block",
        f"--unit={UNIT}",
        *words,
        python,
        "-P",
        "-s",
        "/run/worker.py",
        verb,
        mode,
    ]


def do(recorder: Recorder, *words: str) -> None:
    recorder.events.append(("did", UNIT, " ".join(words) if words[0] == "systemctl" else f"start {words[-2]}"))
    subprocess.run(words, check=True)


Scene = Callable[[Recorder], Awaitable[None]]
SCENES: dict[str, Scene] = {}


def scene(call: Scene) -> Scene:
    SCENES[call.__name__] = call
    return call


async def running(recorder: Recorder, verb: str = "run", **more: str) -> None:
    do(recorder, *run_unit(verb, **more))
    await recorder.until(ActiveState="active", SubState="running", Job="")


async def stop(recorder: Recorder) -> None:
    do(recorder, "systemctl", "stop", "--no-block", UNIT)
    await recorder.until(removed=True)


def ends(name: str, verb: str, **more: str) -> None:
    async def play(recorder: Recorder) -> None:
        do(recorder, *run_unit(verb, **more))
        await recorder.until(removed=True)

    SCENES[name] = play


def restarts(name: str, verb: str, **more: str) -> None:
    """Fails, and is stopped as soon as systemd waits to start it again."""

    async def play(recorder: Recorder) -> None:
        do(recorder, *run_unit(verb, **more))
        await recorder.until(SubState="auto-restart")
        await stop(recorder)

    SCENES[name] = play


@scene
async def ready_then_stopped(recorder: Recorder) -> None:
    await running(recorder)
    await stop(recorder)


@scene
async def exit_75_then_gate_then_running(recorder: Recorder) -> None:
    Path("/run/once-75").touch()
    await running(recorder, "once-75")
    Path("/run/gate").write_text("2")
    await recorder.until(SubState="auto-restart")
    await recorder.until(SubState="start-pre")
    await recorder.until(SubState="running", Job="")
    await stop(recorder)


@scene
async def stop_during_start_pre(recorder: Recorder) -> None:
    Path("/run/once-75").touch()
    await running(recorder, "once-75")
    Path("/run/gate").write_text("20")
    await recorder.until(SubState="auto-restart")
    await recorder.until(SubState="start-pre")
    await stop(recorder)


@scene
async def killed_by_sigkill_from_outside_twice(recorder: Recorder) -> None:
    await running(recorder)
    for count in (1, 2):
        do(recorder, "systemctl", "kill", "--kill-whom=main", "--signal=SIGKILL", UNIT)
        await recorder.until(NRestarts=count)
        await recorder.until(SubState="running", Job="")
    await stop(recorder)


@scene
async def stop_then_kill(recorder: Recorder) -> None:
    """What the broker's Kill does."""
    await running(recorder, "deaf", TimeoutStopSec="20")
    do(recorder, "systemctl", "stop", "--no-block", UNIT)
    do(recorder, "systemctl", "kill", "--kill-whom=all", "--signal=SIGKILL", UNIT)
    await recorder.until(removed=True)


@scene
async def ignores_sigterm(recorder: Recorder) -> None:
    await running(recorder, "deaf")
    await stop(recorder)


@scene
async def stop_while_starting(recorder: Recorder) -> None:
    do(recorder, *run_unit("never-ready"))
    await recorder.until(ActiveState="activating", SubState="start")
    await stop(recorder)


@scene
async def restarted_by_owner(recorder: Recorder) -> None:
    await running(recorder)
    do(recorder, "systemctl", "restart", "--no-block", UNIT)
    await recorder.until(SubState="stop-sigterm")
    await recorder.until(SubState="running", Job="")
    await stop(recorder)


@scene
async def daemon_reload_while_running(recorder: Recorder) -> None:
    await running(recorder)
    seen = len(recorder.events)
    do(recorder, "systemctl", "daemon-reload")
    async with asyncio.timeout(DEADLINE):
        while not any(event[0] == "resynced" for event in recorder.events[seen:]):
            await asyncio.sleep(0.01)
    await stop(recorder)


ends("exit_0_live", "0")
ends("exit_0_past", "0", mode="past")
ends("exit_78", "78")
restarts("exit_75_then_stop_during_auto_restart", "75")
restarts("segmentation_fault", "segv")
restarts("watchdog", "run", WatchdogSec="500ms")
restarts("start_timeout", "never-ready", TimeoutStartSec="1")
restarts("python_missing", "run", python="/run/python")
restarts("state_directory_fails", "run", WorkingDirectory="/nonexistent")
restarts("out_of_memory", "oom", MemoryMax="32M", MemorySwapMax="0")


async def main(directory: Path) -> None:
    Path("/run/worker.py").write_text(WORKER)
    Path("/run/gate.py").write_text(GATE)
    Path("/run/python").write_text("#!/nonexistent\n")  # systemd-run itself looks whether the program exists
    Path("/run/python").chmod(0o755)
    for name, play in SCENES.items():
        Path("/run/gate").unlink(missing_ok=True)
        recorder = Recorder()
        systemd = Systemd(recorder)
        await systemd.open()
        begun = time.monotonic()
        try:
            await play(recorder)
        except TimeoutError:
            print(f"{name}: NOT as expected: {recorder.state}")
        finally:
            subprocess.run(["systemctl", "stop", UNIT], check=False, stderr=subprocess.DEVNULL)
            await systemd.close()
        print(f"{name}: {len(recorder.events)} events, {time.monotonic() - begun:.1f} s")
        lines = ",\n ".join(json.dumps(event, sort_keys=True) for event in recorder.events)
        (directory / f"{name}.json").write_text(f"[{lines}]\n")


asyncio.run(main(Path(sys.argv[1])))
