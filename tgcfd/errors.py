"""What can go wrong, as values with names: one class per stable code.

Every error that a client can cause derives from :class:`TgcfdError` and carries the HTTP status, the code that
front ends may rely on, and a sentence that tells the person what to do. The API turns it into an RFC 9457 problem.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Violation:
    """One thing wrong with a document: where (an RFC 6901 JSON pointer, "" for the whole) and what to do about it.

    ``line``: of a text, counted from 1; None for what has no lines.
    """

    pointer: str
    detail: str
    line: int | None = None


def pointer(*parts: str | int) -> str:
    """The RFC 6901 JSON pointer of a path."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


class TgcfdError(Exception):
    """Base of all errors with a stable code. ``detail`` is shown to the client: never put a secret into it."""

    status: ClassVar[int]
    code: ClassVar[str]
    title: ClassVar[str]

    def __init__(
        self,
        detail: str,
        *,
        errors: Sequence[Violation] = (),
        extra: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = tuple(errors)
        self.extra = dict(extra or {})
        self.headers = dict(headers or {})


class Internal(TgcfdError):
    """A mistake of tgcfd's own. The daemon's log has more under the request id; ask the host's owner to look there."""

    status = 500
    code = "internal"
    title = "Internal error"

    def __init__(self, request_id: str) -> None:
        super().__init__(f"Something went wrong in tgcfd itself. Its log has more under the request id {request_id}.")


# --- the request itself


class BadRequest(TgcfdError):
    """What came is not a request of HTTP, or not a whole WebSocket handshake."""

    status = 400
    code = "bad_request"
    title = "The request cannot be read"


class MethodNotAllowed(TgcfdError):
    """The path is right, the method is not; the header ``Allow`` says which it takes."""

    status = 405
    code = "method_not_allowed"
    title = "This path does not take this method"


class ExpectationFailed(TgcfdError):
    """The header ``Expect`` holds something else than ``100-continue``."""

    status = 417
    code = "expectation_failed"
    title = "This expectation is not understood"


class BodyTooLarge(TgcfdError):
    """The body is larger than this path takes."""

    status = 413
    code = "body_too_large"
    title = "The body is too large"


class MalformedHeader(TgcfdError):
    """A header holds what it cannot hold; `detail` names it."""

    status = 400
    code = "malformed_header"
    title = "A header cannot be read"


class SlowBody(TgcfdError):
    """The body came too slowly; send it again over a better line."""

    status = 408
    code = "slow_body"
    title = "The body took too long to arrive"


class MalformedBody(TgcfdError):
    """The body is not what its content type says."""

    status = 400
    code = "malformed_body"
    title = "The body cannot be read"


class UnsupportedMediaType(TgcfdError):
    """The body's content type is not one that this path takes."""

    status = 415
    code = "unsupported_media_type"
    title = "This content type is not accepted here"


class InvalidBody(TgcfdError):
    """The body is well formed, but fields are missing, unknown or of the wrong kind; ``errors`` names each."""

    status = 422
    code = "invalid_body"
    title = "Some fields are not right"

    def __init__(self, *violations: Violation) -> None:
        super().__init__("Some fields are missing or not right; `errors` names each.", errors=violations)


class InvalidQuery(TgcfdError):
    """A parameter in the address is unknown, given twice, or has a value that cannot be used; `errors` names each."""

    status = 422
    code = "invalid_query"
    title = "A query parameter is not right"


class UpgradeRequired(TgcfdError):
    """A plain HTTP request came to a path that speaks WebSocket."""

    status = 426
    code = "upgrade_required"
    title = "This path speaks WebSocket"

    def __init__(self) -> None:
        super().__init__("Open this path as a WebSocket.", headers={"Upgrade": "websocket", "Connection": "Upgrade"})


class UnknownProtocol(TgcfdError):
    """The WebSocket handshake offers subprotocols, but not `tgcfd.v1`."""

    status = 400
    code = "unknown_protocol"
    title = "None of these WebSocket protocols is spoken here"


# --- who may enter

_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="tgcfd"'}  # RFC 9110 section 15.5.2: each 401 says what to come with


class Unauthorized(TgcfdError):
    """No token or cookie came, or one that is not good, or no longer: log in again, or use the refresh token."""

    status = 401
    code = "unauthorized"
    title = "Log in first"

    def __init__(self, detail: str = "Log in to get a token, then send it as `Authorization: Bearer <token>`.") -> None:
        super().__init__(detail, headers=_CHALLENGE)


class WrongLogin(TgcfdError):
    """The e-mail address and password do not belong together; says no more than that, on purpose."""

    status = 401
    code = "wrong_login"
    title = "E-mail address or password is wrong"

    def __init__(self) -> None:
        super().__init__("The e-mail address or the password is wrong.", headers=_CHALLENGE)


class EmailTaken(TgcfdError):
    """An account with this e-mail address exists; its owner can log in."""

    status = 409
    code = "email_taken"
    title = "This e-mail address has an account already"


class Busy(TgcfdError):
    """Too much of the same work is waiting; try again after ``Retry-After`` seconds."""

    status = 429
    code = "busy"
    title = "Too many requests at once"

    def __init__(self, detail: str, retry_after: int = 1) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)})


