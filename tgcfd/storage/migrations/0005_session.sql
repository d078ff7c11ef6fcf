-- Every log-in: of a browser (cookie), or of a program (access tokens and a refresh token). Who was logged in before
-- this has to log in again.
drop table session;

create table session (
    -- shown in lists, and in access tokens: no secret
    id text primary key,
    kind text not null check (kind in ('cookie', 'token')),
    account_id text not null references account (id) on delete cascade,
    -- SHA-256 of the secret that stays as long as the session does: in the cookie, or in each refresh token
    secret_hash blob not null,
    -- SHA-256 of what changes at each use of a refresh token; null for a browser
    refresh_hash blob check ((refresh_hash is null) = (kind = 'cookie')),
    created integer not null,
    last_seen integer not null,
    expires integer not null,
    -- what it began with: the header User-Agent, and the address; null for a Unix socket
    agent text not null,
    address text
) strict, without rowid;

create index session_account on session (account_id, kind, last_seen);
create index session_expires on session (expires);
create index session_last_seen on session (last_seen);
