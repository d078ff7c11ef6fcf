"""What fits the schema, but would not do in tgcf what the person means, is refused at its place."""

from typing import Any

import pytest

from tgcfd.config import chats, checks, schema
from tgcfd.config.rules import RulesUnreadable, parse_rules, rules_text


def pointers(config: Any) -> list[str]:
    assert schema.violations(config) == []
    return [violation.pointer for violation in checks.violations(schema.fill(config))]


def connection(source: int | str = "@source", dest: Any = ("@destination",), **more: Any) -> Any:
    return {"forwards": [{"source": source, "dest": list(dest), **more}]}


GOOD: list[int | str] = [
    *(-1001234567890, "-1001234567890", -4012345678, 777000, "777000", "@durov", "Durov", "gif", "me", "t.me/durov"),
    *("https://t.me/durov/", "http://www.telegram.me/durov", "t.me/+AbC-dEf_0123", "https://t.me/joinchat/AbCdEf"),
    "tg://join?invite=AbCdEf",
]
BAD: list[int | str] = [
    *(
        "+919999999999",
        "+91 99999 99999",
        "(0)123",
        "1_000",
        "0012",
        "-0",
        "0",
        0,
        "٣٤",
        "²",
        " @durov",
        "@durov ",
        " 5",
    ),
    *("12.7", "1e5", "@", "@ab", "a b", "a__b", "Große", "t.me/", "t.me/ab", "t.me/@durov", "t.me/c/1234567890/1"),
    *(
        "t.me/durov/5",
        "https://t.me/durov/5/6",
        "-1001234567890/5",
        "-1001234567890_5",
        1001234567890,
        10**14,
        -(10**14),
    ),
    *(
        "https://web.telegram.org/k/#-1234567890",
        "https://example.com/durov",
        "T.ME/durov",
        "ME",
        "x/y",
        -1000000000000,
    ),
]


@pytest.mark.parametrize("chat", GOOD)
def test_a_chat_that_tgcf_can_find_is_taken(chat: int | str) -> None:
    assert pointers({**connection(chat), "admins": [chat]}) == []
    assert pointers(connection("@other_one", [chat])) == []


@pytest.mark.parametrize("chat", BAD)
def test_a_chat_that_tgcf_would_miss_or_mistake_is_refused(chat: int | str) -> None:
    assert pointers(connection(chat)) == ["/forwards/0/source"]
    assert pointers(connection("@source", ["@fine_one", chat])) == ["/forwards/0/dest/1"]
    assert pointers({"admins": [5, chat]}) == ["/admins/1"]


@pytest.mark.parametrize(
    ("chat", "remedy"),
    [
        ("t.me/c/1234567890/1", "-100"),
        (1001234567890, "-1001234567890"),
        ("+919999999999", "@name"),
        ("t.me/durov/5", "leave the number"),
    ],
)
def test_a_refused_chat_comes_with_what_to_write_instead(chat: int | str, remedy: str) -> None:
    assert remedy in chats.fault(chat)


SAME: list[list[int | str]] = [
    ["@Durov", "durov", "t.me/durov", "https://t.me/DUROV/", "http://telegram.me/durov"],
    [-1001234567890, "-1001234567890"],
    ["t.me/+AbCdEf", "https://t.me/joinchat/AbCdEf", "tg://join?invite=AbCdEf"],
    ["me", "self"],
]


@pytest.mark.parametrize("ways", SAME)
def test_one_chat_as_the_source_of_two_enabled_connections_is_refused(ways: list[int | str]) -> None:
    for other in ways:
        first, second = connection(ways[0])["forwards"][0], connection(other)["forwards"][0]
        assert pointers({"forwards": [first, second]}) == ["/forwards/1/source"]
        assert pointers({"forwards": [first, second | {"use_this": False}]}) == []


@pytest.mark.parametrize("ways", SAME)
def test_a_source_among_its_own_destinations_is_refused(ways: list[int | str]) -> None:
    for other in ways:
        assert pointers(connection(ways[0], ["@fine_one", other])) == ["/forwards/0/dest/1"]


def test_invitations_differ_by_capital_letters() -> None:
    assert chats.identity("t.me/+AbCdEf") != chats.identity("t.me/+abcdef")


def test_an_enabled_connection_needs_a_destination_if_it_has_a_source() -> None:
    assert pointers(connection("@source", [])) == ["/forwards/0/dest"]
    assert pointers(connection("@source", [], use_this=False)) == []
    assert pointers(connection("", [])) == []


def test_an_empty_destination_is_refused() -> None:
    assert pointers(connection("@source", [""])) == ["/forwards/0/dest/0"]


def text_filter(**settings: Any) -> Any:
    return {"plugins": {"filter": {"text": settings}}}


@pytest.mark.parametrize("pattern", ["(", "[a", "a**", "(?P<1>x)", "\\", "(?<=a*)b", "x{99999999999}"])
def test_a_pattern_that_does_not_compile_is_refused(pattern: str) -> None:
    found = pointers(text_filter(regex=True, case_sensitive=True, blacklist=["fine", pattern], whitelist=[pattern]))
    assert found == ["/plugins/filter/text/blacklist/1", "/plugins/filter/text/whitelist/0"]


def test_a_text_that_is_no_pattern_is_taken_without_regex() -> None:
    assert pointers(text_filter(regex=False, blacklist=["(", "ABC"])) == []


