"""What is exported: without secrets nothing of them; with them, what comes back is the same."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.config.imports.conftest import KEY, proposed
from tgcfd.config import checks, schema
from tgcfd.config.export import ExportFormat, exported
from tgcfd.config.imports.session import packed
from tgcfd.config.plain import same
from tgcfd.config.render import render

LOGIN = {
    "API_ID": 5,
    "API_HASH": "0123456789abcdef0123456789abcdef",
    "user_type": 1,
    "SESSION_STRING": packed(2, "149.154.167.51", 443, KEY),
    "BOT_TOKEN": "123456789:" + "A" * 35,
    "USERNAME": "no: *one*",
}
TEXTS = [
    "",
    "x",
    "Grüße 😀",
    "a: b",
    "{}",
    "\n\n",
    "null",
    "yes",
    "\\1",
    "# no comment",
    " x ",
    "'\"",
    "\u2028",
    "12",
    "-",
]
CONFIGS: list[Any] = [
    {},
    {"login": LOGIN},
    {"login": LOGIN, "mode": 1, "pid": 0, "show_forwarded_from": True},
    {
        "forwards": [
            {"source": source, "dest": ["me"]}
            for source in ("@source_chat", -1001234567890, "-100123456789", "t.me/+AbCdEfG")
        ]
    },
    {"forwards": [{"con_name": text, "source": "", "dest": [42, "me"], "end": None} for text in TEXTS]},
    {"forwards": [{"use_this": False, "source": "@source_chat", "offset": 7, "end": 9}] * 3},
    {"admins": ["@someone", "42", 42, "t.me/durov"], "bot_messages": {"start": "\n- x", "bot_help": ""}},
    {"live": {"delete_on_edit": None, "sequential_updates": True}, "past": {"delay": 100}},
    {"plugins": {"filter": {"check": True, "text": {"blacklist": TEXTS[1:], "whitelist": TEXTS[1:]}}}},
    {"plugins": {"filter": {"files": {"blacklist": ["audio", "nofile"]}, "users": {"whitelist": ["5", "-7"]}}}},
    {"plugins": {"filter": {"text": {"regex": True, "blacklist": ["(?i)A+", "[a-z]{3}"], "case_sensitive": True}}}},
    {"plugins": {"replace": {"check": True, "text": {text: text for text in TEXTS[1:]}}}},
    {"plugins": {"replace": {"text": {"b": "1", "a": "2"}, "text_raw": "# mine\nb: '1'\na: '2'\n"}}},
    {"plugins": {"caption": {"header": "**x**\n\n", "footer": "\n\n_y_"}, "fmt": {"style": "plain"}}},
    {"plugins": {"mark": {"image": "https://example.org/x.png", "position": "top_left", "frame_rate": 1}}},
]


@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("kind", [ExportFormat.YAML, ExportFormat.JSON])
def test_what_was_exported_with_secrets_comes_back_the_same(kind: ExportFormat, config: Any) -> None:
    whole = schema.fill(config)
    assert not checks.violations(whole)
    proposal = proposed(exported(whole, kind, with_secrets=True))
    assert same(proposal.config, whole)
    assert list(proposal.config["plugins"]["replace"]["text"]) == list(whole["plugins"]["replace"]["text"])
    assert proposal.notes.not_taken == []
    assert not [problem for problem in proposal.problems if problem.refused]


@pytest.mark.parametrize("config", CONFIGS)
def test_what_is_for_tgcf_is_what_tgcf_reads_and_comes_back_meaning_the_same(
    ask_tgcf: Callable[[Any], Any], config: Any
) -> None:
    whole = schema.fill(config)
    file = json.loads(exported(whole, ExportFormat.TGCF, with_secrets=True))
    [seen] = ask_tgcf([file])
    assert same(seen, file)
    assert same(render(proposed(file).config), render(whole))


@pytest.mark.parametrize("kind", ExportFormat)
def test_without_secrets_there_is_nothing_of_them_and_an_import_keeps_its_own(kind: ExportFormat) -> None:
    file = exported(schema.fill({"login": LOGIN, "mode": 1}), kind, with_secrets=False)
    names = ("API_HASH", "SESSION_STRING", "BOT_TOKEN")
    assert not [name for name in names if str(LOGIN[name]).encode() in file]
    assert b"****" not in file
    proposal = proposed(file, stored={"login": LOGIN})
    assert schema.minimal(proposal.config) == {"login": LOGIN, "mode": 1}


def test_the_largest_configuration_that_is_stored_can_be_taken_away_and_back() -> None:
    forward = {"con_name": "x" * 200, "source": "", "use_this": False, "dest": list(range(1, 40))}
    whole = schema.fill({"forwards": [forward] * 1000})
    for kind in (ExportFormat.YAML, ExportFormat.TGCF):
        assert same(proposed(exported(whole, kind, with_secrets=True)).config, whole)
