"""What tgcf gets, and what is missing before it can run, in words for a person."""

import base64
import ipaddress
import struct
from typing import Any

import pytest

from tgcfd.config import schema
from tgcfd.config.render import is_session_string, missing, render
from tgcfd.mode import Mode


def session(address: str = "149.154.167.50", key: bytes = b"k" * 256) -> str:
    ip = ipaddress.ip_address(address).packed
    packed = struct.pack(f">B{len(ip)}sH256s", 2, ip, 443, key)
    return "1" + base64.urlsafe_b64encode(packed).decode()


HASH = "0123456789abcdef0123456789ABCDEF"
TOKEN = "123456789:AAE-x_0123456789012345678901234567"
CONNECTION = {"source": "@source", "dest": ["@destination"]}
BOT: Any = {"login": {"API_ID": 5, "API_HASH": HASH, "BOT_TOKEN": TOKEN}, "forwards": [CONNECTION]}
USER: Any = {
    "login": {"API_ID": 5, "API_HASH": HASH, "user_type": 1, "SESSION_STRING": session()},
    "forwards": [CONNECTION],
}


def pointers(config: Any, mode: Mode) -> list[str]:
    return [violation.pointer for violation in missing(config, mode)]


@pytest.mark.parametrize(("config", "mode"), [(BOT, Mode.LIVE), (USER, Mode.LIVE), (USER, Mode.PAST)])
def test_a_complete_configuration_lacks_nothing(config: Any, mode: Mode) -> None:
    assert pointers(config, mode) == []


def test_an_empty_configuration_lacks_login_and_connection() -> None:
    assert pointers({}, Mode.LIVE) == ["/login/API_ID", "/login/API_HASH", "/login/BOT_TOKEN", "/forwards"]


def test_a_bot_cannot_run_in_past_mode() -> None:
    [violation] = missing(BOT, Mode.PAST)
    assert violation.pointer == "/login/user_type"
    assert "user_type 1" in violation.detail


def test_a_user_account_needs_a_session_and_no_token() -> None:
    login = USER["login"] | {"SESSION_STRING": "", "BOT_TOKEN": TOKEN}
    assert pointers(USER | {"login": login}, Mode.LIVE) == ["/login/SESSION_STRING"]


@pytest.mark.parametrize(
    ("config", "other", "said"),
    [
        (BOT, {"BOT_TOKEN": "", "SESSION_STRING": session()}, "user (user_type 1)"),
        (USER, {"SESSION_STRING": "", "BOT_TOKEN": TOKEN}, "bot (user_type 0)"),
    ],
)
def test_a_login_of_the_other_kind_is_offered_where_it_is_set(config: Any, other: Any, said: str) -> None:
    [violation] = missing(config | {"login": config["login"] | other}, Mode.LIVE)
    assert said in violation.detail
    empty = {"BOT_TOKEN": "", "SESSION_STRING": ""}
    [violation] = missing(config | {"login": config["login"] | empty}, Mode.LIVE)
    assert "user_type" not in violation.detail


@pytest.mark.parametrize("text", [session()[:-1], session()[1:], "2" + session()[1:], "1", "1x", session() + "=", "1é"])
def test_a_damaged_session_string_is_named_and_not_shown(text: str) -> None:
    [violation] = missing(USER | {"login": USER["login"] | {"SESSION_STRING": text}}, Mode.LIVE)
    assert violation.pointer == "/login/SESSION_STRING"
    assert text not in violation.detail or len(text) < 3


@pytest.mark.parametrize("address", ["149.154.167.50", "2001:67c:4e8:f002::a"])
def test_session_strings_of_both_internet_protocols_are_taken(address: str) -> None:
    assert is_session_string(session(address))


def test_a_session_without_a_key_is_not_signed_in() -> None:
    assert not is_session_string(session(key=bytes(256)))


@pytest.mark.parametrize("connection", [CONNECTION | {"use_this": False}, {"source": ""}])
def test_a_run_needs_an_enabled_connection_with_both_ends(connection: Any) -> None:
    assert pointers(BOT | {"forwards": [connection]}, Mode.LIVE) == ["/forwards"]


def test_a_file_edited_by_hand_does_not_run_with_what_the_checks_refuse() -> None:
    text = {"plugins": {"filter": {"text": {"regex": True, "blacklist": ["("]}}}}
    assert pointers(BOT | text, Mode.LIVE) == ["/plugins/filter/text/blacklist/0"]


def test_ids_are_rendered_as_tgcf_reads_them() -> None:
    rendered = render({"admins": ["5"], "forwards": [{"source": "-100123", "dest": ["42", "@name"]}]})
    assert rendered["admins"] == [5]
    assert rendered["forwards"][0]["source"] == -100123
    assert rendered["forwards"][0]["dest"] == [42, "@name"]


def test_the_rules_text_is_rendered_in_step_with_the_rules() -> None:
    rules = {"plugins": {"replace": {"text": {"a": "b"}}}}
    assert render(rules)["plugins"]["replace"]["text_raw"] == "'a': 'b'\n"


def test_rendering_is_complete_and_never_names_a_process() -> None:
    rendered = render({"pid": 77})
    assert rendered == schema.defaults()
