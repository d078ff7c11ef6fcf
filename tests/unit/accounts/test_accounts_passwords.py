"""Passwords are hashed off the event loop, a few at a time."""

from __future__ import annotations

import asyncio
import threading

import argon2
import pytest
from argon2.exceptions import HashingError, VerificationError

from tgcfd import errors
from tgcfd.accounts.passwords import Passwords
from tgcfd.audit.actor import ACTOR, Actor

DEADLINE = 20


async def test_only_the_right_password_is_right(passwords: Passwords) -> None:
    stored = await passwords.hash("correct horse")

    assert await passwords.verify(stored, "correct horse")
    assert not await passwords.verify(stored, "Correct horse")


async def test_nobody_has_no_password(passwords: Passwords) -> None:
    assert not await passwords.verify(None, "")


async def test_nobody_costs_what_everybody_costs(passwords: Passwords, hasher) -> None:
    await passwords.verify(None, "x")

    costs = argon2.extract_parameters(hasher.verified[0])
    assert costs == argon2.extract_parameters(await passwords.hash("x"))


async def test_other_costs_than_today_ask_for_a_new_hash(passwords: Passwords) -> None:
    old = argon2.PasswordHasher(time_cost=2, memory_cost=16, parallelism=1).hash("x")

    assert passwords.needs_rehash(old)
    assert not passwords.needs_rehash(await passwords.hash("x"))


async def test_the_usual_costs_are_those_of_rfc_9106() -> None:
    passwords = Passwords()

    stored = await passwords.hash("correct horse")

    assert stored.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert not await passwords.verify(None, "x")
    await passwords.close()


async def test_after_closing_nothing_is_hashed(passwords: Passwords) -> None:
    await passwords.close()

    with pytest.raises(RuntimeError, match="tgcfd-passwords is closed"):
        await passwords.hash("x")


class BlockedHasher(argon2.PasswordHasher):
    """Stops in each hash until told to go on."""

    def __init__(self) -> None:
        super().__init__(1, 8, 1)
        self.go_on = threading.Event()
        self.begun = threading.Semaphore(0)

    def hash(self, password):
        self.begun.release()
        assert self.go_on.wait(DEADLINE)
        return super().hash(password)


async def test_one_too_many_is_refused_and_the_event_loop_stays_free() -> None:
    hasher = BlockedHasher()
    passwords = Passwords(hasher, threads=2, waiting=3)
    calls = [asyncio.create_task(passwords.hash("x")) for _ in range(5)]
    for _ in range(2):
        assert await asyncio.to_thread(hasher.begun.acquire, timeout=DEADLINE)

    with pytest.raises(errors.Busy):
        await passwords.hash("x")

    assert not hasher.begun.acquire(blocking=False), "more ran at once than there are threads"
    hasher.go_on.set()
    assert len(await asyncio.wait_for(asyncio.gather(*calls), DEADLINE)) == 5
    await passwords.close()


async def test_a_network_with_many_addresses_takes_turns_as_one() -> None:
    def ask(address: str) -> asyncio.Task[str]:
        ACTOR.set(Actor("nobody", address=address))  # the task has its own copy
        return asyncio.create_task(passwords.hash("x"))

    hasher = BlockedHasher()
    passwords = Passwords(hasher, threads=1, waiting=2)
    flood = [ask(f"2001:db8:1:{number}::1") for number in range(3)]
    assert await asyncio.to_thread(hasher.begun.acquire, timeout=DEADLINE)

    other = ask("192.0.2.1")
    await asyncio.wait(flood, return_when=asyncio.FIRST_COMPLETED, timeout=DEADLINE)

    hasher.go_on.set()
    assert await asyncio.wait_for(other, DEADLINE)
    ends = await asyncio.wait_for(asyncio.gather(*flood, return_exceptions=True), DEADLINE)
    assert [isinstance(end, errors.Busy) for end in ends] == [False, False, True]
    await passwords.close()


class StarvedHasher(argon2.PasswordHasher):
    """What argon2 does on a host without memory."""

    def hash(self, password):
        raise HashingError("Memory allocation error")

    def verify(self, stored, password):
        raise VerificationError("Memory allocation error")


async def test_no_memory_is_busy_not_a_wrong_password() -> None:
    passwords = Passwords(StarvedHasher(1, 8, 1))

    with pytest.raises(errors.Busy, match="memory"):
        await passwords.hash("x")
    with pytest.raises(errors.Busy, match="memory"):
        await passwords.verify(None, "x")
    await passwords.close()
