"""The contract, ``openapi.yaml``: loaded once, and what each request is held against."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator, ValidationError, validators

from tgcfd import __version__
from tgcfd.config.document import Document
from tgcfd.errors import Violation
from tgcfd.violations import violations


def _pattern(
    _validator: Draft202012Validator, pattern: str, value: object, _schema: Mapping[str, Any]
) -> Iterator[ValidationError]:
    # Trap of jsonschema: Python's $ lets a line break follow, where JSON Schema's is the end.
    if isinstance(value, str) and not re.search(re.sub(r"\$$", r"\\Z", pattern), value):
        yield ValidationError("")  # tgcfd/violations.py has the words


_Validator = validators.extend(Draft202012Validator, {"pattern": _pattern})

_MAX_BYTES = 64 * 1024  # of a body, where the contract says nothing else (x-max-bytes)


@dataclass(frozen=True)
class Parameter:
    """A parameter in the address."""

    required: bool
    schema: Mapping[str, Any]
    validator: Draft202012Validator

    def violations(self, value: object) -> list[Violation]:
        """What is wrong with a value, in words; nothing when it fits."""
        return violations(self.validator, value)


@dataclass(frozen=True)
class Operation:
    """One method of one path. ``schemes``: the ways to be logged in that it takes; none: nobody need be.

    ``scopes``: what the log-in has to be good for. ``bodies``: content type -> its validator. ``query`` and ``path``:
    parameters by name.
    """

    schemes: frozenset[str]
    scopes: frozenset[str]
    max_bytes: int
    body_required: bool
    bodies: Mapping[str, Draft202012Validator]
    query: Mapping[str, Parameter]
    path: Mapping[str, Parameter]

    @property
    def public(self) -> bool:
        """Nobody need be logged in."""
        return not self.schemes

    def violations(self, content_type: str, body: object) -> list[Violation]:
        """What is wrong with a body of this content type, in words; nothing when it fits."""
        return violations(self.bodies[content_type], body)


@cache
def document() -> dict[str, Any]:
    """The contract as it is served at ``/api/openapi.json``: its version is tgcfd's."""
    written = Document.load((files(__package__) / "openapi.yaml").read_bytes()).plain()
    written["info"]["version"] = __version__
    return written


@cache
def operations() -> Mapping[tuple[str, str], Operation]:
    """Every operation by method (upper case) and path."""
    return {
        (method.upper(), path): _operation(item)
        for path, methods in document()["paths"].items()
        for method, item in methods.items()
    }


def _operation(item: Mapping[str, Any]) -> Operation:
    body = resolve(item.get("requestBody", {}))
    security = item.get("security", document()["security"])
    return Operation(
        schemes=frozenset() if {} in security else frozenset(name for item in security for name in item),
        scopes=frozenset(scope for item in security for scopes in item.values() for scope in scopes),
        max_bytes=item.get("x-max-bytes", _MAX_BYTES),
        body_required=body.get("required", False),
        bodies={
            content_type: _Validator(resolve(media["schema"]))
            for content_type, media in body.get("content", {}).items()
        },
        query=_parameters(item, "query"),
        path=_parameters(item, "path"),
    )


def _parameters(item: Mapping[str, Any], place: str) -> Mapping[str, Parameter]:
    return {
        parameter["name"]: Parameter(
            parameter.get("required", False),
            resolve(parameter["schema"]),
            _Validator(resolve(parameter["schema"])),
        )
        for parameter in map(resolve, item.get("parameters", ()))
        if parameter["in"] == place
    }


def resolve(node: Mapping[str, Any]) -> Mapping[str, Any]:
    """The node that a ``$ref`` into the contract's own components names, or the node itself."""
    if "$ref" not in node:
        return node
    found: Any = document()
    for name in node["$ref"].removeprefix("#/").split("/"):
        found = found[name]
    return resolve(found)
