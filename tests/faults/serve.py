"""``python -m tests.faults.serve``: starts one tgcfd after the other, each a process of its own, faster than usual.

For each line of its input, a JSON list, it forks a process that runs tgcfd's command with these words, says
``began <pid>``, and ``ended <exit code>`` when it has (negative: by a signal). What takes the time of a start is done
once for all: imports, and reading the contract. Password hashes cost next to nothing: it is about writing, with
hundreds of log-ins.
"""

from __future__ import annotations

import json
import os
import sys

import tgcfd.commands.serve
import tgcfd.server  # noqa: F401  # serve would import it
from tgcfd.accounts import passwords
from tgcfd.api.contract import operations
from tgcfd.cli import main

passwords._TIME_COST, passwords._MEMORY_KIB, passwords._LANES = 1, 8, 1


def start_one_after_the_other() -> None:
    operations()
    for line in sys.stdin:
        words = json.loads(line)
        pid = os.fork()  # there is no other thread yet
        if pid == 0:
            print(f"began {os.getpid()}", flush=True)  # before all else that is said
            sys.exit(main(words))
        _pid, status = os.waitpid(pid, 0)
        print(f"ended {os.waitstatus_to_exitcode(status)}", flush=True)


if __name__ == "__main__":
    start_one_after_the_other()
