"""The page at ``/api/docs``."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from tgcfd.api.contract import Operation, document, operations, resolve
from tgcfd.api.docs import schema
from tgcfd.api.docs.codes import codes
from tgcfd.api.docs.markdown import block, inline

Item = Mapping[str, Any]

_HERE = "https://tgcfd.example.org"
_REST = {"name": "more", "description": ""}
_PROBLEM = "#/components/responses/Problem"
_FILES = {"yaml": "tgcf.config.yml", "png": "image.png"}  # what is sent as a file, by the second half of its type


def page() -> str:
    """The whole page, as HTML."""
    info = document()["info"]
    groups = [(tag, found) for tag in (*document()["tags"], _REST) if (found := list(_operations(tag["name"])))]
    schemas = document()["components"]["schemas"]
    return "".join(
        (
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            f'<title>{escape(info["title"])} API</title><link rel="stylesheet" href="/api/docs.css"></head><body>',
            f"<header><h1>{escape(info['title'])} API</h1><p>{inline(info['summary'])}</p>",
            f'<p class="version">Version {escape(info["version"])} · <a href="/api/openapi.json">openapi.json</a></p>',
            f"</header>{_contents(groups)}<main>",
            f'<section id="about">{block(info["description"])}</section>',
            *(_group(tag, found) for tag, found in groups),
            '<h2 id="codes">Codes of problems</h2>',
            f"<p>What each <code>code</code> of a problem means.</p><dl>{''.join(_codes())}</dl>",
            '<h2 id="schemas">Objects</h2>',
            *(schema.section(name, found) for name, found in schemas.items()),
            "</main></body></html>",
        )
    )


def _operations(tag: str) -> Iterator[tuple[str, str, Item]]:
    for path, methods in document()["paths"].items():
        for method, item in methods.items():
            if tag in item.get("tags", [_REST["name"]]):
                yield method.upper(), path, item


def _contents(groups: list[tuple[Item, list[tuple[str, str, Item]]]]) -> str:
    parts = []
    for tag, found in groups:
        links = "".join(
            f'<li><a href="#{escape(item["operationId"])}"><span class="method">{method}</span> {escape(path)}</a></li>'
            for method, path, item in found
        )
        parts.append(f"<details><summary>{escape(tag['name'].capitalize())}</summary><ul>{links}</ul></details>")
    more = '<p><a href="#codes">Codes of problems</a></p><p><a href="#schemas">Objects</a></p>'
    return f'<nav aria-label="Contents">{"".join(parts)}{more}</nav>'


def _group(tag: Item, found: list[tuple[str, str, Item]]) -> str:
    name = tag["name"]
    anchor = escape(name.replace(" ", "-"))
    said = f"<p>{inline(tag['description'])}</p>" if tag["description"] else ""
    return f'<h2 id="tag-{anchor}">{escape(name.capitalize())}</h2>{said}{"".join(_operation(*one) for one in found)}'


def _operation(method: str, path: str, item: Item) -> str:
    name = escape(item["operationId"])
    operation = operations()[method, path]
    return (
        f'<section id="{name}"><h3><a href="#{name}">'
        f'<span class="method">{method}</span> <code>{escape(path)}</code></a></h3>'
        f"<p><strong>{inline(item.get('summary', ''))}</strong></p>{block(item.get('description', ''))}"
        f'<p class="who">{_who(operation, item)}</p>{_parameters(item)}{_body(method, path, operation, item)}'
        f"{_answers(item)}</section>"
    )


def _who(operation: Operation, item: Item) -> str:
    if operation.public:
        return "For everybody; see above how to log in." if item.get("security") else "For everybody, without a log-in."
    ways = " or ".join({"bearer": "a token", "cookie": "the cookie"}[way] for way in sorted(operation.schemes))
    if "account" in operation.scopes:
        return f"For who logged in with their password: {ways}, but no API token."
    role = "For admins" if "admin" in operation.scopes else "For who is logged in"
    scopes = " ".join(f"<code>{escape(scope)}</code>" for scope in sorted(operation.scopes))
    return f"{role}: {ways} with the scope {scopes}."


def _parameters(item: Item) -> str:
    rows = []
    for parameter in map(resolve, item.get("parameters", ())):
        marks = f' <span class="mark">{escape(parameter["in"])}</span>'
        marks += ' <span class="mark">required</span>' if parameter.get("required") else ""
        said = f"<br>{inline(parameter['description'])}" if "description" in parameter else ""
        rows.append(
            f"<dt><code>{escape(parameter['name'])}</code>{marks}</dt><dd>{schema.kind(parameter['schema'])}{said}</dd>"
        )
    return f"<h4>Parameters</h4><dl>{''.join(rows)}</dl>" if rows else ""


def _body(method: str, path: str, operation: Operation, item: Item) -> str:
    body = resolve(item.get("requestBody", {}))
    parts = []
    for content_type, media in body.get("content", {}).items():
        found = resolve(media["schema"])
        optional = "" if operation.body_required else ", or nothing"
        limit = f"{operation.max_bytes // 1024} KiB at most"
        parts.append(f"<h4>Body: <code>{escape(content_type)}</code>{optional}</h4>")
        parts.append(f"{block(found.get('description', ''))}{schema.fields(found)}<p>{limit}.</p>")
    return "".join(parts) + f"<pre>{escape(_curl(method, path, operation, body))}</pre>"


def _curl(method: str, path: str, operation: Operation, body: Item) -> str:
    if path.startswith("/ws/"):
        return f"websocat -H 'Authorization: Bearer TOKEN' --protocol tgcfd.v1 {_HERE.replace('http', 'ws')}{path}"
    words = ["curl"] + (["-X", method] if method not in {"GET", "POST"} or not (body or method == "GET") else [])
    if path == "/api/auth/session":
        words += ["-c" if method == "POST" else "-b", "COOKIES"]
        words += [] if method == "GET" else ["-H", f"Origin: {_HERE}"]
    elif not operation.public:
        words += ["-H", "Authorization: Bearer TOKEN"]
    for content_type, media in list(body.get("content", {}).items())[-1:]:
        given = [example["value"] for example in media.get("examples", {}).values()]
        value = given[0] if given else media.get("example", schema.sample(media["schema"]))
        shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        kind = content_type.rpartition("/")[2]
        if kind in _FILES:
            words += ["-H", f"Content-Type: {content_type}", "--data-binary", f"@{_FILES[kind]}"]
            continue
        words += ["-H", f"Content-Type: {content_type}", "-d", shown]
    return shlex.join([*words, f"{_HERE}{path}"])


def _answers(item: Item) -> str:
    rows, problems = [], []
    for status, answer in item["responses"].items():
        if answer.get("$ref") == _PROBLEM:
            problems.append(status)
            continue
        found = resolve(answer)
        parts = [inline(found.get("description", ""))]
        for name, header in found.get("headers", {}).items():
            parts.append(f"<br>Header <code>{escape(name)}</code>: {inline(resolve(header).get('description', ''))}")
        for content_type, media in found.get("content", {}).items():
            parts.append(f"<br><code>{escape(content_type)}</code>: {schema.kind(media['schema'])}")
            parts.append(schema.fields(media["schema"]))
        parts += [f"<br>Frames: {schema.kind(frames)}" for frames in _frames(found)]
        rows.append(f"<dt>{escape(status)}</dt><dd>{''.join(parts)}</dd>")
    refused = ", ".join(status for status in problems if status != "default")
    if refused:
        rows.append(
            f'<dt>{refused}</dt><dd>A <a href="#schema-Problem">Problem</a>; its <a href="#codes">code</a> '
            "says which.</dd>"
        )
    return f"<h4>Answers</h4><dl>{''.join(rows)}</dl>"


def _frames(answer: Item) -> Iterator[Item]:
    for holder in (answer, *answer.get("content", {}).values()):
        yield from (holder[key] for key in ("x-frames", "x-lines") if key in holder)


def _codes() -> Iterator[str]:
    for each in codes():
        yield (
            f'<dt id="code-{each.code}"><code>{each.code}</code> <span class="mark">{each.status}</span> '
            f"{escape(each.title)}</dt><dd>{inline(each.meaning)}</dd>"
        )
