"""Judges a person's regular expressions: a program of its own, that gives up after :data:`CPU_SECONDS`.

``re`` holds Python's lock while it compiles and matches, and a short pattern may keep it busy for ever: in the daemon
that would be the end for everybody. So the daemon runs this file in a process of its own
(:mod:`tgcfd.config.verdicts`), as ``python -I -S``; it imports nothing from tgcfd.

stdin: a JSON list of ``[pattern, new text or null, whether tgcf lowers the text first]``. stdout: one JSON text a line
for each, "" or a sentence that says what is wrong; the line is out before the next pattern is begun.
"""

from __future__ import annotations

import json
import os
import re
import resource
import sys
import warnings

CPU_SECONDS = 2
MEMORY_BYTES = 128 * 1024 * 1024
_MAX_REASON = 300

# What is left out when capital letters are looked for: comments, escapes, group names and references, and sets of
# characters other than capital ones alone.
_NOT_LITERAL = re.compile(
    r"\(\?#[^)]*\)|\\(?:N\{[^}]*\}|x..|u.{4}|U.{8}|.)|\(\?P[<=>][^>)]*|\(\?\([^)]*\)"
    r"|\[(?![A-Z]-[A-Z]\])\]?(?:\\.|[^\]\\])*\]",
    re.DOTALL,
)


def judge(pattern: str, new: str | None, *, lowered: bool) -> str:
    """Return what is wrong with a pattern and the text that replaces what it finds, in a sentence; "" if nothing."""
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        where = "" if error.pos is None else f" at character {error.pos + 1}"
        return f"This is not a regular expression that Python understands: {error.msg[:_MAX_REASON]}{where}."
    except (OverflowError, RecursionError, MemoryError):
        return "This regular expression is too complicated."
    if lowered and _needs_capitals(compiled):
        return (
            "tgcf makes the text lower-case before it looks, so capital letters in a pattern never match. "
            "Write it in lower case, or switch on “Tell capital letters apart”."
        )
    return "" if new is None else _template_fault(compiled, new)


def _needs_capitals(pattern: re.Pattern[str]) -> bool:
    r"""Tell whether a capital letter in it stands for itself: not \S and the like, not [A-z], not under (?i)."""
    if "(?i" in pattern.pattern or pattern.flags & re.IGNORECASE:
        return False
    return any(char != char.lower() for char in _NOT_LITERAL.sub("", pattern.pattern))


def _template_fault(pattern: re.Pattern[str], new: str) -> str:
    try:
        pattern.sub(new, "")  # reads all of the template, whether the pattern matches or not
    except (re.error, IndexError) as error:
        reason = error.msg if isinstance(error, re.error) else str(error)
        return f"The new text cannot be used: {reason[:_MAX_REASON]}. A backslash is written \\\\, group 1 is \\1."
    except (RecursionError, MemoryError):
        return "This regular expression is too complicated."
    return ""


def _main() -> None:
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_CPU, CPU_SECONDS)
    _limit(resource.RLIMIT_AS, MEMORY_BYTES)
    os.nice(10)  # people who wait for the daemon go first
    warnings.simplefilter("ignore")  # e.g. "possible nested set": legal, and tgcf ignores it too
    for pattern, new, lowered in json.loads(sys.stdin.buffer.read()):
        sys.stdout.write(json.dumps(judge(pattern, new, lowered=lowered)) + "\n")
        sys.stdout.flush()
        re.purge()  # else memory of patterns that are done with would count


def _limit(what: int, most: int) -> None:
    """Set a limit of this process; one that is lower already stays."""
    hard = resource.getrlimit(what)[1]
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(what, (most, most))


if __name__ == "__main__":
    _main()
