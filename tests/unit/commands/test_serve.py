"""Who may serve which data, and what the command says where it serves."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from tgcfd import cli, owner, server
from tgcfd.commands import serve
from tgcfd.settings import AccountSettings, Registration, Settings, SupervisorKind

OPEN = Settings(supervisor=SupervisorKind.PROCESS, accounts=AccountSettings(registration=Registration.OPEN))
OTHER = os.geteuid() + 1


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The data folders that are served, by nobody really."""
    served: list[Path] = []

    async def note(settings: Settings, _host: server.Host) -> None:
        served.append(settings.state_dir)

    monkeypatch.setattr(server, "serve", note)
    return served


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[bool, int | None], Path]:
    """A host where systemd runs, or not, with a user of tgcfd's, or without; returns its data folder."""

    def hosts_daemon(uid: int | None) -> owner.Owner:
        if uid is None:
            raise owner.NotInstalled("there is no user tgcfd on this host")
        return owner.Owner(uid, uid, "tgcfd", ())

    def make(systemd: bool, uid: int | None) -> Path:
        monkeypatch.setattr("tgcfd.settings.systemd_runs", lambda: systemd)
        monkeypatch.setattr(owner, "hosts_daemon", lambda: hosts_daemon(uid))
        monkeypatch.setattr("tgcfd.places.HOST_STATE_DIR", tmp_path / "host")
        (tmp_path / "tgcfd.yml").write_text("supervisor: process\n")
        return tmp_path / "host"

    return make


def tgcfd_serve(state: Path) -> int:
    words = ["serve", "--config", str(state.parent / "tgcfd.yml"), "--state-dir", str(state)]
    # In a thread: its asyncio.run() would take the loop that pytest-asyncio has set for this one, and leave it open.
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(cli.main, words).result()


@pytest.mark.parametrize("name", ["host", "link"])
def test_on_a_host_nobody_but_the_unit_serves_its_data(
    host: Callable[[bool, int | None], Path],
    started: list[Path],
    capsys: pytest.CaptureFixture[str],
    name: str,
) -> None:
    state = host(True, OTHER)
    (state.parent / "link").symlink_to(state)
    assert tgcfd_serve(state.parent / name) == os.EX_CONFIG
    assert capsys.readouterr().err == "tgcfd: the host's daemon is started by: sudo systemctl start tgcfd\n"
    assert started == []


@pytest.mark.parametrize(
    ("systemd", "uid", "name"),
    [
        (True, os.geteuid(), "host"),  # the unit
        (True, OTHER, "own"),
        (False, OTHER, "host"),  # in a container
        (True, None, "host"),  # of a clone
    ],
)
def test_everybody_else_may(
    host: Callable[[bool, int | None], Path], started: list[Path], systemd: bool, uid: int | None, name: str
) -> None:
    state = host(systemd, uid).parent / name
    assert tgcfd_serve(state) == 0
    assert started == [state]


def test_who_tries_it_out_on_all_addresses_is_told_one_that_can_be_opened(capsys: pytest.CaptureFixture[str]) -> None:
    serve._welcome(OPEN, ["http://0.0.0.0:8470"])
    said = capsys.readouterr().out
    assert "serves HTTP on port 8470 of all IPv4 addresses\n" in said
    assert "Open http://127.0.0.1:8470/ in a browser and sign up.\n" in said


def test_who_can_register_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    serve._welcome(OPEN, ["http://127.0.0.1:8470"])
    open_to_all = "Registration is open: whoever reaches this address can make an account."
    assert open_to_all in capsys.readouterr().out.splitlines()
    serve._welcome(replace(OPEN, accounts=AccountSettings()), ["http://127.0.0.1:8470"])
    said = capsys.readouterr().out
    assert "open" not in said
    assert f" user add --admin --state-dir {OPEN.state_dir} you@example.org\n" in said
    assert "sign up" not in said


def test_the_first_admins_link_is_said_with_what_uses_it(capsys: pytest.CaptureFixture[str]) -> None:
    serve._welcome(replace(OPEN, accounts=AccountSettings()), ["http://127.0.0.1:8470"], "c0de")
    said = capsys.readouterr().out
    assert " http://127.0.0.1:8470/#invite=c0de\n" in said
    assert "sign up" not in said, "one link is enough"


def test_the_command_alone_says_what_it_takes(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 2
    assert "put all data into one file" in capsys.readouterr().err
