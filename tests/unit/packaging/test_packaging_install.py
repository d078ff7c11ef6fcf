"""packaging/install, into a folder, from a small tree of the same shape as ours."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

# Looks, at the moments when something is copied or compiled, whether what was installed before is still there.
LOOKS = """#!/bin/sh
for place in usr/lib/python3/dist-packages/tgcfd/__init__.py usr/lib/tgcfd/runtime/tgcf/__init__.py; do
    [ -e "$LOOK_IN/$place" ] || echo "$0 $*: no $place" >>"$LOOK_IN/missed"
done
exec /usr/bin/{name} "$@"
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A work tree with little in it."""
    tree = tmp_path / "tree"
    for name in ("packaging", "systemd"):
        shutil.copytree(ROOT / name, tree / name)
    for name in ("README.md", "CHANGELOG.md"):
        shutil.copy(ROOT / name, tree)
    write(tree / "tgcfd" / "__init__.py", "NUMBER = 1\n")
    write(tree / "tgcfd" / "web" / "lib" / "preact.js", "1;\n")
    write(tree / "build" / "runtime" / "tgcf" / "__init__.py", "NUMBER = 1\n")
    return tree


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def install(tree: Path, destination: Path, **environment: str) -> str:
    words = [str(tree / "packaging" / "install"), str(destination)]
    result = subprocess.run(
        words, capture_output=True, text=True, check=False, timeout=60, env={**os.environ, **environment}
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def installed(destination: Path) -> list[str]:
    """All files, without bytecode."""
    paths = (path for path in destination.rglob("*") if path.is_file() and path.suffix != ".pyc")
    return sorted(str(path.relative_to(destination)) for path in paths)


def test_what_was_installed_before_is_there_until_the_new_is_whole(tree: Path, tmp_path: Path) -> None:
    # given an installation
    destination = tmp_path / "host"
    write(tree / "tgcfd" / "gone.py", "")
    write(tree / "build" / "runtime" / "gone.py", "")
    install(tree, destination)
    before = installed(destination)
    # when another version is installed over it
    for name in ("tgcfd/gone.py", "build/runtime/gone.py"):
        (tree / name).unlink()
    for name in ("cp", "python3", "chmod"):
        write(tmp_path / "bin" / name, LOOKS.replace("{name}", name))
        (tmp_path / "bin" / name).chmod(0o755)
    install(tree, destination, PATH=f"{tmp_path / 'bin'}:{os.environ['PATH']}", LOOK_IN=str(destination))
    # then the old one was there at every step, and is gone now
    assert not (destination / "missed").exists(), (destination / "missed").read_text()
    assert [name for name in before if "gone.py" not in name] == installed(destination)
    assert len(before) - len(installed(destination)) == 2
    assert not [name for name in installed(destination) if ".new" in name or ".old" in name]


@pytest.mark.parametrize("folder", ["build/runtime", "tgcfd/web/lib"])
def test_without_what_is_fetched_first_nothing_is_installed(tree: Path, tmp_path: Path, folder: str) -> None:
    shutil.rmtree(tree / folder)
    words = [str(tree / "packaging" / "install"), str(tmp_path / "host")]
    result = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert (result.returncode, result.stderr) == (1, f"packaging/install: {folder} is missing; make {folder}\n")
    assert installed(tmp_path / "host") == []


def test_the_web_page_comes_with_its_libraries(tree: Path, tmp_path: Path) -> None:
    install(tree, tmp_path / "host")
    package = tmp_path / "host" / "usr" / "lib" / "python3" / "dist-packages" / "tgcfd"
    assert (package / "web" / "lib" / "preact.js").read_text() == "1;\n"


def test_modules_come_compiled(tree: Path, tmp_path: Path) -> None:
    install(tree, tmp_path / "host")
    for place in ("usr/lib/python3/dist-packages/tgcfd", "usr/lib/tgcfd/runtime/tgcf"):
        [compiled] = (tmp_path / "host" / place).rglob("*.pyc")
        assert f"/{place}/__init__.py".encode() in compiled.read_bytes()  # for whoever reads a traceback


def test_the_owners_settings_stay(tree: Path, tmp_path: Path) -> None:
    settings = tmp_path / "host" / "etc" / "tgcfd" / "tgcfd.yml"
    install(tree, tmp_path / "host")
    assert settings.read_bytes() == (ROOT / "packaging" / "tgcfd.yml").read_bytes()
    settings.write_text("supervisor: systemd\n")
    install(tree, tmp_path / "host")
    assert settings.read_text() == "supervisor: systemd\n"


def test_what_the_units_call_their_documentation_is_there(tree: Path, tmp_path: Path) -> None:
    install(tree, tmp_path / "host")
    installed_units = (tmp_path / "host" / "usr" / "lib" / "systemd" / "system").glob("*.s*")
    for unit in (path for path in (*installed_units, *(ROOT / "systemd").glob("*.d/*")) if path.is_file()):
        [line] = [line for line in unit.read_text().splitlines() if line.startswith("Documentation=")]
        for address in line.removeprefix("Documentation=").split():
            page = re.sub(r"^man:(.*)\((\d)\)$", r"/usr/share/man/man\2/\1.\2", address)
            path = page.removeprefix("file://")
            assert path.startswith("https:") or (tmp_path / "host" / path.lstrip("/")).is_file(), address


def test_into_a_folder_it_gives_no_advice_about_this_host(tree: Path, tmp_path: Path) -> None:
    assert install(tree, tmp_path / "host") == ""


def test_what_no_worker_imports_stays_out(tree: Path, tmp_path: Path) -> None:
    # given a runtime as pip leaves it
    runtime = tree / "build" / "runtime"
    for name in ("bin/tgcf", "verlat/__init__.py", "tgcf/web_ui/run.py", "hachoir/wx/main.py", "hachoir/parser.py"):
        write(runtime / name, "#!/usr/bin/env python\nNUMBER = 1\n")
    write(
        runtime / "tgcf-1.1.8.dist-info" / "METADATA", "Name: tgcf\nVersion: 1.1.8\nRequires-Dist: streamlit\n\nText\n"
    )
    write(runtime / "tgcf-1.1.8.dist-info" / "LICENSE", "MIT\n")
    # when it is installed
    install(tree, tmp_path / "host")
    # then only modules and the versions are left; a line that names an interpreter is empty, so that tracebacks fit
    at = tmp_path / "host" / "usr" / "lib" / "tgcfd" / "runtime"
    assert [name for name in installed(at) if name.endswith(".py")] == ["hachoir/parser.py", "tgcf/__init__.py"]
    assert [name for name in installed(at) if "dist-info" in name] == ["tgcf-1.1.8.dist-info/METADATA"]
    assert (at / "tgcf-1.1.8.dist-info" / "METADATA").read_text() == "Name: tgcf\nVersion: 1.1.8\n"
    assert (at / "hachoir" / "parser.py").read_text() == "\nNUMBER = 1\n"
    assert not list((at / "hachoir").rglob("*.pyc"))


MEDIA = """
import io, struct, sys, wave
sys.path.insert(0, sys.argv[1])
from telethon import utils


