"""Why a worker ended: stable codes, each with its exit code and a sentence that says what to do.

Exit codes are sysexits(3)'s: 78 (EX_CONFIG) the person must change something, so a restart is of no use;
75 (EX_TEMPFAIL) try again later; 0 done, or asked to stop.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Exit(IntEnum):
    """What a supervisor does next."""

    DONE = 0
    TEMPORARY = 75
    CONFIG = 78


class Code(StrEnum):
    """The stable name of a reason."""

    STOPPED = "stopped"
    FINISHED = "finished"
    # what is going on, while it runs
    CONNECTING = "connecting"
    FLOOD_WAIT = "flood_wait"
    RECONNECTING = "reconnecting"
    # the person must change something
    CONFIG_MISSING = "config_missing"
    CONFIG_UNREADABLE = "config_unreadable"
    CONFIG_INVALID = "config_invalid"
    TOKEN_MISSING = "token_missing"  # noqa: S105 - a name, not a token
    SESSION_MISSING = "session_missing"
    API_MISSING = "api_missing"
    SESSION_MALFORMED = "session_malformed"
    SESSION_REVOKED = "session_revoked"
    SESSION_DUPLICATED = "session_duplicated"
    ACCOUNT_DEACTIVATED = "account_deactivated"
    TOKEN_WRONG = "token_wrong"  # noqa: S105 - a name, not a token
    API_WRONG = "api_wrong"
    PAST_NEEDS_USER = "past_needs_user"
    NOTHING_TO_DO = "nothing_to_do"
    PLUGIN_UNAVAILABLE = "plugin_unavailable"
    DC_KEY_UNREADABLE = "dc_key_unreadable"
    RUNTIME_MISSING = "runtime_missing"
    # temporary
    TELEGRAM_UNREACHABLE = "telegram_unreachable"
    CONNECTION_LOST = "connection_lost"
    BOT_SIGNED_OUT = "bot_signed_out"
    CONFIG_CHANGED = "config_changed"
    CANNOT_SAVE = "cannot_save"
    RUNS_ALREADY = "runs_already"
    DIRECTORY_UNUSABLE = "directory_unusable"
    PARENT_GONE = "parent_gone"
    INTERNAL_ERROR = "internal_error"


_SAVE = "Save the configuration again, then run again."

_CATALOGUE: dict[Code, tuple[Exit, str]] = {
    Code.STOPPED: (Exit.DONE, "Stopped in order."),
    Code.FINISHED: (Exit.DONE, "Finished: {summary}."),
    Code.CONNECTING: (Exit.TEMPORARY, "Telegram cannot be reached yet ({why}). Trying again until {until}."),
    Code.FLOOD_WAIT: (Exit.TEMPORARY, "Waiting {seconds} s as Telegram asked (until {until})."),
    Code.RECONNECTING: (Exit.TEMPORARY, "Reconnecting to Telegram since {since}."),
    Code.CONFIG_MISSING: (Exit.CONFIG, f"There is no configuration (tgcf.config.json). {_SAVE}"),
    Code.CONFIG_UNREADABLE: (Exit.CONFIG, "The configuration cannot be read: {why}. " + _SAVE),
    Code.CONFIG_INVALID: (
        Exit.CONFIG,
        "The configuration is not right at {field}: {why}. Correct it, then run again.",
    ),
    Code.TOKEN_MISSING: (
        Exit.CONFIG,
        "No bot token is set. Get one from @BotFather, enter it as the bot token, then run again.",
    ),
    Code.SESSION_MISSING: (
        Exit.CONFIG,
        "No Telegram account is linked: the session string is empty. Enter one, then run again.",
    ),
    Code.API_MISSING: (
        Exit.CONFIG,
        "The API id or the API hash is missing. Get both at https://my.telegram.org, enter them, then run again.",
    ),
    Code.SESSION_MALFORMED: (
        Exit.CONFIG,
        "The session string is not a valid one; perhaps a part of it got lost. Make a new one.",
    ),
    Code.SESSION_REVOKED: (
        Exit.CONFIG,
        "Telegram no longer accepts this account's session: it was ended or revoked. Make a new session string.",
    ),
    Code.SESSION_DUPLICATED: (
        Exit.CONFIG,
        "Telegram ended this session: it was used from two addresses at once. Make a new one, and use it here only.",
    ),
    Code.ACCOUNT_DEACTIVATED: (
        Exit.CONFIG,
        "Telegram says that this account is deactivated or banned. Use another account, or ask Telegram's support.",
    ),
    Code.TOKEN_WRONG: (
        Exit.CONFIG,
        "Telegram does not accept the bot token: it is wrong or expired. Get the current one from @BotFather.",
    ),
    Code.API_WRONG: (
        Exit.CONFIG,
        "Telegram does not accept the API id and API hash. Copy both again from https://my.telegram.org.",
    ),
    Code.PAST_NEEDS_USER: (
        Exit.CONFIG,
        "Past mode needs a user account: Telegram shows no history to bots. Use a user's session string, or live mode.",
    ),
    Code.NOTHING_TO_DO: (
        Exit.CONFIG,
        "No connection can run: {why}. Correct the connections, then run again.",
    ),
    Code.PLUGIN_UNAVAILABLE: (
        Exit.CONFIG,
        "The plugin {plugin} needs {missing}, which is not there. Switch the plugin off, or {remedy}.",
    ),
    Code.DC_KEY_UNREADABLE: (
        Exit.CONFIG,
        "The public key of the data center cannot be read ({why}). The host's owner must correct tgcfd's settings.",
    ),
    Code.RUNTIME_MISSING: (
        Exit.CONFIG,
        "tgcf is not installed where the host's settings say (worker.path). The host's owner must correct that.",
    ),
    Code.TELEGRAM_UNREACHABLE: (
        Exit.TEMPORARY,
        "Telegram cannot be reached ({why}). Trying again later; if it stays so, check the host's network.",
    ),
    Code.CONNECTION_LOST: (
        Exit.TEMPORARY,
        "The connection to Telegram was lost and did not come back ({why}). Trying again later.",
    ),
    Code.BOT_SIGNED_OUT: (Exit.TEMPORARY, "Telegram signed the bot out. It is started again to sign in anew."),
    Code.CONFIG_CHANGED: (Exit.TEMPORARY, "The Telegram account or the plugins changed; that takes a restart."),
    Code.CANNOT_SAVE: (Exit.TEMPORARY, "Progress cannot be saved ({why}). Trying again later."),
    Code.RUNS_ALREADY: (Exit.TEMPORARY, "Another worker runs in this directory already."),
    Code.DIRECTORY_UNUSABLE: (
        Exit.TEMPORARY,
        "The worker cannot use its directory ({why}). The host's owner must look into it.",
    ),
    Code.PARENT_GONE: (Exit.TEMPORARY, "The daemon that started this worker is gone."),
    Code.INTERNAL_ERROR: (
        Exit.TEMPORARY,
        "An unexpected error ended the worker; its log has more. Trying again later.",
    ),
}


@dataclass(frozen=True)
class Reason:
    """A reason with its sentence filled in."""

    code: Code
    message: str

    @property
    def exit(self) -> Exit:
        """The exit code that goes with it."""
        return _CATALOGUE[self.code][0]


def reason(code: Code, **values: str) -> Reason:
    """Return the reason for ``code``; ``values`` fill the gaps of its sentence."""
    return Reason(code, _CATALOGUE[code][1].format(**values))


class Ended(Exception):
    """Ends the run with a reason."""

    def __init__(self, why: Reason) -> None:
        super().__init__(why.message)
        self.reason = why
