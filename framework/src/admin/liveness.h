// Liveness: whether a runtime still does what it is there for, by what it did in the last seconds.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <rondeau/base/instant.h>
#include <rondeau/base/result.h>
#include <rondeau/runtime/handle.h>
#include <rondeau/task/task.h>

namespace rondeau::admin {

/// One task goes round: a timer of its own fires, an event of its own comes through the reactor, a task of its own is
/// run. Where that has stopped nothing else goes on either, whoever still answers.
///
/// Thread safety: any thread.
class Liveness {
 public:
  struct Times {
    Duration round = std::chrono::seconds(1);  ///< between two rounds
    Duration fresh = std::chrono::seconds(5);  ///< what happened longer ago counts no more
  };
  struct Report {
    bool alive = true;
    std::string text;  ///< "ok\n", or what did not happen; a line for each worker that is held up
  };

  explicit Liveness(runtime::Handle runtime) : Liveness(std::move(runtime), Times{}) {}
  Liveness(runtime::Handle runtime, Times times);
  Liveness(const Liveness&) = delete;
  Liveness& operator=(const Liveness&) = delete;

  /// Goes round until it is cancelled. Errors: no descriptors left at the start. Cancellation: safe.
  static Task<Result<void>> beat(std::shared_ptr<Liveness> self);

  /// Whether all three happened within Times::fresh; before the first round that counts from the start. Workers that are in
  /// one run of a task for longer than a round are named with the task, which is a warning.
  Report look();
  /// The same without names and places: for strangers. Costs a few loads.
  bool is_alive() const noexcept;
  /// How late the timer of the latest round was.
  Duration lateness() const noexcept { return Duration(lateness_.load(std::memory_order_relaxed)); }

 private:
  enum Sign : std::uint8_t { Timer, Event, Run };
  struct Seen {
    std::uint64_t polls = 0;
    std::uint64_t parks = 0;
    Instant since;
  };
  struct Held {
    std::size_t worker;
    Duration time;
  };

  void note(Sign sign) noexcept;
  bool is_fresh(Sign sign, Instant now) const noexcept;
  std::vector<Held> held_workers();
  std::string names_of(const std::vector<Held>& held) const;

  const runtime::Handle runtime_;
  const Times times_;
  // Nanoseconds of the clock. Written by the round, read by who looks; relaxed: a moment earlier or later.
  std::array<std::atomic<std::int64_t>, 3> last_;
  std::atomic<std::int64_t> lateness_{0};
  std::mutex mutex_;
  std::vector<Seen> seen_;  // by worker; guarded by mutex_
};

}  // namespace rondeau::admin
