"""PID 1 over D-Bus: the few things that the broker asks of it, each with a timeout."""

from __future__ import annotations

import re
from typing import Any

from gi.repository import Gio, GLib

from tgcfd.broker import cgroup, journal
from tgcfd.broker.errors import Failed, HostNotAnswering, Masked, NoSuchUnit, Refused, UnitExists
from tgcfd.broker.sandbox import OPTIONAL
from tgcfd.broker.unit import Properties

TIMEOUT_MS = 4000  # the daemon waits for 5 seconds

_SYSTEMD = "org.freedesktop.systemd1"
_MANAGER = "org.freedesktop.systemd1.Manager"
_UNKNOWN_PROPERTY = re.compile(r"Cannot set property (\w+), or unknown property")
_SILENT = ("NoReply", "Timeout", "TimedOut", "Disconnected", "ServiceUnknown", "NameHasNoOwner")


class _SystemdError(Exception):
    """PID 1 said no: ``name`` is the last word of its error's name."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text)
        self.name = name


class Manager:
    """Asks PID 1. Every method raises one of the broker's errors, and nothing else."""

    def __init__(self, connection: Gio.DBusConnection, optional: frozenset[str] = OPTIONAL) -> None:
        self._connection = connection
        self._optional = optional
        self._unknown: set[str] = set()

    def start(self, unit: str, properties: Properties) -> str:
        """Make the unit and start it; the job's path. Raises UnitExists, Masked."""
        self._require_unmasked(unit)
        try:
            return self._start(unit, properties)
        except UnitExists:
            # One that has failed or ended and that somebody still looks at: nothing of it runs any more.
            if self._active_state(unit) not in ("failed", "inactive"):
                raise
            self._reset_what_failed(unit)
        return self._start(unit, properties)

    def stop(self, unit: str) -> str:
        """Queue a stop; the job's path. Raises NoSuchUnit."""
        return self._job("StopUnit", GLib.Variant("(ss)", (unit, "replace")), unit)

    def kill(self, unit: str) -> str:
        """Queue a stop, and kill everything in the unit; the stop's path. Raises NoSuchUnit.

        After a kill alone systemd would start it again (Restart=). But if that is what it takes to have systemd answer,
        the kill comes first: a worker can flood systemd so that nobody else is heard.
        """
        try:
            return self._kill(unit)
        except HostNotAnswering:
            if not cgroup.kill(unit):
                raise
        journal.write(journal.WARNING, f"systemd did not answer; all processes of {unit} were killed first.", {})
        return self.stop(unit)

    def _kill(self, unit: str) -> str:
        job = self.stop(unit)
        try:
            self._call("KillUnit", GLib.Variant("(ssi)", (unit, "all", 9)))
        except _SystemdError as error:
            if error.name not in ("NoSuchUnit", "NoSuchProcess"):  # it has ended by itself
                raise _refusal(error, unit) from None
        return job

    def reset_failed(self, unit: str) -> None:
        """Let systemd forget that it failed. Raises NoSuchUnit."""
        try:
            self._call("ResetFailedUnit", GLib.Variant("(s)", (unit,)))
        except _SystemdError as error:
            raise _refusal(error, unit) from None

    def _start(self, unit: str, properties: Properties) -> str:
        while True:
            known = [item for item in properties if item[0] not in self._unknown]
            try:
                return str(self._call("StartTransientUnit", _start_arguments(unit, known))[0])
            except _SystemdError as error:
                if not self._leave_out(str(error), {name for name, _, _ in known}):
                    raise _refusal(error, unit) from None

    def _require_unmasked(self, unit: str) -> None:
        """Refuse what the host's owner has masked.

        Trap of systemd 252: it makes a transient unit all the same if one of that name ran when it was masked.
        """
        try:
            state = self._call("GetUnitFileState", GLib.Variant("(s)", (unit,)))[0]
        except _SystemdError as error:
            if error.name not in ("FileNotFound", "NoSuchUnit"):  # none is there, as it should be
                raise _refusal(error, unit) from None
            return
        if state in ("masked", "masked-runtime"):
            raise Masked(f"{unit} is masked on this host (systemctl unmask {unit} lets it run again)")

    def _leave_out(self, text: str, asked: set[str]) -> bool:
        """Whether this systemd does not know a property that a worker can do without; it is left out from now on."""
        found = _UNKNOWN_PROPERTY.search(text)
        if found is None or found[1] not in self._optional & asked:
            return False
        self._unknown.add(found[1])
        journal.write(journal.NOTICE, f"This systemd does not know {found[1]}=; workers start without it.", {})
        return True

    def _reset_what_failed(self, unit: str) -> None:
        try:
            self.reset_failed(unit)
        except NoSuchUnit:  # it has gone meanwhile, which is what was wanted
            return

    def _active_state(self, unit: str) -> str:
        try:
            path = self._call("GetUnit", GLib.Variant("(s)", (unit,)))[0]
            asked = GLib.Variant("(ss)", ("org.freedesktop.systemd1.Unit", "ActiveState"))
            return str(self._call("Get", asked, path, "org.freedesktop.DBus.Properties")[0])
        except _SystemdError as error:
            if error.name in ("NoSuchUnit", "UnknownObject"):
                return "inactive"
            raise _refusal(error, unit) from None

    def _job(self, method: str, arguments: GLib.Variant, unit: str) -> str:
        try:
            return str(self._call(method, arguments)[0])
        except _SystemdError as error:
            raise _refusal(error, unit) from None

    def _call(
        self, method: str, arguments: GLib.Variant, path: str = "/org/freedesktop/systemd1", interface: str = _MANAGER
    ) -> Any:  # noqa: ANN401  # what D-Bus returns
        try:
            answer = self._connection.call_sync(
                _SYSTEMD, path, interface, method, arguments, None, Gio.DBusCallFlags.NONE, TIMEOUT_MS, None
            )
        except GLib.Error as error:
            raise _named(error) from None
        return answer.unpack()


def _start_arguments(unit: str, properties: Properties) -> GLib.Variant:
    values = [(name, GLib.Variant(kind, value)) for name, kind, value in properties]
    return GLib.Variant("(ssa(sv)a(sa(sv)))", (unit, "fail", values, []))


def _named(error: GLib.Error) -> Refused | _SystemdError:
    text = error.message
    if Gio.DBusError.is_remote_error(error):
        name = Gio.DBusError.get_remote_error(error)
        Gio.DBusError.strip_remote_error(error)
        text, last = error.message, name.rpartition(".")[2]
        if last in _SILENT or ".Spawn." in name:  # the bus has nobody with that name, and cannot start anybody
            return HostNotAnswering("systemd does not answer")
        return _SystemdError(last, text)
    return HostNotAnswering(f"systemd does not answer: {text}")


def _refusal(error: _SystemdError, unit: str) -> Refused:
    if error.name == "UnitExists":
        return UnitExists(f"{unit} is there already")
    if error.name == "NoSuchUnit":
        return NoSuchUnit(f"{unit} is not there")
    return Failed(f"{error.name}: {error}")
