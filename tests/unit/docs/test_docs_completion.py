"""bash offers what the command takes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.docs import manual, shell

TAKEN = manual.taken()
FILES, FOLDERS = {"compopt -o default"}, {"compopt -o dirnames"}
NOTHING: set[str] = set()


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[shell.Terminal]:
    terminal = shell.Terminal(tmp_path)
    yield terminal
    terminal.close()


def test_it_offers_the_commands() -> None:
    assert shell.offers("") == {name.partition(" ")[0] for name in TAKEN} | {"--version", "--help"}
    assert shell.offers("user", "") == {name.partition(" ")[2] for name in TAKEN} - {""} | {"--help"}


@pytest.mark.parametrize("command", TAKEN)
def test_it_offers_a_commands_flags(command: str) -> None:
    flags = {flag for flag in manual.words_of(TAKEN[command]).flags if flag.startswith("--")}
    assert shell.offers(*command.split(), "-") == flags | {"--help"}


@pytest.mark.parametrize("command", TAKEN)
def test_it_offers_files_for_a_file_and_nothing_for_an_address(command: str) -> None:
    places = manual.words_of(TAKEN[command]).places
    assert (shell.offers(*command.split(), "x") == FILES) == bool({"FILE", "[FILE]"} & set(places))
    assert shell.offers(*command.split(), "x") in (FILES, NOTHING)


@pytest.mark.parametrize("command", TAKEN)
def test_it_offers_what_may_follow_a_flag(command: str) -> None:
    for flag, name in manual.words_of(TAKEN[command]).flags.items():
        if name:
            fits = {"FILE": FILES, "DIR": FOLDERS}.get(name, set(name.split("|")) if "|" in name else NOTHING)
            assert shell.offers(*command.split(), flag, "") == fits, flag
            assert shell.offers(*command.split(), flag, "=") == fits, f"{flag}="


def test_at_a_terminal_with_debians_bash_completion(terminal: shell.Terminal, tmp_path: Path) -> None:
    # given
    (tmp_path / "my backup.tar.gz").touch()
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "tgcfd.yml").touch()
    # then
    assert terminal.completed("tgcfd restore my") == ["tgcfd", "restore", "my backup.tar.gz"]
    assert terminal.completed("tgcfd serve --config=etc/tg") == ["tgcfd", "serve", "--config=etc/tgcfd.yml"]
    assert terminal.completed("tgcfd serve --state-dir e") == ["tgcfd", "serve", "--state-dir", "etc/"]
    assert terminal.completed("sudo tgcfd user pas") == ["sudo", "tgcfd", "user", "passwd"]
    assert terminal.completed("sudo tgcfd backup my") == ["sudo", "tgcfd", "backup", "my backup.tar.gz"]
