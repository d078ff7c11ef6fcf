"""The variables of tgcf 0.2, read as python-dotenv reads them."""

import pytest

from tgcfd.config.imports.environment import parse


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("API_ID=5", "5"),
        ("  export   API_ID = 5  ", "5"),
        ("API_ID=5 # mine", "5"),
        ("API_ID=a#b", "a#b"),
        ("API_ID=", ""),
        ("API_ID=''", ""),
        ("API_ID='a # b'", "a # b"),
        ("API_ID='it\\'s'", "it's"),
        ('API_ID="a\\nb" # mine', "a\nb"),
        ('API_ID="a\nb"', "a\nb"),
        ("API_ID=a b", "a b"),
        ("API_ID=1\r\nX=2\r\n", "1"),
        ("# c\n\nX=1\nAPI_ID=5\n#", "5"),
        ("API_ID=1\nAPI_ID=2", "2"),
    ],
)
def test_a_variable_is_read(text: str, value: str) -> None:
    found = parse(text)
    assert found is not None
    assert found["API_ID"] == value


@pytest.mark.parametrize(
    "text", ["", "OTHER=1", "API_ID: 5", "API_ID=1\nforwards: []", "API_ID='open", '{"API_ID": 1}', "hello\nAPI_ID=1"]
)
def test_what_is_no_such_file_is_none(text: str) -> None:
    assert parse(text) is None


def test_long_nonsense_takes_no_time() -> None:
    for text in ("API_ID='" + "\\" * 200_001, "API_ID=" + " " * 200_000 + "'", "a" * 500_000, " " * 500_000):
        assert parse(text) is None
    assert parse("API_ID=a" + " " * 200_000 + "b") == {"API_ID": "a" + " " * 200_000 + "b"}
