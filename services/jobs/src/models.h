// What the API shows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include <rondeau/json/document.h>
#include <rondeau/reflect/nullable.h>

#include "stored_time.h"

namespace jobs {

using rondeau::json::Document;
using rondeau::reflect::Nullable;

// Enumerators are lower-cased: their names are what JSON and the database have.

/// `scheduled → ready → leased → succeeded | dead | cancelled`, and `leased → scheduled` after a failure.
enum class JobState { scheduled, ready, leased, succeeded, dead, cancelled };
inline bool is_final(JobState state) {
  return state == JobState::succeeded || state == JobState::dead || state == JobState::cancelled;
}

constexpr std::string_view to_string(JobState state) {
  constexpr std::string_view kNames[] = {"scheduled", "ready", "leased", "succeeded", "dead", "cancelled"};
  return kNames[static_cast<std::size_t>(state)];
}

enum class Outcome { succeeded, failed, cancelled, released };

/// One lease of a job, from its start to its end.
struct Attempt {
  std::int64_t attempt = 0;  ///< from 1
  std::string worker;        ///< which process, or "remote"
  Time started_at;
  Nullable<Time> ended_at;    ///< null: it runs
  Nullable<Outcome> outcome;  ///< released: its process ended in order, and the attempt does not count
  Nullable<std::string> error;
};

struct Job {
  std::string id;
  std::string kind;
  Document payload;
  std::string queue;
  std::int64_t priority = 0;
  JobState state = JobState::scheduled;
  Time run_at;
  std::int64_t attempt = 0;  ///< how often it was leased
  std::int64_t max_attempts = 0;
  std::int64_t timeout_s = 0;
  Nullable<double> progress;  ///< 0 to 1, of the last attempt
  Nullable<std::string> last_error;
  Nullable<Document> result;
  bool cancel_requested = false;
  Time created_at;
  Time updated_at;
  Nullable<Time> finished_at;
  std::optional<std::vector<Attempt>> attempts;  ///< where one job is shown
};

struct JobPage {
  std::vector<Job> jobs;
  Nullable<std::string> next;  ///< what `after` has to be for the next page; null: this is the last one
};

/// A job that was given to a remote consumer. The token is the right to it, and the only one, until `expires_at`.
struct Lease {
  std::string token;
  Time expires_at;
  std::string id;
  std::string kind;
  Document payload;
  std::string queue;
  std::int64_t attempt = 0;
  std::int64_t timeout_s = 0;
};
struct Leases {
  std::vector<Lease> jobs;
};
struct LeaseState {
  Time expires_at;
  bool cancel_requested = false;  ///< nobody wants the result any more: end it, by complete or by fail
};

enum class Missed { skip, once };

struct Cron {
  std::string name;
  std::string schedule;
  std::string kind;
  Document payload;
  std::string queue;
  std::int64_t priority = 0;
  std::int64_t max_attempts = 0;
  std::int64_t timeout_s = 0;
  Missed missed = Missed::skip;
  Time next_at;
  Time created_at;
  Time updated_at;
};
struct Crons {
  std::vector<Cron> crons;
};

struct QueueState {
  std::string queue;
  std::int64_t depth = 0;  ///< ready: could run now
  std::int64_t scheduled = 0;
  std::int64_t leased = 0;
  std::int64_t succeeded = 0;
  std::int64_t dead = 0;
  std::int64_t cancelled = 0;
  Nullable<double> oldest_age_s;  ///< of the ready job that waits longest; null: none waits
  double added_per_minute = 0;    ///< over the last five minutes, as the next one
  double finished_per_minute = 0;
};
struct Queues {
  std::vector<QueueState> queues;
};

enum class EventType { state, progress };

/// The data of an event.
struct JobEvent {
  std::string job;
  std::string queue;
  JobState state = JobState::scheduled;
  std::int64_t attempt = 0;
  Nullable<double> progress;
  Nullable<std::string> error;
  Time at;
};
struct LaggedEvent {
  std::int64_t missed = 0;  ///< events that will not come
};

}  // namespace jobs
