"""Every way into the package with something in the way: said in plain words, nothing lost, mended as it says."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

from tests.host.package.debs import version
from tests.host.package.host import Host, said, until
from tests.host.package.people import Somebody

SETTINGS = "/etc/tgcfd/tgcfd.yml"
DROP_IN = "/etc/tgcfd/tgcfd.yml.d/10-mine.yml"


def test_an_upgrade_with_broken_settings_lets_the_old_daemon_serve(host: Host) -> None:
    # given settings and a drop-in that were broken while the daemon runs
    host.install(host.debs.first)
    daemon = host.main_pid()
    host.sh(
        f"cp {SETTINGS} /root/before; echo 'lisen: 127.0.0.1:1' >>{SETTINGS}; printf 'worker:\n  tea: 1\n' >{DROP_IN}"
    )
    line = int(host.sh(f"wc -l <{SETTINGS}"))
    # when the package is upgraded
    said = host.install(host.debs.second)
    # then apt ends well, the lines are named, and the old process serves
    assert f"{SETTINGS}, line {line}: lisen" in said
    assert f"{DROP_IN}, line 2: worker.tea" in said
    assert "then type: sudo systemctl reload tgcfd\n" in said
    assert host.has(host.debs.second)
    assert (host.main_pid(), host.answers()) == (daemon, 200)
    # and goes on when it is told to read them
    assert host.machine.run(["systemctl", "reload", "tgcfd"], check=False).returncode != 0
    assert (host.main_pid(), host.answers()) == (daemon, 200)
    # and the new one serves once that is mended
    host.sh(f"cp /root/before {SETTINGS}; rm {DROP_IN}")
    host.systemctl("reload", "tgcfd")
    assert (host.main_pid(), host.answers()) == (daemon, 200)
    assert f"tgcfd {version(host.debs.second)} serves" in host.machine.journal("-u", "tgcfd")


def test_an_upgrade_that_cannot_judge_the_settings_lets_the_old_daemon_serve(host: Host) -> None:
    # given a daemon that runs, and a library without which no other would start
    host.install(host.debs.first)
    daemon = host.main_pid()
    library = "/usr/lib/python3/dist-packages/ruamel"
    host.sh(f"mv {library} /root/ruamel")
    # when the package is upgraded
    said = host.install(host.debs.second)
    # then apt ends well, says what is wrong, and the old process serves
    assert "the settings could not be judged (exit code 1), so tgcfd" in said
    assert "No module named 'ruamel" in said
    assert host.has(host.debs.second)
    assert (host.main_pid(), host.answers()) == (daemon, 200)
    # and what it says to type helps
    assert "then type: sudo systemctl reload tgcfd\n" in said
    host.sh(f"mv /root/ruamel {library}; systemctl reload tgcfd")
    assert (host.main_pid(), host.answers()) == (daemon, 200)
    assert f"tgcfd {version(host.debs.second)} serves" in host.machine.journal("-u", "tgcfd")


def test_an_upgrade_with_a_certificate_that_no_client_can_use_lets_the_old_daemon_serve(
    host: Host, tmp_path: Path
) -> None:
    host.install(host.debs.first)
    daemon = host.main_pid()
    folder = "/etc/tgcfd/tls"
    words = ["openssl", "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:secp256k1"]
    words += ["-subj", "/CN=localhost", "-keyout", tmp_path / "key.pem", "-out", tmp_path / "certificate.pem"]
    subprocess.run(words, check=True, capture_output=True)
    for name in ("key.pem", "certificate.pem"):
        host.write(f"/root/{name}", (tmp_path / name).read_text())
    host.sh(f"install -d {folder}; install -o tgcfd -m 400 /root/key.pem /root/certificate.pem {folder}")
    host.write(DROP_IN, f"tls:\n  certificate: {folder}/certificate.pem\n  key: {folder}/key.pem\n")
    said = host.install(host.debs.second)
    assert f"{DROP_IN}, line 2: tls.certificate: {folder}/certificate.pem: no client can use it" in said
    assert (host.main_pid(), host.answers()) == (daemon, 200)


def test_a_full_disk_is_said_and_mended_by_freeing_it(host: Host) -> None:
    # given a data folder without space
    host.sh("mkdir /var/lib/tgcfd; mount -t tmpfs -o size=64k tmpfs /var/lib/tgcfd")
    host.sh("dd if=/dev/zero of=/var/lib/tgcfd/filled 2>/dev/null", check=False)
    # when it is installed
    said = host.install(host.debs.first, check=False)
    # then it says why, and what to type
    assert "the disk of /var/lib/tgcfd is full" in said
    assert "dpkg --configure -a" in said
    assert not host.has(host.debs.first)
    # and that is enough
    host.sh("rm /var/lib/tgcfd/filled; mount -o remount,size=16m /var/lib/tgcfd; dpkg --configure -a")
    assert host.has(host.debs.first)
    assert host.answers() == 200


def test_an_upgrade_on_a_full_disk_leaves_workers_alone(host: Host) -> None:
    host.sh("mkdir /var/lib/tgcfd; mount -t tmpfs -o size=16m tmpfs /var/lib/tgcfd")
    host.install(host.debs.first)
    host.use_stub()
    worker = Somebody(host, "alice").run()
    host.sh("dd if=/dev/zero of=/var/lib/tgcfd/filled 2>/dev/null", check=False)
    host.install(host.debs.second, check=False)
    assert host.main_pid("tgcf@alice.service") == worker
    host.sh("rm /var/lib/tgcfd/filled; dpkg --configure -a; systemctl restart tgcfd")
    assert host.has(host.debs.second)
    assert (host.main_pid("tgcf@alice.service"), host.answers()) == (worker, 200)


def test_without_systemd_it_is_installed_and_the_next_boot_starts_it(host: Host) -> None:
    # given a system in which no systemd runs, as in a chroot
    words = ["unshare", "--mount", "sh", "-c", f"mount -t tmpfs tmpfs /run && apt -y install /src/{host.debs.first}"]
    # when it is installed there
    result = host.machine.run(words, timeout=120, environment={"DEBIAN_FRONTEND": "noninteractive"})
    # then nothing was started, and it says so
    assert "systemd does not run here" in result.stdout
    assert host.has(host.debs.first)
    assert host.units() == []
    # and the next boot does
    host.machine.reboot()
    until(lambda: host.answers() == 200)
    assert host.systemctl("is-system-running") == "running\n"


def test_a_person_of_our_name_is_somebody_else(host: Host) -> None:
    # given a login user of that name
    host.sh("useradd --create-home --shell /bin/bash tgcfd; echo hers >~tgcfd/mail")
    entry = host.sh("getent passwd tgcfd; getent group tgcfd")
    # when it is installed
    said = host.install(host.debs.first, check=False)
    # then it is refused and says what to do, and nothing is half there
    assert "there is a user tgcfd already" in said
    assert "usermod --login NEWNAME tgcfd" in said
    assert not host.has(host.debs.first)
    assert host.sh("ls -d /usr/lib/tgcfd /etc/tgcfd /usr/bin/tgcfd /var/lib/tgcfd 2>/dev/null", check=False) == ""
    assert host.sh("getent passwd tgcfd; getent group tgcfd") == entry
    assert host.sh("dpkg --audit") == ""
    # and what it says helps
    host.sh("usermod --login theresa tgcfd")
    said = host.install(host.debs.first, check=False)
    assert "groupmod --new-name NEWNAME tgcfd" in said
    host.sh("groupmod --new-name theresa tgcfd")
    host.install(host.debs.first)
    assert host.answers() == 200
    # and a purge leaves her alone
    host.apt("purge", "tgcfd")
    assert host.sh("cat ~theresa/mail") == "hers\n"


def test_an_installation_that_was_cut_short_is_finished_by_dpkg(host: Host) -> None:
    # given an installation that was killed while it set up
    words = host.machine.command(["apt", "-y", "install", f"/src/{host.debs.first}"])
    apt = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)
    with apt:
        assert apt.stdout is not None
        while "Setting up tgcfd" not in (line := apt.stdout.readline()):
            assert line, "it ended before"
        host.sh("kill -9 $(pgrep -x apt; pgrep -x dpkg; pgrep -f tgcfd.postinst)", check=False)
        os.killpg(apt.pid, signal.SIGKILL)
    assert not host.has(host.debs.first)
    # when the owner does what apt tells
    host.sh("dpkg --configure -a")
    # then it is whole
    assert host.has(host.debs.first)
    assert host.answers() == 200


def test_a_program_of_another_at_our_port_is_named(host: Host) -> None:
    host.install(host.debs.first)
    host.systemctl("stop", "tgcfd.socket", "tgcfd.service")
    host.sh("systemd-run --unit=other python3 -m http.server --bind 127.0.0.1 8470")
    until(lambda: host.curl("http://127.0.0.1:8470/"))
    said = host.install(host.debs.second, check=False)
    assert "tgcfd: the daemon did not start. To see why: sudo tgcfd check\n" in said
    assert host.has(host.debs.second)


_INTERRUPTED = """
import os, pty, subprocess, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execvp("dpkg", ["dpkg", "-r", "tgcfd"])
while subprocess.run(["systemctl", "is-active", "--quiet", "tgcfd.service"]).returncode == 0 or (
    "deactivating" not in subprocess.run(
        ["systemctl", "is-active", "tgcf@alice.service"], capture_output=True, text=True
    ).stdout
):
    pass
