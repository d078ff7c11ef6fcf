"""Changes a YAML text so that it says something new, and leaves every character alone that need not change.

Pure functions over the tree of :mod:`tgcfd.config.reader`. A block entry (``key: value`` or ``- item``) owns its whole
lines, with the comments straight before it: they go where it goes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tgcfd.config import emit
from tgcfd.config.align import align
from tgcfd.config.plain import Json
from tgcfd.config.reader import Alias, Map, Node, Scalar, Seq, is_merge, scalar_value, value


class CannotEdit(Exception):
    """The place to change is shared with others, by an alias or a merge key, or is written in an unusual way."""


@dataclass(frozen=True)
class Wanted:
    """What a place shall say: complete, and the same without what equals its default (what must be written down)."""

    full: Json
    small: Json

    def of(self, key: str | int) -> Wanted:
        """Return what one part of it shall say. A part at its default has no small form, and needs none."""
        if isinstance(self.small, dict):
            return Wanted(self.full[key], self.small.get(key, self.full[key]))
        return Wanted(self.full[key], self.small[key])


def says(old: Json, wanted: Wanted) -> bool:
    """Tell whether ``old`` says all that is wanted, what it does not mention being at its default."""
    full, small = wanted.full, wanted.small
    if type(old) is not type(full):
        return False
    if isinstance(old, dict):
        return old.keys() <= full.keys() and small.keys() <= old.keys() and all(says(old[k], wanted.of(k)) for k in old)
    if isinstance(old, list):
        return len(old) == len(full) and all(says(item, wanted.of(index)) for index, item in enumerate(old))
    return bool(old == full)


@dataclass(frozen=True)
class _Entry:
    """An entry of a block collection: the comment lines before it, then from its key or dash to its line's end."""

    lead: str
    body: str


