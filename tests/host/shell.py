"""``make host-shell``: a root shell in a fresh machine with the work tree installed and the daemon running."""

from __future__ import annotations

import subprocess
import sys

from tests.host.base import base
from tests.host.machine import Machine

WELCOME = """
A Debian with systemd (12, or as TGCFD_HOST_SUITE says); the work tree is installed, and at /src (read-only).
All is thrown away at the end.
  systemctl status tgcfd        journalctl -f        curl http://127.0.0.1:8470/api/docs
"""


def main() -> int:
    """Run the shell, or the words given in its place; returns these words' exit code."""
    with Machine.boot(base()) as machine:
        machine.run(["systemctl", "enable", "--now", "tgcfd.socket"])
        started = machine.run(["systemctl", "enable", "--now", "tgcfd.service"], check=False)
        print(WELCOME, started.stderr if started.returncode else "", file=sys.stderr)
        words = sys.argv[1:] or ["bash", "-l"]
        return subprocess.run(
            machine.command(words, environment={"TERM": "xterm"}, cwd="/root"), check=False
        ).returncode


if __name__ == "__main__":
    sys.exit(main())
