"""``tgcfd openapi``: print the API's contract."""

from __future__ import annotations

import argparse
import json

from tgcfd.commands import Subparsers


def add(commands: Subparsers) -> None:
    """Add the words of this command."""
    parser = commands.add_parser("openapi", help="print the API's contract as JSON")
    parser.set_defaults(run=run)


def run(_words: argparse.Namespace) -> int:
    """Print the contract; the exit code is 0."""
    from tgcfd.api.contract import document  # noqa: PLC0415

    print(json.dumps(document(), indent=2))  # noqa: T201
    return 0
