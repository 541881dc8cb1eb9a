#include "event_store.h"

#include <algorithm>

#include "job_rows.h"

#define EVENTS "select id, job, queue, type, state, attempt, progress, error, at from events where id > $1 and id <= $2"
#define LAST " order by id desc limit $3"
#define HOW_MANY "select count(*) from events where id > $1 and id <= $2"

namespace jobs {
namespace {

struct EventRow {
  std::int64_t id = 0;
  std::string job;
  std::string queue;
  EventType type = EventType::state;
  JobState state = JobState::scheduled;
  std::int64_t attempt = 0;
  std::optional<double> progress;
  std::optional<std::string> error;
  std::int64_t at = 0;
};

Event event_of(EventRow row) {
  return {row.id,
          row.type,
          {std::move(row.job), std::move(row.queue), row.state, row.attempt, nullable(row.progress),
           nullable(std::move(row.error)), from_stored(row.at)}};
}

struct Questions {
  sql::Item<std::vector<EventRow>> events;
  sql::Item<std::int64_t> count;
};
Questions questions(const Interest& interest, std::int64_t after, std::int64_t until) {
  if (!interest.job.empty()) {
    return {sql::all<EventRow>(EVENTS " and job = $4" LAST, after, until, kReplayed, interest.job),
            sql::scalar<std::int64_t>(HOW_MANY " and job = $3", after, until, interest.job)};
  }
  if (!interest.queue.empty()) {
    return {sql::all<EventRow>(EVENTS " and queue = $4" LAST, after, until, kReplayed, interest.queue),
            sql::scalar<std::int64_t>(HOW_MANY " and queue = $3", after, until, interest.queue)};
  }
  return {sql::all<EventRow>(EVENTS LAST, after, until, kReplayed), sql::scalar<std::int64_t>(HOW_MANY, after, until)};
}

}  // namespace

Task<Result<std::vector<Event>>> EventStore::after(std::int64_t id, std::int64_t limit) const {
  RONDEAU_TRY(auto rows,
              co_await database_.all<EventRow>("select id, job, queue, type, state, attempt, progress, error, at "
                                               "from events where id > $1 order by id limit $2",
                                               id, limit));
  std::vector<Event> events;
  for (EventRow& row : rows) events.push_back(event_of(std::move(row)));
  co_return events;
}

Task<Result<Replay>> EventStore::replay(Interest interest, std::int64_t after, std::int64_t until) const {
  Questions asked = questions(interest, after, until);
  RONDEAU_TRY(auto both, co_await database_.batch(std::move(asked.events), std::move(asked.count)));
  auto& [rows, count] = both;
  Replay replay;
  for (EventRow& row : rows) replay.events.push_back(event_of(std::move(row)));
  std::ranges::reverse(replay.events);
  replay.missed = std::max<std::int64_t>(0, count - static_cast<std::int64_t>(replay.events.size()));
  co_return replay;
}

Task<Result<std::int64_t>> EventStore::last_of(std::string job) const {
  RONDEAU_TRY(const std::int64_t id,
              co_await database_.scalar<std::int64_t>("select coalesce(max(id), 0) from events where job = $1", job));
  co_return id;
}

Task<Result<std::int64_t>> EventStore::last() const {
  RONDEAU_TRY(const std::int64_t id,
              co_await database_.scalar<std::int64_t>("select coalesce(max(id), 0) from events"));
  co_return id;
}

Task<Result<void>> EventStore::prune() const {
  RONDEAU_TRY_VOID(co_await database_.exec(
      "delete from events where id in (select id from events where id <= (select max(id) from events) - $1 "
      "order by id limit 5000)",
      kKeptEvents));
  co_return {};
}

}  // namespace jobs
