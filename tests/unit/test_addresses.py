"""Where the daemon listens, as people read it."""

from __future__ import annotations

import pytest

from tgcfd.addresses import all_in_words, in_words, opened_here


@pytest.mark.parametrize(
    ("url", "said", "here"),
    [
        ("http://127.0.0.1:8470", "http://127.0.0.1:8470", "http://127.0.0.1:8470"),
        ("https://[::1]:443", "https://[::1]:443", "https://[::1]:443"),
        ("https://[::]:443", "HTTPS on port 443 of all addresses", "https://[::1]:443"),
        ("http://0.0.0.0:80", "HTTP on port 80 of all IPv4 addresses", "http://127.0.0.1:80"),
        ("unix:/run/tgcfd.sock", "unix:/run/tgcfd.sock", "unix:/run/tgcfd.sock"),
    ],
)
def test_what_nobody_could_open_is_put_otherwise(url: str, said: str, here: str) -> None:
    assert (in_words(url), opened_here(url)) == (said, here)


def test_addresses_alone_are_put_the_same_way() -> None:
    addresses = ["127.0.0.1:8470", "[::]:443", "[::]:443", "/run/tgcfd.sock"]
    assert all_in_words(addresses) == "127.0.0.1:8470, port 443 of all addresses, /run/tgcfd.sock"


def test_an_address_without_a_scheme_is_opened_here_as_well() -> None:
    assert [opened_here(address) for address in ("0.0.0.0:80", "[::]:80", "10.0.0.1:80", "/run/x.sock")] == [
        "127.0.0.1:80",
        "[::1]:80",
        "10.0.0.1:80",
        "/run/x.sock",
    ]
