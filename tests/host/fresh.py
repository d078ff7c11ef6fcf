"""Trees of Debian hosts that have never met tgcfd, for its package: without, and with what it depends on.

Smallest Debian, systemd and the bus, as on any host; no Python. All that the package depends on, and what its tests
install beside it, lies in apt's cache, so that ``apt install ./tgcfd_*.deb`` works in a machine, which has no network.
"""

from __future__ import annotations

import inspect
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.host.base import ROOT, adapt, debian, in_use, tree_of

SUITES = ("bookworm", "trixie")
_HOST = ("systemd", "systemd-sysv", "dbus", "procps")
# To be had from the cache, but not installed.
_BESIDE = ("needrestart",)
_DOWNLOAD = "APT_CONFIG=$MMDEBSTRAP_APT_CONFIG apt-get install -y --download-only -o APT::Install-Recommends="
_TESTS = ROOT / "packaging" / "debian" / "tests" / "control"
_KEEP = 'Binary::apt::APT::Keep-Downloaded-Packages "true"'  # for a second installation
_PREPARE = f'apt-get install -y --no-download "$@" {" ".join(_BESIDE)} && dpkg --purge {" ".join(_BESIDE)}'
_INSTALLING_TAKES = 300  # seconds at most


def fresh(suite: str, depends: Sequence[str]) -> Path:
    """A host without anything of ours."""

    def make(tree: Path, folder: Path) -> None:
        hooks = [f"{_DOWNLOAD}true {' '.join([*depends, *_BESIDE])}", f"{_DOWNLOAD}false {' '.join(autopkgtest())}"]
        options = [*(f"--customize-hook={hook}" for hook in hooks), "--skip=cleanup/apt", f"--aptopt={_KEEP}"]
        debian(tree, folder, suite, _HOST, *options)
        adapt(tree)

    sources = map(inspect.getsource, (debian, adapt, make))
    recipe = [suite, *depends, *sources, *_HOST, *_BESIDE, *autopkgtest(), _DOWNLOAD, _KEEP]
    return tree_of(f"fresh-{suite}", recipe, make)


def prepared(suite: str, depends: Sequence[str]) -> Path:
    """The same host with what the package depends on, and what stands beside it: installing takes seconds there."""
    source = fresh(suite, depends)

    def make(tree: Path, folder: Path) -> None:
        subprocess.run(["cp", "-a", str(source), str(tree)], check=True)
        words = ["chroot", str(tree), "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"]
        words += ["DEBIAN_FRONTEND=noninteractive", "sh", "-c", _PREPARE, "sh", *depends]
        subprocess.run(words, check=True, capture_output=True, timeout=_INSTALLING_TAKES, stdin=subprocess.DEVNULL)
        for path in (tree / "var/lib/apt/lists").glob("*_*"):  # nothing more is asked for, and apt is fast without
            path.unlink()
        for path in (tree / "var/cache/apt").glob("*.bin"):
            path.unlink()

    with in_use(source):  # somebody with another recipe may be making trees, and removes ours
        return tree_of(f"prepared-{suite}", [source.name, inspect.getsource(make), _PREPARE], make)


def autopkgtest() -> list[str]:
    """The names of what autopkgtest wants: itself, what it installs unasked, and what the package's tests depend on."""
    named = re.findall(r"^Depends: (.*)$", _TESTS.read_text(), re.MULTILINE)
    return ["autopkgtest", "dpkg-dev", *sorted({name for line in named for name in re.split(r",\s*", line)} - {"@"})]


def depends(deb: Path) -> list[str]:
    """The names of the packages that a package depends on or recommends; of alternatives, the first."""
    words = ["dpkg-deb", "--showformat", "${Depends},${Recommends}", "--show", str(deb)]
    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    found = [re.match(r"[a-z0-9.+-]+", one.strip()) for one in said.split(",")]
    return sorted({match[0] for match in found if match})
