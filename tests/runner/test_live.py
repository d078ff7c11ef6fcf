"""Live mode: the worker forwards, follows edits and deletions, and tells what it does."""

from __future__ import annotations

import signal

from tests.runner.scene import Scene

BOLD = [{"type": "bold", "offset": 0, "length": 4}]


async def test_a_posted_message_arrives_with_its_formatting(scene: Scene) -> None:
    async with scene.worker(scene.config()) as worker:
        await worker.ready()
        await scene.telegram.post(scene.source, "good morning", entities=BOLD)
        (copy,) = await scene.telegram.wait_messages(scene.target, 1)
        assert (copy.text, copy.entities) == ("good morning", BOLD)
        await worker.log.wait("<6>Forwarded message 1000 of source to 1 chat")
        await worker.status("Live: 1 connection, 1 forwarded, last ")


async def test_an_edit_and_a_deletion_follow(scene: Scene) -> None:
    async with scene.worker(scene.config(live={"delete_sync": True})) as worker:
        await worker.ready()
        posted = await scene.telegram.post(scene.source, "teh news")
        await scene.telegram.wait_messages(scene.target, 1)
        await scene.telegram.edit(scene.source, posted, "the news")
        (copy,) = await scene.telegram.wait_messages(scene.target, lambda found: found[0].edited)
        assert copy.text == "the news"
        await scene.telegram.delete(scene.source, [posted])
        await scene.telegram.wait_messages(scene.target, lambda found: not found)
        code, _ = await worker.signalled(signal.SIGTERM)
    assert code == 0
    assert worker.report["counters"] == {
        "seen": 1, "forwarded": 1, "edited": 1, "deleted": 1, "failed": 0, "filtered": 0,
    }  # fmt: skip


async def test_a_reply_answers_the_copy(scene: Scene) -> None:
    async with scene.worker(scene.config()) as worker:
        await worker.ready()
        posted = await scene.telegram.post(scene.source, "question")
        await scene.telegram.wait_messages(scene.target, 1)
        await scene.telegram.post(scene.source, "answer", reply_to=posted)
        question, answer = await scene.telegram.wait_messages(scene.target, 2)
    assert answer.reply_to == question.id


async def test_the_log_tells_the_main_events_in_plain_words_one_line_each(scene: Scene) -> None:
    async with scene.worker(scene.config()) as worker:
        await worker.ready()
        code, seconds = await worker.signalled(signal.SIGTERM)
    assert (code, seconds < 1) == (0, True)
    assert worker.log.lines == [
        "<6>Connected to Telegram as @alice (user)",
        "<6>1 connection is live",
        "<5>Stopped in order.",
    ]
    assert worker.report["state"] == "ended"
    assert worker.report["reason"] is None


async def test_what_a_filter_drops_is_counted(scene: Scene) -> None:
    block = {"filter": {"check": True, "text": {"blacklist": ["secret"]}}}
    async with scene.worker(scene.config(plugins=block)) as worker:
        await worker.ready()
        await scene.telegram.post(scene.source, "a secret thing")
        await worker.log.wait("Message 1000 of source was filtered out")
        await scene.telegram.post(scene.source, "an open thing")
        await scene.telegram.wait_messages(scene.target, 1)
        await worker.signalled(signal.SIGTERM)
    assert worker.report["counters"]["filtered"] == 1
