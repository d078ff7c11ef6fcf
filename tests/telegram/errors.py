"""How the server says no."""

from __future__ import annotations

import re

_CODES = (
    (re.compile(r"FLOOD_WAIT_\d+|SLOWMODE_WAIT_\d+|FLOOD_PREMIUM_WAIT_\d+"), 420),
    (re.compile(r"AUTH_KEY_DUPLICATED"), 406),
    (re.compile(r"AUTH_KEY_.*|SESSION_.*|USER_DEACTIVATED.*"), 401),
    (re.compile(r".*_FORBIDDEN|MESSAGE_AUTHOR_REQUIRED"), 403),
    (re.compile(r"RANDOM_ID_DUPLICATE|.*_CALL_FAIL|INTERNAL.*"), 500),
    (re.compile(r"(PHONE|USER|NETWORK|FILE)_MIGRATE_\d+"), 303),
)


class RpcFailure(Exception):
    """A request is answered with an error of Telegram's, such as `CHANNEL_INVALID` with code 400."""

    def __init__(self, name: str, code: int | None = None) -> None:
        super().__init__(name)
        self.name = name
        self.code = code if code is not None else code_of(name)


def code_of(name: str) -> int:
    """The code that Telegram sends with this error, where a test does not name one."""
    return next((code for pattern, code in _CODES if pattern.fullmatch(name)), 400)
