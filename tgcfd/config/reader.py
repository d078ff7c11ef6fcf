"""YAML as a tree that knows where everything stands in the text, read within bounds.

Built from ruamel's events and not by its round trip: that ties a comment to the value before it (delete a connection,
and the next one's comment goes), joins lists that run over several lines, and re-indents the whole file. With the
places known, :mod:`tgcfd.config.document` changes only the characters that have to change.

Scalars follow YAML 1.2 (``yes`` is text), less what a person would not expect: ``0x1f``, ``012``, ``1_000``,
``+91…`` and dates are refused unless quoted. So are tags and directives.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceStartEvent,
)
from ruamel.yaml.reader import ReaderError

from tgcfd.config.plain import MAX_DEPTH, MAX_VALUES, Json

_NULL = ("", "~", "null", "Null", "NULL")
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"-?(?:0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?")
_ODD_NUMBER = re.compile(r"[-+]?(?:0[xob][0-9a-fA-F_]+|[0-9][0-9_]*)")
_DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt \t].*)?")
_MAX_DIGITS = 20

# The parser's words for the mistakes that people make most, by their beginning, and ours. {first}: where what is not
# right begins, as the parser knows it.
_WORDS = (
    ("expected ',' or ']'", "the list that begins with [ in line {first} lacks a comma or its ]."),
    ("expected ',' or '}'", "the mapping that begins with { in line {first} lacks a comma or its }."),
    ("expected the node content, but found '<stream end>'", "a [ or { is open and never closed."),
    ("found unexpected end of stream", "the quote that begins in line {first} is not closed."),
    (
        "expected <block end>, but found '<scalar>'",
        "there is more after the end of a quote. A ' in a text in single quotes is written twice.",
    ),
    (
        "expected <block end>",
        "the indentation is wrong: lines that belong together begin in the same column.",
    ),
    ("found character '\\t'", "there is a tab: indent with spaces."),
    ("found character ", "a text that begins with @, % or ` must be in quotes."),
    (
        "mapping values are not allowed here",
        "there is a colon where none can be: check the indentation and the line above; quote texts with colons.",
    ),
    ("could not find expected ':'", "this name has no colon and no value."),
)


class YamlUnreadable(Exception):
    """The text is not YAML, or YAML of a kind that is not taken. Says why and in which line, counted from 1."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"Line {line}: {reason}")
        self.line = line
        self.reason = reason


@dataclass
class Node:
    """A value's place: ``text[start:end]``, from its anchor on, and its first line, counted from 1."""

    start: int
    end: int
    line: int
    anchor: str | None = None


@dataclass
class Scalar(Node):
    """One value. ``style`` is "" for plain, or one of ' " | >."""

    text: str = ""
    style: str = ""


@dataclass
class Seq(Node):
    """A list. The end of a block list is the end of its last item."""

    flow: bool = False
    items: list[Node] = field(default_factory=list)


@dataclass
class Map(Node):
    """A mapping, with its keys as nodes. The end of a block mapping is the end of its last value."""

    flow: bool = False
    pairs: list[tuple[Scalar, Node]] = field(default_factory=list)


@dataclass
class Alias(Node):
    """``*name``, and what it stands for."""

    target: Node = field(default_factory=lambda: Scalar(0, 0, 0))


def read(text: str) -> Node | None:
    """Return the tree of the only document in ``text``, or None if there is nothing but comments."""
    builder = _Builder(text)
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            builder.take(event)
    except MarkedYAMLError as error:
        raise _in_words(error) from None
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise YamlUnreadable(line, "there is a control character in it: remove it.") from None
    except (YAMLError, ValueError, OverflowError, IndexError, AttributeError, RecursionError) as error:
        # Trap of ruamel: some broken escapes and characters end as plain Python errors, without a place.
        raise YamlUnreadable(builder.line, f"this cannot be read as YAML ({type(error).__name__}).") from None
    return builder.root


