"""What an import would make of a person's configuration: shown to them, and stored as it is if they say so. Blocks."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field

from tgcfd.config import checks, schema, secrets
from tgcfd.config.imports import agents, environment, tgcf_0_2
from tgcfd.config.imports.found import Format, Found, Note, Notes, Sent
from tgcfd.config.imports.mend import delay_in_bounds, login_kept_out, mended
from tgcfd.config.imports.recognise import recognise, yaml_of_variable
from tgcfd.config.imports.shape import shaped
from tgcfd.config.plain import Config, Json
from tgcfd.config.render import BOT, USER, missing
from tgcfd.errors import ImportUnknown, Violation, pointer
from tgcfd.mode import Mode

_CONVERSIONS = {Format.TGCF_0_2: tgcf_0_2.converted, Format.TGCF_AGENTS: agents.converted}
_LOGIN_OF_STORED = ("user_type", "API_ID", "USERNAME", "phone_no")


@dataclass(frozen=True)
class Problem:
    """What is wrong with the new configuration; ``refused``: it cannot be stored with it, else only not run."""

    violation: Violation
    refused: bool


@dataclass(frozen=True)
class Proposal:
    """What was found in the files, the whole new configuration with its secrets, and all that there is to say of it."""

    found: tuple[Found, ...]
    config: Json = field(repr=False)
    notes: Notes
    problems: tuple[Problem, ...]
    is_whole: bool
    """It replaces the stored configuration; else it changes the login in it."""

    @property
    def format(self) -> Format:
        """What the import is as a whole: its configuration, else its variables, else its session."""
        return min(self.found, key=_rank).format


def propose(sent: Sequence[Sent], stored: Config) -> Proposal:
    """Return what the files together mean for somebody whose complete configuration is ``stored``.

    A configuration replaces the stored one as a whole, but for secrets that it lacks; variables and sessions alone
    change the login. Raises ImportUnknown, and Busy.
    """
    found = sorted(map(recognise, sent), key=_rank)
    notes = Notes()
    configuration, variables, session = _parts(found, notes)
    if configuration is None:
        config = _login_changed(stored, variables, session, notes)
    else:
        config = _replaced(stored, configuration, variables, session, notes)
    return Proposal(tuple(found), config, notes, tuple(_problems(config)), configuration is not None)


def _rank(found: Found) -> int:
    return 2 if found.format.is_session else 1 if found.format is Format.ENVIRONMENT else 0


def _parts(found: list[Found], notes: Notes) -> tuple[Found | None, dict[str, str], str]:
    """Return the only configuration, the variables, and the session string. Raises ImportUnknown for two of a kind."""
    parts: dict[int, Found] = {}
    for one in found:
        if other := parts.get(_rank(one)):
            what = ("configurations", "files with variables", "sessions")[_rank(one)]
            raise ImportUnknown(f"{other.sent.called} and {one.sent.called} are two {what}: send one of them.")
        parts[_rank(one)] = one
    variables = parts[1].content if 1 in parts else {}
    configuration = parts.get(0)
    inner = variables.get("TGCF_CONFIG", "")
    if configuration is None and inner.strip():
        configuration = yaml_of_variable(parts[1].sent, inner)
        notes.take(detail="The configuration is what TGCF_CONFIG says.")
    elif inner.strip():
        notes.not_taken.append(Note("TGCF_CONFIG", "tgcf used the file when there was one: that is taken."))
    for name in sorted(variables.keys() - set(environment.KNOWN)):
        notes.not_taken.append(Note(name[:100], "tgcf's configuration does not have this variable."))
    return configuration, variables, parts[2].content if 2 in parts else ""


def _replaced(stored: Config, configuration: Found, variables: dict[str, str], session: str, notes: Notes) -> Json:
    convert = _CONVERSIONS.get(configuration.format)
    raw = convert(configuration.content, notes) if convert else copy.deepcopy(configuration.content)
    is_old = configuration.format is Format.TGCF_0_2
    if is_old and variables.get("TGCF_MODE", "").strip().lower() in ("live", "past"):
        raw["mode"] = int(variables["TGCF_MODE"].strip().lower() == "past")
    login = raw.get("login")
    if login is None or isinstance(login, dict):
        given = _login(login or {}, variables, session, notes, is_old=is_old)
        raw["login"] = given or _kept_login(stored, notes)
    config = shaped(raw, notes)
    delay_in_bounds(config, notes)
    if not schema.violations(config):
        config = mended(config, notes)
        _say_taken(config, notes)
    return _with_stored_secrets(config, stored, notes)


def _login_changed(stored: Config, variables: dict[str, str], session: str, notes: Notes) -> Json:
    given = shaped({"login": _login({}, variables, session, notes, is_old=bool(variables))}, notes)
    login = schema.fill(given)["login"] if not schema.violations(given) else None
    if login is None:
        raise ImportUnknown("A variable does not hold what its name says: API_ID is a number, the others are texts.")
    login_kept_out(login, notes)
    changed = copy.deepcopy(stored)
    for name in given["login"]:
        if name == "user_type" or login[name]:
            changed["login"][name] = login[name]
            _say(notes, "login", name)
    notes.kept.append(Note("", "Everything else stays as it is."))
    return changed


def _login(
    login: dict[str, Json], variables: dict[str, str], session: str, notes: Notes, *, is_old: bool
) -> dict[str, Json]:
    """Return the login with what variables and session add to it; what it says itself counts, as it did in tgcf."""
    login = dict(login)
    for name in environment.LOGIN:
        value = variables.get(name, "").strip()
        if value and login.get(name):
            notes.not_taken.append(Note(name, "The configuration says this itself, and tgcf used that."))
        elif value:
            login[name] = value
    has_string, has_token = bool(login.get("SESSION_STRING")), bool(login.get("BOT_TOKEN"))
    if session and has_string:
        detail = "There is a session string besides, and tgcf used that. To use this session, import it alone."
        notes.not_taken.append(Note("session", detail))
    elif session:
        login["SESSION_STRING"] = session
        _say_session(login, notes, is_old=is_old and bool(variables))
    if is_old and (has_string or has_token or (session and variables)):
        login["user_type"] = USER if has_string or not has_token else BOT
        kind = "a user account" if login["user_type"] == USER else "a bot"
        notes.take("login", "user_type", detail=f"It is {kind}, as tgcf 0.2 saw it from what is set.")
    return login


def _say_session(login: dict[str, Json], notes: Notes, *, is_old: bool) -> None:
    if is_old and login.get("BOT_TOKEN"):
        detail = "The session is taken, but not used: there is a bot token, and tgcf used that."
    elif is_old:
        detail = "The session is taken: that of a user, for there is no bot token."
    else:
        detail = "The session is taken. It does not say whether it is a user's or a bot's: check the kind of account."
    notes.take("login", "SESSION_STRING", detail=detail)


def _kept_login(stored: Config, notes: Notes) -> dict[str, Json]:
    notes.kept.append(Note(pointer("login"), "The account stays as it is stored: the import has none."))
    return {name: stored["login"][name] for name in _LOGIN_OF_STORED}


def _with_stored_secrets(config: Json, stored: Config, notes: Notes) -> Json:
    """Return it with each secret that it lacks as it is stored."""
    if not isinstance(config, dict) or not isinstance(config.get("login"), dict):
        return config
    for section, name in schema.secret_paths():
        if config[section].get(name, "") in ("", secrets.SET):
            config[section][name] = stored[section][name]
            if stored[section][name]:
                notes.kept.append(
                    Note(pointer(section, name), f"{_title(section, name)}: stays, the import has none that is good.")
                )
    return config


def _say_taken(config: Config, notes: Notes) -> None:
    small = schema.minimal(config)
    for name in small.get("login", {}):
        if small["login"][name] != secrets.SET:
            _say(notes, "login", name)
    for name in small.get("plugins", {}):
        is_on = "on" if config["plugins"][name]["check"] else "off"
        _say(notes, "plugins", name, how=is_on)
    for name in [name for name in small if name not in {"login", "plugins", "pid"}]:
        _say(notes, name, how=str(len(small[name])) if isinstance(small[name], list) else "")


def _say(notes: Notes, *path: str, how: str = "") -> None:
    """Say it of a place that nothing more exact was said of."""
    if pointer(*path) not in {note.where for note in notes.taken}:
        title = _title(*path)
        notes.take(*path, detail=f"{title}: taken, {how}." if how else f"{title}: taken.")


def _title(*path: str) -> str:
    part = schema.load()
    for name in path:
        part = part["properties"][name]
    return str(part["title"])


def _problems(config: Json) -> list[Problem]:
    """Return what is wrong with the new configuration: first what it cannot be stored with."""
    if faults := schema.violations(config):
        return [Problem(fault, refused=True) for fault in faults]
    whole = schema.fill(config)
    refused = checks.violations(whole)
    lacking = [fault for fault in missing(whole, Mode.PAST if whole["mode"] else Mode.LIVE) if fault not in refused]
    return [*(Problem(fault, refused=True) for fault in refused), *(Problem(fault, refused=False) for fault in lacking)]
