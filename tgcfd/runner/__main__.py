"""``python -P -s -m tgcfd.runner {live|past}``, in the person's directory.

PYTHONPATH leads to tgcf's runtime and to tgcfd; standard input is /dev/null. NOTIFY_SOCKET and WATCHDOG_USEC are used
when they are set, no other variable is. The exit code is one of ``reasons.Exit``; usage errors are 2.
"""

from __future__ import annotations

import gc
import logging
import os
import sys
from pathlib import Path

from tgcfd.runner import config_file, confine, journal_lines, lean, options
from tgcfd.runner.ending import say_end, unexpected
from tgcfd.runner.journal_lines import LineHandler
from tgcfd.runner.notify import Notifier
from tgcfd.runner.reasons import Code, Ended, Reason, reason
from tgcfd.runner.signals import end_at_once_on_signals
from tgcfd.runner.state import FILE_NAME, State, changes_kept


def main(arguments: list[str]) -> Reason:
    """Run a worker to its end, and return why it ended."""
    os.umask(0o007)
    chosen = options.parse(arguments)
    handler = journal_lines.install()
    notifier = Notifier.from_environment()
    try:
        if chosen.parent is not None:
            confine.die_with(chosen.parent)
        confine.lock_directory()  # held until the process ends
    except (Ended, OSError) as error:  # worker.json belongs to the worker that runs, so it stays as it is
        why = error.reason if isinstance(error, Ended) else unexpected(error)
        notifier.send(f"STATUS={why.message}")
        logging.getLogger("tgcfd.runner").log(logging.ERROR, "%s", why.message)
        return why
    state = State(Path(FILE_NAME), chosen.mode)
    end_at_once_on_signals(state, notifier)
    try:
        return _run(chosen, state, notifier, handler)
    except Ended as error:
        why = error.reason
    except ImportError as error:  # what plugins need was looked for before, so it is tgcf itself, or what it needs
        logging.getLogger("tgcfd.runner").log(logging.ERROR, "tgcf cannot be imported: %s", error)
        why = reason(Code.RUNTIME_MISSING)
    except Exception as error:  # noqa: BLE001 - the last line of defence: one line, a reason, exit code 75
        why = unexpected(error)
    say_end(state, notifier, why)
    return why


def _run(chosen: options.Options, state: State, notifier: Notifier, handler: LineHandler) -> Reason:
    config = config_file.read(Path(config_file.FILE_NAME))
    handler.hide(config.secrets())
    state.changes = changes_kept(state.path, config.hash)
    state.config_hash, state.config_rendered = config.hash, config.rendered
    lean.require(config.document)
    gc.disable()  # collecting while thousands of classes are made takes a fifth of the start, and finds nothing
    lean.prepare(config.document)
    # tgcf reads its configuration while it is imported, three times with a warning each if it is not right.
    logging.disable(logging.CRITICAL)
    try:
        import asyncio  # noqa: PLC0415 - not before lean.prepare

        import tgcf.config  # noqa: PLC0415
    finally:
        logging.disable(logging.NOTSET)
    config_file.check_model(config, tgcf.config.Config)
    from tgcfd.runner.work import work  # noqa: PLC0415

    gc.freeze()
    gc.enable()
    return asyncio.run(work(chosen, config, state, notifier))


if __name__ == "__main__":
    code = main(sys.argv[1:]).exit
    # Not sys.exit: a thread that waits for the network, or Python's own clean-up, must not hold up the end.
    os._exit(code)
