"""What all tests share: no connection beyond loopback, and a local Telegram."""

import signal

import tests.guard.sitecustomize  # noqa: F401  # guards this process too

pytest_plugins = ["tests.telegram.fixtures"]

# A shell has what it puts into the background ignore Ctrl-C, and so do the programs that tests start and press it in.
signal.signal(signal.SIGINT, signal.default_int_handler)
