"""What most tests begin with: Alice, who may write in two channels, and a configuration that connects them."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from tests.runner.worker import Worker, folder_for, worker
from tests.telegram.remote import Bot, Chat, TelegramServer, User
from tests.telegram.stock import bot_config, config

Running = AbstractAsyncContextManager[Worker]


class Scene:
    """Alice's accounts and channels, and workers for her."""

    def __init__(self, telegram: TelegramServer, runtime: Path, parent: Path) -> None:
        self.telegram = telegram
        self.runtime = runtime
        self.parent = parent
        self.alice: User
        self.bot: Bot
        self.source: Chat
        self.target: Chat

    async def prepare(self) -> Scene:
        self.alice = await self.telegram.add_user("Alice", "alice")
        self.bot = await self.telegram.add_bot("Robot", "robot")
        members = [self.alice, self.bot]
        self.source = await self.telegram.add_channel("Source", "source", members=members)
        self.target = await self.telegram.add_channel("Target", "target", members=members)
        return self

    def config(self, **more: Any) -> dict[str, Any]:
        """Alice's configuration, from @source to @target."""
        return config(self.telegram, self.alice, (self.source, self.target), **more)

    def bot_config(self, **more: Any) -> dict[str, Any]:
        """The bot's configuration, from @source to @target."""
        return bot_config(self.telegram, self.bot, (self.source, self.target), **more)

    def worker(self, config: dict[str, Any] | None, mode: str = "live", *options: str, **more: Any) -> Running:
        """A worker with this configuration; None leaves the folder's as it is."""
        return worker(self.runtime, folder_for(self.parent, config), mode, *options, **more)

    def write(self, config: dict[str, Any]) -> Path:
        """Put another configuration into the worker's folder."""
        return folder_for(self.parent, config)

    @property
    def center(self) -> tuple[str, ...]:
        """The options that lead a new bot session to the local Telegram."""
        tg = self.telegram
        return ("--dc", f"{tg.dc_id}:{tg.address}:{tg.port}", "--dc-key", str(tg.public_key_path))


@pytest.fixture
async def scene(telegram: TelegramServer, runtime: Path, tmp_path: Path) -> Scene:
    return await Scene(telegram, runtime, tmp_path).prepare()
