// Jobs as their clients see them: put in, looked at, cancelled, tried again.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <rondeau/base/result.h>
#include <rondeau/sql/database.h>
#include <rondeau/task/task.h>

#include "bell.h"
#include "models.h"
#include "requests.h"

namespace jobs {

namespace sql = rondeau::sql;
using rondeau::Result;
using rondeau::Task;

/// What a client says so that a request that is sent twice is done once, and what makes the two the same.
struct IdempotencyKey {
  std::string key;
  std::string fingerprint;
};
inline constexpr auto kKeyLife = std::chrono::hours(24);

enum class Placed { New, Again, OtherBody };
struct Placement {
  Placed placed = Placed::New;
  Job job;  ///< as it was when it was put in, also the second time
};

/// Copies are the same store. Thread safety: any task. Errors: what the database says.
class JobStore {
 public:
  JobStore(sql::Database database, std::shared_ptr<Bell> bell)
      : database_(std::move(database)), bell_(std::move(bell)) {}

  /// Written when it returns. The job and its key are one transaction.
  Task<Result<Placement>> place(NewJob asked, std::optional<IdempotencyKey> key) const;
  /// With its attempts.
  Task<Result<std::optional<Job>>> find(std::string id) const;
  /// In the order in which they were put in.
  Task<Result<JobPage>> list(ListQuery query) const;
  /// Nothing where there is none that could be cancelled. One that runs is asked to end.
  Task<Result<std::optional<Job>>> cancel(std::string id) const;
  /// Nothing where there is none that has failed or was cancelled. Its attempts are counted from none again.
  Task<Result<std::optional<Job>>> retry(std::string id) const;
  Task<Result<Queues>> queues() const;
  /// Forgets what ended before that, and keys whose life is over; at most a thousand of each.
  Task<Result<void>> forget(Time finished_before) const;

 private:
  sql::Database database_;
  std::shared_ptr<Bell> bell_;
};

/// Version 7, so that their order is that of time.
std::string new_id();

}  // namespace jobs
