"""Who guesses is slowed down; who is guessed at is not kept out."""

from __future__ import annotations

import pytest

from tests.unit.accounts.conftest import Clock
from tgcfd.accounts.guesses import Guesses
from tgcfd.errors import InvalidBody, SecondFactorNeeded, TooManyRequests, Violation, WrongCode, WrongLogin

ALICE = "alice@example.org"
HOME, STRANGER = "192.0.2.1", "198.51.100.1"


@pytest.fixture
def guesses(clock: Clock) -> Guesses:
    return Guesses(by_address=30, by_account=10, clock=clock)


def wrong(guesses: Guesses, address: str, email: str = ALICE, count: int = 1) -> None:
    for _ in range(count):
        with pytest.raises(WrongLogin), guesses.log_in(address, email, None):
            raise WrongLogin


def refused(guesses: Guesses, address: str, email: str = ALICE, code: str | None = None) -> int:
    """Hold that a try is refused; returns after how many seconds to come again."""
    with pytest.raises(TooManyRequests) as caught, guesses.log_in(address, email, code):
        raise AssertionError("the password is not even looked at")
    return int(caught.value.headers["Retry-After"])


def right(guesses: Guesses, address: str, email: str = ALICE) -> None:
    with guesses.log_in(address, email, None):
        pass


def test_an_address_that_guesses_on_one_account_waits_as_long_as_it_is_told(guesses: Guesses, clock: Clock) -> None:
    wrong(guesses, STRANGER, count=10)
    wait = refused(guesses, STRANGER)
    assert wait == 6
    clock.now += wait
    wrong(guesses, STRANGER)
    refused(guesses, STRANGER)


def test_the_same_account_in_other_letters_is_the_same(guesses: Guesses) -> None:
    for number in range(10):
        wrong(guesses, STRANGER, f"  {'ALICE' if number % 2 else 'Alice'}@example.org ")
    refused(guesses, STRANGER)


def test_an_address_that_goes_from_account_to_account_waits_too(guesses: Guesses) -> None:
    for number in range(30):
        wrong(guesses, STRANGER, f"person{number}@example.org")
    refused(guesses, STRANGER, "another@example.org")
    right(guesses, HOME, "another@example.org")


def test_who_succeeds_is_never_counted(guesses: Guesses) -> None:
    for _ in range(1000):
        right(guesses, HOME)


def test_what_fails_for_another_reason_is_not_counted(guesses: Guesses) -> None:
    for _ in range(100):
        with pytest.raises(SecondFactorNeeded), guesses.log_in(HOME, ALICE, None):
            raise SecondFactorNeeded


def test_a_stranger_does_not_keep_the_owner_out(guesses: Guesses) -> None:
    wrong(guesses, STRANGER, count=10)
    refused(guesses, STRANGER)
    right(guesses, HOME)


def test_many_strangers_are_slowed_down_together_but_not_where_the_owner_has_logged_in_before(
    guesses: Guesses,
) -> None:
    right(guesses, HOME)
    for number in range(100):
        wrong(guesses, f"198.51.100.{number}")
    refused(guesses, "203.0.113.1")
    for _ in range(3):
        right(guesses, HOME)
    wrong(guesses, HOME, count=10)
    refused(guesses, HOME)


def test_whoever_comes_through_a_proxy_that_nobody_named_is_not_counted_by_address(guesses: Guesses) -> None:
    for number in range(200):
        wrong(guesses, "127.0.0.1", f"person{number}@example.org")
    wrong(guesses, "127.0.0.1", count=100)
    refused(guesses, "127.0.0.1")
    right(guesses, HOME)


def test_codes_are_few_even_with_the_right_password(guesses: Guesses, clock: Clock) -> None:
    for _ in range(10):
        with pytest.raises(WrongCode), guesses.log_in(STRANGER, ALICE, "123456"):
            raise WrongCode
        clock.now += 6
    assert refused(guesses, STRANGER, code="123456") > 200
    right(guesses, HOME)


def test_a_code_that_nobody_looked_at_is_not_counted_as_one(guesses: Guesses, clock: Clock) -> None:
    for _ in range(30):
        with pytest.raises(WrongLogin), guesses.log_in(HOME, ALICE, "123456"):
            raise WrongLogin
        clock.now += 6
    with pytest.raises(WrongCode), guesses.log_in(HOME, ALICE, "123456"):
        raise WrongCode


def test_wrong_confirmations_are_as_many_an_hour(guesses: Guesses, clock: Clock) -> None:
    def confirm(*pointers: str) -> None:
        with guesses.confirmation("alice"):
            raise InvalidBody(*(Violation(pointer, "no") for pointer in pointers))

    for _ in range(50):
        with pytest.raises(InvalidBody):
            confirm("/name")
    for _ in range(10):
        with pytest.raises(InvalidBody):
            confirm("/current_password")
    with pytest.raises(TooManyRequests) as caught:
        confirm("/current_password")
    assert caught.value.headers["Retry-After"] == "360"
    with guesses.confirmation("bob"):
        pass


def test_what_was_typed_does_not_stay_in_memory(guesses: Guesses) -> None:
    typed = "my-password-typed-by-mistake"
    wrong(guesses, STRANGER, typed)
    held = [vars(value) for value in vars(guesses).values() if hasattr(value, "__dict__")]
    assert typed not in repr(held)


@pytest.mark.parametrize("email", [None, 5, "", "\ud800", "x" * 100_000, ["a"]])
def test_anything_may_have_been_typed(guesses: Guesses, email: object) -> None:
    with pytest.raises(WrongLogin), guesses.log_in(STRANGER, email, None):
        raise WrongLogin
