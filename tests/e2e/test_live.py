"""The main job in live mode: register, log in, configure, run, watch it forward, stop."""

from __future__ import annotations

import asyncio

from tests.e2e.people import forwarder
from tests.e2e.product import Product
from tests.processes import is_alive
from tests.telegram.remote import TelegramServer

ARRIVES_WITHIN = 2.0  # seconds from a message in the source to its copy in the destination


async def test_a_person_forwards_live(product: Product, telegram: TelegramServer) -> None:
    # given Alice, registered and logged in, with her configuration stored
    alice = await forwarder(product, telegram)
    await alice.store(live={"delete_sync": True})

    # when she presses run
    async with alice.person.logs() as logs:
        assert (await logs.next()) == {"type": "hello", "protocol": "tgcfd.v1"}
        pid = await alice.run()

        # then the log shows the connection
        await logs.until("Connected to Telegram as @alice")
        await logs.until("1 connection is live")

        # and a message arrives with its text and its formatting, in time
        bold = [{"type": "bold", "offset": 6, "length": 5}]
        posted = await telegram.post(alice.source, "Hello world", entities=bold)
        (copy,) = await telegram.wait_messages(alice.target, 1, timeout=ARRIVES_WITHIN)
        assert copy.text == "Hello world"
        assert copy.entities == bold
        await logs.until("Forwarded message")

        # and an edit follows
        await telegram.edit(alice.source, posted, "Hello again")
        await telegram.wait_messages(alice.target, lambda seen: [item.text for item in seen] == ["Hello again"])

        # and a deletion follows
        await telegram.delete(alice.source, [posted])
        await telegram.wait_messages(alice.target, lambda seen: seen == [])

    # when she stops it
    assert await alice.person.ok("POST", "/api/stop") == {"status": "TGCF process stopped"}

    # then nothing runs
    status = await alice.person.ok("GET", "/api/status")
    assert status["isRunning"] is False
    assert status["state"] == "stopped"
    assert not is_alive(pid)


async def test_a_second_run_answers_with_the_running_pid(product: Product, telegram: TelegramServer) -> None:
    alice = await forwarder(product, telegram)
    await alice.store()

    answers = await asyncio.gather(*(alice.person.ok("POST", "/api/run") for _ in range(5)))
    assert len({answer["pid"] for answer in answers}) == 1
    again = await alice.person.ok("POST", "/api/run")
    assert again == answers[0] | {"status": "TGCF process is running already"}

    status, refused = await alice.person.call("POST", "/api/run", {"mode": "past"})
    assert (status, refused["code"], refused["pid"]) == (409, "runs_already", answers[0]["pid"])


async def test_status_says_what_is_wrong_while_it_runs(product: Product, telegram: TelegramServer) -> None:
    # given a worker whose next message Telegram makes wait
    alice = await forwarder(product, telegram)
    await alice.store()
    await alice.run()
    await telegram.fail("messages.sendMessage", "FLOOD_WAIT_30", 420)

    # when a message comes
    await telegram.post(alice.source, "Not so fast")

    # then the status says so, and that it still runs
    status = await alice.person.status_until(lambda seen: seen["reason"] is not None)
    assert (status["isRunning"], status["reason"]["code"]) == (True, "flood_wait")
    assert "Telegram asked" in status["text"]
    await alice.person.ok("POST", "/api/stop")


async def test_status_says_which_configuration_runs(product: Product, telegram: TelegramServer) -> None:
    alice = await forwarder(product, telegram)
    await alice.store()
    await alice.run()
    before = await alice.person.status_until(lambda seen: "configTime" in seen)
    assert before["configTime"] <= before["startTime"]

    # when something is stored meanwhile
    await alice.person.ok("PATCH", "/api/config", {"past": {"delay": 3}})
    (newest, *_) = (await alice.person.ok("GET", "/api/config/versions"))["items"]

    # then it is seen to be newer than what runs, until a restart
    assert (await alice.person.ok("GET", "/api/status"))["configTime"] < newest["time"]
    restarted = await alice.person.ok("POST", "/api/restart")
    after = await alice.person.status_until(lambda seen: seen.get("pid") == restarted["pid"] and "configTime" in seen)
    assert after["configTime"] > newest["time"]
    await alice.person.ok("POST", "/api/stop")
    assert "configTime" not in await alice.person.ok("GET", "/api/status")


async def test_the_log_resumes_behind_a_cursor(product: Product, telegram: TelegramServer) -> None:
    # given a worker that has written some lines, of which a client has seen the first
    alice = await forwarder(product, telegram)
    await alice.store()
    await alice.run()
    await alice.person.ok("POST", "/api/stop")
    async with alice.person.logs("?tail=1000") as logs:
        await logs.next()
        await logs.until("Stopped")
        everything = [frame for frame in logs.seen if frame["type"] == "entry"]
    assert len(everything) > 1

    # when it comes back with that one's cursor
    async with alice.person.logs(f"?after={everything[0]['cursor']}") as logs:
        await logs.next()
        resumed = [await logs.next() for _ in everything[1:]]

    # then the rest comes, once
    assert resumed == everything[1:]
