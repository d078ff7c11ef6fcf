"""Real parts with a cheap argon2: an account service over a fresh database."""

from __future__ import annotations

from pathlib import Path

import argon2
import pytest

from tgcfd.accounts.keys import Key, Keys
from tgcfd.accounts.passwords import Passwords
from tgcfd.accounts.second_factor import SecondFactor
from tgcfd.accounts.service import Accounts
from tgcfd.accounts.tokens import Tokens
from tgcfd.settings import Registration
from tgcfd.storage.database import Database

NOW = 1_800_000_000.0  # a step of authenticator apps begins


class Clock:
    """Seconds since the epoch, as the test says."""

    now = NOW

    def __call__(self) -> float:
        return self.now


class CountingHasher(argon2.PasswordHasher):
    """Argon2 with the least costs; counts what it is asked to do."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.verified: list[str] = []
        self.hashed = 0

    def verify(self, stored, password):
        self.verified.append(stored)
        return super().verify(stored, password)

    def hash(self, password):
        self.hashed += 1
        return super().hash(password)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def hasher() -> CountingHasher:
    return CountingHasher()


@pytest.fixture
async def db(tmp_path: Path):
    database = Database(tmp_path / "tgcfd.db")
    await database.open()
    yield database
    await database.close()


@pytest.fixture
async def passwords(hasher: CountingHasher):
    passwords = Passwords(hasher)
    yield passwords
    await passwords.close()


@pytest.fixture
def tokens() -> Tokens:
    return Tokens(Keys(Key.of(b"k" * 32)))


@pytest.fixture
def accounts(db: Database, passwords: Passwords, tokens: Tokens) -> Accounts:
    return Accounts(db, passwords, SecondFactor(db), may_register=Registration.OPEN)
