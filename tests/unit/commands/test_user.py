"""``tgcfd user`` as its words are typed: in a process of its own, without a daemon."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import pty
import re
import select
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import pytest

from tgcfd.accounts.model import Account, Role
from tgcfd.backup import plan
from tgcfd.checks import units
from tgcfd.checks.finding import NotSeen
from tgcfd.commands import user_invite
from tgcfd.commands.user_table import as_table, places_of
from tgcfd.settings import Listen, Settings, SupervisorKind, TlsSettings

PASSWORD = "a long password"
DEADLINE = 20.0

Result = subprocess.CompletedProcess[str]
Tgcfd = Callable[..., Result]


@pytest.fixture
def state(tmp_path: Path) -> Path:
    folder = tmp_path / "state"
    folder.mkdir(mode=0o700)
    return folder


def words(state: Path, given: Sequence[str]) -> list[str]:
    settings = state.parent / "tgcfd.yml"
    settings.write_text("supervisor: process\n")
    return [sys.executable, "-m", "tgcfd", "user", *given, "--config", str(settings), "--state-dir", str(state)]


@pytest.fixture
def tgcfd(state: Path) -> Tgcfd:
    def run(*given: str, typed: str | None = "", code: int = 0) -> Result:
        stdin = {"stdin": subprocess.DEVNULL} if typed is None else {"input": typed}
        result = subprocess.run(
            words(state, given), text=True, capture_output=True, timeout=DEADLINE, check=False, **stdin
        )
        assert result.returncode == code, result.stdout + result.stderr
        assert "Traceback" not in result.stderr
        return result

    return run


@pytest.fixture
def add(tgcfd: Tgcfd) -> Callable[..., Result]:
    return lambda *given: tgcfd("add", *given, typed=f"{PASSWORD}\n")


def stored(state: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(state / "tgcfd.db")) as database:
        return database.execute(sql).fetchall()


class Terminal:
    """The command with somebody at its terminal."""

    def __init__(self, state: Path, *given: str) -> None:
        self.said = ""
        self._state, self._given = state, given

    def __enter__(self) -> Self:
        self._pid, self._fd = pty.fork()
        if self._pid == 0:
            os.execv(sys.executable, words(self._state, self._given))
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)
        if self._pid:
            os.kill(self._pid, 9)
            os.waitpid(self._pid, 0)

    def sees(self, text: str) -> None:
        """Wait until this stands at the terminal."""
        deadline = time.monotonic() + DEADLINE
        while text not in self.said:
            assert select.select([self._fd], [], [], deadline - time.monotonic())[0], self.said
            self.said += os.read(self._fd, 4096).decode()

    def types(self, text: str) -> None:
        os.write(self._fd, text.encode())

    def ends(self) -> int:
        """Wait for the end; returns the exit code."""
        deadline = time.monotonic() + DEADLINE
        try:
            while True:
                assert select.select([self._fd], [], [], max(0, deadline - time.monotonic()))[0], self.said
                self.said += os.read(self._fd, 4096).decode()
        except OSError:  # Linux says so at the end
            pass
        _, status = os.waitpid(self._pid, 0)
        self._pid = 0
        assert "Traceback" not in self.said
        return os.waitstatus_to_exitcode(status)


# --- add


def test_a_password_is_one_line_of_standard_input(state: Path, add: Callable[..., Result]) -> None:
    said = add("--admin", "Ann@example.org").stdout
    assert said == "Ann@example.org can log in now; slug: ann\n"
    assert stored(state, "select email, name, slug, role, disabled from account") == [
        ("Ann@example.org", "Ann", "ann", "admin", 0)
    ]
    assert (state / "tgcfd.db").stat().st_mode & 0o777 == 0o600


def test_name_and_slug_may_be_chosen(state: Path, add: Callable[..., Result]) -> None:
    add("--name", "Ann Other", "--slug", "other", "ann@example.org")
    assert stored(state, "select name, slug, role from account") == [("Ann Other", "other", "person")]


def test_a_made_up_password_is_said_once_and_another_one_each_time(tgcfd: Tgcfd) -> None:
    said = [tgcfd("add", "--generate", f"{name}@example.org", typed=None).stdout.split()[1] for name in ("a1", "b1")]
    assert said[0] != said[1]
    assert all(len(password) == 20 for password in said)


@pytest.mark.parametrize(
    ("redirected", "why"),
    [
        (">/dev/full", "standard output cannot be written: No space left on device"),
        (">&-", "standard output is closed"),
    ],
)
def test_a_made_up_password_that_nobody_sees_is_nobody_s(
    state: Path, add: Callable[..., Result], redirected: str, why: str
) -> None:
    add("ann@example.org")
    before = stored(state, "select slug, password_hash from account")
    for given in (["add", "--generate", "bob@example.org"], ["passwd", "--generate", "ann"]):
        command = ["sh", "-c", f'exec "$@" {redirected}', "sh", *words(state, given)]
        result = subprocess.run(command, stderr=subprocess.PIPE, text=True, timeout=DEADLINE, check=False)
        assert result.returncode == 1
        assert result.stderr.startswith(f"tgcfd: {why}")
        assert len(result.stderr.splitlines()) == 1
    assert stored(state, "select slug, password_hash from account") == before


def test_at_a_terminal_the_password_is_asked_for_twice_and_not_shown(state: Path) -> None:
    with Terminal(state, "add", "ann@example.org") as terminal:
        terminal.sees("New password: ")
        terminal.types(f"{PASSWORD}\n")
        terminal.sees("The same again: ")
        terminal.types(f"{PASSWORD}\n")
        assert terminal.ends() == 0
        assert PASSWORD not in terminal.said
    assert len(stored(state, "select * from account")) == 1


@pytest.mark.parametrize(
    ("again", "why"), [("another one\n", "the two passwords are not the same"), ("\3", "nothing was changed")]
)
def test_at_a_terminal_one_may_think_again(state: Path, again: str, why: str) -> None:
    with Terminal(state, "add", "ann@example.org") as terminal:
        terminal.sees("New password: ")
        terminal.types(f"{PASSWORD}\n")
        terminal.sees("The same again: ")
        terminal.types(again)
        assert terminal.ends() == 1
        assert why in terminal.said
    assert stored(state, "select * from account") == []


@pytest.mark.parametrize("typed", ["", None])
def test_without_a_password_nothing_is_made(tgcfd: Tgcfd, typed: str | None) -> None:
    said = tgcfd("add", "ann@example.org", typed=typed, code=1).stderr
    assert said.startswith("tgcfd: no password came: give it as one line of standard input")


def test_with_standard_input_closed_nothing_is_made(state: Path) -> None:
    command = ["sh", "-c", 'exec "$@" <&-', "sh", *words(state, ["add", "ann@example.org"])]
    result = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE, check=False)
    assert (result.returncode, result.stderr.split(":")[1]) == (1, " no password came")


@pytest.mark.parametrize(
    ("given", "typed", "says"),
    [
        (["ann"], PASSWORD, ["EMAIL: This is not an e-mail address"]),
        (["a@b.c", "--slug", "No"], PASSWORD, ["--slug: Use 2 to 23"]),
        (
            ["a@b.c", "--slug", "root", "--name", " "],
            PASSWORD,
            ["--name: Give a name", "--slug: This name is reserved"],
        ),
        (["ann@b.c"], "short", ["the password: Use at least 8"]),
        (["ann@b.c"], "password123", ["the password: This password is one of the first"]),
        (["ann@long.org"], "ANN@long.org", ["the password: The password may not be your e-mail address"]),
        (["ann@b.c"], "\udcff" * 10, ["the password: This holds half of a character"]),
        (["ann@b.c"], "x1" * 1000, ["the password: Use at most 256"]),
    ],
)
def test_what_the_api_refuses_is_refused(state: Path, given: list[str], typed: str, says: list[str]) -> None:
    result = subprocess.run(
        words(state, ["add", *given]),
        input=f"{typed}\n".encode(errors="surrogateescape"),
        capture_output=True,
        check=False,
    )
    lines = result.stderr.decode().splitlines()
    assert result.returncode == 1
    assert len(lines) == len(says)
    for line, says_line in zip(lines, says, strict=True):
        assert line.startswith(f"tgcfd: {says_line}")


def test_an_address_that_is_taken_is_said_before_the_password_is_asked_for(
    tgcfd: Tgcfd, add: Callable[..., Result]
) -> None:
    add("ann@example.org")
    said = tgcfd("add", "ANN@example.org", typed=None, code=1).stderr
    assert said == "tgcfd: ANN@example.org has an account already: sudo tgcfd user list\n"


def test_a_password_is_no_word_of_the_command(tgcfd: Tgcfd) -> None:
    tgcfd("add", "ann@example.org", PASSWORD, code=2)
    tgcfd("add", "ann@example.org", "--password", PASSWORD, code=2)


# --- list


def test_the_list_as_json_and_as_a_table(state: Path, tgcfd: Tgcfd, add: Callable[..., Result]) -> None:
    add("--admin", "--name", "山田", "ann@example.org")
    add("bob@example.org")
    with closing(sqlite3.connect(state / "tgcfd.db")) as database, database:
        database.execute(
            "insert into worker (account_id, desired, mode, changed) select id, 'running', 'past', 1 from account"
            " where slug = 'bob'"
        )

    ann, bob = json.loads(tgcfd("list", "--json").stdout)
    assert list(ann) == ["email", "name", "slug", "role", "disabled", "created", "should_run", "mode", "unit"]
    assert (ann["slug"], ann["role"], ann["should_run"], ann["mode"], ann["unit"]) == (
        "ann",
        "admin",
        False,
        None,
        None,
    )
    assert (bob["slug"], bob["role"], bob["should_run"], bob["mode"], bob["unit"]) == (
        "bob",
        "person",
        True,
        "past",
        None,
    )
    assert ann["created"].endswith("+00:00")

    head, first, second = tgcfd("list").stdout.splitlines()
    assert head.split() == ["SLUG", "ROLE", "SINCE", "DISABLED", "SHOULD", "RUN", "RUNS", "E-MAIL", "NAME"]
    assert first.endswith("  ann@example.org  山田")
    assert second.index("bob@example.org") == first.index("ann@example.org") == head.index("E-MAIL")
    assert second.index("past") == head.index("SHOULD RUN")


def test_of_nobody_it_is_said_how_to_make_the_first(tgcfd: Tgcfd) -> None:
    assert tgcfd("list").stdout == "Nobody has an account yet: sudo tgcfd user add --admin you@example.org\n"
    assert json.loads(tgcfd("list", "--json").stdout) == []


def _account(email: str, name: str) -> Account:
    return Account("1", email, name, "ann", Role.PERSON, disabled=False, created=datetime(2026, 11, 22, tzinfo=UTC))


@pytest.mark.parametrize("width", [90, 120])
def test_long_addresses_and_names_are_cut_at_a_terminal_and_nowhere_else(width: int) -> None:
    accounts = [_account("ann@example.org", "Ann"), _account("山" + "b" * 200 + "@example.org", "山" * 60)]
    lines = as_table(accounts, {}, None, width).splitlines()
    assert max(map(places_of, lines)) <= width, "each of these signs takes two places"
    assert "ann@example.org" in lines[1]
    assert lines[2].count("…") == 2
    assert "b" * 200 + "@example.org  " + "山" * 60 in as_table(accounts, {}, None)


def test_at_a_terminal_the_list_is_as_wide_as_that(state: Path, add: Callable[..., Result]) -> None:
    add("--name", "n" * 80, "ann@example.org")
    with Terminal(state, "list") as terminal:
        assert terminal.ends() == 0
    assert "ann@example.org  nnn" in terminal.said
    assert "n" * 80 not in terminal.said


def test_a_reader_that_goes_away_is_no_trouble(state: Path, tgcfd: Tgcfd) -> None:
    tgcfd("list")
    reading, writing = os.pipe()
    os.close(reading)
    command = words(state, ["list"])
    result = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, timeout=DEADLINE, check=False)
    os.close(writing)
    assert (result.returncode, result.stderr) == (1, b"")


@pytest.mark.parametrize("given", [["user", "list"], ["user", "list", "--json"], ["check"], ["openapi"], ["--help"]])
def test_a_full_disk_is_said(state: Path, given: list[str]) -> None:
    command = [sys.executable, "-m", "tgcfd", *given]
    if given[0] != "openapi" and given[0] != "--help":
        command += ["--state-dir", str(state)]
    with Path("/dev/full").open("w") as full:
        result = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=DEADLINE, check=False)
    assert result.stderr == "tgcfd: standard output cannot be written: No space left on device\n"
    assert result.returncode == 1


def test_what_would_steer_a_terminal_is_not_printed(state: Path, tgcfd: Tgcfd, add: Callable[..., Result]) -> None:
    add("ann@example.org")
    evil = "a\x1b]0;b\x9b2J\u202e\n"
    with closing(sqlite3.connect(state / "tgcfd.db")) as database, database:
        database.execute("update account set name = ?, email = ?", (evil, f"{evil}@b.c"))
    said = [tgcfd(*given) for given in (("list",), ("list", "--json"), ("disable", "ann"))]
    said.append(tgcfd("delete", "ann", code=1))
    for each in said:
        assert "".join((each.stdout + each.stderr).split("\n")).isprintable()
    assert json.loads(said[1].stdout)[0]["name"] == evil
    assert len(said[0].stdout.splitlines()) == 2
    with Terminal(state, "delete", "ann") as terminal:
        terminal.sees("[y/N] ")
        assert "\x1b" not in terminal.said


def test_who_interrupts_a_change_hears_that_it_may_have_been_made(state: Path, add: Callable[..., Result]) -> None:
    add("ann@example.org")
    with (state / "lock").open("a") as lock:  # as a daemon does, which does not follow
        fcntl.flock(lock, fcntl.LOCK_EX)
        command = subprocess.Popen(words(state, ["disable", "ann"]), stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + DEADLINE
        while not stored(state, "select * from follow_up"):
            assert time.monotonic() < deadline
            time.sleep(0.02)  # between two looks
        command.send_signal(signal.SIGINT)
        _, said = command.communicate(timeout=DEADLINE)
    assert said == "tgcfd: interrupted; it may have been done all the same, see: sudo tgcfd user list\n"
    assert command.returncode == 1


def test_who_interrupts_at_once_sees_no_fault(tmp_path: Path) -> None:
    """The command's first lines, installed and not, while their imports are interrupted."""
    root = Path(__file__).parents[3]
    (tmp_path / "argparse.py").write_text("raise KeyboardInterrupt\n")
    installed = (root / "packaging" / "install").read_text().split("COMMAND'\n")[1].split("\nCOMMAND\n")[0]
    for code in (installed, (root / "tgcfd" / "__main__.py").read_text()):
        environment = os.environ | {"PYTHONPATH": f"{tmp_path}:{root}"}
        result = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False, timeout=DEADLINE
        )
        assert (result.returncode, result.stderr) == (1, "tgcfd: interrupted\n")


