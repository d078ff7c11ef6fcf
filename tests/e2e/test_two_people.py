"""Two people on one host: neither sees anything of the other's."""

from __future__ import annotations

import json

from tests.e2e.people import forwarder
from tests.e2e.product import Product
from tests.telegram.remote import TelegramServer
from tgcfd.api.contract import operations

READS = ("/api/users/me", "/api/config", "/api/status")


async def test_two_people_do_not_see_each_other(product: Product, telegram: TelegramServer) -> None:
    people = {name: await forwarder(product, telegram, name) for name in ("alice", "robert")}
    for person in people.values():
        await person.store()
        await person.run()
    alice, bob = (person.person for person in people.values())

    # every way to read, with either one's token, shows that one's things alone
    for me, other in (("alice", "robert"), ("robert", "alice")):
        person = people[me].person
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
        ("PUT", "/api/users/me"): {"name": "Bob"},
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