@pytest.mark.parametrize("pattern", ["Sale", "[A-Z]+", "a|B", "É"])
def test_a_capital_letter_that_can_never_match_is_refused(pattern: str) -> None:
    assert pointers(text_filter(regex=True, whitelist=[pattern])) == ["/plugins/filter/text/whitelist/0"]
    assert pointers(text_filter(regex=True, whitelist=[pattern], case_sensitive=True)) == []


@pytest.mark.parametrize(
    "pattern", ["sale", "\\S+\\W\\D", "[A-Za-z]", "(?i)Sale", "(?P<Name>x)(?P=Name)", "\\N{DIGIT ONE}"]
)
def test_a_capital_letter_that_does_not_stand_for_itself_is_taken(pattern: str) -> None:
    assert pointers(text_filter(regex=True, whitelist=[pattern])) == []


def replace(text: Any, **settings: Any) -> Any:
    return {"plugins": {"replace": {"text": text, **settings}}}


@pytest.mark.parametrize(
    "rule", [("(", "x"), ("a", "\\1"), ("(a)", "\\2"), ("a", "\\q"), ("a", "\\g<n>"), ("a/b~", "\\")]
)
def test_a_rule_that_would_fail_is_refused(rule: tuple[str, str]) -> None:
    place = "/plugins/replace/text/" + rule[0].replace("~", "~0").replace("/", "~1")
    assert pointers(replace(dict([rule]), regex=True)) == [place]
    assert pointers(replace(dict([rule]))) == []


@pytest.mark.parametrize(
    "rule", [("(a)", "\\1"), ("(?P<n>a)|b", "\\g<n>"), ("a", "bold"), ("[[a]", "x"), ("a", "\\\\")]
)
def test_a_rule_that_works_is_taken(rule: tuple[str, str]) -> None:
    assert pointers(replace(dict([rule]), regex=True)) == []


@pytest.mark.parametrize("raw", ["a: c", "a: b\nc: d", "a: &x b", "[a]", "a: [b]", "a: 1", "{", "a: *b", "x: b"])
def test_rules_as_yaml_that_say_something_else_are_refused(raw: str) -> None:
    assert pointers(replace({"a": "b"}, text_raw=raw)) == ["/plugins/replace/text_raw"]


@pytest.mark.parametrize("raw", ["", "  \n", "a: b", "'a': \"b\" # why\n"])
def test_rules_as_yaml_that_say_the_same_are_taken(raw: str) -> None:
    assert pointers(replace({"a": "b"}, text_raw=raw)) == []


def test_rules_as_yaml_in_another_order_are_refused() -> None:
    assert pointers(replace({"a": "b", "c": "d"}, text_raw="c: d\na: b")) == ["/plugins/replace/text_raw"]


def test_rules_come_back_from_their_yaml() -> None:
    rules = {"1": "yes", "a'b": 'c"d', "x\ny": "\t", "\\d+": "null", " ": "", "<<": "*a", "😀": "\x07", "l" * 4096: "x"}
    assert parse_rules(rules_text(rules)) == rules


def test_rules_with_an_alias_bomb_are_refused() -> None:
    with pytest.raises(RulesUnreadable):
        parse_rules("a: &a x\n" + "".join(f"k{n}: *a\n" for n in range(10)))


def test_an_empty_deletion_text_is_refused() -> None:
    assert pointers({"live": {"delete_on_edit": ""}}) == ["/live/delete_on_edit"]
    assert pointers({"live": {"delete_on_edit": None}}) == []


def test_a_sender_is_an_id() -> None:
    users = {"blacklist": ["5", "-1001234567890", "@durov"], "whitelist": ["", "05", "٣"]}
    at = "/plugins/filter/users"
    found = pointers({"plugins": {"filter": {"users": users}}})
    assert found == [f"{at}/blacklist/2", f"{at}/whitelist/0", f"{at}/whitelist/1", f"{at}/whitelist/2"]


@pytest.mark.parametrize(
    "image",
    ["../x.png", "/etc/passwd", "a/b.png", "..", ".hidden", "-i", "", "http://x/y", "https://", "a\nb", "x.png "],
)
def test_an_image_elsewhere_is_refused(image: str) -> None:
    assert pointers({"plugins": {"mark": {"image": image}}}) == ["/plugins/mark/image"]


@pytest.mark.parametrize("image", ["image.png", "my logo.png", "https://example.com/a/b.png?c=d"])
def test_an_image_in_the_folder_or_on_the_web_is_taken(image: str) -> None:
    assert pointers({"plugins": {"mark": {"image": image}}}) == []


KEYS = [
    ("API_HASH", "0123456789abcdef0123456789ABCDEF"),
    ("BOT_TOKEN", "123456789:AAE-x_0123456789012345678901234567"),
    ("BOT_TOKEN", "123:" + "a" * 20),
]


@pytest.mark.parametrize(("name", "key"), KEYS)
def test_a_key_of_the_right_form_is_taken(name: str, key: str) -> None:
    assert pointers({"login": {name: key}}) == []
    assert pointers({"login": {name: ""}}) == []


@pytest.mark.parametrize(("name", "key"), KEYS)
@pytest.mark.parametrize(
    "damage", [lambda key: key[1:-19], lambda key: f"{key} ", lambda key: f"{key}\n", lambda _: " "]
)
def test_a_key_that_lost_a_part_or_got_more_is_refused_and_not_shown(name: str, key: str, damage: Any) -> None:
    [found] = checks.violations(schema.fill({"login": {name: damage(key)}}))
    assert found.pointer == f"/login/{name}"
    assert damage(key).strip() == "" or damage(key).strip() not in found.detail
