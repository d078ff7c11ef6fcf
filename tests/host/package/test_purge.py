"""A package that is gone: nothing of it is left, an equal of piuparts with a worker that ran."""

from __future__ import annotations

from tests.host.package.host import Host, said
from tests.host.package.people import Somebody
from tests.host.package.snapshot import differences, snapshot


def test_a_purge_leaves_the_host_as_it_was(host: Host) -> None:
    # given a host that was looked at, and then a package that was used: by a worker that runs and one that failed
    before = snapshot(host.machine)
    host.install(host.debs.first)
    host.use_stub()
    Somebody(host, "alice").run()
    bob = Somebody(host, "bob")
    bob.run()
    host.systemctl("kill", "--signal=KILL", bob.unit)
    host.tgcfd("check", check=False)
    host.install(host.debs.second)
    # when it is purged
    host.apt("purge", "tgcfd")
    # then the host is as it was
    assert differences(before, snapshot(host.machine)) == []
    assert (host.units("--all"), host.users(), host.state()) == ([], [], "")
    assert "tgcf" not in host.sh("ps -eo user:32,args; systemctl list-unit-files; systemctl list-timers --all")
    assert "tgcf" not in host.sh("busctl list --acquired --activatable --no-legend")
    assert "tgcf" not in host.sh("find /var/lib/systemd /run/systemd -name '*tgcf*'")
    assert host.systemctl("is-system-running") == "running\n"


def test_a_user_whom_the_owner_has_changed_keeps_no_package_from_going(host: Host) -> None:
    # given a user tgcfd who was given a shell
    host.install(host.debs.first)
    host.sh("usermod --shell /bin/sh tgcfd")
    # when the package is upgraded and then purged
    host.install(host.debs.second)
    purged = said(host.apt("purge", "tgcfd"))
    # then it is gone, and what stays is said with what to type
    assert "user tgcfd is not as this package made it, and stays. Not needed any more? userdel tgcfd" in purged
    assert "group tgcfd stays" in purged
    assert (host.state(), set(host.users())) == ("", {"tgcfd"})
    host.sh("userdel tgcfd")
    assert host.users() == []


def test_a_folder_with_a_file_system_of_its_own_is_emptied_and_said_to_stay(host: Host) -> None:
    mount = "/var/lib/private/tgcfd"
    host.sh(f"mkdir -p {mount}; mount -t tmpfs tmpfs {mount}")
    host.install(host.debs.first)
    host.use_stub()
    Somebody(host, "alice").run()
    purged = said(host.apt("purge", "tgcfd"))
    assert f"{mount} is a mount point: it was emptied, and stays" in purged
    assert host.sh(f"find {mount} -mindepth 1") == ""
    assert (host.users(), host.state()) == ([], "")


def test_a_file_system_in_the_data_keeps_the_purge_from_ending_until_it_is_unmounted(host: Host) -> None:
    mount = "/var/lib/private/tgcfd/users"
    host.install(host.debs.first)
    host.systemctl("stop", "tgcfd.service", "tgcfd.socket")
    host.sh(f"mount -t tmpfs tmpfs {mount}; echo kept >{mount}/kept")
    purged = said(host.apt("purge", "tgcfd", check=False))
    assert host.state() != ""
    assert f"{mount} is a mount point. Unmount it" in purged
    assert host.sh(f"cat {mount}/kept") == "kept\n"
    host.sh(f"umount {mount}")
    host.apt("purge", "tgcfd")
    assert (host.users(), host.state(), host.sh("ls /var/lib/private")) == ([], "", "")
