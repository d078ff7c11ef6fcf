"""Slows down whoever guesses passwords and codes, and nobody else: what succeeds does not count.

A stranger who knows an e-mail address must not be able to keep its owner out by failing on purpose. So tries on one
account are counted for each address by itself. Those of all addresses together are bounded as well, for an attacker may
have many, but not for an address from which somebody has logged in to that account lately.
"""

from __future__ import annotations

import hashlib
import math
import secrets
import time
from collections import OrderedDict
from collections.abc import Hashable, Iterator
from contextlib import contextmanager

from tgcfd.accounts import policy
from tgcfd.address_key import address_key
from tgcfd.buckets import Buckets, Clock
from tgcfd.errors import RefreshReused, TooManyRequests, Unauthorized, WrongCode, WrongLogin
from tgcfd.limited import Limited

_MINUTE, _HOUR = 60.0, 3600.0
_STRANGERS = 10  # times as many tries on one account from all addresses together
_MOST_KNOWN = 10_000  # pairs of account and address

Taken = list[tuple[Buckets, Hashable]]


class Guesses:
    """Counts the tries that fail, by account and by address. Belongs to one event loop."""

    def __init__(
        self, *, by_address: int, by_account: int, limited: Limited | None = None, clock: Clock = time.monotonic
    ) -> None:
        """``by_address``, ``by_account``: tries a minute. Of codes, and of who is logged in, as many an hour."""
        self._of_address = Buckets(by_address, _MINUTE, clock=clock)
        self._of_pair = Buckets(by_account, _MINUTE, clock=clock)
        self._of_strangers = Buckets(by_account * _STRANGERS, _MINUTE, clock=clock)
        self._codes_of_pair = Buckets(by_account, _HOUR, clock=clock)
        self._codes_of_strangers = Buckets(by_account * _STRANGERS, _HOUR, clock=clock)
        self._of_account = Buckets(by_account, _HOUR, clock=clock)
        self._known: OrderedDict[Hashable, None] = OrderedDict()
        self._limited = limited or Limited(clock)
        self._salt = secrets.token_bytes(16)

    @contextmanager
    def log_in(self, address: str, email: object, code: object) -> Iterator[None]:
        """Around a try to log in, with the e-mail address as it was typed. Raises :class:`TooManyRequests`."""
        who, account = address_key(address), self._account(email)
        pair = (account, who)
        strangers = (account, who is None)  # those who come from this host are not taken for those from elsewhere
        ways: Taken = []
        if who is not None:
            ways += [(self._of_address, who), (self._of_pair, pair)]
        if who is None or pair not in self._known:
            ways.append((self._of_strangers, strangers))
        codes: Taken = []
        if code is not None:
            codes = [(self._codes_of_strangers, strangers)] if pair not in self._known else []
            codes += [(self._codes_of_pair, pair)] if who is not None else []
        with self._trying(ways + codes, "log-ins", f"from {address or 'a Unix socket'}"):
            try:
                yield
            except WrongLogin:
                _give_back(codes)  # nobody has looked at the code
                raise
        if who is not None:
            self._remember(pair)

    @contextmanager
    def refresh(self, address: str) -> Iterator[None]:
        """Around a try to refresh a session."""
        who = address_key(address)
        ways: Taken = [] if who is None else [(self._of_address, who)]
        with self._trying(ways, "refresh tokens", f"from {address}"):
            yield

    @contextmanager
    def confirmation(self, slug: str) -> Iterator[None]:
        """Around what somebody who is logged in has to confirm by their password or a code."""
        with self._trying([(self._of_account, slug)], "wrong passwords and codes", f"for {slug}"):
            yield

    @contextmanager
    def _trying(self, ways: Taken, what: str, who: str) -> Iterator[None]:
        """Count a try in each of these, if all of them have room for it; only what fails stays counted."""
        for number, (buckets, key) in enumerate(ways):
            if wait := buckets.take(key):
                _give_back(ways[:number])
                self._limited.say(what, who)
                after = math.ceil(wait)
                raise TooManyRequests(f"There were too many wrong tries; try again in {after} s.", after)
        try:
            yield
        except BaseException as error:
            if not _is_wrong_guess(error):
                _give_back(ways)
            raise
        _give_back(ways)

    def _account(self, email: object) -> bytes:
        """Stands for the account, or for what was typed in its place: people type their password there, too."""
        try:
            typed = policy.email_key(policy.email(email))
        except policy.Unfit:
            typed = str(email)
        return hashlib.blake2b(typed.encode("utf-8", "surrogatepass"), digest_size=16, key=self._salt).digest()

    def _remember(self, pair: Hashable) -> None:
        self._known[pair] = None
        self._known.move_to_end(pair)
        if len(self._known) > _MOST_KNOWN:
            self._known.popitem(last=False)


def _is_wrong_guess(error: BaseException) -> bool:
    if isinstance(error, WrongLogin | WrongCode | RefreshReused | Unauthorized):
        return True
    return any(item.pointer == "/current_password" for item in getattr(error, "errors", ()))


def _give_back(ways: Taken) -> None:
    for buckets, key in ways:
        buckets.give_back(key)
