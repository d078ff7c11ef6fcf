"""What all tests share: no connection beyond loopback, and a local Telegram."""

import tests.guard.sitecustomize  # noqa: F401  # guards this process too

pytest_plugins = ["tests.telegram.fixtures"]
