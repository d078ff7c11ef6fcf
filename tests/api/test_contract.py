"""The contract and the application agree both ways."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from jsonschema import Draft202012Validator

from tgcfd.api.contract import document, operations


def test_every_route_is_in_the_contract_and_the_other_way_round(app: web.Application) -> None:
    routes = {(route.method, route.resource.canonical) for route in app.router.routes() if route.resource is not None}
    assert routes - {("GET", "/")} == set(operations())


def test_every_body_is_an_object() -> None:
    for operation in operations().values():
        for validator in operation.bodies.values():
            assert validator.schema["type"] == "object"


async def test_it_is_served(api: Any) -> None:
    assert await (await api.get("/api/openapi.json")).json() == document()
    welcome = await (await api.get("/")).text()
    assert "/api" in welcome


async def test_every_answer_of_the_main_paths_fits_its_schema(api: Any, alice: Any) -> None:
    for path in ("/api/users/me", "/api/status", "/api/config"):
        answer = await (await api.get(path, headers=alice.headers)).json()
        content = document()["paths"][path]["get"]["responses"]["200"]["content"]
        schema = {"components": document()["components"], **content["application/json"]["schema"]}
        Draft202012Validator(schema).validate(answer)
