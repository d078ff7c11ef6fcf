"""Who can reach the daemon, and who can read along."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from tgcfd.checks import units
from tgcfd.checks.finding import Finding, ok, warning
from tgcfd.checks.host import Host
from tgcfd.settings import Registration, Settings

_REGISTRATION = ". Anybody who reaches it can make an account: accounts.registration is open"


def safe(host: Host) -> Iterator[Finding]:
    """Whether what is open to others is encrypted."""
    addresses = units.addresses() if host.on_systemd else [str(host.settings.listen)]
    public = [address for address in addresses if not _is_local(address)]
    wanted = str(host.settings.listen)
    registration = _REGISTRATION if host.settings.accounts.registration is Registration.OPEN else ""
    if host.settings.listen != Settings.listen and wanted not in addresses:
        yield warning(
            f"{host.settings.wrong('listen', wanted)} is not used: tgcfd.socket listens on {', '.join(addresses)}",
            f"{host.sudo}systemctl edit tgcfd.socket   # [Socket], ListenStream=, ListenStream={wanted}",
            f"{host.sudo}systemctl restart tgcfd.socket",
        )
    if public and host.settings.tls.certificate is None:
        yield warning(
            f"{', '.join(public)} is open to others without HTTPS: passwords can be read on the way. Put nginx or "
            f"Caddy in front and listen on 127.0.0.1, or set tls: see /usr/share/doc/tgcfd/README.md{registration}",
        )
    elif public:
        yield ok(f"{', '.join(public)} is open to others, with HTTPS{registration}")
    else:
        yield ok(f"the daemon is open to this host alone{_believes(host, addresses)}")


def _believes(host: Host, addresses: list[str]) -> str:
    """What comes of trusting a proxy on this host: fine where nobody else logs in there."""
    trusted = [str(each) for each in host.settings.trusted_proxies if not isinstance(each, str) and each.is_loopback]
    if not trusted or all(address.startswith("/") for address in addresses):
        return ""
    return (
        f"; everybody who can log in to this host passes for the proxy (trusted_proxies: {', '.join(trusted)}), "
        "and can name any address as theirs"
    )


def _is_local(address: str) -> bool:
    host = address.rpartition(":")[0].strip("[]").partition("%")[0]
    try:
        return address.startswith("/") or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
