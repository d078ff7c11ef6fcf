"""``make demo``: the web page with an account whose tgcf forwards, through the local Telegram of the tests."""

from __future__ import annotations

import argparse
import asyncio
import fcntl
import secrets
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.demo.chats import Demo, make_demo
from tests.e2e.product import ROOT, NotStarted, Person, Product, settings_beside
from tests.telegram.remote import TelegramServer

FOLDER = ROOT / "build" / "demo"
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


def main() -> int:
    """Read the command line and serve until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="make demo", description="The web page on a local Telegram.")
    parser.add_argument("--listen", default="127.0.0.1:8470", help="address and port of the web page")
    parser.add_argument("--seconds", type=float, default=4, help="from one message in the chats to the next")
    words = parser.parse_args()
    try:
        with _alone():
            return asyncio.run(_serve(words.listen, words.seconds))
    except (NotStarted, BlockingIOError) as error:
        print(error, file=sys.stderr)
        return 1


@contextmanager
def _alone() -> Iterator[None]:
    """An empty folder, which no other demo empties meanwhile."""
    FOLDER.parent.mkdir(exist_ok=True)
    with FOLDER.with_name("demo.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BlockingIOError("A demo runs from this folder already. End it with Ctrl-C first.") from None
        shutil.rmtree(FOLDER, ignore_errors=True)
        FOLDER.mkdir()
        yield


async def _serve(listen: str, seconds: float) -> int:
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    async with TelegramServer.run(RUNTIME, FOLDER) as telegram:
        settings = settings_beside(telegram)
        if not listen.startswith(_LOOPBACK):  # others reach it
            settings["accounts"] = {"registration": "invite"}
        async with Product.run(FOLDER / "state", settings, listen) as product:
            demo = await make_demo(telegram)
            person = await product.admin("demo", f"demo-{secrets.token_hex(5)}")
            await person.ok("POST", "/api/config", demo.config)
            await person.ok("POST", "/api/run")
            await person.status_until(lambda status: status["state"] == "running")
            _greet(product, person, telegram, demo)
            talking = asyncio.create_task(_talk(telegram, demo, seconds))
            ending = asyncio.create_task(ended.wait())
            dying = asyncio.create_task(product.process.wait())
            done, rest = await asyncio.wait({talking, ending, dying}, return_when=asyncio.FIRST_COMPLETED)
            for task in rest:
                task.cancel()
            if dying in done:
                raise NotStarted(f"The daemon has ended: {''.join(product.output)}")
            if talking in done:
                await talking  # says why
            print("Ending the demo", flush=True)
    return 0


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
