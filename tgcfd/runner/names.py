"""What a person calls chats and connections: the log and the problems speak of them by the same names."""

from __future__ import annotations


class Names:
    """The names by the ids that Telegram gives."""

    def __init__(self) -> None:
        self._chats: dict[int, str] = {}
        self._connections: dict[int, str] = {}

    def name_chat(self, chat: int, written: int | str) -> None:
        """Note how the configuration writes a chat; a number does not replace a name."""
        if isinstance(written, str) or chat not in self._chats:
            self._chats[chat] = str(written)

    def name_connection(self, source: int, name: str) -> None:
        """Note what the connection with this source is called."""
        self._connections[source] = name

    def chat(self, chat: int) -> str:
        """Return the chat as the person wrote it, its id where that is not known."""
        return self._chats.get(chat, str(chat))

    def connection(self, source: int) -> str:
        """Return the name of the connection with this source."""
        return self._connections.get(source, self.chat(source))
