-- Who wanted the worker to be stopped: the person, or the host's owner, with the host's own tools.
alter table worker add column stopped_by text not null default 'person' check (stopped_by in ('person', 'owner'));
