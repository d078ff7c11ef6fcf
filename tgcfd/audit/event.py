"""What the audit log tells of."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

Detail = Mapping[str, str | int | bool]
"""A few words more, such as the old role and the new one; never a secret."""


class Event(StrEnum):
    """What was done. Stable: front ends and alerts are written against these words."""

    REGISTERED = "registered"
    LOGGED_IN = "logged_in"
    LOG_IN_REFUSED = "log_in_refused"
    LOGGED_OUT = "logged_out"
    LOGGED_OUT_EVERYWHERE = "logged_out_everywhere"
    SESSION_ENDED = "session_ended"
    REFRESH_REUSED = "refresh_reused"
    API_TOKEN_MADE = "api_token_made"  # noqa: S105  # a word for it
    API_TOKEN_REVOKED = "api_token_revoked"  # noqa: S105  # a word for it
    NAME_CHANGED = "name_changed"
    EMAIL_CHANGED = "email_changed"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105  # a word for it
    SECOND_FACTOR_ON = "second_factor_on"
    SECOND_FACTOR_OFF = "second_factor_off"
    RECOVERY_CODE_USED = "recovery_code_used"
    RECOVERY_CODES_RENEWED = "recovery_codes_renewed"
    INVITE_MADE = "invite_made"
    INVITE_WITHDRAWN = "invite_withdrawn"
    ACCOUNT_DISABLED = "account_disabled"
    ACCOUNT_ENABLED = "account_enabled"
    ACCOUNT_DELETED = "account_deleted"
    ROLE_CHANGED = "role_changed"
    PROFILE_CHANGED = "profile_changed"
    KEY_ROTATED = "key_rotated"
    DATA_EXPORTED = "data_exported"
    CONFIG_CHANGED = "config_changed"
    CONFIG_IMPORTED = "config_imported"
    CONFIG_EXPORTED = "config_exported"
    WATERMARK_CHANGED = "watermark_changed"
    WATERMARK_REMOVED = "watermark_removed"
    WORKER_STARTED = "worker_started"
    WORKER_STOPPED = "worker_stopped"
