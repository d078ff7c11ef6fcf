"""People as most of these tests need them: with an account here and at Telegram, and two chats to forward between."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.e2e.product import Person, Product
from tests.telegram.remote import Chat, TelegramServer, User


def login_of(telegram: TelegramServer, session: str) -> dict[str, Any]:
    """What a person enters to forward as themselves."""
    return {"API_ID": telegram.api_id, "API_HASH": telegram.api_hash, "user_type": 1, "SESSION_STRING": session}


@dataclass
class Forwarder:
    """Somebody who forwards from ``source`` to ``target``, and what they have to store for it."""

    person: Person
    user: User
    source: Chat
    target: Chat
    config: dict[str, Any]

    async def store(self, **changes: Any) -> None:
        """Store the configuration, with changes at its top level."""
        await self.person.ok("POST", "/api/config", self.config | changes)

    async def run(self) -> int:
        """Press run and wait until it is connected; returns the process's pid."""
        answer = await self.person.ok("POST", "/api/run")
        assert answer["status"] == "TGCF process started"
        await self.person.status_until(lambda status: status["state"] == "running")
        return int(answer["pid"])


async def forwarder(
    product: Product, telegram: TelegramServer, name: str = "alice", person: Person | None = None
) -> Forwarder:
    """Somebody who is a member of the two chats: whoever is given, or else somebody new."""
    user = await telegram.add_user(name.title(), username=name)
    source = await telegram.add_channel(f"{name} in", username=f"{name}_in", members=[user])
    target = await telegram.add_channel(f"{name} out", username=f"{name}_out", members=[user])
    connection = {"con_name": f"{name}-only", "source": f"@{name}_in", "dest": [f"@{name}_out"]}
    config = {"login": login_of(telegram, user.session), "forwards": [connection]}
    return Forwarder(person or await product.person(name), user, source, target, config)
