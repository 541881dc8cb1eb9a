// What has become of jobs, event by event, as the database keeps it.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <rondeau/base/result.h>
#include <rondeau/sql/database.h>
#include <rondeau/task/task.h>

#include "models.h"

namespace jobs {

namespace sql = rondeau::sql;
using rondeau::Result;
using rondeau::Task;

struct Event {
  std::int64_t id = 0;
  EventType type = EventType::state;
  JobEvent what;
};

/// Which events somebody wants: of one job, of one queue, or, with neither, all.
struct Interest {
  std::string job = {};
  std::string queue = {};

  bool covers(const Event& event) const {
    return (job.empty() || event.what.job == job) && (queue.empty() || event.what.queue == queue);
  }
};

inline constexpr std::int64_t kReplayed = 256;
inline constexpr std::int64_t kKeptEvents = 20'000;

struct Replay {
  std::vector<Event> events;  ///< the last 256 at most
  std::int64_t missed = 0;    ///< of those before them
};

/// Copies are the same store. Thread safety: any task. Errors: what the database says.
class EventStore {
 public:
  explicit EventStore(sql::Database database) : database_(std::move(database)) {}

  /// The next ones behind that id, in order.
  Task<Result<std::vector<Event>>> after(std::int64_t id, std::int64_t limit) const;
  /// Those with an id above `after` and up to `until`.
  Task<Result<Replay>> replay(Interest interest, std::int64_t after, std::int64_t until) const;
  /// The highest id of a job's events; 0 for none.
  Task<Result<std::int64_t>> last_of(std::string job) const;
  /// The highest id; 0 for none.
  Task<Result<std::int64_t>> last() const;
  /// Forgets all but the last 20,000; at most 5,000 at once.
  Task<Result<void>> prune() const;
  /// Ids are given before the commit, so one may come later than the one after it.
  bool may_have_gaps() const noexcept { return database_.system() == "postgresql"; }

 private:
  sql::Database database_;
};

}  // namespace jobs
