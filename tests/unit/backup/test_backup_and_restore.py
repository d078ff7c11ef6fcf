"""``tgcfd backup`` and ``tgcfd restore`` as they are typed, without systemd."""

from __future__ import annotations

import fcntl
import os
import pty
import resource
import signal
import sqlite3
import subprocess
import sys
import tarfile
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.unit.backup.conftest import KEY, ROOT, Run, add_account, make_data, tree
from tgcfd.backup import plan


def backup(tgcfd: Run, state: Path, file: Path, *words: str) -> str:
    made = tgcfd("backup", state, str(file), *words)
    assert made.returncode == 0, made.stderr
    return made.stderr


def test_what_was_backed_up_comes_back_byte_for_byte(tgcfd: Run, state: Path, tmp_path: Path) -> None:
    before = tree(state)
    backup(tgcfd, state, tmp_path / "file")
    restored = tgcfd("restore", tmp_path / "other" / "place", str(tmp_path / "file"))
    assert restored.returncode == 0, restored.stderr
    assert "Restored: 2 accounts" in restored.stdout
    after = tree(tmp_path / "other" / "place")
    assert after == before
    assert after["keys/jwt.key"].decode() == KEY
    assert (tmp_path / "other" / "place" / "keys" / "jwt.key").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "other" / "place" / "tgcfd.db").stat().st_mode & 0o777 == 0o600
    assert not list((tmp_path / "other" / "place").glob("*restore*"))


def test_through_a_pipe_as_well(tgcfd: Run, state: Path, tmp_path: Path) -> None:
    made = tgcfd("backup", state, "-", text=False)
    assert made.returncode == 0
    restored = tgcfd("restore", tmp_path / "other", "-", stdin=None, input=made.stdout, text=False)
    assert restored.returncode == 0, restored.stderr
    assert tree(tmp_path / "other") == tree(state)


def test_the_file_is_for_its_owner_alone_and_holds_what_it_says(tgcfd: Run, state: Path, tmp_path: Path) -> None:
    (state / "logs" / "alice").mkdir(parents=True)
    (state / "logs" / "alice" / "1.log").write_text("a line")
    (state / "users" / "mallory").mkdir()
    (state / "users" / "mallory" / "file").write_text("of nobody's account")
    backup(tgcfd, state, tmp_path / "file")
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o600
    with tarfile.open(tmp_path / "file") as archive:
        names = archive.getnames()
    assert names[0] == "tgcfd-backup.json"
    assert names[-1] == "manifest.jsonl"
    assert {"tgcfd.db", "keys/jwt.key", "settings/tgcfd.yml", "users/bob/tgcf.config.yml"} <= set(names)
    assert not [name for name in names if "logs" in name or "mallory" in name]


def test_a_file_that_exists_is_replaced_only_with_force(tgcfd: Run, state: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("precious")
    refused = tgcfd("backup", state, str(tmp_path / "file"))
    assert refused.returncode == 1
    assert "--force" in refused.stderr
    assert (tmp_path / "file").read_text() == "precious"
    backup(tgcfd, state, tmp_path / "file", "--force")
    assert tarfile.is_tarfile(tmp_path / "file")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    assert "not a regular file" in tgcfd("backup", state, str(tmp_path / "link"), "--force").stderr


def test_a_folder_that_is_not_there_is_named_and_no_file_of_ours(tgcfd: Run, state: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "none", tmp_path / "file"):
        refused = tgcfd("backup", state, str(folder / "x"))
        assert refused.returncode == 1
        assert refused.stderr == f"tgcfd: no backup was made: there is no folder {folder}\n"


def test_a_disk_that_is_full_leaves_no_half_a_file(tgcfd: Run, state: Path, tmp_path: Path) -> None:
    (state / "users" / "alice" / "noise").write_bytes(os.urandom(300_000))
    out = tmp_path / "out"
    out.mkdir()

    def small() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    failed = tgcfd("backup", state, str(out / "file"), preexec_fn=small)
    assert failed.returncode == 1
    assert "no backup was made" in failed.stderr
    assert not list(out.iterdir())


def test_a_disk_that_is_full_while_a_folder_is_read_is_no_fault_of_that_folder(
    tgcfd: Run, state: Path, tmp_path: Path
) -> None:
    (state / "users" / "alice" / "large").write_bytes(bytes(3_000_000))  # to be spooled, and small in the archive

    def small() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))

    failed = tgcfd("backup", state, str(tmp_path / "file"), preexec_fn=small)
    assert failed.returncode == 1
    assert "left out" not in failed.stderr
    assert not (tmp_path / "file").exists()


