"""Request bodies: read within bounds, parsed strictly, held against the contract."""

from __future__ import annotations

import asyncio
import json
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from aiohttp import web

from tgcfd.api.contract import Operation
from tgcfd.config.plain import bound, bound_of_json
from tgcfd.errors import BodyTooLarge, InvalidBody, MalformedBody, SlowBody, UnsupportedMediaType

FORM = "application/x-www-form-urlencoded"
_MAX_FORM_FIELDS = 20
_BODY_TIMEOUT = 30  # seconds for a whole body ...
_FIRST_SECONDS = 10  # ... of which it gets so many at once, and then one more for each so many bytes that have come
_BYTES_A_SECOND = 1024


async def read_body(request: web.Request, operation: Operation) -> dict[str, Any]:
    """The body as an object that fits the contract; an empty one where none is required and none came.

    Raises :class:`UnsupportedMediaType`, :class:`MalformedBody`, :class:`InvalidBody`, :class:`BodyTooLarge`.
    """
    data = await read_bytes(request, operation)
    if not data and not operation.body_required:
        return {}
    if too_many := bound_of_json(data):  # whatever else it is
        raise InvalidBody(too_many)
    body = _parse_form(data) if request.content_type == FORM else _parse_json(data)
    unusable = bound(body)  # before the schema, which would recurse into any depth
    if violations := [unusable] if unusable else operation.violations(request.content_type, body):
        raise InvalidBody(*violations)
    return body  # every body schema of the contract is an object: held by a test


async def read_bytes(request: web.Request, operation: Operation) -> bytes:
    """The body as it came, where its content type is one of the contract's. Raises as :func:`read_body` does."""
    if "Content-Encoding" in request.headers:
        raise UnsupportedMediaType("Send the body as it is, without a Content-Encoding.")
    data = await _read(request, operation.max_bytes)
    if request.content_type not in operation.bodies and (data or operation.body_required):
        raise UnsupportedMediaType(f"Send the body as {' or '.join(sorted(operation.bodies))}.")
    return data


async def _read(request: web.Request, limit: int) -> bytes:
    data = bytearray()
    begun = asyncio.get_running_loop().time()
    try:
        async with asyncio.timeout(_FIRST_SECONDS) as patience:
            async for chunk in request.content.iter_any():
                data += chunk
                patience.reschedule(begun + min(_FIRST_SECONDS + len(data) / _BYTES_A_SECOND, _BODY_TIMEOUT))
                if len(data) > limit:
                    raise BodyTooLarge(f"The body is larger than the {limit // 1024} KiB that this path takes.")
    except ConnectionError:
        raise MalformedBody("The connection ended before the body did.") from None
    except TimeoutError:
        raise SlowBody(f"The body came too slowly; it may take {_BODY_TIMEOUT} seconds at most.") from None
    return bytes(data)


def _parse_json(data: bytes) -> Any:  # noqa: ANN401  # whatever JSON holds
    try:
        return json.loads(
            data.decode("utf-8"), parse_constant=_refuse_constant, object_pairs_hook=_object_without_doubles
        )
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise MalformedBody(f"The body is not JSON in UTF-8: {reason}.") from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _object_without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("an object has the same key twice")
    return result


def _parse_form(data: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            data.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MAX_FORM_FIELDS
        )
    except ValueError:
        raise MalformedBody("The body is not an URL-encoded form in UTF-8.") from None
    result = dict(pairs)
    if len(result) != len(pairs):
        raise MalformedBody("The form has the same field twice.")
    return result
