"""Parameters in the address: held against the contract, given their types and defaults."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from tgcfd.api.contract import Operation
from tgcfd.errors import InvalidQuery, NotFound, Violation

_WHOLE = re.compile(r"-?[0-9]{1,18}", re.ASCII)
_BOOLEANS = {"true": True, "false": False}
_NO_TIME = "This must be a time with its offset, such as 2026-11-22T12:00:00Z; a + in it is written %2B."


def read_query(request: web.Request, operation: Operation) -> dict[str, Any]:
    """Return the query parameters by name; one that is left out has its default, or is absent. Times are in UTC.

    Raises :class:`InvalidQuery`, which names each that is unknown, given twice, or not right.
    """
    violations = [
        Violation(f"/{name}", "There is no parameter of this name here.")
        for name in sorted(set(request.query) - set(operation.query))
    ]
    values: dict[str, Any] = {}
    for name, parameter in operation.query.items():
        given = request.query.getall(name, [])
        if not given and "default" in parameter.schema:
            values[name] = parameter.schema["default"]
        elif not given and parameter.required:
            violations.append(Violation(f"/{name}", "This is missing."))
        elif len(given) > 1:
            violations.append(Violation(f"/{name}", "This may be given once."))
        elif given:
            values[name] = _typed(given[0], parameter.schema.get("type"))
            violations += [Violation(f"/{name}", found.detail) for found in parameter.violations(values[name])]
            if parameter.schema.get("format") == "date-time":
                values[name] = _moment(given[0])
                violations += [] if values[name] else [Violation(f"/{name}", _NO_TIME)]
    if violations:
        raise InvalidQuery("The address has parameters that cannot be used.", errors=violations)
    return values


def require_path(request: web.Request, operation: Operation) -> None:
    """Refuse an address with a part that nothing can be named by. Raises :class:`NotFound`."""
    for name, parameter in operation.path.items():
        value = request.match_info[name]
        if parameter.violations(_typed(value, parameter.schema.get("type"))):
            raise NotFound(f"There is nothing of this {name}.")


def _typed(text: str, kind: object) -> str | int | bool:
    """Return the value that the text stands for; text that is none of its kind stays, for the schema to refuse."""
    if kind == "integer" and _WHOLE.fullmatch(text):
        return int(text)
    if kind == "boolean":
        return _BOOLEANS.get(text, text)
    return text


def _moment(text: str) -> datetime | None:
    with suppress(ValueError, OverflowError):
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    return None
