"""What can go wrong while a live worker runs, and what it does about it."""

from __future__ import annotations

import signal
from collections.abc import Callable

import pytest

from tests.runner.scene import Scene
from tests.runner.worker import Worker, worker

QUICK = ("--probe", "0.2")


async def test_a_session_revoked_at_run_time_ends_the_worker(scene: Scene) -> None:
    async with scene.worker(scene.config(), "live", *QUICK) as running:
        await running.ready()
        await scene.telegram.revoke(scene.alice)
        assert await running.ended() == 78
    assert running.report["reason"]["code"] == "session_revoked"
    assert running.log.lines[-1].startswith("<3>Telegram no longer accepts this account's session")
    assert running.log.lines[-2] == "<6>1 connection is live"  # nothing says the same in other words


async def test_a_session_revoked_at_run_time_is_noticed_by_a_send_as_well(scene: Scene) -> None:
    async with scene.worker(scene.config()) as running:  # the next probe is a minute away
        await running.ready()
        await scene.telegram.fail("messages.sendMessage", "SESSION_REVOKED")
        await scene.telegram.post(scene.source, "hello")
        assert await running.ended() == 78


@pytest.mark.parametrize("error", ["USER_DEACTIVATED", "USER_DEACTIVATED_BAN"])
async def test_an_account_deactivated_at_run_time_ends_the_worker(scene: Scene, error: str) -> None:
    async with scene.worker(scene.config(), "live", *QUICK) as running:
        await running.ready()
        await scene.telegram.revoke(scene.alice, error)
        assert await running.ended() == 78
    assert running.report["reason"]["code"] == "account_deactivated"


async def test_a_key_duplicated_at_run_time_ends_the_worker(scene: Scene) -> None:
    async with scene.worker(scene.config(), "live", *QUICK) as running:
        await running.ready()
        await scene.telegram.duplicate_key(scene.alice)
        assert await running.ended() == 78
    assert running.report["reason"]["code"] == "session_duplicated"


async def test_a_key_forgotten_at_run_time_ends_the_worker(scene: Scene) -> None:
    async with scene.worker(scene.config()) as running:
        await running.ready()
        await scene.telegram.forget_keys(scene.alice)
        await scene.telegram.drop_connections()
        assert await running.ended() == 78
    assert running.report["reason"]["code"] == "session_revoked"


@pytest.mark.parametrize("before", [["zero"], []])
async def test_a_dropped_connection_comes_back_and_nothing_is_lost(scene: Scene, before: list[str]) -> None:
    async with scene.worker(scene.config()) as running:
        await running.ready()
        await scene.telegram.post_many(scene.source, before)
        await scene.telegram.wait_messages(scene.target, len(before))
        # given messages that were posted while the connection was down
        await scene.telegram.refuse_connections()
        await scene.telegram.drop_connections()
        await running.status("Reconnecting to Telegram since ")
        assert running.report["state"] == "reconnecting"
        await scene.telegram.post_many(scene.source, ["one", "two"])
        # when it is back
        await scene.telegram.refuse_connections(False)
        await running.log.wait("<5>Connected to Telegram again after ")
        # then they arrive
        found = await scene.telegram.wait_messages(scene.target, len(before) + 2)
        assert {one.text for one in found} == {*before, "one", "two"}
        await running.status(f"Live: 1 connection, {len(before) + 2} forwarded")


async def test_a_connection_that_stays_away_ends_the_worker_for_a_restart(scene: Scene) -> None:
    async with scene.worker(scene.config(), "live", "--reconnect-timeout", "1") as running:
        await running.ready()
        await scene.telegram.refuse_connections()
        await scene.telegram.drop_connections()
        assert await running.ended() == 75
    assert running.report["reason"]["code"] == "connection_lost"
    assert "(the connection was refused)" in running.report["reason"]["message"]


async def test_a_connection_that_no_longer_answers_is_renewed(scene: Scene) -> None:
    options = (*QUICK, "--connect-timeout", "0.3", "--reconnect-timeout", "60")
    async with scene.worker(scene.config(), "live", *options) as running:
        await running.ready()
        await scene.telegram.black_hole()
        await running.status("Reconnecting to Telegram since ")
        await scene.telegram.black_hole(False)
        await scene.telegram.drop_connections()  # what was swallowed is gone for good
        await running.log.wait("<5>Connected to Telegram again after ")
        await scene.telegram.post(scene.source, "hello")
        await scene.telegram.wait_messages(scene.target, 1)


