"""Puts a backup in the place of a host's data.

In this order: the archive is unpacked beside the data and looked at; what runs is stopped; a note in the data folder
says that the former data is to be replaced (:mod:`tgcfd.backup.plan`); each part is swapped by renames; what ran is
started. Until the note is there, the former data is the host's and untouched; from then on the daemon does not start,
and another ``tgcfd restore`` carries out what is left, whatever that is.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from tgcfd.backup import leftovers, restored_database, restored_settings
from tgcfd.backup import plan as plans
from tgcfd.backup.contents import Header
from tgcfd.backup.folder_walk import DIRECTORY
from tgcfd.backup.folders import At, dropped, made, removed, require_own, swap, swap_database
from tgcfd.backup.in_use import wait_for
from tgcfd.backup.interruptions import too_late
from tgcfd.backup.owners_part import as_owner
from tgcfd.backup.places import Places, hosts_owner
from tgcfd.backup.plan import Plan
from tgcfd.backup.services import Services
from tgcfd.backup.sqlite_copy import COPIES
from tgcfd.backup.tar_reader import damaged
from tgcfd.backup.unpack import Unpacking
from tgcfd.errors import Refused, SettingsError
from tgcfd.places import DATABASE, KEYS, LOCK, USERS
from tgcfd.storage.desired import wish_anew
from tgcfd.wording import reason

Tell = Callable[[list[Path]], None]
"""Told where the former data is, if any, once it is replaced and before anything is started; raises nothing."""

_LOCKED = 10.0  # seconds until a daemon that was stopped has let go of it
_LOCK_FLAGS = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_LOGS = "logs"


@dataclass(frozen=True)
class Unpacked:
    """A backup that is unpacked and sound; ``accounts`` are those in it, ``former`` those of the host."""

    header: Header
    accounts: int
    former: int
    """-1: its database cannot be read."""
    settings: dict[str, str]


class HalfDone(Refused):
    """The data is being replaced, or has been, and something is left to do; the text says what to type."""


class Restore:
    """One restore of a host's data."""

    def __init__(self, places: Places, services: Services, at: At = lambda _: None) -> None:
        self._places = places
        self._services = services
        self._at = at
        self._state = places.state_dir
        self._new_state, self._new_users = unpacked_in(places.state_dir, places.users)
        self._has_begun = False
        self.idle = ""
        """What to tell the owner where none of the host's services ran before, and so none is started."""

    # --- what an earlier one left

    def take_up(self, tell: Callable[[str, list[Path]], None]) -> bool:
        """Finish a restore that was interrupted, or undo it if it has not changed anything yet; whether there was one.

        ``tell`` is told which, as :data:`Tell` is. Raises as :meth:`carry_out` does.
        """
        undone = "A restore that was interrupted had not changed anything yet."
        plan = self._plan()
        if plan is None:
            if not self._has_leftovers():
                return False
            self.clear()
            tell(undone, [])
            return True
        self._has_begun = True
        with self._undone_upon_error(plan), ExitStack() as still:
            still.enter_context(self._standing_still())
            with too_late():
                if plan.committed:
                    self._finish(
                        plan, still, lambda former: tell("The restore that was interrupted is finished.", former)
                    )
                else:
                    still.close()
                    self._undo(plan)
                    tell(undone, [])
        return True

    def _has_leftovers(self) -> bool:
        """Whether one was killed before it had a plan; or the daemon, which can clear only its own, took that away."""
        return (
            self._new_state.exists()
            or self._new_users.exists()
            or restored_settings.are_there(self._places.settings_file)
        )

    def _plan(self) -> Plan | None:
        def read() -> dict[str, Any] | None:
            plan = plans.read(self._state)
            return None if plan is None else asdict(plan)

        found = self._owned(read)
        return None if found is None else Plan.of(found)

    # --- before anything is changed

    def unpack(self, archive: BinaryIO) -> Unpacked:
        """Unpack a backup beside the data, and look at all of it. Raises :class:`Refused`; :meth:`clear` removes it."""
        if os.path.ismount(self._places.users):
            raise Refused(f"{self._places.users} is a mount point and cannot be replaced: mount its parent instead")
        if not self._places.on_host:  # nobody else will stop it
            with self._locked(LOCK, _served(self._state)):
                pass
        self.clear()
        self._owned(lambda: made(self._new_state))
        users = self._make_users()
        try:
            found = self._owned(lambda: self._unpacked(archive, users))
        finally:
            os.close(users)
        self._at("unpacked")
        return Unpacked(Header(**found["header"]), found["accounts"], found["former"], found["settings"])

    def clear(self) -> None:
        """Remove what was unpacked."""
        self._owned(lambda: removed(self._new_state))
        self._owned(lambda: leftovers.remove(self._state, COPIES))
        if self._places.on_host:
            removed(self._new_users)
        else:
            self._owned(lambda: removed(self._new_users))
        restored_settings.clear(self._places.settings_file)

    def _make_users(self) -> int:
        """Make the folder for the people's, and open it: where only root gets to, this is root's part."""
        if not self._places.on_host:
            self._owned(lambda: made(self._new_users, 0o750))
            return os.open(self._new_users, DIRECTORY)
        owner = hosts_owner()
        made(self._new_users)
        folder = os.open(self._new_users, DIRECTORY)
        os.fchown(folder, owner.uid, owner.gid)
        os.fchmod(folder, 0o2750)  # as tmpfiles.d makes it
        return folder

    def _unpacked(self, archive: BinaryIO, users: int) -> dict[str, Any]:
        state = os.open(self._new_state, DIRECTORY)
        try:
            found = Unpacking(state, users, self._state).unpack(archive)
        finally:
            os.close(state)
        slugs = restored_database.check(self._new_state / DATABASE)
        if strange := sorted(set(os.listdir(users)) - set(slugs)):
            raise damaged(f"{strange[0]} has a folder in it, and no account")
        (self._new_state / KEYS).mkdir(mode=0o700, exist_ok=True)
        return {**found, "accounts": len(slugs), "former": restored_database.accounts(self._state / DATABASE)}

    # --- the restore itself

    def carry_out(self, settings: dict[str, str], tell: Tell = lambda _: None) -> None:
        """Replace the data by what was unpacked, and start again what ran.

        ``settings`` are those of the backup that are to be restored, too. Raises :class:`Refused` and OSError, then the
        former data is the host's as before, and :class:`HalfDone`.
        """
        plan = Plan(self._new_time(), self._services.active())
        with self._undone_upon_error(plan):
            if settings:
                restored_settings.lay_out(self._places.settings_file, settings, self._owned)
            self._owned(lambda: plans.write(self._state, plan))
            self._has_begun = True
            self._at("planned")
            with ExitStack() as still:
                still.enter_context(self._standing_still())
                self._at("stopped")
                with too_late():
                    self._commit(plan)
                    self._finish(plan, still, tell)

    def _finish(self, plan: Plan, still: ExitStack, tell: Tell) -> None:
        self._carry_through(plan)
        still.close()  # or no daemon could start
        tell([folder for folder in self._formers(plan.time) if folder.exists()])
        self._start(plan)

    @contextmanager
    def _undone_upon_error(self, plan: Plan) -> Iterator[None]:
        """Undo what was begun, if that fails; raises :class:`HalfDone` where it is too late, or fails, too."""
        try:
            yield
        except HalfDone:
            raise
        except BaseException as error:
            with too_late():
                self._fail(plan, error)
            raise

    def _fail(self, plan: Plan, cause: BaseException) -> None:
        current = self._plan()
        if current is not None and current.committed:
            raise HalfDone(f"{_reason(cause)}\nThe restore is half done; to finish it: sudo tgcfd restore") from cause
        if current is None and not self._has_begun:
            self.clear()
            return
        try:
            self._undo(plan)
        except HalfDone as half:
            raise HalfDone(f"{half}\nNothing was restored: {_reason(cause)}") from cause

    def _new_time(self) -> str:
        """Now, or soon after: the former data's folder is called by it, and none of that name is there yet."""
        now = time.time()
        while any(folder.exists() for folder in self._formers(_written(now))):
            now += 1
        return _written(now)

    def _start(self, plan: Plan, data: str = "restored") -> None:
        try:
            self._services.start(plan.services)
        except Refused as refused:
            raise HalfDone(f"The data is {data}, but tgcfd does not start: systemctl status tgcfd\n{refused}") from None
        self.idle = "" if plan.services else self._services.idle

    def _commit(self, plan: Plan) -> None:
        self._owned(lambda: require_own(self._state))
        self._owned(lambda: _wish_anew(self._new_state / DATABASE))
        self._owned(lambda: made(self._former(plan.time)))
        if self._places.on_host:
            made(self._former_users(plan.time).parent)
        self._at("prepared")
        os.sync()  # all that was unpacked, before it counts
        self._owned(lambda: plans.write(self._state, replace(plan, committed=True)))
        self._at("committed")

    def _undo(self, plan: Plan) -> None:
        """Take back a restore that has not changed anything, and start again what ran. Raises :class:`HalfDone`."""
        try:
            self._take_back(plan)
        except (Refused, SettingsError, OSError) as error:
            self._start(plan, f"as before, with a rest of the restore ({_reason(error)})")
            raise HalfDone(
                f"The data is as before, but a rest of the restore is left: {_reason(error)}\n"
                "To remove that once it is mended: sudo tgcfd restore"
            ) from error
        self._start(plan, "as before")

    def _take_back(self, plan: Plan) -> None:
        try:
            self.clear()  # first, for it makes room
        finally:
            if self._places.on_host and (self._state / DATABASE).is_file():
                with suppress(Refused):  # a database that cannot be written is not for us to mend
                    self._owned(lambda: _wish_anew(self._state / DATABASE))
        self._drop_empty_formers(plan.time)
        self._owned(lambda: plans.remove(self._state))

    def _carry_through(self, plan: Plan) -> None:
        """Do what is left to do after the commit; each step may have been done already."""
        self._owned(lambda: self._swap_state(self._former(plan.time)))
        if self._places.on_host:
            self._swap_users(plan.time)
        else:
            self._owned(lambda: self._swap_users(plan.time))
        self._at("users")
        restored_settings.swap(self._places.settings_file, plan.time)
        self._at("settings")
        os.sync()
        self._owned(lambda: removed(self._new_state))
        self._drop_empty_formers(plan.time)
        self._owned(lambda: plans.remove(self._state))
        self._at("done")

    def _swap_state(self, former: Path) -> None:
        new = self._new_state
        swap_database(new, self._state, former, self._at)
        swap(new / KEYS, self._state / KEYS, former / KEYS, self._at)
        # Of whoever had a slug before, without systemd; with it, they stay in the journal, and nobody sees older ones.
        if (self._state / _LOGS).exists() and not (former / _LOGS).exists():
            (self._state / _LOGS).rename(former / _LOGS)
            self._at(_LOGS)

    def _swap_users(self, when: str) -> None:
        swap(self._new_users, self._places.users, self._former_users(when), self._at)

    def _former(self, when: str) -> Path:
        return self._state / f"before-restore-{when}"

    def _former_users(self, when: str) -> Path:
        return self._places.users.parent / f"before-restore-{when}" / USERS

    def _formers(self, when: str) -> list[Path]:
        """The folders for the former data: two where systemd runs the workers, else one."""
        return sorted({self._former(when), self._former_users(when).parent})

    def _drop_empty_formers(self, when: str) -> None:
        """Of a host that had no data, none is kept."""
        if self._places.on_host:
            dropped(self._former_users(when))
            dropped(self._former_users(when).parent)
        else:
            self._owned(lambda: dropped(self._former_users(when)))
        self._owned(lambda: dropped(self._former(when)))

    @contextmanager
    def _standing_still(self) -> Iterator[None]:
        """Stop what uses the data, and keep daemons from it meanwhile."""
        self._services.stop()
        with self._locked(LOCK, _served(self._state), _LOCKED if self._places.on_host else 0):
            yield

    @contextmanager
    def _locked(self, name: str, otherwise: str, timeout: float = 0) -> Iterator[None]:
        path = self._state / name
        # Not touched: the time of the daemon's lock says since when it serves.
        self._owned(lambda: os.close(os.open(path, _LOCK_FLAGS | os.O_CREAT, 0o640)))
        descriptor = os.open(path, _LOCK_FLAGS)
        try:
            wait_for(descriptor, fcntl.LOCK_EX, timeout, otherwise)
            yield
        finally:
            os.close(descriptor)

    def _owned(self, work: Callable[[], Any]) -> Any:  # noqa: ANN401
        return as_owner(self._state, work)


def unpacked_in(state_dir: Path, users: Path) -> tuple[Path, Path]:
    """Where a backup is unpacked: the daemon's part of it, and the people's."""
    return state_dir / "restore", users.with_name("users.restored")


def _wish_anew(database: Path) -> None:
    """The stop of all workers for a restore is in the host's journal, and would look like their owner's."""
    try:
        wish_anew(database)
    except sqlite3.Error as error:
        raise Refused(f"{database}: cannot be written: {error}") from None


def _served(state: Path) -> str:
    return f"a tgcfd serves {state}: stop it first"


def _written(seconds: float) -> str:
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(seconds))


def _reason(error: BaseException) -> str:
    return reason(error) if isinstance(error, Exception) else "it was interrupted"
