// Rows of the table jobs, for the stores.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "models.h"

// A literal, since the texts of statements are.
#define JOBS_COLUMNS                                                                                       \
  "id, kind, payload, queue, priority, state, run_at, attempt, attempts_before, max_attempts, timeout_s, " \
  "owner, lease_until, cancel_requested, progress, last_error, result, created_at, updated_at, finished_at"

namespace jobs {

struct JobRow {
  std::string id;
  std::string kind;
  std::string payload;
  std::string queue;
  std::int64_t priority = 0;
  JobState state = JobState::scheduled;
  std::int64_t run_at = 0;
  std::int64_t attempt = 0;
  std::int64_t attempts_before = 0;
  std::int64_t max_attempts = 0;
  std::int64_t timeout_s = 0;
  std::optional<std::string> owner;
  std::optional<std::int64_t> lease_until;
  std::int64_t cancel_requested = 0;
  std::optional<double> progress;
  std::optional<std::string> last_error;
  std::optional<std::string> result;
  std::int64_t created_at = 0;
  std::int64_t updated_at = 0;
  std::optional<std::int64_t> finished_at;
};

Job job_of(JobRow row);
/// What we have written ourselves; null where it is no JSON after all.
Document document_of(const std::string& text);
template <class T>
Nullable<T> nullable(std::optional<T> value) {
  if (!value) return std::nullopt;
  return *std::move(value);
}

}  // namespace jobs