async def test_a_flood_wait_is_said_and_the_messages_go_out_in_order_afterwards(scene: Scene) -> None:
    async with scene.worker(scene.config(live={"sequential_updates": True})) as running:
        await running.ready()
        await scene.telegram.fail("messages.sendMessage", "FLOOD_WAIT_2")
        await scene.telegram.post_many(scene.source, ["one", "two", "three"])
        await running.status("Waiting 2 s as Telegram asked (until ")
        assert running.report["state"] == "flood_wait"
        assert running.report["reason"]["code"] == "flood_wait"
        found = await scene.telegram.wait_messages(scene.target, 3)
        assert [one.text for one in found] == ["one", "two", "three"]
        await running.status("Live: 1 connection, 3 forwarded")
        assert sum("Telegram asked to wait" in line for line in running.log.lines) == 1


async def test_messages_that_wait_side_by_side_keep_their_order(scene: Scene) -> None:
    async with scene.worker(scene.config()) as running:
        await running.ready()
        # given a first message that has to wait longer than those after it
        await scene.telegram.fail("messages.sendMessage", "FLOOD_WAIT_2")
        await scene.telegram.fail("messages.sendMessage", "FLOOD_WAIT_1", times=2)
        await scene.telegram.post_many(scene.source, ["one", "two", "three"])
        found = await scene.telegram.wait_messages(scene.target, 3)
        assert [one.text for one in found] == ["one", "two", "three"]


async def test_only_so_many_messages_wait_at_once(scene: Scene) -> None:
    async with scene.worker(scene.config()) as running:
        await running.ready()
        await scene.telegram.fail("messages.sendMessage", "FLOOD_WAIT_500", times=None)
        await scene.telegram.post_many(scene.source, [f"message {number}" for number in range(1010)])
        text = "Telegram asked to wait, and too many messages are waiting already"
        await running.log.wait(lambda _: sum(text in line for line in running.log.lines) == 10)
        code, seconds = await running.signalled(signal.SIGTERM)
    assert (code, seconds < 1.5) == (0, True)
    assert running.report["counters"]["failed"] == 10


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_stopping_during_a_flood_wait_takes_less_than_a_second(scene: Scene, number: signal.Signals) -> None:
    async with scene.worker(scene.config()) as running:
        await running.ready()
        await scene.telegram.fail("messages.sendMessage", "FLOOD_WAIT_500")
        await scene.telegram.post(scene.source, "one")
        await running.status("Waiting 500 s as Telegram asked (until ")
        code, seconds = await running.signalled(number)
    assert (code, seconds < 1) == (0, True)
    assert running.log.lines[-1] == "<5>Stopped in order."


async def test_stopping_while_telegram_does_not_answer_takes_less_than_a_second(scene: Scene) -> None:
    await scene.telegram.black_hole()
    async with scene.worker(scene.config()) as running:
        await running.status("Connecting to Telegram")
        code, seconds = await running.signalled(signal.SIGTERM)
    assert (code, seconds < 1) == (0, True)


async def test_one_bad_chat_is_reported_and_the_others_run(scene: Scene) -> None:
    forwards = [
        {"con_name": "gone", "source": "@nosuchname", "dest": ["target"]},
        {"con_name": "half", "source": "source", "dest": ["@alsonobody", "target"]},
    ]
    async with scene.worker(scene.config(forwards=forwards)) as running:
        await running.ready()
        text = "is left out: nobody on Telegram has this name; check the spelling"
        assert f"<4>In connection gone: @nosuchname {text}" in running.log.lines
        assert f"<4>In connection half: @alsonobody {text}" in running.log.lines
        await scene.telegram.post(scene.source, "hello")
        await scene.telegram.wait_messages(scene.target, 1)
        problems = [(one["connection"], one["chat"]) for one in running.report["problems"]]
    assert problems == [("gone", "@nosuchname"), ("half", "@alsonobody")]


