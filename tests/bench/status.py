"""``GET /api/status`` beside an empty aiohttp handler, in turns, on the same machine: requests a second, and the ratio.

The daemon is the real one, asked with a token; the empty handler answers ``{}`` and is served in the same way. Goal: at
least 0.6.
"""

from __future__ import annotations

import asyncio
import re
import statistics
import sys
import tempfile
from pathlib import Path

from tests.e2e.product import Product

ROUNDS = 5
SECONDS = 3
CONNECTIONS = 16
GOAL = 0.6
EMPTY = """if True:
    import asyncio
    from aiohttp import web
    from tgcfd.server import RUNNER_ARGUMENTS

    async def empty(request):
        return web.json_response({})

    async def main():
        app = web.Application()
        app.router.add_get("/", empty)
        runner = web.AppRunner(app, **RUNNER_ARGUMENTS)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        print(runner.addresses[0][1], flush=True)
        await asyncio.Event().wait()

    asyncio.run(main())
"""


async def requests_a_second(url: str, *headers: str) -> float:
    said = [word for item in headers for word in ("-H", item)]
    words = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", *said, url]
    process = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    text = output.decode()
    assert process.returncode == 0, text
    assert "Non-2xx" not in text, text
    found = re.search(r"Requests/sec:\s+([0-9.]+)", text)
    assert found, text
    return float(found[1])


async def main() -> None:
    empty = await asyncio.create_subprocess_exec(sys.executable, "-c", EMPTY, stdout=asyncio.subprocess.PIPE)
    assert empty.stdout is not None
    port = int(await empty.stdout.readline())
    try:
        with tempfile.TemporaryDirectory() as folder:
            async with Product.run(Path(folder), {"supervisor": "process"}) as product:
                person = await product.person("alice")
                token = person.headers["Authorization"]
                ratios = []
                for _ in range(ROUNDS):
                    theirs = await requests_a_second(f"http://127.0.0.1:{port}/")
                    ours = await requests_a_second(f"{product.url}/api/status", f"Authorization: {token}")
                    ratios.append(ours / theirs)
                    print(f"status {ours:8.0f}/s   empty handler {theirs:8.0f}/s   ratio {ours / theirs:.2f}")
                print(f"ratio: median {statistics.median(ratios):.2f} (goal at least {GOAL})")
    finally:
        empty.kill()
        await empty.wait()


if __name__ == "__main__":
    asyncio.run(main())
