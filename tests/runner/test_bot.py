"""Bots: the session is kept, the commands answer and are undone when they fail."""

from __future__ import annotations

import signal
from typing import Any

import pytest

from tests.runner.scene import Scene
from tests.telegram.remote import Message


def said(text: str) -> Any:
    return lambda found: any(text in one.text for one in found)


async def ask(scene: Scene, text: str, answer: str) -> list[Message]:
    """Alice writes to the bot, and gets this answer."""
    await scene.telegram.private_message(scene.alice, scene.bot, text)
    return await scene.telegram.wait_messages(scene.alice, said(answer))


async def test_a_bot_signs_in_once_and_keeps_its_session(scene: Scene) -> None:
    async with scene.worker(scene.bot_config(), "live", *scene.center) as worker:
        await worker.ready()
        await worker.log.wait("<6>Connected to Telegram as @robot (bot)")
        await scene.telegram.post(scene.source, "one")
        await scene.telegram.wait_messages(scene.target, 1)
        await worker.signalled(signal.SIGTERM)
    # when it is started again
    async with scene.worker(scene.bot_config(), "live", *scene.center) as worker:
        await worker.ready()
        await scene.telegram.post(scene.source, "two")
        await scene.telegram.wait_messages(scene.target, 2)
    calls = await scene.telegram.calls()
    assert calls.count("auth.importBotAuthorization") == 1
    assert calls.count("set_client_DH_params") == 1


async def test_another_bots_token_signs_in_anew(scene: Scene) -> None:
    async with scene.worker(scene.bot_config(), "live", *scene.center) as worker:
        await worker.ready()
    other = await scene.telegram.add_bot("Other", "otherbot")
    login = {**scene.bot_config()["login"], "BOT_TOKEN": other.token}
    async with scene.worker(scene.bot_config(login=login) | {"login": login}, "live", *scene.center) as worker:
        await worker.log.wait("Connected to Telegram as @otherbot (bot)")


async def test_a_bot_whose_key_is_forgotten_signs_in_anew(scene: Scene) -> None:
    async with scene.worker(scene.bot_config(), "live", *scene.center) as worker:
        await worker.ready()
    await scene.telegram.forget_keys(scene.bot)
    async with scene.worker(scene.bot_config(), "live", *scene.center) as worker:
        await worker.ready()


async def test_a_bot_that_is_signed_out_at_run_time_is_restarted_to_sign_in_anew(scene: Scene) -> None:
    async with scene.worker(scene.bot_config(), "live", *scene.center, "--probe", "0.2") as worker:
        await worker.ready()
        await scene.telegram.revoke(scene.bot)
        assert await worker.ended() == 75
        assert worker.report["reason"]["code"] == "bot_signed_out"


async def test_a_bot_whose_key_is_forgotten_at_run_time_is_restarted_to_sign_in_anew(scene: Scene) -> None:
    async with scene.worker(scene.bot_config(), "live", *scene.center) as worker:
        await worker.ready()
        await scene.telegram.forget_keys(scene.bot)
        await scene.telegram.drop_connections()
        assert await worker.ended() == 75
        assert worker.report["reason"]["code"] == "bot_signed_out"


async def test_forward_adds_a_connection_that_stays(scene: Scene) -> None:
    extra = await scene.telegram.add_channel("Extra", "extra", members=[scene.alice, scene.bot])
    async with scene.worker(scene.bot_config(admins=["alice"]), "live", *scene.center) as worker:
        await worker.ready()
        await ask(scene, "/forward source: extra\ndest: [target]", "Success")
        await scene.telegram.post(extra, "from extra")
        await scene.telegram.wait_messages(scene.target, said("from extra"))
        await scene.telegram.post(scene.source, "from source")
        await scene.telegram.wait_messages(scene.target, said("from source"))
        await worker.status("Live: 2 connections")
        await worker.signalled(signal.SIGTERM)
    assert [one["source"] for one in worker.report["forwards"]] == ["source", "extra"]
    assert "style" not in worker.report
    # and a restart without a new rendering goes on with it, and still tells the daemon
    async with scene.worker(None, "live", *scene.center) as worker:
        await worker.status("Live: 2 connections")
        assert [one["source"] for one in worker.report["forwards"]] == ["source", "extra"]


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("/forward source: '@nosuchname'\ndest: [target]", "@nosuchname: nobody on Telegram has this name"),
        ("/forward source: target\ndest: [-1009999999999]", "-1009999999999: this account"),
        ("/forward just words", "This is not understood"),
        ("/forward source: [", "This cannot be read"),
        ("/forward dest: [target]", "A source and a destination are needed"),
        ("/remove source: '@nosuchname'", "The source does not exist"),
    ],
)
async def test_a_wrong_command_is_answered_and_leaves_nothing_behind(scene: Scene, command: str, answer: str) -> None:
    async with scene.worker(scene.bot_config(admins=["alice"]), "live", *scene.center) as worker:
        await worker.ready()
        await ask(scene, command, answer)
        await ask(scene, "/style bold", "Success")  # saves the configuration
        await scene.telegram.post(scene.source, "still here")
        await scene.telegram.wait_messages(scene.target, said("still here"))
        await worker.signalled(signal.SIGTERM)
    assert [one["source"] for one in worker.config["forwards"]] == ["source"]
    assert worker.report["style"] == "bold"


async def test_remove_takes_a_connection_away(scene: Scene) -> None:
    async with scene.worker(scene.bot_config(admins=["alice"]), "live", *scene.center) as worker:
        await worker.ready()
        await ask(scene, "/remove source: source", "Success")
        await worker.status("Live: 0 connections")
        await worker.signalled(signal.SIGTERM)
    assert worker.report["forwards"] == []


async def test_style_preserve_at_run_time_preserves(scene: Scene) -> None:
    """tgcf sends `NonehiNone` then."""
    config = scene.bot_config(admins=["alice"], plugins={"fmt": {"check": True, "style": "bold"}})
    async with scene.worker(config, "live", *scene.center) as worker:
        await worker.ready()
        await ask(scene, "/style preserve", "Success")
        await scene.telegram.post(scene.source, "hi")
        (copy,) = await scene.telegram.wait_messages(scene.target, 1)
        assert (copy.text, copy.entities) == ("hi", [])
        assert worker.report["style"] == "preserve"
        assert "forwards" not in worker.report


async def test_strangers_may_not_command(scene: Scene) -> None:
    eve = await scene.telegram.add_user("Eve", "eve")
    async with scene.worker(scene.bot_config(admins=["alice"]), "live", *scene.center) as worker:
        await worker.ready()
        await scene.telegram.private_message(eve, scene.bot, "/remove source: source")
        await scene.telegram.wait_messages(eve, said("You are not authorized"))
        await worker.status("Live: 1 connection")


async def test_a_bad_admin_is_left_out_and_the_worker_runs(scene: Scene) -> None:
    async with scene.worker(scene.bot_config(admins=["@nosuchname", "alice"]), "live", *scene.center) as worker:
        await worker.ready()
        await worker.log.wait("<4>In admins: @nosuchname is left out: nobody on Telegram has this name")
        await worker.log.wait("<6>Admins: alice")
        await ask(scene, "/style bold", "Success")


async def test_a_bot_without_connections_waits_for_a_command(scene: Scene) -> None:
    async with scene.worker(
        scene.bot_config(admins=["alice"], forwards=[]) | {"forwards": []}, "live", *scene.center
    ) as worker:
        await worker.ready()
        await ask(scene, "/forward source: source\ndest: [target]", "Success")
        await scene.telegram.post(scene.source, "hi")
        await scene.telegram.wait_messages(scene.target, 1)
