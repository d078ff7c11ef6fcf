"""How a person may write a chat, and what tgcf would make of it.

tgcf's models turn every text that Python's int() takes into a number: "+919999999999", "1_000", "0012" and digits of
other scripts silently become the id of somebody else. Telethon then takes usernames and links apart
(telethon/utils.py: parse_username). What is refused here is refused because of one of the two.
"""

from __future__ import annotations

import re

_PLAIN_ID = re.compile(r"-?[1-9][0-9]*", re.ASCII)
_LINK = re.compile(r"(?:https?://)?(?:www\.)?(?:t\.me|telegram\.me|telegram\.dog)/")
_INVITE = re.compile(r"(?:\+|joinchat/)([\w-]{5,})", re.ASCII)
_APP_INVITE = re.compile(r"tg://join\?invite=([\w-]{5,})", re.ASCII)
# Telethon's VALID_USERNAME_RE; the short ones are Telegram's own old bots.
_USERNAME = re.compile(
    r"(?:[a-z](?:(?!__)\w){3,30}[a-z\d]|gif|vid|pic|bing|wiki|imdb|bold|vote|like|coub)", re.IGNORECASE | re.ASCII
)
_TOPIC = re.compile(r"-?[0-9]+[/_:][0-9]+")
_MYSELF = ("me", "self")

# https://core.telegram.org/api/bots/ids
_MAX_USER = 0xFFFFFFFFFF
_MIN_GROUP = -999_999_999_999
_MAX_CHANNEL = -1_000_000_000_001
_MIN_CHANNEL = -4_000_000_000_000


def coerce(chat: int | str) -> int | str:
    """Return the chat as tgcf's models see it: a text that is a number becomes the number."""
    return int(chat) if isinstance(chat, str) and _PLAIN_ID.fullmatch(chat) else chat


def identity(chat: int | str) -> int | str:
    """Return the same value for two ways to write one chat: @Name, name, t.me/name; 5, "5"; t.me/+x, t.me/joinchat/x.

    A name and the number of the same chat cannot be told to be the same without asking Telegram.
    """
    chat = coerce(chat)
    if isinstance(chat, int):
        return chat
    rest, is_link = _after_link(chat)
    invite = _INVITE.fullmatch(rest) if is_link else _APP_INVITE.fullmatch(chat)
    if invite:
        return "+" + invite[1]
    name = rest.removeprefix("@").rstrip("/").lower()
    return "me" if name in _MYSELF and not is_link else name


def fault(chat: int | str) -> str:
    """Return why tgcf could not use this chat, or would use another one, and what to write; "" if it is all right."""
    if isinstance(chat, str) and chat != chat.strip():
        return "There are spaces around it: remove them."
    chat = coerce(chat)
    return _number_fault(chat) if isinstance(chat, int) else _text_fault(chat)


def _number_fault(number: int) -> str:
    if number > 0 and re.fullmatch(r"100\d{10}", str(number)):
        return f"This looks like the number of a channel without its minus sign: write -{number}."
    if number == 0 or number > _MAX_USER or number < _MIN_CHANNEL or _MAX_CHANNEL < number < _MIN_GROUP:
        return "Telegram has no chat with this number. That of a channel or supergroup is -100 and ten more digits."
    return ""


def _text_fault(text: str) -> str:
    if _is_number_in_disguise(text):
        return (
            "tgcf would read this as the id of somebody else. Write an id in plain digits, without leading zeros, "
            "signs other than a minus, spaces or underscores; instead of a phone number write the @name or the id."
        )
    if _TOPIC.fullmatch(text):
        return "tgcf cannot forward a single topic of a group: write the group's number alone."
    if text in _MYSELF or _USERNAME.fullmatch(text.removeprefix("@")) or _APP_INVITE.fullmatch(text):
        return ""
    rest, is_link = _after_link(text)
    if is_link:
        return _link_fault(rest)
    return (
        "tgcf cannot find a chat by this. Write the chat's @name (5 or more letters, digits and underscores), "
        "a link like t.me/name, or its number, like -1001234567890."
    )


def _is_number_in_disguise(text: str) -> bool:
    try:
        int(text)
    except ValueError:
        # Telethon takes these for phone numbers (telethon/utils.py: parse_phone).
        return re.sub(r"[+()\s-]", "", text).isdigit()
    return True


def _link_fault(rest: str) -> str:
    if re.match(r"(c|s)/", rest):
        return "tgcf cannot use t.me/c/ links. Write -100 and the number that follows c/, like -1001234567890."
    if _INVITE.fullmatch(rest) or _USERNAME.fullmatch(rest.rstrip("/")):
        return ""
    if rest.startswith("@"):
        # Telethon takes what follows t.me/@ for the hash of an invitation.
        return f"Write {rest} or t.me/name, not both at once."
    if re.fullmatch(r"@?\w+/\d+(/\d+)?/?", rest):
        return "This is a link to one message or topic, and tgcf forwards whole chats: leave the number at its end out."
    return "This is not a link to a chat. A chat's link is like t.me/name or, for a private chat, t.me/+AbCdEf."


def _after_link(text: str) -> tuple[str, bool]:
    """Return what follows t.me/ and true, or the whole text and false."""
    link = _LINK.match(text)
    return (text[link.end() :], True) if link else (text, False)
