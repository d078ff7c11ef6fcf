"""What the manual pages say, read from their source (mdoc), and what the command takes, read from its parser."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tgcfd.cli import parser

PACKAGING = Path(__file__).parents[3] / "packaging"
COMMAND = PACKAGING / "man" / "tgcfd.1"
SETTINGS = PACKAGING / "man" / "tgcfd.yml.5"
PAGES = (COMMAND, SETTINGS)

Flags = dict[str, str]
"""Flags with the name of what follows, "" if nothing does."""


@dataclass
class Words:
    """What one command takes."""

    flags: Flags = field(default_factory=dict)
    places: list[str] = field(default_factory=list)
    """The words without a flag before them, in order; [FILE] may be left out."""
    explained: Flags = field(default_factory=dict)
    """The flags that the manual explains one by one."""


def taken() -> dict[str, argparse.ArgumentParser]:
    """The parser of each command: ``serve``, ``user add``."""
    return dict(_leaves(parser(), ""))


def _leaves(part: argparse.ArgumentParser, name: str) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    groups = [action for action in part._actions if isinstance(action, argparse._SubParsersAction)]
    if not groups:
        yield name, part
    for group in groups:
        for word, child in group.choices.items():
            yield from _leaves(child, f"{name} {word}".strip())


def words_of(part: argparse.ArgumentParser) -> Words:
    """What a command's parser takes; every command's own ``--help`` is left out."""
    words = Words()
    for action in part._actions:
        if not action.option_strings:
            words.places.append(f"[{_name_of(action)}]" if action.nargs == "?" else _name_of(action))
        elif not isinstance(action, argparse._HelpAction):
            words.flags |= dict.fromkeys(action.option_strings, "" if action.nargs == 0 else _name_of(action))
    return words


def _name_of(action: argparse.Action) -> str:
    name = action.metavar or ("|".join(map(str, action.choices)) if action.choices else action.dest.upper())
    assert isinstance(name, str)
    return name


def described() -> tuple[Flags, dict[str, Words]]:
    """The flags that tgcfd(1) gives to every command but ``openapi``, and what it says of each command."""
    text = section(COMMAND, "COMMANDS")
    shared: Flags = {}
    commands: dict[str, Words] = {}
    for line in text.splitlines():
        if head := re.fullmatch(r"\.It Cm ([a-z -]+?)((?: Oo| Op| Ar).*)?", line):
            rest = head[2] or ""
            places = re.sub(r"Op Ar (\S+)", r"Ar [\1]", re.sub(r"Oo .*? Oc", "", rest))
            commands[head[1]] = Words(_flags(rest), re.findall(r"Ar (\S+)", places))
        elif item := re.fullmatch(r"\.It (Fl .*)", line):
            flags = [*commands.values()][-1].explained if commands else shared
            flags |= _flags(item[1])
    return shared, commands


def _flags(text: str) -> Flags:
    """``Fl y , Fl -name Ar NAME``: flags that stand for the same thing are followed by the same."""
    return {f"-{flag}": name for flag, name in re.findall(r"Fl (\S+)(?: , Fl \S+)*(?: Ar (\S+))?", text)}


def section(page: Path, name: str) -> str:
    """The source of one section."""
    _, found, rest = page.read_text().partition(f"\n.Sh {name}\n")
    assert found, f"{page.name} has no section {name}"
    return rest.partition("\n.Sh ")[0]