def atom(kind, *parts):
    body = b"".join(parts)
    return struct.pack(">I4s", len(body) + 8, kind) + body


sound, film = io.BytesIO(), io.BytesIO()
with wave.open(sound, "wb") as file:
    file.setparams((1, 2, 8000, 0, "NONE", ""))
    file.writeframes(bytes(2 * 8000 * 3))
same = struct.pack(">9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
whole = atom(b"mvhd", struct.pack(">5IiH10x", 0, 0, 0, 1000, 5000, 1 << 16, 256), same, bytes(24), struct.pack(">I", 2))
track = struct.pack(">6I8x4H", 7, 0, 0, 1, 0, 5000, 0, 0, 0, 0), same, struct.pack(">II", 64 << 16, 48 << 16)
film.write(atom(b"ftyp", b"isom", struct.pack(">I", 512), b"isommp41"))
film.write(atom(b"moov", whole, atom(b"trak", atom(b"tkhd", *track))) + atom(b"mdat", bytes(64)))
sound.name, film.name = "a.wav", "a.mp4"
for file in sound, film:
    file.seek(0)
    said = utils.get_attributes(file)[0][1].to_dict()
    print(said["duration"], said.get("w"), said.get("h"))
"""
"""What Telethon says of a sound of three seconds, and of a film of five."""


def test_of_hachoir_all_is_there_that_telethon_asks_of_sounds_and_films(tree: Path, tmp_path: Path) -> None:
    # given the real runtime
    shutil.rmtree(tree / "build" / "runtime")
    shutil.copytree(ROOT / "build" / "runtime", tree / "build" / "runtime")
    # when it is installed
    words = [str(tree / "packaging" / "install"), "--no-bytecode", str(tmp_path / "host")]
    subprocess.run(words, check=True, timeout=60, capture_output=True)
    # then what knows of other files is not there, and nothing that is there misses it
    runtime = tmp_path / "host" / "usr" / "lib" / "tgcfd" / "runtime"
    assert sum(path.stat().st_size for path in (runtime / "hachoir").rglob("*.py")) < 900_000
    words = ["/usr/bin/python3", "-P", "-B", "-c", MEDIA, str(runtime)]
    result = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert (result.stdout, result.stderr) == ("3 None None\n5 64 48\n", "")


def test_for_the_package_nothing_is_compiled(tree: Path, tmp_path: Path) -> None:
    words = [str(tree / "packaging" / "install"), "--no-bytecode", str(tmp_path / "host")]
    subprocess.run(words, check=True, timeout=60)
    assert not list((tmp_path / "host").rglob("*.pyc"))


def test_the_owners_tools_find_it(tree: Path, tmp_path: Path) -> None:
    install(tree, tmp_path / "host")
    for name in (
        "etc/needrestart/conf.d/tgcfd.conf",
        "usr/share/bash-completion/completions/tgcfd",
        "usr/share/man/man1/tgcfd.1",
        "usr/share/man/man5/tgcfd.yml.5",
    ):
        assert (tmp_path / "host" / name).is_file(), name
