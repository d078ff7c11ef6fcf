"""Finds out whether the session is still valid and answers; feeds the supervisor's watchdog while it does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from telethon import errors

from tgcfd.runner.client import Client
from tgcfd.runner.explain import words
from tgcfd.runner.run import Run, log


async def probe(run: Run, current: Callable[[], Client | None]) -> None:
    """Ask Telegram now and then: a revoked session and a dead connection both look like silence."""
    while True:
        await asyncio.sleep(run.options.probe)
        client = current()
        if client is None or run.is_waiting or not run.is_ready:
            continue
        try:
            async with asyncio.timeout(run.options.connect_timeout):
                await client.probe()
        except TimeoutError:
            if not run.is_waiting:
                log.warning("Telegram has not answered for %g s", run.options.connect_timeout)
                client.reconnect()
        except (errors.RPCError, OSError, ValueError) as error:
            if not run.ended.done():  # the client ends the run if the error is a final one, and the end says why
                log.warning("Whether the session is still valid cannot be found out: %s", words(error))


async def feed_watchdog(run: Run) -> None:
    """Send WATCHDOG=1 at half the time that the supervisor allows, while updates flow."""
    while run.notifier.watchdog:
        if run.is_alive:
            run.notifier.send("WATCHDOG=1")
        await asyncio.sleep(run.notifier.watchdog)
