-- Tokens that people make for their programs. The token itself is not kept, only its SHA-256.
create table api_token (
    -- shown in lists: no secret
    id text primary key,
    account_id text not null references account (id) on delete cascade,
    hash blob not null unique,
    name text not null,
    -- words with a space between them
    scopes text not null,
    created integer not null,
    last_used integer,
    expires integer,
    unique (account_id, name)
) strict;
