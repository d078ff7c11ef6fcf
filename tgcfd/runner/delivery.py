"""Sending, editing and deleting copies: counted, and with failures that stay with the chat that they concern.

tgcf gives up on a message at the first destination that fails.
"""

# ruff: noqa: ANN401 - tgcf and Telethon have no types

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from telethon import errors

from tgcfd.runner.explain import refusal, words
from tgcfd.runner.os_errors import plain
from tgcfd.runner.reasons import Code, reason
from tgcfd.runner.run import Run, log

KEEP_LAST = 10_000
"""How many messages' copies are remembered: tgcf's own number in live mode; in past mode it has no limit."""

_FAILURES = (errors.RPCError, ValueError, TypeError, OSError)


class Failed:
    """Stands for a copy that could not be sent, where tgcf wants a message."""

    id = None


class Copy:
    """A copy that was sent. tgcf edits and deletes it, and replies to it."""

    SUBCLASS_OF_ID = 0x790009E3  # as Telethon's Message: makes `reply_to=copy` work

    def __init__(self, message: Any, chat: int, run: Run) -> None:
        self._message = message
        self._chat = chat
        self._run = run

    @property
    def id(self) -> int:
        """The copy's message id."""
        return int(self._message.id)

    async def edit(self, text: str) -> None:
        """Give the copy another text."""
        try:
            edited = await self._message.edit(text)
        except errors.MessageNotModifiedError:  # e.g. somebody reacted to the original
            return
        except _FAILURES as error:
            await self._failed(error, "edited")
            return
        if edited is not None:
            self._run.state.counters.edited += 1
            self._run.changed()

    async def delete(self) -> None:
        """Delete the copy."""
        try:
            await self._message.delete()
        except _FAILURES as error:
            await self._failed(error, "deleted")
            return
        self._run.state.counters.deleted += 1
        self._run.changed()

    async def _failed(self, error: BaseException, verb: str) -> None:
        await note_failure(self._run, error, f"The copy {self.id} in {self._run.names.chat(self._chat)} was not {verb}")


class Copies(dict[int, Any]):
    """One message's copies by destination; leaves out those that failed."""

    def __init__(self, run: Run) -> None:
        super().__init__()
        self._run = run

    def update(self, other: Mapping[int, Any]) -> None:  # type: ignore[override]  # as tgcf calls it
        """Add copies: messages in live mode, message ids in past mode."""
        for chat, sent in other.items():
            if isinstance(sent, int):
                self[chat] = sent
            elif sent is not None and not isinstance(sent, Failed):
                self[chat] = Copy(sent, chat, self._run)


class Stored(dict[Any, Copies]):
    """Stands in for tgcf.storage.stored; never holds more than KEEP_LAST messages."""

    def __init__(self, run: Run) -> None:
        super().__init__()
        self._run = run

    def __setitem__(self, message: Any, _empty: object) -> None:
        super().__setitem__(message, Copies(self._run))
        if len(self) > KEEP_LAST:
            del self[next(iter(self))]


async def note_failure(run: Run, error: BaseException, what: str) -> None:
    """Count and report a failure. Does not return if the connection is gone for good: then all else fails too."""
    if isinstance(error, ConnectionError):
        run.end(reason(Code.CONNECTION_LOST, why=plain(error)))
        await run.hold()
    if run.ended.done():
        await run.hold()
    run.state.counters.failed += 1
    run.changed()
    log.warning("%s: %s", what, words(error))


def sender(
    run: Run, send: Callable[[Any, Any], Awaitable[Any]], sent: Callable[[int, int], None]
) -> Callable[[Any, Any], Awaitable[Any]]:
    """Return what stands in for tgcf.utils.send_message; calls ``sent(source, message id)`` for each copy sent."""

    async def send_message(recipient: Any, tm: Any) -> Any:
        source, number = tm.message.chat_id, tm.message.id
        try:
            message = await send(recipient, tm)
        except _FAILURES as error:
            names = run.names.chat(source), run.names.chat(recipient)
            await note_failure(run, error, f"Message {number} of {names[0]} was not sent to {names[1]}")
            if why := refusal(error):
                run.refused(source, recipient, why)
            return Failed()
        sent(source, number)
        run.forwarded(source, recipient)
        return Failed() if message is None else message

    return send_message
