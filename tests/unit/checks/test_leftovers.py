"""``tgcfd check`` after a restore that was interrupted."""

from __future__ import annotations

from pathlib import Path

from tgcfd.backup import in_use
from tgcfd.checks import leftovers
from tgcfd.checks.finding import Level
from tgcfd.checks.host import Host
from tgcfd.settings import Settings, SupervisorKind


def test_what_an_interrupted_restore_has_left_is_said_and_how_to_be_rid_of_it(tmp_path: Path) -> None:
    host = Host(Settings(supervisor=SupervisorKind.PROCESS, state_dir=tmp_path))
    assert list(leftovers.of_restores(host)) == []
    (tmp_path / "users.restored").mkdir()
    (found,) = leftovers.of_restores(host)
    assert found.level is Level.WARNING
    assert str(tmp_path / "users.restored") in found.text
    assert found.commands == ("tgcfd restore",)


def test_one_that_is_under_way_has_left_nothing_yet(tmp_path: Path) -> None:
    (tmp_path / "users.restored").mkdir()
    with in_use.alone(tmp_path):
        assert list(leftovers.of_restores(Host(Settings(supervisor=SupervisorKind.PROCESS, state_dir=tmp_path)))) == []


def test_where_there_is_no_data_nothing_is_left(tmp_path: Path) -> None:
    host = Host(Settings(supervisor=SupervisorKind.PROCESS, state_dir=tmp_path / "none"))
    assert list(leftovers.of_restores(host)) == []