def test_a_disk_that_is_full_leaves_nothing_of_a_restore(tgcfd: Run, state: Path, tmp_path: Path) -> None:
    (state / "users" / "alice" / "large").write_bytes(bytes(300_000))
    backup(tgcfd, state, tmp_path / "file")
    other = make_data(tmp_path / "other", ["carol"])
    before = tree(other)

    def small() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))

    failed = tgcfd("restore", other, str(tmp_path / "file"), "--yes", preexec_fn=small)
    assert failed.returncode == 1
    assert failed.stderr.startswith("tgcfd: nothing was changed")
    assert tree(other) == before
    assert not list(other.glob("*restore*"))


def test_a_backup_that_is_ended_leaves_no_half_a_file(tgcfd: Run, state: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    words = ["--config", str(tmp_path / "tgcfd.yml"), "--state-dir", str(state), str(out / "file")]
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        (state / "users" / "alice" / "large").write_bytes(os.urandom(100_000_000))
        with subprocess.Popen(
            [sys.executable, "-m", "tgcfd", "backup", *words], cwd=ROOT, stderr=subprocess.PIPE
        ) as process:
            deadline = time.monotonic() + 20
            while not list(out.iterdir()):
                assert time.monotonic() < deadline
                time.sleep(0.01)  # between two looks
            process.send_signal(number)
            assert process.wait(20) != 0
            assert process.stderr
            assert b"Traceback" not in process.stderr.read()
        assert not list(out.iterdir())


def test_what_a_restore_has_half_replaced_is_not_backed_up(tgcfd: Run, state: Path, tmp_path: Path) -> None:
    plan.write(state, plan.Plan("20261122T120000Z", (), committed=True))
    refused = tgcfd("backup", state, str(tmp_path / "file"))
    assert refused.returncode == 78
    assert "sudo tgcfd restore" in refused.stderr


def test_without_data_there_is_nothing_to_back_up(tgcfd: Run, tmp_path: Path) -> None:
    for folder in (tmp_path / "none", tmp_path):
        refused = tgcfd("backup", folder, str(tmp_path / "file"))
        assert refused.returncode == 1
        assert "there is no" in refused.stderr
        assert not (tmp_path / "file").exists()


def test_accounts_are_replaced_only_if_that_is_said(tgcfd: Run, state: Path, tmp_path: Path) -> None:
    backup(tgcfd, state, tmp_path / "file")
    other = make_data(tmp_path / "other", ["carol"])
    before = tree(other)
    refused = tgcfd("restore", other, str(tmp_path / "file"))
    assert refused.returncode == 1
    assert "add --yes" in refused.stderr
    assert tree(other) == before
    done = tgcfd("restore", other, str(tmp_path / "file"), "--yes")
    assert done.returncode == 0, done.stderr
    (kept,) = [line.rpartition(": ")[2] for line in done.stdout.splitlines() if "former data" in line]
    assert Path(kept).stat().st_mode & 0o777 == 0o700
    former = tree(Path(kept))
    assert former == before
    assert {name for name in tree(other) if not name.startswith("before-restore")} == set(tree(state))


@pytest.mark.parametrize(("answer", "code"), [(b"y\n", 0), (b"n\n", 1), (b"\n", 1)])
def test_at_a_terminal_it_asks(tgcfd: Run, state: Path, tmp_path: Path, answer: bytes, code: int) -> None:
    backup(tgcfd, state, tmp_path / "file")
    other = make_data(tmp_path / "other", ["carol"])
    master, slave = pty.openpty()
    try:
        os.write(master, answer)
        done = tgcfd("restore", other, str(tmp_path / "file"), stdin=slave)
    finally:
        os.close(master)
        os.close(slave)
    assert done.returncode == code
    assert "Go on?" in done.stderr
    assert ("nothing was changed: the answer was not yes" in done.stderr) is bool(code)
    assert tree(other)["accounts"] == (b"alice,bob" if code == 0 else b"carol")


def test_a_backup_from_standard_input_asks_nobody(tgcfd: Run, state: Path, tmp_path: Path) -> None:
    backup(tgcfd, state, tmp_path / "file")
    other = make_data(tmp_path / "other", ["carol"])
    with (tmp_path / "file").open("rb") as file:
        refused = tgcfd("restore", other, "-", stdin=file)
    assert refused.returncode == 1
    replaced, told = refused.stderr.splitlines()[0], refused.stderr.splitlines()[-1]
    assert replaced.startswith("tgcfd: nothing was changed: all data of this host (1 account) will be replaced")
    assert told == "tgcfd: there is no terminal to ask at: to do it without being asked, add --yes"


@pytest.mark.parametrize(
    ("words", "closed", "says"),
    [
        (["backup", "-"], 1, "no backup was made: standard output is closed"),
        (["restore", "-"], 0, "nothing was changed: standard input is closed"),
        (["restore", "FILE"], 0, "add --yes"),
    ],
)
def test_closed_streams_are_said(
    tgcfd: Run, state: Path, tmp_path: Path, words: list[str], closed: int, says: str
) -> None:
    backup(tgcfd, state, tmp_path / "FILE")
    refused = tgcfd(words[0], state, *words[1:], preexec_fn=lambda: os.close(closed), cwd=tmp_path)
    assert refused.returncode == 1
    assert says in refused.stderr
    assert "Traceback" not in refused.stderr


def test_nothing_but_the_backup_goes_to_standard_output_if_standard_error_is_closed(
    tgcfd: Run, state: Path, tmp_path: Path
) -> None:
    (state / "users" / "alice" / "link").symlink_to("nowhere")
    made = tgcfd("backup", state, "-", text=False, preexec_fn=lambda: os.close(2))
    (tmp_path / "file").write_bytes(made.stdout)
    assert tgcfd("restore", tmp_path / "other", str(tmp_path / "file")).returncode == 0


def test_before_the_daemons_first_start_there_is_no_key_yet(tgcfd: Run, state: Path, tmp_path: Path) -> None:
    (state / "keys" / "jwt.key").unlink()
    (state / "keys").rmdir()
    backup(tgcfd, state, tmp_path / "file")
    restored = tgcfd("restore", tmp_path / "other", str(tmp_path / "file"))
    assert restored.returncode == 0, restored.stderr
    assert tree(tmp_path / "other") == tree(state)


def test_a_database_that_cannot_be_read_is_no_empty_host(tgcfd: Run, state: Path, tmp_path: Path) -> None:
    backup(tgcfd, state, tmp_path / "file")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "tgcfd.db").write_bytes(b"damaged" * 1000)
    assert "cannot be read" in tgcfd("restore", tmp_path / "other", str(tmp_path / "file")).stderr
    done = tgcfd("restore", tmp_path / "other", str(tmp_path / "file"), "--yes")
    assert done.returncode == 0, done.stderr
    assert tree(tmp_path / "other")["accounts"] == b"alice,bob"