class Editor:
    """Rewrites one text. ``ordered`` names the mappings, by their path, in which the order of the keys counts.

    What has an anchor is changed like anything else: whoever uses this reads the result again, and sees when an alias
    elsewhere changed with it, or lost its anchor.
    """

    def __init__(self, text: str, ordered: frozenset[tuple[str, ...]]) -> None:
        self._text = text
        self._ordered = ordered

    def rewritten(self, root: Map, wanted: Wanted) -> str:
        """Return the whole text, changed; raises CannotEdit."""
        start, end = self._span(root)
        changed = self._changed(root, wanted, ())
        if changed is None:
            raise CannotEdit
        return self._text[:start] + changed + self._text[end:]

    def _unchanged(self, old: Json, wanted: Wanted, path: tuple[str, ...]) -> bool:
        below = [name[len(path) :] for name in self._ordered if name[: len(path)] == path]
        return says(old, wanted) and all(key_order(old, name) == key_order(wanted.full, name) for name in below)

    def _changed(self, node: Node, wanted: Wanted, path: tuple[str, ...]) -> str | None:
        """Return what shall stand in the node's span, or None if it must be written anew."""
        start, end = self._span(node)
        if self._unchanged(value(node), wanted, path):
            return self._text[start:end]
        if isinstance(node, Alias):
            return emit.flow(wanted.small)
        if isinstance(node, Map) and isinstance(wanted.full, dict):
            return self._changed_map(node, wanted, path)
        if isinstance(node, Seq) and isinstance(wanted.full, list):
            return self._changed_seq(node, wanted, path)
        if isinstance(node, Scalar) and not isinstance(wanted.full, (dict, list)):
            return self._changed_scalar(node, wanted.full)
        return None

    def _changed_scalar(self, node: Scalar, new: Json) -> str | None:
        if node.style in ("|", ">"):
            return None
        style = node.style or ("" if isinstance(scalar_value(node), str) else "'")
        gap = " " if node.start == node.end and self._text[node.start - 1 : node.start] in (":", "-") else ""
        return gap + emit.scalar(new, style)

    # --- mappings

    def _changed_map(self, node: Map, wanted: Wanted, path: tuple[str, ...]) -> str | None:
        if any(is_merge(key) for key, _ in node.pairs):
            raise CannotEdit
        names = [key.text for key, _ in node.pairs]
        kept = [name for name in names if name in wanted.full]
        added = [name for name in wanted.small if name not in names]
        order = (
            [name for name in wanted.full if name in kept or name in added] if path in self._ordered else kept + added
        )
        if node.flow:
            return self._changed_flow_map(node, wanted, path, order)
        if not kept:
            return None
        indent = self._column(node.pairs[0][0].start)
        entries = self._entries(node, [key.start for key, _ in node.pairs])
        old = {key.text: (entry, key, child) for entry, (key, child) in zip(entries, node.pairs, strict=True)}
        new = []
        for name in order:
            if name in old:
                new.append(self._changed_pair(*old[name], wanted.of(name), path))
            else:
                new.append(_Entry("", emit.entry(name, wanted.small[name], indent)[indent:]))
        return self._joined(new, node, indent)

    def _changed_pair(self, entry: _Entry, key: Scalar, child: Node, wanted: Wanted, path: tuple[str, ...]) -> _Entry:
        changed = self._changed(child, wanted, (*path, key.text))
        start, end = self._span(child)
        line_end = self._line_end(child.end)
        if changed is not None:
            return _Entry(entry.lead, self._text[key.start : start] + changed + self._text[end:line_end])
        colon = self._text.find(":", key.end)
        if colon < 0 or self._text[key.end : colon].strip():
            raise CannotEdit
        fresh = emit.after_colon(wanted.small, self._column(key.start))
        # A comment at the end of the line stays there only if the old value stood on that one line.
        rest = (
            self._text[end:line_end] if isinstance(child, Scalar) and not child.style.startswith(("|", ">")) else "\n"
        )
        return _Entry(entry.lead, self._text[key.start : colon + 1] + fresh + ("\n" if "\n" in fresh else rest))

    def _changed_flow_map(self, node: Map, wanted: Wanted, path: tuple[str, ...], order: list[str]) -> str:
        pairs = {key.text: (key, child) for key, child in node.pairs}
        if list(pairs) == order:
            changed = [(child, self._flow_part(child, wanted.of(n), (*path, n))) for n, (_, child) in pairs.items()]
            return self._in_place(node, changed)
        parts = []
        for name in order:
            if name in pairs:
                key, child = pairs[name]
                part = self._flow_part(child, wanted.of(name), (*path, name)).strip()
                parts.append(f"{self._text[key.start : key.end]}: {part}")
            else:
                parts.append(emit.flow({name: wanted.small[name]})[1:-1])
        return "{" + ", ".join(parts) + "}"

    # --- lists

    def _changed_seq(self, node: Seq, wanted: Wanted, path: tuple[str, ...]) -> str | None:
        if not wanted.full:
            return "[]" if node.flow else None
        wants = [wanted.of(index) for index in range(len(wanted.full))]
        matches = align([value(item) for item in node.items], wants, says)
        if node.flow:
            return self._changed_flow_seq(node, wants, matches, path)
        dashes = [self._dash(item) for item in node.items]
        indent = self._column(dashes[0])
        entries = self._entries(node, dashes)
        new = []
        for want, match in zip(wants, matches, strict=True):
            fresh = _Entry("" if match is None else entries[match].lead, emit.item(want.small, indent)[indent:])
            if match is None:
                new.append(fresh)
                continue
            child = node.items[match]
            changed = self._changed(child, want, (*path, "-"))
            if changed is None:
                new.append(fresh)
                continue
            start, end = self._span(child)
            body = self._text[dashes[match] : start] + changed + self._text[end : self._line_end(child.end)]
            new.append(_Entry(entries[match].lead, body))
        return self._joined(new, node, indent)

    def _changed_flow_seq(
        self, node: Seq, wants: list[Wanted], matches: list[int | None], path: tuple[str, ...]
    ) -> str:
        parts = [
            emit.flow(want.small) if match is None else self._flow_part(node.items[match], want, (*path, "-"))
            for want, match in zip(wants, matches, strict=True)
        ]
        if matches == list(range(len(node.items))):
            return self._in_place(node, list(zip(node.items, parts, strict=True)))
        return "[" + ", ".join(parts) + "]"

    # --- places in the text

    def _flow_part(self, child: Node, wanted: Wanted, path: tuple[str, ...]) -> str:
        changed = self._changed(child, wanted, path)
        return emit.flow(wanted.small) if changed is None else changed

    def _in_place(self, node: Node, children: list[tuple[Node, str]]) -> str:
        out, at = [], node.start
        for child, changed in children:
            out += [self._text[at : child.start], changed]
            at = child.end
        return "".join(out) + self._text[at : node.end]

    def _joined(self, entries: Sequence[_Entry], node: Seq | Map, indent: int) -> str:
        compact = self._is_compact(self._starts(node)[0])
        first, *others = entries
        head = first.body if compact else first.lead + " " * indent + first.body
        return head + "".join(entry.lead + " " * indent + entry.body for entry in others)

    def _entries(self, node: Seq | Map, starts: list[int]) -> list[_Entry]:
        ends = [self._line_end(child.end) for child in _children(node)]
        leads = [self._span(node)[0], *ends[:-1]]
        entries = []
        for lead, start, end in zip(leads, starts, ends, strict=True):
            line = self._line_start(start)
            if self._text[line:start].strip() and start != starts[0]:
                raise CannotEdit
            entries.append(_Entry(self._text[lead:line], self._text[start:end]))
        return entries

    def _span(self, node: Node) -> tuple[int, int]:
        """Return what is replaced when the node changes; for block collections whole lines, with the comments above."""
        if not isinstance(node, (Seq, Map)) or node.flow:
            return node.start, node.end
        first = self._starts(node)[0]
        if self._is_compact(first):
            return first, self._line_end(node.end)
        start = self._line_start(first)
        while start and self._text[self._line_start(start - 1) : start].lstrip().startswith("#"):
            start = self._line_start(start - 1)
        return start, self._line_end(node.end)

    def _starts(self, node: Seq | Map) -> list[int]:
        if isinstance(node, Map):
            first = node.pairs[0][0].start
            # "? key", or an anchor before a mapping on the key's own line.
            if self._text[self._line_start(first) : first].strip(" -"):
                raise CannotEdit
            return [key.start for key, _ in node.pairs]
        return [self._dash(item) for item in node.items]

    def _dash(self, item: Node) -> int:
        before = self._text[: item.start].rstrip(" ")
        first = self._first(item)
        if not before.endswith("-") or (first is not None and first < item.start):
            raise CannotEdit
        return len(before) - 1

    @staticmethod
    def _first(item: Node) -> int | None:
        return item.pairs[0][0].start if isinstance(item, Map) and not item.flow else None

    def _is_compact(self, start: int) -> bool:
        return bool(self._text[self._line_start(start) : start].strip())

    def _column(self, position: int) -> int:
        return position - self._line_start(position)

    def _line_start(self, position: int) -> int:
        return self._text.rfind("\n", 0, position) + 1

    def _line_end(self, position: int) -> int:
        end = self._text.find("\n", position) + 1
        if not end:
            raise CannotEdit  # an empty value that ruamel places after the last line
        return end


