"""Run the real, unmodified tgcf here: `python -m tests.telegram.stock_driver live|past [address port key]`.

Only for comparison with stock tgcf: the product's own way is tgcfd.runner. With an address, clients that have no
session yet make their auth key there; Telethon knows no other way to be told.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from pathlib import Path

# Telethon imports these when it finds them, for things that tgcf never does; they cost half of its start.
for _unused in ("aiohttp", "PIL", "PIL.Image", "hachoir"):
    sys.modules.setdefault(_unused, None)  # type: ignore[arg-type]

from telethon.client import telegrambaseclient  # noqa: E402
from telethon.crypto import rsa  # noqa: E402
from tgcf.live import start_sync  # noqa: E402
from tgcf.past import forward_job  # noqa: E402


def _point_at(address: str, port: str, key_file: str) -> None:
    telegrambaseclient.DEFAULT_IPV4_IP = address
    telegrambaseclient.DEFAULT_PORT = int(port)
    rsa.add_key(Path(key_file).read_text(), old=False)


def main() -> None:
    """Run tgcf's live or past mode until it ends."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    mode, *place = sys.argv[1:]
    if place:
        _point_at(*place)
    if mode == "live":
        asyncio.run(start_sync())
    else:
        asyncio.run(forward_job())


if __name__ == "__main__":
    main()
