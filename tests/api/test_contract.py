"""The contract and the application agree both ways."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from aiohttp import web
from jsonschema import Draft202012Validator

import tgcfd
from tgcfd.api.contract import document, operations
from tgcfd.api.web_page import PATHS as PAGE
from tgcfd.config.schema import violations as schema_violations
from tgcfd.errors import Busy, NotAllowedByOwner, NotReadyToRun, StorageFull, TgcfdError
from tgcfd.runner.reasons import Code

ROOT = Path(__file__).parents[2]


def test_every_route_is_in_the_contract_and_the_other_way_round(app: web.Application) -> None:
    routes = {(route.method, route.resource.canonical) for route in app.router.routes() if route.resource is not None}
    page = {(method, path) for method in ("GET", "HEAD") for path in PAGE}
    assert page <= routes
    assert routes - page == set(operations())


def test_every_body_is_an_object() -> None:
    for operation in operations().values():
        for content_type, validator in operation.bodies.items():
            is_file = content_type.endswith(("/yaml", "/png"))
            assert validator.schema["type"] == ("string" if is_file else "object")


def test_what_stands_in_a_path_is_bounded() -> None:
    """Handlers get nothing else than what the contract lets through."""
    for (method, path), operation in operations().items():
        assert set(re.findall("{(.*?)}", path)) == set(operation.path), (method, path)
        for parameter in operation.path.values():
            assert parameter.required
            if parameter.schema.get("type") != "integer":
                assert not parameter.violations("a" * 22)
                for beyond in ("a" * 22 + "\n", "\n" + "a" * 22, "a" * 99):
                    assert parameter.violations(beyond), (method, path)


def test_nothing_in_it_lets_a_body_keep_the_daemon_busy() -> None:
    """Trap of jsonschema: it compares each with each for ``uniqueItems``; 64 KiB of objects take minutes."""
    assert "uniqueItems" not in str(document())


async def test_it_is_served(api: Any) -> None:
    assert await (await api.get("/api/openapi.json")).json() == document()


def test_the_contract_lists_every_code() -> None:
    for module in pkgutil.walk_packages(tgcfd.__path__, "tgcfd."):
        if not module.name.endswith("__main__") and not module.name.startswith(("tgcfd.runner", "tgcfd.broker")):
            importlib.import_module(module.name)
    codes = {error.code for error in subclasses(TgcfdError)}
    assert listed("Problem") == codes


def test_the_contract_lists_every_reason() -> None:
    sources = [path.read_text() for path in (ROOT / "tgcfd/workers").glob("*.py")]
    ours = {code for text in sources for code in re.findall(r'Reason\(\s*"([a-z_]+)"', text)}
    assert ours
    properties = document()["components"]["schemas"]["Status"]["properties"]
    reason = properties["reason"]["oneOf"][1]["properties"]["code"]
    not_resumed = {NotReadyToRun.code, StorageFull.code, Busy.code, NotAllowedByOwner.code}
    assert set(reason["anyOf"][0]["enum"]) == ours | not_resumed | {code.value for code in Code}


def subclasses(kind: type[TgcfdError]) -> Iterator[type[TgcfdError]]:
    for child in kind.__subclasses__():
        yield child
        yield from subclasses(child)


def listed(schema: str) -> set[str]:
    return set(document()["components"]["schemas"][schema]["properties"]["code"]["anyOf"][0]["enum"])


def test_its_examples_fit_their_schemas() -> None:
    components = document()["components"]
    for schema in components["schemas"].values():
        for example in schema.get("examples", ()):
            Draft202012Validator({"components": components, **schema}).validate(example)
    content = document()["paths"]["/api/config"]["post"]["requestBody"]["content"]["application/json"]
    for example in content["examples"].values():
        assert schema_violations(example["value"]) == []
