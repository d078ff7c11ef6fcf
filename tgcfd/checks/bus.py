"""The message bus: whether the daemon may call the broker, and it answers."""

from __future__ import annotations

from collections.abc import Iterator

from tgcfd.checks.finding import Finding, error, ok
from tgcfd.checks.host import Host
from tgcfd.checks.program import ask

_BROKER = ("org.tgcfd.Units1", "/org/tgcfd/Units1")


def broker(host: Host) -> Iterator[Finding]:
    """Call it, as the daemon does, with what changes nothing."""
    said = ask("busctl", "call", "--timeout=3", *_BROKER, "org.freedesktop.DBus.Peer", "Ping", user=host.daemon)
    if said.code == 0:
        yield ok("the daemon may call the broker, and it answers")
    elif "denied" in said.err.lower():
        yield error(
            "the message bus does not let the daemon call the broker: no worker can be started or stopped",
            f"{host.sudo}systemctl reload dbus",
        )
    else:
        yield error(
            f"the broker does not answer: no worker can be started or stopped ({said.last_words})",
            f"{host.sudo}journalctl -u tgcfd-broker -n 20",
            # Not a restart: that would end the bus, which all services of the host need.
            f"{host.sudo}systemctl start dbus.socket",
            f"{host.sudo}systemctl restart tgcfd-broker",
        )
