"""A file with its secrets masked, and back: to the character, and with nothing shown that was hidden."""

import pytest

from tgcfd.config import secrets
from tgcfd.config.document import Document
from tgcfd.config.masked import mask, unmask

HASH = "0123456789abcdef0123456789abcdef"
TOKEN = "123456:" + "abcdefghij_KLMNOPQRST-klmnopqrstuv"

FILES = {
    "block": f"# mine\nlogin:\n  API_HASH: {HASH}   # from my.telegram.org\n  BOT_TOKEN: '{TOKEN}'\nmode: 1\n",
    "flow": f'login: {{API_ID: 5, API_HASH: "{HASH}", BOT_TOKEN: {TOKEN}}}\n',
    "line ends of Windows": f"login:\r\n  API_HASH: '{HASH}'\r\nmode: 1 # é😀\r\n",
    "both line ends": f"login:\n  API_HASH: '{HASH}'\r\nmode: 1\n",
    "no last line end": f"mode: 1\nlogin: {{API_HASH: '{HASH}'}}",
    "a byte order mark": f"\ufeffbot_messages: {{start: 😀}}\nlogin:\n  API_HASH: {HASH}\n",
    "none set": "mode: 1\nlogin: {API_HASH: '', API_ID: 5}\n",
    "nothing": "",
    "comments only": "# mine\n",
}


def masked(text: str) -> str:
    return mask(text.encode(), Document.load(text.encode())).decode()


def unmasked(text: str, stored: str) -> tuple[str, list[str]]:
    data, document, faults = unmask(text.encode(), Document.load(text.encode()), Document.load(stored.encode()))
    assert faults or document.plain() == Document.load(data).plain()
    return data.decode(), [fault.pointer for fault in faults]


@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
def test_it_says_the_same_but_for_secrets_and_comes_back_as_it_was(text: str) -> None:
    shown = masked(text)
    assert HASH not in shown
    assert TOKEN not in shown
    plain = Document.load(text.encode()).plain()
    assert Document.load(shown.encode()).plain() == secrets.hide(plain)
    for secret in (HASH, TOKEN):
        text_without = text.replace(f"'{secret}'", secret).replace(f'"{secret}"', secret)
        shown_without = shown.replace(f"'{secrets.SET}'", secrets.SET).replace(f'"{secrets.SET}"', secrets.SET)
        assert len(text_without.splitlines()) == len(shown_without.splitlines())
    assert unmasked(shown, text) == (text, [])


@pytest.mark.parametrize(
    "text",
    [
        f"login:\n  API_HASH: |-\n    {HASH}\n  API_ID: 5\n",
        f"login:\n  API_HASH: >-\n\n    {HASH}\n\nmode: 1\n",
        f"login:\n  API_HASH:\n    {HASH}\n  API_ID: 5\n",
        f"login:\n  API_HASH: '0123456789abcdef\n\n    {HASH}'\n",
    ],
)
def test_secrets_on_lines_of_their_own(text: str) -> None:
    shown = masked(text)
    assert HASH not in shown
    back, faults = unmasked(shown, text)
    assert not faults
    assert Document.load(back.encode()).plain() == Document.load(text.encode()).plain()


@pytest.mark.parametrize(
    "text",
    [
        f"bot_messages: {{start: &t '{TOKEN}'}}\nlogin: {{BOT_TOKEN: *t}}\n",
        f"login: {{BOT_TOKEN: &t '{TOKEN}', SESSION_STRING: *t}}\n",
        f"plugins: {{replace: {{text: &l {{BOT_TOKEN: '{TOKEN}'}}}}}}\nlogin: *l\n",
        f"plugins: {{replace: {{text: &l {{BOT_TOKEN: '{TOKEN}'}}}}}}\nlogin: {{<<: *l, API_ID: 5}}\n",
        f"plugins: {{replace: {{text: &l {{BOT_TOKEN: '{TOKEN}'}}}}}}\nlogin:\n  <<: [*l]\n  API_ID: 5\n",
        f"login: &l {{BOT_TOKEN: '{TOKEN}'}}\nplugins: {{replace: {{text: {{<<: *l}}}}}}\n",
    ],
)
def test_a_secret_that_is_shared_is_hidden_wherever_it_stands(text: str) -> None:
    assert TOKEN not in masked(text)


@pytest.mark.parametrize(
    "text",
    [
        "bot_messages: {start: &t '********'}\nlogin: {BOT_TOKEN: *t}\n",
        "login: {BOT_TOKEN: &t '********'}\nbot_messages: {start: *t}\n",
        "login: &l {BOT_TOKEN: '********'}\nplugins: {replace: {text: *l}}\n",
        "login: &l {BOT_TOKEN: '********'}\nplugins: {replace: {text: {<<: *l}}}\n",
    ],
)
def test_no_anchor_brings_a_stored_secret_to_where_it_would_be_shown(text: str) -> None:
    stored = f"login: {{BOT_TOKEN: '{TOKEN}'}}\n"
    assert unmasked(text, stored) == (text, ["/login/BOT_TOKEN"])


def test_what_is_not_stored_cannot_be_kept() -> None:
    text = "login:\n  API_HASH: '********'\n"
    _, _, [fault] = unmask(text.encode(), Document.load(text.encode()), Document.load(b"mode: 1\n"))
    assert (fault.pointer, fault.line) == ("/login/API_HASH", 2)
    assert "enter it" in fault.detail


def test_the_person_may_write_it_elsewhere_and_otherwise() -> None:
    stored = f"login:\n  API_HASH: {HASH}\n  BOT_TOKEN: a,]b\n"
    back, faults = unmasked(
        '# new\nlogin: {BOT_TOKEN: "********", API_HASH: ********x}\n'.replace("********x", HASH), stored
    )
    assert not faults
    assert back == f"# new\nlogin: {{BOT_TOKEN: 'a,]b', API_HASH: {HASH}}}\n"


def test_stars_elsewhere_stay_stars() -> None:
    text = "bot_messages: {start: '********'}\nlogin: {API_HASH: '********'}\n"
    back, _ = unmasked(text, f"login: {{API_HASH: {HASH}}}\n")
    assert back == text.replace("API_HASH: '********'", f"API_HASH: {HASH}")
