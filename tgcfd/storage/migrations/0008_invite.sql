-- What lets somebody make an account by themselves, once. The code itself is not kept, only its SHA-256.
create table invite (
    id integer primary key autoincrement,
    code_hash blob not null unique,
    role text not null check (role in ('person', 'admin')),
    -- for whom it is, in the words of who made it
    note text not null,
    -- 'set-up': printed by a daemon at a terminal that has no admin yet
    maker text not null check (maker in ('admin', 'owner', 'set-up')),
    -- the admin; an invite goes with its maker
    made_by text references account (id) on delete cascade,
    created integer not null,
    expires integer not null,
    used integer,
    -- the slug of the account that was made by it
    used_by text references used_slug (slug),
    check ((maker = 'admin') = (made_by is not null)),
    check ((used is null) = (used_by is null))
) strict;

create index invite_made_by on invite (made_by);
