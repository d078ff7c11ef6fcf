"""The development version with several agents (never released): accounts and plugins by number, shared connections."""

from __future__ import annotations

from collections.abc import Iterator

from tgcfd.config.imports.found import Notes, brief
from tgcfd.config.plain import Json

_OF_AGENT = frozenset(["show_forwarded_from", "mode", "live", "past"])
_NOT_LOGIN = frozenset(["alias", "is_active"])
_CHANGED = frozenset(["login_cfg", "agent_fwd_cfg", "plugin_cfgs", "forwards", "pids"])


def converted(old: Json, notes: Notes) -> Json:
    """Return one agent's part in today's shape: that of the first enabled connection, with its set of plugins.

    What another agent does is said to be left out; a connection with other plugins is taken, but paused.
    """
    forwards = [forward for forward in _list(old, "forwards") if isinstance(forward, dict)]
    leader = next((forward for forward in forwards if forward.get("use_this", True)), {})
    agent, plugins = leader.get("agent", 0), leader.get("plugin_cfg", 0)
    new = {name: value for name, value in old.items() if name not in _CHANGED}
    new["login"] = _login(old, agent, notes)
    new |= {name: value for name, value in _numbered(old, "agent_fwd_cfg", agent).items() if name in _OF_AGENT}
    new["plugins"] = _numbered(old, "plugin_cfgs", plugins)
    new["forwards"] = list(_forwards(forwards, agent, plugins, notes))
    _left_out(old, agent, plugins, notes)
    return new


def _login(old: Json, agent: Json, notes: Notes) -> Json:
    login_cfg = old.get("login_cfg")
    if not isinstance(login_cfg, dict):
        return {}
    keys = login_cfg.get("tg")
    of_agent = _numbered(login_cfg, "agents", agent)
    alias = brief(of_agent.get("alias") or "without a name")
    notes.take("login", detail=f"The account of agent {_number(agent) + 1} ({alias}), and the API id and hash.")
    login = {name: value for name, value in of_agent.items() if name not in _NOT_LOGIN}
    return {**(keys if isinstance(keys, dict) else {}), **login}


def _forwards(forwards: list[Json], agent: Json, plugins: Json, notes: Notes) -> Iterator[Json]:
    taken = 0
    for index, forward in enumerate(forwards):
        if forward.get("agent", 0) != agent:
            notes.leave("forwards", index, detail=f"This connection is of agent {_number(forward.get('agent')) + 1}.")
            continue
        one = {name: value for name, value in forward.items() if name not in {"agent", "plugin_cfg"}}
        if forward.get("plugin_cfg", 0) != plugins and forward.get("use_this", True):
            one["use_this"] = False
            notes.take(
                "forwards",
                taken,
                "use_this",
                detail="Paused: it had a set of plugins of its own, and here all connections share one. "
                "Without its filter it might forward what it should not.",
            )
        taken += 1
        yield one


def _left_out(old: Json, agent: Json, plugins: Json, notes: Notes) -> None:
    for index in range(len(_list(old.get("login_cfg"), "agents"))):
        if index != agent:
            detail = f"Agent {index + 1} is another account: here each has an account of its own. Import it there."
            notes.leave("login_cfg", "agents", index, detail=detail)
    for index in range(len(_list(old, "plugin_cfgs"))):
        if index != plugins:
            notes.leave("plugin_cfgs", index, detail="Here all connections share one set of plugins.")


def _list(holder: Json, name: str) -> list[Json]:
    found = holder.get(name) if isinstance(holder, dict) else None
    return found if isinstance(found, list) else []


def _numbered(holder: Json, name: str, number: Json) -> dict[str, Json]:
    """Return an object in a list by its number; an empty one where there is none."""
    items, index = _list(holder, name), _number(number)
    found = items[index] if 0 <= index < len(items) else {}
    return found if isinstance(found, dict) else {}


def _number(value: Json) -> int:
    return value if isinstance(value, int) else 0
