"""The one JSON Schema of all of tgcf's settings: defaults, secrets and validation are read from it.

``schema.json`` is written by hand after tgcf 1.1.8's own models (tgcf/config.py, tgcf/plugin_models.py), and a test
holds the two against each other both ways.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from functools import cache
from importlib import resources

from jsonschema import Draft202012Validator, validators

from tgcfd.config.plain import Config, Json, bound, same
from tgcfd.errors import Violation
from tgcfd.violations import violations as of_schema


@cache
def load() -> Json:
    """Return the schema itself. Shared: do not change it."""
    return json.loads(resources.files(__package__).joinpath("schema.json").read_text("utf-8"))


@cache
def _validator() -> Draft202012Validator:
    # Trap of jsonschema: 12.0 passes as an integer (JSON Schema's own rule), but would be written as a float.
    checker = Draft202012Validator.TYPE_CHECKER.redefine(
        "integer", lambda _, value: isinstance(value, int) and not isinstance(value, bool)
    )
    return validators.extend(Draft202012Validator, type_checker=checker)(load())


def defaults() -> Config:
    """Return a fresh configuration in which every setting has its default."""
    return fill({})


def fill(config: Config) -> Config:
    """Return a copy with every absent setting at its default, also inside connections. Takes a valid configuration."""
    filled: Config = _fill(load(), config)
    return filled


def _fill(schema: Json, value: Json) -> Json:
    if "properties" in schema and isinstance(value, dict):
        known = {
            name: _fill(part, value[name]) if name in value else _default(part)
            for name, part in schema["properties"].items()
        }
        return known | {name: copy.deepcopy(extra) for name, extra in value.items() if name not in known}
    if "items" in schema and isinstance(value, list):
        return [_fill(schema["items"], item) for item in value]
    return copy.deepcopy(value)


def _default(schema: Json) -> Json:
    if "properties" in schema:
        return _fill(schema, {})
    return copy.deepcopy(schema["default"])


def minimal(config: Config) -> Config:
    """Return a copy without what equals its default: what a person would write into an empty file."""
    small: Config = _minimal(load(), config)
    return small


def _minimal(schema: Json, value: Json) -> Json:
    if "properties" in schema and isinstance(value, dict):
        parts = schema["properties"]
        return {
            name: _minimal(parts[name], item) if name in parts else copy.deepcopy(item)
            for name, item in value.items()
            if name not in parts or not same(item, _default(parts[name]))
        }
    if "items" in schema and isinstance(value, list):
        return [_minimal(schema["items"], item) for item in value]
    return copy.deepcopy(value)


@cache
def secret_paths() -> tuple[tuple[str, ...], ...]:
    """Return where the secrets are: the settings that the schema marks ``writeOnly``."""
    return tuple(_secrets(load(), ()))


def _secrets(schema: Json, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if schema.get("writeOnly"):
        yield path
    for name, part in schema.get("properties", {}).items():
        yield from _secrets(part, (*path, name))


def violations(config: Json) -> list[Violation]:
    """Hold ``config`` against the schema: one sentence for each place that breaks it, never the value itself."""
    out_of_bounds = bound(config)
    if out_of_bounds:
        return [out_of_bounds]
    return of_schema(_validator(), config)