def without_aliases(text: str, root: Map) -> str:
    """Return the text with every alias and merge key written out, so that each place can change by itself."""
    return text[: root.start] + _written_out(text, root) + text[root.end :]


def _written_out(text: str, node: Node) -> str:
    if isinstance(node, Alias):
        return emit.flow(value(node))
    if isinstance(node, Map) and any(is_merge(key) for key, _ in node.pairs):
        if node.flow:
            return emit.flow(value(node))
        indent = node.pairs[0][0].start - text.rfind("\n", 0, node.pairs[0][0].start) - 1
        gap = "\n" + " " * indent if node.anchor else ""
        return gap + emit.block(value(node), indent)[indent:].rstrip("\n")
    out, at = [], node.start
    for child in _children(node):
        out += [text[at : child.start], _written_out(text, child)]
        at = child.end
    return "".join(out) + text[at : node.end]


def _children(node: Node) -> Iterator[Node]:
    if isinstance(node, Seq):
        yield from node.items
    elif isinstance(node, Map):
        for _, child in node.pairs:
            yield child


def key_order(whole: Json, path: tuple[str, ...]) -> list[str] | None:
    """Return the keys of the mapping at ``path``, in order; None if there is none or it is empty."""
    for name in path:
        whole = whole.get(name) if isinstance(whole, dict) else None
    return list(whole) if isinstance(whole, dict) and whole else None