class SecondFactorNeeded(TgcfdError):
    """The password was right; the account wants a code of its second factor as well."""

    status = 401
    code = "second_factor_needed"
    title = "A code is needed as well"

    def __init__(self) -> None:
        super().__init__(
            "Send the six digits that your authenticator app shows, or one of your recovery codes, as `code`.",
            headers=_CHALLENGE,
        )


class WrongCode(TgcfdError):
    """The password was right, the code of the second factor was not, or was used before."""

    status = 401
    code = "wrong_code"
    title = "The code is wrong"

    def __init__(self) -> None:
        super().__init__(
            "This code is wrong, or was used already. Wait for the next one, or use a recovery code.",
            headers=_CHALLENGE,
        )


class RefreshReused(TgcfdError):
    """A refresh token came a second time: somebody has a copy of it, so the session that it belongs to has ended."""

    status = 401
    code = "refresh_reused"
    title = "This refresh token was used already"

    def __init__(self) -> None:
        super().__init__(
            "This refresh token was used already, so somebody may have a copy. The session was ended; log in again.",
            headers=_CHALLENGE,
        )


class Forbidden(TgcfdError):
    """Logged in, but the token has not the scope, or the account not the role, that this takes."""

    status = 403
    code = "forbidden"
    title = "This log-in may not do that"


class RegistrationClosed(TgcfdError):
    """Nobody can make an account here by themselves; ask the host's owner."""

    status = 403
    code = "registration_closed"
    title = "Accounts are made by the host's owner here"


class InviteNeeded(TgcfdError):
    """An account takes an invite here, and none came."""

    status = 403
    code = "invite_needed"
    title = "An invite is needed to make an account"


class InviteNotGood(TgcfdError):
    """The invite is not one of ours, was used, was withdrawn, or has expired; says no more than that, on purpose."""

    status = 403
    code = "invite_not_good"
    title = "This invite is not good, or no longer"


class LastAdmin(TgcfdError):
    """Without this admin nobody could administer the host; make somebody else an admin first."""

    status = 409
    code = "last_admin"
    title = "This is the last admin"

    def __init__(self, email: str) -> None:
        super().__init__(f"{email} is the last admin of this host: first make somebody else an admin.")
        self.email = email


class TooMany(TgcfdError):
    """There are as many of these as one account may have; one has to go first."""

    status = 409
    code = "too_many"
    title = "There are too many of these already"


class SecondFactorIsOn(TgcfdError):
    """There is a second factor; it has to be switched off before another one is set up."""

    status = 409
    code = "second_factor_is_on"
    title = "The second factor is on already"


class SecondFactorIsOff(TgcfdError):
    """There is no second factor to switch off, to confirm or to make recovery codes for."""

    status = 409
    code = "second_factor_is_off"
    title = "The second factor is off"


class TooManyRequests(TgcfdError):
    """An account, or an address, asks too often; ``Retry-After`` says when to come back (seconds)."""

    status = 429
    code = "too_many_requests"
    title = "Too many requests"

    def __init__(self, detail: str, retry_after: int) -> None:
        super().__init__(detail, headers={"Retry-After": str(max(1, retry_after))})


class NotFound(TgcfdError):
    """Nothing of this name or number is here, or it belongs to somebody else."""

    status = 404
    code = "not_found"
    title = "Not found"


