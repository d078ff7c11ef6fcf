"""Making an auth key with a client that has none: https://core.telegram.org/mtproto/auth_key, server side."""

from __future__ import annotations

import os
import time
from hashlib import sha1

import rsa
from telethon.crypto import AES, AuthKey
from telethon.crypto.rsa import _compute_fingerprint
from telethon.extensions import BinaryReader
from telethon.helpers import generate_key_data_from_nonce
from telethon.tl import TLObject, functions, types

from tests.telegram.mtproto import ProtocolError

# Worth nothing: the key of a server that only ever listens on loopback. Fixed, since making one takes seconds.
_P = int(
    "e091afe2d7dfbc6aa318f52fc27b737f72f0b356940291ea388b99aeb1afa20ec04fc5561e925dfc556e3527b070f3cfac2e56906b80c243"
    "b8aef6c9e6e2954024cb0b905232d6b9442b40d7d1d7e7c4dceb603aeff09080859d55551a770222973fa88b92d435aae5d8503ab35d9ff8"
    "eb7db9195b93531f8b0622fdf21515025b997c77a1674aeb",
    16,
)
_Q = int(
    "b7e02e500e127faf5bf7e3c159982f436d2cd5984f3ebc030153a675b293fffc84adf5d00af741ab5ed07ef92f2f0c60b7693a5e2622c320"
    "087a80682580d22fdf53071712d97e274f9eab145eba92417417157b184b33303a87e9a02a8768b728e96f6b191618b3071dac4130b04a3e"
    "9bf62a4e58bd1403",
    16,
)
_PUBLIC = rsa.PublicKey(_P * _Q, 65537)
_PRIVATE_EXPONENT = pow(65537, -1, (_P - 1) * (_Q - 1))

# p * q of Telegram's own example; a client only has to factorise it.
_FIRST, _SECOND = 0x494C553B, 0x53911073

# The prime that Telegram uses, with its generator.
_DH_PRIME = int(
    "c71caeb9c6b1c9048e6c522f70f13f73980d40238e3e21c14934d037563d930f48198a0aa7c14058229493d22530f4dbfa336f6e0ac92513"
    "9543aed44cce7c3720fd51f69458705ac68cd4fe6b6b13abdc9746512969328454f18faf8c595f642477fe96bb2a941d5bcd1d4ac8cc4988"
    "0708fa9b378e3c4f3a9060bee67cf9a4a4a695811051907e162753b56b0f6b410dba74d8a84b2a14b3144e0ef1284754fd17ed950d5965b4"
    "b9dd46582db1178d169c6bc465b0d6ff9ca3928fef5b9ae4e418fc15e83ebea0f87fa9ff5eed70050ded2849f47bf959d956850ce929851f"
    "0d8115f635b105ee2e4e15d04b2454bf6f4fadf034b10403119cd8e3b92fcc5b",
    16,
)
_GENERATOR = 3


def public_key_pem() -> str:
    """The server's public key, for clients that make a new auth key."""
    return _PUBLIC.save_pkcs1().decode()


def new_key() -> bytes:
    """An auth key made without an exchange."""
    key = os.urandom(256)
    return key if survives(key) else new_key()


def survives(key: bytes) -> bool:
    """Whether Telethon can keep this key: it drops a zero byte in front, and never finds the key again."""
    return key[0] != 0


class Exchange:
    """One connection's way to an auth key."""

    def __init__(self) -> None:
        self._server_nonce = int.from_bytes(os.urandom(16), "little", signed=True)
        self._new_nonce = 0
        self._secret = 0

    def answer(self, request: TLObject) -> tuple[TLObject, bytes | None]:
        """The answer to one step, and the key when it was the last. Raises ProtocolError."""
        if isinstance(request, functions.ReqPqMultiRequest):
            pq = (_FIRST * _SECOND).to_bytes(8, "big")
            return types.ResPQ(request.nonce, self._server_nonce, pq, [_compute_fingerprint(_PUBLIC)]), None
        if isinstance(request, functions.ReqDHParamsRequest):
            return self._offer(request), None
        if isinstance(request, functions.SetClientDHParamsRequest):
            return self._finish(request)
        raise ProtocolError(f"{type(request).__name__} without an auth key")

    def _offer(self, request: functions.ReqDHParamsRequest) -> TLObject:
        if request.public_key_fingerprint != _compute_fingerprint(_PUBLIC):
            raise ProtocolError("encrypted for another server's key")
        number = pow(int.from_bytes(request.encrypted_data, "big"), _PRIVATE_EXPONENT, _PUBLIC.n)
        plain = number.to_bytes(255, "big")
        inner = BinaryReader(plain[20:]).tgread_object()
        if sha1(bytes(inner)).digest() != plain[:20]:
            raise ProtocolError("wrong hash over the inner data")
        if {int.from_bytes(inner.p, "big"), int.from_bytes(inner.q, "big")} != {_FIRST, _SECOND}:
            raise ProtocolError("wrong factors")
        self._check(request.server_nonce, inner.server_nonce)
        self._new_nonce = inner.new_nonce
        self._secret = int.from_bytes(os.urandom(256), "big")
        answer = bytes(
            types.ServerDHInnerData(
                request.nonce, self._server_nonce, _GENERATOR, _DH_PRIME.to_bytes(256, "big"),
                pow(_GENERATOR, self._secret, _DH_PRIME).to_bytes(256, "big"), int(time.time()),
            )
        )  # fmt: skip
        answer = sha1(answer).digest() + answer
        answer += os.urandom(-len(answer) % 16)
        return types.ServerDHParamsOk(request.nonce, self._server_nonce, AES.encrypt_ige(answer, *self._aes()))

    def _finish(self, request: functions.SetClientDHParamsRequest) -> tuple[TLObject, bytes | None]:
        plain = AES.decrypt_ige(request.encrypted_data, *self._aes())
        inner = BinaryReader(plain[20:]).tgread_object()
        if sha1(bytes(inner)).digest() != plain[:20]:
            raise ProtocolError("wrong hash over the inner data")
        self._check(request.server_nonce, inner.server_nonce)
        key = pow(int.from_bytes(inner.g_b, "big"), self._secret, _DH_PRIME).to_bytes(256, "big")
        auth_key = AuthKey(key)
        if not survives(key):
            return types.DhGenRetry(request.nonce, self._server_nonce, self._hash(auth_key, 2)), None
        return types.DhGenOk(request.nonce, self._server_nonce, self._hash(auth_key, 1)), key

    def _hash(self, auth_key: AuthKey, number: int) -> int:
        return int(auth_key.calc_new_nonce_hash(self._new_nonce, number))

    def _check(self, *nonces: int) -> None:
        if any(nonce != self._server_nonce for nonce in nonces):
            raise ProtocolError("another exchange's nonce")

    def _aes(self) -> tuple[bytes, bytes]:
        key, iv = generate_key_data_from_nonce(self._server_nonce, self._new_nonce)
        return key, iv