def test_a_terminal_that_has_no_such_letters_is_no_trouble(
    state: Path, add: Callable[..., Result], tgcfd: Tgcfd, monkeypatch: pytest.MonkeyPatch
) -> None:
    add("--name", "山田", "ann@example.org")
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    assert "ann@example.org  ??\n" in tgcfd("list").stdout


# --- passwd, disable, enable, delete


def test_a_new_password_ends_all_log_ins(state: Path, tgcfd: Tgcfd, add: Callable[..., Result]) -> None:
    add("ann@example.org")
    before = stored(state, "select password_hash, generation from account")[0]
    assert tgcfd("passwd", "ann", typed="another long password\n").stderr == ""
    after = stored(state, "select password_hash, generation from account")[0]
    assert after[0] != before[0]
    assert after[1] == 1
    tgcfd("passwd", "ANN@example.org", typed="short\n", code=1)
    assert stored(state, "select password_hash, generation from account") == [after]


def test_disable_and_enable(state: Path, tgcfd: Tgcfd, add: Callable[..., Result]) -> None:
    add("ann@example.org")
    assert tgcfd("disable", "ann@example.org").stderr == ""
    assert stored(state, "select disabled, generation from account") == [(1, 1)]
    assert tgcfd("enable", "ann").stderr == ""
    assert stored(state, "select disabled, generation from account") == [(0, 1)]


