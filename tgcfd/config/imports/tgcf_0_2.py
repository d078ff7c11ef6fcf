"""tgcf 0.2.x: YAML without login and without names, where a plugin that is there is on (tgcf/config.py of 0.2.11)."""

from __future__ import annotations

import math

from tgcfd.config.imports.found import Notes, brief
from tgcfd.config.plain import Json

_PLUGINS = {"filter": "filter", "format": "fmt", "mark": "mark", "ocr": "ocr", "replace": "replace"}


def converted(old: Json, notes: Notes) -> Json:
    """Return the configuration in today's shape; what it does not know it leaves for :mod:`shape` to say."""
    new = {name: value for name, value in old.items() if name not in {"plugins", "live", "past"}}
    new["live"] = _live(old.get("live"), notes)
    if "past" in old:
        new["past"] = _past(old["past"], notes)
    plugins = old.get("plugins")
    new["plugins"] = _plugins(plugins, notes) if isinstance(plugins, dict) else plugins
    return new


def _live(live: Json, notes: Notes) -> Json:
    # In 0.2 nothing was deleted by editing unless it was asked for; since 1.0 “.deleteMe” is the default.
    if live is None or (isinstance(live, dict) and live.get("delete_on_edit") is None):
        notes.take("live", "delete_on_edit", detail="Deleting by editing stays off, as it was in tgcf 0.2.")
        return {**(live or {}), "delete_on_edit": None}
    return live


def _past(past: Json, notes: Notes) -> Json:
    delay = past.get("delay") if isinstance(past, dict) else None
    if not isinstance(delay, float) or not math.isfinite(delay) or delay == int(delay):
        return past
    up = math.ceil(delay)
    notes.take("past", "delay", detail=f"The pause of {delay:g} seconds is {up} now: only whole seconds are known.")
    return {**past, "delay": up}


def _plugins(plugins: dict[str, Json], notes: Notes) -> Json:
    new: dict[str, Json] = {}
    for name, plugin in plugins.items():
        if name not in _PLUGINS:
            notes.leave(
                "plugins", name, detail=f"The plugin “{brief(name)}” was not tgcf's own, and there are no others now."
            )
            continue
        now = _PLUGINS[name]
        settings = {} if plugin is None else plugin
        new[now] = {**_settings(now, settings, notes), "check": True} if isinstance(settings, dict) else settings
        notes.take("plugins", now, "check", detail=f"On, for tgcf 0.2 used each plugin that was there: “{name}”.")
    if list(new) != [name for name in _PLUGINS.values() if name in new]:
        order = ", ".join(_PLUGINS.values())
        notes.take("plugins", detail=f"They work in another order now, always the same: {order}.")
    return new


def _settings(name: str, settings: dict[str, Json], notes: Notes) -> dict[str, Json]:
    if name == "fmt" and settings.get("style") == "normal":
        notes.take("plugins", "fmt", "style", detail="“normal” is called “plain” now.")
        return {**settings, "style": "plain"}
    return settings
