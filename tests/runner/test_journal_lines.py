"""The worker's output: one line per event, without secrets."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tgcfd.runner.journal_lines import MAX_LINE, NOTICE, LineHandler, fold, says_something


class Output:
    """A handler, and what it wrote."""

    def __init__(self) -> None:
        self._read, write = os.pipe()
        os.set_blocking(self._read, False)
        self.handler = LineHandler(write)
        self._write = write

    def log(self, level: int, text: str, *values: object, error: BaseException | None = None) -> str:
        trace = (type(error), error, error.__traceback__) if error else None
        record = logging.LogRecord("name", level, "file.py", 1, text, values, trace)
        self.handler.handle(record)
        return os.read(self._read, 65536).decode()

    def close(self) -> None:
        os.close(self._read)
        os.close(self._write)


@pytest.fixture
def output() -> Iterator[Output]:
    made = Output()
    yield made
    made.close()


@pytest.mark.parametrize(
    ("level", "number"),
    [
        (logging.CRITICAL, 2),
        (logging.ERROR, 3),
        (logging.WARNING, 4),
        (NOTICE, 5),
        (logging.INFO, 6),
        (logging.DEBUG, 7),
    ],
)
def test_a_line_begins_with_its_journal_priority(output: Output, level: int, number: int) -> None:
    assert output.log(level, "hello %s", "there") == f"<{number}>hello there\n"


def test_what_would_break_or_colour_the_line_is_shown(output: Output) -> None:
    text = "a\nb\rc\x1b[31md\te\x00f\x85g\u2028h\x7f"
    assert output.log(logging.INFO, text) == "<6>a\\nb\\rc\\x1b[31md\te\\x00f\\x85g\\u2028h\\x7f\n"


def test_a_lone_surrogate_does_no_harm(output: Output) -> None:
    assert output.log(logging.INFO, "a\ud800b") == "<6>a\\ud800b\n"


@pytest.mark.parametrize("sign", ["x", "é", "😀"])
def test_a_long_line_is_cut(output: Output, sign: str) -> None:
    line = output.log(logging.INFO, sign * 10_000)
    assert MAX_LINE - 8 <= len(line.encode()) <= MAX_LINE
    assert line.endswith("…\n")


def test_a_line_that_just_fits_is_whole(output: Output) -> None:
    text = "x" * (MAX_LINE - len("<6>\n"))
    assert output.log(logging.INFO, text) == f"<6>{text}\n"


def test_secrets_are_hidden_wherever_they_come_from(output: Output) -> None:
    output.handler.hide(["0123456789abcdef", "1BVtsOLongSession=", "short"])
    error = ValueError("bad hash 0123456789abcdef")
    line = output.log(logging.ERROR, "Failed with %r", {"s": "1BVtsOLongSession="}, error=error)
    assert line == "<3>Failed with {'s': '[secret]'}: ValueError: bad hash [secret]\n"
    assert "short" in output.log(logging.INFO, "a short one")


def test_what_looks_like_a_bot_token_is_hidden_although_it_is_not_known(output: Output) -> None:
    assert "AAH" not in output.log(logging.INFO, "token 123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw.")


def test_an_exception_is_one_line_with_the_innermost_frame_of_tgcf_or_telethon(output: Output) -> None:
    code = compile("def f():\n    raise KeyError('name')", "/usr/lib/x/telethon/client/users.py", "exec")
    scope: dict[str, object] = {}
    exec(code, scope)
    with pytest.raises(KeyError) as caught:
        scope["f"]()  # type: ignore[operator]
    assert fold(caught.value) == "KeyError: 'name' (in telethon/client/users.py:2)"
    # tgcf writes logging.exception(err): the words are not said twice
    assert output.log(logging.ERROR, str(caught.value), error=caught.value).count("'name'") == 1


@pytest.mark.parametrize(
    "cause", ["GetStateRequest", "InvokeWithLayerRequest(InitConnectionRequest(GetConfigRequest))"]
)
def test_what_telethon_adds_to_telegrams_words_is_left_out(output: Output, cause: str) -> None:
    error = ValueError(f"The key is not registered (caused by {cause})")
    assert output.log(logging.ERROR, "%s, too", error) == "<3>The key is not registered, too\n"
    assert fold(error) == "ValueError: The key is not registered"
    assert output.log(logging.INFO, "a fire (caused by a candle)") == "<6>a fire (caused by a candle)\n"


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        ("tgcf/live.py", "config.is_bot=False", False),
        ("tgcf/live.py", "Added event handler for new", False),
        ("tgcf/live.py", "New message received in 7", True),
        ("tgcf/bot/live_bot.py", "Command prefix is . for userbot and / for bot", False),
        ("tgcf/bot/utils.py", "Applying admin protection! Admins are [7]", False),
        ("tgcf/bot/utils.py", "Got command /style with args bold", True),
        ("tgcf/config.py", "config.py got executed", False),
        ("tgcf/config.py", "From to dict is {}", False),
        ("tgcf/past.py", "slept for 0 seconds", False),
        ("tgcf/past.py", "forwarding message with id = 7", True),
        ("tgcf/plugins/caption.py", "slept for 8 hours", True),
        ("telethon/network/mtprotosender.py", "Attempt %d at connecting failed: %s: %s", False),
        ("telethon/network/mtprotosender.py", "Automatic reconnection failed %d time(s)", False),
        ("telethon/network/mtprotosender.py", "Security error while unpacking", True),
    ],
)
def test_what_tells_a_person_nothing_is_left_out(file: str, text: str, expected: bool) -> None:
    assert says_something(logging.LogRecord("root", logging.INFO, file, 1, text, (), None)) is expected


def test_an_uncaught_exception_is_one_line() -> None:
    program = "import tgcfd.runner.journal_lines as j, warnings; j.install(); warnings.warn('old\\nthing'); 1 / 0"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    first, second = done.stderr.splitlines()
    assert first.startswith("<4>")
    assert second == "<2>Uncaught exception: ZeroDivisionError: division by zero"