def test_what_the_owner_types_is_in_the_audit_log(state: Path, tgcfd: Tgcfd, add: Callable[..., Result]) -> None:
    add("ann@example.org")
    tgcfd("passwd", "ann", typed="another password\n")
    for action in (["disable"], ["enable"], ["delete", "--yes"]):
        tgcfd(*action, "ann")
    found = stored(state, "select event, about, way, actor from audit order by id")
    events = ["registered", "password_changed", "account_disabled", "account_enabled", "account_deleted"]
    assert found == [(event, "ann", "command", None) for event in events]


def test_delete_leaves_the_slug_and_what_the_daemon_has_to_do(
    state: Path, tgcfd: Tgcfd, add: Callable[..., Result]
) -> None:
    add("ann@example.org")
    asked, told = tgcfd("delete", "ann", code=1).stderr.splitlines()
    assert asked.startswith("tgcfd: delete ann@example.org")
    assert told.endswith("add --yes")
    left = tgcfd("delete", "--yes", "ann").stderr
    assert left == "tgcfd: the daemon does not run now; when it starts, it removes settings, session and history\n"
    assert stored(state, "select * from account") == []
    assert stored(state, "select slug, deleted from follow_up") == [("ann", 1)]
    assert "there is no account 'ann'" in tgcfd("delete", "--yes", "ann", code=1).stderr
    assert "slug: ann-2" in add("ann@example.org").stdout