async def test_a_flood_wait_while_a_name_is_resolved_is_waited_for(scene: Scene) -> None:
    await scene.telegram.fail("contacts.resolveUsername", "FLOOD_WAIT_1")
    async with scene.worker(scene.config()) as running:
        await running.status("Waiting 1 s as Telegram asked")
        await running.ready()
        await running.status("Live: 1 connection")


async def test_an_expired_invite_link_is_named(scene: Scene) -> None:
    await scene.telegram.fail("messages.checkChatInvite", "INVITE_HASH_EXPIRED", times=None)
    forwards = [*scene.config()["forwards"], {"source": "https://t.me/+AbCdEfGhIjKlMnOp", "dest": ["target"]}]
    async with scene.worker(scene.config() | {"forwards": forwards}) as running:
        await running.log.wait(
            "<4>In connection #2: https://t.me/+AbCdEfGhIjKlMnOp is left out: the invite link has expired"
        )
        await running.ready()


async def test_numeric_ids_work_with_a_fresh_session_string(scene: Scene) -> None:
    """tgcf never sends to an id that its empty cache does not know."""
    forwards = [{"source": scene.source.id, "dest": [scene.target.id]}]
    async with scene.worker(scene.config(forwards=forwards)) as running:
        await running.ready()
        await scene.telegram.post(scene.source, "hello")
        await scene.telegram.wait_messages(scene.target, 1)
        await running.signalled(signal.SIGTERM)
    assert (await scene.telegram.calls()).count("messages.getDialogs") >= 1
    # and the session remembers them
    before = len(await scene.telegram.calls())
    async with scene.worker(scene.config(forwards=forwards)) as running:
        await running.ready()
    assert "messages.getDialogs" not in (await scene.telegram.calls())[before:]


async def test_a_source_that_the_account_was_thrown_out_of_is_left_out(scene: Scene) -> None:
    forwards = [{"source": scene.source.id, "dest": ["target"]}, {"source": "target", "dest": ["source"]}]
    async with scene.worker(scene.config(forwards=forwards)) as running:
        await running.ready()
        await running.status("Live: 2 connections")
        await running.signalled(signal.SIGTERM)
    await scene.telegram.fail("channels.getMessages", "CHANNEL_PRIVATE")
    async with scene.worker(scene.config(forwards=forwards)) as running:
        await running.log.wait("is left out: this account is not a member of it")
        await running.status("Live: 1 connection")


async def test_a_numeric_id_that_does_not_exist_is_left_out(scene: Scene) -> None:
    forwards = [*scene.config()["forwards"], {"source": -1009999999999, "dest": ["target"]}]
    async with scene.worker(scene.config() | {"forwards": forwards}) as running:
        await running.ready()
        line = await running.log.wait("In connection #2: -1009999999999 is left out")
    assert "check" in line


