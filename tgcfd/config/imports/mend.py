"""What a configuration from elsewhere holds that tgcf used in its own way, or could not use: mended, and said.

Nothing is mended in a way that could forward what was held back before: a filter that cannot be used stays as it is,
and is refused.
"""

from __future__ import annotations

from typing import Any

from tgcfd.config import chats, checks, schema
from tgcfd.config.imports.found import Notes, brief
from tgcfd.config.plain import Config, Json
from tgcfd.errors import Violation

_MAX_DELAY = 100


def mended(config: Config, notes: Notes) -> Config:
    """Return a configuration that fits the schema, complete and mended; ``notes`` says each change."""
    whole = schema.fill(config)
    whole["forwards"] = _connections(whole["forwards"], notes)
    whole["admins"] = _admins(whole["admins"], notes)
    _senders(whole["plugins"]["filter"]["users"], notes)
    if whole["live"]["delete_on_edit"] == "":
        whole["live"]["delete_on_edit"] = None
        notes.take("live", "delete_on_edit", detail="Off now: an empty text deletes media edited to have no caption.")
    _refused(whole, notes)
    return whole


def delay_in_bounds(config: Json, notes: Notes) -> None:
    """Put the pause between what tgcf's models allow, as they do it themselves. Before the schema has a look."""
    past: Json = config.get("past") if isinstance(config, dict) else None
    delay = past.get("delay") if isinstance(past, dict) else None
    if isinstance(delay, int) and not 0 <= delay <= _MAX_DELAY:
        past["delay"] = min(max(delay, 0), _MAX_DELAY)
        notes.take("past", "delay", detail=f"The pause is {past['delay']} seconds, as tgcf makes it of such a number.")


def login_kept_out(login: dict[str, Any], notes: Notes) -> None:
    """Remove keys that are none; what is stored instead stays."""
    for name, detail in list(checks.key_faults(login)):
        login[name] = ""
        notes.leave("login", name, detail=detail)


def _connections(forwards: list[Json], notes: Notes) -> list[Json]:
    kept: list[Json] = []
    for index, forward in enumerate(forwards):
        one = {**forward, "source": _stripped(forward["source"]), "dest": [_stripped(chat) for chat in forward["dest"]]}
        if one["source"] != "" and (fault := chats.fault(one["source"])):
            notes.leave("forwards", index, detail=f"Connection {_name(one, index)}: its source cannot be used. {fault}")
            continue
        one["dest"] = list(_destinations(one, index, notes))
        if one["use_this"] and one["source"] != "" and not one["dest"]:
            one["use_this"] = False
            notes.take("forwards", len(kept), "use_this", detail="Paused: it has no destination that can be used.")
        kept.append(one)
    _pause_doubles(kept, notes)
    return kept


def _destinations(forward: Json, index: int, notes: Notes) -> list[Json]:
    good = []
    own = chats.identity(forward["source"])
    for number, chat in enumerate(forward["dest"]):
        fault = "It is empty." if chat == "" else chats.fault(chat)
        if not fault and forward["source"] != "" and chats.identity(chat) == own:
            fault = "It is the source itself: messages would go in circles."
        if fault:
            detail = f"Connection {_name(forward, index)}: this destination cannot be used. {fault}"
            notes.leave("forwards", index, "dest", number, detail=detail)
        else:
            good.append(chat)
    return good


def _pause_doubles(forwards: list[Json], notes: Notes) -> None:
    last = {
        chats.identity(forward["source"]): index
        for index, forward in enumerate(forwards)
        if forward["use_this"] and forward["source"] != ""
    }
    for index, forward in enumerate(forwards):
        if forward["use_this"] and forward["source"] != "" and last[chats.identity(forward["source"])] != index:
            forward["use_this"] = False
            other = last[chats.identity(forward["source"])] + 1
            detail = f"Paused: connection {other} has the same source, and tgcf used only the last one of them."
            notes.take("forwards", index, "use_this", detail=detail)


def _admins(admins: list[Json], notes: Notes) -> list[Json]:
    good = []
    for index, admin in enumerate(map(_stripped, admins)):
        if fault := chats.fault(admin):
            notes.leave("admins", index, detail=f"This admin cannot be used. {fault}")
        else:
            good.append(admin)
    return good


def _senders(users: Json, notes: Notes) -> None:
    """Leave names out: tgcf compares ids only. Not if a whitelist would become empty, which lets everything through."""
    for name in ("blacklist", "whitelist"):
        ids = [sender for sender in users[name] if checks.is_sender(sender)]
        if name == "whitelist" and not ids:
            continue
        for index, sender in enumerate(users[name]):
            if sender not in ids:
                detail = "tgcf compares numeric ids here: this name never matched anybody."
                notes.leave("plugins", "filter", "users", name, index, detail=detail)
        users[name] = ids


def _refused(whole: Config, notes: Notes) -> None:
    """Leave out the few settings that the checks refuse and that may as well be empty."""
    login_kept_out(whole["login"], notes)
    faults = {fault.pointer: fault for fault in checks.violations(whole)}
    if fault := faults.get("/plugins/replace/text_raw"):
        whole["plugins"]["replace"]["text_raw"] = ""
        notes.leave(*_path(fault), detail="It did not say the same as the rules that tgcf used: those are taken.")
    if fault := faults.get("/plugins/mark/image"):
        whole["plugins"]["mark"]["image"] = "image.png"
        notes.leave(*_path(fault), detail="This image cannot be used here, so it is image.png now. " + fault.detail)


def _path(fault: Violation) -> list[str]:
    return fault.pointer.split("/")[1:]


def _stripped(chat: Json) -> Json:
    return chat.strip() if isinstance(chat, str) else chat


def _name(forward: Json, index: int) -> str:
    return f"{index + 1} (“{brief(forward['con_name'])}”)" if forward["con_name"] else str(index + 1)
