"""The product beside a local Telegram: from the clone, or with TGCFD_E2E=installed as this host has it."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.installed import OF_MAKE_RUN, Installed
from tests.e2e.product import Product, settings_beside
from tests.telegram.remote import TelegramServer

_IS_INSTALLED = os.environ.get("TGCFD_E2E") == "installed"
PRODUCT = Installed if _IS_INSTALLED else Product
collect_ignore = list(OF_MAKE_RUN) if _IS_INSTALLED else []


@pytest.fixture
def settings(telegram: TelegramServer) -> dict[str, Any]:
    """For a test to change."""
    return settings_beside(telegram)


@pytest.fixture
async def product(settings: dict[str, Any], tmp_path: Path) -> AsyncIterator[Product]:
    """A daemon without accounts."""
    async with PRODUCT.run(tmp_path / "state", settings) as running:
        yield running
