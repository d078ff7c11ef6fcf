"""``tgcfd user invite``: what it says, and where the daemon is that a link leads to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tgcfd.addresses import opened_here
from tgcfd.settings import Settings, SupervisorKind

if TYPE_CHECKING:
    from tgcfd.accounts.invites import Invite

BEHIND_A_PROXY = "https://tgcfd.example.org"
"""Stands for the address of a host whose daemon listens at a Unix socket alone."""


def text(invite: Invite, code: str, base: str) -> str:
    """Return what who made an invite hands on; ``base``: the address that the link begins with."""
    what = "an admin's account" if invite.role == "admin" else "an account"
    return f"""invite: {code}
link:   {base}/#invite={code}
It makes {what}, once, until {invite.expires.astimezone():%Y-%m-%d %H:%M}. \
Where tgcfd is reached by another address, put that before the #."""


def base(settings: Settings) -> str:
    """Return where the daemon serves: at tgcfd.socket's address where systemd opens it, or at the settings'."""
    address = str(settings.listen)
    if settings.supervisor_here() is SupervisorKind.SYSTEMD:
        address = next(iter(_of_the_socket()), address)
    if address.startswith("/"):
        return BEHIND_A_PROXY
    return opened_here(f"{'https' if settings.tls.certificate else 'http'}://{address}")


def _of_the_socket() -> list[str]:
    from tgcfd.checks import units  # noqa: PLC0415
    from tgcfd.checks.finding import NotSeen  # noqa: PLC0415

    try:
        return units.addresses()
    except NotSeen:
        return []
