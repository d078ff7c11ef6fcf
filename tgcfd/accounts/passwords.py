"""Passwords are kept as argon2id hashes, computed off the event loop."""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Callable
from typing import TypeVar

import argon2
from argon2.exceptions import HashingError, VerificationError, VerifyMismatchError

from tgcfd import errors
from tgcfd.address_key import SITE, address_key
from tgcfd.audit.actor import ACTOR
from tgcfd.threads import BoundedThreads
from tgcfd.turns import Turns

# Named here, not left to the library: its own choice differs between the versions that we run on.
# RFC 9106 section 4, second recommended option: 64 MiB for each hash that is being computed.
_TIME_COST = 3
_MEMORY_KIB = 64 * 1024
_LANES = 4

_NICE = 10  # nobody else is to wait for a processor because somebody logs in; beside other services it counts nothing

_BUSY = "Too many people are logging in at this moment; try again in a second."

T = TypeVar("T")


class Passwords:
    """Hashes and verifies, a few at a time: each takes much memory and time on purpose.

    Addresses take turns, so that a flood from one of them does not keep others out.
    """

    def __init__(self, hasher: argon2.PasswordHasher | None = None, *, threads: int = 2, waiting: int = 64) -> None:
        """``hasher``: other costs than the usual ones (tests use cheap ones)."""
        self._hasher = hasher or argon2.PasswordHasher(_TIME_COST, _MEMORY_KIB, _LANES)
        self._threads = BoundedThreads(
            "tgcfd-passwords",
            threads=threads,
            waiting=waiting,
            busy=_BUSY,
            nice=_NICE,
        )
        self._turns = Turns(at_once=threads, waiting=waiting, busy=_BUSY)
        self._nobody = _hash_of_nobody(self._hasher)

    async def hash(self, password: str) -> str:
        """Return the hash to store. Raises :class:`errors.Busy`."""
        return await self._run(lambda: self._hash(password))

    async def verify(self, stored: str | None, password: str) -> bool:
        """Tell whether ``password`` belongs to the hash ``stored``. Raises :class:`errors.Busy`.

        None stands for an account that does not exist: takes as long as any other, and is never right.
        """
        return await self._run(lambda: self._verify(stored or self._nobody, password))

    def needs_rehash(self, stored: str) -> bool:
        """Tell whether ``stored`` was made with other costs than those of today."""
        return bool(self._hasher.check_needs_rehash(stored))

    async def close(self) -> None:
        """Finish what waits and end the threads."""
        await self._threads.close()

    async def _run(self, call: Callable[[], T]) -> T:
        # Whoever has a whole network takes turns as one: they could fill each place with another address of it.
        who = address_key(ACTOR.get().address, SITE)
        return await self._turns.run(who, lambda: self._threads.run(call))

    def _hash(self, password: str) -> str:
        try:
            return str(self._hasher.hash(password))
        except HashingError as error:
            raise _no_memory() from error

    def _verify(self, stored: str, password: str) -> bool:
        try:
            return bool(self._hasher.verify(stored, password))
        except VerifyMismatchError:
            return False
        except VerificationError as error:
            raise _no_memory() from error


def _no_memory() -> errors.Busy:
    """Return what any failure but a wrong password means: argon2 fails when the host has no memory left."""
    return errors.Busy("The host has no memory left to check passwords; try again in a while.", retry_after=10)


def _hash_of_nobody(hasher: argon2.PasswordHasher) -> str:
    """Make up a hash with today's costs that no password has; computing one would slow its first use down."""
    salt, digest = (b64encode(os.urandom(size)).decode().rstrip("=") for size in (hasher.salt_len, hasher.hash_len))
    costs = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2{hasher.type.name.lower()}$v=19${costs}${salt}${digest}"
