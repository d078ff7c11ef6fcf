"""``/api/run``, ``/api/stop``, ``/api/status``: a person's running tgcf."""

from __future__ import annotations

import json
from collections import OrderedDict
from dataclasses import asdict
from typing import Any, TypeGuard

from aiohttp import web

from tgcfd.api.authentication import account_of
from tgcfd.api.body import read_body
from tgcfd.api.contract import operations
from tgcfd.mode import Mode
from tgcfd.workers.report import Report
from tgcfd.workers.service import Workers
from tgcfd.workers.supervisor import Reason, WorkerStatus


class WorkerRoutes:
    """Starts and stops a person's worker and says how it is."""

    def __init__(self, workers: Workers) -> None:
        self._workers = workers
        self._answers = _Answers()

    def routes(self) -> list[web.RouteDef]:
        """The routes, to be added to the application."""
        return [
            web.get("/api/status", self.status, allow_head=False),  # first, as pages ask often
            web.post("/api/run", self.run),
            web.post("/api/restart", self.restart),
            web.post("/api/stop", self.stop),
        ]

    async def run(self, request: web.Request) -> web.Response:
        """Start the worker, or say that it runs already."""
        mode = await _mode(request, "/api/run")
        person = account_of(request)
        before = self._workers.status(person).pid
        status = await self._workers.run(person, mode)
        words = "TGCF process is running already" if status.pid == before else "TGCF process started"
        return web.json_response({"status": words, "pid": status.pid, "mode": status.mode})

    async def restart(self, request: web.Request) -> web.Response:
        """Start the worker with the configuration as it is stored now, whether it runs or not."""
        mode = await _mode(request, "/api/restart")
        status = await self._workers.restart(account_of(request), mode)
        return web.json_response({"status": "TGCF process started", "pid": status.pid, "mode": status.mode})

    async def stop(self, request: web.Request) -> web.Response:
        """End the worker and wait until it is gone."""
        await self._workers.stop(account_of(request))
        return web.json_response({"status": "TGCF process stopped"})

    async def status(self, request: web.Request) -> web.Response:
        """Say whether it runs, and if not, why not."""
        person = account_of(request)
        status = self._workers.status(person)
        report = await self._workers.report(person)
        return web.Response(body=self._answers.of(person.slug, status, report), content_type="application/json")


async def _mode(request: web.Request, path: str) -> Mode | None:
    body = await read_body(request, operations()["POST", path])
    return Mode(body["mode"]) if "mode" in body else None


class _Answers:
    """The answers given last: a page asks again and again, and mostly nothing has changed."""

    SIZE = 1000

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[WorkerStatus, Report | None, bytes]] = OrderedDict()

    def of(self, slug: str, status: WorkerStatus, report: Report | None) -> bytes:
        kept = self._kept.get(slug)
        if kept and kept[0] == status and kept[1] is report:
            return kept[2]
        body = json.dumps(answer(status, report)).encode()
        self._kept[slug] = (status, report, body)
        self._kept.move_to_end(slug)
        if len(self._kept) > self.SIZE:
            self._kept.popitem(last=False)
        return body


def answer(status: WorkerStatus, report: Report | None) -> dict[str, Any]:
    """Say how a worker is, as the contract's Status has it."""
    said: dict[str, Any] = {"isRunning": status.is_running}
    if status.is_running and status.started is not None:
        said |= {"pid": status.pid, "startTime": status.started.isoformat()}
        if _is_of(report, status) and report.config_rendered is not None:
            said["configTime"] = report.config_rendered.isoformat()
    return said | {
        "state": status.state,
        "mode": status.mode,
        "text": status.text,
        "reason": _dict(_reason(status, report)),
        "restarts": status.restarts,
        "counters": None if report is None else dict(report.counters),
        "problems": [asdict(item) for item in report.problems] if report else [],
    }


def _reason(status: WorkerStatus, report: Report | None) -> Reason | None:
    """Why it does not run; while it runs, what it says itself is wrong, such as a flood wait."""
    if status.is_running and _is_of(report, status):
        return report.reason
    return status.reason


def _is_of(report: Report | None, status: WorkerStatus) -> TypeGuard[Report]:
    """Whether what was said last was said by what runs, not by what ran before it."""
    return report is not None and report.pid == status.pid


def _dict(reason: Reason | None) -> dict[str, Any] | None:
    return None if reason is None else asdict(reason)
