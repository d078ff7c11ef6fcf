"""What is wrong with a person's regular expressions, found out in a process of its own (see patterns.py). Blocks."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from tgcfd.config import patterns
from tgcfd.errors import Busy

MAX_PATTERNS = 500
MAX_CHARACTERS = 64 * 1024
"""Of all patterns and the texts that replace what they find."""

SECONDS = 5.0
"""A judge that has not ended by then is ended; on a host with room it ends itself after patterns.CPU_SECONDS."""

TOO_SLOW = "This pattern takes too long to check. Make it simpler."

_COMMAND = (sys.executable, "-I", "-S", str(Path(patterns.__file__).resolve()))

_log = logging.getLogger(__name__)


class Question(NamedTuple):
    """A pattern, the text that replaces what it finds if there is one, and whether tgcf lowers the text first."""

    pattern: str
    new: str | None = None
    lowered: bool = False


class _Unfinished(Exception):
    """The judge was ended; what it said until then. An error, since lru_cache does not keep those."""

    def __init__(self, said: tuple[str, ...]) -> None:
        self.said = said


def excess(questions: tuple[Question, ...]) -> int | None:
    """Return the index of the first question that is too much, in number or in length altogether; None if all fit."""
    characters = 0
    for index, question in enumerate(questions):
        characters += len(question.pattern) + len(question.new or "")
        if index >= MAX_PATTERNS or characters > MAX_CHARACTERS:
            return index
    return None


def verdicts(questions: tuple[Question, ...]) -> tuple[str, ...]:
    """Return for each question what is wrong, in a sentence, or "".

    One that takes too long ends the inquiry: the answers for what follows it are "". Raises Busy if the host cannot
    start a process.
    """
    try:
        return _judged(questions) if questions else ()
    except _Unfinished as unfinished:
        said = (*unfinished.said[: len(questions) - 1], TOO_SLOW)
        return said + ("",) * (len(questions) - len(said))


# Whoever presses Run has posted the same patterns before. Bounded: 32 times what `excess` lets through.
@lru_cache(maxsize=32)
def _judged(questions: tuple[Question, ...]) -> tuple[str, ...]:
    try:
        # The judge's output is bounded: by the number of questions, and by the length that it gives to each answer.
        done = subprocess.run(  # noqa: S603  # our own program; nothing of the person's is on its command line
            _COMMAND,
            input=json.dumps(questions).encode(),
            capture_output=True,
            env={},
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        raise _Unfinished(_lines(late.output or b"")) from None
    except OSError as error:
        _log.error("Regular expressions cannot be checked: %s: %s", _COMMAND[0], error)
        raise Busy("The host has no room to check regular expressions now. Try again.", retry_after=5) from None
    said = _lines(done.stdout)
    if len(said) == len(questions):
        return said
    if done.returncode > 0:  # not ended by a limit: an error of the judge's own
        _log.error("The check of regular expressions ended with %d: %s", done.returncode, done.stderr[-500:])
    raise _Unfinished(said)


def _lines(output: bytes) -> tuple[str, ...]:
    """Return what the judge has said; a line that it was killed in does not count."""
    return tuple(json.loads(line) for line in output.split(b"\n")[:-1])
