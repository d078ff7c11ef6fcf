"""The package's own tests (packaging/debian/tests), as Debian runs them: by autopkgtest, with what they need."""

from __future__ import annotations

import re

from tests.host.base import ROOT
from tests.host.conftest import said
from tests.host.package.host import Host

TESTS = ROOT / "packaging" / "debian" / "tests"
TAKES = 300  # seconds at most


def test_the_packages_own_tests_pass(fresh_host: Host) -> None:
    # given a host that has autopkgtest and never had the package, nor what that or its tests depend on
    fresh_host.write("/etc/apt/apt.conf.d/no-network", 'Acquire::Retries "0";\n')
    fresh_host.apt("install", "--no-install-recommends", "autopkgtest")
    # when the tests of the source tree that the package was built from are run
    words = ["autopkgtest", "--ignore-restrictions=isolation-container", "--no-built-binaries"]
    words += [f"/src/{fresh_host.debs.first}", "/src/source/", "--", "null"]
    result = fresh_host.machine.run(words, check=False, timeout=TAKES)
    # then each has run, and passed
    summary = dict(re.findall(r"^(\w+) +(PASS|FAIL|SKIP)\b", result.stdout + result.stderr, re.MULTILINE))
    names = re.findall(r"^Tests: (\w+)$", (TESTS / "control").read_text(), re.MULTILINE)
    assert summary == dict.fromkeys(names, "PASS"), result.stdout + result.stderr
    said.append(f"autopkgtest: {', '.join(names)} passed on a fresh host")
