"""The runner's command line. It holds no secret: those are in the configuration file."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Options:
    """How this worker was started. Times are in seconds."""

    mode: str
    parent: int | None = None
    dc: tuple[int, str, int] | None = None
    dc_key: Path | None = None
    probe: float = 60.0
    connect_timeout: float = 30.0
    reconnect_timeout: float = 300.0


def parse(arguments: Sequence[str]) -> Options:
    """Parse the command line; ends the process with usage and exit code 2 if it is not right."""
    parser = argparse.ArgumentParser(
        prog="tgcfd.runner", description="Run tgcf for one person, in the current directory.", allow_abbrev=False
    )
    add = parser.add_argument
    add("mode", choices=("live", "past"))
    add("--parent", type=int, metavar="PID", help="end when this process, which started the runner, is gone")
    add("--dc", type=_data_center, metavar="ID:ADDRESS:PORT", help="where a new bot session signs in")
    add("--dc-key", type=Path, metavar="FILE", help="PEM file with the RSA public key of that data center")
    add("--probe", type=_seconds, default=60.0, metavar="SECONDS", help="how often to ask whether the session is valid")
    add("--connect-timeout", type=_seconds, default=30.0, metavar="SECONDS", help="time without any answer at start")
    add(
        "--reconnect-timeout",
        type=_seconds,
        default=300.0,
        metavar="SECONDS",
        help="time to reconnect before giving up",
    )
    return Options(**vars(parser.parse_args(arguments)))


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value < 86_400:
        raise argparse.ArgumentTypeError("must be more than 0 and less than a day")
    return value


def _data_center(text: str) -> tuple[int, str, int]:
    number, _, rest = text.partition(":")
    address, _, port = rest.rpartition(":")  # an IPv6 address has colons of its own
    address = address.removeprefix("[").removesuffix("]")
    if not (number.isdecimal() and port.isdecimal() and address and 0 < int(port) < 65_536):
        raise argparse.ArgumentTypeError("must be ID:ADDRESS:PORT")
    return int(number), address, int(port)
