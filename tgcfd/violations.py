"""What breaks a JSON Schema, said in sentences for people: never the value itself, which may be a secret."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from tgcfd.errors import Violation, pointer

MAX_VIOLATIONS = 100

_KINDS = {
    "integer": "a whole number",
    "string": "text",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}

_LIMITS = {
    "minimum": "This must be at least {limit}.",
    "maximum": "This must be at most {limit}.",
    "minLength": "This must not be empty.",
    "maxLength": "This is longer than {limit} characters.",
    "minItems": "There must be at least {limit} of them.",
    "maxItems": "There are more than {limit} of them.",
    "maxProperties": "There are more than {limit} of them.",
    "minProperties": "At least one field is needed.",
}


def violations(validator: Draft202012Validator, document: Any) -> list[Violation]:  # noqa: ANN401  # JSON
    """Hold a document against a schema: one sentence for each place that breaks it, a hundred of them at most."""
    found: dict[str, Violation] = {}
    for error in islice(validator.iter_errors(document), MAX_VIOLATIONS):
        for violation in _explained(error):
            # Trap of jsonschema: of several missing fields, each is an error of its own that does not name its field.
            found.setdefault(violation.pointer, violation)
            if len(found) == MAX_VIOLATIONS:
                return list(found.values())
    return list(found.values())


def _explained(error: ValidationError) -> Iterator[Violation]:
    """One sentence for each field that an error is about."""
    path = tuple(error.absolute_path)
    match error.validator:
        case "additionalProperties":
            known = error.schema["properties"]
            for name in islice((name for name in error.instance if name not in known), MAX_VIOLATIONS):
                yield Violation(pointer(*path, name), _unknown(name, known))
        case "required" | "dependentRequired":
            for name, words in _missing(error):
                yield Violation(pointer(*path, name), words)
        case _ if error.parent is None and "propertyNames" in error.absolute_schema_path:
            yield Violation(pointer(*path), f"One of its names cannot be used. {_sentence(error)}")
        case _:
            yield Violation(pointer(*path), _sentence(error))


def _missing(error: ValidationError) -> Iterator[tuple[str, str]]:
    given = error.instance
    if error.validator == "required":
        yield from ((name, "This is missing.") for name in error.validator_value if name not in given)
        return
    for name, others in error.validator_value.items():
        if name in given:
            yield from ((other, f"This is needed together with “{name}”.") for other in others if other not in given)


def _unknown(name: str, known: dict[str, Any]) -> str:
    close = difflib.get_close_matches(name[:64], known, n=1)
    return "There is no field of this name here." + (f" Did you mean “{close[0]}”?" if close else "")


def _sentence(error: ValidationError) -> str:
    limit = error.validator_value
    match error.validator:
        case "type":
            kinds = [limit] if isinstance(limit, str) else limit
            return f"This must be {' or '.join(_KINDS[kind] for kind in kinds)}."
        case "oneOf":
            return f"This must be one of: {', '.join(json.dumps(choice['const']) for choice in limit)}."
        case "enum":
            return f"This must be one of: {', '.join(map(json.dumps, limit))}."
    words = _LIMITS.get(error.validator, f"This does not fit the schema's rule “{error.validator}”.")
    return words.format(limit=limit)
