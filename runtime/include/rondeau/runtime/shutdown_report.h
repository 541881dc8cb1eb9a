// ShutdownReport: what a shutdown that could not wait left behind.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rondeau::runtime {

/// Tasks that are in a worker that never came back, or wait in a scope for such a task or for a blocking call; and
/// calls that still ran. They keep their memory and their threads; all else has ended.
struct [[nodiscard]] ShutdownReport {
  struct LeftTask {
    std::uint64_t id = 0;
    std::string name;                   ///< empty where it has none
    std::optional<std::size_t> worker;  ///< the one that is in it; empty: it waits
  };
  struct LeftCall {
    std::uint64_t id = 0;
    std::string pool;      ///< "blocking", "fs", "resolver"
    bool running = false;  ///< false: it waits for a thread, and will run for it must (a write)
  };

  std::vector<LeftTask> tasks;
  std::vector<LeftCall> blocking_calls;

  /// How many of both; 0 is a clean end.
  std::size_t left_behind() const noexcept { return tasks.size() + blocking_calls.size(); }
  /// "1 task (17 on worker 0) and 2 blocking calls (18 in pool fs, 19 in pool blocking)"; of many the first eight.
  /// Empty for a clean end.
  std::string message() const;
};

}  // namespace rondeau::runtime
