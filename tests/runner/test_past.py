"""Past mode: everything once, in order, and it is known afterwards where it stopped."""

from __future__ import annotations

import signal

import pytest

from tests.runner.scene import Scene

TEXTS = [f"message {number}" for number in range(250)]


async def test_250_messages_arrive_in_order_and_the_run_is_finished(scene: Scene) -> None:
    await scene.telegram.post_many(scene.source, TEXTS)
    async with scene.worker(scene.config(), "past") as worker:
        await worker.status("Past: ")
        assert await worker.ended(30) == 0
    assert [one.text for one in await scene.telegram.messages(scene.target)] == TEXTS
    report = worker.report
    assert (report["state"], report["finished"], report["reason"]) == ("ended", True, None)
    assert report["counters"]["forwarded"] == 250
    assert report["forwards"][0]["offset"] == 1249
    assert worker.log.lines[-1] == "<5>Finished: 250 messages forwarded."
    await worker.status("Finished: 250 messages forwarded.")
    await worker.status("of about 250 forwarded")


@pytest.mark.parametrize("first", [1, 50])
async def test_a_channel_that_is_numbered_from_one_is_not_cut_after_a_page(scene: Scene, first: int) -> None:
    source = await scene.telegram.add_channel("Old", "oldnews", members=[scene.alice], first_message_id=first)
    await scene.telegram.post_many(source, TEXTS)
    forwards = [{"source": "oldnews", "dest": ["target"]}]
    async with scene.worker(scene.config(forwards=forwards), "past") as worker:
        assert await worker.ended(30) == 0
    assert [one.text for one in await scene.telegram.messages(scene.target)] == TEXTS


async def test_a_second_run_sends_only_what_is_new(scene: Scene) -> None:
    await scene.telegram.post_many(scene.source, ["one", "two"])
    async with scene.worker(scene.config(), "past") as worker:
        await worker.ended()
    await scene.telegram.post(scene.source, "three")
    # when the supervisor starts it again without a new rendering
    async with scene.worker(None, "past") as worker:
        assert await worker.ended() == 0
    assert [one.text for one in await scene.telegram.messages(scene.target)] == ["one", "two", "three"]


async def test_it_stops_at_the_end_without_reading_the_rest(scene: Scene) -> None:
    await scene.telegram.post_many(scene.source, TEXTS)
    forwards = [{"source": "source", "dest": ["target"], "offset": 1000, "end": 1003}]
    async with scene.worker(scene.config(forwards=forwards), "past") as worker:
        assert await worker.ended() == 0
    assert [one.text for one in await scene.telegram.messages(scene.target)] == TEXTS[1:4]
    assert (await scene.telegram.calls(scene.alice)).count("messages.getHistory") == 1


async def test_connections_that_cannot_run_do_not_disturb_the_others(scene: Scene) -> None:
    """tgcf pairs chats with the wrong connection then, and sends from a wrong offset."""
    other = await scene.telegram.add_channel("Other", "other", members=[scene.alice])
    await scene.telegram.post_many(scene.source, ["a", "b", "c"])
    await scene.telegram.post_many(other, ["x", "y", "z"])
    forwards = [
        {"con_name": "off", "source": "source", "dest": ["target"], "use_this": False, "offset": 7},
        {"con_name": "empty", "source": "", "dest": ["target"]},
        {"con_name": "bad", "source": "@nobodyhere", "dest": ["target"], "offset": 9},
        {"con_name": "first", "source": "source", "dest": ["target"], "offset": 1001},
        {"con_name": "second", "source": "other", "dest": ["@alsonobody", "target"], "offset": 1000},
    ]
    async with scene.worker(scene.config(forwards=forwards), "past") as worker:
        assert await worker.ended() == 0
    assert [one.text for one in await scene.telegram.messages(scene.target)] == ["c", "y", "z"]
    saved = {one["con_name"]: one["offset"] for one in worker.report["forwards"]}
    assert saved == {"off": 7, "empty": 0, "bad": 9, "first": 1002, "second": 1002}
    assert worker.config["forwards"] == worker.report["forwards"]
    assert [(one["connection"], one["chat"]) for one in worker.report["problems"]] == [
        ("bad", "@nobodyhere"), ("second", "@alsonobody"),
    ]  # fmt: skip


