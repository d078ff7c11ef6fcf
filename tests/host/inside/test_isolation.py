"""What a worker cannot do: to another person's worker, to the daemon, to the host. Each tried from inside a worker."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.host.inside.stage import (
    READY,
    USERS,
    answer,
    ask,
    prepare,
    said,
    show,
    start,
    state,
    stop_all,
    tried,
    until,
    use_stub,
    use_tgcf,
)

PIN = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)


def kernel(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), "")
    return "done"
"""


@pytest.fixture(autouse=True)
def stage() -> Iterator[None]:
    use_stub()
    yield
    stop_all()
    use_tgcf()


@pytest.fixture
def bob(stage: None) -> int:
    """Bob's worker runs, with a secret in its folder; its pid."""
    folder = prepare("bob", READY)
    (folder / "secret").write_text("bob's")
    (folder / "secret").chmod(0o666)  # however careless he is
    ask("Start", "bob", "live", "standard")
    until(lambda: state("bob") == "active")
    return int(show("tgcf@bob.service", "MainPID")[0])


def test_alice_cannot_read_or_list_bobs_folder(bob: int) -> None:
    found = tried(
        "alice",
        f"""
answer([
    trying(lambda: open("{USERS}/bob/secret").read()),
    trying(lambda: open("/var/lib/tgcfd/users/bob/secret").read()),
    trying(lambda: open("../bob/secret").read()),
    os.listdir("{USERS}"),
    os.listdir("/var/lib/tgcfd/users"),
    trying(lambda: os.mkdir("{USERS}/eve")),
])
""",
    )
    assert found == ["ENOENT", "ENOENT", "ENOENT", ["alice"], ["alice"], "EROFS"]


def test_alice_cannot_see_signal_or_trace_bobs_worker(bob: int) -> None:
    found = tried(
        "alice",
        PIN
        + f"""
import signal
PTRACE_ATTACH = 16
answer([
    trying(lambda: os.kill({bob}, signal.SIGTERM)),
    trying(lambda: os.kill({bob}, 0)),
    trying(lambda: kernel(libc.ptrace(PTRACE_ATTACH, {bob}, None, None))),
    trying(lambda: os.listdir("/proc/{bob}")),
    trying(lambda: open("/proc/{bob}/environ").read()),
    trying(lambda: open("/proc/{bob}/root/etc/passwd").read()),
    trying(lambda: os.pidfd_open({bob}) and "done"),
    sorted(name for name in os.listdir("/proc") if name.isdigit()) == [str(os.getpid())],
])
""",
    )
    assert found[:6] == ["EPERM", "EPERM", "EPERM", "ENOENT", "ENOENT", "ENOENT"]
    assert found[7] is True
    assert show("tgcf@bob.service", "MainPID", "ActiveState") == [str(bob), "active"]


