"""The bot commands /forward, /remove and /style: answered also when they are wrong, and undone when they fail.

tgcf keeps a /forward with an unknown chat in its configuration, and cannot start any more after the next save.
"""

# ruff: noqa: ANN401 - tgcf and Telethon have no types

from __future__ import annotations

from typing import Any

import tgcf.config
from tgcf.bot import live_bot
from tgcf.plugin_models import Format

from tgcfd.runner.lean import real_yaml
from tgcfd.runner.os_errors import plain
from tgcfd.runner.resolve import Resolver, Route, Unresolved, label
from tgcfd.runner.run import Run, log

_EXAMPLE = "Write it like this:\nsource: -100123\ndest: [-100456, '@name']"


class _CommandYaml:
    """Stands in for the module yaml in tgcf.bot.live_bot, which answers a ValueError and nothing else."""

    @staticmethod
    def safe_load(text: str) -> dict[str, Any]:
        """Return the command's arguments. Raises ValueError with words for the sender."""
        yaml = real_yaml()
        try:
            value = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise ValueError(f"This cannot be read. {_EXAMPLE}") from error
        if not isinstance(value, dict):
            raise ValueError(f"This is not understood. {_EXAMPLE}")
        return value


class Commands:
    """What the bot commands may do to the running configuration."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._accepted: list[Any] = []
        self._base: tuple[list[dict[str, Any]], str] = ([], "")

    def install(self) -> None:
        """Put this between tgcf's command handlers and its configuration."""
        live_bot.yaml = _CommandYaml
        live_bot.write_config = self.save
        # /style assigns a string; tgcf then compares it with its enum, and `preserve` sends `NonehiNone`.
        Format.__config__.validate_assignment = True
        self.rebase()

    def accept(self) -> None:
        """Take the connections as they are now for the ones to go back to."""
        self._accepted = list(tgcf.config.CONFIG.forwards)

    def rebase(self) -> None:
        """Take the whole configuration as it is now for what the daemon knows."""
        self.accept()
        self._base = _savable(tgcf.config.CONFIG)

    async def routes(self, resolver: Resolver, running: dict[int, Route]) -> dict[int, Route]:
        """Return the routes after a command. Raises ValueError, which tgcf sends as the answer, and undoes the command.

        Connections that the command did not touch stay as they are.
        """
        config = tgcf.config.CONFIG
        new = [
            (forward, label(forward, index))
            for index, forward in enumerate(config.forwards)
            if not any(forward is old for old in self._accepted)
        ]
        kept = {id(forward) for forward in config.forwards}
        routes = {source: route for source, route in running.items() if id(route.forward) in kept}
        try:
            for forward, name in new:
                route = await _strict_route(resolver, forward)
                self._run.names.name_connection(route.source, name)
                routes.pop(route.source, None)
                routes[route.source] = route
        except Unresolved as error:
            config.forwards = list(self._accepted)
            raise ValueError(str(error)) from error
        self.accept()
        return routes

    def save(self, config: Any, persist: bool = True) -> None:  # noqa: ARG002, FBT001, FBT002 - tgcf's signature
        """Stands in for tgcf.config.write_config: keep what a command changed."""
        changes = self._run.state.changes
        forwards, style = _savable(config)
        # What was changed once is told on, also when it is changed back.
        if changes.forwards is not None or forwards != self._base[0]:
            changes.forwards = forwards
        if changes.style is not None or style != self._base[1]:
            changes.style = style
        try:
            self._run.save_config()
        except OSError as error:
            log.error("What the bot command changed cannot be saved: %s", plain(error))


def _savable(config: Any) -> tuple[list[dict[str, Any]], str]:
    return [forward.dict() for forward in config.forwards], str(config.plugins.fmt.style.value)


async def _strict_route(resolver: Resolver, forward: Any) -> Route:
    if str(forward.source).strip() == "" or not forward.dest:
        raise Unresolved(f"A source and a destination are needed. {_EXAMPLE}")
    chats: list[int] = []
    for chat in (forward.source, *forward.dest):
        try:
            chats.append(await resolver.chat(chat))
        except Unresolved as error:
            raise Unresolved(f"{chat}: {error}") from error
    return Route(forward, chats[0], chats[1:])
