"""All checks, each in a thread of its own and with a few seconds to look."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tgcfd.checks import (
    bus,
    clock,
    daemon,
    database,
    disk,
    files,
    journal,
    leftovers,
    limits,
    listening,
    runtime,
    settings,
    supervisor,
    units,
)
from tgcfd.checks.finding import Finding, Level, NotSeen, warning
from tgcfd.checks.host import Host

SECONDS = 12.0
"""How long all of them together may take: a check asks two or three programs, of 4 seconds each at most."""

Look = Callable[[Host], Iterator[Finding]]


@dataclass(frozen=True)
class Check:
    """A thing to look at: its name for people and scripts, and whether it is there without systemd as well."""

    name: str
    look: Look
    everywhere: bool = True


CHECKS = (
    Check("supervisor", supervisor.kind),
    Check("settings", settings.usable),
    Check("settings", settings.whose, everywhere=False),
    Check("systemd", units.version, everywhere=False),
    Check("units", units.units, everywhere=False),
    Check("socket", units.socket, everywhere=False),
    Check("daemon", daemon.runs),
    Check("daemon", daemon.is_up_to_date),
    Check("listen", listening.safe),
    Check("broker", bus.broker, everywhere=False),
    Check("journal", journal.readable, everywhere=False),
    Check("journal", journal.keeps, everywhere=False),
    Check("runtime", runtime.imports),
    Check("clock", clock.synchronised, everywhere=False),
    Check("clock", clock.plausible),
    Check("data", files.folder),
    Check("data", files.inside),
    Check("data", files.people),
    Check("data", leftovers.of_restores),
    Check("database", database.whole),
    Check("disk", disk.room),
    Check("memory", limits.memory),
    Check("limits", limits.kept, everywhere=False),
)


def look_at(host: Host, checks: tuple[Check, ...] = CHECKS, seconds: float = SECONDS) -> list[tuple[str, Finding]]:
    """Look at everything that there is on this host; returns what was found, in order. Raises nothing, never hangs."""
    wanted = [check for check in checks if check.everywhere or host.on_systemd]
    deadline = time.monotonic() + seconds
    answers = [_begun(check, host) for check in wanted]
    found = []
    for check, answer in zip(wanted, answers, strict=True):
        try:
            findings = answer.get(timeout=max(0, deadline - time.monotonic()))
        except queue.Empty:
            findings = [warning("this cannot be seen: looking takes too long")]
        found += [(check.name, finding) for finding in findings]
    return found


def _begun(check: Check, host: Host) -> queue.SimpleQueue[list[Finding]]:
    answer: queue.SimpleQueue[list[Finding]] = queue.SimpleQueue()
    # A daemon thread: a disk that hangs must not keep the command from ending.
    threading.Thread(target=lambda: answer.put(_looked(check, host)), daemon=True).start()
    return answer


def _looked(check: Check, host: Host) -> list[Finding]:
    found: list[Finding] = []
    try:
        found.extend(check.look(host))
    except NotSeen as reason:
        found.append(Finding(Level.UNSEEN, str(reason)))
    except OSError as error:
        found.append(Finding(Level.UNSEEN, f"{error.filename or check.name}: {error.strerror or error}"))
    except Exception as error:  # noqa: BLE001  # a host can be broken in ways that nobody thought of: the rest is said
        found.append(warning(f"this cannot be seen: tgcfd has a fault here ({type(error).__name__}: {error})"))
    return found