def _in_words(error: MarkedYAMLError) -> YamlUnreadable:
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 1
    first = error.context_mark.line + 1 if error.context_mark else line
    said = str(error.problem or error.context)
    words = next((words for beginning, words in _WORDS if said.startswith(beginning)), None)
    if said.startswith("could not find expected ':'"):  # noticed lines further down, at the next name
        line = first
    return YamlUnreadable(line, f"{said}." if words is None else words.replace("{first}", str(first)))


class _Builder:
    def __init__(self, text: str) -> None:
        self.text = text
        self.root: Node | None = None
        self.line = 1
        self._open: list[Seq | Map] = []
        self._keys: list[Scalar | None] = []
        self._anchors: dict[str, Node] = {}
        self._documents = 0
        self._nodes = 0

    def take(self, event: Event) -> None:
        self.line = event.start_mark.line + 1
        if isinstance(event, DocumentStartEvent):
            self._document(event)
        elif isinstance(event, NodeEvent):
            self._node(event)
        elif isinstance(event, CollectionEndEvent):
            self._close(event)

    def _document(self, event: DocumentStartEvent) -> None:
        self._documents += 1
        if self._documents > 1:
            raise YamlUnreadable(self.line, "a second document starts here (---): only one is taken.")
        if event.version or event.tags:
            raise YamlUnreadable(self.line, "% directives are not taken: remove the lines that start with %.")

    def _node(self, event: NodeEvent) -> None:
        self._nodes += 1
        if self._nodes > MAX_VALUES:
            raise YamlUnreadable(self.line, f"there are more than {MAX_VALUES} names and values in it.")
        if len(self._open) > MAX_DEPTH:
            raise YamlUnreadable(self.line, f"it is nested more than {MAX_DEPTH} levels deep.")
        node = self._made(event)
        if node.anchor:
            self._anchors[node.anchor] = node
        self._place(node)
        if isinstance(node, (Seq, Map)):
            self._open.append(node)
            self._keys.append(None)

    def _made(self, event: NodeEvent) -> Node:
        place = (event.start_mark.index, event.end_mark.index, self.line)
        if isinstance(event, AliasEvent):
            if event.anchor not in self._anchors:
                raise YamlUnreadable(self.line, f"*{event.anchor} stands for nothing: no &{event.anchor} before it.")
            return Alias(*place, target=self._anchors[event.anchor])
        if event.tag:
            raise YamlUnreadable(self.line, "tags (words that start with !) are not taken: remove or quote it.")
        if isinstance(event, ScalarEvent):
            return self._scalar(event, place)
        if isinstance(event, SequenceStartEvent):
            return Seq(*place, event.anchor, flow=bool(event.flow_style))
        assert isinstance(event, MappingStartEvent)  # noqa: S101  # the last kind of node there is
        return Map(*place, event.anchor, flow=bool(event.flow_style))

    def _scalar(self, event: ScalarEvent, place: tuple[int, int, int]) -> Scalar:
        start, end, line = place
        style = event.style or ""
        if style in ("|", ">"):
            # The mark stands after the line break and any empty lines that follow.
            end = start + len(self.text[start:end].rstrip())
        return Scalar(start, end, line, event.anchor, text=event.value, style=style)

    def _place(self, node: Node) -> None:
        if not self._open:
            self.root = node
            return
        parent = self._open[-1]
        if isinstance(parent, Seq):
            parent.items.append(node)
        elif (key := self._keys[-1]) is not None:
            self._move_to_colon(key, node)
            parent.pairs.append((key, node))
            self._keys[-1] = None
        elif isinstance(node, Scalar):
            self._keys[-1] = node
        else:
            raise YamlUnreadable(self.line, "a name must be text: not a list, a mapping or an alias.")

    def _move_to_colon(self, key: Scalar, node: Node) -> None:
        # Trap of ruamel: an empty value may stand at the next token, lines further down.
        colon = self.text.find(":", key.end)
        if node.start == node.end and isinstance(node, Scalar) and not self.text[key.end : colon].strip():
            node.start = node.end = colon + 1

    def _close(self, event: CollectionEndEvent) -> None:
        node = self._open.pop()
        self._keys.pop()
        if node.flow:
            node.end = event.end_mark.index
        else:
            # The event stands at the next token, after the comments: those belong to what follows.
            last = node.items[-1] if isinstance(node, Seq) else node.pairs[-1][1]
            node.end = max(last.end, node.start)


