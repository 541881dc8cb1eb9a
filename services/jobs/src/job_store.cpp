#include "job_store.h"

#include <array>
#include <cstring>
#include <utility>

#include <rondeau/base/current_driver.h>
#include <rondeau/json/json.h>
#include <rondeau/text/uuid.h>

#include "job_rows.h"
#include "kinds/kinds.h"

namespace jobs {
namespace {

struct AttemptRow {
  std::int64_t attempt = 0;
  std::string worker;
  std::int64_t started_at = 0;
  std::optional<std::int64_t> ended_at;
  std::optional<Outcome> outcome;
  std::optional<std::string> error;
};
struct KeyRow {
  std::string fingerprint;
  std::string answer;
};

Job job_of(NewJob asked) {
  Job job;
  const Time time = now();
  job.id = new_id();
  job.kind = *asked.kind;
  job.payload = asked.payload ? *std::move(asked.payload) : Document::object();
  job.queue = asked.queue ? **asked.queue : kUsualQueue;
  job.priority = *asked.priority;
  job.run_at = asked.run_at.value_or(time);
  job.state = job.run_at > time ? JobState::scheduled : JobState::ready;
  job.max_attempts = *asked.max_attempts;
  job.timeout_s = *asked.timeout_s;
  job.created_at = job.updated_at = time;
  return job;
}

sql::Item<std::int64_t> insertion(const Job& job) {
  return sql::exec(
      "insert into jobs (id, kind, payload, queue, priority, built_in, state, run_at, max_attempts, timeout_s, "
      "created_at, updated_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)",
      job.id, job.kind, text_of(job.payload), job.queue, job.priority, std::int64_t{built_in(job.kind) ? 1 : 0},
      job.state, to_stored(job.run_at), job.max_attempts, job.timeout_s, to_stored(job.created_at));
}

/// What the key stands for already; nothing where it was free, and is ours from now on.
Task<Result<std::optional<KeyRow>, sql::Error>> claim_key(sql::Transaction& transaction, IdempotencyKey key,
                                                          std::string answer) {
  RONDEAU_TRY_VOID(co_await transaction.exec("delete from idempotency_keys where key = $1 and expires_at <= $2",
                                             key.key, to_stored(now())));
  RONDEAU_TRY(const std::int64_t taken,
              co_await transaction.exec("insert into idempotency_keys (key, fingerprint, answer, expires_at) "
                                        "values ($1, $2, $3, $4) on conflict (key) do nothing",
                                        key.key, key.fingerprint, answer, to_stored(now() + kKeyLife)));
  if (taken == 1) co_return std::nullopt;
  RONDEAU_TRY(KeyRow row, co_await transaction.one<KeyRow>(
                              "select fingerprint, answer from idempotency_keys where key = $1", key.key));
  co_return row;
}

// One statement for each, so that each has an index.
#define PAGE(which) "select " JOBS_COLUMNS " from jobs where id > $1" which " order by id limit $2"

Task<Result<std::vector<JobRow>, sql::Error>> page_of(const sql::Database& database, const ListQuery& query) {
  const std::string after = query.after.value_or("");
  const std::int64_t most = *query.limit + 1;  // one more tells whether there is another page
  if (query.state && query.queue) {
    return database.all<JobRow>(PAGE(" and state = $3 and queue = $4"), after, most, *query.state, *query.queue);
  }
  if (query.state) return database.all<JobRow>(PAGE(" and state = $3"), after, most, *query.state);
  if (query.queue) return database.all<JobRow>(PAGE(" and queue = $3"), after, most, *query.queue);
  return database.all<JobRow>(PAGE(""), after, most);
}

}  // namespace

std::string new_id() {
  std::array<std::byte, 16> bytes;
  rondeau::base::current_driver().random(bytes);
  std::array<std::uint64_t, 2> random{};
  std::memcpy(random.data(), bytes.data(), bytes.size());
  return rondeau::Uuid::version7(now(), random[0], random[1]).to_string();
}

Task<Result<Placement>> JobStore::place(NewJob asked, std::optional<IdempotencyKey> key) const {
  Placement placement{Placed::New, job_of(std::move(asked))};
  if (!key) {
    RONDEAU_TRY_VOID(co_await database_.batch(insertion(placement.job)));
    bell_->ring_work();
    bell_->ring_events();
    co_return placement;
  }
  RONDEAU_TRY(const std::string answer, rondeau::json::to_string(placement.job));
  RONDEAU_TRY(const std::optional<KeyRow> before,
              co_await database_.transaction(
                  [&](sql::Transaction& transaction) -> Task<Result<std::optional<KeyRow>, sql::Error>> {
                    RONDEAU_TRY(auto row, co_await claim_key(transaction, *key, answer));
                    if (!row) RONDEAU_TRY_VOID(co_await transaction.batch(insertion(placement.job)));
                    co_return row;
                  }));
  if (!before) {
    bell_->ring_work();
    bell_->ring_events();
    co_return placement;
  }
  if (before->fingerprint != key->fingerprint) co_return Placement{Placed::OtherBody, {}};
  auto job = rondeau::json::parse<Job>(before->answer);
  if (!job) co_return rondeau::Error(rondeau::Errc::InvalidData, "the answer that was kept with a key is no job");
  co_return Placement{Placed::Again, *std::move(job)};
}

Task<Result<std::optional<Job>>> JobStore::find(std::string id) const {
  RONDEAU_TRY(auto both, co_await database_.batch(
                             sql::maybe<JobRow>("select " JOBS_COLUMNS " from jobs where id = $1", id),
                             sql::all<AttemptRow>("select attempt, worker, started_at, ended_at, outcome, error "
                                                  "from attempts where job = $1 order by attempt",
                                                  id)));
  auto& [row, attempts] = both;
  if (!row) co_return std::nullopt;
  Job job = jobs::job_of(*std::move(row));
  job.attempts.emplace();
  for (AttemptRow& each : attempts) {
    job.attempts->push_back({each.attempt, std::move(each.worker), from_stored(each.started_at),
                             from_stored(each.ended_at), nullable(each.outcome), nullable(std::move(each.error))});
  }
  co_return job;
}

Task<Result<JobPage>> JobStore::list(ListQuery query) const {
  RONDEAU_TRY(auto rows, co_await page_of(database_, query));
  JobPage page;
  const bool more = rows.size() > static_cast<std::size_t>(*query.limit);
  if (more) rows.pop_back();
  for (JobRow& row : rows) page.jobs.push_back(jobs::job_of(std::move(row)));
  if (more) page.next = page.jobs.back().id;
  co_return page;
}

Task<Result<std::optional<Job>>> JobStore::cancel(std::string id) const {
  RONDEAU_TRY(auto row,
              co_await database_.maybe<JobRow>(
                  "update jobs set state = case state when 'leased' then state else 'cancelled' end, "
                  "finished_at = case state when 'leased' then finished_at else $2 end, cancel_requested = 1, "
                  "updated_at = $2 where id = $1 and state in ('scheduled', 'ready', 'leased') returning " JOBS_COLUMNS,
                  id, to_stored(now())));
  if (!row) co_return std::nullopt;
  bell_->ring_events();
  co_return jobs::job_of(*std::move(row));
}

Task<Result<std::optional<Job>>> JobStore::retry(std::string id) const {
  RONDEAU_TRY(auto row, co_await database_.maybe<JobRow>(
                            "update jobs set state = 'ready', run_at = $2, attempts_before = attempt, "
                            "cancel_requested = 0, finished_at = null, progress = null, updated_at = $2 where id = $1 "
                            "and (state in ('dead', 'cancelled') or (state = 'scheduled' and attempt > 0)) "
                            "returning " JOBS_COLUMNS,
                            id, to_stored(now())));
  if (!row) co_return std::nullopt;
  bell_->ring_work();
  bell_->ring_events();
  co_return jobs::job_of(*std::move(row));
}

Task<Result<void>> JobStore::forget(Time finished_before) const {
  const std::int64_t before = to_stored(finished_before);
  const std::int64_t time = to_stored(now());
  RONDEAU_TRY_VOID(co_await database_.exec(
      "delete from jobs where id in (select id from jobs where finished_at <= $1 limit 1000)", before));
  RONDEAU_TRY_VOID(co_await database_.exec(
      "delete from idempotency_keys where key in (select key from idempotency_keys where expires_at <= $1 limit 1000)",
      time));
  co_return {};
}

}  // namespace jobs
