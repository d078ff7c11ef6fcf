"""``python -P -s -m tgcfd.runner.preview``: what tgcf's own plugins make of a message that somebody has thought up.

The working directory holds ``tgcf.config.json`` and is this program's alone; PYTHONPATH leads to tgcf's runtime and to
tgcfd. stdin: ``{"text", "file", "sender"}`` as JSON. stdout: an empty line once tgcf is there, then what became of the
message, as JSON. A person's regular expressions run here: they get :data:`CPU_SECONDS`, :data:`MEMORY_BYTES`, and no
file that is not open by then. Nothing of the message is ever written to stderr.
"""

# ruff: noqa: ANN401 - tgcf and Telethon have no types

from __future__ import annotations

import inspect
import json
import logging
import math
import os
import resource
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tgcfd.runner import config_file, lean

CPU_SECONDS = 2
"""Of the plugins; to import tgcf takes half a second more."""

MEMORY_BYTES = 256 * 1024 * 1024

MOST_TEXT, MOST_CAPTION = 4096, 1024
"""Characters that Telegram takes in a message, and with a file."""

MOST_MARKDOWN = 64 * 1024
"""Characters with the signs of Markdown and addresses: nothing that Telegram takes comes near it."""

_MARKDOWN = {
    "MessageEntityBold": "bold",
    "MessageEntityItalic": "italic",
    "MessageEntityStrike": "strike",
    "MessageEntityCode": "code",
    "MessageEntityPre": "pre",
    "MessageEntityTextUrl": "link",
}


def main() -> None:
    """Answer one question."""
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_AS, MEMORY_BYTES)
    os.nice(10)  # people who wait for the daemon go first
    asked = json.loads(sys.stdin.buffer.read())
    config = config_file.read(Path(config_file.FILE_NAME))
    lean.prepare(config.document)
    logging.disable(logging.CRITICAL)  # tgcf logs what it is given

    import asyncio  # noqa: PLC0415 - not before lean.prepare

    import tgcf.plugins  # noqa: PLC0415

    asyncio.run(_answer(asked, tgcf.plugins, is_untouched=bool(config.document.get("show_forwarded_from"))))


async def _answer(asked: dict[str, str], plugins: Any, *, is_untouched: bool) -> None:
    message = _message(asked)
    plugins.TgcfMessage.guess_file_type = lambda _: plugins.FileType(asked["file"])
    failed: list[str] = []
    for plugin in plugins.plugins.values():
        plugin.modify = _noting(plugin, failed)
    "".encode("utf-16-le").decode("utf-16")  # Telethon counts so: Python reads a codec's file at its first use
    used = resource.getrusage(resource.RUSAGE_SELF)
    _limit(resource.RLIMIT_CPU, math.ceil(used.ru_utime + used.ru_stime) + CPU_SECONDS)
    _limit(resource.RLIMIT_NOFILE, 0)
    sys.stdout.write("\n")
    sys.stdout.flush()
    changed = await plugins.apply_plugins(message)
    if changed is None:
        why: str | None = f"filter_{_part_that_stops(plugins, message)}"
    elif len(changed.text) > MOST_MARKDOWN and not is_untouched:
        why = "too_long"
    else:
        if not is_untouched:
            message.text = changed.text  # as tgcf.utils.send_message does
        why = _refusal(message.message, has_file=asked["file"] != "nofile")
    text, entities = (message.message, message.entities or ()) if why is None else ("", ())
    told = [_told(entity) for entity in entities if entity.length > 0]  # less comes of styles inside of each other
    sys.stdout.write(json.dumps({"refused": why, "text": text, "entities": told, "failed": failed}))


def _message(asked: dict[str, str]) -> Any:
    """Telethon's own message, with what Telegram would have made of it: no space around it, and no Markdown in it."""
    from telethon.extensions import markdown  # noqa: PLC0415
    from telethon.tl import types  # noqa: PLC0415

    message = types.Message(id=1, peer_id=types.PeerChannel(1), message="")
    # What a message needs of its client, and of its sender, to be read as one that has come.
    message._client = SimpleNamespace(parse_mode=markdown)  # noqa: SLF001
    message._sender_id = int(asked["sender"]) if asked["sender"] else None  # noqa: SLF001
    message.text = asked["text"]
    message._text = None  # noqa: SLF001  # tgcf sees the Markdown that Telethon makes of the message, not what was typed
    return message


def _noting(plugin: Any, failed: list[str]) -> Any:
    """What the plugin does, with a note of its failure: tgcf logs that, and goes on without the plugin."""
    modify = plugin.modify

    async def noted(message: Any) -> Any:
        try:
            changed = modify(message)
            return await changed if inspect.isawaitable(changed) else changed
        except Exception:
            failed.append(plugin.id_)
            raise

    return noted


def _part_that_stops(plugins: Any, message: Any) -> str:
    """Which part of the filter, which alone stops messages: asked in its order, of the message as it came."""
    stopping, tm = plugins.plugins["filter"], plugins.TgcfMessage(message)
    if not stopping.users_safe(tm):
        return "users"
    return "text" if stopping.files_safe(tm) else "files"


def _refusal(text: str, *, has_file: bool) -> str | None:
    if not text.strip():
        return None if has_file else "empty"
    return "too_long" if len(text) > (MOST_CAPTION if has_file else MOST_TEXT) else None


def _told(entity: Any) -> dict[str, str | int]:
    told = {"type": _MARKDOWN[type(entity).__name__], "offset": entity.offset, "length": entity.length}
    return told | ({"url": entity.url} if hasattr(entity, "url") else {})


def _limit(what: int, most: int) -> None:
    """Set a limit of this process; one that is lower already stays."""
    hard = resource.getrlimit(what)[1]
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(what, (most, most))


if __name__ == "__main__":
    main()
