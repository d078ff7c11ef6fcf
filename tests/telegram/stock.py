"""Stock tgcf as a child process of a test."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.telegram.remote import PYTHON, Bot, Chat, TelegramServer, User, child_environment


def config(telegram: TelegramServer, account: User, *pairs: tuple[Chat, Chat], **more: Any) -> dict[str, Any]:
    """A tgcf configuration for a person's session string; more settings by name."""
    login = {
        "API_ID": telegram.api_id,
        "API_HASH": telegram.api_hash,
        "user_type": 1,
        "SESSION_STRING": account.session,
    }
    forwards = [
        {"source": source.username or source.id, "dest": [target.username or target.id]} for source, target in pairs
    ]
    return {"login": login, "forwards": forwards, **more}


def bot_config(telegram: TelegramServer, bot: Bot, *pairs: tuple[Chat, Chat], **more: Any) -> dict[str, Any]:
    """A tgcf configuration for a bot's token."""
    login = {"API_ID": telegram.api_id, "API_HASH": telegram.api_hash, "user_type": 0, "BOT_TOKEN": bot.token}
    return {**config(telegram, bot, *pairs, **more), "login": login}


class StockTgcf:
    """A running tgcf."""

    def __init__(self, process: asyncio.subprocess.Process, folder: Path) -> None:
        self._process = process
        self.folder = folder

    @property
    def log(self) -> str:
        """What it has written so far."""
        return (self.folder / "tgcf.log").read_text(errors="replace")

    async def ended(self, timeout: float = 10) -> int:
        """Its exit code, once it has ended by itself."""
        return await asyncio.wait_for(self._process.wait(), timeout)

    async def stop(self) -> None:
        """End it."""
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()


@asynccontextmanager
async def stock_tgcf(
    runtime: Path, folder: Path, mode: str, settings: dict[str, Any], *, make_key_at: TelegramServer | None = None
) -> AsyncIterator[StockTgcf]:
    """Run tgcf's `live` or `past` mode in `folder`; killed at the end of the block."""
    folder.mkdir(exist_ok=True)
    (folder / "tgcf.config.json").write_text(json.dumps(settings))
    place = [make_key_at.address, str(make_key_at.port), str(make_key_at.public_key_path)] if make_key_at else []
    with (folder / "tgcf.log").open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            PYTHON, "-P", "-m", "tests.telegram.stock_driver", mode, *place, cwd=folder,
            stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output,
            env={**child_environment(runtime), "PASSWORD": "x"},
        )  # fmt: skip
    tgcf = StockTgcf(process, folder)
    try:
        yield tgcf
    finally:
        await tgcf.stop()