async def test_a_destination_that_fails_does_not_stop_the_later_ones(scene: Scene) -> None:
    await scene.telegram.add_channel("Closed", "closed", readers=[scene.alice])
    forwards = [{"source": "source", "dest": ["closed", "target"]}]
    async with scene.worker(scene.config(forwards=forwards)) as running:
        await running.ready()
        await scene.telegram.post(scene.source, "hello")
        await scene.telegram.wait_messages(scene.target, 1)
        line = await running.log.wait("<4>Message 1000 of source was not sent to closed: ")
        assert "give it the right to post" in line
        await running.log.wait("Forwarded message 1000 of source to 1 chat")
        await running.signalled(signal.SIGTERM)
    counters = running.report["counters"]
    assert (counters["forwarded"], counters["failed"]) == (1, 1)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("CHAT_WRITE_FORBIDDEN", "this account may not write there; give it the right to post"),
        ("CHAT_ADMIN_REQUIRED", "this account may not write there; give it the right to post"),
        ("CHAT_SEND_PLAIN_FORBIDDEN", "this account may not write there; give it the right to post"),
        ("USER_BANNED_IN_CHANNEL", "this account is banned there"),
        ("CHANNEL_PRIVATE", "this account is not a member of it; join it first"),
        ("USER_IS_BLOCKED", "this person has blocked the account"),
        ("PEER_ID_INVALID", "this account cannot see this chat; check the id, and that the account is in the chat"),
    ],
)
async def test_a_destination_that_refuses_is_a_problem_until_it_takes_a_message(
    scene: Scene, error: str, words: str
) -> None:
    forwards = [{"con_name": "news", "source": scene.source.id, "dest": ["@target"]}]
    async with scene.worker(scene.config(forwards=forwards)) as running:
        await running.ready()
        # given two messages that were refused
        code = 403 if "FORBIDDEN" in error else 400
        await scene.telegram.fail("messages.sendMessage", error, code=code, times=2)
        await scene.telegram.post_many(scene.source, ["one", "two"])
        await running.log.wait(f"<4>Message 1001 of {scene.source.id} was not sent to @target: {words}")
        # then the problem is told once
        await running.status("2 failed")
        assert running.report["problems"] == [{"connection": "news", "chat": "@target", "message": words}]
        # until one is taken
        await scene.telegram.post(scene.source, "three")
        await running.status("1 forwarded")
        assert running.report["problems"] == []


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("CHAT_SEND_MEDIA_FORBIDDEN", "this account may not send this kind of message there"),
        ("MEDIA_INVALID", "Telegram says: Media invalid"),
        ("SOMETHING_NEW", "Telegram says: SOMETHING_NEW"),
    ],
)
async def test_a_message_that_is_refused_for_itself_is_no_problem_of_the_chat(
    scene: Scene, error: str, words: str
) -> None:
    async with scene.worker(scene.config()) as running:
        await running.ready()
        await scene.telegram.fail("messages.sendMessage", error, code=400)
        await scene.telegram.post(scene.source, "one")
        line = await running.log.wait("<4>Message 1000 of source was not sent to target: ")
        assert line.endswith(words)
        await running.status("1 failed")
        assert running.report["problems"] == []


async def test_a_changed_session_string_begins_a_new_session(scene: Scene) -> None:
    async with scene.worker(scene.config()) as running:
        await running.ready()
    await scene.telegram.revoke(scene.alice)
    session = await scene.telegram.new_session(scene.alice)
    login = {**scene.config()["login"], "SESSION_STRING": session}
    async with scene.worker(scene.config(login=login) | {"login": login}) as running:
        await running.ready()


async def test_a_damaged_session_file_is_made_anew(scene: Scene) -> None:
    async with scene.worker(scene.config()) as running:
        await running.ready()
    (running.folder / "user.session").write_bytes(b"SQLite format 3\0" + b"damage" * 1000)
    async with scene.worker(scene.config()) as running:
        await running.ready()


async def test_sighup_reads_the_configuration_without_signing_in_anew(scene: Scene) -> None:
    other = await scene.telegram.add_channel("Other", "other", members=[scene.alice])
    async with scene.worker(scene.config()) as running:
        await running.ready()
        logins = (await scene.telegram.calls()).count("help.getConfig")
        # when a connection, a caption and delete_sync are added
        forwards = [*scene.config()["forwards"], {"source": "other", "dest": ["target"]}]
        plugins = {"caption": {"check": True, "header": "new: "}}
        scene.write(scene.config(plugins=plugins, live={"delete_sync": True}) | {"forwards": forwards})
        running.process.send_signal(signal.SIGHUP)
        await running.notifications.wait("RELOADING=1")
        await running.status("Live: 2 connections")
        # then they are in force
        posted = await scene.telegram.post(other, "hello")
        (copy,) = await scene.telegram.wait_messages(scene.target, 1)
        assert copy.text == "new: hello"
        await scene.telegram.delete(other, [posted])
        await scene.telegram.wait_messages(scene.target, lambda found: not found)
        assert (await scene.telegram.calls()).count("help.getConfig") == logins


async def test_sighup_with_a_broken_configuration_changes_nothing(scene: Scene) -> None:
    async with scene.worker(scene.config()) as running:
        await running.ready()
        scene.write({"login": {"API_ID": "x"}})
        running.process.send_signal(signal.SIGHUP)
        await running.log.wait("<3>The configuration stays as it was: The configuration is not right at login.API_ID")
        await scene.telegram.post(scene.source, "hello")
        await scene.telegram.wait_messages(scene.target, 1)


