"""Turns Telethon's errors into reasons and plain words."""

from __future__ import annotations

from telethon import errors

from tgcfd.runner.ending import unexpected
from tgcfd.runner.journal_lines import fold, without_cause
from tgcfd.runner.os_errors import plain
from tgcfd.runner.reasons import Code, Ended, Reason, reason

_REASONS: tuple[tuple[tuple[type[BaseException], ...], Code], ...] = (
    ((errors.UserDeactivatedError, errors.UserDeactivatedBanError, errors.PhoneNumberBannedError),
     Code.ACCOUNT_DEACTIVATED),
    ((errors.AuthKeyDuplicatedError,), Code.SESSION_DUPLICATED),
    ((errors.UnauthorizedError, errors.AuthKeyNotFound), Code.SESSION_REVOKED),
    ((errors.AccessTokenExpiredError, errors.AccessTokenInvalidError), Code.TOKEN_WRONG),
    ((errors.ApiIdInvalidError, errors.ApiIdPublishedFloodError, errors.ConnectionApiIdInvalidError), Code.API_WRONG),
)  # fmt: skip

_Table = tuple[tuple[tuple[type[BaseException], ...], str], ...]
_MEMBER = "this account is not a member of it; join it first"
# The chat refuses this account, now and later, until somebody changes something. After _WORDS: some there are kinds of
# ForbiddenError.
_REFUSALS: _Table = (
    ((errors.ChannelPrivateError, errors.UserNotParticipantError), _MEMBER),
    ((errors.UserBannedInChannelError,), "this account is banned there"),
    ((errors.ChannelBannedError, errors.ChatRestrictedError), "Telegram has closed this chat"),
    ((errors.UserIsBlockedError,), "this person has blocked the account"),
    ((errors.YouBlockedUserError,), "this account has blocked this person; unblock them first"),
    ((errors.InputUserDeactivatedError,), "this person's account was deleted"),
    ((errors.UserIsBotError,), "a bot cannot write to another bot"),
    ((errors.ChannelInvalidError, errors.PeerIdInvalidError, errors.ChatIdInvalidError),
     "this account cannot see this chat; check the id, and that the account is in the chat"),
    ((errors.ChatWriteForbiddenError, errors.ChatAdminRequiredError, errors.ChatForbiddenError, errors.ForbiddenError),
     "this account may not write there; give it the right to post"),
)  # fmt: skip
_WORDS: _Table = (
    ((errors.ChatSendMediaForbiddenError, errors.ChatSendGifsForbiddenError, errors.ChatSendStickersForbiddenError),
     "this account may not send this kind of message there"),
    ((errors.ChatForwardsRestrictedError,), "the source does not allow its messages to be forwarded"),
    ((errors.InviteHashExpiredError, errors.InviteHashInvalidError, errors.InviteHashEmptyError),
     "the invite link has expired or is not valid; join the chat and use its id or name"),
    ((errors.UsernameInvalidError,), "Telegram does not take this as a name; check the spelling"),
    ((errors.UsernameNotOccupiedError,), "nobody on Telegram has this name; check the spelling"),
    ((errors.FloodWaitError, errors.SlowModeWaitError),
     "Telegram asked to wait, and too many messages are waiting already"),
    ((errors.MessageTooLongError, errors.MediaCaptionTooLongError), "the text is too long for Telegram"),
)  # fmt: skip
# Telethon raises plain ValueErrors for these; the beginnings of their texts, from client/users.py.
_VALUE_ERRORS = (
    ("No user has", "nobody on Telegram has this name; check the spelling"),
    ("Cannot find any entity", "nobody on Telegram has this name; check the spelling"),
    ("Cannot get entity from a channel", _MEMBER),
    ("Cannot get entity by phone", "a bot cannot look up phone numbers; use the numeric id"),
    (
        "Could not find the input entity",
        "this account does not know this chat; check that it is in the chat, and the id (a channel's begins with -100)",
    ),
)


def reason_of(error: BaseException) -> Reason | None:
    """Return the reason if this error means that the whole run cannot go on, else None."""
    if isinstance(error, Ended):
        return error.reason
    return next((reason(code) for kinds, code in _REASONS if isinstance(error, kinds)), None)


def end_of(error: BaseException, *, was_ready: bool) -> Reason:
    """Return the reason for an error that ended the run; one that nobody expected is logged here."""
    if found := reason_of(error):
        return found
    if isinstance(error, OSError):  # ConnectionError and TimeoutError are
        code = Code.CONNECTION_LOST if was_ready else Code.TELEGRAM_UNREACHABLE
        return reason(code, why=plain(error))
    return unexpected(error)


def words(error: BaseException) -> str:
    """Return why one chat or message failed, and what to do, in a few plain words."""
    if found := _find(_WORDS, error) or _find(_REFUSALS, error):
        return found
    if isinstance(error, ValueError):
        for beginning, text in _VALUE_ERRORS:
            if str(error).startswith(beginning):
                return text
    if isinstance(error, OSError):
        return plain(error)
    if isinstance(error, errors.RPCError):
        return f"Telegram says: {_telegrams_words(error)}"
    return fold(error)  # a bug, and what helps to find it


def refusal(error: BaseException) -> str | None:
    """Return why the chat takes nothing from this account until somebody changes something; None if it may pass."""
    return None if _find(_WORDS, error) else _find(_REFUSALS, error)


def _find(table: _Table, error: BaseException) -> str | None:
    return next((text for kinds, text in table if isinstance(error, kinds)), None)


def _telegrams_words(error: errors.RPCError) -> str:
    text = without_cause(str(error))
    # Telethon has a sentence for the errors that it knows, and for the others only their name.
    return str(error.message) if not text or text.startswith("RPCError ") else text
