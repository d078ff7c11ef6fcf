-- A code of an authenticator app beside the password: one row for each account that has begun or switched it on.
create table second_factor (
    account_id text primary key references account (id) on delete cascade,
    -- base32; needed as it is to know the next code
    secret text not null,
    begun integer not null,
    -- when its first code came; null: begun, and not asked for at log-in yet
    since integer,
    -- the time step (30 seconds) of the last code that was taken: no step is taken twice
    last_step integer not null default 0,
    -- wrong codes in a row, each after the right password, and the time before which digits are not looked at
    wrong integer not null default 0,
    wait_until integer not null default 0
) strict, without rowid;

-- Recovery codes that were not used yet: SHA-256, for they are random enough.
create table recovery_code (
    account_id text not null references second_factor (account_id) on delete cascade,
    code_hash blob not null,
    primary key (account_id, code_hash)
) strict, without rowid;
