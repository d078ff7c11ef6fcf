"""The object on the bus: four verbs, each checked, carried out and written to the journal."""

from __future__ import annotations

import os
import stat
import time
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TypeVar

from tgcfd.broker import caller, journal, names, settings
from tgcfd.broker.errors import Failed, Refused
from tgcfd.broker.pid1 import Manager
from tgcfd.broker.unit import Wanted, compose, folder, unit_name

if TYPE_CHECKING:
    from gi.repository import Gio

BUS_NAME = "org.tgcfd.Units1"

T = TypeVar("T")


class Context(Protocol):
    """pydbus's context of a call."""

    sender: str


class Units:
    """``org.tgcfd.Units1``. Each call returns as soon as systemd has queued the job."""

    # The node that pydbus publishes.
    dbus = """
    <node>
      <interface name="org.tgcfd.Units1">
        <method name="Start">
          <arg name="slug" type="s" direction="in"/>
          <arg name="mode" type="s" direction="in"/>
          <arg name="profile" type="s" direction="in"/>
          <arg name="job" type="o" direction="out"/>
        </method>
        <method name="Stop">
          <arg name="slug" type="s" direction="in"/>
          <arg name="job" type="o" direction="out"/>
        </method>
        <method name="Kill">
          <arg name="slug" type="s" direction="in"/>
          <arg name="job" type="o" direction="out"/>
        </method>
        <method name="ResetFailed">
          <arg name="slug" type="s" direction="in"/>
        </method>
      </interface>
    </node>
    """

    def __init__(self, connection: Gio.DBusConnection, manager: Manager, called: Callable[[], None]) -> None:
        """``called`` is told of each call, before it is carried out."""
        self._connection = connection
        self._manager = manager
        self._called = called
        self._last_start = 0

    def Start(self, slug: str, mode: str, profile: str, dbus_context: Context) -> str:  # noqa: N802  # D-Bus's habit
        """Compose the worker's unit and start it."""

        def start() -> str:
            wanted = Wanted(names.slug(slug), names.mode(mode), names.profile(profile), self._next_start())
            properties = compose(wanted, settings.load())
            _require_own_folder(wanted.slug)
            return self._manager.start(unit_name(wanted.slug), properties)

        return self._answer(
            "Start", slug, dbus_context, start, f"{names.shown(mode)} mode, profile {names.shown(profile)}"
        )

    def Stop(self, slug: str, dbus_context: Context) -> str:  # noqa: N802
        """Stop the worker."""
        return self._answer("Stop", slug, dbus_context, lambda: self._manager.stop(unit_name(names.slug(slug))))

    def Kill(self, slug: str, dbus_context: Context) -> str:  # noqa: N802
        """Stop the worker by force."""
        return self._answer("Kill", slug, dbus_context, lambda: self._manager.kill(unit_name(names.slug(slug))))

    def ResetFailed(self, slug: str, dbus_context: Context) -> None:  # noqa: N802
        """Let systemd forget that the worker failed."""
        self._answer("ResetFailed", slug, dbus_context, lambda: self._manager.reset_failed(unit_name(names.slug(slug))))

    def _answer(self, verb: str, slug: str, context: Context, work: Callable[[], T], how: str = "") -> T:
        self._called()
        uid = -1
        try:
            uid = caller.uid_of(self._connection, context.sender)
            caller.require_allowed(uid)
            result = work()
        except Refused as error:
            _log(verb, slug, uid, how, error)
            raise
        except Exception as error:  # noqa: BLE001  # the last line of defence: the caller gets an error with a name
            traceback.print_exc()
            failed = Failed(f"the broker has a fault ({type(error).__name__}); its log says more")
            _log(verb, slug, uid, how, failed)
            raise failed from None
        _log(verb, slug, uid, how, None)
        return result

    def _next_start(self) -> int:
        """A number that no other start has, even if the clock is set back while the broker runs."""
        self._last_start = max(time.time_ns() // 1000, self._last_start + 1)
        return self._last_start


def _require_own_folder(slug: str) -> None:
    """Refuse what user tgcfd could have put in the place of a person's folder; systemd refuses it, too."""
    try:
        status = os.lstat(folder(slug))
    except FileNotFoundError:
        return  # systemd makes it
    except OSError as error:
        raise Failed(f"{folder(slug)} cannot be looked at: {error.strerror}") from None
    if not stat.S_ISDIR(status.st_mode):
        raise Failed(f"{folder(slug)} is not a folder")


def _log(verb: str, slug: str, uid: int, how: str, error: Refused | None) -> None:
    outcome = "ok" if error is None else error.short
    whose = "" if uid == caller.daemon_uid() else f" for uid {uid}"
    message = ": ".join(filter(None, (f"{verb} {names.shown(slug)}{whose}", how, outcome)))
    priority = journal.INFO if error is None else journal.WARNING
    if error is not None:
        message += f": {error}"
    fields = {"VERB": verb, "SLUG": names.shown(slug), "CALLER_UID": str(uid), "OUTCOME": outcome}
    journal.write(priority, message, {f"TGCFD_{name}": value for name, value in fields.items()})
