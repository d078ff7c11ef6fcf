"""Inside the machine: 100 people press Run; beside it, 100 bare ``systemd-run`` of the same unit.

In turns of ten at once, so that other work on the host meets both. The bare units have exactly the lines of the file
that systemd keeps of a worker's unit which the broker composed, and the same drop-in: same commands, same sandbox, same
limits. Both sides wait until the worker has said that it is ready. The people's workers stay, for the next measures.
Prints the seconds of each turn.
"""

from __future__ import annotations

import asyncio
import json
import shlex
import subprocess
import sys
import time
from pathlib import Path

import aiohttp

from tests.bench.host_people import Person, get, people, post

AT_ONCE = 10
DROP_IN = Path("/lib/systemd/system/tgcf@.service.d/10-tgcfd.conf")


async def through_the_api(http: aiohttp.ClientSession, some: list[Person]) -> float:
    async def run(person: Person) -> None:
        await post(http, person, "/api/run")
        while (await get(http, person, "/api/status"))["state"] != "running":  # the answer came with the process
            await asyncio.sleep(0.05)

    begin = time.perf_counter()
    await asyncio.gather(*map(run, some))
    return time.perf_counter() - begin


async def bare(some: list[Person], lines: list[str], model: Person) -> float:
    async def run(words: list[str]) -> None:
        process = await asyncio.create_subprocess_exec(*words)
        assert await process.wait() == 0, words

    commands = [_systemd_run(f"{person.slug}-b", lines, model) for person in some]
    begin = time.perf_counter()
    await asyncio.gather(*map(run, commands))
    return time.perf_counter() - begin


def lines_of_unit(person: Person) -> list[str]:
    text = Path("/run/systemd/transient", person.unit).read_text()
    return [line for line in text.splitlines() if "=" in line and not line.startswith("#")]


def _systemd_run(slug: str, lines: list[str], model: Person) -> list[str]:
    """The command for a unit like the model's, for somebody else."""
    words = ["systemd-run", "--quiet", f"--unit=bare@{slug}.service"]
    command: list[str] = []
    for line in lines:
        name, _, value = line.partition("=")
        value = value.replace(model.slug, slug)
        if name == "ExecStart":
            command = shlex.split(value)
        elif name == "ExecStartPre" and value:
            gate = value.rpartition(" ")[0]  # its last word is another number at each start that somebody asked for
            words.append(f'--property={name}={gate} "{time.time_ns() // 1000}"')
        elif value or name in {
            "CapabilityBoundingSet",
            "AmbientCapabilities",
        }:  # the others: an empty list to begin with
            words.append(f"--property={name}={value}")
    return [*words, *command]


def end_bare() -> None:
    subprocess.run(["systemctl", "stop", "bare@*.service"], check=True)


async def main() -> None:
    everyone = people()
    folder = Path("/run/systemd/system/bare@.service.d")
    folder.mkdir(parents=True)
    (folder / DROP_IN.name).write_text(DROP_IN.read_text())
    subprocess.run(["systemctl", "daemon-reload"], check=True)
    ours, theirs = [], []
    async with aiohttp.ClientSession() as http:
        await post(http, everyone[0], "/api/run")
        lines = lines_of_unit(everyone[0])
        await post(http, everyone[0], "/api/stop")
        for begin in range(0, len(everyone), AT_ONCE):
            some = everyone[begin : begin + AT_ONCE]
            ours.append(await through_the_api(http, some))
            theirs.append(await bare(some, lines, everyone[0]))
            print(f"starts: API {ours[-1]:.2f} s, systemd-run {theirs[-1]:.2f} s", file=sys.stderr)
    end_bare()
    print(json.dumps({"ours": ours, "theirs": theirs}))


if __name__ == "__main__":
    asyncio.run(main())
