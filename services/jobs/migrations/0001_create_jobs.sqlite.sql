-- Times are milliseconds since 1970 in UTC.
create table jobs (
  id text primary key, kind text not null, payload text not null, queue text not null, priority integer not null,
  built_in integer not null,                   -- 1: of a kind that this service runs by itself
  state text not null check (state in ('scheduled', 'ready', 'leased', 'succeeded', 'dead', 'cancelled')),
  run_at integer not null,
  attempt integer not null default 0,          -- leases so far
  attempts_before integer not null default 0,  -- of them, those that do not count against max_attempts
  max_attempts integer not null, timeout_s integer not null,
  owner text unique, worker text, lease_until integer,
  cancel_requested integer not null default 0,
  progress real, last_error text, result text,
  unique_key text unique,
  created_at integer not null, updated_at integer not null, finished_at integer,
  check ((state = 'leased') = (owner is not null) and (owner is null) = (lease_until is null))
) strict;
create index jobs_ready on jobs (built_in, priority desc, run_at, id) where state = 'ready';
create index jobs_ready_queue on jobs (queue, priority desc, run_at, id) where state = 'ready';
create index jobs_scheduled on jobs (run_at) where state = 'scheduled';
create index jobs_leased on jobs (lease_until) where state = 'leased';
create index jobs_state on jobs (state, id);
create index jobs_queue on jobs (queue, id);
create index jobs_queue_state on jobs (queue, state, id);
create index jobs_created on jobs (created_at, queue);
create index jobs_finished on jobs (finished_at, queue) where finished_at is not null;

-- One row for each lease, with its start and its end.
create table attempts (
  job text not null references jobs on delete cascade, attempt integer not null, worker text not null,
  started_at integer not null, ended_at integer, outcome text, error text,
  primary key (job, attempt)
) without rowid, strict;

-- What event streams tell; ids are in the order of the commits, since SQLite has one writer.
create table events (
  id integer primary key autoincrement, job text not null, queue text not null, type text not null, state text not null,
  attempt integer not null, progress real, error text, at integer not null
) strict;
create index events_job on events (job, id);
create index events_queue on events (queue, id);

create table crons (
  name text primary key, schedule text not null, kind text not null, payload text not null, queue text not null,
  priority integer not null, max_attempts integer not null, timeout_s integer not null, missed text not null,
  next_at integer not null, created_at integer not null, updated_at integer not null
) strict;
create index crons_next on crons (next_at);

create table idempotency_keys (
  key text primary key, fingerprint text not null, answer text not null, expires_at integer not null
) strict;
create index idempotency_keys_expiry on idempotency_keys (expires_at);

-- History is written by the database, in the statement that makes it: whoever changes a job cannot forget it, and no
-- crash falls in between.
create trigger jobs_inserted after insert on jobs begin
  insert into events (job, queue, type, state, attempt, at)
    values (new.id, new.queue, 'state', new.state, new.attempt, new.updated_at);
end;
create trigger jobs_lease_ended after update of state on jobs when old.state = 'leased' and new.state <> 'leased' begin
  update attempts set ended_at = new.updated_at, error = case when new.state in ('succeeded', 'ready') then null else new.last_error end,
      outcome = case new.state when 'succeeded' then 'succeeded' when 'cancelled' then 'cancelled'
                               when 'ready' then 'released' else 'failed' end
    where job = new.id and attempt = old.attempt;
end;
create trigger jobs_leased_now after update of state on jobs when old.state <> 'leased' and new.state = 'leased' begin
  insert into attempts (job, attempt, worker, started_at) values (new.id, new.attempt, new.worker, new.updated_at);
end;
create trigger jobs_changed after update of state on jobs when old.state <> new.state begin
  insert into events (job, queue, type, state, attempt, progress, error, at)
    values (new.id, new.queue, 'state', new.state, new.attempt, new.progress, new.last_error, new.updated_at);
end;
create trigger jobs_went_on after update of progress on jobs when new.state = 'leased' and new.progress is not null begin
  insert into events (job, queue, type, state, attempt, progress, at)
    values (new.id, new.queue, 'progress', new.state, new.attempt, new.progress, new.updated_at);
end;
