"""From a checked configuration to the end of the run."""

from __future__ import annotations

import asyncio
import time
from typing import Any, NoReturn, Protocol

import tgcf.config
from telethon.crypto import rsa

from tgcfd.runner import config_file, sessions, signals
from tgcfd.runner.client import Client
from tgcfd.runner.config_file import ConfigFile
from tgcfd.runner.explain import end_of, words
from tgcfd.runner.health import feed_watchdog, probe
from tgcfd.runner.journal_lines import log_loop_error
from tgcfd.runner.notify import Notifier
from tgcfd.runner.options import Options
from tgcfd.runner.os_errors import plain
from tgcfd.runner.reasons import Code, Ended, Reason, reason
from tgcfd.runner.run import Run, log
from tgcfd.runner.state import State


class _Mode(Protocol):
    """What live and past mode have in common."""

    client: Client | None

    async def work(self) -> Reason:
        """Run tgcf. Returns when it is done, raises what ended it before."""

    async def reload(self) -> None:
        """Read the configuration again."""


_DISCONNECT_WITHIN = 0.6  # seconds; less than signals.STOP_WITHIN


async def work(options: Options, config: ConfigFile, state: State, notifier: Notifier) -> Reason:
    """Run tgcf in the mode that the options say. Returns why it ended; worker.json says it too by then."""
    asyncio.get_running_loop().set_exception_handler(log_loop_error)
    run = Run(options, config, state, notifier)
    run.begin()
    try:
        why = await _work(run)
    except Ended as error:
        why = error.reason
    run.close(why)
    return why


async def _work(run: Run) -> Reason:
    _trust_data_center(run.options)
    mode = _mode(run)
    reload = asyncio.Event()
    signals.obey(run, reload.set)
    job: asyncio.Task[Reason] = asyncio.create_task(_tgcf(mode))
    watch: asyncio.Task[Reason] = asyncio.create_task(_watch(run, mode, reload))
    await asyncio.wait({job, watch, run.ended}, return_when=asyncio.FIRST_COMPLETED)
    if not run.ended.done():
        run.end(_end_of(job if job.done() else watch, run))
    watch.cancel()
    await _disconnect(mode)
    job.cancel()
    return run.ended.result()


def _mode(run: Run) -> _Mode:
    """Return the mode's object; only the mode that runs is imported."""
    session = _open_session(run.options)
    if run.options.mode == "past":
        from tgcfd.runner.past import Past  # noqa: PLC0415

        return Past(run, session)
    from tgcfd.runner.live import Live  # noqa: PLC0415

    return Live(run, session)


def _open_session(options: Options) -> Any:  # noqa: ANN401 - Telethon has no types
    login = tgcf.config.CONFIG.login
    config_file.check_login(login, options.mode)
    if login.user_type == config_file.USER:
        return sessions.open_user_session(login.SESSION_STRING)
    center = sessions.DataCenter(*options.dc) if options.dc else None
    return sessions.open_bot_session(login.BOT_TOKEN, center)


def _trust_data_center(options: Options) -> None:
    if options.dc_key is None:
        return
    try:
        rsa.add_key(options.dc_key.read_bytes(), old=False)
    except OSError as error:
        raise Ended(reason(Code.DC_KEY_UNREADABLE, why=plain(error))) from error
    except ValueError as error:
        raise Ended(reason(Code.DC_KEY_UNREADABLE, why="it is not a PEM file with an RSA key")) from error


async def _tgcf(mode: _Mode) -> Reason:
    try:
        return await mode.work()
    except SystemExit as error:  # would end the event loop without a word
        raise RuntimeError("tgcf ended by itself") from error


async def _watch(run: Run, mode: _Mode, reload: asyncio.Event) -> Reason:
    """Do what goes on beside tgcf; ends only by an error, never with a reason."""
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(feed_watchdog(run))
            tasks.create_task(probe(run, lambda: mode.client))
            tasks.create_task(_reload_when(reload, run, mode))
    except ExceptionGroup as group:
        raise group.exceptions[0] from None
    raise RuntimeError("nothing watches the worker any more")


async def _reload_when(reload: asyncio.Event, run: Run, mode: _Mode) -> NoReturn:
    """Read the configuration again each time that the event is set: one after the other."""
    while True:
        await reload.wait()
        reload.clear()
        run.notifier.send("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")
        await mode.reload()
        run.notifier.send("READY=1")


def _end_of(job: asyncio.Task[Reason], run: Run) -> Reason:
    """Return why a task that should have gone on has ended, or that tgcf is done."""
    if job.cancelled():  # Telethon cancels what waits for an answer when it disconnects
        return reason(Code.CONNECTION_LOST, why="Telegram closed the connection")
    error = job.exception()
    return job.result() if error is None else end_of(error, was_ready=run.is_ready)


async def _disconnect(mode: _Mode) -> None:
    """Disconnect in order, which also saves the session; within a time limit."""
    client = mode.client
    if client is None:
        return
    try:
        async with asyncio.timeout(_DISCONNECT_WITHIN):
            await client.disconnect()
    except TimeoutError:
        log.info("Telegram did not take leave in time")
    except Exception as error:  # noqa: BLE001 - whatever fails now must not change how the run ends
        log.info("Disconnecting failed: %s", words(error))
    client.session.save()
