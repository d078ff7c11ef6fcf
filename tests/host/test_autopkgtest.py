"""The package's own tests (packaging/debian/tests), run as autopkgtest does: on a host with the package installed."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from tests.host.base import ROOT
from tests.host.conftest import said
from tests.host.machine import Machine

TESTS = ROOT / "packaging" / "debian" / "tests"
BUILDING_TAKES = 120  # seconds at most
TAKES = 300


def test_the_packages_own_tests_pass(base: Path) -> None:
    # given what is committed, built and installed on a host that has what it depends on
    build = [str(ROOT / "packaging" / "deb")]
    built = subprocess.run(build, capture_output=True, text=True, check=True, timeout=BUILDING_TAKES).stdout
    [deb] = re.findall(r"^dist/\S+_all\.deb", built, re.MULTILINE)
    names = re.findall(r"^Tests: (\w+)$", (TESTS / "control").read_text(), re.MULTILINE)
    assert names == sorted(names, key=["smoke", "service", "forwarding"].index)
    with Machine.boot(base, install=False) as machine:
        machine.run(["dpkg", "--install", f"/src/{deb}"], timeout=TAKES)
        # when each is run in the source tree, then it passes
        for name in names:
            machine.run(["mkdir", f"/tmp/{name}"])
            machine.run(
                [f"/src/packaging/debian/tests/{name}"],
                cwd="/src",
                timeout=TAKES,
                environment={"AUTOPKGTEST_TMP": f"/tmp/{name}"},
            )
            said.append(f"autopkgtest: {name} passed")