@pytest.mark.parametrize(("answer", "code", "left"), [("y", 0, 0), ("n", 1, 1), ("", 1, 1), ("\3", 1, 1)])
def test_at_a_terminal_delete_asks(state: Path, add: Callable[..., Result], answer: str, code: int, left: int) -> None:
    add("ann@example.org")
    with Terminal(state, "delete", "ann") as terminal:
        terminal.sees("Delete ann@example.org (ann)")
        terminal.types(f"{answer}\n")
        assert terminal.ends() == code
    assert len(stored(state, "select * from account")) == left


@pytest.mark.parametrize("words_", [["disable", "ann"], ["delete", "--yes", "ann"]])
def test_the_last_admin_stays(state: Path, tgcfd: Tgcfd, add: Callable[..., Result], words_: list[str]) -> None:
    add("--admin", "ann@example.org")
    add("bob@example.org")
    assert "ann@example.org is the last admin; first make another: sudo tgcfd user add" in tgcfd(*words_, code=1).stderr
    assert stored(state, "select disabled from account where slug = 'ann'") == [(0,)]
    # with another one it may go; a disabled one does not count
    add("--admin", "carol@example.org")
    tgcfd("disable", "carol")
    tgcfd(*words_, code=1)
    tgcfd("enable", "carol")
    tgcfd(*words_)


