"""What a caller may name."""

from __future__ import annotations

import pytest

from tgcfd.broker import errors, names


@pytest.mark.parametrize("slug", ["al", "alice", "a-1", "a--", "x" * 23, "a0123456789"])
def test_a_slug_is_taken(slug: str) -> None:
    assert names.slug(slug) == slug


@pytest.mark.parametrize(
    "slug",
    ["", "a", "x" * 24, "Alice", "1a", "-a", "a/b", "../x", "..", "a.b", "a%n", "a b", "alice\n", "\nalice", "a\0b",
     "a@b", "alic\N{LATIN SMALL LETTER E WITH ACUTE}", "a\N{ARABIC-INDIC DIGIT ONE}", "a\N{FULLWIDTH DIGIT ONE}", "a_b",
     "a$b", "a;b"],
)  # fmt: skip
def test_what_is_no_slug_is_refused(slug: str) -> None:
    with pytest.raises(errors.BadSlug):
        names.slug(slug)


@pytest.mark.parametrize("mode", ["", "Live", "live\n", "sign-in", "live past", "--parent", "past "])
def test_what_is_no_mode_is_refused(mode: str) -> None:
    with pytest.raises(errors.BadMode):
        names.mode(mode)


@pytest.mark.parametrize(
    "profile", ["", "a" * 33, "Standard", "a.b", "a\n", "1", "-", "a/b", "a\N{ARABIC-INDIC DIGIT ONE}"]
)
def test_what_is_no_profile_name_is_refused(profile: str) -> None:
    with pytest.raises(errors.BadProfile):
        names.profile(profile)


def test_errors_go_over_the_bus_with_their_whole_name() -> None:
    assert errors.BadSlug.__name__ == "org.tgcfd.Units1.Error.BadSlug"
    assert errors.HostNotAnswering("x").short == "HostNotAnswering"


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("alice", "alice"),
        ("a\nPRIORITY=0\x1b[31m", "a\\nPRIORITY=0\\x1b[31m"),
        ("é\N{RIGHT-TO-LEFT OVERRIDE}", "\\xe9\\u202e"),
        ("x" * 1000, "x" * 40 + "..."),
    ],
)
def test_what_was_sent_is_fit_for_a_line(sent: str, shown: str) -> None:
    assert names.shown(sent) == shown
