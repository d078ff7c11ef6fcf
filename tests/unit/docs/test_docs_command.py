"""tgcfd(1) says what the command takes, all of it and nothing else."""

from __future__ import annotations

import os
import re

import pytest

from tests.unit.docs import manual
from tgcfd import cli
from tgcfd.backup import contents
from tgcfd.commands import running

SHARED, DESCRIBED = manual.described()
TAKEN = manual.taken()


def test_it_has_each_command_and_no_other() -> None:
    assert sorted(DESCRIBED) == sorted(TAKEN)


@pytest.mark.parametrize("command", TAKEN)
def test_a_command_takes_the_words_that_stand_there(command: str) -> None:
    taken = manual.words_of(TAKEN[command])
    shared = {flag: name for flag, name in taken.flags.items() if flag in SHARED}
    own = {flag: name for flag, name in taken.flags.items() if flag not in SHARED}
    assert shared == ({} if command == "openapi" else SHARED)
    assert DESCRIBED[command].flags == own
    assert DESCRIBED[command].explained == own, "each has a paragraph"
    assert DESCRIBED[command].places == taken.places


def test_examples_are_words_that_the_command_takes() -> None:
    text = manual.section(manual.COMMAND, "EXAMPLES").replace("\\-", "-")
    examples = re.findall(r"^\$ (?:sudo )?tgcfd (.*)$", text, re.MULTILINE)
    assert len(examples) >= 5
    for example in examples:
        cli.parser().parse_args(example.split())


def test_every_exit_code_stands_there() -> None:
    listed = re.findall(r"^\.It (\d+)$", manual.section(manual.COMMAND, "EXIT STATUS"), re.MULTILINE)
    assert listed == ["0", "1", "2", str(os.EX_TEMPFAIL), str(os.EX_CONFIG)]


def test_bounds_are_those_of_the_code() -> None:
    text = " ".join(manual.section(manual.COMMAND, "COMMANDS").split())
    assert f"wait up to {running.FOLLOWS_WITHIN:g} seconds" in text
    assert f"files of more than {contents.MAX_FILE // contents.MIB} MiB in a person's folder" in text
