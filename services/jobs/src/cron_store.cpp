#include "cron_store.h"

#include "cron_schedule.h"
#include "job_rows.h"
#include "job_store.h"
#include "kinds/kinds.h"

#define CRON_COLUMNS \
  "name, schedule, kind, payload, queue, priority, max_attempts, timeout_s, missed, next_at, created_at, updated_at"

namespace jobs {
namespace {

struct CronRow {
  std::string name;
  std::string schedule;
  std::string kind;
  std::string payload;
  std::string queue;
  std::int64_t priority = 0;
  std::int64_t max_attempts = 0;
  std::int64_t timeout_s = 0;
  Missed missed = Missed::skip;
  std::int64_t next_at = 0;
  std::int64_t created_at = 0;
  std::int64_t updated_at = 0;
};

Cron cron_of(CronRow row) {
  return {std::move(row.name),
          std::move(row.schedule),
          std::move(row.kind),
          document_of(row.payload),
          std::move(row.queue),
          row.priority,
          row.max_attempts,
          row.timeout_s,
          row.missed,
          from_stored(row.next_at),
          from_stored(row.created_at),
          from_stored(row.updated_at)};
}
std::vector<Cron> crons_of(std::vector<CronRow> rows) {
  std::vector<Cron> crons;
  for (CronRow& row : rows) crons.push_back(cron_of(std::move(row)));
  return crons;
}

}  // namespace

Task<Result<CronStore::Put>> CronStore::put(std::string name, NewCron cron) const {
  const Time time = now();
  RONDEAU_TRY(const CronSchedule schedule, CronSchedule::parse(cron.schedule));
  const auto next = schedule.next(time);
  if (!next) co_return rondeau::Error(rondeau::Errc::InvalidArgument, "schedule: names a date that does not come");
  const std::string queue = cron.queue ? **cron.queue : kUsualQueue;
  RONDEAU_TRY(
      auto row,
      co_await database_.one<CronRow>(
          "insert into crons (" CRON_COLUMNS ") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11) "
          "on conflict (name) do update set schedule = excluded.schedule, kind = excluded.kind, "
          "payload = excluded.payload, queue = excluded.queue, priority = excluded.priority, "
          "max_attempts = excluded.max_attempts, timeout_s = excluded.timeout_s, missed = excluded.missed, "
          "next_at = case when crons.schedule = excluded.schedule then crons.next_at else excluded.next_at end, "
          "updated_at = case when crons.created_at < excluded.updated_at then excluded.updated_at "
          "else crons.created_at + 1 end returning " CRON_COLUMNS,
          name, cron.schedule, *cron.kind, text_of(cron.payload), queue, *cron.priority, *cron.max_attempts,
          *cron.timeout_s, cron.missed, to_stored(*next), to_stored(time)));
  bell_->ring_crons();
  // One that was there has been updated later than it was created.
  const bool is_new = row.created_at == row.updated_at;
  co_return Put{cron_of(std::move(row)), is_new};
}

Task<Result<std::optional<Cron>>> CronStore::find(std::string name) const {
  RONDEAU_TRY(auto row, co_await database_.maybe<CronRow>("select " CRON_COLUMNS " from crons where name = $1", name));
  if (!row) co_return std::nullopt;
  co_return cron_of(*std::move(row));
}

Task<Result<std::vector<Cron>>> CronStore::list() const {
  RONDEAU_TRY(auto rows,
              co_await database_.all<CronRow>("select " CRON_COLUMNS " from crons order by name limit 1000"));
  co_return crons_of(std::move(rows));
}

Task<Result<bool>> CronStore::remove(std::string name) const {
  RONDEAU_TRY(const std::int64_t gone, co_await database_.exec("delete from crons where name = $1", name));
  co_return gone == 1;
}

Task<Result<std::vector<Cron>>> CronStore::due(Time time) const {
  RONDEAU_TRY(auto rows, co_await database_.all<CronRow>("select " CRON_COLUMNS
                                                         " from crons where next_at <= $1 order by next_at limit 100",
                                                         to_stored(time)));
  co_return crons_of(std::move(rows));
}

Task<Result<std::optional<Time>>> CronStore::next_due() const {
  RONDEAU_TRY(const auto next,
              co_await database_.scalar<std::optional<std::int64_t>>("select min(next_at) from crons"));
  if (!next) co_return std::nullopt;
  co_return from_stored(*next);
}

Task<Result<bool>> CronStore::fire(Cron cron, Time tick, Time next) const {
  const std::string key = "cron:" + cron.name + ":" +
                          std::to_string(std::chrono::floor<std::chrono::seconds>(tick).time_since_epoch().count());
  const std::int64_t is_built_in = built_in(cron.kind) ? 1 : 0;
  RONDEAU_TRY(
      auto both,
      co_await database_.batch(
          sql::exec("insert into jobs (id, kind, payload, queue, priority, built_in, state, run_at, max_attempts, "
                    "timeout_s, unique_key, created_at, updated_at) select $1, kind, payload, queue, priority, $2, "
                    "'ready', $3, max_attempts, timeout_s, $4, $5, $5 from crons where name = $6 and next_at = $7 "
                    "on conflict (unique_key) do nothing",
                    new_id(), is_built_in, to_stored(tick), key, to_stored(now()), cron.name, to_stored(cron.next_at)),
          sql::exec("update crons set next_at = $1 where name = $2 and next_at = $3", to_stored(next), cron.name,
                    to_stored(cron.next_at))));
  const bool fired = std::get<0>(both) == 1;
  if (fired) bell_->ring_work();
  if (fired) bell_->ring_events();
  co_return fired;
}

Task<Result<void>> CronStore::skip(Cron cron, Time next) const {
  RONDEAU_TRY_VOID(co_await database_.exec("update crons set next_at = $1 where name = $2 and next_at = $3",
                                           to_stored(next), cron.name, to_stored(cron.next_at)));
  co_return {};
}

}  // namespace jobs
