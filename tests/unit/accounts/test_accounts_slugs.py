"""A person's name on the host: readable, safe as a file and unit name, never given out twice."""

from __future__ import annotations

import pytest

from tgcfd.accounts import slugs


@pytest.mark.parametrize(
    ("email", "slug"),
    [
        ("alice@example.org", "alice"),
        ("Alice.Miller@example.org", "alice-miller"),
        ("alice+telegram@example.org", "alice"),
        ("zoë.müller@example.org", "zoe-muller"),
        ("straße@example.org", "strasse"),
        ("ŁUKASZ@example.org", "lukasz"),
        ("İpek@example.org", "ipek"),
        ("\uff11\uff12\uff41@example.org", "u12a"),
        ("42@example.org", "u42"),
        ("__x__@example.org", "x-person"),
        ("a...b@example.org", "a-b"),
        ("иван@example.org", "person"),
        ("+@example.org", "person"),
        ("root@example.org", "root-person"),
        ("ROOT@example.org", "root-person"),
        ("www-data@example.org", "www-data-person"),
        ("abcdefghijklmnopqrstuv.wxyz@example.org", "abcdefghijklmnopqrstuv"),
        ("a@b@example.org", "a-b"),
    ],
)
def test_a_slug_is_derived_from_the_address(email: str, slug: str) -> None:
    assert slugs.derive(email) == slug
    assert slugs.problem(slug) is None


@pytest.mark.parametrize("word", sorted(slugs.RESERVED))
def test_no_reserved_word_comes_out(word: str) -> None:
    assert slugs.problem(slugs.derive(f"{word}@example.org")) is None


@pytest.mark.parametrize(
    "slug",
    ["", "a", "A1", "1a", "-a", "a-", "a--b", "a_b", "a.b", "a/b", "ä1", "a\u0661", "ab\n", "root", "a" * 24, "\0a"],
)
def test_a_slug_that_does_not_fit_is_explained(slug: str) -> None:
    assert slugs.problem(slug)


@pytest.mark.parametrize("slug", ["ab", "a1", "a-b-c", "a" * 23])
def test_a_slug_that_fits_has_no_problem(slug: str) -> None:
    assert slugs.problem(slug) is None


@pytest.mark.parametrize(
    ("slug", "used", "free"),
    [
        ("alice", [], "alice"),
        ("alice", ["alice"], "alice-2"),
        ("alice", ["alice", "alice-2", "alice-4"], "alice-3"),
        ("a" * 23, ["a" * 23], "a" * 21 + "-2"),
        ("a" * 20 + "-bb", ["a" * 20 + "-bb"], "a" * 20 + "-2"),
        ("ab", ["ab", *(f"ab-{number}" for number in range(2, 120))], "ab-120"),
    ],
)
def test_the_first_free_number_is_taken(slug: str, used: list[str], free: str) -> None:
    assert slugs.first_free(slug, used) == free
    assert slugs.problem(free) is None
    assert free.startswith(slugs.stem(slug))
