"""The daemon's own settings: where each comes from, and what is said about one that cannot be used."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tgcfd.errors import SettingsError
from tgcfd.settings import (
    DataCenter,
    Listen,
    Profile,
    Settings,
    SettingsMisread,
    SupervisorKind,
    load_settings,
)
from tgcfd.settings_fit import require_fit, with_misfits

README = Path(__file__).parents[2] / "README.md"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "tgcfd.yml"


def test_defaults_without_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tgcfd.settings.DEFAULT_FILE", tmp_path / "absent.yml")
    assert load_settings(None, {}) == Settings()


def test_an_empty_file_changes_nothing(file: Path) -> None:
    file.write_text("# nothing but a comment\n")
    assert load_settings(file, {}) == Settings()


def test_file_then_drop_ins_in_order_then_flags(file: Path) -> None:
    file.write_text("listen: 127.0.0.1:1\nsupervisor: process\nworker: {probe_seconds: 5, stop_seconds: 6}\n")
    drop_ins = file.with_name("tgcfd.yml.d")
    drop_ins.mkdir()
    (drop_ins / "20-later.yml").write_text("listen: 127.0.0.1:3\n")
    (drop_ins / "10-first.yml").write_text("listen: 127.0.0.1:2\nworker: {probe_seconds: 7}\n")
    (drop_ins / "notes.txt").write_text("not: [yaml")
    settings = load_settings(file, {"state_dir": "/flag"})
    assert settings.listen == Listen("127.0.0.1", 3)
    assert settings.supervisor is SupervisorKind.PROCESS
    assert (settings.worker.probe_seconds, settings.worker.stop_seconds) == (7, 6)
    assert settings.state_dir == Path("/flag")


def test_relative_paths_start_from_their_file(file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file.write_text("worker: {path: [../runtime, /abs]}\n")
    monkeypatch.chdir(tmp_path)
    settings = load_settings(file, {"state_dir": "var"})
    assert [path.resolve() for path in settings.worker.path] == [tmp_path.parent / "runtime", Path("/abs")]
    assert settings.state_dir == tmp_path / "var"


def test_data_center(file: Path) -> None:
    file.write_text("telegram: {data_center: '2:149.154.167.40:443'}\n")
    assert load_settings(file, {}).telegram.data_center == DataCenter(2, "149.154.167.40", 443)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("127.0.0.1", "must be a list, such as [127.0.0.1, '::1']"),
        ("[10.0.0.1/8]", "'10.0.0.1/8' is none of them"),
        ("[proxy.example.org]", "'proxy.example.org' is none of them"),
        ("[1]", "'1' is none of them"),
        ("[null]", "'None' is none of them"),
        ("[0.0.0.0/0]", "must not hold 0.0.0.0/0: then anybody could say to be anybody"),
        ("['::/0']", "must not hold ::/0: then anybody could say to be anybody"),
    ],
)
def test_what_is_said_about_proxies(file: Path, text: str, said: str) -> None:
    file.write_text(f"trusted_proxies: {text}\n")
    with pytest.raises(SettingsError, match=f"trusted_proxies: .*{re.escape(said)}$"):
        load_settings(file, {})


def test_profiles_are_changed_key_by_key_and_added_beside_the_standard_one(file: Path) -> None:
    file.write_text("profiles: {standard: {tasks: 9}, large: {memory_mib: 2048}}\n")
    profiles = load_settings(file, {}).profiles
    assert profiles == {"standard": Profile(tasks=9), "large": Profile(memory_mib=2048)}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("profiles: [standard]", "profiles: must be a mapping of names to settings"),
        (
            "profiles: {Large: {}}",
            "profiles.Large: a name has 1 to 32 small letters, digits and hyphens, a letter first",
        ),
        ("profiles: {standard: {tasks: 0}}", "profiles.standard.tasks: must be a whole number from 4 to 100000"),
        ("profiles: {standard: {speed: 1}}", "profiles.standard.speed: there is no such setting; here are"),
        ("profiles: {standard: 5}", "profiles.standard: must be a mapping of keys to values"),
    ],
)
def test_what_is_said_about_profiles(file: Path, text: str, said: str) -> None:
    file.write_text(text)
    with pytest.raises(SettingsError, match=re.escape(said)):
        load_settings(file, {})


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("lisen: x\n", 1, "lisen: there is no such setting"),
        ("worker: {speed: 1}\n", 1, "worker.speed: there is no such setting"),
        ("\n\nworker: fast\n", 3, "worker: must be a mapping of keys to values"),
        ("[1, 2]\n", 1, "the file: must be a mapping"),
        ("# a\nlisten: 8470\n", 2, "listen: must be an address and a port"),
        ("listen: '127.0.0.1:99999'\n", 1, "listen: must be an address and a port"),
        ("supervisor: docker\n", 1, "supervisor: must be one of auto, systemd, process"),
        ("supervisor: [auto]\n", 1, "supervisor: must be one of"),
        ("worker: {probe_seconds: true}\n", 1, "worker.probe_seconds: must be a whole number"),
        ("worker:\n\n  # often\n  probe_seconds: 0\n", 4, "worker.probe_seconds: must be a whole number from 1"),
        ("worker: &w {probe_seconds: 0}\n", 1, "worker.probe_seconds: must be"),
        ("profiles:\n  a: &a\n    tasks: 0\n  b: *a\n", 3, "profiles.a.tasks: must be"),
        ("profiles:\n  standard:\n    <<: {tasks: 0}\n", 2, "profiles.standard.tasks: must be"),
        ("worker: {path: /x}\n", 1, "worker.path: must be a list of folders"),
        ("state_dir: 5\r\n", 1, "state_dir: must be a path"),
        ("telegram:\n  data_center: here\n", 2, "telegram.data_center: must be number:address:port"),
        ("telegram: {public_key_file: absent.pem}\n", 1, "telegram.public_key_file: names"),
        ("\nlisten: [unclosed\n\n", 4, "the list that begins with [ in line 2 lacks a comma or its ]."),
        ("worker:\n\tpython: x\n", 2, "there is a tab: indent with spaces."),
        ("listen: 127.0.0.1:1\nlisten: 127.0.0.1:2\n", 2, "listen stands there twice."),
        ("a: &a [x]\nb: !!python/object:os.system {}\n", 2, "tags"),
        ("1: 2\n", 1, "the name “1” must be text"),
        ('"a\\nb": 1\n', 1, "a b: there is no such setting"),
    ],
)
def test_one_clear_line_names_file_line_and_key(file: Path, text: str, line: int, said: str) -> None:
    file.write_text(text, newline="")
    with pytest.raises(SettingsError) as caught:
        load_settings(file, {})
    first, *more = str(caught.value).split("\n")
    assert first.startswith(f"{file}, line {line}: {said}")
    assert len(more) == ("b: *a" in text)


def test_all_that_is_wrong_is_said_at_once_and_in_order(file: Path) -> None:
    file.write_text("worker:\n  probe_seconds: 0\n  path: x\nlisten: 1\n")
    drop_ins = file.with_name("tgcfd.yml.d")
    drop_ins.mkdir()
    (drop_ins / "10.yml").write_text("worker: {\n")
    (drop_ins / "20.yml").write_text("state_dir: 1\n")
    with pytest.raises(SettingsError) as caught:
        load_settings(file, {"supervisor": "x"})
    assert [line.removeprefix(f"{file.parent}/").split(": ")[:-1] for line in str(caught.value).split("\n")] == [
        ["tgcfd.yml, line 2", "worker.probe_seconds"],
        ["tgcfd.yml, line 3", "worker.path"],
        ["tgcfd.yml, line 4", "listen"],
        ["tgcfd.yml.d/10.yml, line 2"],
        ["tgcfd.yml.d/20.yml, line 1", "state_dir"],
        ["--supervisor"],
    ]


def test_what_cannot_be_carried_out_is_said_with_its_place(file: Path) -> None:
    file.write_text("worker:\n  python: /no/such\nlisten: '[::1]:1'\n")
    (drop_ins := file.with_name("tgcfd.yml.d")).mkdir()
    (drop_ins / "10.yml").write_text("listen: '[::1]:2'\n")
    settings = load_settings(file, {"state_dir": "x"})
    assert settings.wrong("worker.python", "is not a program") == f"{file}, line 2: worker.python: is not a program"
    assert settings.wrong("listen", "is taken") == f"{drop_ins}/10.yml, line 1: listen: is taken"
    assert settings.wrong("state_dir", "cannot be made") == "--state-dir: cannot be made"
    assert settings.wrong("supervisor", "is not here") == "supervisor: is not here"


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("listen: 1\nworker: {python: /no}\n", ["line 2: worker.python: /no is not a program"]),
        ("listen: 1\ntls:\n  certificate: /no.pem\n", ["line 3: tls.key: is not set, but tls.certificate is"]),
        ("listen: 1\ntls: {key: /no.pem, certificate: /no}\n", ["line 2: tls.certificate: /no: cannot be read"]),
        ("listen: 1\ntls: {key: 5, certificate: /no}\n", ["line 2: tls.key: must be a path"]),
        ("listen: 1\nstate_dir: /srv\nsupervisor: proces\n", ["line 3: supervisor: must be one of"]),
        ("listen: 1\nworker: {path: 5}\n", ["line 2: worker.path: must be a list"]),
        ("listen: 1\nworkers: {path: [/no]}\n", ["line 2: workers: there is no such setting"]),
        ("listen: 1\nworker: [/no]\n", ["line 2: worker: must be a mapping"]),
    ],
)
def test_who_mends_settings_sees_all_that_is_wrong_and_nothing_that_only_follows(
    file: Path, text: str, more: list[str]
) -> None:
    file.write_text(text)
    with pytest.raises(SettingsMisread) as caught:
        load_settings(file, {})
    first, *others = str(with_misfits(caught.value)).splitlines()
    assert first.startswith(f"{file}, line 1: listen: must be")
    assert len(others) == len(more)
    for line, said in zip(others, more, strict=True):
        assert line.startswith(f"{file}, {said}")


def test_of_settings_that_cannot_be_read_at_all_nothing_is_guessed(file: Path) -> None:
    file.write_text("worker: {python: /no}\nlisten\nstate_dir: /srv\n")
    with pytest.raises(SettingsMisread) as caught:
        load_settings(file, {})
    assert str(with_misfits(caught.value)) == f"{file}, line 2: this name has no colon and no value."


def test_a_key_that_is_missing_is_said_where_the_other_stands(file: Path) -> None:
    file.write_text("supervisor: process\ntls:\n  key: /no.pem\n")
    with pytest.raises(SettingsError, match=rf"{file}, line 3: tls\.certificate: is not set, but tls\.key is"):
        require_fit(load_settings(file, {}))


def test_settings_that_are_to_be_elsewhere_are_read_as_if_they_were_there(file: Path, tmp_path: Path) -> None:
    there = tmp_path / "there"
    file.write_text("tls: {key: a.pem}\n")
    settings = load_settings(file, {}, place_of=lambda path: there / path.name)
    assert settings.tls.key == there / "a.pem"
    assert settings.origins["tls.key"] == f"{there}/tgcfd.yml, line 1"
    file.write_text("tls:\nkey\nx: 1\n")
    with pytest.raises(SettingsError, match=f"^{there}/tgcfd.yml, line 2: this name"):
        load_settings(file, {}, place_of=lambda path: there / path.name)


def test_a_flag_is_named_as_a_flag() -> None:
    with pytest.raises(SettingsError, match=r"^--listen: must be an address"):
        load_settings(None, {"listen": "nowhere"})


@pytest.mark.parametrize("make", ["absent", "folder", "binary", "large"])
def test_an_unreadable_file_is_named(file: Path, make: str) -> None:
    if make == "folder":
        file.mkdir()
    elif make == "binary":
        file.write_bytes(b"\xff\xfe\x00")
    elif make == "large":
        file.write_text("#" * (1024 * 1024 + 1))
    with pytest.raises(SettingsError, match=re.escape(str(file))):
        load_settings(file, {})


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("what", ["file", "folder of drop-ins", "folder above"])
def test_who_cannot_read_it_is_named(
    file: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, what: str, named: bool
) -> None:
    monkeypatch.setattr("tgcfd.settings.DEFAULT_FILE", file)
    file.write_text("supervisor: auto\n")
    drop_ins = file.with_name("tgcfd.yml.d")
    drop_ins.mkdir()
    file.parent.chmod(0o755)
    {"file": file, "folder of drop-ins": drop_ins, "folder above": file.parent}[what].chmod(0)
    user = request.getfixturevalue("not_root")
    unreadable = drop_ins if what == "folder of drop-ins" else file
    with pytest.raises(SettingsError) as caught:
        load_settings(file if named else None, {})
    assert str(caught.value) == f"{unreadable}: user {user} cannot read it (it holds no secrets: chmod a+rX helps)"


def test_the_readme_shows_every_setting_with_its_default(file: Path) -> None:
    shown = README.read_text().split("```yaml\n")[1].split("```")[0]
    file.write_text(shown)
    settings = load_settings(file, {})
    assert settings == Settings()
    for section in (
        Settings,
        type(settings.tls),
        type(settings.worker),
        type(settings.telegram),
        type(settings.logs),
        type(settings.accounts),
        Profile,
    ):
        for name in section.__dataclass_fields__.keys() - {"origins"}:
            assert re.search(rf"^ *{name}:", shown, re.MULTILINE), name


def test_the_sample_file_shows_what_the_readme_shows_and_changes_nothing() -> None:
    sample = README.with_name("packaging") / "tgcfd.yml"
    assert load_settings(sample, {}) == Settings()
    assert max(map(len, sample.read_text().splitlines())) <= 80, "as wide as a terminal"
    lines = [line for line in sample.read_text().splitlines() if not re.match(r"# \S", line)]
    shown = README.read_text().split("```yaml\n")[1].split("```")[0]
    assert "\n".join(line.removeprefix("#") for line in lines).strip() == shown.strip()


@pytest.mark.parametrize(("runs", "kind"), [(True, SupervisorKind.SYSTEMD), (False, SupervisorKind.PROCESS)])
def test_auto_is_systemd_where_it_runs(monkeypatch: pytest.MonkeyPatch, runs: bool, kind: SupervisorKind) -> None:
    monkeypatch.setattr("tgcfd.settings.systemd_runs", lambda: runs)
    assert Settings().supervisor_here() is kind
    assert Settings(supervisor=SupervisorKind.PROCESS).supervisor_here() is SupervisorKind.PROCESS


def test_origins_of_other_pages_are_those_that_browsers_send(file: Path) -> None:
    origins = ("https://app.example.org", "http://localhost:3000", "http://[::1]:8080", "capacitor://localhost")
    file.write_text(f"allowed_origins: {list(origins)}\n")
    assert load_settings(file, {}).allowed_origins == origins


@pytest.mark.parametrize(
    "origin",
    [
        "*",
        "null",
        "app.example.org",
        "https://App.example.org",
        "https://app.example.org/",
        "https://app.example.org/page",
        "https://app.example.org:443",
        "http://app.example.org:80",
        "http://app.example.org:65536",
        "https://*.example.org",
        "https://a@b",
        "file://",
        "https://app.example.org\\n",
        7,
    ],
)
def test_what_no_browser_sends_as_an_origin(file: Path, origin: object) -> None:
    text = f'"{origin}"' if isinstance(origin, str) else origin
    file.write_text(f"allowed_origins: [{text}]\n")
    with pytest.raises(SettingsError, match="allowed_origins: must hold origins as browsers send them"):
        load_settings(file, {})
