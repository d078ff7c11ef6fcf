"""What a worker of the installed package may take, on a host where limits bite; and who restarts it."""

from __future__ import annotations

import json

import pytest

from tests.host import cgroups
from tests.host.package.host import Host, until
from tests.host.package.people import Somebody

PROFILE = {"memory_mib": 64, "tasks": 12, "cpu_percent": 20, "io_weight": 100, "open_files": 256}
# Bounded, should a limit not bite: 160 MiB, 40 children, two seconds of a core.
TAKES = """
import json, subprocess, time
if not Path("memory").exists():
    Path("memory").touch()
    taken = bytearray(160 << 20)
    for page in range(0, len(taken), 4096):
        taken[page] = 1
    Path("memory").write_text("survived")
ready()
children = []
try:
    for _ in range(40):
        children.append(subprocess.Popen(["sleep", "60"]))
except OSError as error:
    refused = error.strerror
else:
    refused = None
for child in children:
    child.kill()
    child.wait()
started, used = time.monotonic(), time.process_time()
while time.monotonic() - started < 2:
    pass
share = (time.process_time() - used) / (time.monotonic() - started)
Path("new").write_text(json.dumps({"children": len(children), "refused": refused, "share": share}))
Path("new").rename("taken")
"""


@pytest.mark.skipif(not cgroups.has_v1_limits(), reason="no v1 controllers here, so that v1's limits cannot be tried")
def test_limits_bite(host: Host) -> None:
    # given a worker with small limits that takes what it can
    host.install(host.debs.first)
    host.use_stub({"profiles": {"standard": PROFILE}})
    alice = Somebody(host, "alice")
    alice.run(TAKES)
    taken = json.loads(until(lambda: host.sh(f"cat {alice.folder}/taken 2>/dev/null", check=False)))
    # then it was ended for its memory, and started again
    assert host.sh(f"cat {alice.folder}/memory") == ""
    assert host.show(alice.unit, "NRestarts") == "1"
    # and had no more tasks than it may, nor more of a core
    assert taken["refused"] == "Resource temporarily unavailable"
    assert taken["children"] == PROFILE["tasks"] - 1
    assert taken["share"] < 0.3
    # and neither the daemon nor the host took harm
    assert host.answers() == 200
    assert "oom" not in host.show("tgcfd.service", "Result")


def test_needrestart_restarts_the_daemon_and_no_worker(host: Host) -> None:
    # given workers and a daemon that run with a library of yesterday, and needrestart that restarts all such
    host.install(host.debs.first)
    host.sh("dpkg -i /var/cache/apt/archives/needrestart_*.deb")
    host.use_stub()
    worker, daemon = Somebody(host, "alice").run(), host.main_pid()
    host.sh(
        "for f in $(ls /usr/lib/*/libexpat.so.1.*) $(ls /usr/lib/*/libz.so.1.*); do cp $f $f.new; mv $f.new $f; done"
    )
    # when it looks
    said = host.sh("needrestart -r a -m a")
    # then the daemon is restarted, and the worker is not
    assert "tgcfd.service" in said
    assert host.main_pid() not in {0, daemon}
    assert host.main_pid("tgcf@alice.service") == worker
