"""Two people on one host: neither sees anything of the other's."""

from __future__ import annotations

import json

from tests.e2e.product import Person, Product
from tests.e2e.test_live import login_of, run_until_connected
from tests.telegram.remote import TelegramServer
from tgcfd.api.contract import operations

READS = ("/api/users/me", "/api/config", "/api/status")


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
        seen += json.dumps([await person.ok("GET", path) for path in READS])
        assert me in seen
        assert other not in seen

    # a cursor of Alice's log opens nothing of hers to Bob
    async with alice.logs() as logs:
        await logs.next()
        cursor = (await logs.next())["cursor"]
    async with bob.logs(f"?after={cursor}") as logs:
        await logs.next()
        frames = [await logs.next()]
        assert "alice" not in json.dumps(frames)

    # whatever Bob does with his token, at every path that takes one, leaves Alice's things as they are
    before = [await alice.ok("GET", path) for path in READS]
    done = set()
    for (method, path), body in {
        ("GET", "/api/users/me"): None,
        ("GET", "/api/config"): None,
        ("GET", "/api/status"): None,
        ("POST", "/api/stop"): None,
        ("POST", "/api/config"): {},
        ("PUT", "/api/users/me"): {"name": "Robert"},
        ("POST", "/api/run"): None,
        ("DELETE", "/api/auth/session"): None,
    }.items():
        status, answer = await bob.call(method, path, body)
        assert status < 500
        assert "alice" not in json.dumps(answer)
        done.add((method, path))
    assert done == {key for key, operation in operations().items() if not operation.public}
    after = [await alice.ok("GET", path) for path in READS]
    assert after[0] == before[0]
    assert after[1] == before[1]
    assert after[2]["pid"] == before[2]["pid"]
    assert (await bob.ok("GET", "/api/status"))["isRunning"] is False
