// Jobs as those see them who run them: taken under a lease, kept, ended.
//
// A lease is one attempt of one job, and its token the right to it: every change to a leased job names the token, which
// is random for each claim and holds the job's id, and wants the lease to run still. So a late finisher changes no row.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <rondeau/base/result.h>
#include <rondeau/sql/database.h>
#include <rondeau/task/task.h>

#include "bell.h"
#include "job_rows.h"

namespace jobs {

namespace sql = rondeau::sql;
using rondeau::Result;
using rondeau::Task;

struct Claim {
  std::size_t most = 1;
  milliseconds lease;
  std::string worker;                ///< who says so: for people
  std::optional<std::string> queue;  ///< of any kind; nullopt: of all queues, what is of a built-in kind
};

enum class Again { Yes, Never };

/// Copies are the same store. Thread safety: any task. Errors: what the database says.
/// Cancellation: what was sent may have happened; a lease that nobody knows of runs out.
class LeaseStore {
 public:
  LeaseStore(sql::Database database, std::shared_ptr<Bell> bell)
      : database_(std::move(database)), bell_(std::move(bell)) {}

  /// The first by priority, then by time. What is due becomes ready by this, too.
  Task<Result<std::vector<JobRow>>> claim(Claim claim) const;
  /// From now on for so long. Nothing where the lease has run out.
  Task<Result<std::optional<JobRow>>> renew(std::string token, milliseconds lease) const;
  /// From 0 to 1. False where the lease has run out.
  Task<Result<bool>> report(std::string token, double progress) const;
  /// These three end it; nothing where the lease has run out. `result` is JSON.
  Task<Result<std::optional<JobRow>>> complete(std::string token, std::string result) const;
  Task<Result<std::optional<JobRow>>> fail(std::string token, std::string error, Again again) const;
  /// Gives it back as if it had not been taken.
  Task<Result<bool>> release(std::string token) const;

  /// Fails what nobody has renewed; returns how many, at most 500.
  Task<Result<std::size_t>> sweep() const;
  /// Which jobs of that worker are to be cancelled.
  Task<Result<std::vector<std::string>>> unwanted(std::string worker) const;
  /// When there is something to take of a built-in kind: in the past for now, nothing for never.
  Task<Result<std::optional<Time>>> next_due() const;

 private:
  Task<Result<std::optional<JobRow>>> end_in_failure(JobRow row, std::string error, Again again, bool expired) const;

  sql::Database database_;
  std::shared_ptr<Bell> bell_;
};

/// Before the attempt after the `failures`-th: min(15 min, 1 s · 2^(failures−1)) times a random 0.5 to 1.
milliseconds backoff(std::int64_t failures);

}  // namespace jobs
