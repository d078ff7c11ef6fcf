"""The configuration as tgcf 1.1.8 gets it, and what it lacks before a run can start."""

from __future__ import annotations

import base64
import binascii
import copy
import struct
from collections.abc import Iterator

from tgcfd.config import chats, checks, schema
from tgcfd.config.plain import Config, Json
from tgcfd.config.rules import rules_text
from tgcfd.errors import Violation, pointer
from tgcfd.mode import Mode

BOT, USER = 0, 1


def render(config: Config) -> Config:
    """Return the complete configuration for tgcf: ids as its models see them, ``text_raw`` in step with the rules."""
    rendered = schema.fill(config)
    rendered["pid"] = 0
    rendered["admins"] = [chats.coerce(admin) for admin in rendered["admins"]]
    rendered["forwards"] = [_connection(forward) for forward in rendered["forwards"]]
    replace = rendered["plugins"]["replace"]
    if not replace["text_raw"].strip():
        replace["text_raw"] = rules_text(replace["text"])
    return rendered


def _connection(forward: Json) -> Json:
    dest = [chats.coerce(chat) for chat in forward["dest"]]
    return copy.deepcopy(forward) | {"source": chats.coerce(forward["source"]), "dest": dest}


def missing(config: Config, mode: Mode) -> list[Violation]:
    """Return what has to be filled in or changed before a run in ``mode`` can start; empty if nothing.

    That includes what the checks find: a file edited by hand has not been through them.
    """
    config = schema.fill(config)
    return [*_missing_login(config["login"], mode), *_missing_connection(config), *checks.violations(config)]


def _missing_login(login: Json, mode: Mode) -> Iterator[Violation]:
    if login["API_ID"] == 0:
        yield Violation(pointer("login", "API_ID"), "The API id is missing: get one at my.telegram.org.")
    if not login["API_HASH"].strip():
        yield Violation(pointer("login", "API_HASH"), "The API hash is missing: it stands next to the API id.")
    if login["user_type"] == USER:
        yield from _missing_session(login)
    elif mode is Mode.PAST:
        yield Violation(
            pointer("login", "user_type"),
            "A bot cannot copy old messages: Telegram does not let bots read them. "
            "Set the kind of account to user (user_type 1), or run live mode.",
        )
    elif not login["BOT_TOKEN"].strip():
        or_user = " A session string is set: to use that, set the kind of account to user (user_type 1)."
        yield Violation(
            pointer("login", "BOT_TOKEN"),
            f"The bot token is missing: get one from @BotFather.{or_user if login['SESSION_STRING'] else ''}",
        )


def _missing_session(login: Json) -> Iterator[Violation]:
    at = pointer("login", "SESSION_STRING")
    if not login["SESSION_STRING"]:
        or_bot = " A bot token is set: to use that, set the kind of account to bot (user_type 0)."
        yield Violation(
            at,
            "The session string is missing: make a new one and enter it."
            f"{or_bot if login['BOT_TOKEN'].strip() else ''}",
        )
    elif not is_session_string(login["SESSION_STRING"]):
        yield Violation(
            at,
            "This is not a complete Telethon session string: copy all of it, or make a new one and enter it.",
        )


def is_session_string(text: str) -> bool:
    """Tell whether Telethon would take it (telethon/sessions/string.py): "1", then data centre, address, port, key."""
    if not text.startswith("1"):
        return False
    address = 4 if len(text) == 353 else 16
    try:
        _, _, _, key = struct.unpack(f">B{address}sH256s", base64.urlsafe_b64decode(text[1:]))
    except (ValueError, binascii.Error, struct.error):
        return False
    return any(key)


def _missing_connection(config: Config) -> Iterator[Violation]:
    if not any(forward["use_this"] and forward["source"] != "" and forward["dest"] for forward in config["forwards"]):
        yield Violation(
            pointer("forwards"), "There is no enabled connection that has a source and a destination: add one."
        )
