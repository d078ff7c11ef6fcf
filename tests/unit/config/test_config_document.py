"""The person's YAML: what they wrote stays, whatever else changes; what cannot be read is named with its line."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from ruamel.yaml import YAML

from tgcfd.config import emit, schema
from tgcfd.config.document import MAX_BYTES, Document
from tgcfd.config.plain import same
from tgcfd.config.reader import read, value
from tgcfd.errors import ConfigUnreadable

WRITTEN = """\
# My forwards
login:   # the account
  API_ID: 5   # id
  API_HASH: "abc"
admins: ["@alice",
   'bobby']   # people

forwards:
  # news
  - source: '@newsy'   # src
    dest:
      - -1001234567890   # main
      - "@other"
    con_name: "N"

  # sports
  - con_name: S
    source: sports
    dest: [ destx,  desty ]
# plug
plugins:
  replace: {text: {a: b, 'c': "d"}}
  caption:
    header: |
      Hello
      World
    footer: ''
live:
  delete_on_edit: ~   # off
# end
"""


def changed(change: Callable[[Any], object], written: str = WRITTEN) -> str:
    document = Document.load(written.encode())
    config = schema.fill(document.plain())
    change(config)
    document.apply(config, schema.minimal(config))
    assert same(schema.fill(Document.load(document.dump()).plain()), config)
    return document.dump().decode()


def put(*path: Any, to: Any) -> Callable[[Any], None]:
    def change(config: Any) -> None:
        for part in path[:-1]:
            config = config[part]
        config[path[-1]] = to

    return change


def test_nothing_changed_leaves_every_byte() -> None:
    assert changed(lambda _: None) == WRITTEN


@pytest.mark.parametrize(
    ("path", "to", "before", "after"),
    [
        (("login", "API_ID"), 6, "API_ID: 5   # id", "API_ID: 6   # id"),
        (("login", "API_HASH"), 'd"e', 'API_HASH: "abc"', 'API_HASH: "d\\"e"'),
        (("admins", 1), "it's", "'bobby']   # people", "'it''s']   # people"),
        (("forwards", 0, "source"), "@olds", "'@newsy'   # src", "'@olds'   # src"),
        (("forwards", 0, "dest", 0), -1009, "- -1001234567890   # main", "- -1009   # main"),
        (("forwards", 0, "dest", 1), "@third", '- "@other"', '- "@third"'),
        (("forwards", 1, "source"), "@at", "source: sports", "source: '@at'"),
        (("forwards", 1, "dest", 0), "other", "[ destx,  desty ]", "[ other,  desty ]"),
        (("plugins", "replace", "text", "c"), "e", "'c': \"d\"", "'c': \"e\""),
        (("live", "delete_on_edit"), "x", "delete_on_edit: ~   # off", "delete_on_edit: 'x'   # off"),
    ],
)
def test_a_changed_value_changes_in_its_place_and_in_its_quotes(path: Any, to: Any, before: str, after: str) -> None:
    assert before in WRITTEN
    assert changed(put(*path, to=to)) == WRITTEN.replace(before, after)


def test_a_key_that_was_not_there_comes_last_in_its_mapping() -> None:
    assert changed(put("mode", to=1)) == WRITTEN.replace("# end", "mode: 1\n# end")


def test_a_default_that_was_not_there_is_not_added() -> None:
    assert "past" not in changed(put("mode", to=1))


def test_a_value_set_back_to_its_default_stays_written() -> None:
    assert "API_ID: 0   # id" in changed(put("login", "API_ID", to=0))


def test_a_removed_connection_takes_its_comments_along_and_no_others() -> None:
    after = changed(lambda config: config["forwards"].pop(0))
    assert "# news" not in after
    assert "# main" not in after
    assert "  # sports\n  - con_name: S\n" in after
    assert "# plug" in after


def test_a_moved_connection_takes_its_comments_along() -> None:
    after = changed(lambda config: config["forwards"].reverse())
    assert after.index("# sports") < after.index("con_name: S") < after.index("# news") < after.index("# main")


def test_a_moved_and_changed_connection_is_known_by_its_source_and_name() -> None:
    def change(config: Any) -> None:
        config["forwards"].reverse()
        config["forwards"][1]["dest"] = [5]

    after = changed(change)
    assert (
        after.index("# sports") < after.index("# news") < after.index("'@newsy'   # src") < after.index("- 5   # main")
    )


def test_a_moved_chat_takes_its_comment_along() -> None:
    after = changed(put("admins", to=[7, "bobby", "alice"]), "admins:\n- alice # one\n- bobby # two\n- 7 # three\n")
    assert after == "admins:\n- 7 # three\n- bobby # two\n- alice # one\n"


def test_a_new_connection_stands_where_it_was_put() -> None:
    new = {"con_name": "New", "source": 7, "dest": ["@x"], "use_this": True, "offset": 0, "end": 0}
    after = changed(lambda config: config["forwards"].insert(1, new))
    assert "    con_name: \"N\"\n  - con_name: New\n    source: 7\n    dest: ['@x']\n\n  # sports" in after


def test_an_emptied_list_leaves_its_key() -> None:
    assert "\nforwards: []\n# plug" in changed(lambda config: config["forwards"].clear())


def test_rules_follow_a_new_order() -> None:
    after = changed(put("plugins", "replace", "text", to={"c": "d", "a": "b"}))
    assert "{text: {'c': \"d\", a: b}}" in after


def test_a_rule_goes_with_its_comment() -> None:
    written = "plugins:\n  replace:\n    text:\n      # one\n      a: b\n      # two\n      c: d\n"
    after = changed(put("plugins", "replace", "text", to={"c": "d"}), written)
    assert after == "plugins:\n  replace:\n    text:\n      # two\n      c: d\n"


@pytest.mark.parametrize("character", ["a", "'", "\x85", "\t", "😀"])
@pytest.mark.parametrize("length", [340, 1000, 1001, 1024, 4096])
def test_a_rule_for_a_long_text_is_written_and_changed(character: str, length: int) -> None:
    long = character * length
    for written in (WRITTEN, "plugins: {replace: {text: {}}}\n", "plugins:\n  replace:\n    text:\n      x: y\n"):
        after = changed(put("plugins", "replace", "text", to={"x": "y", long: "b"}), written)
        changed(put("plugins", "replace", "text", to={long: "c", "x": "y"}), after)


def test_null_is_written_as_a_word() -> None:
    assert changed(put("live", "delete_on_edit", to=None), "") == "live:\n  delete_on_edit: null\n"


def test_windows_line_ends_stay() -> None:
    written = WRITTEN.replace("\n", "\r\n")
    assert changed(put("login", "API_ID", to=6), written) == written.replace("API_ID: 5", "API_ID: 6")


def test_a_file_of_comments_keeps_them() -> None:
    assert changed(put("mode", to=1), "# mine\n\n# too\n") == "# mine\n\n# too\nmode: 1\n"


def test_a_file_without_a_last_line_end_can_grow() -> None:
    assert changed(put("mode", to=1), "pid: 0") == "pid: 0\nmode: 1\n"


SHARED = """\
forwards:
- &first
  source: one   # c1
  dest: [x]
