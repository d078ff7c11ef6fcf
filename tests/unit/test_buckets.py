"""Token buckets, by a clock that the tests move; and as whom an address is counted."""

from __future__ import annotations

import pytest

from tgcfd.address_key import SITE, address_key
from tgcfd.buckets import Buckets
from tgcfd.limited import Limited


class Clock:
    """Seconds, moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_full_bucket_gives_its_size_at_once_and_then_says_when_there_is_more(clock: Clock) -> None:
    buckets = Buckets(3, 60, clock=clock)

    assert [buckets.take("a") for _ in range(3)] == [0, 0, 0]
    wait = buckets.take("a")

    assert wait == pytest.approx(20)
    clock.now += wait - 1
    assert buckets.take("a") == pytest.approx(1), "what was refused has taken nothing"
    clock.now += 1
    assert buckets.take("a") == 0
    assert buckets.take("a") > 0


def test_it_is_never_fuller_than_full(clock: Clock) -> None:
    buckets = Buckets(2, 60, clock=clock)
    buckets.take("a")
    clock.now += 10_000
    assert [buckets.take("a") > 0 for _ in range(3)] == [False, False, True]
    buckets.give_back("b")
    assert [buckets.take("b") > 0 for _ in range(3)] == [False, False, True]


def test_keys_know_nothing_of_each_other(clock: Clock) -> None:
    buckets = Buckets(1, 60, clock=clock)
    assert buckets.take("a") == buckets.take("b") == 0
    assert buckets.take("a")


def test_what_is_given_back_can_be_taken_again(clock: Clock) -> None:
    buckets = Buckets(2, 60, clock=clock)
    for _ in range(10):
        assert buckets.take("a") == 0
        buckets.give_back("a")
    assert len(buckets) == 0


def test_full_ones_are_forgotten_and_there_are_never_more_than_the_most(clock: Clock) -> None:
    buckets = Buckets(1, 60, most=100, clock=clock)
    for number in range(1000):
        buckets.take(number)
    assert len(buckets) == 100
    assert buckets.take(999), "the latest are kept"
    clock.now += 60
    for number in range(100):
        buckets.take(number)
        clock.now += 61
    assert len(buckets) == 1


@pytest.mark.parametrize("here", ["127.0.0.1", "::1", "", None, "::ffff:127.0.0.1", "/run/tgcfd.sock"])
def test_this_host_is_nobody(here: str | None) -> None:
    assert address_key(here) is None


def test_a_subscriber_is_one_whichever_of_their_addresses_they_take() -> None:
    assert address_key("2001:db8:1:2::1") == address_key("2001:db8:1:2:ffff::9") == "2001:db8:1:2::/64"
    assert address_key("2001:db8:1:3::1") != address_key("2001:db8:1:2::1")
    assert address_key("::ffff:192.0.2.1") == address_key("192.0.2.1") == "192.0.2.1"
    assert address_key("fe80::1%eth0") == "fe80::/64"
    assert address_key("127.0.0.2") == "127.0.0.2"
    assert address_key("2001:db8:1:2::1", SITE) == address_key("2001:db8:1:3::1", SITE) == "2001:db8:1::/48"
    assert address_key("192.0.2.1", SITE) == "192.0.2.1"


def test_the_owner_is_told_once_a_minute(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    limited = Limited(clock)
    for _ in range(3):
        limited.say("log-ins", "from 192.0.2.7")
    limited.say("log-ins", "from 192.0.2.8")
    assert caplog.messages == [
        "Too many log-ins from 192.0.2.7: they are refused for a while",
        "Too many log-ins from 192.0.2.8: they are refused for a while",
    ]
    clock.now += 60
    limited.say("log-ins", "from 192.0.2.7")
    assert len(caplog.messages) == 3


def test_many_that_are_limited_do_not_fill_the_log(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    limited = Limited(clock)
    for number in range(1000):
        limited.say("log-ins", f"from 192.0.2.{number}")
    assert len(caplog.messages) == 30
