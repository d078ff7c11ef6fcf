"""HTTPS without a reverse proxy: the certificate and the key that the settings name, as what the sockets need.

Read once, when the daemon starts. :mod:`tgcfd.site` speaks with it.
"""

from __future__ import annotations

import logging
import os
import pwd
import ssl
import stat
from contextlib import suppress
from pathlib import Path

from tgcfd.errors import SettingsError
from tgcfd.settings import TlsSettings

_CREDENTIALS = Path("/run/credentials")
_MAX_BYTES = 1024 * 1024
_UNFIT_CERTIFICATE = ("EE_KEY_TOO_SMALL", "CA_KEY_TOO_SMALL", "CA_MD_TOO_WEAK")  # as OpenSSL calls it

_log = logging.getLogger(__name__)


class TlsSettingsError(SettingsError):
    """A file that will not do; ``key`` is the setting that names it, and ``what`` says why."""

    def __init__(self, key: str, what: str) -> None:
        super().__init__(f"{key}: {what}")
        self.key = key
        self.what = what


def context_of(settings: TlsSettings) -> ssl.SSLContext | None:
    """What the sockets need to speak TLS 1.2 and later; None where the settings name no certificate.

    Warns of a certificate that browsers refuse, such as one that has expired, and of a key that everybody can read.
    Raises :class:`TlsSettingsError`.
    """
    if settings.certificate is None or settings.key is None:
        _require_neither(settings)
        return None
    certificate = _read("tls.certificate", settings.certificate, "-----BEGIN CERTIFICATE-----")
    if "ENCRYPTED" in _read("tls.key", settings.key, "PRIVATE KEY-----"):
        raise TlsSettingsError("tls.key", f"{settings.key}: has a pass phrase; tgcfd takes a key without one")
    context = _load(settings.certificate, settings.key, certificate)
    try:
        reason = _refused_for(context, certificate)
    except ssl.SSLError as error:
        raise TlsSettingsError(
            "tls.certificate",
            f"{settings.certificate}: no client can use it ({error.reason}); browsers know RSA keys, and P-256",
        ) from error
    if reason:
        _log.warning("tls.certificate: %s: browsers refuse it: %s", settings.certificate, reason)
    if settings.key.stat().st_mode & stat.S_IROTH:
        _log.warning("tls.key: %s: everybody on this host can read it; chmod o-r helps", settings.key)
    return context


def can_be_judged(settings: TlsSettings) -> bool:
    """Whether anybody but the running daemon can tell what is wrong with the files.

    What LoadCredential= hands over is there for the daemon alone: not for its ExecReload= either (systemd issue 35227).
    """
    files = [file for file in (settings.certificate, settings.key) if file is not None]
    return not any(file.is_relative_to(_CREDENTIALS) for file in files)


def _require_neither(settings: TlsSettings) -> None:
    if settings.certificate is not None:
        raise TlsSettingsError("tls.key", "is not set, but tls.certificate is; each needs the other")
    if settings.key is not None:
        raise TlsSettingsError("tls.certificate", "is not set, but tls.key is; each needs the other")


def _read(key: str, path: Path, sign: str) -> str:
    """Read a PEM file. ``sign``: what it must hold."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # opening a named pipe would wait for ever
            raise TlsSettingsError(key, f"{path}: is not a file")
        with path.open("rb") as file:
            text = file.read(_MAX_BYTES).decode("ascii", "ignore")  # notes between the blocks may be in any language
    except PermissionError:
        raise TlsSettingsError(
            key,
            f"{path}: user {_user()} cannot read it; let it be a copy that belongs to {_user()} alone, or hand"
            " it over: see HTTPS without a proxy in /usr/share/doc/tgcfd/README.md",
        ) from None
    except OSError as error:
        hint = "; does the unit have a LoadCredential= for it?" if path.is_relative_to(_CREDENTIALS) else ""
        raise TlsSettingsError(key, f"{path}: cannot be read: {error.strerror}{hint}") from error
    if sign not in text:
        raise TlsSettingsError(key, f"{path}: is not PEM: a line with {sign} is missing")
    return text


def _user() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def _load(certificate: Path, key: Path, text: str) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=text)  # tells which of the two is bad
    except ssl.SSLError as error:
        raise TlsSettingsError("tls.certificate", f"{certificate}: cannot be read as PEM: {error.reason}") from error
    try:
        context.load_cert_chain(certificate, key, password="")  # without one, OpenSSL asks at the terminal
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise TlsSettingsError("tls.key", f"{key}: does not fit the certificate in {certificate}") from error
        if error.reason in _UNFIT_CERTIFICATE:
            raise TlsSettingsError("tls.certificate", f"{certificate}: is too weak: {error.reason}") from error
        raise TlsSettingsError("tls.key", f"{key}: cannot be read as PEM: {error.reason or 'it is damaged'}") from error
    except OSError as error:  # it was there a moment ago
        raise TlsSettingsError("tls.key", f"{key}, or the certificate, cannot be read: {error.strerror}") from error
    return context


def _refused_for(server: ssl.SSLContext, certificate: str) -> str | None:
    """Why a client that trusts this very certificate refuses it all the same, in OpenSSL's words: it has expired.

    A handshake in memory, since Python shows a certificate's dates to nobody but a client that has verified it.
    Raises :class:`ssl.SSLError` where no client comes so far: with a key of a kind or on a curve that TLS does not use.
    """
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    client.load_verify_locations(cadata=certificate)
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = client.wrap_bio(to_client, to_server), server.wrap_bio(to_server, to_client, server_side=True)
    try:
        for end in (*ends, *ends):
            with suppress(ssl.SSLWantReadError):
                end.do_handshake()
    except ssl.SSLCertVerificationError as error:
        return error.verify_message
    return None
