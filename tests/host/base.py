"""The tree that machines boot from: a Debian with systemd and all that the daemon, the workers and the tests need.

Debian 12, or the release that TGCFD_HOST_SUITE names ("trixie" is Debian 13). Made once for each content of the package
lists (about 45 s, 310 MB) at ``build/host/<suite>-<hash>``; no machine writes to it.
Debian's archive is reached as this machine reaches it: same mirrors, same proxy, same certificates.
"""

from __future__ import annotations

import fcntl
import hashlib
import inspect
import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parents[2]
BASES = ROOT / "build" / "host"
SUITE = os.environ.get("TGCFD_HOST_SUITE") or "bookworm"
PACKAGES = [ROOT / "packaging" / "apt" / name for name in ("run", "test", "inside")]
_MAKING_TAKES = 900  # seconds at most: a slow mirror

# What only costs time in a machine that lives for seconds, or wants a network or a terminal.
_MASKED = ("apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "e2scrub_all.timer", "fstrim.timer",
           "console-getty.service", "systemd-networkd-wait-online.service",
           # what the tests that want it start themselves
           "caddy.service", "nginx.service")  # fmt: skip


class BaseError(Exception):
    """The tree cannot be made; says what was tried and what it said."""


def packages() -> list[str]:
    """The names in the package lists."""
    lines = "\n".join(path.read_text() for path in PACKAGES).splitlines()
    return [name for line in lines if (name := line.partition("#")[0].strip())]


def base() -> Path:
    """The tree, made if it is not there."""

    def make(tree: Path, folder: Path) -> None:
        debian(tree, folder, SUITE, packages())
        adapt(tree)
        for name in ("usr/share/doc", "usr/share/man", "usr/share/locale"):
            shutil.rmtree(tree / name, ignore_errors=True)

    recipe = [SUITE, *sorted(packages()), *_MASKED, inspect.getsource(debian), inspect.getsource(adapt)]
    return tree_of(SUITE, recipe, make)


def tree_of(kind: str, recipe: Sequence[str], make: Callable[[Path, Path], None]) -> Path:
    """The tree of this kind and recipe, made if it is not there. Of several that ask at once, one makes it.

    ``make`` is given the folder that becomes the tree, and one that is thrown away. Trees of the same kind and another
    recipe are removed.
    """
    tree = BASES / f"{kind}-{hashlib.sha256(chr(10).join(recipe).encode()).hexdigest()[:16]}"
    if tree.is_dir():
        return tree
    BASES.mkdir(parents=True, exist_ok=True)
    with (BASES / "lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not tree.is_dir():
            with tempfile.TemporaryDirectory(prefix="making-", dir=BASES) as making:
                fresh = Path(making, "tree")
                make(fresh, Path(making))
                in_use(tree).close()  # makes the lock's file
                fresh.rename(tree)  # whole, or not there
            _prune(kind, tree)
    return tree


def in_use(tree: Path) -> IO[bytes]:
    """A lock that keeps a tree from being removed, until it is closed."""
    lock = tree.with_suffix(".lock").open("ab")
    fcntl.flock(lock, fcntl.LOCK_SH)
    return lock


def _prune(kind: str, tree: Path) -> None:
    """Remove the trees of the same kind and earlier recipes."""
    for lock_file in set(BASES.glob(f"{kind}-*.lock")) - {tree.with_suffix(".lock")}:
        with lock_file.open("ab") as lock, suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(lock_file.with_suffix(""), ignore_errors=True)
            lock_file.unlink()


def debian(tree: Path, folder: Path, suite: str, names: Sequence[str], *options: str) -> None:
    """Make a Debian of the smallest kind with these packages; ``options`` are more of mmdebstrap's."""
    sources, settings = folder / "sources.list", folder / "apt.conf"
    sources.write_text(_mirrors(suite))
    settings.write_text(_said("apt-config", "dump", "--no-empty", "Acquire"))
    words = ["mmdebstrap", "--quiet", "--mode=root", "--variant=minbase", "--format=directory", f"--aptopt={settings}"]
    words += [f"--include={','.join(names)}", *options, suite, str(tree), str(sources)]
    result = subprocess.run(
        words, capture_output=True, text=True, timeout=_MAKING_TAKES, check=False, stdin=subprocess.DEVNULL
    )
    if result.returncode:
        raise BaseError(f"{' '.join(words)}: exit code {result.returncode}\n{result.stdout}{result.stderr}")


def _mirrors(suite: str) -> str:
    """This Debian's own sources, updates and security, asked for the suite; the public one on another system."""
    release = platform.freedesktop_os_release()
    fields = "deb $(REPO_URI) $(RELEASE) $(COMPONENT)"
    lines = _said("apt-get", "indextargets", "--format", fields, "Created-By: Packages").splitlines()
    name = release.get("VERSION_CODENAME") if release["ID"] == "debian" else None
    own = [line for line in lines if line.split()[2].partition("-")[0] == name and line.split()[3] == "main"]
    asked = [line.replace(f" {name}", f" {suite}") for line in own]
    return "\n".join(dict.fromkeys(asked)) or f"deb http://deb.debian.org/debian {suite} main"


def _said(*words: str) -> str:
    return subprocess.run(words, capture_output=True, text=True, timeout=60, check=True).stdout


def adapt(tree: Path) -> None:
    """Make it a system that has never booted, with a journal on disk."""
    (tree / "etc/machine-id").write_text("")
    (tree / "etc/hostname").write_text("testhost\n")
    (tree / "etc/hosts").write_text("127.0.0.1 localhost testhost\n::1 localhost\n")
    (tree / "etc/resolv.conf").unlink(missing_ok=True)
    (tree / "var/log/journal").mkdir(exist_ok=True)
    for unit in _MASKED:
        link = tree / "etc/systemd/system" / unit
        link.unlink(missing_ok=True)
        link.symlink_to("/dev/null")
    (tree / "src").mkdir()
