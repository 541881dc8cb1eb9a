-- Times are milliseconds since 1970 in UTC. Texts are compared byte by byte.
create table jobs (
  id text collate "C" primary key, kind text not null, payload text not null, queue text collate "C" not null,
  priority bigint not null,
  built_in bigint not null,                   -- 1: of a kind that this service runs by itself
  state text collate "C" not null check (state in ('scheduled', 'ready', 'leased', 'succeeded', 'dead', 'cancelled')),
  run_at bigint not null,
  attempt bigint not null default 0,          -- leases so far
  attempts_before bigint not null default 0,  -- of them, those that do not count against max_attempts
  max_attempts bigint not null, timeout_s bigint not null,
  owner text collate "C" unique, worker text collate "C", lease_until bigint,
  cancel_requested bigint not null default 0,
  progress double precision, last_error text, result text,
  unique_key text collate "C" unique,
  created_at bigint not null, updated_at bigint not null, finished_at bigint,
  check ((state = 'leased') = (owner is not null) and (owner is null) = (lease_until is null))
);
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
  job text collate "C" not null references jobs on delete cascade, attempt bigint not null, worker text not null,
  started_at bigint not null, ended_at bigint, outcome text, error text,
  primary key (job, attempt)
);

-- What event streams tell. Ids are given before the commit: who reads them in order waits for one that is missing.
create table events (
  id bigint generated always as identity primary key, job text collate "C" not null, queue text collate "C" not null,
  type text not null, state text not null, attempt bigint not null, progress double precision, error text,
  at bigint not null
);
create index events_job on events (job, id);
create index events_queue on events (queue, id);

create table crons (
  name text collate "C" primary key, schedule text not null, kind text not null, payload text not null,
  queue text not null, priority bigint not null, max_attempts bigint not null, timeout_s bigint not null,
  missed text not null, next_at bigint not null, created_at bigint not null, updated_at bigint not null
);
create index crons_next on crons (next_at);

create table idempotency_keys (
  key text collate "C" primary key, fingerprint text not null, answer text not null, expires_at bigint not null
);
create index idempotency_keys_expiry on idempotency_keys (expires_at);

-- History is written by the database, in the statement that makes it: whoever changes a job cannot forget it, and no
-- crash falls in between. Those who listen are told when it is committed: "work" where a job may be taken, "event" else.
create function jobs_history() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    insert into events (job, queue, type, state, attempt, at)
      values (new.id, new.queue, 'state', new.state, new.attempt, new.updated_at);
  elsif old.state <> new.state then
    if old.state = 'leased' then
      update attempts set ended_at = new.updated_at,
          error = case when new.state in ('succeeded', 'ready') then null else new.last_error end,
          outcome = case new.state when 'succeeded' then 'succeeded' when 'cancelled' then 'cancelled'
                                   when 'ready' then 'released' else 'failed' end
        where job = new.id and attempt = old.attempt;
    end if;
    if new.state = 'leased' then
      insert into attempts (job, attempt, worker, started_at)
        values (new.id, new.attempt, new.worker, new.updated_at);
    end if;
    insert into events (job, queue, type, state, attempt, progress, error, at)
      values (new.id, new.queue, 'state', new.state, new.attempt, new.progress, new.last_error, new.updated_at);
  elsif new.state = 'leased' and new.progress is not null and new.progress is distinct from old.progress then
    insert into events (job, queue, type, state, attempt, progress, at)
      values (new.id, new.queue, 'progress', new.state, new.attempt, new.progress, new.updated_at);
  else
    return null;
  end if;
  perform pg_notify('jobs', case when new.state in ('ready', 'scheduled') then 'work' else 'event' end);
  return null;
end
$$;
create trigger jobs_history after insert or update on jobs for each row execute function jobs_history();