async def test_a_message_that_telegram_made_wait_is_sent_again(scene: Scene) -> None:
    await scene.telegram.post_many(scene.source, ["one", "two", "three"])
    await scene.telegram.fail("messages.sendMessage", "FLOOD_WAIT_1")
    async with scene.worker(scene.config(), "past") as worker:
        await worker.log.wait("<5>Telegram asked to wait 1 s; going on at ")
        assert await worker.ended() == 0
    assert [one.text for one in await scene.telegram.messages(scene.target)] == ["one", "two", "three"]


async def test_stopping_during_a_flood_wait_takes_less_than_a_second_and_keeps_the_offset(scene: Scene) -> None:
    await scene.telegram.post_many(scene.source, ["one", "two"])
    async with scene.worker(scene.config(past={"delay": 0}), "past") as worker:
        await scene.telegram.wait_messages(scene.target, 1)
        await worker.ended()
    await scene.telegram.post_many(scene.source, ["three", "four"])
    await scene.telegram.fail("messages.sendMessage", "FLOOD_WAIT_500", times=None)
    async with scene.worker(None, "past") as worker:
        await worker.status("Waiting 500 s as Telegram asked (until ")
        code, seconds = await worker.signalled(signal.SIGTERM)
    assert (code, seconds < 1) == (0, True)
    await scene.telegram.stop_failing()
    async with scene.worker(None, "past") as worker:
        assert await worker.ended() == 0
    texts = [one.text for one in await scene.telegram.messages(scene.target)]
    assert texts == ["one", "two", "three", "four"]


async def test_stopping_during_the_delay_takes_less_than_a_second(scene: Scene) -> None:
    await scene.telegram.post_many(scene.source, ["one", "two"])
    async with scene.worker(scene.config(past={"delay": 100}), "past") as worker:
        await scene.telegram.wait_messages(scene.target, 1)
        await worker.log.wait("forwarding message with id = 1000")
        code, seconds = await worker.signalled(signal.SIGTERM)
    assert (code, seconds < 1) == (0, True)
    assert len(await scene.telegram.messages(scene.target)) == 1
    assert worker.report["forwards"][0]["offset"] == 1000


async def test_what_failed_everywhere_at_the_end_is_tried_again_by_the_next_run(scene: Scene) -> None:
    await scene.telegram.post_many(scene.source, ["one"])
    async with scene.worker(scene.config(), "past") as worker:
        await worker.ended()
    await scene.telegram.post_many(scene.source, ["two"])
    await scene.telegram.fail("messages.sendMessage", "CHAT_WRITE_FORBIDDEN", times=None)
    async with scene.worker(None, "past") as worker:
        assert await worker.ended() == 0
        line = await worker.log.wait("<4>Message 1001 of source was not sent to target: ")
        assert "give it the right to post" in line
    assert worker.log.lines[-1] == "<5>Finished: 0 messages forwarded, 1 failed."
    assert worker.report["counters"]["failed"] == 1
    await scene.telegram.stop_failing()
    async with scene.worker(None, "past") as worker:
        await worker.ended()
    assert [one.text for one in await scene.telegram.messages(scene.target)] == ["one", "two"]


async def test_a_connection_that_breaks_in_the_middle_comes_back(scene: Scene) -> None:
    await scene.telegram.post_many(scene.source, TEXTS[:120])
    async with scene.worker(scene.config(), "past") as worker:
        await scene.telegram.wait_messages(scene.target, 10)
        await scene.telegram.drop_connections()
        assert await worker.ended(30) == 0
    assert [one.text for one in await scene.telegram.messages(scene.target)] == TEXTS[:120]


async def test_a_session_that_is_revoked_in_the_middle_ends_it(scene: Scene) -> None:
    await scene.telegram.post_many(scene.source, TEXTS)
    async with scene.worker(scene.config(past={"delay": 1}), "past") as worker:
        await scene.telegram.wait_messages(scene.target, 1)
        await scene.telegram.revoke(scene.alice)
        assert await worker.ended() == 78
    assert worker.report["reason"]["code"] == "session_revoked"


async def test_replies_are_linked(scene: Scene) -> None:
    posted = await scene.telegram.post(scene.source, "question")
    await scene.telegram.post(scene.source, "answer", reply_to=posted)
    async with scene.worker(scene.config(), "past") as worker:
        await worker.ended()
    question, answer = await scene.telegram.messages(scene.target)
    assert answer.reply_to == question.id
