"""What is talked about in the demo's chats, and what its account forwards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle
from typing import Any

from tests.e2e.people import login_of
from tests.telegram.remote import Bot, Chat, TelegramServer, User

_CHATS = {
    "neighbourhood_news": "Neighbourhood news 🏘",
    "bargains": "Bargains",
    "family_board": "Family board",
    "shopping_list": "Shopping list",
    "chess_club": "Chess club",
    "chess_archive": "Chess archive",
}
_LONG = (
    "The library's summer programme is out. On Mondays stories are read to small children in the garden, when it rains "
    "in the hall. Tuesdays belong to the repair café: bring a lamp, a toaster or a bicycle, and take it home working. "
    "On Wednesdays the chess club plays against everybody at once. Thursdays there are films without words, so that "
    "nobody has to speak the language. And on Fridays the choir rehearses with the windows open, on purpose."
)
_NEWS = (
    "The market opens an hour earlier on Saturday. 🥕",
    "A grey cat was found by the bridge. It answers to nobody, but likes fish. 🐈",
    "Advertisement: the best mattress of your life, today only!",
    "Bus 12 does not stop at the town hall until Monday.",
    "مرحبا بالجيران الجدد في شارع الزيتون 🌿",
    _LONG,
    "The swimming pool is warm again: 24 degrees. 🏊",
    "ערב טוב לכולם, הקונצרט בכיכר מתחיל בשמונה",
    "Street party on Sunday. Who brings a guitar? 🎸🎉",
)
_BARGAINS = (
    "Bicycle, three gears, one owner, 40 €. 🚲",
    "Free for who fetches it: a piano. Third floor, no lift. 🎹",
    "Advertisement: win a telephone! Click here!",
    "Strawberries, 2 € a basket, at the farm's gate. 🍓",
    "Two tickets for the theatre tonight, at half the price.",
)


@dataclass(frozen=True)
class Demo:
    """Who and what there is at Telegram, and the demo account's configuration."""

    user: User
    bot: Bot
    chats: dict[str, Chat]
    config: dict[str, Any]

    def talk(self) -> Iterator[tuple[Chat, str]]:
        """What is posted and where, for ever: twice news, then a bargain."""
        news, bargains = cycle(_NEWS), cycle(_BARGAINS)
        for name, texts in cycle([("neighbourhood_news", news), ("neighbourhood_news", news), ("bargains", bargains)]):
            yield self.chats[name], next(texts)


async def make_demo(telegram: TelegramServer) -> Demo:
    """Fill the Telegram."""
    user = await telegram.add_user("Robin Demo", username="robin_demo")
    bot = await telegram.add_bot("Demo Bot", username="demo_forwards_bot")

    chats = {
        name: await telegram.add_channel(title, username=name, members=[user, bot]) for name, title in _CHATS.items()
    }
    forwards = [
        {"con_name": "News for the family", "source": "@neighbourhood_news", "dest": ["@family_board"]},
        {"con_name": "Bargains", "source": "@bargains", "dest": ["@shopping_list", "@family_board"]},
        {"con_name": "Chess, until autumn", "source": "@chess_club", "dest": ["@chess_archive"], "use_this": False},
    ]
    config = {
        "login": login_of(telegram, user.session),
        "forwards": forwards,
        "plugins": {"filter": {"check": True, "text": {"blacklist": ["advertisement"]}}},
    }
    return Demo(user, bot, chats, config)
