"""Ask a real daemon all that its contract allows, and what it does not, by both kinds of log-in: ``make fuzz``.

The daemon is the one of ``make run``, on loopback and over a folder of its own, with a stub for the runner and limits
that nobody meets. schemathesis asks with all of its checks, following the contract's links as well. Then two people
ask, neither of whom may see what is the other's.

Reports are in ``build/fuzz/``: HTML to read, JUnit, all requests as HAR, and the daemon's log. What is found is printed
with the curl command that does it again. The exit code is 1 if something was found. Words on the command line: those
of ``bearer``, ``cookie`` and ``peers`` that shall run, and any for schemathesis.

WebSockets are left out: schemathesis does not speak them; tests/api asks them.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
import time
from pathlib import Path

import aiohttp

import tests.guard.sitecustomize  # noqa: F401  # guards this process, and PYTHONPATH those that it starts
from tests.bench.daemon import PASSWORD, ROOT, Served, daemon, register
from tests.guard import GUARD_PATH

REPORTS = ROOT / "build/fuzz"
PROGRAM = ROOT / ".venv-fuzz/bin/schemathesis"
SETTINGS = ROOT / "tests/fuzz/schemathesis.toml"
UNLIMITED = 1_000_000
LIMITS = ("log_ins_per_minute", "account_log_ins_per_minute", "registrations_per_hour", "requests_per_minute")
# The first one guards; the second is imported before tgcf's own set.
WORKER = [GUARD_PATH, ROOT / "tests/api/stub", ROOT / "build/runtime"]
RUNS = ("bearer", "cookie", "peers")


async def main(words: list[str]) -> int:
    """Run it. 0: nothing found."""
    chosen = [word for word in words if word in RUNS] or list(RUNS)
    more = [word for word in words if word not in RUNS]
    print("Left out: /ws/logs and /ws/events, for schemathesis speaks no WebSocket; tests/api asks them.", flush=True)
    os.environ["PYTHONPATH"] = str(GUARD_PATH)
    found = []
    for run in chosen:
        shutil.rmtree(REPORTS / run, ignore_errors=True)
        (REPORTS / run).mkdir(parents=True)
        begin = time.monotonic()
        settings = {"limits": dict.fromkeys(LIMITS, UNLIMITED), "worker": {"path": [str(path) for path in WORKER]}}
        async with daemon(log_file=REPORTS / run / "daemon.log", **settings) as served:
            code = await (_peers(served, more) if run == "peers" else _everything(served, run, more))
        found += [run] * (code != 0)
        print(f"{run}: {'something found' if code else 'nothing found'}, {time.monotonic() - begin:.0f} s", flush=True)
    print(f"Reports: {REPORTS}")
    return 1 if found else 0


async def _everything(served: Served, log_in: str, more: list[str]) -> int:
    """All operations, as an admin."""
    keeper = ("keeper@example.org", "--admin", "--slug", "keeper")
    process = await asyncio.create_subprocess_exec(
        *served.command, "user", "add", *keeper, *served.flags, stdin=asyncio.subprocess.PIPE, cwd=ROOT
    )
    await process.communicate(f"{PASSWORD}\n".encode())
    assert process.returncode == 0
    typed = {"username": keeper[0], "password": PASSWORD}
    async with aiohttp.ClientSession() as http, http.post(f"{served.url}/api/auth/login", json=typed) as answer:
        token = (await answer.json())["access_token"]
    environment = {
        "TGCFD_FUZZ_URL": served.url,
        "TGCFD_FUZZ_KEEPER": token,
        "TGCFD_FUZZ_PASSWORD": PASSWORD,
        "TGCFD_FUZZ_LOG_IN": log_in,
        "SCHEMATHESIS_HOOKS": "tests.fuzz.hooks",
    }
    return await _schemathesis(served.url, REPORTS / log_in, environment, more)


async def _peers(served: Served, more: list[str]) -> int:
    """What people have of their own, as one and then as another of them."""
    async with aiohttp.ClientSession() as http:
        people = [(name, await register(http, served.url, name)) for name in ("ann", "ben")]
        for _, headers in people:
            for mode in (1, 0):
                async with http.post(f"{served.url}/api/config", json={"mode": mode}, headers=headers) as answer:
                    assert answer.status == 200, await answer.text()
    fixed = [
        {"name": name, "fixedHeaders": [{"name": key, "value": value} for key, value in headers.items()]}
        for name, headers in people
    ]
    place = REPORTS / "peers/people.json"
    place.write_text(json.dumps({"auth": fixed}))
    names = [name for name, _ in people]
    settings = REPORTS / "peers/schemathesis.toml"
    wfc = f"[auth.wfc]\npath = {json.dumps(str(place))}\npeers = {json.dumps(names)}\n"
    settings.write_text(f"{SETTINGS.read_text()}\n{wfc}")
    words = ["--phases", "fuzzing,stateful", "--checks", "object_level_authorization", "--include-tag", "config", *more]
    return await _schemathesis(served.url, REPORTS / "peers", {}, words, settings)


async def _schemathesis(
    url: str, reports: Path, environment: dict[str, str], more: list[str], settings: Path = SETTINGS
) -> int:
    words = ["--config-file", str(settings), "run", f"{url}/api/openapi.json"]
    words += ["--report", "junit,har,html", "--report-dir", str(reports), *more]
    environment = {**os.environ, "PYTHONPATH": f"{GUARD_PATH}:{ROOT}", **environment}
    process = await asyncio.create_subprocess_exec(str(PROGRAM), *words, cwd=ROOT, env=environment)
    return await process.wait()


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
