// JobStore::queues(): what GET /queues tells.
#include <map>

#include "job_store.h"

namespace jobs {
namespace {

constexpr auto kSpan = std::chrono::minutes(5);

struct DepthRow {
  std::string queue;
  JobState state = JobState::scheduled;
  std::int64_t jobs = 0;
  std::int64_t oldest = 0;
};
struct CountRow {
  std::string queue;
  std::int64_t jobs = 0;
};

std::int64_t& member(QueueState& queue, JobState state) {
  switch (state) {
    case JobState::scheduled:
      return queue.scheduled;
    case JobState::ready:
      return queue.depth;
    case JobState::leased:
      return queue.leased;
    case JobState::succeeded:
      return queue.succeeded;
    case JobState::dead:
      return queue.dead;
    case JobState::cancelled:
      break;
  }
  return queue.cancelled;
}

double per_minute(std::int64_t count) {
  return static_cast<double>(count) / static_cast<double>(kSpan.count());
}

}  // namespace

Task<Result<Queues>> JobStore::queues() const {
  const Time time = now();
  const std::int64_t since = to_stored(time - kSpan);
  RONDEAU_TRY(auto rows, co_await database_.batch(
                             sql::all<DepthRow>("select queue, state, count(*) as jobs, min(updated_at) as oldest "
                                                "from jobs group by queue, state"),
                             sql::all<CountRow>("select queue, count(*) as jobs from jobs where created_at > $1 "
                                                "group by queue",
                                                since),
                             sql::all<CountRow>("select queue, count(*) as jobs from jobs where finished_at > $1 "
                                                "group by queue",
                                                since)));
  const auto& [depths, added, finished] = rows;
  std::map<std::string, QueueState> queues;
  for (const DepthRow& row : depths) {
    QueueState& queue = queues[row.queue];
    member(queue, row.state) = row.jobs;
    if (row.state == JobState::ready) {
      queue.oldest_age_s = std::chrono::duration<double>(time - from_stored(row.oldest)).count();
    }
  }
  for (const CountRow& row : added) queues[row.queue].added_per_minute = per_minute(row.jobs);
  for (const CountRow& row : finished) queues[row.queue].finished_per_minute = per_minute(row.jobs);
  Queues all;
  for (auto& [name, queue] : queues) {
    queue.queue = name;
    all.queues.push_back(std::move(queue));
  }
  co_return all;
}

}  // namespace jobs
