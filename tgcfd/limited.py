"""Tells the host's owner, and their fail2ban, that somebody is being limited; not more often than they can read."""

from __future__ import annotations

import logging
import time

from tgcfd.buckets import Buckets, Clock

_SECONDS = 60.0
_IN_ALL = 30  # lines in so many seconds, whoever they are about

_log = logging.getLogger(__name__)


class Limited:
    """A line about each of them once a minute at most."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._each = Buckets(1, _SECONDS, clock=clock)
        self._all = Buckets(_IN_ALL, _SECONDS, clock=clock)

    def say(self, what: str, who: str) -> None:
        """Say that too many ``what`` came ``who``, such as "log-ins" "from 192.0.2.7". Both hold no secret."""
        if not self._each.take((what, who)) and not self._all.take(None):
            _log.warning("Too many %s %s: they are refused for a while", what, who)