class ForeignOrigin(TgcfdError):
    """Another site's page sent this: with a cookie, to log in or register, or without being allowed to ask (CORS)."""

    status = 403
    code = "foreign_origin"
    title = "This request comes from another site"


# --- a person's configuration


class ConfigInvalid(TgcfdError):
    """The configuration breaks its schema or one of the checks; nothing was stored."""

    status = 422
    code = "config_invalid"
    title = "The configuration is not right"


class ConfigUnreadable(TgcfdError):
    """The stored configuration is damaged, too large or not a file; storing a whole new one mends it."""

    status = 409
    code = "config_unreadable"
    title = "The stored configuration cannot be read"


class ConfigChanged(TgcfdError):
    """The configuration is no longer the one that ``If-Match`` names: read it again; ``etag`` is that of now."""

    status = 412
    code = "config_changed"
    title = "The configuration has changed meanwhile"


class PreviewTooSlow(TgcfdError):
    """The plugins take too long on this text; tgcf would stand still at a message like it."""

    status = 422
    code = "preview_too_slow"
    title = "The plugins take too long"

    def __init__(self) -> None:
        super().__init__(
            "The plugins take too long on this text: tgcf would stand still at a message like it. Most often it is a "
            "regular expression that repeats what repeats already, such as (a+)+, or rules that make the text grow."
        )


class ImportUnknown(TgcfdError):
    """What was sent is none of the formats that can be taken over."""

    status = 422
    code = "import_unknown"
    title = "This is no configuration that tgcfd knows"


class ImageUnusable(TgcfdError):
    """It is not an image that can be used as a watermark; `detail` says why, and what to do."""

    status = 422
    code = "image_unusable"
    title = "This image cannot be used"


# --- workers


class NotReadyToRun(TgcfdError):
    """The configuration lacks what a run needs; ``errors`` says what, in words for the person."""

    status = 409
    code = "not_ready_to_run"
    title = "The configuration is not complete enough to run"


class RunsAlready(TgcfdError):
    """The worker runs, in another mode than the one asked for; its ``pid`` and ``mode`` come along."""

    status = 409
    code = "runs_already"
    title = "tgcf is running already"


class WorkerFailedToStart(TgcfdError):
    """The host could not start the worker's process; its log may say more, and so may the host's owner."""

    status = 503
    code = "worker_failed_to_start"
    title = "tgcf could not be started"


class NotAllowedByOwner(TgcfdError):
    """The host's owner does not let this person's worker run (``systemctl mask``)."""

    status = 403
    code = "not_allowed_by_owner"
    title = "The host's owner does not let tgcf run"

    def __init__(self) -> None:
        super().__init__("The host's owner does not let tgcf run for you. Ask them.")


class HostNotAnswering(TgcfdError):
    """The host's service manager, its message bus or the broker does not answer in time; what runs goes on."""

    status = 503
    code = "host_not_answering"
    title = "The host does not answer"

    def __init__(self, detail: str = "The host does not answer. Try again in a moment.") -> None:
        super().__init__(detail, headers={"Retry-After": "5"})


# --- logs


class CursorUnknown(TgcfdError):
    """The cursor is not one that was given out for this account's log; begin without one."""

    status = 422
    code = "cursor_unknown"
    title = "This cursor is not known"


# --- what is kept


class StorageFull(TgcfdError):
    """The disk is full, the quota used up, or the file system read-only; what was to be stored is not."""

    status = 507
    code = "storage_full"
    title = "Nothing more can be stored"

    def __init__(self) -> None:
        super().__init__("The host's disk takes nothing more, so this was not stored. Tell the host's owner.")


# --- the daemon itself


class NotReady(TgcfdError):
    """Something that people need here does not answer; for who watches over the daemon."""

    status = 503
    code = "not_ready"
    title = "tgcfd is not ready"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, headers={"Retry-After": "5"})


# --- the daemon's own settings: never reach a client, end the start with exit code 78


class SettingsError(Exception):
    """The daemon's settings cannot be used. The text has a line for each thing: file and line (or flag), key, what."""


# --- what the host's owner types


class Refused(Exception):
    """A command cannot do what the host's owner asked for: exit code 1. The text says why, and what to type."""
