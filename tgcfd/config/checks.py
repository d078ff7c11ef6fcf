"""What a schema cannot say: checks of a configuration's meaning. Pure; each returns violations in plain words.

They take a complete configuration that fits the schema (``schema.fill``, ``schema.violations``). A regular expression
that takes very long on some text cannot be told from a good one, so that is not tried. With regular expressions in it,
the checks wait for a process of their own: not for the event loop.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from tgcfd.config import chats, verdicts
from tgcfd.config.plain import Config, Json, same
from tgcfd.config.rules import RulesUnreadable, parse_rules
from tgcfd.config.verdicts import Question
from tgcfd.errors import Violation, pointer

# tgcf/plugin_models.py STYLE_CODES: as a replacement, these are styles and not text.
STYLES = ("bold", "italics", "code", "strike", "plain")


def violations(config: Config) -> list[Violation]:
    """Return everything that fits the schema but would not do in tgcf what the person means."""
    return [violation for check in _CHECKS for violation in check(config)]


def connection_faults(forward: Json, index: int) -> Iterator[Violation]:
    """Check one connection by itself."""
    at = ("forwards", index)
    source, dest = forward["source"], forward["dest"]
    if source != "":
        yield from _chat_fault(source, *at, "source")
    for number, chat in enumerate(dest):
        if chat == "":
            yield Violation(pointer(*at, "dest", number), "This destination is empty: fill it in or remove it.")
        else:
            yield from _chat_fault(chat, *at, "dest", number)
    if source == "":
        return
    own = chats.identity(source)
    for number, chat in enumerate(dest):
        if chats.identity(chat) == own:
            yield Violation(pointer(*at, "dest", number), "This is the source itself: messages would go in circles.")
    if forward["use_this"] and not dest:
        yield Violation(pointer(*at, "dest"), "This connection is enabled and has a source, but no destination.")


def _connections(config: Config) -> Iterator[Violation]:
    first: dict[int | str, int] = {}
    for index, forward in enumerate(config["forwards"]):
        yield from connection_faults(forward, index)
        if not forward["use_this"] or forward["source"] == "":
            continue
        earlier = first.setdefault(chats.identity(forward["source"]), index)
        if earlier != index:
            yield Violation(
                pointer("forwards", index, "source"),
                f"Connection {earlier + 1} has the same source, and tgcf uses only the last one of them. "
                "Put all destinations into one connection, or disable one.",
            )


def _chat_fault(chat: int | str, *path: str | int) -> Iterator[Violation]:
    fault = chats.fault(chat)
    if fault:
        yield Violation(pointer(*path), fault)


def _admins(config: Config) -> Iterator[Violation]:
    for index, admin in enumerate(config["admins"]):
        yield from _chat_fault(admin, "admins", index)


def is_sender(sender: str) -> bool:
    """Tell whether tgcf can compare a message's sender with it: an id in digits."""
    return re.fullmatch(r"-?[1-9][0-9]*", sender, re.ASCII) is not None


def _senders(config: Config) -> Iterator[Violation]:
    for name in ("blacklist", "whitelist"):
        for index, sender in enumerate(config["plugins"]["filter"]["users"][name]):
            if not is_sender(sender):
                yield Violation(
                    pointer("plugins", "filter", "users", name, index),
                    "tgcf compares numeric ids here: a name never matches. Write the sender's id, in digits.",
                )


def _patterns(config: Config) -> Iterator[Violation]:
    asked = [*_filter_patterns(config["plugins"]["filter"]["text"]), *_replace_patterns(config["plugins"]["replace"])]
    questions = tuple(question for _, question in asked)
    excess = verdicts.excess(questions)
    if excess is not None:
        yield Violation(
            asked[excess][0],
            f"From here on it is too much: tgcfd takes {verdicts.MAX_PATTERNS} regular expressions, with no more than "
            f"{verdicts.MAX_CHARACTERS} characters in them and their new texts. Join some, or remove some.",
        )
        return
    for (at, _), verdict in zip(asked, verdicts.verdicts(questions), strict=True):
        if verdict:
            yield Violation(at, verdict)


def _filter_patterns(text: Json) -> Iterator[tuple[str, Question]]:
    if not text["regex"]:
        return
    for name in ("blacklist", "whitelist"):
        for index, pattern in enumerate(text[name]):
            at = pointer("plugins", "filter", "text", name, index)
            yield at, Question(pattern, lowered=not text["case_sensitive"])


def _replace_patterns(replace: Json) -> Iterator[tuple[str, Question]]:
    if not replace["regex"]:
        return
    for pattern, new in replace["text"].items():
        yield pointer("plugins", "replace", "text", pattern), Question(pattern, None if new in STYLES else new)


def _raw_rules(config: Config) -> Iterator[Violation]:
    replace = config["plugins"]["replace"]
    if not replace["text_raw"].strip():
        return
    at = pointer("plugins", "replace", "text_raw")
    try:
        rules = parse_rules(replace["text_raw"])
    except RulesUnreadable as error:
        yield Violation(at, f"{error} Correct it, or leave it empty: it is then written from the rules.")
        return
    if not same(rules, replace["text"]) or list(rules) != list(replace["text"]):
        yield Violation(at, "This does not say the same as the rules. Leave it empty: it is written from the rules.")


def _deletion(config: Config) -> Iterator[Violation]:
    if config["live"]["delete_on_edit"] == "":
        yield Violation(
            pointer("live", "delete_on_edit"),
            "An empty text would delete media that are edited to have no caption. Use null to switch this off.",
        )


# Neither sentence shows the value, which is a secret.
_KEYS = (
    (
        "API_HASH",
        re.compile(r"[0-9a-fA-F]{32}"),
        "An API hash is 32 digits and letters from a to f: copy it again from my.telegram.org.",
    ),
    (
        "BOT_TOKEN",
        re.compile(r"[0-9]{3,20}:[A-Za-z0-9_-]{20,100}"),
        "A bot token is a number, a colon and some 35 letters, digits, - or _: copy it again from @BotFather.",
    ),
)


def key_faults(login: Json) -> Iterator[tuple[str, str]]:
    """Return the names of the keys that are set and cannot be right, and why."""
    for name, form, sentence in _KEYS:
        if login[name] and not form.fullmatch(login[name]):
            yield name, sentence


def _keys(config: Config) -> Iterator[Violation]:
    for name, sentence in key_faults(config["login"]):
        yield Violation(pointer("login", name), sentence)


def _image(config: Config) -> Iterator[Violation]:
    image = config["plugins"]["mark"]["image"]
    at = pointer("plugins", "mark", "image")
    if image.startswith("https://"):
        if not re.fullmatch(r"https://[^\s/?#@\\]+(?:[/?#][^\s\\]*)?", image):
            yield Violation(at, "This is not a complete https address.")
    elif not re.fullmatch(r"(?![.\s-])[^/\\\x00-\x1f\x7f:]{1,255}(?<!\s)", image):
        yield Violation(
            at, "Write the plain name of a file in the worker's folder, like image.png, or an https address."
        )


_CHECKS: tuple[Callable[[Config], Iterator[Violation]], ...] = (
    _keys,
    _connections,
    _admins,
    _senders,
    _patterns,
    _raw_rules,
    _deletion,
    _image,
)
