"""A local Telegram server that real Telethon clients connect to.

It runs as a process of its own (`python -m tests.telegram`), since it is built on Telethon's types and the tests
themselves never import Telethon. Tests talk to it through `tests.telegram.remote.TelegramServer`.
"""
