"""Replacement rules as the YAML text that tgcf-web edits (``plugins.replace.text_raw``)."""

from __future__ import annotations

from tgcfd.config.emit import pair, quoted
from tgcfd.config.reader import Alias, Map, Node, Scalar, YamlUnreadable, read, value


class RulesUnreadable(Exception):
    """The text holds no replacement rules; says why in a sentence."""


def parse_rules(text: str) -> dict[str, str]:
    """Read rules from YAML: a mapping of texts to texts, without anchors and aliases."""
    try:
        root = read(text)
        if root is None:
            return {}
        if not isinstance(root, Map):
            raise RulesUnreadable("Line 1: write one rule a line, like 'old': 'new'.")
        for key, new in root.pairs:
            _only_text(key)
            _only_text(new)
        rules: dict[str, str] = value(root)
    except YamlUnreadable as error:
        raise RulesUnreadable(str(error)) from None
    return rules


def _only_text(node: Node) -> None:
    if node.anchor or isinstance(node, Alias):
        raise RulesUnreadable(f"Line {node.line}: anchors (&) and aliases (*) are not taken.")
    if not isinstance(node, Scalar) or not isinstance(value(node), str):
        raise RulesUnreadable(f"Line {node.line}: this is not text: put it in quotes.")


def rules_text(rules: dict[str, str]) -> str:
    """Write rules as YAML, one a line: what ``parse_rules`` and tgcf-web read back."""
    return "".join(pair(quoted(old), f" {quoted(new)}") + "\n" for old, new in rules.items())
