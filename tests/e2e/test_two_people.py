"""Two people on one host: neither sees anything of the other's."""

from __future__ import annotations

import json
from pathlib import Path

from tests.e2e.product import Person, Product
from tests.e2e.test_live import login_of, run_until_connected
from tests.telegram.remote import TelegramServer


async def _person(product: Product, telegram: TelegramServer, name: str) -> Person:
    user = await telegram.add_user(name.title(), username=name)
    await telegram.add_channel(f"{name} in", username=f"{name}_in", members=[user])
    await telegram.add_channel(f"{name} out", username=f"{name}_out", members=[user])
    person = await product.person(name)
    config = {
        "login": login_of(telegram, user.session),
        "forwards": [{"con_name": f"{name}-only", "source": f"@{name}_in", "dest": [f"@{name}_out"]}],
    }
    await person.ok("POST", "/api/config", config)
    await run_until_connected(person)
    return person


async def test_two_people_do_not_see_each_other(product: Product, telegram: TelegramServer) -> None:
    alice = await _person(product, telegram, "alice")
    bob = await _person(product, telegram, "bob")

    # every way to read, with either one's token, shows that one's things alone
    for me, other in (("alice", "bob"), ("bob", "alice")):
        person = {"alice": alice, "bob": bob}[me]
        async with person.logs("?tail=1000") as logs:
            await logs.next()
            await logs.until("1 connection")
            seen = "\n".join(logs.lines())
        seen += json.dumps([await person.ok("GET", path) for path in ("/api/users/me", "/api/config", "/api/status")])
        assert me in seen
        assert other not in seen

    # whatever Bob does with his token leaves Alice's things as they are
    before = await alice.ok("GET", "/api/config"), await alice.ok("GET", "/api/status")
    await bob.ok("POST", "/api/stop")
    await bob.ok("POST", "/api/config", {})
    await bob.ok("PUT", "/api/users/me", {"name": "Robert"})
    status, refused = await bob.call("POST", "/api/run")
    assert (status, refused["code"]) == (409, "not_ready_to_run")
    after = await alice.ok("GET", "/api/config"), await alice.ok("GET", "/api/status")
    assert (after[0], after[1]["pid"]) == (before[0], before[1]["pid"])
    assert (await alice.ok("GET", "/api/users/me"))["name"] == "Alice"

    # a cursor of Alice's log is none of Bob's
    async with alice.logs() as logs:
        await logs.next()
        cursor = (await logs.next())["cursor"]
    lines = _log_lines(product.state / "logs" / "alice")
    async with bob.logs(f"?after={cursor}") as logs:
        frames = [await logs.next(), await logs.next()]
    assert not any(frame.get("message") in lines for frame in frames if frame.get("message", "").count("alice"))


def _log_lines(folder: Path) -> set[str]:
    return {line.split(" ", 2)[2] for file in folder.iterdir() for line in file.read_text().splitlines()}
