"""What has to be so in a host's data at any moment, looked at while no daemon runs."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from tgcfd.config.document import Document
from tgcfd.config.schema import violations
from tgcfd.places import DATABASE, USERS

_ANY = {
    "an account whose slug may be given out again": "select slug from account where slug not in used_slug",
    "a slug that is used by nobody who ever registered": (
        "select slug from used_slug where slug not in (select about from audit where event = 'registered')"
    ),
    "somebody who registered and whose slug may be given out again": (
        "select about from audit where event = 'registered' and about not in used_slug"
    ),
    "an account that was registered twice, or never": (
        "select slug from account where 1 <> (select count(*) from audit where event = 'registered' and about = slug)"
    ),
    "an account that is gone without being deleted": (
        "select about from audit where event = 'registered' and about not in (select slug from account)"
        " and about not in (select about from audit where event = 'account_deleted')"
    ),
    "an account that was deleted": (
        "select slug from account where slug in (select about from audit where event = 'account_deleted')"
    ),
    "an account without a whole password hash": (
        "select slug from account where password_hash not like '$argon2id$v=%$%$%'"
    ),
    "something that outlived its account": (
        "select account_id from session union select account_id from api_token union select account_id from worker"
        " union select account_id from second_factor union select account_id from recovery_code"
        " except select id from account"
    ),
    "more sessions than log-ins": (
        "select slug from account where (select count(*) from session where account_id = account.id)"
        " > (select count(*) from audit where event = 'logged_in' and about = slug)"
    ),
    "a log-in from before all were ended": (
        "select slug from account join (select account_id, created from session union all"
        " select account_id, created from api_token) as log_in on log_in.account_id = account.id"
        " join audit on about = slug where event in ('logged_out_everywhere', 'password_changed')"
        " and log_in.created < audit.time"
    ),
    "an API token that nobody is known to have made": (
        "select api_token.name from api_token join account on account.id = account_id"
        " where not exists (select 1 from audit where event = 'api_token_made' and about = slug"
        " and json_extract(detail, '$.name') = api_token.name)"
    ),
    "a second factor that is on or off, and the audit log says the other": (
        "select slug from account where exists (select 1 from second_factor where account_id = account.id and since)"
        " <> exists (select 1 from audit where event = 'second_factor_on' and about = slug)"
    ),
    "recovery codes that are not ten, or of a second factor that is not on": (
        "select account_id from second_factor where (since is not null) * 10"
        " <> (select count(*) from recovery_code where recovery_code.account_id = second_factor.account_id)"
    ),
    "an invite that was used by nobody": (
        "select id from invite where used_by is not null and not exists (select 1 from audit"
        " where event = 'registered' and about = used_by and json_extract(detail, '$.invite') = invite.id)"
    ),
    "an account by an invite that is still good": (
        "select about from audit join invite on invite.id = json_extract(detail, '$.invite')"
        " where event = 'registered' and used_by is not about"
    ),
    "an invite that the audit log lacks": (
        "select id from invite where not exists (select 1 from audit where event = 'invite_made'"
        " and json_extract(detail, '$.invite') = invite.id)"
    ),
}


def wrong(state: Path) -> list[str]:
    """What is not as it has to be; empty if all is."""
    if not (state / DATABASE).exists():  # killed before it made one
        return []
    with closing(sqlite3.connect(state / DATABASE)) as database:
        [*damage] = (row[0] for row in database.execute("pragma integrity_check") if row[0] != "ok")
        damage += [f"a row that refers to nothing: {row}" for row in database.execute("pragma foreign_key_check")]
        if database.execute("pragma user_version").fetchone()[0] < len(_migrations()):
            return damage  # killed before it was whole: there are no accounts yet
        damage += [
            f"{what}: {[row[0] for row in found]}"
            for what, sql in _ANY.items()
            if (found := database.execute(sql).fetchall())
        ]
        slugs = {row[0] for row in database.execute("select slug from used_slug")}
    return damage + list(_wrong_folders(state / USERS, slugs))


def accounts(state: Path) -> set[str]:
    """The addresses of all accounts."""
    with closing(sqlite3.connect(state / DATABASE)) as database:
        return {row[0] for row in database.execute("select email from account")}


def left_to_do(state: Path) -> list[str]:
    """Slugs of changed accounts that the daemon has still to see to, and folders that deleted ones have left."""
    with closing(sqlite3.connect(state / DATABASE)) as database:
        slugs = {row[0] for row in database.execute("select slug from account")}
        left = [row[0] for row in database.execute("select slug from follow_up")]
    return left + [folder.name for folder in (state / USERS).iterdir() if folder.name not in slugs]


def _migrations() -> list[Path]:
    import tgcfd.storage  # noqa: PLC0415

    return list(Path(tgcfd.storage.__file__).parent.glob("migrations/*.sql"))


def _wrong_folders(users: Path, slugs: set[str]) -> Iterator[str]:
    for folder in users.iterdir() if users.exists() else ():
        if folder.name not in slugs:
            yield f"a folder of nobody: {folder.name}"
        for file in [*folder.glob("*.yml"), *folder.glob("history/*.yml")]:
            if found := violations(Document.load(file.read_bytes()).plain()):
                yield f"{file} is not right: {found}"
        for file in folder.glob("history/*.json"):
            ids = Counter(item["id"] for item in json.loads(file.read_bytes())["versions"])
            if max(ids.values(), default=0) > 1:
                yield f"{file} has a version twice: {ids}"
