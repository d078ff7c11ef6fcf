"""Files to import."""

import json
import os
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tgcfd.config import schema
from tgcfd.config.imports.found import Sent
from tgcfd.config.imports.proposal import Proposal, propose
from tgcfd.config.plain import Config

ROOT = Path(__file__).parents[4]
RUNTIME = Path(os.environ.get("TGCFD_TEST_RUNTIME", ROOT / "build" / "runtime")).resolve()

KEY = bytes(range(256))

TELETHON = """
import json, sys
from telethon.sessions import SQLiteSession, StringSession
from telethon.crypto import AuthKey
asked = json.load(sys.stdin)
if "make" in asked:
    session = SQLiteSession(asked["make"])
    session.set_dc(asked["dc"], asked["address"], asked["port"])
    session.auth_key = AuthKey(bytes.fromhex(asked["key"]))
    session.save()
    print(json.dumps(StringSession.save(session)))
else:
    session = StringSession(asked["read"])
    print(json.dumps([session.dc_id, session.server_address, session.port, session.auth_key.key.hex()]))
"""


@pytest.fixture(scope="session")
def telethon() -> Callable[[dict[str, Any]], Any]:
    """The real Telethon that tgcf runs with: makes a session file, or reads a session string."""
    if not (RUNTIME / "telethon").is_dir():
        pytest.fail(f"no Telethon in {RUNTIME}: run `make build/runtime`, or set TGCFD_TEST_RUNTIME")

    def ask(asked: dict[str, Any]) -> Any:
        done = subprocess.run(
            ["/usr/bin/python3", "-c", TELETHON],
            input=json.dumps(asked),
            capture_output=True,
            text=True,
            env={"PYTHONPATH": str(RUNTIME), "PATH": "/usr/bin:/bin"},
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return ask


def database(path: Path, *statements: str | tuple[str, tuple[object, ...]]) -> bytes:
    """An SQLite file made of these statements."""
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(*([statement] if isinstance(statement, str) else statement))
    connection.commit()
    connection.close()
    return path.read_bytes()


def proposed(*files: Any, stored: Config | None = None) -> Proposal:
    """What an import of the files would make of a configuration; texts, bytes or what is to be JSON."""
    sent = []
    for number, content in enumerate(files):
        data = content if isinstance(content, (bytes, str)) else json.dumps(content)
        sent.append(Sent(f"file {number}", data.encode() if isinstance(data, str) else data))
    return propose(sent, schema.fill(stored or {}))


def where(notes: list[Any]) -> list[str]:
    """The places that notes are about."""
    return [note.where for note in notes]
