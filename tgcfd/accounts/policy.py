"""What an e-mail address, a name and a password have to look like. Pure functions over values as clients send them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from tgcfd import errors

EMAIL_MAX = 254  # RFC 5321 section 4.5.3.1.3, without the brackets
NAME_MAX = 100
# NIST SP 800-63B: at least 8 characters, no rules of composition, compare with common passwords, normalise Unicode.
PASSWORD_MIN = 8
PASSWORD_MAX = 256

# The most common leaked passwords that are long enough to pass otherwise.
_COMMON_WORDS = """
    password password1 password12 password123 passw0rd p@ssw0rd p@ssword passwort kennwort motdepasse contraseña
    qwertyui qwertyuiop qwerty12 qwerty123 qwerty1234 qwertz123 azertyuiop asdfghjk asdfghjkl zxcvbnm1 1q2w3e4r
    1q2w3e4r5t q1w2e3r4 1qaz2wsx zaq12wsx qazwsxedc qwer1234 1234qwer asdf1234 abcd1234 abc12345 a1234567 a12345678
    12345678 123456789 1234567890 0123456789 87654321 987654321 0987654321 12341234 12344321 11223344 123123123
    147258369 123456789a 12345678a iloveyou iloveyou1 sunshine princess football baseball superman batman123
    trustno1 starwars whatever computer internet letmein1 welcome1 welcome123 admin123 admin1234 administrator
    changeme changeme1 secret123 default1 telegram telegram1 telegram123 monkey123 dragon123 michelle jennifer
"""
_COMMON = frozenset(_COMMON_WORDS.split())

# Before the @: what HTML's <input type=email> takes; and everywhere, all letters beyond ASCII (RFC 6531).
_LOCAL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~\-\u0080-\U0010ffff]{1,64}")
_LABEL = re.compile(r"(?!-)[A-Za-z0-9\-\u0080-\U0010ffff]{1,63}(?<!-)")
_JOINERS = "\u200c\u200d"  # needed to write some languages (and emoji), although they are "format" characters


class Unfit(ValueError):
    """A value cannot be used; the text tells the person what to do."""


class Findings:
    """Collects what is wrong with several fields, so that a client hears of all of them at once."""

    def __init__(self) -> None:
        self._violations: list[errors.Violation] = []

    def take(self, pointer: str, check: Callable[..., str], *values: object) -> str:
        """Return the cleaned value of ``check(*values)``; "" if it is unfit, which is noted under ``pointer``."""
        try:
            return check(*values)
        except Unfit as unfit:
            self.add(pointer, str(unfit))
            return ""

    def add(self, pointer: str, detail: str) -> None:
        """Note one violation."""
        self._violations.append(errors.Violation(pointer, detail))

    def raise_any(self) -> None:
        """Raise :class:`errors.InvalidBody` with all that was noted, if anything was."""
        if self._violations:
            raise errors.InvalidBody(*self._violations)


def email(value: object) -> str:
    """Return the address in Unicode form NFC without blanks around it. Raises :class:`Unfit`."""
    text = unicodedata.normalize("NFC", _text(value, "Give an e-mail address.").strip())
    if len(text) > EMAIL_MAX:
        raise Unfit(f"An e-mail address has at most {EMAIL_MAX} characters.")
    local, _, domain = text.rpartition("@")
    # NFKC: a sign of another script would make another address of the same look.
    fits = (
        unicodedata.normalize("NFKC", text).count("@") == 1
        and _LOCAL.fullmatch(local)
        and all(_LABEL.fullmatch(label) for label in domain.split("."))
    )
    if not fits or any(_is_invisible(letter) or letter in _JOINERS or letter.isspace() for letter in text):
        raise Unfit("This is not an e-mail address; it looks like name@example.org.")
    return text


def email_key(address: str) -> str:
    """Return the form in which addresses are compared: upper and lower case are one, and so are look-alikes."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", address).casefold())


def name(value: object) -> str:
    """Return the name a person wants to be called by, trimmed. Raises :class:`Unfit`."""
    text = unicodedata.normalize("NFC", _text(value, "Give a name.").strip())
    if not text or all(_is_invisible(letter) or letter in _JOINERS for letter in text):
        raise Unfit("Give a name.")
    if len(text) > NAME_MAX:
        raise Unfit(f"A name has at most {NAME_MAX} characters.")
    if any(_is_invisible(letter) for letter in text):
        raise Unfit("A name may not hold line breaks, control characters or other invisible signs.")
    return text


def password(value: object, address: str, person: str) -> str:
    """Return a new password, normalised, for the account with this e-mail address and name. Raises :class:`Unfit`."""
    text = typed_password(value)
    if len(text) < PASSWORD_MIN:
        raise Unfit(f"Use at least {PASSWORD_MIN} characters.")
    folded = text.casefold()
    if folded in (address.casefold(), person.casefold()):
        raise Unfit("The password may not be your e-mail address or your name.")
    if folded in _COMMON or len(set(folded)) == 1:
        raise Unfit("This password is one of the first that an attacker tries; choose another one.")
    return text


def typed_password(value: object) -> str:
    """Return a password as it is compared: normalised, of a length that can be hashed. Raises :class:`Unfit`."""
    text = unicodedata.normalize("NFC", _text(value, "Give a password."))
    if len(text) > PASSWORD_MAX:
        raise Unfit(f"Use at most {PASSWORD_MAX} characters.")
    if "\0" in text:
        raise Unfit("A password may not hold the NUL character.")
    return text


def _text(value: object, missing: str) -> str:
    if value is None or value == "":
        raise Unfit(missing)
    if not isinstance(value, str):
        raise Unfit("This has to be text.")
    if any("\ud800" <= letter <= "\udfff" for letter in value):
        raise Unfit("This holds half of a character (a lone surrogate).")
    return value


def _is_invisible(letter: str) -> bool:
    """Tell control, format (such as a change of direction) and private characters, line and paragraph separators."""
    return letter not in _JOINERS and unicodedata.category(letter) in {"Cc", "Cf", "Co", "Zl", "Zp"}
