"""The command ``tgcfd``: finds the command that was asked for and runs it."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from tgcfd import __version__
from tgcfd.commands import backup, check, openapi, restore, rotate_key, serve, user
from tgcfd.errors import Refused, SettingsError, TgcfdError
from tgcfd.wording import complain

EX_REFUSED = 1
EX_USAGE = 2  # argparse's

COMMANDS = (serve, check, user, rotate_key, backup, restore, openapi)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code.

    0 done; 1 refused, or something was found; 2 wrong words; 75 to be tried again; 78 wrong settings.
    """
    try:
        return _run(arguments)
    except BrokenPipeError:  # who read our output has gone, as `head` does
        _forget_output()
        return EX_REFUSED
    except (Refused, KeyboardInterrupt) as error:
        complain(str(error) or "interrupted")
        return EX_REFUSED
    except SettingsError as error:
        complain(str(error))
        return os.EX_CONFIG  # 78, which tells systemd not to try again
    except TgcfdError as error:  # such as Busy: another program holds the database
        said = str(error)  # a sentence of the API's
        complain(said[:1].lower() + said[1:])
        return os.EX_TEMPFAIL  # 75, which tells systemd to try again
    except OSError as error:
        if not _is_output_lost():
            raise
        complain(f"standard output cannot be written: {error.strerror}")
        return EX_REFUSED


def _run(arguments: Sequence[str] | None) -> int:
    try:
        words = parser().parse_args(arguments)
        code = int(words.run(words))
    except SystemExit:  # argparse's, after --help
        _write_out()
        raise
    _write_out()
    return code


def _write_out() -> None:
    print(end="", flush=True)  # noqa: T201  # while it can still be told that nobody reads it


def _is_output_lost() -> bool:
    """Whether it was standard output that failed: then what was to be written is still waiting, and fails again."""
    try:
        _write_out()
    except OSError:
        _forget_output()
        return True
    return False


def _forget_output() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # or Python itself would say at its end that it cannot be written


def _explain(top: argparse.ArgumentParser) -> int:
    top.print_help(sys.stderr)
    return EX_USAGE


def parser() -> argparse.ArgumentParser:
    """The words that the command takes. Each command's own parser names what runs it, as ``run``."""
    top = argparse.ArgumentParser(prog="tgcfd", description="Runs tgcf for many people on one host.")
    top.add_argument("--version", action="version", version=f"tgcfd {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND")
    top.set_defaults(run=lambda _words: _explain(top))
    for command in COMMANDS:
        command.add(commands)
    return top
