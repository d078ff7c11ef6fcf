"""What a worker is given at its start, and what is taken back of it: both with ``Known.files`` held."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

from tgcfd import errors
from tgcfd.storage.desired import DesiredStates
from tgcfd.workers.base import base_of, now_of, rebase
from tgcfd.workers.configs import Configs
from tgcfd.workers.known import Known
from tgcfd.workers.report import read_report, remove_report

_log = logging.getLogger(__name__)


class Files:
    """The files in people's folders, on the side of the daemon."""

    def __init__(self, configs: Configs, desired: DesiredStates, users_dir: Path) -> None:
        self._configs = configs
        self._desired = desired
        self._users_dir = users_dir

    async def hand_over(self, slug: str, known: Known, config: dict[str, Any]) -> None:
        """Write what the worker starts with, and remember it to tell later what the worker changed."""
        rendered = await self._configs.rendered(slug, config)
        # First: a report of the last run must not be merged as a change to what this run was given.
        await asyncio.to_thread(remove_report, self._users_dir / slug)
        # In this order: if only the first succeeds, what the person changed looks as if the worker had made the same
        # change; the other way round, it would look as if the worker had undone it.
        await self._configs.write_rendered(slug, rendered)
        await self._desired.set_base(known.account_id, base_of(rendered))

    async def take_back(self, slug: str, known: Known) -> None:
        """Take over what the worker has changed of its configuration. Raises ConfigUnreadable."""
        report = await asyncio.to_thread(read_report, self._users_dir / slug)
        if report is None or report.mode is None or (report.forwards is None and report.style is None):
            return
        base = await self._desired.get_base(known.account_id)
        if base is None:
            return
        now = now_of(base, report, report.mode)
        if now == {"forwards": base["forwards"], "style": base["plugins"]["fmt"]["style"]}:
            return
        try:
            await self._configs.take_back(slug, base, now)
        except errors.ConfigInvalid as error:
            if known.refused != now:  # said once, tried again whenever the configuration is looked at
                _log.warning("What the worker of %s changed is not taken over: %s", slug, error)
            known.refused = now
            return
        known.refused = None
        current = (await self._configs.read(slug)).config
        await self._desired.set_base(known.account_id, rebase(base, now, current))
