"""The main job in live mode: register, log in, configure, run, watch it forward, stop."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.e2e.product import Person, Product, is_alive
from tests.telegram.remote import TelegramServer

ARRIVES_WITHIN = 2.0  # seconds from a message in the source to its copy in the destination


def login_of(telegram: TelegramServer, session: str) -> dict[str, Any]:
    return {"API_ID": telegram.api_id, "API_HASH": telegram.api_hash, "user_type": 1, "SESSION_STRING": session}


async def run_until_connected(person: Person) -> int:
    answer = await person.ok("POST", "/api/run")
    assert answer["status"] == "TGCF process started"
    await person.status_until(lambda status: status["state"] == "running")
    return int(answer["pid"])


async def test_a_person_forwards_live(product: Product, telegram: TelegramServer) -> None:
    # given Alice, who is a member of two chats, registered and logged in
    alice = await telegram.add_user("Alice", username="alice")
    source = await telegram.add_channel("Source", username="source_chat", members=[alice])
    target = await telegram.add_channel("Target", username="target_chat", members=[alice])
    person = await product.person("alice")

    # when she stores her configuration and presses run
    await person.ok(
        "POST",
        "/api/config",
        {
            "login": login_of(telegram, alice.session),
            "forwards": [{"con_name": "news", "source": "@source_chat", "dest": ["@target_chat"]}],
            "live": {"delete_sync": True},
        },
    )
    async with person.logs() as logs:
        assert (await logs.next()) == {"type": "hello", "protocol": "tgcfd.v1"}
        pid = await run_until_connected(person)

        # then the log shows the connection
        await logs.until("[Cc]onnected to Telegram")
        await logs.until("1 connection")

        # and a message arrives with its text and its formatting, in time
        bold = [{"type": "bold", "offset": 6, "length": 5}]
        posted = await telegram.post(source, "Hello world", entities=bold)
        (copy,) = await telegram.wait_messages(target, 1, timeout=ARRIVES_WITHIN)
        assert copy.text == "Hello world"
        assert copy.entities == bold
        await logs.until("[Ff]orwarded")

        # and an edit follows
        await telegram.edit(source, posted, "Hello again")
        await telegram.wait_messages(target, lambda seen: [item.text for item in seen] == ["Hello again"], timeout=5)

        # and a deletion follows
        await telegram.delete(source, [posted])
        await telegram.wait_messages(target, lambda seen: seen == [], timeout=5)

    # when she stops it
    assert await person.ok("POST", "/api/stop") == {"status": "TGCF process stopped"}

    # then nothing runs
    status = await person.ok("GET", "/api/status")
    assert status["isRunning"] is False
    assert status["state"] == "stopped"
    assert not is_alive(pid)
    # and Telegram saw no call that our server does not know
    assert await telegram.unknown_calls() == []


async def test_a_second_run_answers_with_the_running_pid(product: Product, telegram: TelegramServer) -> None:
    alice = await telegram.add_user("Alice", username="alice")
    await telegram.add_channel("Source", username="source_chat", members=[alice])
    await telegram.add_channel("Target", username="target_chat", members=[alice])
    person = await product.person("alice")
    forwards = [{"source": "@source_chat", "dest": ["@target_chat"]}]
    await person.ok("POST", "/api/config", {"login": login_of(telegram, alice.session), "forwards": forwards})

    answers = await asyncio.gather(*(person.ok("POST", "/api/run") for _ in range(5)))
    assert len({answer["pid"] for answer in answers}) == 1
    again = await person.ok("POST", "/api/run")
    assert again == answers[0] | {"status": "TGCF process is running already"}

    status, refused = await person.call("POST", "/api/run", {"mode": "past"})
    assert (status, refused["code"], refused["pid"]) == (409, "runs_already", answers[0]["pid"])


async def test_the_log_resumes_behind_a_cursor(product: Product, telegram: TelegramServer) -> None:
    # given a worker that has written some lines, of which a client has seen the first three
    alice = await telegram.add_user("Alice", username="alice")
    await telegram.add_channel("Source", username="source_chat", members=[alice])
    await telegram.add_channel("Target", username="target_chat", members=[alice])
    person = await product.person("alice")
    forwards = [{"source": "@source_chat", "dest": ["@target_chat"]}]
    await person.ok("POST", "/api/config", {"login": login_of(telegram, alice.session), "forwards": forwards})
    await run_until_connected(person)
    await person.ok("POST", "/api/stop")
    async with person.logs("?tail=1000") as logs:
        await logs.next()
        await logs.until("[Ss]topped")
        everything = [frame for frame in logs.seen if frame["type"] == "entry"]
    assert len(everything) > 3

    # when it comes back with the third's cursor
    async with person.logs(f"?after={everything[2]['cursor']}") as logs:
        await logs.next()
        resumed = [await logs.next() for _ in everything[3:]]

    # then the rest comes, once
    assert resumed == everything[3:]
