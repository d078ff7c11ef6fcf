"""The web page in Debian's Chromium, at a phone's and a desktop's size, on the real daemon and the local Telegram.

A test asks for ``visitor`` (nobody is logged in) or ``alice`` (logged in, with an account and two chats at Telegram)
and does what a person does; it fails as well on whatever `watch.py` sees that nobody expected. To look at a page while
it is being made: ``.venv/bin/python -m tests.browser.look '#/connections' --phone --dark``.
"""
