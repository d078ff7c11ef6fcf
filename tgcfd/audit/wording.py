"""The audit log in plain words: one sentence for each entry, for the page and for ``journalctl``."""

from __future__ import annotations

from tgcfd.audit.actor import Actor
from tgcfd.audit.event import Detail, Event

# {about}: the slug of whose account it is; {whose}: "their own", or that person's; else a word of the detail.
_DONE = {
    Event.REGISTERED: "made the account {about}",
    Event.LOGGED_IN: "logged in",
    Event.LOG_IN_REFUSED: "could not log in as {about} (wrong {wrong})",
    Event.LOGGED_OUT: "logged out",
    Event.LOGGED_OUT_EVERYWHERE: "ended all log-ins of {about}",
    Event.SESSION_ENDED: "ended one of {whose} sessions",
    Event.REFRESH_REUSED: "used a refresh token of {about} a second time; that session has ended",
    Event.API_TOKEN_MADE: "made the API token “{name}”",
    Event.API_TOKEN_REVOKED: "revoked the API token “{name}”",
    Event.NAME_CHANGED: "changed {whose} name",
    Event.EMAIL_CHANGED: "changed {whose} e-mail address",
    Event.PASSWORD_CHANGED: "changed {whose} password, which ended all log-ins",
    Event.SECOND_FACTOR_ON: "switched {whose} second factor on",
    Event.SECOND_FACTOR_OFF: "switched {whose} second factor off",
    Event.RECOVERY_CODE_USED: "used a recovery code of {about}; {left} left",
    Event.RECOVERY_CODES_RENEWED: "made new recovery codes",
    Event.INVITE_MADE: "made invite {invite}",
    Event.INVITE_WITHDRAWN: "withdrew invite {invite}",
    Event.ACCOUNT_DISABLED: "disabled the account {about}",
    Event.ACCOUNT_ENABLED: "enabled the account {about}",
    Event.ACCOUNT_DELETED: "deleted the account {about}",
    Event.ROLE_CHANGED: "changed {whose} role from {from} to {to}",
    Event.PROFILE_CHANGED: "changed {whose} limits from {from} to {to}",
    Event.DATA_EXPORTED: "downloaded all of {whose} data",
    Event.CONFIG_CHANGED: "changed {whose} configuration",
    Event.CONFIG_IMPORTED: "imported {whose} configuration",
    Event.CONFIG_EXPORTED: "exported {whose} configuration",
    Event.KEY_ROTATED: "made a new key, which signs access tokens from now on",
    Event.WATERMARK_CHANGED: "uploaded the image of {whose} watermark",
    Event.WATERMARK_REMOVED: "removed the image of {whose} watermark",
    Event.WORKER_STARTED: "started {whose} tgcf",
    Event.WORKER_STOPPED: "stopped {whose} tgcf",
}

_WHO = {"command": "The host's owner", "nobody": "Somebody", "tgcfd": "tgcfd"}
_HOW = {"cookie": " in a browser", "token": " by a program"}


def sentence(actor: Actor, event: str, about: str | None, detail: Detail) -> str:
    """Tell what was done, by whom and from where, in one line. ``event``: an Event, or a newer tgcfd's word."""
    whose = "their own" if about == actor.slug else f"{about}'s" if about else "somebody's"
    words = _Words({**detail, "about": about or "an unknown address", "whose": whose})
    way = f" with the API token “{actor.token}”" if actor.token else _HOW.get(actor.way, "")
    place = f" from {actor.address}" if actor.address else ""
    who = actor.slug or _WHO.get(actor.way, "Somebody")
    done = _DONE[Event(event)].format_map(words) if event in _DONE else f"did what a newer tgcfd calls “{event}”"
    line = f"{who} {done}{way}{place}"
    return "".join(letter if letter.isprintable() else "�" for letter in line)  # names are what people make of them


class _Words(dict[str, object]):
    """What a sentence may name; an entry that lacks a word is told all the same."""

    def __missing__(self, key: str) -> str:
        return "?"
