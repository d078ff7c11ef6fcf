"""The examples of reverse proxies fit the daemon, and the README shows them as they are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tgcfd.api.contract import operations
from tgcfd.api.sockets import HEARTBEAT
from tgcfd.settings import Settings, load_settings

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "packaging" / "examples"
EXAMPLES = sorted(FOLDER.iterdir())
NGINX = (FOLDER / "nginx.conf").read_text()


def what_counts(text: str) -> str:
    """An example without the comment at its beginning, which says where it belongs."""
    return re.sub(r"\A(?:#.*\n)+\n", "", text)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_the_readme_shows_it(example: Path) -> None:
    assert f"\n{what_counts(example.read_text())}```\n" in (ROOT / "README.md").read_text()


@pytest.mark.parametrize("name", ["nginx.conf", "Caddyfile", "tgcfd.socket.conf"])
def test_the_setting_that_it_names_is_one(name: str, tmp_path: Path) -> None:
    (said,) = re.findall(r"^# +(trusted_proxies: .*)$", (FOLDER / name).read_text(), re.MULTILINE)
    file = tmp_path / "tgcfd.yml"
    file.write_text(said)
    assert load_settings(file, {}).trusted_proxies


@pytest.mark.parametrize("name", ["nginx.conf", "Caddyfile"])
def test_it_asks_where_the_daemon_listens(name: str) -> None:
    assert str(Settings().listen) in (FOLDER / name).read_text()


@pytest.mark.parametrize("name", ["proxy_read_timeout", "proxy_send_timeout"])
def test_nginx_waits_longer_than_from_one_ping_to_the_next(name: str) -> None:
    (seconds,) = re.findall(rf"^ *{name} (\d+)s;$", NGINX, re.MULTILINE)
    assert int(seconds) >= 2 * HEARTBEAT


def test_nginx_takes_bodies_as_large_as_the_daemon_does() -> None:
    (mebibytes,) = re.findall(r"^ *client_max_body_size (\d+)m;", NGINX, re.MULTILINE)
    assert int(mebibytes) * 1024 * 1024 == max(operation.max_bytes for operation in operations().values())
