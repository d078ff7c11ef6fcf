"""Tells what a file is by what it holds; its name counts for nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import NoReturn

from tgcfd.config import reader, schema
from tgcfd.config.imports import environment, mongo, session
from tgcfd.config.imports.found import Format, Found, Sent, brief
from tgcfd.config.plain import Json, bound, bound_of_json
from tgcfd.config.render import is_session_string
from tgcfd.errors import ImportUnknown

MAX_TEXT = 2 * 1024 * 1024
_MAX_SESSION = 400  # characters of a session string with an IPv6 address: 369

_AGENTS = frozenset(["login_cfg", "agent_fwd_cfg", "plugin_cfgs"])
_ONLY_NEWER = frozenset(["login", "mode", "pid", "bot_messages", "theme"])
_SINCE_1 = frozenset(["fmt", "caption", "sender"])
_NAMES_SHOWN = 5


def recognise(sent: Sent) -> Found:
    """Return what the file is and what it says. Raises ImportUnknown, with what was seen, and Busy."""
    if not sent.data.strip():
        raise ImportUnknown(f"{sent.called} is empty.")
    if sent.data.startswith(session.MAGIC):
        return _session_file(sent)
    text = _text(sent)
    joined = "".join(text.split()) if len(text) <= _MAX_SESSION else ""
    if is_session_string(joined):
        return Found(sent, Format.SESSION_STRING, "It is a Telethon session string and nothing else.", joined)
    if text.lstrip()[:1] in ("{", "["):
        found = _json(sent, text)
        if found is not None:
            return _configuration(sent, found, json_text=True)
    variables = environment.parse(text)
    if variables is not None:
        known = ", ".join(name for name in environment.KNOWN if name in variables)
        return Found(sent, Format.ENVIRONMENT, f"It sets variables that tgcf 0.2 read: {known}.", variables)
    return _configuration(sent, _yaml(sent, text), json_text=False)


def yaml_of_variable(sent: Sent, text: str) -> Found:
    """Return the configuration that the variable TGCF_CONFIG of a file holds. Raises ImportUnknown."""
    content = _yaml(sent, text, "its variable TGCF_CONFIG")
    return Found(sent, Format.TGCF_0_2, "Only tgcf 0.2 read its configuration from TGCF_CONFIG.", content)


def _session_file(sent: Sent) -> Found:
    try:
        string = session.session_string(sent.data)
    except session.SessionUnreadable as error:
        raise ImportUnknown(f"{sent.called} cannot be taken as a session: {error}.") from None
    return Found(sent, Format.SESSION_FILE, "It is an SQLite file with the session of Telethon in it.", string)


def _text(sent: Sent) -> str:
    if len(sent.data) > MAX_TEXT:
        raise ImportUnknown(f"{sent.called} is larger than {MAX_TEXT} bytes: no configuration of tgcf is.")
    try:
        return sent.data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise ImportUnknown(f"{sent.called} is neither text in UTF-8 nor an SQLite file.") from None


def _json(sent: Sent, text: str) -> Json:
    """Return what JSON text says, None if it is none but may be YAML. Like tgcf, of a name twice the last counts."""
    if too_many := bound_of_json(text.encode()):
        raise ImportUnknown(f"{sent.called} cannot be used: {too_many.detail}")
    try:
        content = json.loads(text, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        try:
            reader.read(text)
        except reader.YamlUnreadable:
            where = f"line {error.lineno}, column {error.colno}"
            raise ImportUnknown(f"{sent.called} begins like JSON, but is not: {error.msg} ({where}).") from None
        return None
    except (ValueError, RecursionError):
        raise ImportUnknown(f"{sent.called} is JSON that is nested too deeply or holds impossible numbers.") from None
    if problem := bound(content):
        raise ImportUnknown(f"{sent.called} cannot be used: {problem.detail}")
    return content


def _refuse(_name: str) -> NoReturn:
    raise ValueError


def _yaml(sent: Sent, text: str, what: str = "") -> Json:
    of = f"{sent.called}, {what}," if what else sent.called
    try:
        content = reader.value(reader.read(text if text.endswith("\n") else text + "\n"))
    except reader.YamlUnreadable as error:
        raise ImportUnknown(
            f"{of} is none of the files that can be imported. Read as YAML: {error.reason} (line {error.line})"
        ) from None
    if not isinstance(content, dict):
        raise ImportUnknown(f"{of} is text, but neither a configuration of tgcf nor a session string nor a .env file.")
    if problem := bound(content):
        raise ImportUnknown(f"{of} cannot be used: {problem.detail}")
    return content


def _configuration(sent: Sent, content: Json, *, json_text: bool) -> Found:
    inner = mongo.unwrapped(content)
    by_mongo = "It is a document of the MongoDB that tgcf keeps its configuration in; " if inner is not None else ""
    content = content if inner is None else inner
    if not isinstance(content, dict):
        raise ImportUnknown(f"{sent.called} is a list, and a configuration is not.")
    if not content.keys() & (_AGENTS | {"theme"} | schema.load()["properties"].keys()):
        names = ", ".join(f"“{brief(name)}”" for name in list(content)[:_NAMES_SHOWN]) or "nothing"
        kind = "JSON" if json_text else "YAML"
        raise ImportUnknown(f"{sent.called} is {kind}, but none of its names is a setting of tgcf. It has {names}.")
    kind, why = _kind(content, json_text=json_text)
    return Found(sent, kind, f"{by_mongo}{why[0].lower()}{why[1:]}" if by_mongo else why, content)


def _kind(content: Json, *, json_text: bool) -> tuple[Format, str]:
    """Return which tgcf has written a configuration, and why it is taken for that one."""
    if agents := sorted(_AGENTS & content.keys()):
        return Format.TGCF_AGENTS, f"Only the development version with several agents has “{agents[0]}”."
    plugins = content.get("plugins")
    if "theme" in content or (isinstance(plugins, dict) and "sender" in plugins):
        return Format.TGCF_DEVELOPMENT, "Only development versions after 1.1.8 have “theme” or the plugin “sender”."
    newer, older = next(_newer(content), ""), next(_older(content), "")
    if json_text:
        return Format.TGCF_1_1, "It is JSON with settings of tgcf: versions 1.0 and 1.1 keep them so, and tgcfd too."
    if newer:
        also = f" It also has {older} of tgcf 0.2, which does not decide." if older else ""
        return Format.TGCFD, f"It is YAML, and it has {newer}, which tgcf 0.2 did not know.{also}"
    if older:
        return Format.TGCF_0_2, f"It is YAML, and it has {older}, as tgcf 0.2 had it."
    return Format.TGCF_0_2, (
        "It would fit tgcf 0.2 and tgcfd. It is taken for tgcf 0.2, which kept its login elsewhere: "
        "a file of tgcfd nearly always has “login”."
    )


def _newer(content: Json) -> Iterator[str]:
    """Every sign in the configuration that it is from tgcf 1.0 or later."""
    yield from (f"“{name}”" for name in sorted(_ONLY_NEWER & content.keys()))
    forwards = content.get("forwards")
    for forward in forwards if isinstance(forwards, list) else ():
        if isinstance(forward, dict) and forward.keys() & {"con_name", "use_this"}:
            yield "named connections"
    for name, plugin in _plugins(content):
        if name in _SINCE_1:
            yield f"the plugin “{name}”"
        if isinstance(plugin, dict) and plugin.keys() & {"check", "text_raw"}:
            yield f"“check” in the plugin “{brief(name)}”"
    live = content.get("live")
    if isinstance(live, dict) and "sequential_updates" in live:
        yield "“sequential_updates”"


def _older(content: Json) -> Iterator[str]:
    """Every sign in the configuration that it is from tgcf 0.2."""
    for name, plugin in _plugins(content):
        if name == "format":
            yield "the plugin “format”"
        elif not isinstance(plugin, dict) or not plugin.keys() & {"check"}:
            yield f"the plugin “{brief(name)}” without “check”"
    past = content.get("past")
    if isinstance(past, dict) and isinstance(past.get("delay"), float):
        yield "a pause in parts of a second"


def _plugins(content: Json) -> Iterator[tuple[str, Json]]:
    plugins = content.get("plugins")
    if isinstance(plugins, dict):
        yield from plugins.items()
