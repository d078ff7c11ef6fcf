"""Run the real, unmodified tgcf in the current directory: `python -m tests.telegram.stock_driver live|past [address port key]`.

Only for comparison with stock tgcf: the product's own way is tgcfd.runner. With an address, clients that have no
session yet make their auth key there; Telethon knows no other way to be told.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from pathlib import Path


def _point_at(address: str, port: str, key_file: str) -> None:
    from telethon.client import telegrambaseclient
    from telethon.crypto import rsa

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
        from tgcf.live import start_sync as job
    else:
        from tgcf.past import forward_job as job
    asyncio.run(job())


if __name__ == "__main__":
    main()