def test_alice_cannot_read_what_is_the_daemons_or_roots() -> None:
    for name in ("tgcfd.db", "keys/jwt"):
        path = Path("/var/lib/tgcfd", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("secret")
        path.chmod(0o666)
    found = tried(
        "alice",
        """
names = ["/var/lib/tgcfd/tgcfd.db", "/var/lib/tgcfd/keys/jwt",
         "/etc/shadow", "/root/.bashrc", "/var/log/journal",
         "/proc/1/environ", "/proc/kcore", "/proc/kmsg", "/dev/mem", "/dev/vda", "/run/systemd/private",
         "/proc/meminfo"]
answer({name: trying(lambda: open(name, "rb").read(1).decode()) for name in names})
""",
    )
    assert set(found.values()) <= {"ENOENT", "EACCES", "ENXIO"}, found
    assert found["/etc/shadow"] == "EACCES"


def test_alice_cannot_talk_to_the_bus_the_broker_or_the_journal() -> None:
    found = tried(
        "alice",
        """
import subprocess
def reach(path, kind=socket.SOCK_STREAM):
    with socket.socket(socket.AF_UNIX, kind) as one:
        one.connect(path)

def busctl():
    words = ["busctl", "call", "org.tgcfd.Units1", "/org/tgcfd/Units1", "org.tgcfd.Units1", "Stop", "s", "bob"]
    return subprocess.run(words, capture_output=True, text=True).stderr

answer([
    trying(lambda: reach("/run/dbus/system_bus_socket")),
    trying(lambda: reach("/var/run/dbus/system_bus_socket")),
    trying(lambda: reach("/run/systemd/private")),
    trying(lambda: reach("/run/systemd/journal/socket", socket.SOCK_DGRAM)),
    trying(lambda: reach("/run/systemd/journal/stdout")),
    trying(lambda: reach("/dev/log", socket.SOCK_DGRAM)),
    trying(lambda: reach("/run/systemd/notify", socket.SOCK_DGRAM)),
    trying(lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)) ,
    trying(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW)),
    trying(lambda: socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)),
    busctl(),
])
""",
    )
    assert found[:6] == ["ENOENT"] * 6
    assert found[6:10] == ["done", "EAFNOSUPPORT", "EAFNOSUPPORT", "EAFNOSUPPORT"]
    assert "No such file or directory" in found[10]


def test_alice_cannot_become_more_than_she_is() -> None:
    found = tried(
        "alice",
        PIN
        + """
import subprocess, stat
CLONE_NEWUSER = 0x10000000
def has_set_id():
    Path("program").touch()
    os.chmod("program", 0o4755)

PROT_READ_WRITE_EXEC = 7
libc.mmap.restype = ctypes.c_long
libc.mmap.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
answer([
    trying(lambda: os.setuid(0)),
    trying(lambda: kernel(libc.unshare(CLONE_NEWUSER))),
    trying(lambda: kernel(libc.mount(b"none", b"/tmp", b"tmpfs", 0, None))),
    trying(lambda: os.chroot("/tmp")),
    trying(lambda: has_set_id()),
    trying(lambda: kernel(libc.mmap(0, 4096, PROT_READ_WRITE_EXEC, 0x22, -1, 0))),
    trying(lambda: open("/etc/x", "w")),
    trying(lambda: open("/usr/x", "w")),
    trying(lambda: open("/run/x", "w")),
    trying(lambda: open("/var/x", "w")),
    trying(lambda: open("/sys/kernel/x", "w")),
    subprocess.run(["setpriv", "--dump"], capture_output=True, text=True).stdout.count("[none]"),
    trying(lambda: os.sched_setaffinity(0, {0})),
    trying(lambda: os.nice(-5)),
])
""",
    )
    assert found[:5] == ["EPERM"] * 5
    assert found[5] in ("EPERM", "EACCES")  # by a filter of system calls; by the kernel itself (systemd 257)
    assert found[6:10] == ["EROFS"] * 4
    assert found[10] in ("EROFS", "EACCES", "ENOENT")
    assert found[11] >= 4  # no capability in any of its sets
    assert found[12:] == ["EPERM", "EPERM"]


def test_alice_cannot_take_the_hosts_inotify_instances() -> None:
    """Those of a worker would count as root's (PrivateUsers=), and journalctl -f and path units would go without."""
    assert tried("alice", PIN + "answer(trying(lambda: kernel(libc.inotify_init1(0))))") == "EPERM"


def test_workers_leave_nothing_for_each_other() -> None:
    tried("bob", "for place in ('/tmp', '/var/tmp', '/dev/shm'): Path(place, 'from-bob').touch()\nanswer('done')")
    bob = start(
        "bob", "for place in ('/tmp', '/var/tmp', '/dev/shm'): Path(place, 'from-bob').touch()\nanswer(1)\n" + READY
    )
    answer(bob)
    found = tried("alice", "answer([os.listdir(place) for place in ('/tmp', '/var/tmp', '/dev/shm')])")
    assert found == [[], [], []]


def test_bobs_uid_is_not_alices(bob: int) -> None:
    alice = tried("alice", "answer([os.stat('.').st_uid, os.getuid(), os.getgroups()])")
    assert alice[0] == alice[1] != os.stat(f"/proc/{bob}").st_uid  # noqa: PTH116
    assert alice[1] not in (0, 65534)


def test_the_daemon_and_the_worker_share_a_folder_while_it_runs() -> None:
    """As tgcfd.service sees it: its user and group, its own mounts."""
    folder = start("alice", "Path('by-worker').write_text('w')\nanswer(1)\n" + READY)
    answer(folder)
    daemon = [
        "systemd-run", "-q", "--wait", "--pipe", "--collect", "-pUser=tgcfd", "-pGroup=tgcfd-worker",
        "-pSupplementaryGroups=tgcfd", "-pPrivateUsers=yes",
        "-pBindPaths=/var/lib/private/tgcfd/users:/var/lib/tgcfd/users", "-pUMask=0027",
    ]  # fmt: skip
    code = (
        "cd /var/lib/tgcfd/users/alice && cat by-worker && umask 007 && echo d >new && mv new by-worker"
        " && echo d >other && mkdir ../carol && echo d >../carol/first && rm by-worker"
    )
    assert said(*daemon, "sh", "-c", code) == "w"
    # systemd has taken the set-group-ID bit from the folder
    assert {path.group() for path in (folder / "other", USERS / "carol", USERS / "carol" / "first")} == {"tgcfd-worker"}
    ask("Kill", "alice")
    until(lambda: state("alice") == "none")
    assert tried("alice", "answer(open('other').read() + trying(lambda: os.remove('other')))") == "d\ndone"
    assert tried("carol", "answer(open('first').read())") == "d\n"


def test_the_daemons_user_cannot_put_a_link_where_pid_1_looks_for_peoples_folders() -> None:
    assert is_done("touch /var/lib/tgcfd/own && rm /var/lib/tgcfd/own")
    for command in (
        "mv /var/lib/tgcfd/users /var/lib/tgcfd/moved",
        "rmdir /var/lib/tgcfd/users",
        "ln -s /etc /var/lib/tgcfd/users/victim",
        "mv /var/lib/private/tgcfd/users /var/lib/private/tgcfd/moved",
        "chmod 777 /var/lib/tgcfd",
    ):
        assert not is_done(command), command


def is_done(command: str) -> bool:
    """Whether user tgcfd can do it, with all of its groups and none of its sandbox."""
    words = ["setpriv", "--reuid=tgcfd", "--regid=tgcfd-worker", "--groups=tgcfd,systemd-journal", "sh", "-c", command]
    return subprocess.run(words, capture_output=True, check=False).returncode == 0


def test_nobody_on_the_host_looks_into_a_folder(bob: int) -> None:
    for user in ("nobody", "tgcfd"):
        words = ["runuser", "-u", user, "--", "cat", f"{USERS}/bob/secret"]
        assert "Permission denied" in subprocess.run(words, capture_output=True, text=True, check=False).stderr