- <<: *first
  source: two   # c2
- source: three # c3
  dest: &list [y]
- source: four
  dest: *list
"""


def test_aliases_and_merge_keys_that_a_person_wrote_say_what_they_mean() -> None:
    forwards = Document.load(SHARED.encode()).plain()["forwards"]
    assert [forward["source"] for forward in forwards] == ["one", "two", "three", "four"]
    assert forwards[1]["dest"] == ["x"]
    assert forwards[3]["dest"] == ["y"]


def test_a_change_elsewhere_leaves_aliases_alone() -> None:
    assert changed(put("mode", to=1), SHARED) == SHARED + "mode: 1\n"


@pytest.mark.parametrize("place", [0, 1, 2, 3])
def test_a_change_of_a_shared_value_changes_one_place_only_and_keeps_comments(place: int) -> None:
    after = changed(put("forwards", place, "dest", to=["z"]), SHARED)
    assert "# c1" in after
    assert "# c3" in after


@pytest.mark.parametrize(
    ("written", "line"),
    [
        (b"a: 1\nb: [1\n", 3),
        (b"a: 1\na: 2\n", 2),
        (b"a: 1\n2: x\n", 2),
        (b"a:\n  b: !!python/object:x 1\n", 2),
        (b"a:\n  b: 2020-01-01\n", 2),
        (b"\na: +919999999999\n", 2),
        (b"\na: 1_000\n", 2),
        (b"\na: 0012\n", 2),
        (b"\na: 0x1f\n", 2),
        (b"a: 1\nb: " + b"9" * 5000 + b"\n", 2),
        (b"- a\n", 1),
        (b"just text\n", 1),
        (b"a: 1\n---\nb: 2\n", 2),
        (b"%YAML 1.1\n---\na: yes\n", 2),
        (b"a: 1\nb: \xff\n", 2),
        (b"a: 1\nb: \0\n", 2),
        (b"a: 1\nb: *c\n", 2),
        (b'a: "\\U99999999"\n', 1),
        (b"a: [" * 30 + b"]" * 30, 1),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(written: bytes, line: int) -> None:
    with pytest.raises(ConfigUnreadable, match=f"Line {line}: "):
        Document.load(written)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (
            b"mode: 1\nadmins: [1, 2\nlive: {}\n",
            "Line 3: the list that begins with \\[ in line 2 lacks a comma or its ]",
        ),
        (b"past: {delay: 1\nmode: 1\n", "Line 2: the mapping that begins with { in line 1 lacks a comma or its }"),
        (b"admins: [", "never closed"),
        (b"mode: 1\nadmins: ['a\nb\n", "quote that begins in line 2 is not closed"),
        (b"forwards:\n  - source: a\n   dest: b\n", "Line 3: the indentation is wrong"),
        (b"live:\n\tdelete_sync: true\n", "Line 2: there is a tab"),
        (b"dest: @name\n", "@, % or ` must be in quotes"),
        (b"con_name: news: today\n", "a colon where none can be"),
        (b"mode 1\nlive: {}\n", "Line 2: .* the line above"),
        (b"mode: 1\nlive\n", "Line 2: this name has no colon"),
        (b"mode: 1\nlive\npast: {}\n", "Line 2: this name has no colon"),
        (b"con_name: 'it's'\n", "is written twice"),
        (b"con_name: |x\n", "but found 'x'"),
    ],
)
def test_a_common_mistake_is_said_in_plain_words(written: bytes, said: str) -> None:
    with pytest.raises(ConfigUnreadable, match=said):
        Document.load(written)


BOMB = b"a: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(
    b"%c: &%c [%s]\n" % (98 + n, 98 + n, b",".join([b"*%c" % (97 + n)] * 9)) for n in range(5)
)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (BOMB, "aliases stand for more"),
        (b"a: &a [*a]\n", "levels deep"),
        (b"a: &a\n  <<: *a\n", "levels deep"),
        (b"a: " + b"[" * 500_000, "levels deep"),
        (b"a: " + b"{a: " * 100_000, "levels deep"),
        (b"- " * 300_000, "levels deep"),
        (b"".join(b"k%d: 1\n" % n for n in range(64_000)), "more than 64000 names and values"),
    ],
    ids=["alias bomb", "alias of itself", "merge of itself", "deep lists", "deep mappings", "deep dashes", "many keys"],
)
def test_what_would_grow_without_bounds_is_refused(written: bytes, said: str) -> None:
    with pytest.raises(ConfigUnreadable, match=said):
        Document.load(written)


def test_a_file_over_the_limit_is_refused() -> None:
    with pytest.raises(ConfigUnreadable, match="larger"):
        Document.load(b"#" * (MAX_BYTES + 1))


def test_yaml_1_2_says_what_is_a_boolean() -> None:
    assert Document.load(b"a: yes\nb: true\nc: Off\n").plain() == {"a": "yes", "b": True, "c": "Off"}


def test_a_place_is_found_by_its_pointer() -> None:
    document = Document.load(WRITTEN.encode())
    assert document.line("/forwards/1/source") == 18
    assert document.line("/forwards/1/nothing") == 17
    assert document.line("") == 1


ODD = ["123", "-100123", "null", "1e5", "=", "<<", "yes", "~", "", "a: b", "#x", " lead", "trail ", "it's", 'say "hi"']
ODD += [
    "\\d+",
    "a\nb",
    "a\n",
    "\n",
    "\t",
    "é",
    "😀",
    "\x85",
    "\u2028",
    "\ufeff",
    "\x07",
    "\x7f",
    "0x1f",
    "012",
    "1_000",
]
ODD += [
    "2020-01-01",
    "true",
    "[x",
    "{y",
    "*a",
    "&a",
    "!t",
    "%d",
    "@name",
    "`q`",
    "- a",
    "? a",
    ":",
    "a:",
    "|",
    ">",
    "-",
]
ODD += ["---", "...", "plain", "two words", ".inf", "\ufffe", "x" * 300, "1:30", "Off", "NO"]


def some_value(rnd: random.Random, depth: int = 0) -> Any:
    kind = rnd.random()
    if depth < 3 and kind < 0.25:
        return {rnd.choice(ODD): some_value(rnd, depth + 1) for _ in range(rnd.randint(0, 4))}
    if depth < 3 and kind < 0.5:
        return [some_value(rnd, depth + 1) for _ in range(rnd.randint(0, 4))]
    return rnd.choice([rnd.choice(ODD), rnd.choice(ODD), rnd.randint(-(10**13), 10**13), 0, True, False, None])


def somehow_changed(rnd: random.Random, old: Any) -> Any:
    if isinstance(old, dict):
        new = {k: somehow_changed(rnd, v) if rnd.random() < 0.3 else v for k, v in old.items() if rnd.random() > 0.1}
        return new | ({rnd.choice(ODD): some_value(rnd, 2)} if rnd.random() < 0.3 else {})
    if isinstance(old, list):
        items = [somehow_changed(rnd, item) for item in old if rnd.random() > 0.1]
        rnd.shuffle(items)
        return items
    return some_value(rnd, 2)


@pytest.mark.parametrize("seed", range(4))
def test_any_values_come_back_as_they_were_written_and_rewritten(seed: int) -> None:
    rnd = random.Random(seed)
    for _ in range(150):
        old = {name: some_value(rnd) for name in rnd.sample(ODD, rnd.randint(1, 5))}
        document = Document.load(emit.block(old, 0).encode())
        assert same(document.plain(), old)
        new = somehow_changed(rnd, old)
        document.apply(new, new)
        assert same(Document.load(document.dump()).plain(), new)


@pytest.mark.parametrize("text", ODD)
def test_every_yaml_reader_takes_a_written_text_for_that_text(text: str) -> None:
    written = emit.block({text: [text, {"k": text}]}, 0)
    assert same(value(read(written)), {text: [text, {"k": text}]})
    older = YAML(typ="safe", pure=True)
    older.version = (1, 1)  # what tgcf-web reads
    assert older.load(written) == {text: [text, {"k": text}]}
