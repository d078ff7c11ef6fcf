-- The limits that an account's worker gets: the name of a profile in the settings of the host. The name stays if the
-- settings lose that profile; the worker then gets the standard one.
alter table account add column profile text not null default 'standard';
