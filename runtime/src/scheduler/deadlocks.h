// Finds the tasks that wait for one another for ever, for the watchdog, which tells when a runtime stands still.
//
// It goes by the sum of the runs that the workers count anyway. When that did not change for `limit`, all live tasks are
// looked at as a dump does: one at a time, no lock held meanwhile. One look is enough for as long as nothing moves: an idle
// process is looked at once, a busy one never. What was seen counts only if nothing moved during the look either.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <rondeau/base/instant.h>
#include <rondeau/runtime/dump.h>

namespace rondeau::scheduler {

class Core;

/// Of one thread. Its time is the system's.
class Deadlocks {
 public:
  using Clock = std::chrono::steady_clock;

  /// `limit` zero: off.
  Deadlocks(Core& runtime, Duration limit) noexcept : runtime_(runtime), limit_(limit) {}

  /// Takes note of the runs so far. Lines for standard error about circles that were not there at the last look; mostly
  /// none.
  std::vector<std::string> look(std::uint64_t runs, Clock::time_point now);
  /// When it is worth calling look() although nothing moved; nullopt: it is not.
  std::optional<Clock::time_point> due() const noexcept;

 private:
  struct Blocked {
    runtime::DumpedTask task;
    runtime::WaitDescription wait;
  };
  using BlockedTasks = std::map<TaskId, Blocked>;

  /// None where some task is about to run, or runs: who holds what is as its last run left it.
  std::optional<BlockedTasks> blocked_tasks() const;
  std::uint64_t runs() const noexcept;
  std::string describe(const std::vector<TaskId>& cycle, const BlockedTasks& blocked, Duration still) const;

  Core& runtime_;
  const Duration limit_;
  std::optional<std::uint64_t> runs_;
  Clock::time_point since_{};  ///< when they were first seen at that number
  bool looked_ = false;        ///< since then
  std::vector<std::vector<TaskId>> told_;
};

}  // namespace rondeau::scheduler