@pytest.mark.parametrize("name", ["passwd", "disable", "enable"])
@pytest.mark.parametrize("who", ["nobody", "nobody@example.org", "no one@", "x" * 5000, "'; drop table account"])
def test_who_has_no_account_is_said(tgcfd: Tgcfd, name: str, who: str) -> None:
    assert f"tgcfd: there is no account {who!r}" in tgcfd(name, who, code=1).stderr


# --- the place


def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    state = tmp_path / "none"
    result = subprocess.run(words(state, ["list"]), capture_output=True, text=True, timeout=DEADLINE, check=False)
    assert result.returncode == 78
    assert result.stderr == f"tgcfd: state_dir: {state} does not exist; it is made when tgcfd starts\n"
    assert not state.exists()


def test_what_a_restore_has_half_replaced_is_not_changed(state: Path, tgcfd: Tgcfd, add: Callable[..., Result]) -> None:
    add("ann@example.org")
    plan.write(state, plan.Plan("20261122T120000Z", (), committed=True))
    assert "sudo tgcfd restore" in tgcfd("disable", "ann", code=78).stderr
    assert stored(state, "select disabled from account") == [(0,)]


def test_a_database_of_a_newer_tgcfd_stays_as_it_is(state: Path, tgcfd: Tgcfd) -> None:
    tgcfd("list")
    with closing(sqlite3.connect(state / "tgcfd.db")) as database:
        database.execute("pragma user_version = 999")
    assert "install the newer tgcfd again" in tgcfd("list", code=78).stderr


