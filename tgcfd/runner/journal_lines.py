"""The worker's output: one line per event, with a journal priority in front (sd-daemon(3)), and no secrets."""

from __future__ import annotations

import logging
import os
import re
import sys
import threading
from collections.abc import Iterable
from types import TracebackType
from typing import Any

NOTICE = 25  # between INFO and WARNING, as in syslog
MAX_LINE = 8192  # bytes, with prefix and newline

_PRIORITY = ((logging.CRITICAL, 2), (logging.ERROR, 3), (logging.WARNING, 4), (NOTICE, 5), (logging.INFO, 6))
# Everything that could break or colour a line is shown as an escape; a tab stays.
_UNSAFE = {n: f"\\x{n:02x}" for n in (*range(32), *range(127, 160)) if n != 9}
_UNSAFE |= {ord("\n"): "\\n", ord("\r"): "\\r", 0x2028: "\\u2028", 0x2029: "\\u2029"}
_BOT_TOKEN = re.compile(r"\b\d{5,}:[A-Za-z0-9_-]{30,}")
_OWN_CODE = re.compile(r"/((?:tgcf|telethon|tgcfd/runner)/.*)$")
_HIDDEN = "[secret]"
_CAUSE = re.compile(r" \(caused by (?:\w+\()*\w+\)+")


def priority(level: int) -> int:
    """Return the journal priority of a logging level."""
    return next((number for least, number in _PRIORITY if level >= least), 7)


def without_cause(text: str) -> str:
    """Return the text without the names of requests that Telethon adds to what Telegram says."""
    return _CAUSE.sub("", text)


def fold(error: BaseException) -> str:
    """Return type, message and the innermost frame of tgcf, Telethon or the runner: a traceback in one line."""
    place = ""
    trace = error.__traceback__
    while trace is not None:
        if found := _OWN_CODE.search(trace.tb_frame.f_code.co_filename):
            place = f" (in {found[1]}:{trace.tb_lineno})"
        trace = trace.tb_next
    text = without_cause(str(error))
    return f"{type(error).__name__}{': ' if text else ''}{text}{place}"


class LineHandler(logging.Handler):
    """Writes each record as one line to a file descriptor."""

    def __init__(self, descriptor: int = 2) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._secrets: list[str] = []

    def hide(self, values: Iterable[str]) -> None:
        """Never print these values again. Very short ones are left: hiding them would garble every line."""
        self._secrets = sorted({*self._secrets, *(v for v in values if len(v) >= 6)}, key=len, reverse=True)

    def line(self, record: logging.LogRecord) -> bytes:
        """Return the finished line of a record."""
        text = record.getMessage()
        if record.exc_info and (error := record.exc_info[1]) is not None:
            # logging.exception(err), as tgcf writes it, would say the same words twice.
            text = fold(error) if text == str(error) else f"{text}: {fold(error)}"
        data = f"<{priority(record.levelno)}>{self.clean(text)}".encode(errors="backslashreplace")
        if len(data) >= MAX_LINE:
            data = data[: MAX_LINE - 4].decode(errors="ignore").encode() + "…".encode()
        return data + b"\n"

    def clean(self, text: str) -> str:
        """Return the text without secrets and Telethon's additions, in one line."""
        for value in self._secrets:
            text = text.replace(value, _HIDDEN)
        return _BOT_TOKEN.sub(_HIDDEN, without_cause(text)).translate(_UNSAFE)

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record at once."""
        try:
            data = self.line(record)
            while data:
                data = data[os.write(self._descriptor, data) :]
        except Exception:  # noqa: BLE001 - logging's own contract: emit never raises
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Say that a line is missing; with nobody reading the output any more, there is no one left to tell."""
        try:
            os.write(self._descriptor, f"<3>A log line of {record.pathname}:{record.lineno} was lost.\n".encode())
        except OSError:
            return


_SAYS_NOTHING = (  # module, beginning of the message
    # tgcf, about how it works inside
    ("config", "config.py got executed"),
    ("config", "From to dict is"),
    ("live", "config.is_bot="),
    ("live", "Added event handler for "),
    ("live_bot", "Command prefix is"),
    ("utils", "Applying admin protection!"),
    ("past", "slept for "),
    # Telethon, about what the runner says in plain words
    ("mtprotosender", "Attempt %d at connecting failed"),
    ("mtprotosender", "Connection error %d during auth_key gen"),
    ("mtprotosender", "Automatic reconnection failed"),
)


def says_something(record: logging.LogRecord) -> bool:
    """Whether a record tells a person anything: tgcf and Telethon also log what only their developers need."""
    message = str(record.msg)
    return not any(record.module == module and message.startswith(text) for module, text in _SAYS_NOTHING)


def install() -> LineHandler:
    """Send all logging, warnings and uncaught exceptions through one LineHandler on standard error."""
    handler = LineHandler()
    handler.addFilter(says_something)
    logging.addLevelName(NOTICE, "NOTICE")
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    # The runner says in plain words what happens to the connection; Telethon's own INFO repeats it in its terms.
    logging.getLogger("telethon").setLevel(logging.WARNING)
    logging.captureWarnings(True)  # noqa: FBT003 - logging's signature

    def uncaught(kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
        if not issubclass(kind, SystemExit):
            logging.getLogger(__name__).critical("Uncaught exception: %s", fold(error))

    def uncaught_in_thread(event: threading.ExceptHookArgs) -> None:
        if event.exc_value is not None:
            uncaught(event.exc_type, event.exc_value, event.exc_traceback)

    def unraisable(event: sys.UnraisableHookArgs) -> None:
        if event.exc_value is not None:
            uncaught(type(event.exc_value), event.exc_value, None)

    sys.excepthook = uncaught
    threading.excepthook = uncaught_in_thread
    sys.unraisablehook = unraisable
    return handler


def log_loop_error(_loop: object, context: dict[str, Any]) -> None:
    """Asyncio's exception handler: one line, no traceback."""
    error = context.get("exception")
    text = f"{context.get('message', 'error')}{': ' + fold(error) if error is not None else ''}"
    logging.getLogger(__name__).error("%s", text)
