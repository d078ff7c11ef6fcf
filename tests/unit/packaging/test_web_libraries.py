"""The web page's libraries: what the lock file holds, and what packaging/web/fetch does, here with an npm of ours."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
WEB = ROOT / "packaging" / "web"
STYLES = {"pico.min.css", "uPlot.min.css"}
FETCHED = STYLES | {"htm.js", "preact_core.js", "preact_hooks.js", "qrcode.js", "uPlot.iife.min.js"}
LIB = FETCHED | {"LICENSES.txt", "preact.js"}

# As npm does: what its list names, and more, lies in node_modules then.
NPM = """#!/bin/sh
[ "$*" = "--prefix build/web --loglevel error ci --no-audit --no-fund" ] || exit 2
cd build/web
[ -e package-lock.json ] && [ "$(sed -n s/ignore-scripts=//p .npmrc)" = true ] || exit 3
mkdir -p node_modules/htm/dist node_modules/preact/dist node_modules/preact/hooks/dist
mkdir -p node_modules/@picocss/pico/css node_modules/uplot/dist
mkdir -p node_modules/qrcode-generator/dist node_modules/axe-core
for file in htm/dist/htm.module.js htm/dist/htm.umd.js htm/LICENSE @picocss/pico/css/pico.min.css \\
    uplot/dist/uPlot.iife.min.js uplot/dist/uPlot.min.css uplot/dist/uPlot.esm.js qrcode-generator/dist/qrcode.mjs \\
    axe-core/axe.min.js; do
    echo "new $file" >node_modules/$file
done
echo 'export{x as h};' >node_modules/preact/dist/preact.mjs
printf '%s\\n' 'import{options as n}from"preact";' '//# sourceMappingURL=hooks.mjs.map' \\
    >node_modules/preact/hooks/dist/hooks.mjs
[ -z "$NPM_LEAVES_OUT" ] || rm "node_modules/$NPM_LEAVES_OUT"
exit "${NPM_ENDS_WITH:-0}"
"""


def read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((WEB / name).read_text())
    return found


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree with the libraries of before, and an npm that needs no network."""
    shutil.copytree(WEB, tmp_path / "packaging" / "web")
    for name, text in (
        ("bin/npm", NPM),
        ("packaging/apt/install", '#!/bin/sh\necho "$@" >>apt.log\nmv away/npm bin\n'),
        ("tgcfd/web/lib/preact.js", "old\n"),
        ("tgcfd/web/lib/gone.js", "old\n"),
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)
    for tool in ("sh", "dirname", "mkdir", "cp", "rm", "mv", "cat", "sed"):
        (tmp_path / "bin" / tool).symlink_to(f"/usr/bin/{tool}")
    return tmp_path


def fetch(tree: Path, **environment: str) -> int:
    words = [str(tree / "packaging" / "web" / "fetch")]
    environment = {"PATH": str(tree / "bin"), **environment}
    return subprocess.run(words, cwd="/", env=environment, check=False, timeout=60, capture_output=True).returncode


def libraries(tree: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in (tree / "tgcfd" / "web" / "lib").iterdir()}


def test_the_list_names_exact_versions_and_the_lock_has_them() -> None:
    wanted, locked = read("package.json"), read("package-lock.json")["packages"]
    for name, version in (wanted["dependencies"] | wanted["devDependencies"]).items():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version), name
        assert locked[f"node_modules/{name}"]["version"] == version
    assert {key: locked[""][key] for key in ("dependencies", "devDependencies")} == {
        key: wanted[key] for key in ("dependencies", "devDependencies")
    }


def test_the_lock_holds_each_by_its_hash_and_no_place_to_fetch_it_from() -> None:
    packages = read("package-lock.json")["packages"]
    for name, package in packages.items():
        assert not name or package["integrity"].startswith("sha512-"), name
        assert "resolved" not in package, "omit-lockfile-registry-resolved in .npmrc leaves it out"
        assert "hasInstallScript" not in package, f"{name} would need its script"


def test_what_is_fetched_is_never_committed() -> None:
    words = ["git", "-c", "safe.directory=*", "-C", str(ROOT)]
    kept = subprocess.run([*words, "ls-files", "tgcfd/web/lib"], check=True, capture_output=True, text=True).stdout
    assert kept == ""
    subprocess.run([*words, "check-ignore", "-q", "tgcfd/web/lib/preact.js"], check=True)


def test_only_what_the_page_loads_comes_to_it(tree: Path) -> None:
    assert fetch(tree) == 0
    found = libraries(tree)
    assert set(found) == LIB
    assert found["htm.js"] == "new htm/dist/htm.module.js\n"
    # modules find each other by their addresses, and nobody looks for what is not there
    assert found["preact_hooks.js"] == 'import{options as n}from"./preact_core.js";\n'
    imported = {name for text in found.values() for name in re.findall(r'from ?"\./([^"]+)"', text)}
    assert imported == {"htm.js", "preact_core.js", "preact_hooks.js"}
    assert found["qrcode.js"] == "new qrcode-generator/dist/qrcode.mjs\n"
    # what tests need stays where they look for it
    assert (tree / "build" / "web" / "node_modules" / "axe-core" / "axe.min.js").exists()


def test_their_licences_come_with_them(tree: Path) -> None:
    assert fetch(tree) == 0
    text = libraries(tree)["LICENSES.txt"]
    assert all(name in text for name in FETCHED - {"uPlot.min.css", "preact_hooks.js"})
    assert "Permission is hereby granted" in text
    assert text.endswith("new htm/LICENSE\n")


@pytest.mark.parametrize("way", [{"NPM_ENDS_WITH": "1"}, {"NPM_LEAVES_OUT": "qrcode-generator/dist/qrcode.mjs"}])
def test_a_fetch_that_fails_leaves_those_of_before(tree: Path, way: dict[str, str]) -> None:
    assert fetch(tree, **way) != 0
    assert libraries(tree) == {"preact.js": "old\n", "gone.js": "old\n"}


def test_where_there_is_no_npm_debians_is_installed_first(tree: Path) -> None:
    (tree / "away").mkdir()
    (tree / "bin" / "npm").rename(tree / "away" / "npm")
    assert fetch(tree) == 0
    assert (tree / "apt.log").read_text() == "packaging/apt/web\n"
    assert set(libraries(tree)) == LIB


@pytest.mark.parametrize("newer", ["package-lock.json", "package.json", "preact.js", "LICENSES.txt", "fetch"])
def test_make_fetches_them_when_the_list_has_changed_and_only_then(tree: Path, newer: str) -> None:
    # given libraries that are as new as all that they are made of
    shutil.copy(ROOT / "Makefile", tree)
    (tree / "packaging" / "web" / "fetch").write_text("#!/bin/sh\necho fetched >>fetch.log\nmkdir -p tgcfd/web/lib\n")
    now = 1_800_000_000
    for path in (*(tree / "packaging" / "web").iterdir(), tree / "tgcfd" / "web" / "lib"):
        os.utime(path, (now, now))
    words = ["make", "-s", "tgcfd/web/lib"]
    subprocess.run(words, cwd=tree, check=True, timeout=60)
    assert not (tree / "fetch.log").exists()
    # when one of these changes
    os.utime(tree / "packaging" / "web" / newer, (now + 1, now + 1))
    subprocess.run(words, cwd=tree, check=True, timeout=60, capture_output=True)
    # then
    assert (tree / "fetch.log").read_text() == "fetched\n"