async def test_sighup_with_another_account_ends_the_worker_for_a_restart(scene: Scene) -> None:
    async with scene.worker(scene.config()) as running:
        await running.ready()
        login = {**scene.config()["login"], "SESSION_STRING": await scene.telegram.new_session(scene.alice)}
        scene.write(scene.config(login=login) | {"login": login})
        running.process.send_signal(signal.SIGHUP)
        assert await running.ended() == 75
    assert running.report["reason"]["code"] == "config_changed"


async def test_the_watchdog_is_fed(scene: Scene) -> None:
    async with scene.worker(scene.config(), environment=[("WATCHDOG_USEC", "400000")]) as running:
        await running.ready()
        await running.notifications.wait(lambda line: line == "WATCHDOG=1")


async def test_a_blocked_event_loop_does_not_feed_the_watchdog(scene: Scene) -> None:
    # given a filter that takes for ever over one message
    text = {"check": True, "text": {"regex": True, "blacklist": ["(a+)+$"]}}
    config = scene.config(plugins={"filter": text})
    async with scene.worker(config, environment=[("WATCHDOG_USEC", "200000")]) as running:
        await running.ready()
        await scene.telegram.post(scene.source, "a" * 60 + "!")
        await running.log.wait("Message passed files filter")
        pings = running.notifications.lines.count("WATCHDOG=1")
        # one may have been under way
        with pytest.raises(TimeoutError):
            await running.notifications.wait(
                lambda _: running.notifications.lines.count("WATCHDOG=1") > pings + 1, timeout=1
            )


async def test_a_flood_wait_and_a_lost_connection_feed_the_watchdog(scene: Scene) -> None:
    def more(running: Worker) -> Callable[[str], bool]:
        wanted = running.notifications.lines.count("WATCHDOG=1") + 20  # two seconds
        return lambda _: running.notifications.lines.count("WATCHDOG=1") >= wanted

    # a worker that is connected, and gets no answer for 1.2 s, would not feed it any more
    options = ("--probe", "0.1", "--connect-timeout", "1")
    async with scene.worker(scene.config(), "live", *options, environment=[("WATCHDOG_USEC", "200000")]) as running:
        await running.ready()
        await scene.telegram.fail("messages.sendMessage", "FLOOD_WAIT_60")
        await scene.telegram.post(scene.source, "hello")
        await running.status("Waiting 60 s as Telegram asked")
        await running.notifications.wait(more(running))
        await scene.telegram.refuse_connections()
        await scene.telegram.drop_connections(scene.alice)
        await running.status("Reconnecting to Telegram since")
        await running.notifications.wait(more(running))


async def test_a_worker_needs_no_parent(scene: Scene) -> None:
    async with scene.worker(scene.config(), parent=None) as running:
        await running.ready()
        code, _ = await running.signalled(signal.SIGTERM)
    assert code == 0


async def test_secrets_never_reach_the_log(scene: Scene) -> None:
    hidden = scene.config()["login"]["SESSION_STRING"]
    caption = {"caption": {"check": True, "header": f"{hidden} {scene.telegram.api_hash}"}}  # tgcf logs captions
    async with worker(scene.runtime, scene.write(scene.config(plugins=caption)), "live") as running:
        await running.ready()
        await running.log.wait("[secret] [secret]")
    assert hidden not in running.text
    assert scene.telegram.api_hash not in running.text


async def test_files_are_for_the_group_but_not_for_others(scene: Scene) -> None:
    async with scene.worker(scene.config()) as running:
        await running.ready()
        await running.signalled(signal.SIGTERM)
    made = {path.name: path.stat().st_mode & 0o777 for path in running.folder.iterdir() if path.name != "notify"}
    assert made["worker.json"] == 0o660
    assert all(mode & 0o007 == 0 for name, mode in made.items() if name != "tgcf.config.json")


async def test_stopping_while_the_event_loop_is_blocked_takes_about_a_second(scene: Scene) -> None:
    # given a filter that takes for ever over one message
    text = {"check": True, "text": {"regex": True, "blacklist": ["(a+)+$"]}}
    async with scene.worker(scene.config(plugins={"filter": text})) as running:
        await running.ready()
        await scene.telegram.post(scene.source, "a" * 60 + "!")
        await running.log.wait("Message passed files filter")
        code, seconds = await running.signalled(signal.SIGTERM)
    assert (code, seconds < 2) == (0, True)
    assert running.log.lines[-1] == "<5>Stopped in order."
