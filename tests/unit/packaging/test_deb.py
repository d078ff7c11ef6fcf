"""The Debian package: what its files in packaging/debian say of each other, and that two builds are the same."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tgcfd import __version__
from tgcfd.accounts.first import FirstAccount
from tgcfd.server import MAKE_FIRST, _status

ROOT = Path(__file__).parents[3]
DEBIAN = ROOT / "packaging" / "debian"
APT = ROOT / "packaging" / "apt"
TOOLS = ("dpkg-buildpackage", "dh", "dh_python3")
# In packaging/apt/run for setting up a clone, which the package does not need.
SETUP = {"python3-setuptools", "python3-venv", "python3-wheel"}
# In the package, but not from the lists: the bus, which a host with systemd has already.
BESIDE = {"default-dbus-system-bus"}
ONLY_BENCHMARK = {"verlat"}
FETCHED = ("build/runtime", "tgcfd/web/lib")


def names(text: str) -> set[str]:
    """The packages of a field; of alternatives the first, without versions and substitutions."""
    firsts = (item.split("|")[0].split("(")[0].strip() for item in text.split(","))
    return {first for first in firsts if first and not first.startswith("${")}


def field(name: str) -> str:
    match = re.search(rf"^{name}:(.*(?:\n .*)*)", (DEBIAN / "control").read_text(), re.MULTILINE)
    assert match, name
    return match[1]


def listed(name: str) -> set[str]:
    lines = (line.partition("#")[0].strip() for line in (APT / name).read_text().splitlines())
    return {line for line in lines if line}


def test_the_package_and_the_program_have_one_version() -> None:
    first = (DEBIAN / "changelog").read_text().splitlines()[0]
    assert first.startswith(f"tgcfd ({__version__}) ")


def test_it_depends_on_what_a_clone_needs_to_run() -> None:
    assert names(field("Depends")) - BESIDE == listed("run") - SETUP - {"python3"}


def test_make_deb_installs_what_the_build_needs() -> None:
    needed = {name.replace("debhelper-compat", "debhelper") for name in names(field("Build-Depends"))}
    assert {name for name in needed if not name.startswith("dh-sequence-")} <= listed("deb") | listed("run")


def test_each_project_on_board_is_in_the_copyright() -> None:
    pins = re.findall(r"^([\w.-]+)==", (ROOT / "packaging" / "runtime.lock").read_text(), re.MULTILINE)
    files = re.findall(r"build/runtime/(\S+)-\*", (DEBIAN / "copyright").read_text())
    ours = {name.lower().replace("-", "_") for name in set(pins) - ONLY_BENCHMARK}
    assert {name.lower().removesuffix("*") for name in files} | {"watermark.py"} == ours
    assert "build/runtime/watermark*" in (DEBIAN / "copyright").read_text()


def test_each_library_of_the_web_page_is_in_the_copyright() -> None:
    named = re.findall(r"tgcfd/web/lib/(\S+)", (DEBIAN / "copyright").read_text())
    there = {path.name for path in (ROOT / "tgcfd" / "web" / "lib").iterdir()}
    ours = {path.name for path in (ROOT / "packaging" / "web").iterdir()}
    assert set(named) == there - ours


class Looked(FirstAccount):
    """Whether there is a first account is known."""

    def __init__(self, is_there: bool) -> None:
        self._seen = is_there


class Workers:
    """One worker."""

    def slugs(self) -> list[str]:
        return ["alice"]


@pytest.mark.parametrize(
    ("where", "is_there", "lines"),
    [
        ("http://127.0.0.1:8470", False, 2),
        ("http://127.0.0.1:8470", True, 1),
        ("HTTPS on port 443 of all addresses, unix:/run/tgcfd.sock", True, 1),
        ("HTTPS on port 443 of all addresses", False, 2),
    ],
)
def test_a_first_owner_is_told_what_the_daemon_says_of_itself(where: str, is_there: bool, lines: int) -> None:
    status = _status(where, Workers(), Looked(is_there))  # type: ignore[arg-type]
    script = (DEBIAN / "tgcfd.postinst").read_text()
    functions = re.findall(r"^(?:say|welcome)\(\) \{\n.*?^\}\n", script, re.MULTILINE | re.DOTALL)
    words = ["sh", "-euc", f'systemctl() {{ echo "$STATUS"; }}\n{"".join(functions)}\nwelcome']
    said = subprocess.run(words, env={"STATUS": status}, capture_output=True, text=True, check=True).stderr.splitlines()
    first = [f"tgcfd: it serves {where}", f"tgcfd: make the first account: {MAKE_FIRST}"]
    assert said == first[:lines]
    assert max(map(len, said)) < 80


@pytest.fixture
def clones(tmp_path: Path) -> list[Path]:
    """Two clones in different folders, with what is fetched from elsewhere as of different times."""
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"NOT TESTED, because {', '.join(missing)} are missing: packaging/apt/install packaging/apt/deb")
    for folder in FETCHED:
        if not (ROOT / folder).exists():
            pytest.skip(f"NOT TESTED, because {folder} is missing: make {folder}")
    made = []
    for number, name in enumerate(("one", "another/place")):
        clone = tmp_path / name
        clone.parent.mkdir(exist_ok=True, parents=True)
        words = ["git", "-c", "safe.directory=*", "clone", "--quiet", "--depth=1", f"file://{ROOT}", str(clone)]
        subprocess.run(words, check=True, timeout=60)
        for folder in FETCHED:
            shutil.copytree(ROOT / folder, clone / folder)
            for path in (clone / folder).rglob("*"):
                os.utime(path, (1_700_000_000 + number, 1_700_000_000 + number))
        made.append(clone)
    return made


def make(clone: Path, *words: str, umask: int = 0o022) -> subprocess.CompletedProcess[str]:
    command = [str(clone / "packaging" / "deb"), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, umask=umask)


def build(clone: Path, umask: int = 0o022) -> Path:
    result = make(clone, umask=umask)
    assert result.returncode == 0, result.stderr
    [deb] = (clone / "dist").iterdir()
    # whoever made it is told what to type next
    assert result.stdout.splitlines()[-1] == f"  sudo apt install ./dist/{deb.name}"
    return deb


def git(clone: Path, *words: str, at: int = 0) -> str:
    """Run git, at a time of its own."""
    person = {
        "GIT_AUTHOR_NAME": "A",
        "GIT_AUTHOR_EMAIL": "a@b",
        "GIT_COMMITTER_NAME": "A",
        "GIT_COMMITTER_EMAIL": "a@b",
    }
    environment = os.environ | person | {"GIT_COMMITTER_DATE": f"{at} +0200"}
    return subprocess.run(
        ["git", *words], cwd=clone, env=environment, capture_output=True, text=True, check=True
    ).stdout.strip()


def version(deb: Path) -> str:
    words = ["dpkg-deb", "--show", "--showformat", "${Version}", str(deb)]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


def is_higher(one: str, other: str) -> bool:
    return subprocess.run(["dpkg", "--compare-versions", one, "gt", other], check=False).returncode == 0


def test_two_builds_are_the_same_byte_for_byte_and_leave_the_tree_alone(clones: list[Path]) -> None:
    # when the same commit is built in two places, by people of different habits
    debs = [build(clone, umask=umask) for clone, umask in zip(clones, (0o022, 0o077), strict=True)]
    # then
    first, second = (hashlib.sha256(deb.read_bytes()).hexdigest() for deb in debs)
    assert first == second
    status = ["git", "status", "--porcelain", "--untracked-files=all"]
    assert subprocess.run(status, cwd=clones[0], capture_output=True, text=True, check=True).stdout == ""


def test_each_commit_has_a_version_of_its_own_that_apt_takes_for_an_upgrade(clones: list[Path]) -> None:
    clone = clones[0]
    found = []
    for at in (1_800_000_000, 1_800_000_001):
        git(clone, "commit", "--allow-empty", "--quiet", "-m", "a change", at=at)
        deb = build(clone)  # which finds the one before gone from dist/
        stamp = {1_800_000_000: "20270115080000", 1_800_000_001: "20270115080001"}[at]
        assert version(deb) == f"{__version__}~git{stamp}.{git(clone, 'rev-parse', 'HEAD')[:7]}"
        assert deb.name == f"tgcfd_{version(deb)}_all.deb"
        found.append(version(deb))
    assert is_higher(found[1], found[0])
    # the program says the same
    unpacked = clone.parent / "unpacked"
    subprocess.run(["dpkg-deb", "--extract", str(deb), str(unpacked)], check=True)
    program = (unpacked / "usr/lib/python3/dist-packages/tgcfd/__init__.py").read_text()
    assert f'__version__ = "{found[1]}"' in program
    # and the release, as well as what comes after it, is higher
    git(clone, "tag", f"v{__version__}")
    assert version(build(clone)) == __version__
    assert is_higher(__version__, found[1])
    git(clone, "commit", "--allow-empty", "--quiet", "-m", "after the release", at=1_800_000_002)
    assert is_higher(version(build(clone)), __version__)


def test_without_the_web_pages_libraries_none_is_built(clones: list[Path]) -> None:
    shutil.rmtree(clones[0] / "tgcfd" / "web" / "lib")
    result = make(clones[0])
    assert (result.returncode, result.stderr) == (
        1,
        "packaging/deb: tgcfd/web/lib is missing; make tgcfd/web/lib\n",
    )
    assert not (clones[0] / "dist").exists()


@pytest.mark.parametrize(
    ("words", "code"), [(["--help"], 0), (["--to"], 2), (["--version", ""], 2), (["--hepl", "x"], 2)]
)
def test_make_deb_says_what_it_takes(words: list[str], code: int) -> None:
    result = make(ROOT, *words)
    assert result.returncode == code
    assert "Usage: packaging/deb [--version VERSION]" in (result.stderr if code else result.stdout)
