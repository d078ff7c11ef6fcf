"""MTProto as the server speaks it: the full TCP transport and MTProto 2.0 encryption.

Source: https://core.telegram.org/mtproto/description and https://core.telegram.org/mtproto/mtproto-transports#full
"""

from __future__ import annotations

import asyncio
import os
import struct
import time
from dataclasses import dataclass
from hashlib import sha256
from zlib import crc32

from telethon.crypto import AES, AuthKey

_LARGEST_PACKET = 2 * 1024 * 1024
_MOST_UNREAD = 16 * 1024 * 1024
UNKNOWN_KEY = struct.pack("<i", -404)
"""What Telegram sends, bare, to a client whose auth key it does not know."""


class ProtocolError(Exception):
    """The client sent something that is no MTProto: its connection is closed."""


class FullTransport:
    """Packets with length, sequence number and checksum over one TCP connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._received = 0
        self._sent = 0

    async def receive(self) -> bytes:
        """The next packet. Raises ProtocolError, asyncio.IncompleteReadError at the end, OSError."""
        head = await self._reader.readexactly(8)
        length, number = struct.unpack("<ii", head)
        if not 12 <= length <= _LARGEST_PACKET or number != self._received:
            raise ProtocolError(f"not the full transport: length {length}, packet number {number}")
        self._received += 1
        body = await self._reader.readexactly(length - 8)
        if crc32(head + body[:-4]) != struct.unpack("<I", body[-4:])[0]:
            raise ProtocolError("wrong checksum")
        return body[:-4]

    def send(self, data: bytes) -> None:
        """Queue a packet. A client that does not read loses its connection, as at Telegram."""
        packet = struct.pack("<ii", len(data) + 12, self._sent) + data
        self._sent += 1
        self._writer.write(packet + struct.pack("<I", crc32(packet)))
        if self._writer.transport.get_write_buffer_size() > _MOST_UNREAD:
            self.close()

    def close(self) -> None:
        """End the connection at once; what was queued may be lost."""
        self._writer.transport.abort()


@dataclass(frozen=True)
class Envelope:
    """One message and what is sealed with it."""

    salt: int
    session_id: int
    message_id: int
    sequence: int
    body: bytes


class MessageIds:
    """Server message ids: the time, odd, always growing."""

    def __init__(self) -> None:
        self._last = 0

    def next(self, *, is_answer: bool) -> int:
        """A new id: 1 modulo 4 for an answer, 3 for anything the client did not ask for."""
        now = time.time_ns()
        number = ((now // 10**9) << 32 | ((now % 10**9) << 2)) & ~3
        number = max(number, (self._last & ~3) + 4)
        self._last = number + (1 if is_answer else 3)
        return self._last


def key_id(key: bytes) -> int:
    """The number by which a packet names its auth key."""
    return int(AuthKey(key).key_id)


def decrypt(key: bytes, packet: bytes) -> Envelope:
    """Open a client's packet. Raises ProtocolError when it was not made with this key."""
    message_key, secret = packet[8:24], packet[24:]
    if not secret or len(secret) % 16:
        raise ProtocolError("the encrypted part is no multiple of 16 bytes")
    plain = AES.decrypt_ige(secret, *_aes(key, message_key, 0))
    if sha256(key[88:120] + plain).digest()[8:24] != message_key:
        raise ProtocolError("wrong message key")
    salt, session_id, message_id, sequence, length = struct.unpack("<qqqii", plain[:32])
    if not 0 <= length <= len(plain) - 32 or length % 4:
        raise ProtocolError("wrong message length")
    if message_id % 4:
        raise ProtocolError("a client's message id is a multiple of 4")
    return Envelope(salt, session_id, message_id, sequence, plain[32 : 32 + length])


def encrypt(key: bytes, outgoing: Envelope) -> bytes:
    """Seal a server's message."""
    head = struct.pack(
        "<qqqii", outgoing.salt, outgoing.session_id, outgoing.message_id, outgoing.sequence, len(outgoing.body)
    )
    plain = head + outgoing.body
    plain += os.urandom(-(len(plain) + 12) % 16 + 12)
    message_key = sha256(key[96:128] + plain).digest()[8:24]
    sealed: bytes = AES.encrypt_ige(plain, *_aes(key, message_key, 8))
    return struct.pack("<Q", key_id(key)) + message_key + sealed


def _aes(key: bytes, message_key: bytes, x: int) -> tuple[bytes, bytes]:
    a = sha256(message_key + key[x : x + 36]).digest()
    b = sha256(key[x + 40 : x + 76] + message_key).digest()
    return a[:8] + b[8:24] + a[24:32], b[:8] + a[8:24] + b[24:32]
