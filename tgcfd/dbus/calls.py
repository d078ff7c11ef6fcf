"""What is called on the bus: names, paths, methods and how they fail."""

from __future__ import annotations

from dataclasses import dataclass

DBUS = "org.freedesktop.DBus"
DBUS_PATH = "/org/freedesktop/DBus"
PROPERTIES = "org.freedesktop.DBus.Properties"
SYSTEMD = "org.freedesktop.systemd1"
SYSTEMD_PATH = "/org/freedesktop/systemd1"
MANAGER = "org.freedesktop.systemd1.Manager"
BROKER = "org.tgcfd.Units1"
BROKER_PATH = "/org/tgcfd/Units1"

NO_OWNER = "org.freedesktop.DBus.Error.NameHasNoOwner"
NO_UNIT = "org.freedesktop.systemd1.NoSuchUnit"
SUBSCRIBED = "org.freedesktop.systemd1.AlreadySubscribed"


class CallFailed(Exception):
    """A reply that is an error: its D-Bus name and message."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"{name}: {message}")
        self.name = name
        self.message = message


@dataclass(frozen=True)
class Method:
    """A method with the D-Bus types of what it takes and gives; of the service manager where nothing else is said."""

    name: str
    takes: str = "()"
    gives: str = "()"
    destination: str = SYSTEMD
    path: str = SYSTEMD_PATH
    interface: str = MANAGER


OWNER = Method("GetNameOwner", "(s)", "(s)", DBUS, DBUS_PATH, DBUS)
SUBSCRIBE = Method("Subscribe")
LIST = Method("ListUnitsByPatterns", "(asas)", "(a(ssssssouso))")
GET_UNIT = Method("GetUnit", "(s)", "(o)")
SYSTEM_STATE = Method("Get", "(ss)", "(v)", interface=PROPERTIES)
UNIT = SYSTEMD + ".Unit"
SERVICE = SYSTEMD + ".Service"


def get_all(path: str) -> Method:
    """Get all properties of the object at ``path``."""
    return Method("GetAll", "(s)", "(a{sv})", path=path, interface=PROPERTIES)


def get(path: str) -> Method:
    """Get a property of the object at ``path``."""
    return Method("Get", "(ss)", "(v)", path=path, interface=PROPERTIES)


def of_broker(name: str, takes: int) -> Method:
    """Call the broker with so many strings, for a job."""
    return Method(name, f"({'s' * takes})", "(o)", BROKER, BROKER_PATH, BROKER)
