"""The broker's reader of the host's settings, beside the daemon's: one file must not mean two things."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import Any

import pytest

from tgcfd.broker import settings, yaml_file
from tgcfd.broker.errors import SettingsInvalid
from tgcfd.errors import SettingsError
from tgcfd.settings import load_settings

SAME = [
    "",
    "# nothing\n",
    "worker: {}\n",
    "worker: {python: /opt/py, path: [a, ../b, /c], probe_seconds: 1, stop_seconds: 300}\n",
    "worker: {python: ''}\n",
    "worker: {python: 5}\n",
    "worker: {path: /a}\n",
    "worker: {path: [1]}\n",
    "worker: {path: []}\n",
    "worker: {probe_seconds: 0}\n",
    "worker: {probe_seconds: true}\n",
    "worker: {probe_seconds: yes}\n",
    "worker: {probe_seconds: '5'}\n",
    "worker: {probe_seconds: 5.0}\n",
    "worker: {probe_seconds: 010}\n",
    "worker: {probe_seconds: 0x10}\n",
    "worker: {probe_seconds: 1_0}\n",
    "worker: {probe_seconds: +5}\n",
    "worker: {probe_seconds: 1:20}\n",
    "worker: {probe_seconds: 99999999999999999999999}\n",
    "worker: {python: yes}\n",
    "worker: {python: null}\n",
    "worker: {python: 2026-01-01}\n",
    "worker: {stop_second: 5}\n",
    "worker:\n",
    "worker: []\n",
    "telegram: {data_center: '2:127.0.0.1:443'}\n",
    "telegram: {data_center: 2:127.0.0.1:443}\n",
    "telegram: {data_center: null}\n",
    "telegram: {data_center: 2}\n",
    "telegram: {data_center: '0:127.0.0.1:443'}\n",
    "telegram: {data_center: '2:127.0.0.1:0443'}\n",
    "telegram: {data_center: 'x'}\n",
    "telegram: {public_key_file: none.pem}\n",
    "telegram: {public_key_file: tgcfd.yml}\n",
    "telegram: {public_key_file: }\n",
    "profiles: {standard: {memory_mib: 64}}\n",
    "profiles: {small: {memory_mib: 64, tasks: 5, cpu_percent: 20, io_weight: 10, open_files: 100}}\n",
    "profiles: {small: {}, standard: {tasks: 4}}\n",
    "profiles: {small: {memory_mib: 63}}\n",
    "profiles: {small: {memory_mib: 64M}}\n",
    "profiles: {small: {memory: 64}}\n",
    "profiles: {Small: {}}\n",
    "profiles: {1: {}}\n",
    "profiles: {null: {}}\n",
    "profiles: {a/b: {}}\n",
    "profiles: []\n",
    "profiles:\n  small: &s {tasks: 5}\n  other: {<<: *s, memory_mib: 99}\n",
    "profiles:\n  small: &s {tasks: 5}\n  other: *s\n",
    "profiles:\n  small: {<<: 5}\n",
    "worker: {probe_seconds: 5, probe_seconds: 6}\n",
    "worker: {}\nworker: {}\n",
    "worker: !!python/object/apply:os.system [id]\n",
    "worker: !x {}\n",
    "- a\n",
    "text\n",
    "worker: {\n",
    "worker: 'x\n",
    "a: b: c\n",
    "\tworker: {}\n",
    "worker: {}\n---\nworker: {}\n",
    "worker: &a {python: *a}\n",
    "worker: *nobody\n",
    "\ufeffworker: {probe_seconds: 7}\n",
    "worker: {probe_seconds: 7}\r\n",
    "worker: {python: \"\\0\"}\n",
    "worker: {python: \"a\\nb\"}\n",
    "worker: {python: \x07}\n",
    "[" * 50,
]  # fmt: skip


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    # Whoever runs the tests is not always root; ownership has its own tests, on the test host.
    monkeypatch.setattr(yaml_file, "require_roots", lambda path: path.resolve(strict=True))
    return tmp_path / "tgcfd.yml"


def daemons(file: Path) -> dict[str, Any] | None:
    try:
        read = load_settings(file, {})
    except SettingsError:
        return None
    return {
        "python": str(read.worker.python),
        "path": tuple(map(str, read.worker.path)),
        "seconds": (read.worker.probe_seconds, read.worker.stop_seconds),
        "data_center": None if read.telegram.data_center is None else str(read.telegram.data_center),
        "key": None if read.telegram.public_key_file is None else str(read.telegram.public_key_file),
        "profiles": {name: dataclasses.asdict(profile) for name, profile in read.profiles.items()},
    }


def brokers(file: Path) -> dict[str, Any] | None:
    try:
        read = settings.load(file)
    except SettingsInvalid as error:
        return None if str(error).startswith(str(file.parent)) and "\n" not in str(error) else {"said badly": error}
    return {
        "python": read.worker.python,
        "path": read.worker.path,
        "seconds": (read.worker.probe_seconds, read.worker.stop_seconds),
        "data_center": read.telegram.data_center,
        "key": read.telegram.public_key_file,
        "profiles": {name: dataclasses.asdict(profile) for name, profile in read.profiles.items()},
    }


@pytest.mark.parametrize("text", SAME)
def test_the_daemon_and_the_broker_read_the_same(file: Path, text: str) -> None:
    file.write_bytes(text.encode())
    assert brokers(file) == daemons(file)


def test_drop_ins_are_laid_over_in_order(file: Path) -> None:
    file.write_text("worker: {probe_seconds: 1, stop_seconds: 1}\nlisten: '[::1]:1'\n")
    folder = file.with_name("tgcfd.yml.d")
    folder.mkdir()
    (folder / "20.yml").write_text("worker: {probe_seconds: 20}\nprofiles: {big: {memory_mib: 2048}}\n")
    (folder / "10.yml").write_text("worker: {probe_seconds: 10, path: [here]}\nprofiles: {big: {tasks: 9}}\n")
    (folder / "30.yaml").write_text("worker: {probe_seconds: 30}\n")
    read = settings.load(file)
    assert read.worker == settings.Worker(path=(f"{folder}/here",), probe_seconds=20, stop_seconds=1)
    assert read.profiles["big"] == settings.Profile(memory_mib=2048, tasks=9)
    assert brokers(file) == daemons(file)


def test_no_files_are_the_defaults(file: Path) -> None:
    assert settings.load(file) == settings.Settings()


@pytest.mark.parametrize(
    "text",
    [
        "profiles:\n  small:\n\n    tasks: many\n",
        "# a\nworker: {probe_seconds: 0}\n",
        "worker:\n- a\n",
        "worker:\n  stop_second: 5\n",
        "telegram:\n  data_center: x\n",
        "profiles:\n  a: &a\n    tasks: 0\n  b: *a\n",
        "profiles:\n  standard:\n    <<: {tasks: 0}\n",
        "# a\n<<: {worker: {probe_seconds: 0}}\n",
    ],
)
def test_an_error_names_file_line_and_key_as_the_daemon_does(file: Path, text: str) -> None:
    file.write_text(text)
    with pytest.raises(SettingsInvalid) as brokers:
        settings.load(file)
    with pytest.raises(SettingsError) as daemons:
        load_settings(file, {})
    assert str(brokers.value) == str(daemons.value).split("\n")[0]


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\nworker: {python: 2026-01-01}\n",
        "worker: {}\nworker: {}\n",
        "\nworker: !x {}\n",
        "worker:\n\tpython: x\n",
        "a: 1\n1: x\n",
        "\nworker: {probe_seconds: 010}\n",
        "\nworker: {<<: 5}\n",
    ],
)
def test_an_error_of_yaml_names_the_line_as_the_daemon_does(file: Path, text: str) -> None:
    file.write_text(text)
    with pytest.raises(SettingsInvalid, match="line 2: ") as brokers:
        settings.load(file)
    with pytest.raises(SettingsError) as daemons:
        load_settings(file, {})
    assert str(brokers.value).split(": ")[0] == str(daemons.value).split(": ")[0] == f"{file}, line 2"


def test_a_pipe_or_a_folder_in_the_place_of_the_file_is_refused_at_once(file: Path) -> None:
    os.mkfifo(file)
    with pytest.raises(SettingsInvalid, match="is not a file"):
        settings.load(file)
    file.unlink()
    file.mkdir()
    with pytest.raises(SettingsInvalid, match="is not a file"):
        settings.load(file)
