"""What keeps a worker from starting: each with its exit code, and the words that the person reads.

tgcf itself ends half of these with exit code 0.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.runner.scene import Scene
from tests.runner.worker import Worker, folder_for, worker

BOT: dict[str, Any] = {"API_ID": 1, "API_HASH": "0123456789abcdef", "user_type": 0, "BOT_TOKEN": "1:secrettoken"}
USER: dict[str, Any] = {"API_ID": 1, "API_HASH": "0123456789abcdef", "user_type": 1, "SESSION_STRING": "x"}


async def expect_end(running: Worker, exit_code: int, code: str, *words: str) -> None:
    """The worker ends with this exit code, and the same reason stands in the log, worker.json and STATUS."""
    assert await running.ended() == exit_code
    reason = running.report["reason"]
    assert reason["code"] == code
    for word in words:
        assert word in reason["message"]
    assert running.report["state"] == "ended"
    assert running.log.lines[-1] == f"<3>{reason['message']}"
    await running.status(reason["message"])
    assert "Traceback" not in running.text


@pytest.mark.parametrize(
    ("text", "mode", "code", "words"),
    [
        (None, "live", "config_missing", "There is no configuration"),
        (None, "past", "config_missing", "There is no configuration"),
        ("", "live", "config_unreadable", "it is not JSON"),
        ("{", "live", "config_unreadable", "it is not JSON"),
        ("[]", "live", "config_unreadable", "it is not a JSON object"),
        ({"login": {"API_ID": "many"}}, "live", "config_invalid", "login.API_ID: value is not a valid integer"),
        ({"plugins": {"fmt": {"style": "normal"}}}, "live", "config_invalid", "plugins.fmt.style"),
        ({"login": {**BOT, "BOT_TOKEN": ""}}, "live", "token_missing", "No bot token is set"),
        ({"login": {**USER, "SESSION_STRING": ""}}, "live", "session_missing", "the session string is empty"),
        ({"login": {**USER, "SESSION_STRING": ""}}, "past", "session_missing", "the session string is empty"),
        ({"login": {**BOT, "API_ID": 0}}, "live", "api_missing", "https://my.telegram.org"),
        ({"login": {**BOT, "API_HASH": ""}}, "live", "api_missing", "https://my.telegram.org"),
        ({"login": USER}, "live", "session_malformed", "not a valid one"),
        ({"login": {**USER, "SESSION_STRING": "1" + "A" * 352}}, "live", "session_malformed", "not a valid one"),
        ({"login": {**USER, "SESSION_STRING": "1é"}}, "live", "session_malformed", "not a valid one"),
        ({"login": BOT}, "past", "past_needs_user", "Past mode needs a user account"),
        (
            {"login": BOT, "plugins": {"mark": {"check": True, "image": "logo.png"}}},
            "live", "plugin_unavailable", "The plugin mark needs",
        ),
    ],
)  # fmt: skip
async def test_a_configuration_that_cannot_run_is_the_persons_to_correct(
    runtime: Path, tmp_path: Path, text: Any, mode: str, code: str, words: str
) -> None:
    folder = folder_for(tmp_path, text if isinstance(text, dict) else None)
    if isinstance(text, str):
        (folder / "tgcf.config.json").write_text(text)
    async with worker(runtime, folder, mode) as running:
        await expect_end(running, 78, code, words)


@pytest.mark.parametrize(
    ("plugin", "hidden", "words"),
    [
        ("ocr", "pytesseract", "The plugin ocr needs the Python module pytesseract"),
        ("mark", "requests", "The plugin mark needs the Python module requests"),
        ("ocr", None, "The plugin ocr needs the program tesseract"),
        ("mark", None, "The plugin mark needs the program ffmpeg"),
    ],
)
async def test_a_plugin_without_what_it_needs_is_named(
    runtime: Path, tmp_path: Path, plugin: str, hidden: str | None, words: str
) -> None:
    # given a host without a plugin's module, or without its program
    config = {"login": BOT, "plugins": {plugin: {"check": True, "image": "https://x.invalid/i.png"}}}
    site = tmp_path / "site"
    site.mkdir()
    for module in {"pytesseract", "PIL", "requests"} - {hidden}:
        (site / f"{module}.py").touch()
    (site / "hiding.py").write_text(
        "from importlib.machinery import PathFinder\n"
        "find = PathFinder.find_spec\n"
        f"PathFinder.find_spec = lambda name, *rest: None if name == {hidden!r} else find(name, *rest)\n"
        "import runpy\n"
        "runpy.run_module('tgcfd.runner', run_name='__main__', alter_sys=True)\n"
    )
    # when its worker is started
    async with worker(
        runtime, folder_for(tmp_path, config), "live",
        environment=[("PATH", str(tmp_path))], program=("-m", "hiding"), path=(site,),
    ) as running:  # fmt: skip
        # then it names the plugin, what is missing and what to do
        await expect_end(running, 78, "plugin_unavailable", words, "Switch the plugin off")


@pytest.mark.parametrize("missing", ["tgcf", "telethon", "pydantic"])
async def test_a_runtime_that_is_missing_or_broken_is_the_hosts_owners_to_correct(
    runtime: Path, tmp_path: Path, missing: str
) -> None:
    broken = tmp_path / "runtime"
    broken.mkdir()
    for part in runtime.iterdir():
        if part.name != missing:
            (broken / part.name).symlink_to(part)
    async with worker(broken, folder_for(tmp_path, {"login": BOT}), "live") as running:
        await expect_end(running, 78, "runtime_missing", "tgcf is not installed where the host's settings say")
        assert f"<3>tgcf cannot be imported: No module named '{missing}'" in running.log.lines


async def test_a_second_worker_in_the_same_directory_ends_and_leaves_the_first_alone(scene: Scene) -> None:
    async with scene.worker(scene.config()) as first:
        await first.ready()
        async with worker(scene.runtime, first.folder, "live", notify=False) as second:
            assert await second.ended() == 75
            assert second.log.lines == ["<3>Another worker runs in this directory already."]
        assert first.report["pid"] == first.pid
        assert first.report["state"] == "ready"


async def test_a_directory_that_cannot_be_locked_is_one_line(runtime: Path, tmp_path: Path) -> None:
    folder = folder_for(tmp_path, {})
    (folder / "worker.lock").symlink_to("elsewhere")
    async with worker(runtime, folder, "live") as running:
        assert await running.ended() == 75
        (line,) = running.log.lines
        assert line.startswith("<3>The worker cannot use its directory (too many levels of symbolic links).")


async def test_a_worker_whose_parent_is_gone_does_not_start(runtime: Path, tmp_path: Path) -> None:
    async with worker(runtime, folder_for(tmp_path, {}), "live", parent="1") as running:
        assert await running.ended() == 75
        assert running.log.lines == ["<3>The daemon that started this worker is gone."]


async def test_a_worker_dies_with_its_parent(scene: Scene) -> None:
    # given a worker that was started by a parent which is not this test
    folder = folder_for(scene.parent, scene.config())
    async with worker(scene.runtime, folder, "live", program=("-m", "tests.runner.parent")) as parent:
        await parent.ready()
        pid = parent.report["pid"]
        gone = await asyncio.get_running_loop().run_in_executor(None, os.pidfd_open, pid)
        # when the parent is killed
        parent.process.kill()
        # then the worker ends, which makes its pidfd readable
        ended = asyncio.Event()
        asyncio.get_running_loop().add_reader(gone, ended.set)
        async with asyncio.timeout(5):
            await ended.wait()
        asyncio.get_running_loop().remove_reader(gone)
        os.close(gone)


async def test_variables_that_tgcf_would_obey_have_no_effect(scene: Scene) -> None:
    variables = [("FAKE", "1"), ("MONGO_CON_STR", "mongodb://127.0.0.1:9"), ("TGCF_MODE", "past"), ("LOUD", "1")]
    async with scene.worker(scene.config(), environment=variables) as running:
        await running.ready()
        await scene.telegram.post(scene.source, "hello")
        await scene.telegram.wait_messages(scene.target, 1)


# --- what Telegram says


Refusal = Callable[[Scene], Any]


@pytest.mark.parametrize(
    ("method", "error", "code", "words"),
    [
        ("users.getUsers", "AUTH_KEY_UNREGISTERED", "session_revoked", "Make a new session string"),
        ("users.getUsers", "SESSION_REVOKED", "session_revoked", "Make a new session string"),
        ("users.getUsers", "SESSION_EXPIRED", "session_revoked", "Make a new session string"),
        ("users.getUsers", "USER_DEACTIVATED", "account_deactivated", "deactivated or banned"),
        ("users.getUsers", "USER_DEACTIVATED_BAN", "account_deactivated", "deactivated or banned"),
        ("help.getConfig", "API_ID_INVALID", "api_wrong", "API id and API hash"),
    ],
)
async def test_a_login_that_telegram_refuses(scene: Scene, method: str, error: str, code: str, words: str) -> None:
    await scene.telegram.fail(method, error, times=None)
    async with scene.worker(scene.config()) as running:
        await expect_end(running, 78, code, words)


async def test_a_session_that_is_used_elsewhere(scene: Scene) -> None:
    await scene.telegram.duplicate_key(scene.alice)
    async with scene.worker(scene.config()) as running:
        await expect_end(running, 78, "session_duplicated", "used from two addresses at once")


async def test_a_session_whose_key_telegram_does_not_know(scene: Scene) -> None:
    await scene.telegram.forget_keys(scene.alice)
    async with scene.worker(scene.config()) as running:
        await expect_end(running, 78, "session_revoked", "Make a new session string")


@pytest.mark.parametrize("error", ["ACCESS_TOKEN_EXPIRED", "ACCESS_TOKEN_INVALID"])
async def test_a_bot_token_that_telegram_refuses(scene: Scene, error: str) -> None:
    await scene.telegram.fail("auth.importBotAuthorization", error, times=None)
    async with scene.worker(scene.bot_config(), "live", *scene.center) as running:
        await expect_end(running, 78, "token_wrong", "@BotFather")
        assert scene.bot.token not in running.text


async def test_a_bots_wrong_api_id(scene: Scene) -> None:
    await scene.telegram.fail("auth.importBotAuthorization", "API_ID_INVALID", times=None)
    async with scene.worker(scene.bot_config(), "live", *scene.center) as running:
        await expect_end(running, 78, "api_wrong", "https://my.telegram.org")


async def test_past_with_a_bots_session_string(scene: Scene) -> None:
    login = {**scene.config()["login"], "SESSION_STRING": scene.bot.session}
    async with scene.worker(scene.config(login=login), "past") as running:
        await expect_end(running, 78, "past_needs_user", "Telegram shows no history to bots")


@pytest.mark.parametrize("mode", ["live", "past"])
async def test_nothing_to_do(scene: Scene, mode: str) -> None:
    async with scene.worker(scene.config(forwards=[]), mode) as running:
        await expect_end(running, 78, "nothing_to_do", "none is switched on")


async def test_no_connection_can_be_found(scene: Scene) -> None:
    forwards = [{"con_name": "news", "source": "@nosuchname", "dest": ["@target"]}]
    async with scene.worker(scene.config(forwards=forwards)) as running:
        await expect_end(running, 78, "nothing_to_do", "connection news", "@nosuchname", "nobody on Telegram has")


# --- the network


async def test_telegram_refuses_connections(scene: Scene) -> None:
    await scene.telegram.refuse_connections()
    async with scene.worker(scene.config(), "live", "--connect-timeout", "1") as running:
        await expect_end(running, 75, "telegram_unreachable", "cannot be reached (the connection was refused).")


async def test_why_it_does_not_connect_is_said_while_it_tries(scene: Scene) -> None:
    await scene.telegram.refuse_connections()
    async with scene.worker(scene.config()) as running:
        # given attempts that fail
        status = await running.status(
            "Telegram cannot be reached yet (the connection was refused). Trying again until "
        )
        assert re.search(r"until \d\d:\d\d:\d\d \w+\.$", status)  # it is about half a minute
        report = running.report
        assert (report["state"], report["reason"]["code"]) == ("connecting", "connecting")
        # when one succeeds
        await scene.telegram.refuse_connections(False)
        await running.ready()
        # then it is said no more
        assert running.report["reason"] is None
        await running.status("Live: 1 connection")
    assert running.text.count("cannot be reached") == 1


async def test_telegram_does_not_answer(scene: Scene) -> None:
    await scene.telegram.black_hole()
    async with scene.worker(scene.config(), "live", "--connect-timeout", "1") as running:
        await expect_end(running, 75, "telegram_unreachable", "cannot be reached (no answer).")


async def test_a_flood_wait_at_the_start_is_waited_for_beyond_the_time_limit(scene: Scene) -> None:
    await scene.telegram.fail("users.getUsers", "FLOOD_WAIT_2")
    async with scene.worker(scene.config(), "live", "--connect-timeout", "1") as running:
        await running.status("Waiting 2 s as Telegram asked (until ")
        await running.ready()


async def test_an_unexpected_error_is_one_line(scene: Scene) -> None:
    await scene.telegram.fail("updates.getState", "SOMETHING_NEW", code=400, times=None)
    async with scene.worker(scene.config()) as running:
        await expect_end(running, 75, "internal_error", "its log has more")
    line = running.log.lines[-2]
    assert line.startswith("<3>Unexpected error: BadRequestError: RPCError 400: SOMETHING_NEW (in telethon/client/")
