"""One client's connection, from its first byte to its last."""

from __future__ import annotations

import asyncio
import struct
from typing import TYPE_CHECKING, Any

from telethon.errors import TypeNotFoundError
from telethon.extensions import BinaryReader
from telethon.tl import TLObject, functions, types
from telethon.tl.core import GzipPacked, MessageContainer
from telethon.tl.core.rpcresult import RpcResult

from tests.telegram import rpc
from tests.telegram.calls import Record
from tests.telegram.errors import RpcFailure
from tests.telegram.exchange import Exchange
from tests.telegram.mtproto import (
    UNKNOWN_KEY,
    Envelope,
    FullTransport,
    MessageIds,
    ProtocolError,
    decrypt,
    encrypt,
    key_id,
)
from tests.telegram.rpc import Answer, Call
from tests.telegram.world import Login

if TYPE_CHECKING:
    from tests.telegram.server import Server

_WRONG_SALT = 48
_WORTH_PACKING = 512
_EXCHANGE_NAMES = {
    functions.ReqPqMultiRequest: "req_pq_multi",
    functions.ReqDHParamsRequest: "req_DH_params",
    functions.SetClientDHParamsRequest: "set_client_DH_params",
}


class Connection:
    """A client at the other end of a TCP connection."""

    def __init__(self, server: Server, number: int, transport: FullTransport) -> None:
        self._server = server
        self._transport = transport
        self._exchange = Exchange()
        self._ids = MessageIds()
        self._session_id = 0
        self._sequence = 0
        self._held: list[TLObject] = []
        self.number = number
        self.login: Login | None = None
        self.wants_updates = False

    async def serve(self) -> None:
        """Answer until the client goes or sends nonsense."""
        try:
            while True:
                packet = await self._transport.receive()
                await self._server.answers.wait()
                self._take(packet)
        except asyncio.IncompleteReadError:
            return
        except (ProtocolError, TypeNotFoundError, OSError) as wrong:
            self._server.note(f"connection {self.number} ended: {type(wrong).__name__}: {wrong}")
        finally:
            self.close()

    def close(self) -> None:
        """End the connection at once."""
        self._transport.close()

    def push(self, update: TLObject) -> None:
        """Send something that the client did not ask for."""
        if not self._server.answers.is_set():
            self._held.append(update)
            return
        self._send(bytes(update), is_answer=False, counts=True)

    def release(self) -> None:
        """Send what was held back while the server answered nothing."""
        held, self._held = self._held, []
        for update in held:
            self.push(update)

    def _take(self, packet: bytes) -> None:
        if len(packet) < 20:
            raise ProtocolError("a packet that is too short for anything")
        number = struct.unpack("<Q", packet[:8])[0]
        if number == 0:
            self._take_plain(packet)
            return
        login = self._server.world.logins.get(number)
        if login is None:
            self._transport.send(UNKNOWN_KEY)
            return
        self.login = login
        envelope = decrypt(login.key, packet)
        if envelope.session_id != self._session_id:
            self._session_id = envelope.session_id
            self._sequence = 0
        if envelope.salt != login.salt:
            bad = types.BadServerSalt(envelope.message_id, envelope.sequence, _WRONG_SALT, login.salt)
            self._send(bytes(bad), is_answer=True, counts=False)
            return
        self._greet(envelope)
        self._take_message(envelope.message_id, BinaryReader(envelope.body).tgread_object())
        self._server.ledger.changed()

    def _greet(self, envelope: Envelope) -> None:
        if not self.wants_updates:
            self.wants_updates = True
            assert self.login is not None
            hello = types.NewSessionCreated(envelope.message_id, self._session_id, self.login.salt)
            self._send(bytes(hello), is_answer=False, counts=True)

    def _take_plain(self, packet: bytes) -> None:
        length = struct.unpack("<i", packet[16:20])[0]
        request = BinaryReader(packet[20 : 20 + length]).tgread_object()
        answer, key = self._exchange.answer(request)
        if key is not None:
            self.login = self._server.world.logins[key_id(key)] = Login(key, None)
        self._server.ledger.record(Record(_EXCHANGE_NAMES[type(request)], self.number, self.login, None))
        body = bytes(answer)
        self._transport.send(struct.pack("<qqi", 0, self._ids.next(is_answer=True), len(body)) + body)

    def _take_message(self, message_id: int, content: TLObject) -> None:
        if isinstance(content, MessageContainer):
            for inner in content.messages:
                self._take_message(inner.msg_id, inner.obj)
        elif isinstance(content, GzipPacked):
            self._take_message(message_id, BinaryReader(content.data).tgread_object())
        elif isinstance(content, functions.PingRequest | functions.PingDelayDisconnectRequest):
            self._send(bytes(types.Pong(message_id, content.ping_id)), is_answer=True, counts=False)
        elif isinstance(content, types.MsgsAck | types.MsgsStateInfo):
            pass
        else:
            self._answer(message_id, content)

    def _answer(self, message_id: int, request: TLObject) -> None:
        assert self.login is not None
        request, introduction = _unwrap(request)
        name = rpc.name_of(request)
        error: str | None = None
        try:
            body = _serialize(self._do(name, request, introduction))
        except RpcFailure as failure:
            error = failure.name
            body = bytes(types.RpcError(failure.code, failure.name))
        except Exception as wrong:  # noqa: BLE001 - told to the client, the log and, at its end, the test
            error = f"INTERNAL: {type(wrong).__name__}: {wrong}"
            self._server.crashed(f"{name}: {error}")
            body = bytes(types.RpcError(500, error))
        self._server.ledger.record(Record(name, self.number, self.login, error))
        head = struct.pack("<Iq", RpcResult.CONSTRUCTOR_ID, message_id)
        self._send(head + body, is_answer=True, counts=True)

    def _do(self, name: str, request: TLObject, introduction: functions.InitConnectionRequest | None) -> Answer:
        server, login = self._server, self.login
        assert login is not None
        if not rpc.is_known(request):
            server.ledger.unknown.append(name)
        # A key that lost its login (401) is still good for what needs none; a duplicated key (406) is good for nothing.
        if login.refused is not None and (login.refused[1] != 401 or rpc.needs_account(request)):
            raise RpcFailure(*login.refused)
        server.ledger.check_faults(name, login.account)
        if introduction is not None:
            login.states_asked = 0
            if introduction.api_id != server.world.api_id:
                raise RpcFailure("CONNECTION_API_ID_INVALID")
        return rpc.answer(Call(server.world, login, self, server.address), request)

    def _send(self, body: bytes, *, is_answer: bool, counts: bool) -> None:
        assert self.login is not None
        sequence = self._sequence * 2 + int(counts)
        self._sequence += int(counts)
        number = self._ids.next(is_answer=is_answer)
        envelope = Envelope(self.login.salt, self._session_id, number, sequence, body)
        self._transport.send(encrypt(self.login.key, envelope))


def _unwrap(request: Any) -> tuple[TLObject, functions.InitConnectionRequest | None]:
    """The request inside invokeWithLayer, initConnection and their like, and the introduction if there was one."""
    introduction = None
    while isinstance(
        request,
        functions.InvokeWithLayerRequest | functions.InitConnectionRequest | functions.InvokeWithoutUpdatesRequest,
    ):
        if isinstance(request, functions.InitConnectionRequest):
            introduction = request
        request = request.query
    return request, introduction


def _serialize(answer: Answer) -> bytes:
    if isinstance(answer, bool):
        return struct.pack("<I", 0x997275B5 if answer else 0xBC799737)
    if isinstance(answer, list):
        return struct.pack("<Ii", 0x1CB5C415, len(answer)) + b"".join(bytes(one) for one in answer)
    body = bytes(answer)
    return bytes(GzipPacked(body)) if len(body) > _WORTH_PACKING else body
