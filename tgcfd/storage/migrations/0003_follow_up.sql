-- What the daemon has still to do after an account was changed: written together with the change, by whoever makes it,
-- and deleted by the daemon when it is done. If none runs, it is done when the next one starts.
create table follow_up (
    slug text primary key references used_slug (slug),
    -- 1: the account is no more, and all that it leaves is to be removed
    deleted integer not null check (deleted in (0, 1)),
    changed integer not null,
    -- why it could not be done so far, and what to type
    problem text
) strict, without rowid;
