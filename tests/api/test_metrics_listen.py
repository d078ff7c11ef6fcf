"""A listener of metrics that cannot be had: people are served all the same, and the log says what is wrong."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tgcfd.settings import Listen, MetricsSettings, Settings


@pytest.fixture
def taken() -> Iterator[Listen]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield Listen("127.0.0.1", listener.getsockname()[1])


@pytest.fixture
def settings(settings: Settings, taken: Listen) -> Settings:
    return replace(settings, metrics=MetricsSettings(listen=taken))


async def test_people_are_served_where_the_port_for_metrics_is_taken(
    api: Any, taken: Listen, caplog: pytest.LogCaptureFixture
) -> None:
    assert (await api.get("/readyz")).status == 200
    told = [record.getMessage() for record in caplog.get_records("setup") if record.levelname == "ERROR"]
    assert told == [f"metrics.listen: {taken} cannot be used, so nobody gets metrics: Address already in use"]
