"""A configuration's own text with ``********`` in the place of each secret, and back.

All else stays to the character: comments, order, quotes, line ends. A secret that stands in a comment cannot be known.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence

from tgcfd.config import schema
from tgcfd.config.document import Document
from tgcfd.config.emit import quoted
from tgcfd.config.plain import Config, Json, same
from tgcfd.config.reader import Alias, Map, Node, Scalar, is_merge, read, value
from tgcfd.config.secrets import SET
from tgcfd.errors import ConfigUnreadable, Violation, pointer

Path = tuple[str, ...]

_SHARED = (
    "******** cannot stand for a secret that is shared by & and *: write the secret itself here, or leave & and * out."
)
_UNKNOWN = "No secret is stored here that could be kept: enter it."


def mask(data: bytes, document: Document) -> bytes:
    """Return a configuration's bytes without its secrets; ``document`` was loaded from them."""
    mark, text, root = _parsed(data, document)
    shown = {id(node): node for _, node in _secrets(root) if value(node)}
    return (mark + _with(text, [(node, _quote(node)) for node in shown.values()])).encode()


def unmask(data: bytes, document: Document, stored: Document | None) -> tuple[bytes, Document, list[Violation]]:
    """Return the bytes with ``stored``'s secrets in the places of ``********``, loaded, and what is wrong with those.

    ``document`` was loaded from ``data``. A secret that it does not mention is gone.
    """
    mark, text, root = _parsed(data, document)
    marked = [(path, node) for path, node in _secrets(root) if isinstance(node, Scalar) and node.text == SET]
    old = _set(stored)
    faults = [_fault(path, node, _UNKNOWN) for path, node in marked if path not in old]
    if faults or not marked:
        return data, document, faults
    wanted = {path: value(old[path]) for path, _ in marked}
    # As it was written, so that what was read and comes back changes nothing; where that cannot stand, in quotes.
    sources = {path: _source(stored.text if stored else "", old[path]) for path in wanted}
    for written in (sources, {path: quoted(secret) for path, secret in wanted.items()}):
        new = (mark + _with(text, [(node, written[path]) for path, node in marked])).encode()
        loaded = _loaded(new)
        if loaded is not None and _is_only_that(document.plain(), loaded.plain(), wanted):
            return new, loaded, []
    # Through an anchor, somebody who may write but not read secrets would have one shown elsewhere.
    return data, document, [_fault(path, node, _SHARED) for path, node in marked]


def _parsed(data: bytes, document: Document) -> tuple[str, str, Node | None]:
    """Return the byte order mark, if there is one, the text to the character, and its tree."""
    text = data.decode()
    if text == document.text:
        return "", text, document.root
    mark, text = (text[:1], text[1:]) if text.startswith("\ufeff") else ("", text)
    return mark, text, read(text)


def _set(stored: Document | None) -> dict[Path, Node]:
    """Return the secrets that are set, by where they are."""
    found = _secrets(stored.root) if stored else ()
    return {path: node for path, node in found if isinstance(value(node), str) and value(node)}


def _loaded(data: bytes) -> Document | None:
    try:
        return Document.load(data)
    except ConfigUnreadable:
        return None


def _is_only_that(before: Config, after: Config, wanted: Mapping[Path, str]) -> bool:
    """Tell whether it says the same as before, but for the secrets, and those as they are wanted."""
    rest = all(same(_get(after, path), secret) for path, secret in wanted.items())
    return rest and same(_without_secrets(after), _without_secrets(before))


def _without_secrets(config: Config) -> Config:
    rest = copy.deepcopy(config)
    for *parents, name in schema.secret_paths():
        holder = _get(rest, parents)
        if isinstance(holder, dict):
            holder.pop(name, None)
    return rest


def _get(config: Json, path: Sequence[str]) -> Json:
    for name in path:
        config = config.get(name) if isinstance(config, dict) else None
    return config


def _fault(path: Path, node: Node, words: str) -> Violation:
    return Violation(pointer(*path), words, node.line)


def _secrets(root: Node | None) -> Iterator[tuple[Path, Node]]:
    """Return where the secrets stand, wherever aliases and merge keys lead."""
    for path in schema.secret_paths():
        node = root
        for name in path:
            node = _child(node, name)
        node = _target(node)
        if node is not None:
            yield path, node


def _child(node: Node | None, name: str) -> Node | None:
    node = _target(node)
    if not isinstance(node, Map):
        return None
    own = next((child for key, child in node.pairs if key.text == name and not is_merge(key)), None)
    if own is not None:
        return own
    merged = [child for key, child in node.pairs if is_merge(key)]
    return next((found for child in merged for one in _each(child) if (found := _child(one, name)) is not None), None)


def _each(node: Node) -> list[Node]:
    node = _target(node) or node
    return list(getattr(node, "items", [node]))


def _target(node: Node | None) -> Node | None:
    while isinstance(node, Alias):
        node = node.target
    return node


def _quote(node: Node) -> str:
    quote = '"' if isinstance(node, Scalar) and node.style == '"' else "'"
    return quote + SET + quote


def _source(text: str, node: Node) -> str:
    """Return how a scalar is written, if that can stand elsewhere; else its value in quotes."""
    written = text[node.start : node.end]
    fits = isinstance(node, Scalar) and node.style not in ("|", ">") and not node.anchor and "\n" not in written
    return written if fits else quoted(value(node))


def _with(text: str, replaced: Sequence[tuple[Node, str]]) -> str:
    """Return the text with something else in the place of some nodes; their anchors stay."""
    out, at = [], 0
    for node, new in sorted(replaced, key=lambda pair: pair[0].start):
        anchor = f"&{node.anchor} " if node.anchor else ""
        out += [text[at : node.start], anchor, new]
        at = node.end
    return "".join(out) + text[at:]
