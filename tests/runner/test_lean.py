"""What a worker does not import: memory per worker decides how many people fit on a host."""

from __future__ import annotations

import signal
from typing import Any

import pytest

from tests.runner.scene import Scene
from tgcfd.runner import lean

NEVER = {
    "tgcf.cli", "tgcf.past", "tgcf.plugins.mark", "tgcf.plugins.ocr", "tgcf.plugins.filter",
    "pymongo", "bson", "dotenv", "yaml", "importlib.metadata", "email", "http.client", "urllib.request", "ssl", "_ssl",
    "aiohttp", "PIL", "hachoir", "click", "typer", "rich", "requests", "verlat", "streamlit", "pytesseract", "pandas",
    "multiprocessing", "concurrent.futures.process", "xml", "unittest", "pdb",
}  # fmt: skip


async def modules(scene: Scene, config: dict[str, Any]) -> set[str]:
    """The modules of a live worker that is ready."""
    async with scene.worker(config, program=("-m", "tests.runner.show_modules")) as worker:
        await worker.ready()
        worker.process.send_signal(signal.SIGUSR1)
        line = await worker.log.wait("modules: ")
    return set(line.split()[1:])


async def test_a_live_worker_imports_only_what_it_needs(scene: Scene) -> None:
    names = await modules(scene, scene.config())
    assert names & NEVER == set()
    # A count, so that whatever comes in unnoticed is noticed. 448 on Debian 12 when this was written.
    assert len(names) < 470


async def test_a_worker_imports_nothing_of_the_daemon(scene: Scene) -> None:
    names = await modules(scene, scene.config())
    ours = {name for name in names if name.startswith("tgcfd.")}
    assert {name for name in ours if not (name + ".").startswith("tgcfd.runner.")} == set()


async def test_a_plugin_that_is_on_is_imported(scene: Scene) -> None:
    names = await modules(scene, scene.config(plugins={"filter": {"check": True}}))
    assert "tgcf.plugins.filter" in names
    assert names & (NEVER - {"tgcf.plugins.filter"}) == set()


@pytest.mark.parametrize(
    ("plugins", "blocked"),
    [
        ({}, {"PIL", "hachoir", "aiohttp", "ssl"}),
        ({"ocr": {"check": False}}, {"PIL", "hachoir", "aiohttp", "ssl"}),
        ({"ocr": {"check": True}}, {"hachoir", "aiohttp", "ssl"}),
        ({"mark": {"check": True}}, {"aiohttp"}),
    ],
)
def test_a_plugin_gets_the_modules_that_it_needs(plugins: dict[str, Any], blocked: set[str]) -> None:
    assert set(lean.blocked_modules(lean.enabled_plugins({"plugins": plugins}))) == blocked


@pytest.mark.parametrize("plugins", [None, [], {"filter": 1}, {"filter": None}])
def test_plugins_of_a_wrong_shape_are_not_on(plugins: object) -> None:
    assert lean.enabled_plugins({"plugins": plugins}) == frozenset()
