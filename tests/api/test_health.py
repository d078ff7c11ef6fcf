"""What who watches over the daemon asks: is it alive, is it ready, what are its numbers."""

from __future__ import annotations

import logging
import socket
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import replace
from typing import Any

import aiohttp
import pytest

from tests.api.conftest import Login, problem, until
from tgcfd.api import health
from tgcfd.errors import Busy
from tgcfd.settings import Listen, MetricsSettings, Settings
from tgcfd.storage.database import Database
from tgcfd.workers.process import ProcessSupervisor


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each question is a look of its own."""
    monkeypatch.setattr(health, "GOOD_FOR", -1.0)


async def test_it_is_alive_and_ready_without_an_account(api: Any) -> None:
    for path, status in (("/healthz", "alive"), ("/readyz", "ready")):
        answer = await api.get(path)
        assert (answer.status, await answer.json()) == (200, {"status": status})


@pytest.mark.usefixtures("fresh")
async def test_it_is_not_ready_without_its_database_but_alive(api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async def busy(_self: Database) -> int:
        raise Busy("secret reasons")

    monkeypatch.setattr(Database, "version", busy)
    answer = await problem(await api.get("/readyz"), 503, "not_ready")
    assert answer["detail"] == "The database does not answer."
    assert (await api.get("/healthz")).status == 200


@pytest.mark.usefixtures("fresh")
async def test_it_is_not_ready_while_the_host_does_not_answer(api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ProcessSupervisor, "is_away", True)
    answer = await problem(await api.get("/readyz"), 503, "not_ready")
    assert "service manager" in answer["detail"]


async def test_who_asks_often_does_not_make_the_database_work(api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = 0
    look = health.HealthRoutes._look

    async def counted(self: health.HealthRoutes) -> str | None:
        nonlocal looks
        looks += 1
        return await look(self)

    monkeypatch.setattr(health.HealthRoutes, "_look", counted)
    monkeypatch.setattr(health, "GOOD_FOR", 3600.0)
    assert {(await api.get("/readyz")).status for _ in range(20)} == {200}
    assert looks == 1


class TestMetrics:
    """``/metrics``, on a listener of its own."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, metrics=MetricsSettings(listen=Listen("127.0.0.1", free_port())))

    async def scrape(self, settings: Settings) -> dict[str, float]:
        async with aiohttp.ClientSession() as http, http.get(f"http://{settings.metrics.listen}/metrics") as answer:
            assert answer.status == 200
            assert answer.content_type == "text/plain"
            assert "Server" not in answer.headers
            lines = [line for line in (await answer.text()).splitlines() if not line.startswith("#")]
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}

    async def test_they_count_what_was_done(
        self,
        api: Any,
        register: Callable[[str], Awaitable[Login]],
        settings: Settings,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        caplog.set_level(logging.INFO)  # as the daemon has it
        alice = await register("alice")
        assert (await api.get("/api/status", headers=alice.headers)).status == 200
        assert (await api.get("/api/config/versions/nothing", headers=alice.headers)).status == 404
        assert (await api.get("/made/up/by/a/stranger")).status == 404
        assert (await api.request("PROPFIND", "/api/status")).status == 405
        numbers = await self.scrape(settings)
        assert numbers['tgcfd_http_requests_total{method="GET",route="/api/status",status="200"}'] == 1
        assert numbers['tgcfd_http_requests_total{method="GET",route="/api/config/versions/{id}",status="404"}'] == 1
        assert numbers['tgcfd_http_requests_total{method="other",route="other",status="404"}'] == 1
        assert numbers['tgcfd_http_request_seconds_count{route="/api/status"}'] == 1
        assert numbers['tgcfd_audit_events_total{event="logged_in"}'] == 1
        assert numbers['tgcfd_accounts{disabled="false",role="person"}'] == 1
        assert numbers['tgcfd_sessions{kind="token"}'] == 1
        assert numbers["tgcfd_streams"] == 0
        assert numbers["tgcfd_database_up"] == 1
        assert numbers["process_open_fds"] > 0
        assert not [name for name in numbers if "stranger" in name or "PROPFIND" in name or "alice" in name]

    async def test_a_followed_log_is_a_stream(self, api: Any, alice: Login, settings: Settings) -> None:
        async with api.ws_connect("/ws/logs", headers=alice.headers) as socket:
            await socket.receive()
            assert (await self.scrape(settings))["tgcfd_streams"] == 1

    async def test_how_long_somebody_follows_events_is_no_requests_time(
        self, api: Any, alice: Login, settings: Settings
    ) -> None:
        answer = await api.get("/api/events", headers=alice.headers)
        await answer.content.readline()
        answer.close()
        followed = 'tgcfd_http_requests_total{method="GET",route="/api/events",status="200"}'

        async def has_ended() -> bool:
            return followed in await self.scrape(settings)

        await until(has_ended)
        assert 'tgcfd_http_request_seconds_count{route="/api/events"}' not in await self.scrape(settings)

    async def test_they_are_not_where_the_api_is(self, api: Any, settings: Settings) -> None:
        await problem(await api.get("/metrics"), 404, "not_found")
        url = f"http://{settings.metrics.listen}/api/openapi.json"
        async with aiohttp.ClientSession() as http, http.get(url) as answer:
            assert answer.status == 404

    async def test_a_database_that_does_not_answer_is_a_number(
        self, api: Any, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def busy(_self: Database, _work: object) -> None:
            raise Busy("too much")

        monkeypatch.setattr(Database, "run", busy)
        numbers = await self.scrape(settings)
        assert numbers["tgcfd_database_up"] == 0
        assert "process_open_fds" in numbers


async def test_without_the_setting_nothing_counts(api: Any, settings: Settings) -> None:
    assert settings.metrics.listen is None
    await problem(await api.get("/metrics"), 404, "not_found")
    with closing(sqlite3.connect(settings.state_dir / "tgcfd.db")) as connection:
        assert connection.execute("select count(*) from account").fetchone() == (0,)
