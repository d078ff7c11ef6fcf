"""tgcfd.yml(5) lists the settings, with the defaults and bounds that count."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.unit.docs import manual
from tgcfd.errors import SettingsError
from tgcfd.settings import STANDARD, Settings, load_settings

HEAD = re.compile(r"^\.It Ic (\S+) Pq (.*?)[,;] default (.*)$", re.MULTILINE)
LISTED = {
    key: (kind, yaml.safe_load(default.replace("\\(aq", "'")))
    for key, kind, default in HEAD.findall(manual.section(manual.SETTINGS, "SETTINGS"))
}
BOUNDS = re.compile(r"(\d+) to (\d+)")
README, SAMPLE = manual.PACKAGING.with_name("README.md"), manual.PACKAGING / "tgcfd.yml"


def keys(settings: object, prefix: str = "") -> Iterator[str]:
    """The full names of all settings."""
    for item in dataclasses.fields(settings):  # type: ignore[arg-type]
        name = prefix + item.name
        value = getattr(settings, item.name)
        if "each" in item.metadata:
            yield from keys(value[STANDARD], f"{name}.{STANDARD}.")
        elif dataclasses.is_dataclass(value) and "reader" not in item.metadata:
            yield from keys(value, f"{name}.")
        elif item.metadata.get("setting", True):
            yield name


def nested(key: str, value: object) -> dict[str, object]:
    """``worker.path`` and a value as the file has them."""
    for name in reversed(key.split(".")):
        value = {name: value}
    assert isinstance(value, dict)
    return value


def names(values: object, prefix: str = "") -> Iterator[str]:
    """The full names of what stands in a file."""
    if isinstance(values, dict):
        for name, value in values.items():
            yield from names(value, f"{prefix}.{name}" if prefix else name)
    else:
        yield prefix


def load(tmp_path: Path, values: object) -> Settings:
    (tmp_path / "tgcfd.yml").write_text(json.dumps(values))  # JSON is YAML
    return load_settings(tmp_path / "tgcfd.yml", {})


def sample() -> str:
    settings = re.sub(r"^# \S.*\n", "", SAMPLE.read_text(), flags=re.MULTILINE)
    return re.sub(r"^#", "", settings, flags=re.MULTILINE)


def readme() -> str:
    return README.read_text().split("```yaml\n")[1].split("```")[0]


def test_it_lists_each_setting_and_no_other() -> None:
    assert list(LISTED) == list(keys(Settings())), "in the order of the code"


@pytest.mark.parametrize("text", [sample, readme], ids=["packaging/tgcfd.yml", "README.md"])
def test_so_do_the_installed_file_and_the_readme(text: object) -> None:
    assert callable(text)
    shown = yaml.safe_load(text())
    assert list(names(shown)) == list(keys(Settings()))
    for key, (_, default) in LISTED.items():
        value = shown
        for name in key.split("."):
            value = value[name]
        assert value == default, key


@pytest.mark.parametrize("key", LISTED)
def test_the_default_is_the_one_that_stands_there(key: str, tmp_path: Path) -> None:
    assert load(tmp_path, nested(key, LISTED[key][1])) == Settings()


@pytest.mark.parametrize("key", [key for key, (kind, _) in LISTED.items() if BOUNDS.search(kind)])
def test_the_bounds_are_those_that_stand_there(key: str, tmp_path: Path) -> None:
    low, high = (int(number) for number in BOUNDS.findall(LISTED[key][0])[0])
    for good in (low, high):
        load(tmp_path, nested(key, good))
    for bad in (low - 1, high + 1):
        with pytest.raises(SettingsError, match=f"{low} to {high}"):
            load(tmp_path, nested(key, bad))


def test_every_number_has_bounds() -> None:
    numbers = {key for key, (_, default) in LISTED.items() if isinstance(default, int)}
    assert numbers == {key for key, (kind, _) in LISTED.items() if BOUNDS.search(kind)}


def test_its_examples_are_settings(tmp_path: Path) -> None:
    blocks = re.findall(r"^\.Bd -literal.*?\n(.*?)^\.Ed", manual.SETTINGS.read_text(), re.MULTILINE | re.DOTALL)
    examples = [block.replace("\\-", "-").replace("\\(aq", "'") for block in blocks if not block.startswith(("[", "$"))]
    assert len(examples) >= 2
    for example in examples:
        assert load(tmp_path, yaml.safe_load(example)) != Settings()