def value(root: Node | None) -> Json:
    """Return what the tree says as plain values, with aliases and merge keys expanded, within bounds."""
    return None if root is None else _Expansion().of(root, 0)


def line_of(root: Node | None, path: Iterable[str]) -> int:
    """Return the line, counted from 1, of what stands at a path of names and numbers, or of the nearest around it.

    What came in by a merge key is found at the mapping that it was merged into.
    """
    node, line = root, 1
    for part in path:
        node, line = _step(node, part, line)
    return line


def _step(node: Node | None, part: str, line: int) -> tuple[Node | None, int]:
    """Return the child of that name or number and its line, or None and the line as it was."""
    if isinstance(node, Alias):
        return _step(node.target, part, line)
    if isinstance(node, Map):
        return next(((child, key.line) for key, child in node.pairs if key.text == part), (None, line))
    if isinstance(node, Seq):
        return next(((item, item.line) for index, item in enumerate(node.items) if str(index) == part), (None, line))
    return None, line


def scalar_value(node: Scalar) -> Json:
    """Return what one scalar says: text, an int, a float, a bool or None."""
    text = node.text
    if node.style:
        return text
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if _INT.fullmatch(text):
        if len(text) > _MAX_DIGITS:
            raise YamlUnreadable(node.line, "this number is too large. If it is a text, put it in quotes.")
        return int(text)
    if _ODD_NUMBER.fullmatch(text):
        raise YamlUnreadable(
            node.line, "write a number in plain digits, without +, _, 0x or leading zeros. If it is a text, quote it."
        )
    if _DATE.fullmatch(text):
        raise YamlUnreadable(node.line, "this looks like a date: put it in quotes.")
    return float(text) if _FLOAT.fullmatch(text) else text


def is_merge(key: Scalar) -> bool:
    """Tell whether a key is YAML's merge key, and not the text "<<"."""
    return key.text == "<<" and not key.style


class _Expansion:
    """Turns nodes into values. What an alias stands for counts each time: an alias bomb is out of bounds at once."""

    def __init__(self) -> None:
        self._left = MAX_VALUES

    def of(self, node: Node, depth: int) -> Json:
        self._left -= 1 + (len(node.pairs) if isinstance(node, Map) else 0)
        if self._left < 0:
            raise YamlUnreadable(node.line, f"its aliases stand for more than {MAX_VALUES} names and values.")
        if depth > MAX_DEPTH:
            raise YamlUnreadable(node.line, f"it is nested more than {MAX_DEPTH} levels deep.")
        if isinstance(node, Alias):
            return self.of(node.target, depth + 1)
        if isinstance(node, Seq):
            return [self.of(item, depth + 1) for item in node.items]
        if isinstance(node, Map):
            return self._mapping(node, depth)
        assert isinstance(node, Scalar)  # noqa: S101  # the last kind of node there is
        return scalar_value(node)

    def _mapping(self, node: Map, depth: int) -> dict[str, Json]:
        own: dict[str, Json] = {}
        merged: dict[str, Json] = {}
        for key, child in node.pairs:
            if is_merge(key):
                for other in self._merged(child, depth):
                    merged = other | merged
                continue
            name = scalar_value(key)
            if not isinstance(name, str):
                raise YamlUnreadable(key.line, f"the name “{key.text[:40]}” must be text: quote it.")
            if name in own:
                raise YamlUnreadable(key.line, f"{name[:40]} stands there twice.")
            own[name] = self.of(child, depth + 1)
        return {name: item for name, item in merged.items() if name not in own} | own

    def _merged(self, node: Node, depth: int) -> Iterator[dict[str, Json]]:
        found = self.of(node, depth + 1)
        for other in found if isinstance(found, list) else [found]:
            if not isinstance(other, dict):
                raise YamlUnreadable(node.line, "<< takes a mapping or a list of mappings.")
            yield other
