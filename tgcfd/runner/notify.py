"""The sd_notify protocol (sd_notify(3)): tells the supervisor what the worker is doing."""

from __future__ import annotations

import logging
import os
import socket

log = logging.getLogger(__name__)


class Notifier:
    """Sends datagrams to NOTIFY_SOCKET; does nothing where there is none."""

    def __init__(self, address: str | None, watchdog_usec: str | None = None) -> None:
        self._address = "\0" + address[1:] if address and address.startswith("@") else address
        self._socket: socket.socket | None = None
        if self._address:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
            self._socket.settimeout(0)  # a supervisor that does not read must not stop the forwarding
        usec = int(watchdog_usec) if watchdog_usec and watchdog_usec.isdecimal() else 0
        self.watchdog = usec / 2_000_000 if self._socket else 0.0
        """How often to send WATCHDOG=1, in seconds; 0 for never."""

    @classmethod
    def from_environment(cls) -> Notifier:
        """Take the variables out of the environment, so that no child process inherits them."""
        address, usec = os.environ.pop("NOTIFY_SOCKET", None), os.environ.pop("WATCHDOG_USEC", None)
        pid = os.environ.pop("WATCHDOG_PID", None)
        return cls(address, usec if pid in (None, str(os.getpid())) else None)

    def close(self) -> None:
        """Close the socket; nothing is sent afterwards."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def send(self, *assignments: str) -> None:
        """Send assignments such as ``READY=1`` in one datagram."""
        if self._socket is None or self._address is None:
            return
        text = "\n".join(item.replace("\n", " ") for item in assignments)
        try:
            self._socket.sendto(text.encode(), self._address)
        except OSError as error:
            log.debug("The supervisor did not take a notification: %s", error)
