// What clients send, and what of it is refused.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <rondeau/reflect/checked.h>
#include <rondeau/reflect/violations.h>

#include "models.h"

namespace jobs {

using Name = rondeau::Matches<"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$">;
using Priority = rondeau::Ranged<std::int64_t, -1000, 1000>;
using MaxAttempts = rondeau::Ranged<std::int64_t, 1, 100>;
using TimeoutSeconds = rondeau::Ranged<std::int64_t, 1, 86'400>;

inline constexpr std::int64_t kUsualAttempts = 5;
inline constexpr std::int64_t kUsualTimeout = 300;         // seconds
inline constexpr std::int64_t kUsualLease = 30;            // seconds
inline constexpr std::size_t kLargestPayload = 64 * 1024;  // bytes of JSON
inline const std::string kUsualQueue = "default";

struct NewJob {
  static constexpr bool deny_unknown = true;
  Name kind;
  std::optional<Document> payload;
  std::optional<Name> queue;
  Priority priority = std::int64_t{0};  ///< higher ones go first
  std::optional<Time> run_at;           ///< now
  MaxAttempts max_attempts = kUsualAttempts;
  TimeoutSeconds timeout_s = kUsualTimeout;  ///< of one attempt
};
void validate(const NewJob& job, rondeau::Violations& wrong);

struct NewCron {
  static constexpr bool deny_unknown = true;
  std::string schedule;  ///< five fields in UTC, or @hourly and the like
  Name kind;
  std::optional<Document> payload;
  std::optional<Name> queue;
  Priority priority = std::int64_t{0};
  MaxAttempts max_attempts = kUsualAttempts;
  TimeoutSeconds timeout_s = kUsualTimeout;
  Missed missed = Missed::skip;  ///< whether a tick that nobody was there for is made up for, once
};
void validate(const NewCron& cron, rondeau::Violations& wrong);

struct ListQuery {
  std::optional<JobState> state;
  std::optional<std::string> queue;
  std::optional<std::string> after;
  rondeau::Ranged<std::int64_t, 1, 100> limit = std::int64_t{20};
};
struct EventsQuery {
  std::optional<std::string> queue;
};

using LeaseSeconds = rondeau::Ranged<std::int64_t, 1, 3600>;

struct LeaseRequest {
  static constexpr bool deny_unknown = true;
  Name queue;
  rondeau::Ranged<std::int64_t, 1, 100> max = std::int64_t{1};
  LeaseSeconds lease_s = kUsualLease;
};
struct Heartbeat {
  static constexpr bool deny_unknown = true;
  LeaseSeconds lease_s = kUsualLease;  ///< from now on
  std::optional<double> progress;      ///< 0 to 1
};
void validate(const Heartbeat& heartbeat, rondeau::Violations& wrong);
struct Completion {
  static constexpr bool deny_unknown = true;
  std::optional<Document> result;
};
void validate(const Completion& completion, rondeau::Violations& wrong);
struct FailureReport {
  static constexpr bool deny_unknown = true;
  std::optional<std::string> error;  ///< what is kept of it: 1,000 bytes
  bool retry = true;                 ///< false: it would fail again, however often
};

/// The JSON of a payload or a result; `{}` where there is none.
std::string text_of(const std::optional<Document>& document);
std::string text_of(const Document& document);

}  // namespace jobs