os.write(terminal, b"\\x03")
try:
    while data := os.read(terminal, 4096):
        sys.stdout.write(data.decode(errors="replace"))
except OSError:  # its other end is closed
    pass
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""
"""Presses Ctrl-C while a removal waits for a worker to stop."""


def test_who_interrupts_a_removal_has_all_running_again(host: Host) -> None:
    # given a worker that takes its time to stop
    host.install(host.debs.first)
    host.use_stub()
    alice = Somebody(host, "alice")
    worker = alice.run("ignore_term()\nready()\nwait()\n")
    # when the removal is interrupted meanwhile
    removal = host.machine.run(["timeout", "60", "python3", "-c", _INTERRUPTED], check=False, timeout=90)
    # then the package is as before, and what ran runs again
    assert removal.returncode != 0, said(removal)
    assert host.state().endswith(f"i  {version(host.debs.first)}"), said(removal)
    until(lambda: host.main_pid("tgcf@alice.service") not in (0, worker))


def test_who_ran_runs_again_even_if_files_of_the_removed_package_were_missing(host: Host) -> None:
    host.install(host.debs.first)
    host.use_stub()
    worker = Somebody(host, "alice").run()
    host.sh("rm -r /usr/lib/python3/dist-packages/tgcfd")
    assert "press Run" not in said(host.apt("remove", "tgcfd"))
    host.install(host.debs.first)
    until(lambda: host.main_pid("tgcf@alice.service") not in (0, worker))
