"""One connection to the message bus: calls with a timeout and signals of our units, in the order of the bus.

All methods are called on the event loop and never block it; all of GLib happens in the thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable
from typing import Any, Protocol, TypeVar

import pydbus  # noqa: F401  # gives each Gio.DBusConnection its .pydbus
from gi.repository import Gio, GLib

from tgcfd.dbus import floods, plain
from tgcfd.dbus.calls import DBUS, DBUS_PATH, MANAGER, PROPERTIES, SYSTEMD, CallFailed, Method
from tgcfd.dbus.mailbox import Mailbox
from tgcfd.dbus.picture import Changed, Flooded, JobRemoved, Removed, Signal
from tgcfd.dbus.thread import GLibThread
from tgcfd.dbus.units import PATH_PREFIX, path_of, unit_at
from tgcfd.errors import HostNotAnswering
from tgcfd.unit_name import slug_of

T = TypeVar("T")

log = logging.getLogger(__name__)

MOST_CALLS = 500
"""So many calls may wait for their replies."""

_FLAGS = Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION


class Ear(Protocol):
    """Who hears what comes over a link; called on the event loop, in the order of the bus."""

    def signalled(self, signal: Signal) -> None:
        """Something happened to a unit."""

    def reloading(self, active: bool) -> None:  # noqa: FBT001  # systemd's own word and kind
        """The service manager begins or ends to read its units again."""

    def moved(self, owner: str) -> None:
        """The service manager has a new name on the bus, "" for none."""

    def overflowed(self) -> None:
        """Signals were lost, because too many came."""

    def closed(self) -> None:
        """The link is no more."""


class Link:
    """See the module. ``address`` is a D-Bus address; ``timeout`` is for each call, in seconds."""

    def __init__(self, thread: GLibThread, address: str, ear: Ear, *, timeout: float, limit: int) -> None:
        self._loop = asyncio.get_running_loop()
        self._thread = thread
        self._address = address
        self._ear = ear
        self._timeout = timeout
        self._mailbox = Mailbox(self._loop, limit=limit, overflowed=lambda: self._tell(ear.overflowed))
        self._calls = 0
        self._is_closed = False
        self._cancellable = Gio.Cancellable()
        # of the thread
        self._bus: Any = None
        self._owner = ""
        self._of_owner: list[Callable[[], None]] = []
        self._subscriptions: list[Callable[[], None]] = []
        self._floods = floods.Floods(floods.MOST, floods.WITHIN)

    async def open(self) -> None:
        """Connect. Raises HostNotAnswering; then the link is of no use."""
        opened: asyncio.Future[None] = self._loop.create_future()
        self._thread.post(lambda: self._connect(opened))
        try:
            async with asyncio.timeout(self._timeout):
                await opened
        except TimeoutError:
            self.close()
            raise HostNotAnswering from None
        except CallFailed as failed:
            log.debug("No connection to the message bus: %s", failed)
            raise HostNotAnswering from None

    def close(self) -> None:
        """Let go; calls that wait raise HostNotAnswering, and the ear hears no more."""
        self._is_closed = True
        self._cancellable.cancel()
        self._thread.post(self._disconnect)

    def listen(self, owner: str, units: Iterable[str] | None = None) -> None:
        """Hear the service manager that has this name on the bus, and no other.

        ``units``: of changes, only those of these units and of ones that come, so that the bus keeps a flood from us.
        """
        self._thread.post(lambda: self._subscribe(owner, units))

    async def call(
        self,
        method: Method,
        *arguments: object,
        read: Callable[[GLib.Variant], T],
        then: Callable[[T], None] | None = None,
    ) -> T:
        """Call a method; returns what ``read`` makes of the reply (in the thread).

        ``then`` is called with it first, in the order of the bus: after all signals that came before, and before
        all that come after.

        :raises HostNotAnswering: no reply in time, or the link is gone.
        :raises CallFailed: the reply is an error.
        """
        if self._is_closed or self._calls >= MOST_CALLS:
            raise HostNotAnswering
        answered: asyncio.Future[T] = self._loop.create_future()

        def deliver(value: T) -> None:
            if then is not None and not answered.done() and not self._is_closed:
                then(value)
            if not answered.done():
                answered.set_result(value)

        self._calls += 1
        self._thread.post(lambda: self._send(method, arguments, read, deliver, answered))
        try:
            async with asyncio.timeout(self._timeout):
                return await answered
        except TimeoutError:
            raise HostNotAnswering from None
        finally:
            self._calls -= 1

    # --- on the event loop

    def _tell(self, tell: Callable[[], None]) -> None:
        if not self._is_closed:
            tell()

    # --- in the thread

    def _connect(self, opened: asyncio.Future[None]) -> None:
        # Not pydbus.connect(): it waits for ever for a bus that does not answer.
        def finish(_source: object, result: Gio.AsyncResult) -> None:
            try:
                connection = Gio.DBusConnection.new_for_address_finish(result)
            except GLib.Error as error:
                failed = CallFailed("connect", error.message)
                self._mailbox.put(lambda: _fail(opened, failed))
                return
            if self._is_closed:
                connection.close(None, _ignore)
                return
            connection.set_exit_on_close(False)  # else GLib ends the daemon with the bus
            connection.connect("closed", lambda *_: self._mailbox.put(lambda: self._tell(self._ear.closed)))
            self._bus = connection.pydbus
            self._follow_owner()
            self._mailbox.put(lambda: None if opened.done() else opened.set_result(None))

        Gio.DBusConnection.new_for_address(self._address, _FLAGS, None, self._cancellable, finish)

    def _disconnect(self) -> None:
        if self._bus is not None:
            self._bus.con.close(None, _ignore)

    def _follow_owner(self) -> None:
        self._bus.subscribe(
            sender=DBUS,
            iface=DBUS,
            signal="NameOwnerChanged",
            object=DBUS_PATH,
            arg0=SYSTEMD,
            signal_fired=lambda _sender, _path, _iface, _signal, words: self._mailbox.put(
                lambda: self._tell(lambda: self._ear.moved(words[2]))
            ),
        )

    def _subscribe(self, owner: str, units: Iterable[str] | None) -> None:
        if self._bus is None or self._is_closed:
            return
        before = self._subscriptions
        # By its unique name: given a well-known one, GLib before 2.80.1 takes signals that any process sends straight
        # to us (CVE-2024-34397).
        if owner != self._owner:
            before = [*before, *self._of_owner]
            self._owner = owner
            self._of_owner = [
                self._hear(owner, MANAGER, "JobRemoved", self._job_removed),
                self._hear(owner, MANAGER, "UnitRemoved", self._unit_removed),
                self._hear(owner, MANAGER, "Reloading", self._reloading),
            ]
        if units is None:
            self._subscriptions = [
                self._hear(owner, PROPERTIES, "PropertiesChanged", self._changed, arg0=SYSTEMD + kind)
                for kind in (".Unit", ".Service")
            ]
        else:
            self._subscriptions = [self._hear(owner, MANAGER, "UnitNew", lambda _, words: self._unit_new(owner, words))]
            for unit in units:
                self._hear_unit(owner, path_of(unit))
        self._let_go(before)

    def _let_go(self, subscriptions: list[Callable[[], None]]) -> None:
        """Unsubscribe, once the bus has taken the new ones, so that nothing falls between.

        GLib drops what has come for a subscription that ends, so what is in its queue must be through, too.
        """

        def finish(connection: Any, result: Gio.AsyncResult) -> None:  # noqa: ANN401  # gi has no types
            with contextlib.suppress(GLib.Error):  # the connection is gone: then they are, too
                connection.call_finish(result)
            for unsubscribe in subscriptions:
                unsubscribe()

        bus, milliseconds = self._bus.con, int(self._timeout * 1000)
        bus.call(DBUS, DBUS_PATH, DBUS, "GetId", None, None, Gio.DBusCallFlags.NONE, milliseconds, None, finish)

    def _hear_unit(self, owner: str, path: str) -> None:
        self._subscriptions.append(self._hear(owner, PROPERTIES, "PropertiesChanged", self._changed, path=path))

    def _unit_new(self, owner: str, words: GLib.Variant) -> None:
        unit, path = words.unpack()
        if slug_of(unit):
            self._hear_unit(owner, path)

    def _hear(
        self,
        owner: str,
        interface: str,
        signal: str,
        heard: Callable[[str, GLib.Variant], None],
        *,
        path: str | None = None,
        arg0: str | None = None,
    ) -> Callable[[], None]:
        """Subscribe; returns what unsubscribes. pydbus's own subscribe() would unpack other units' news, too."""
        connection = self._bus.con

        def hear(
            _connection: object, _sender: str, path: str, _interface: str, _signal: str, words: GLib.Variant
        ) -> None:
            heard(path, words)

        number = connection.signal_subscribe(owner, interface, signal, path, arg0, Gio.DBusSignalFlags.NONE, hear)
        return lambda: connection.signal_unsubscribe(number)

    def _job_removed(self, _path: str, words: GLib.Variant) -> None:
        _number, job, unit, result = words.unpack()
        if slug_of(unit):
            self._put_signal(JobRemoved(unit, job, result))

    def _unit_removed(self, _path: str, words: GLib.Variant) -> None:
        unit, path = words.unpack()
        self._floods.forget(path)
        if slug_of(unit):
            self._put_signal(Removed(unit))

    def _reloading(self, _path: str, words: GLib.Variant) -> None:
        active = words.unpack()[0]
        self._mailbox.put(lambda: self._tell(lambda: self._ear.reloading(active)))

    def _changed(self, path: str, words: GLib.Variant) -> None:
        if not path.startswith(PATH_PREFIX):
            return
        too_many = self._floods.add(path)
        if too_many > 1:
            return
        unit = unit_at(path)
        if unit is None:
            return
        if too_many:
            # never dropped: one for a unit in ten seconds is bound enough
            self._mailbox.put(lambda: self._tell(lambda: self._ear.signalled(Flooded(unit))))
            return
        changed = plain.properties(words.get_child_value(1))
        self._mailbox.put_change(
            unit,
            words.get_child_value(0).get_string(),
            changed,
            lambda properties: self._tell(lambda: self._ear.signalled(Changed(unit, properties))),
        )

    def _put_signal(self, signal: Signal) -> None:
        self._mailbox.put_signal(lambda: self._tell(lambda: self._ear.signalled(signal)))

    def _send(
        self,
        method: Method,
        arguments: tuple[object, ...],
        read: Callable[[GLib.Variant], T],
        deliver: Callable[[T], None],
        answered: asyncio.Future[T],
    ) -> None:
        if self._bus is None or self._is_closed:
            self._mailbox.put(lambda: _fail(answered, HostNotAnswering()))
            return

        def finish(connection: Any, result: Gio.AsyncResult) -> None:  # noqa: ANN401  # gi has no types
            try:
                value = read(connection.call_finish(result))
            except GLib.Error as error:
                failed = _named(error)
                self._mailbox.put(lambda: _fail(answered, failed))
            else:
                self._mailbox.put(lambda: deliver(value))

        self._bus.con.call(
            method.destination,
            method.path,
            method.interface,
            method.name,
            GLib.Variant(method.takes, arguments),
            GLib.VariantType.new(method.gives),
            Gio.DBusCallFlags.NONE,
            int(self._timeout * 1000),
            None,
            finish,
        )


def _fail(future: asyncio.Future[T], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)


def _named(error: GLib.Error) -> Exception:
    name = Gio.DBusError.get_remote_error(error)
    if name is None:  # GLib's own: timed out, connection closed
        return HostNotAnswering()
    # Gio.DBusError.strip_remote_error() strips a copy.
    return CallFailed(name, error.message.removeprefix(f"GDBus.Error:{name}: "))


def _ignore(*_arguments: object) -> None:
    pass
