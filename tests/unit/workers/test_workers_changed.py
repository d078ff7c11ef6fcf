"""What becomes of workers when somebody else changes or deletes their person's account."""

from __future__ import annotations

import pytest

from tests.unit.workers.house import ALICE, BOB, House, next_daemon
from tgcfd import errors
from tgcfd.mode import Mode
from tgcfd.workers.process import ProcessSupervisor
from tgcfd.workers.supervisor import STOPPED_BY_OWNER, State

READY = [["notify", "READY=1"], ["pause"]]
DISABLE = "update account set disabled = 1 where id = 'id-alice'"
STOP = (
    "update worker set desired = 'stopped', stopped_by = 'owner', changed = changed + 1 where account_id = 'id-alice'"
)


async def running(house: House) -> None:
    for person in (ALICE, BOB):
        await house.set_up(person, *READY)
        await house.workers.run(person)
        await house.processes.until(person.slug, lambda status: status.state is State.RUNNING)


async def test_who_is_disabled_is_stopped_and_others_are_not(house: House) -> None:
    await running(house)
    await house.change(DISABLE)
    await house.change(STOP)
    await house.workers.put_right("alice")
    assert house.workers.status(ALICE).state is State.STOPPED
    assert house.workers.status(ALICE).reason == STOPPED_BY_OWNER
    assert house.workers.status(BOB).is_running


async def test_who_is_disabled_is_not_started_by_anything(house: House) -> None:
    await running(house)
    await house.change(DISABLE)
    await house.workers.put_right("alice")
    with pytest.raises(errors.Unauthorized):
        await house.workers.run(ALICE)
    await house.workers.config_changed(ALICE)
    await next_daemon(house).reconcile_once()
    assert not house.workers.status(ALICE).is_running
    assert await house.wish(ALICE) == ("running", Mode.LIVE), "as it was before: nothing of it was written"


async def test_who_is_deleted_is_stopped_and_forgotten(house: House, caplog: pytest.LogCaptureFixture) -> None:
    await running(house)
    await house.change("delete from account where id = 'id-alice'")
    await house.workers.forget("alice")
    assert not house.processes.supervisor.status("alice").is_running
    assert "Traceback" not in caplog.text
    assert house.workers.status(BOB).is_running


async def test_a_past_run_of_who_is_deleted_ends_without_a_fault(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    await house.set_up(ALICE, ["wait_for", "go"], ["report", {"finished": True}], ["exit", 0])
    await house.workers.run(ALICE, Mode.PAST)
    await house.change("delete from account where id = 'id-alice'")
    (house.processes.folder("alice") / "go").touch()
    assert (await house.settled(ALICE)).state is State.FINISHED
    assert "could not be done" not in caplog.text


async def test_while_the_host_does_not_answer_nobody_says_that_it_is_done(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await running(house)
    with monkeypatch.context() as patched:
        patched.setattr(ProcessSupervisor, "is_away", True)
        with pytest.raises(errors.HostNotAnswering):
            await house.workers.forget("alice")
    await house.workers.forget("alice")


async def test_who_should_run_goes_on(house: House) -> None:
    await running(house)
    before = house.workers.status(ALICE)
    await house.workers.put_right("alice")
    assert house.workers.status(ALICE) == before