def test_what_is_no_database_is_said(state: Path, tgcfd: Tgcfd) -> None:
    (state / "tgcfd.db").write_text("no database at all, " * 100)
    assert "tgcfd.db: the database cannot be used" in tgcfd("list", code=78).stderr


def test_a_database_that_is_held_is_to_be_tried_again(state: Path, tgcfd: Tgcfd) -> None:
    tgcfd("list")
    with closing(sqlite3.connect(state / "tgcfd.db", isolation_level=None)) as database:
        database.execute("begin exclusive")
        assert "tgcfd: the database is in use by another program; try again" in tgcfd("list", code=75).stderr


# --- invite, second-factor-off


def test_an_invite_is_printed_once_and_kept_as_a_hash(state: Path, tgcfd: Tgcfd) -> None:
    said = tgcfd("invite", "--admin", "--hours", "1").stdout
    code, link = re.findall(r"^invite: (\w{32})\nlink:   (\S+)$", said, re.MULTILINE)[0]
    assert link == f"http://127.0.0.1:8470/#invite={code}"
    assert "It makes an admin's account, once, until 20" in said
    sql = "select hex(code_hash), role, maker, made_by, expires - created from invite"
    hashed = hashlib.sha256(code.encode()).hexdigest().upper()
    assert stored(state, sql) == [(hashed, "admin", "owner", None, 3_600_000_000)]
    audit = "select event, way, actor from audit"
    assert stored(state, audit) == [("invite_made", "command", None)]


def test_an_invite_is_a_persons_and_good_for_a_week_unless_it_is_said(state: Path, tgcfd: Tgcfd) -> None:
    tgcfd("invite")
    assert stored(state, "select role, (expires - created) / 3600000000 from invite") == [("person", 168)]


@pytest.mark.parametrize("hours", ["0", "721", "-1"])
def test_an_invite_is_good_for_a_month_at_most(state: Path, tgcfd: Tgcfd, hours: str) -> None:
    assert tgcfd("invite", f"--hours={hours}", code=1).stderr == (
        "tgcfd: --hours: This must be a whole number from 1 to 720.\n"
    )
    assert stored(state, "select count(*) from invite") == [(0,)]


def test_a_link_leads_to_where_the_settings_say(tmp_path: Path) -> None:
    settings = Settings(supervisor=SupervisorKind.PROCESS, listen=Listen("0.0.0.0", 443))
    assert user_invite.base(settings) == "http://127.0.0.1:443"
    assert user_invite.base(replace(settings, tls=TlsSettings(tmp_path, tmp_path))) == "https://127.0.0.1:443"


@pytest.mark.parametrize(
    ("addresses", "base"),
    [
        (["192.0.2.1:80"], "http://192.0.2.1:80"),
        (["/run/tgcfd.sock"], user_invite.BEHIND_A_PROXY),
        ([], "http://127.0.0.1:8470"),
    ],
)
def test_on_a_host_it_leads_to_where_the_socket_is(
    monkeypatch: pytest.MonkeyPatch, addresses: list[str], base: str
) -> None:
    def of_the_socket() -> list[str]:
        if not addresses:
            raise NotSeen("systemd does not answer")
        return addresses

    monkeypatch.setattr(units, "addresses", of_the_socket)
    assert user_invite.base(Settings(supervisor=SupervisorKind.SYSTEMD)) == base


def test_a_lost_second_factor_is_switched_off(state: Path, tgcfd: Tgcfd, add: Callable[..., Result]) -> None:
    add("ann@example.org")
    assert tgcfd("second-factor-off", "ann", code=1).stderr == "tgcfd: ann logs in by password alone already\n"
    with closing(sqlite3.connect(state / "tgcfd.db")) as database:
        database.execute(
            "insert into second_factor (account_id, secret, begun, since) select id, 'A', 1, 1 from account"
        )
        database.commit()
    assert "ann@example.org logs in by password alone now" in tgcfd("second-factor-off", "ann").stdout
    assert stored(state, "select count(*) from second_factor") == [(0,)]
    assert stored(state, "select event, about, way from audit order by id desc limit 1") == [
        ("second_factor_off", "ann", "command")
    ]
    assert "there is no account 'bob'" in tgcfd("second-factor-off", "bob", code=1).stderr
