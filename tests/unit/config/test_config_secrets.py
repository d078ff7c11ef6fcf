"""A secret goes in and never comes out; what a reader got can be posted back and changes nothing."""

from typing import Any

import pytest

from tgcfd.config import schema
from tgcfd.config.secrets import SET, hide, merge

STORED = {"login": {"API_ID": 5, "API_HASH": "hash", "BOT_TOKEN": "token"}}


def test_a_reader_sees_only_that_a_secret_is_set() -> None:
    hidden = hide(schema.fill(STORED))["login"]
    assert (hidden["API_HASH"], hidden["BOT_TOKEN"], hidden["SESSION_STRING"]) == (SET, SET, "")
    assert hidden["API_ID"] == 5


def test_hiding_leaves_the_stored_one_alone() -> None:
    hide(STORED)
    assert STORED["login"]["API_HASH"] == "hash"


def test_what_was_read_can_be_posted_back() -> None:
    full = schema.fill(STORED)
    assert merge(hide(full), STORED) == (full, [])


@pytest.mark.parametrize("posted", [{}, {"login": {}}, {"login": {"API_HASH": SET}}])
def test_absent_or_the_placeholder_keeps_a_secret(posted: Any) -> None:
    merged, faults = merge(posted, STORED)
    assert merged["login"]["API_HASH"] == "hash"
    assert merged["login"]["BOT_TOKEN"] == "token"
    assert faults == []


def test_empty_clears_a_secret_and_another_value_replaces_it() -> None:
    merged, faults = merge({"login": {"API_HASH": "", "BOT_TOKEN": "new"}}, STORED)
    assert merged["login"] == {"API_HASH": "", "BOT_TOKEN": "new"}
    assert faults == []


def test_a_placeholder_where_nothing_is_stored_is_refused() -> None:
    _, faults = merge({"login": {"SESSION_STRING": SET}}, STORED)
    assert [fault.pointer for fault in faults] == ["/login/SESSION_STRING"]


@pytest.mark.parametrize("posted", [[], "x", None, 5, {"login": []}, {"login": None}, {"login": {"API_HASH": None}}])
def test_what_is_no_configuration_comes_back_for_the_schema_to_refuse(posted: Any) -> None:
    merged, _ = merge(posted, STORED)
    assert schema.violations(merged)


def test_a_stored_file_of_another_shape_does_no_harm() -> None:
    assert merge({}, {"login": "x"}) == ({}, [])
