"""The first installation on a host that runs already."""

from __future__ import annotations

from pathlib import Path

from tests.host.machine import Machine


def test_the_bus_knows_the_daemons_user_when_it_reads_its_policy(base: Path) -> None:
    with Machine.boot(base, install=False) as machine:
        # given a bus that reads a policy as soon as there is one
        machine.run(["systemctl", "is-active", "dbus"])
        assert machine.run(["id", "tgcfd"], check=False).returncode != 0
        # when tgcfd is installed
        said = machine.run(["/src/packaging/install"]).stdout
        machine.run(["systemctl", "daemon-reload"])
        # then the policy holds, without a reload
        words = ["busctl", "call", "org.tgcfd.Units1", "/org/tgcfd/Units1", "org.tgcfd.Units1", "Stop", "s", "alice"]
        assert "tgcf@alice.service is not there" in machine.run(words, check=False, user="tgcfd").stderr
        machine.run(["journalctl", "--sync"])
        log = machine.run(["journalctl", "-b", "-o", "cat", "-u", "dbus"]).stdout
        assert "Unknown username" not in log
        assert "org.tgcfd.Units1.conf" not in log
        # and whoever called it by hand is told what comes next
        assert "systemctl enable --now tgcfd.socket" in said
        assert "systemd-sysusers" not in said
