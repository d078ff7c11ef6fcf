-- Who did what, from where, when. Slugs, not ids: they are never given out again, so a row stays true after an account
-- is deleted.
create table audit (
    id integer primary key autoincrement,
    time integer not null,
    event text not null,
    -- the slug of the account that it was done to
    about text,
    -- the slug of who did it
    actor text,
    way text not null check (way in ('cookie', 'token', 'api_token', 'command', 'nobody', 'tgcfd')),
    address text,
    -- the name of an API token
    token text,
    -- JSON
    detail text not null,
    -- what goes wrong again and again within an hour is one row: how often it did, and when last
    times integer not null default 1,
    until integer not null
) strict;

create index audit_about on audit (about, id);
create index audit_actor on audit (actor, id);
create index audit_event on audit (event, id);
