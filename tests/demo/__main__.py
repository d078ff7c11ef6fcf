"""``make demo``: the web page with an account whose tgcf forwards, through the local Telegram of the tests."""

from __future__ import annotations

import argparse
import asyncio
import fcntl
import secrets
import shutil
import signal
import sys
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.demo.chats import Demo, make_demo
from tests.e2e.product import ROOT, NotStarted, Person, Product, settings_beside
from tests.telegram.remote import TelegramServer

RUNTIME = ROOT / "build" / "runtime"
_LOOPBACK = ("127.", "localhost:", "[::1]:")

_WELCOME = """
The demo is served: {url}/

  Log in with  {email}
  Password     {password}

The account forwards between the chats of a small Telegram on this machine; nothing is sent to the real one. A message
comes every few seconds: see it pass in the Log. Advertisements are held back by a filter. Stop it, change it, and run
it again. @neighbourhood_news, @bargains, @chess_club, @family_board, @shopping_list and @chess_archive are chats for
connections of your own. To forward as a bot instead, API ID {api_id}, API hash {api_hash}, bot token
{token}

Ctrl-C ends it. The next demo begins afresh.
"""


class NotADemo(Exception):
    """The folder is somebody's own."""


def main() -> int:
    """Read the command line and serve until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="make demo", description="The web page on a local Telegram.")
    parser.add_argument("--listen", default="127.0.0.1:8470", help="address and port of the web page")
    parser.add_argument("--seconds", type=float, default=4, help="from one message in the chats to the next")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "demo", help="its data; emptied (build/demo)")
    words = parser.parse_args()
    try:
        with _alone(words.folder):
            return asyncio.run(_serve(words))
    except (NotStarted, NotADemo, BlockingIOError) as error:
        print(error, file=sys.stderr)
        return 1


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Have the folder empty, and let no other demo empty it meanwhile."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = folder.with_name(f"{folder.name}.lock")
    if not beside.exists() and folder.exists() and any(folder.iterdir()):
        raise NotADemo(f"{folder} is not a demo's, and has something in it: it would be lost. Name another folder.")
    with beside.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BlockingIOError("A demo runs from this folder already. End it with Ctrl-C first.") from None
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        yield


async def _serve(words: argparse.Namespace) -> int:
    asked_to_end = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # also when the terminal is closed
        asyncio.get_running_loop().add_signal_handler(number, asked_to_end.set)
    async with TelegramServer.run(RUNTIME, words.folder) as telegram:
        settings = settings_beside(telegram)
        if not words.listen.startswith(_LOOPBACK):  # others reach it
            settings["accounts"] = {"registration": "invite"}
        async with Product.run(words.folder / "state", settings, words.listen) as product:
            demo = await make_demo(telegram)
            person = await product.admin("demo", f"demo-{secrets.token_hex(5)}")
            await person.ok("POST", "/api/config", demo.config)
            await person.ok("POST", "/api/run")
            await person.status_until(lambda status: bool(status["state"] == "running"))
            _greet(product, person, telegram, demo)
            ends = [asked_to_end.wait(), product.process.wait(), _talk(telegram, demo, words.seconds)]
            await _first_of(ends)
            if not asked_to_end.is_set():
                raise NotStarted(f"The daemon has ended: {''.join(product.output)}")
            print("Ending the demo", flush=True)
    return 0


async def _first_of(ends: list[Coroutine[Any, Any, object]]) -> None:
    """Wait for whatever comes first, and raise what it raises."""
    tasks = [asyncio.create_task(one) for one in ends]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()


def _greet(product: Product, person: Person, telegram: TelegramServer, demo: Demo) -> None:
    login = {"email": person.email, "password": person.password, "url": product.url}
    api = {"api_id": telegram.api_id, "api_hash": telegram.api_hash, "token": demo.bot.token}
    print(_WELCOME.format(**login, **api), flush=True)


async def _talk(telegram: TelegramServer, demo: Demo, seconds: float) -> None:
    for chat, text in demo.talk():
        await telegram.post(chat, text)
        await asyncio.sleep(seconds)


if __name__ == "__main__":
    sys.exit(main())
