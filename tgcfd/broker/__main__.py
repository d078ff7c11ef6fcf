"""``python3 -I -m tgcfd.broker``: serves ``org.tgcfd.Units1`` until it is idle or told to end."""

from __future__ import annotations

import argparse
import logging
import signal
import sys

import pydbus
from gi.repository import Gio, GLib

from tgcfd.broker.pid1 import Manager
from tgcfd.broker.service import BUS_NAME, Units

_TIMEOUT_MS = 4000


class _Life:
    """Ends the main loop: on a signal, when the bus is gone, or when nobody has called for a while."""

    def __init__(self, idle_seconds: int) -> None:
        self.loop = GLib.MainLoop()
        self._idle_ms = idle_seconds * 1000
        self._timer = 0

    def prolong(self) -> None:
        """Begin to count anew."""
        if self._timer:
            GLib.source_remove(self._timer)
        self._timer = GLib.timeout_add(self._idle_ms, self._is_idle)

    def _is_idle(self) -> bool:
        self._timer = 0
        self.loop.quit()
        return False  # once


def main(arguments: list[str]) -> int:
    """Serve; the exit code is 0 when it ended in order, 1 when it cannot have its name on the bus."""
    parser = argparse.ArgumentParser(prog="tgcfd.broker", description="Start and stop workers for the daemon.")
    parser.add_argument("--idle", type=int, default=30, metavar="SECONDS", help="end when nobody calls for so long")
    life = _Life(parser.parse_args(arguments).idle)
    # Trap of pydbus: it logs a stack for each exception of ours; those are answers, and have their own line.
    logging.getLogger("pydbus.registration").setLevel(logging.CRITICAL + 1)
    bus = pydbus.SystemBus()
    bus.con.set_exit_on_close(False)  # GLib would end us by SIGTERM
    bus.con.connect("closed", lambda *_: life.loop.quit())
    for number in (signal.SIGTERM, signal.SIGINT):
        GLib.unix_signal_add(GLib.PRIORITY_HIGH, number, lambda: life.loop.quit() or True)
    life.prolong()
    try:
        bus.publish(BUS_NAME, Units(bus.con, Manager(bus.con), life.prolong))
    except RuntimeError as error:
        print(f"tgcfd.broker: {BUS_NAME}: {error}", file=sys.stderr)  # noqa: T201
        return 1
    life.loop.run()
    _leave(bus.con)
    return 0


def _leave(connection: Gio.DBusConnection) -> None:
    """Give the name back first: later calls start a new broker; those that are here already are answered."""
    try:
        connection.call_sync(
            "org.freedesktop.DBus",
            "/org/freedesktop/DBus",
            "org.freedesktop.DBus",
            "ReleaseName",
            GLib.Variant("(s)", (BUS_NAME,)),
            None,
            Gio.DBusCallFlags.NONE,
            _TIMEOUT_MS,
            None,
        )
        context = GLib.MainContext.default()
        while context.pending():
            context.iteration(False)  # noqa: FBT003  # GLib takes no names
        connection.flush_sync(None)
    except GLib.Error:
        return  # the bus is gone, and whoever called with it


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
