"""The command ``tgcfd``."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from tgcfd import __version__, own_unit
from tgcfd.errors import SettingsError, TgcfdError
from tgcfd.settings import Settings, SupervisorKind, load_settings

EX_CONFIG = 78  # sysexits.h: something in the configuration; tells systemd not to try again
EX_TEMPFAIL = 75  # sysexits.h: try again later, which systemd does


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code is 0, 2 for wrong words, 75 to be tried again, 78 for wrong settings."""
    words = _parser().parse_args(arguments)
    command: str = words.command
    try:
        return _serve(words) if command == "serve" else _openapi()
    except SettingsError as error:
        print(f"tgcfd: {error}", file=sys.stderr)  # noqa: T201
        return EX_CONFIG
    except TgcfdError as error:  # such as Busy: another program holds the database
        print(f"tgcfd: {error}", file=sys.stderr)  # noqa: T201
        return EX_TEMPFAIL


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tgcfd", description="Runs tgcf for many people on one host.")
    parser.add_argument("--version", action="version", version=f"tgcfd {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    serve = commands.add_parser("serve", help="serve the API until interrupted")
    serve.add_argument("--config", type=Path, metavar="FILE", help="settings (default: /etc/tgcfd/tgcfd.yml)")
    serve.add_argument("--listen", metavar="ADDRESS:PORT", help="where to serve (default: 127.0.0.1:8470)")
    serve.add_argument("--state-dir", metavar="DIR", help="where data is kept (default: /var/lib/tgcfd)")
    serve.add_argument("--supervisor", metavar="auto|systemd|process", help="who runs the workers (default: auto)")
    commands.add_parser("openapi", help="print the API's contract as JSON")
    return parser


def _serve(words: argparse.Namespace) -> int:
    from tgcfd.server import serve  # noqa: PLC0415  # the other commands should not wait for aiohttp

    flags = {
        key: getattr(words, key) for key in ("listen", "state_dir", "supervisor") if getattr(words, key) is not None
    }
    settings = load_settings(words.config, flags)
    handler = own_unit.log_handler()
    logging.basicConfig(
        level=logging.INFO,
        format="%(name)s: %(message)s" if handler else "%(levelname)s %(name)s: %(message)s",
        handlers=[handler or logging.StreamHandler()],
    )
    process = settings.supervisor_here() is SupervisorKind.PROCESS
    ending = "Ending all workers ..." if process else "Ending; the workers go on."
    asyncio.run(serve(settings, lambda address: _welcome(settings, address), lambda: print(ending, flush=True)))  # noqa: T201
    print(f"tgcfd has ended. Data stays in {settings.state_dir}.", flush=True)  # noqa: T201
    return 0


def _welcome(settings: Settings, address: str) -> None:
    text = f"tgcfd {__version__} serves {address}"
    if settings.supervisor_here() is SupervisorKind.PROCESS:  # somebody tries it out; a host's log needs no lesson
        text += f"""
  data:       {settings.state_dir}
  supervisor: process
Make an account first:
  curl -H 'Content-Type: application/json' {address}/api/auth/register \\
       -d '{{"email": "you@example.org", "name": "You", "password": "a long password"}}'
then follow "The API in short" in README.md. Ctrl-C ends tgcfd and all workers."""
    print(text, flush=True)  # noqa: T201


def _openapi() -> int:
    from tgcfd.api.contract import document  # noqa: PLC0415

    print(json.dumps(document(), indent=2))  # noqa: T201
    return 0
