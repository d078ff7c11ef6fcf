"""The file itself: what Debian's own checker says of it, and how big it is."""

from __future__ import annotations

import re
import subprocess

from tests.host.package.debs import Debs
from tests.host.package.host import URL, Host, until

MIB = 1 << 20


def test_lintian_finds_nothing_that_is_not_explained(debs: Debs) -> None:
    words = ["lintian", "--allow-root", "--pedantic", "--fail-on", "error,warning", debs.folder / debs.first]
    result = subprocess.run(words, capture_output=True, text=True, check=False, timeout=120)
    assert result.returncode == 0, result.stdout + result.stderr


def test_it_is_small(debs: Debs, host: Host) -> None:
    assert (debs.folder / debs.first).stat().st_size < 1.5 * MIB
    host.install(host.debs.first)
    ours = host.sh(
        "du -csx --apparent-size -B1 /usr/lib/tgcfd /usr/lib/python3/dist-packages/tgcfd /usr/share/doc/tgcfd"
    )
    assert int(ours.splitlines()[-1].split()[0]) < 15 * MIB, ours
    # with its bytecode: the services cannot write it
    assert "cpython" in host.sh("find /usr/lib/tgcfd/runtime/tgcf /usr/lib/python3/dist-packages/tgcfd -name '*.pyc'")
    # and without tgcf's own web page, whose libraries are not there
    inside = host.sh("ls /usr/lib/tgcfd/runtime/tgcf").split()
    assert ("live.py" in inside, "web_ui" in inside) == (True, False)


def test_it_brings_the_whole_web_page(host: Host) -> None:
    host.install(host.debs.first)
    until(lambda: host.answers() == 200)
    files = re.findall(r'(?:href|src)="([^"]+)"', host.curl(f"{URL}/"))
    assert {"pico.min.css", "preact.js", "style.css", "app.js"} <= {name.rpartition("/")[2] for name in files}
    for name in files:
        assert host.curl("-o", "/dev/null", "-w", "%{http_code}", f"{URL}/{name}") == "200", name
