-- Times are microseconds since the Unix epoch, UTC.

-- Every slug ever given out. Rows are never deleted: old log lines of a slug must not show to a new owner.
create table used_slug (
    slug text primary key
) strict, without rowid;

create table account (
    id text primary key,
    email text not null,
    -- the address as it is compared: Unicode NFKC, case folded
    email_key text not null unique,
    name text not null,
    slug text not null unique references used_slug (slug),
    password_hash text not null,
    -- counted up to end all log-ins: a token carries the number that it was made under
    generation integer not null default 0,
    role text not null default 'person' check (role in ('person', 'admin')),
    disabled integer not null default 0 check (disabled in (0, 1)),
    created integer not null
) strict, without rowid;

-- Log-ins of the web page. The cookie's value itself is not kept, only its SHA-256.
create table session (
    id_hash blob primary key,
    account_id text not null references account (id) on delete cascade,
    created integer not null,
    last_seen integer not null,
    expires integer not null
) strict, without rowid;

create index session_account on session (account_id, created);
create index session_expires on session (expires);
create index session_last_seen on session (last_seen);

-- What each person wants of their worker, and the configuration last agreed on with it (the merge base, JSON).
create table worker (
    account_id text primary key references account (id) on delete cascade,
    desired text not null check (desired in ('running', 'stopped')),
    mode text not null check (mode in ('live', 'past')),
    changed integer not null,
    base text
) strict, without rowid;
