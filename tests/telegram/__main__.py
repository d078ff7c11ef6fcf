"""Run the server: `python -m tests.telegram [--port N] [--control-fd N]`.

Prints one JSON line when it listens. With a control channel it ends when that is closed, so that no server outlives
its test; without one it runs until it is interrupted.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
import sys

# Telethon imports these when it finds them; this server has no use for them, and they cost half of its start.
for _unused in ("aiohttp", "PIL", "PIL.Image", "hachoir"):
    sys.modules.setdefault(_unused, None)  # type: ignore[arg-type]

from tests.telegram.control import Control  # noqa: E402
from tests.telegram.exchange import public_key_pem  # noqa: E402
from tests.telegram.rpc_account import DC_ID  # noqa: E402
from tests.telegram.server import HOST, Server  # noqa: E402
from tests.telegram.world import World  # noqa: E402

API_ID, API_HASH = 12345, "0123456789abcdef0123456789abcdef"
_LONGEST_LINE = 16 * 1024 * 1024


async def run(port: int, control_fd: int | None) -> None:
    """Serve until the control channel ends."""
    server = Server(World(API_ID, API_HASH))
    await server.open(port)
    known = {"address": HOST, "port": server.port, "dc_id": DC_ID, "api_id": API_ID, "api_hash": API_HASH}
    print(json.dumps({**known, "public_key": public_key_pem()}), flush=True)
    try:
        if control_fd is None:
            await asyncio.Event().wait()
        else:
            reader, writer = await asyncio.open_connection(sock=socket.socket(fileno=control_fd), limit=_LONGEST_LINE)
            await Control(server).serve(reader, writer)
            writer.close()
    finally:
        await server.close()


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m tests.telegram", description="A local Telegram server for tests.")
    parser.add_argument("--port", type=int, default=0, help="where to listen on 127.0.0.1; 0 takes a free port")
    parser.add_argument("--control-fd", type=int, help="an inherited socket that takes the test's commands")
    arguments = parser.parse_args()
    asyncio.run(run(arguments.port, arguments.control_fd))


if __name__ == "__main__":
    main()
