"""The daemon: whether it runs and answers, with the code and the settings that are there now."""

from __future__ import annotations

import http.client
import os
import shlex
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import tgcfd
from tgcfd.addresses import opened_here
from tgcfd.checks import settings, units
from tgcfd.checks.finding import NEEDS_ROOT, Finding, NotSeen, error, ok, warning
from tgcfd.checks.host import Host
from tgcfd.checks.ports import is_listened_on
from tgcfd.checks.program import properties
from tgcfd.lock import is_served
from tgcfd.places import LOCK, drop_ins_of
from tgcfd.wording import reason

_SECONDS = 3.0
_STARTS_WITHIN = 4.0  # seconds, on a slow host as well


def runs(host: Host) -> Iterator[Finding]:
    """Whether it runs, and answers."""
    if not host.on_systemd:
        yield from _answers(host, str(host.settings.listen))
        return
    has = _once_started()
    if has["LoadState"] != "loaded":
        return  # said already
    look = f"{host.sudo}journalctl -u tgcfd -n 20"
    if has["ActiveState"] == "failed" or has["Result"] != "success":
        why = "its settings cannot be used" if has["ExecMainStatus"] == str(os.EX_CONFIG) else f"({has['Result']})"
        yield error(f"the daemon has failed: {why}", look, f"{host.sudo}systemctl restart tgcfd")
    elif has["ActiveState"] == "activating":
        yield warning("the daemon is starting; look again in a moment", look)
    elif has["ActiveState"] not in {"active", "reloading"}:
        yield error(
            f"the daemon does not run ({has['ActiveState']})", f"{host.sudo}systemctl start tgcfd.socket tgcfd", look
        )
    else:
        for address in filter(is_listened_on, units.addresses()):  # of the others it is said already
            yield from _answers(host, address)


def _once_started() -> dict[str, str]:
    """What systemd says of the daemon; one that is starting has some seconds for it."""
    deadline = time.monotonic() + _STARTS_WITHIN
    while True:
        has = properties(units.SERVICE, "LoadState", "ActiveState", "Result", "ExecMainStatus")
        starts = has["ActiveState"] == "activating" and has["Result"] == "success"
        if not starts or time.monotonic() > deadline:
            return has
        time.sleep(0.2)  # it is systemd's, and looked at as rarely as a person would not notice


def is_up_to_date(host: Host) -> Iterator[Finding]:
    """Whether it began before the program or the settings that are there now."""
    if host.on_systemd and _once_started()["ActiveState"] == "activating":
        raise NotSeen("the daemon is starting")
    began = _began(host)
    again = [f"{host.sudo}systemctl reload tgcfd"] if host.on_systemd else []
    code = Path(tgcfd.__file__)
    if code.stat().st_ctime > began:  # of installing it; its mtime is when it was made
        yield warning("the daemon runs with older code than is installed: it has to begin afresh", *again)
    newer = [path for path in _settings_of(host) if max(path.stat().st_mtime, path.stat().st_ctime) > began]
    if newer and settings.mistakes_in(host):
        return  # said already; and a reload would be refused
    if newer:
        yield warning(f"the daemon has not read {newer[0]} since it was changed: it has to begin afresh", *again)
    elif code.stat().st_ctime <= began:
        yield ok("the daemon runs with the code and the settings that are there now")


def _began(host: Host) -> float:
    """When the daemon that runs has begun: it writes its lock file then. Raises NotSeen."""
    state = host.data
    try:
        since = (state / LOCK).lstat().st_mtime
    except PermissionError:
        raise NotSeen(NEEDS_ROOT) from None
    except OSError:
        raise NotSeen("the daemon has never run") from None
    if not os.access(state / LOCK, os.R_OK):
        raise NotSeen(NEEDS_ROOT)
    if not is_served(state):
        raise NotSeen("the daemon does not run")
    return since


def _settings_of(host: Host) -> Iterator[Path]:
    file = host.settings_file
    folder = drop_ins_of(file)
    yield from (path for path in (file, *sorted(folder.glob("*.yml")), folder) if path.exists())


def _answers(host: Host, address: str) -> Iterator[Finding]:
    try:
        status = _status_of(host, address)
    except (OSError, http.client.HTTPException) as failure:
        commands = _after_no_answer(host)
        yield error(f"the daemon does not answer on {address}: {reason(failure) or type(failure).__name__}", *commands)
        return
    if status == 200:
        yield ok(f"the daemon answers on {address}")
    else:
        yield error(f"something else answers on {address}: status {status} where the daemon's would be 200")


def _after_no_answer(host: Host) -> list[str]:
    if host.on_systemd:
        return [f"{host.sudo}journalctl -u tgcfd -n 20", f"{host.sudo}systemctl restart tgcfd"]
    return [] if is_served(host.settings.state_dir) else [shlex.join(["tgcfd", "serve", *host.flags])]


def _status_of(host: Host, address: str) -> int:
    """The status of an answer to a request for the contract."""
    with closing(_connected(address)) as plain:
        connection = plain
        if host.settings.tls.certificate is not None and not address.startswith("/"):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # it is this host that is asked: no name to be proven
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            connection = context.wrap_socket(plain)
        request = http.client.HTTPConnection("localhost", timeout=_SECONDS)
        request.sock = connection
        request.request("GET", "/api/openapi.json", headers={"Connection": "close"})
        return request.getresponse().status


def _connected(address: str) -> socket.socket:
    if address.startswith("/"):
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(_SECONDS)
        connection.connect(address)
        return connection
    host, _, port = opened_here(address).rpartition(":")
    return socket.create_connection((host.strip("[]"), int(port)), _SECONDS)
