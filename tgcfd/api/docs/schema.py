"""A JSON Schema of the contract as HTML: of what type a value is, which rules it keeps, what fields it has."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from tgcfd.api.contract import resolve
from tgcfd.api.docs.markdown import block, inline

Schema = Mapping[str, Any]

_WORDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "array": "list",
    "object": "object",
    "null": "null",
}
_RULES = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {}",
    "maxItems": "at most {}",
    "minProperties": "at least {} of the fields",
    "pattern": "like <code>{}</code>",
    "default": "default <code>{}</code>",
}


def kind(schema: Schema) -> str:
    """The type and the rules of a value, in a line."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#schema-{name}">{name}</a>'
    for word in ("oneOf", "anyOf"):
        if word in schema:
            return " or ".join(dict.fromkeys(map(kind, schema[word])))
    if "allOf" in schema:  # of objects that are described elsewhere, fields besides, or words about them
        named = " and ".join(kind(part) for part in schema["allOf"] if "$ref" in part)
        return f"{named}, and" if any("properties" in part for part in schema["allOf"]) else named
    if "const" in schema:
        return _code(schema["const"])
    if "enum" in schema:
        said = " ".join(map(_code, schema["enum"]))
        return f"one of {said}" + "".join(f", {rule}" for rule in _rules(schema))
    types = schema.get("type", "anything")
    words = " or ".join(_WORDS.get(one, one) for one in ([types] if isinstance(types, str) else types))
    if "items" in schema:
        words += f" of: {kind(schema['items'])}"
    if "format" in schema:
        words += f" ({escape(schema['format'])})"
    return ", ".join([words, *_rules(schema)])


def fields(schema: Schema) -> str:
    """What an object holds, field by field; nothing for what is none, or is described elsewhere."""
    if "$ref" in schema:
        return ""
    if "items" in schema:
        return fields(schema["items"])
    parts = [_one_of(part) for word in ("oneOf", "anyOf", "allOf") for part in schema.get(word, ())]
    rows = [
        _row(name, part, required=name in schema.get("required", ()))
        for name, part in schema.get("properties", {}).items()
    ]
    if rows:
        parts.append(f"<dl>{''.join(rows)}</dl>")
    return "".join(parts)


def section(name: str, schema: Schema) -> str:
    """A schema of the components, to link to."""
    shown = "".join(
        f"<pre>{escape(json.dumps(example, indent=2, ensure_ascii=False))}</pre>"
        for example in schema.get("examples", ())
    )
    said = "" if fields(schema) and "allOf" not in schema else f"<p>{kind(schema)}</p>"
    return (
        f'<section id="schema-{escape(name)}"><h3><a href="#schema-{escape(name)}">{escape(name)}</a></h3>'
        f"{block(schema.get('description', ''))}{said}{fields(schema)}{shown}</section>"
    )


def sample(schema: Schema) -> Any:  # noqa: ANN401  # JSON
    """A value that fits, made of the examples that the schema has."""
    schema = resolve(schema)
    if "examples" in schema:
        return schema["examples"][0]
    for word in ("const", "default"):
        if word in schema:
            return schema[word]
    if "allOf" in schema:
        return {name: value for part in schema["allOf"] for name, value in sample(part).items()}
    for word in ("enum", "oneOf", "anyOf"):
        if word in schema:
            first = schema[word][0]
            return first if word == "enum" else sample(first)
    types = schema.get("type")
    return _sample_of(types[0] if isinstance(types, list) else types, schema)


def _sample_of(type_: str | None, schema: Schema) -> Any:  # noqa: ANN401  # JSON
    if type_ == "object":
        known = schema.get("properties", {})
        return {name: sample(part) for name, part in known.items() if name in schema.get("required", known)}
    if type_ == "array":
        return [sample(schema["items"])] if "items" in schema else []
    return {"integer": schema.get("minimum", 1), "boolean": True, "null": None}.get(type_ or "", "...")


def _row(name: str, schema: Schema, *, required: bool) -> str:
    more = [word for word, counts in (("required", required), ("never shown", schema.get("writeOnly"))) if counts]
    marks = "".join(f' <span class="mark">{word}</span>' for word in more)
    description = f"<br>{inline(schema['description'])}" if "description" in schema else ""
    return f"<dt><code>{escape(name)}</code>{marks}</dt><dd>{kind(schema)}{description}{fields(schema)}</dd>"


def _one_of(schema: Schema) -> str:
    inner = fields(schema)
    if "title" not in schema:
        return f"{inline(schema.get('description', ''))}{inner}"
    return f"<h4>{escape(schema['title'])}</h4>{block(schema.get('description', ''))}{inner}"


def _rules(schema: Schema) -> Iterator[str]:
    for name, words in _RULES.items():
        if name in schema:
            value = schema[name]
            yield words.format(escape(value if isinstance(value, str) else json.dumps(value)))


def _code(value: object) -> str:
    return f"<code>{escape(json.dumps(value, ensure_ascii=False))}</code>"
