"""Inside the machine: an empty aiohttp handler that answers ``{}``, served in the same way as the daemon's."""

from __future__ import annotations

import asyncio

from aiohttp import web

from tgcfd.server import RUNNER_ARGUMENTS

PORT = 8471


async def empty(request: web.Request) -> web.Response:
    return web.json_response({})


async def main() -> None:
    app = web.Application()
    app.router.add_get("/", empty)
    runner = web.AppRunner(app, **RUNNER_ARGUMENTS)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", PORT).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
