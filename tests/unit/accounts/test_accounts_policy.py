"""What an e-mail address, a name and a password may be."""

from __future__ import annotations

import unicodedata

import pytest

from tgcfd.accounts import policy


@pytest.mark.parametrize(
    "value",
    [
        "alice@example.org",
        "a@b",
        "Alice.O'Neil+tag@sub.example.co.uk",
        "иван@пример.рф",
        "user@xn--e1afmkfd.xn--p1ai",
        "a" * 64 + "@" + ".".join(["b" * 63] * 2) + ".example.org",
    ],
)
def test_an_address_is_taken(value: str) -> None:
    assert policy.email(f"  {value}\n") == value


@pytest.mark.parametrize(
    "value",
    [
        None, "", " ", 7, True, [], {}, b"a@b.c", "alice", "@example.org", "alice@", "alice@@example.org",
        "a b@example.org", "a@exa mple.org", "a@example..org", "a@.org", "a@-a.org", "a@a-.org", "a@b_c.org",
        "<a@example.org>", "a,b@example.org", 'a"@example.org', "a\0@example.org", "a@example.org\0", "a\u0085b@c.org",
        "a\u202eb@c.org", "a\u200bb@c.org", "a\u3000b@c.org", "\ud800@example.org", "a" * 65 + "@b.org",
        "a@" + "b" * 64 + ".org", "a" * 60 + "@" + "b." * 100 + "org",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(value: object) -> None:
    with pytest.raises(policy.Unfit):
        policy.email(value)


@pytest.mark.parametrize("other", ["ALICE@EXAMPLE.ORG", "alice@Example.org"])
def test_case_makes_no_other_address(other: str) -> None:
    assert policy.email_key(other) == policy.email_key("Alice@example.org")


def test_the_same_letters_written_in_two_ways_are_one_address() -> None:
    assert policy.email(unicodedata.normalize("NFD", "zoë@example.org")) == "zoë@example.org"


@pytest.mark.parametrize(
    "value", ["A", "Zoë Müller", "李小龙", "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627", "👩\u200d💻", "x" * 100]
)
def test_a_name_is_taken_and_trimmed(value: str) -> None:
    assert policy.name(f" {value}\t") == value


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "  ",
        7,
        "x" * 101,
        "a\nb",
        "a\0b",
        "a\u202eb",
        "\ud800",
        "\u2028x\u2028y",
        "\u200d",
        "a\x1bb",
        "\ue000",
    ],
)
def test_what_is_no_name_is_refused(value: object) -> None:
    with pytest.raises(policy.Unfit):
        policy.name(value)


@pytest.mark.parametrize(
    "value", ["correct horse", "8letters", "пароль-мой", "x1" * 128, " spaces count ", "🔑🔒🗝🔓🔑🔒🗝x"]
)
def test_a_password_is_taken_as_it_is(value: str) -> None:
    assert policy.password(value, "alice@example.org", "Alice") == value


@pytest.mark.parametrize(
    "value",
    [
        None, "", 7, "7letter", "x1" * 129, "longer\0longer", "longer\ud800longer", "Alice@Example.org",
        "ALICE MILLER", "password", "PassWord1", "12345678", "qwertyuiop", "zzzzzzzzzzzz",
    ],
)  # fmt: skip
def test_a_weak_password_is_refused(value: object) -> None:
    with pytest.raises(policy.Unfit):
        policy.password(value, "alice@example.org", "Alice Miller")


def test_a_password_typed_on_another_system_is_the_same() -> None:
    assert policy.typed_password(unicodedata.normalize("NFD", "mötörhead")) == "mötörhead"


def test_every_common_password_is_long_enough_to_need_the_list() -> None:
    assert [word for word in policy._COMMON if len(word) < policy.PASSWORD_MIN or word != word.casefold()] == []
