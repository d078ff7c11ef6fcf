"""The product beside a local Telegram: from the clone, or with TGCFD_E2E=installed as this host has it."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.installed import OF_MAKE_RUN, Installed
from tests.e2e.product import ROOT, Product
from tests.telegram.remote import TelegramServer

_IS_INSTALLED = os.environ.get("TGCFD_E2E") == "installed"
PRODUCT = Installed if _IS_INSTALLED else Product
collect_ignore = list(OF_MAKE_RUN) if _IS_INSTALLED else []


@pytest.fixture
def settings(telegram: TelegramServer) -> dict[str, Any]:
    """The daemon's settings: tgcf's runtime with the network guard in front, and our Telegram."""
    return {
        "supervisor": "process",
        "accounts": {"registration": "open"},
        "worker": {"path": [str(ROOT / "tests/guard"), str(ROOT / "build/runtime")], "probe_seconds": 1},
        "telegram": {
            "data_center": f"{telegram.dc_id}:{telegram.address}:{telegram.port}",
            "public_key_file": str(telegram.public_key_path),
        },
    }


@pytest.fixture
async def product(settings: dict[str, Any], tmp_path: Path) -> AsyncIterator[Product]:
    """A daemon without accounts."""
    async with PRODUCT.run(tmp_path / "state", settings) as running:
        yield running
