"""Two people on one host: neither sees anything of the other's."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.api.images import png
from tests.e2e.people import forwarder
from tests.e2e.product import Person, Product
from tests.telegram.remote import TelegramServer
from tgcfd.api.contract import operations

READS = ("/api/users/me", "/api/config", "/api/watermark/about", "/api/status")
PASSWORD = "robert has a long password"
CURRENT = {"current_password": PASSWORD}
BODIES: dict[tuple[str, str], Any] = {
    ("POST", "/api/auth/tokens"): CURRENT | {"name": "Bob's", "scopes": ["read"]},
    ("PUT", "/api/users/me"): {"name": "Bob"},
    ("POST", "/api/users/me/second-factor/begin"): CURRENT,
    ("POST", "/api/users/me/second-factor/confirm"): {"code": "123456"},
    ("POST", "/api/users/me/second-factor/recovery-codes"): CURRENT | {"code": "123456"},
    ("POST", "/api/users/me/second-factor/off"): CURRENT | {"code": "123456"},
    ("POST", "/api/config"): {},
    ("PATCH", "/api/config"): {"mode": 1},
    ("PUT", "/api/config/yaml"): ("text/yaml", b"mode: 1\n"),
    ("PUT", "/api/watermark"): ("image/png", png(5, 5)),
    ("POST", "/api/config/preview"): {"text": "x"},
    ("POST", "/api/config/import"): {
        "files": [{"name": "tgcf.config.json", "content": '{"mode": 1}'}],
        "confirm": True,
    },
    ("POST", "/api/config/export"): CURRENT | {"format": "json"},
    ("PATCH", "/api/admin/users/{slug}"): {"disabled": True},
    ("POST", "/api/admin/invites"): {},
}
NOTHING_TO_DO = {
    ("DELETE", "/api/auth/session"): 401,  # he has no cookie
    ("POST", "/api/run"): 409,  # what he has stored by then has no connection
    ("POST", "/api/restart"): 409,
    ("GET", "/api/watermark"): 404,  # his own; it is asked for before he has one
    ("POST", "/api/users/me/second-factor/confirm"): 422,  # not the code
    ("POST", "/api/users/me/second-factor/recovery-codes"): 409,
    ("POST", "/api/users/me/second-factor/off"): 409,
}
"""What is refused though it is his own, and why."""
LAST = ("POST", "/api/users/me/delete")


async def named(alice: Person) -> dict[str, str]:
    """What of Alice's can be named in a path, by the word before it."""
    token = {"name": "hers", "scopes": ["read"], "current_password": "alice has a long password"}
    sessions = (await alice.ok("GET", "/api/auth/sessions"))["items"]
    versions = (await alice.ok("GET", "/api/config/versions"))["items"]
    made = (await alice.call("POST", "/api/auth/tokens", token))[1]
    slug = (await alice.ok("GET", "/api/users/me"))["slug"]
    return {"sessions": sessions[0]["id"], "tokens": made["id"], "versions": versions[0]["id"], "users": slug,
            "invites": "1"}  # fmt: skip


async def tries(bob: Person, method: str, path: str, body: Any) -> tuple[int, str]:
    """Bob, logged in, asks; of an answer that goes on, what comes first."""
    if (await bob.call("GET", "/api/users/me"))[0] == 401:  # what he has tried before has ended his log-in
        form = {"username": bob.email, "password": PASSWORD}
        bob.token = (await bob.ok("POST", "/api/auth/login", form))["access_token"]
    is_file = isinstance(body, tuple)
    sent = {"data": body[1], "headers": {"Content-Type": body[0]}} if is_file else {"json": body}
    headers = bob.headers | sent.pop("headers", {})
    async with bob.product.http.request(method, f"{bob.product.url}{path}", headers=headers, **sent) as response:
        goes_on = response.content_type == "text/event-stream"
        return response.status, (await (response.content.readany() if goes_on else response.read())).decode()


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

    # whatever Bob does, at every path that takes a log-in, leaves Alice's things as they are
    assert (await tries(alice, "PUT", "/api/watermark", ("image/png", png())))[0] == 200
    before = [await alice.ok("GET", path) for path in READS]
    names = await named(alice)
    private = [key for key, operation in operations().items() if not operation.public and key != LAST]
    answers = {}
    for method, path in private:
        at = re.sub(r"(\w+)/\{\w+\}", lambda found: f"{found[1]}/{names[found[1]]}", path)
        status, said = await tries(bob, method, at, BODIES.get((method, path)))
        assert "alice" not in said.replace(at, ""), (method, path)
        answers[method, path] = status
    expected = {key: 403 if "/admin/" in key[1] else 404 for key in private if "/admin/" in key[1] or "{" in key[1]}
    assert {key: answers[key] for key in expected} == expected
    refused = {key for key, status in answers.items() if status >= 400} - set(expected)
    assert {key: answers[key] for key in refused} == NOTHING_TO_DO
    assert (await tries(bob, *LAST, CURRENT))[0] == 204
    after = [await alice.ok("GET", path) for path in READS]
    assert after[:3] == before[:3]
    assert after[3]["pid"] == before[3]["pid"]
