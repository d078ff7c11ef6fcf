"""What each format becomes, what is said of it, and what is not taken."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.config.imports.conftest import KEY, proposed, where
from tgcfd.config import checks, schema
from tgcfd.config.imports.found import Format
from tgcfd.config.imports.session import packed
from tgcfd.config.plain import Config, same
from tgcfd.config.render import render

HASH = "0123456789abcdef0123456789abcdef"
TOKEN = "123456789:" + "A" * 35
STRING = packed(2, "149.154.167.51", 443, KEY)
OTHER_STRING = packed(4, "149.154.167.91", 443, KEY)

OLD = """\
# written by hand in 2021
admins: [somebody, 123]
forwards:
  - source: -1001234567890
    dest: [target_one, https://t.me/target_two]
    offset: 7
show_forwarded_from: no
past: {delay: 0.5}
plugins:
  filter: {text: {blacklist: [spam, 5], case_sensitive: yes}, users: {whitelist: [123]}}
  format: {style: normal}
  replace: {text: {a: b, c: d}, regex: false}
  ocr:
"""
ENV = f"API_ID=12345\nAPI_HASH={HASH}\n"


def small(config: Config) -> Config:
    return schema.minimal(config)


def test_tgcf_0_2_with_its_variables() -> None:
    proposal = proposed(OLD, ENV + f"BOT_TOKEN={TOKEN}\nTGCF_MODE=past\nPASSWORD=secret\n")
    assert small(proposal.config) == {
        "login": {"API_ID": 12345, "API_HASH": HASH, "BOT_TOKEN": TOKEN},
        "mode": 1,
        "admins": ["somebody", 123],
        "forwards": [{"source": -1001234567890, "dest": ["target_one", "https://t.me/target_two"], "offset": 7}],
        "past": {"delay": 1},
        "live": {"delete_on_edit": None},
        "plugins": {
            "filter": {
                "check": True,
                "text": {"blacklist": ["spam", "5"], "case_sensitive": True},
                "users": {"whitelist": ["123"]},
            },
            "fmt": {"check": True, "style": "plain"},
            "replace": {"check": True, "text": {"a": "b", "c": "d"}},
            "ocr": {"check": True},
        },
    }
    assert where(proposal.notes.not_taken) == ["PASSWORD"]
    assert {"/past/delay", "/live/delete_on_edit", "/plugins/fmt/style"} <= set(where(proposal.notes.taken))
    assert "another order" in " ".join(note.detail for note in proposal.notes.taken if note.where == "/plugins")
    assert [problem.violation.pointer for problem in proposal.problems] == ["/login/user_type"]  # no past for bots


@pytest.mark.parametrize(
    ("variables", "user_type"),
    [
        (f"SESSION_STRING={STRING}", 1),
        (f"SESSION_STRING={STRING}\nBOT_TOKEN={TOKEN}", 1),
        (f"BOT_TOKEN={TOKEN}", 0),
    ],
)
def test_the_kind_of_account_is_what_tgcf_0_2_made_of_its_variables(variables: str, user_type: int) -> None:
    stored = {"login": {"user_type": 1 - user_type}}
    proposal = proposed("forwards: []", variables, stored=stored)
    assert proposal.config["login"]["user_type"] == user_type
    assert "/login/user_type" in where(proposal.notes.taken)


def test_a_session_file_beside_tgcf_0_2_is_a_users_unless_there_is_a_bot_token() -> None:
    user = proposed(OLD, ENV, STRING)
    assert (user.config["login"]["user_type"], user.config["login"]["SESSION_STRING"]) == (1, STRING)
    assert user.problems == ()
    bot = proposed(OLD, ENV + f"BOT_TOKEN={TOKEN}\n", STRING)
    assert bot.config["login"]["user_type"] == 0
    assert any("not used" in note.detail for note in bot.notes.taken)


def test_a_session_string_in_the_configuration_counts_as_it_did_in_tgcf() -> None:
    proposal = proposed({"login": {"SESSION_STRING": STRING, "user_type": 1}}, OTHER_STRING)
    assert proposal.config["login"]["SESSION_STRING"] == STRING
    assert where(proposal.notes.not_taken) == ["session"]


def test_a_configuration_without_login_leaves_the_stored_account() -> None:
    login = {"user_type": 1, "API_ID": 5, "API_HASH": HASH, "SESSION_STRING": STRING, "USERNAME": "me"}
    proposal = proposed("forwards: []", stored={"login": login})
    assert small(proposal.config)["login"] == login
    assert {"/login", "/login/API_HASH", "/login/SESSION_STRING"} == set(where(proposal.notes.kept))


def test_the_configuration_in_a_variable_is_taken() -> None:
    proposal = proposed(ENV + 'TGCF_CONFIG="forwards:\n- source: abcde\n  dest: [bcdef]\n"\n')
    assert small(proposal.config)["forwards"] == [{"source": "abcde", "dest": ["bcdef"]}]
    assert proposal.is_whole
    beside = proposed(OLD, ENV + "TGCF_CONFIG='forwards: []'\n")
    assert len(beside.config["forwards"]) == 1
    assert where(beside.notes.not_taken) == ["TGCF_CONFIG"]


def test_variables_alone_change_the_login_alone() -> None:
    stored = {"login": {"API_ID": 1, "BOT_TOKEN": TOKEN}, "forwards": [{"source": "+49 123", "dest": []}], "mode": 1}
    proposal = proposed(ENV, stored=stored)
    assert proposal.config == schema.fill({**stored, "login": {"API_ID": 12345, "API_HASH": HASH, "BOT_TOKEN": TOKEN}})


@pytest.mark.parametrize("variables", ["API_ID=twelve", "API_ID=-5", "API_ID=99999999999"])
def test_a_variable_that_cannot_be_is_a_problem_and_not_a_crash(variables: str) -> None:
    from tgcfd.errors import ImportUnknown  # noqa: PLC0415

    with pytest.raises(ImportUnknown, match="API_ID is a number"):
        proposed(variables)
    assert any(problem.refused for problem in proposed("forwards: []", variables).problems)


def test_a_third_partys_plugin_is_not_taken() -> None:
    proposal = proposed("plugins: {nice: {a: 1}, ocr: null}")
    assert small(proposal.config)["plugins"] == {"ocr": {"check": True}}
    assert where(proposal.notes.not_taken) == ["/plugins/nice"]


def test_development_versions_lose_what_1_1_8_does_not_know() -> None:
    sender = {"check": True, "user_type": 1, "BOT_TOKEN": "", "SESSION_STRING": "SECRET"}
    proposal = proposed({"theme": "dark", "plugins": {"sender": sender, "ocr": {"check": True}}, "mode": 1})
    assert proposal.format is Format.TGCF_DEVELOPMENT
    assert small(proposal.config) == {"plugins": {"ocr": {"check": True}}, "mode": 1}
    assert set(where(proposal.notes.not_taken)) == {"/theme", "/plugins/sender"}
    assert "SECRET" not in str(proposal.notes)


AGENTS: dict[str, Any] = {
    "pids": [4711],
    "theme": "light",
    "login_cfg": {
        "tg": {"API_ID": 5, "API_HASH": HASH},
        "agents": [
            {"alias": "bot", "user_type": 0, "BOT_TOKEN": TOKEN, "is_active": True},
            {"alias": "me", "user_type": 1, "SESSION_STRING": STRING, "phone_no": 91},
        ],
    },
    "agent_fwd_cfg": [
        {"mode": 0, "pid": 9},
        {"mode": 1, "show_forwarded_from": True, "past": {"delay": 3}, "live": {"delete_sync": True}},
    ],
    "plugin_cfgs": [{"alias": "none"}, {"alias": "filtered", "filter": {"check": True}}],
    "forwards": [
        {"con_name": "off", "use_this": False, "agent": 0, "source": "first_source", "dest": ["abcde"]},
        {"con_name": "mine", "agent": 1, "plugin_cfg": 1, "source": "second_source", "dest": ["abcde"]},
        {"con_name": "unfiltered", "agent": 1, "plugin_cfg": 0, "source": "third_source", "dest": ["abcde"]},
    ],
    "admins": ["somebody"],
    "bot_messages": {"start": "Hello"},
}


def test_of_several_agents_that_of_the_first_enabled_connection_is_taken() -> None:
    proposal = proposed(AGENTS)
    assert small(proposal.config) == {
        "login": {"API_ID": 5, "API_HASH": HASH, "user_type": 1, "SESSION_STRING": STRING},
        "mode": 1,
        "show_forwarded_from": True,
        "past": {"delay": 3},
        "live": {"delete_sync": True},
        "plugins": {"filter": {"check": True}},
        "admins": ["somebody"],
        "bot_messages": {"start": "Hello"},
        "forwards": [
            {"con_name": "mine", "source": "second_source", "dest": ["abcde"]},
            {"con_name": "unfiltered", "use_this": False, "source": "third_source", "dest": ["abcde"]},
        ],
    }
    assert {"/forwards/0", "/login_cfg/agents/0", "/plugin_cfgs/0"} <= set(where(proposal.notes.not_taken))
    assert "/forwards/1/use_this" in where(proposal.notes.taken)


@pytest.mark.parametrize(
    "damaged",
    [
        {"login_cfg": 5, "forwards": [1, {"agent": "x"}], "agent_fwd_cfg": {}, "plugin_cfgs": None},
        {"login_cfg": {"tg": [], "agents": [5]}, "forwards": [{"agent": 9, "plugin_cfg": -1}]},
        {"login_cfg": {"agents": "x"}, "agent_fwd_cfg": [[]]},
    ],
)
def test_a_damaged_file_with_agents_is_no_crash(damaged: Any) -> None:
    assert proposed(damaged).format is Format.TGCF_AGENTS


def test_a_mongodb_document_is_the_configuration_in_it() -> None:
    config = {"login": {"API_ID": {"$numberInt": "5"}}, "forwards": [{"source": {"$numberLong": "-1001234567890"}}]}
    proposal = proposed({"_id": {"$oid": "x"}, "author": "tgcf", "config": config})
    assert small(proposal.config)["login"] == {"API_ID": 5}
    assert proposal.config["forwards"][0]["source"] == -1001234567890
    assert "MongoDB" in proposal.found[0].why


CONNECTION = {"con_name": "news", "source": "@source_chat", "dest": ["@target_chat"]}


@pytest.mark.parametrize(
    ("given", "becomes", "not_taken", "taken"),
    [
        ({"past": {"delay": 500}}, {"past": {"delay": 100}}, [], "/past/delay"),
        ({"past": {"delay": -3}}, {}, [], "/past/delay"),
        ({"login": {"API_ID": "12"}}, {"login": {"API_ID": 12}}, [], "/login/API_ID"),
        ({"show_forwarded_from": "yes"}, {"show_forwarded_from": True}, [], "/show_forwarded_from"),
        ({"live": {"delete_on_edit": ""}}, {"live": {"delete_on_edit": None}}, [], "/live/delete_on_edit"),
        ({"mode": 0, "nothing": {"of": "ours"}}, {}, ["/nothing"], None),
        ({"mode": None}, {}, ["/mode"], None),
        ({"login": {"API_HASH": "short", "BOT_TOKEN": "x"}}, {}, ["/login/API_HASH", "/login/BOT_TOKEN"], None),
        ({"admins": ["@somebody", "+49 170 1"]}, {"admins": ["@somebody"]}, ["/admins/1"], "/admins"),
        ({"forwards": [{**CONNECTION, "source": "+919999999999"}]}, {}, ["/forwards/0"], None),
        (
            {"forwards": [{**CONNECTION, "source": " @source_chat ", "dest": ["@target_chat", "", "t.me/c/1/2"]}]},
            {"forwards": [CONNECTION]},
            ["/forwards/0/dest/1", "/forwards/0/dest/2"],
            "/forwards",
        ),
        (
            {"forwards": [{**CONNECTION, "dest": ["https://t.me/source_chat"]}]},
            {"forwards": [{"con_name": "news", "use_this": False, "source": "@source_chat"}]},
            ["/forwards/0/dest/0"],
            "/forwards/0/use_this",
        ),
        (
            {"forwards": [CONNECTION, {**CONNECTION, "con_name": "last", "source": "t.me/source_chat"}]},
            {"forwards": [
                {**CONNECTION, "use_this": False},
                {**CONNECTION, "con_name": "last", "source": "t.me/source_chat"},
            ]},
            [],
            "/forwards/0/use_this",
        ),
        (
            {"plugins": {"filter": {"users": {"blacklist": ["5", "@name"], "whitelist": ["@name", "6"]}}}},
            {"plugins": {"filter": {"users": {"blacklist": ["5"], "whitelist": ["6"]}}}},
            ["/plugins/filter/users/blacklist/1", "/plugins/filter/users/whitelist/0"],
            None,
        ),
        (
            {"plugins": {"replace": {"text": {"a": 5}, "text_raw": "b: c"}}},
            {"plugins": {"replace": {"text": {"a": "5"}}}},
            ["/plugins/replace/text_raw"],
            None,
        ),
        ({"plugins": {"mark": {"image": "../x.png"}}}, {}, ["/plugins/mark/image"], None),
    ],
)  # fmt: skip
def test_what_tgcf_1_1_took_in_its_own_way_is_mended_and_said(
    given: Any, becomes: Any, not_taken: list[str], taken: str | None
) -> None:
    proposal = proposed(given)
    assert small(proposal.config) == becomes
    assert where(proposal.notes.not_taken) == not_taken
    assert taken is None or taken in where(proposal.notes.taken)
    assert not [problem for problem in proposal.problems if problem.refused]


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({"plugins": {"filter": {"users": {"whitelist": ["@name"]}}}}, "/plugins/filter/users/whitelist/0"),
        ({"plugins": {"filter": {"text": {"regex": True, "blacklist": ["("]}}}}, "/plugins/filter/text/blacklist/0"),
        ({"plugins": {"fmt": {"style": "normal"}}}, "/plugins/fmt/style"),
        ({"plugins": 5}, "/plugins"),
        ({"forwards": [{"offset": "x"}]}, "/forwards/0/offset"),
        ({"mode": 2}, "/mode"),
        ({"login": "SECRET"}, "/login"),
        ({"login": {"user_type": True}}, "/login/user_type"),
        ({"past": {"delay": 1.5}}, "/past/delay"),
    ],
)
def test_what_could_forward_what_was_held_back_or_means_nothing_is_a_problem(given: Any, pointer: str) -> None:
    proposal = proposed(given)
    assert [problem.violation.pointer for problem in proposal.problems if problem.refused] == [pointer]


def test_stored_secrets_that_the_import_lacks_are_kept_and_said() -> None:
    stored = {"login": {"API_HASH": HASH, "BOT_TOKEN": TOKEN, "SESSION_STRING": STRING}}
    proposal = proposed({"login": {"API_ID": 9, "BOT_TOKEN": "", "SESSION_STRING": "********"}}, stored=stored)
    assert small(proposal.config)["login"] == {"API_ID": 9, **stored["login"]}
    assert set(where(proposal.notes.kept)) == {"/login/API_HASH", "/login/BOT_TOKEN", "/login/SESSION_STRING"}


def test_the_whole_of_the_rest_is_replaced() -> None:
    proposal = proposed({"mode": 1}, stored={"forwards": [CONNECTION], "plugins": {"ocr": {"check": True}}})
    assert small(proposal.config) == {"mode": 1}


def test_no_secret_is_in_what_is_said() -> None:
    env = ENV + f"SESSION_STRING={STRING}\nBOT_TOKEN={TOKEN}\n"
    for proposal in (proposed(OLD, env), proposed(env), proposed(AGENTS), proposed(STRING)):
        said = str(proposal.notes) + str(proposal.problems) + str([found.why for found in proposal.found])
        assert not [secret for secret in (HASH, TOKEN, STRING) if secret in said]
        assert STRING not in repr(proposal)


def test_what_the_real_tgcf_writes_comes_in_as_it_reads_it(ask_tgcf: Callable[[Any], Any]) -> None:
    login = {"API_ID": 5, "API_HASH": HASH, "user_type": 1, "SESSION_STRING": STRING}
    plugins = {"filter": {"check": True, "text": {"blacklist": ["a"]}}, "replace": {"text": {"b": "c", "a": "d"}}}
    [written] = ask_tgcf([{"login": login, "forwards": [CONNECTION], "plugins": plugins, "past": {"delay": 7}}])
    proposal = proposed(written)
    assert same(render(proposal.config) | {}, render(schema.fill(written)))
    assert not checks.violations(proposal.config)
    assert (proposal.notes.not_taken, proposal.problems) == ([], ())