def test_where_a_daemon_serves_nothing_is_restored(tgcfd: Run, state: Path, tmp_path: Path) -> None:
    backup(tgcfd, state, tmp_path / "file")
    with (state / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        backup(tgcfd, state, tmp_path / "second")  # but it is backed up
        refused = tgcfd("restore", state, str(tmp_path / "file"), "--yes")
    assert refused.returncode == 1
    assert "stop it first" in refused.stderr
    assert not list(state.glob("restore*"))


def test_what_runs_counts_as_asked_for_now(tgcfd: Run, state: Path, tmp_path: Path) -> None:
    """Else the stop of the workers, which a host's journal remembers, would look like their owner's."""
    backup(tgcfd, state, tmp_path / "file")
    tgcfd("restore", tmp_path / "other", str(tmp_path / "file"))
    with closing(sqlite3.connect(tmp_path / "other" / "tgcfd.db")) as connection:
        assert connection.execute("select min(changed) from worker").fetchone()[0] > 1_000_000


def test_what_is_written_meanwhile_is_in_it_whole_or_not_at_all(tgcfd: Run, state: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(state / "tgcfd.db", isolation_level=None)) as writer:
        writer.execute("begin immediate")
        add_account(writer, "carol")
        backup(tgcfd, state, tmp_path / "file")
        writer.execute("commit")
        backup(tgcfd, state, tmp_path / "second")
    tgcfd("restore", tmp_path / "other", str(tmp_path / "file"))
    assert tree(tmp_path / "other")["accounts"] == b"alice,bob"
    tgcfd("restore", tmp_path / "other2", str(tmp_path / "second"))
    assert tree(tmp_path / "other2")["accounts"] == b"alice,bob,carol"


def test_a_database_of_an_older_version_is_restored_and_a_newer_one_is_not(
    tgcfd: Run, state: Path, tmp_path: Path
) -> None:
    for version, code in ((1, 0), (99, 1)):
        with closing(sqlite3.connect(state / "tgcfd.db", isolation_level=None)) as connection:
            connection.execute(f"pragma user_version = {version}")
        backup(tgcfd, state, tmp_path / f"{version}")
        done = tgcfd("restore", tmp_path / f"other{version}", str(tmp_path / f"{version}"))
        assert done.returncode == code
        assert ("install the newer tgcfd first" in done.stderr) is bool(code)


def test_settings_come_back_where_that_is_asked_for(tgcfd: Run, state: Path, tmp_path: Path) -> None:
    settings = tmp_path / "tgcfd.yml"
    drop_ins = tmp_path / "tgcfd.yml.d"
    drop_ins.mkdir()
    (drop_ins / "10-mine.yml").write_text("accounts: {token_minutes: 5}\n")
    backup(tgcfd, state, tmp_path / "file")
    settings.write_text("supervisor: process\nlisten: 127.0.0.1:1\n")
    (drop_ins / "10-mine.yml").unlink()
    (drop_ins / "20-later.yml").write_text("accounts: {token_minutes: 6}\n")

    tgcfd("restore", state, str(tmp_path / "file"), "--yes")
    assert "listen" in settings.read_text()

    done = tgcfd("restore", state, str(tmp_path / "file"), "--yes", "--settings")
    assert done.returncode == 0, done.stderr
    assert settings.read_text() == "supervisor: process\n"
    assert [path.name for path in drop_ins.iterdir()] == ["10-mine.yml"]
    kept = sorted(path.name.partition(".before")[0] for path in tmp_path.glob("*.before-restore-*"))
    assert kept == ["tgcfd.yml", "tgcfd.yml.d"]


def test_settings_that_this_host_cannot_use_are_refused(tgcfd: Run, state: Path, tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    key.write_text("")
    (tmp_path / "tgcfd.yml").write_text(f"supervisor: process\ntelegram: {{public_key_file: {key}}}\n")
    backup(tgcfd, state, tmp_path / "file")
    (tmp_path / "tgcfd.yml").write_text("supervisor: process\n")
    key.unlink()
    before = tree(state)
    refused = tgcfd("restore", state, str(tmp_path / "file"), "--yes", "--settings")
    assert refused.returncode == 1
    assert refused.stderr == (
        "tgcfd: nothing was changed: the backup's settings cannot be used on this host: "
        f"{tmp_path}/tgcfd.yml, line 2: telegram.public_key_file: names {key}, which is not a file; "
        "put that file there, or restore without --settings\n"
    )
    assert tree(state) == before
    assert (tmp_path / "tgcfd.yml").read_text() == "supervisor: process\n"
    assert not list(tmp_path.glob(".*restored"))


def test_a_certificate_that_is_not_there_is_named_where_it_is_to_be(tgcfd: Run, state: Path, tmp_path: Path) -> None:
    drop_ins = tmp_path / "tgcfd.yml.d"
    drop_ins.mkdir()
    certificate, key = tmp_path / "tgcfd.yml.d" / "cert.pem", tmp_path / "key.pem"
    (drop_ins / "tls.yml").write_text("tls:\n  certificate: cert.pem\n  key: ../key.pem\n")
    backup(tgcfd, state, tmp_path / "file")
    (drop_ins / "tls.yml").unlink()
    certificate.touch()
    refused = tgcfd("restore", state, str(tmp_path / "file"), "--yes", "--settings")
    assert refused.returncode == 1
    assert (
        f"{drop_ins}/tls.yml, line 3: tls.key: names {drop_ins}/../key.pem, which is not a file; put" in refused.stderr
    )
    assert "tls.certificate" not in refused.stderr
    assert not (drop_ins / "tls.yml").exists()
    words = ["openssl", "req", "-x509", "-subj", "/CN=here", "-nodes", "-newkey", "ec"]
    words += ["-pkeyopt", "ec_paramgen_curve:P-256", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(words, check=True, capture_output=True)
    done = tgcfd("restore", state, str(tmp_path / "file"), "--yes", "--settings")
    assert done.returncode == 0, done.stderr


def test_settings_that_the_daemon_would_refuse_are_not_put_in_place(tgcfd: Run, state: Path, tmp_path: Path) -> None:
    drop_in = tmp_path / "tgcfd.yml.d" / "x.yml"
    drop_in.parent.mkdir()
    drop_in.write_text("supervisor: systemd\nstate_dir: /etc\n")
    backup(tgcfd, state, tmp_path / "file")
    drop_in.unlink()
    refused = tgcfd("restore", state, str(tmp_path / "file"), "--yes", "--settings")
    assert refused.returncode == 1
    assert f"{drop_in}, line 2: state_dir: must be /var/lib/tgcfd where systemd runs the workers;" in refused.stderr
    assert not drop_in.exists()
    assert not list(tmp_path.glob(".*restored"))


def test_restored_settings_can_be_read_by_the_daemon_whatever_root_s_umask(
    tgcfd: Run, state: Path, tmp_path: Path
) -> None:
    drop_in = tmp_path / "tgcfd.yml.d" / "x.yml"
    drop_in.parent.mkdir()
    drop_in.write_text("accounts: {token_minutes: 5}\n")
    backup(tgcfd, state, tmp_path / "file")
    before = os.umask(0o077)
    try:
        done = tgcfd("restore", state, str(tmp_path / "file"), "--yes", "--settings")
    finally:
        os.umask(before)
    assert done.returncode == 0, done.stderr
    assert (drop_in.parent.stat().st_mode & 0o777, drop_in.stat().st_mode & 0o777) == (0o755, 0o644)


def test_where_the_former_data_is_and_how_to_be_rid_of_it_is_said(tgcfd: Run, state: Path, tmp_path: Path) -> None:
    backup(tgcfd, state, tmp_path / "file")
    done = tgcfd("restore", state, str(tmp_path / "file"), "--yes")
    (former,) = state.glob("before-restore-*")
    assert f"The former data is kept, with the secrets in it: {former}\n" in done.stdout
    (remove,) = [line for line in done.stdout.splitlines() if line.startswith("Once all is well: ")]
    subprocess.run(["sh", "-c", remove.removeprefix("Once all is well: ")], check=True)
    assert not former.exists()
