// The bands of tasks by priority, and whose turn it is.
//
// Between bands that have work turns go 8 : 4 : 1. A cycle is over when no band that has work has turns left in it, so a
// band that was empty comes first, or after five turns of the others at most. A band that waited for 100 ms has the next
// turn whatever the cycle says: where single runs take long, thirteen of them are too many.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include <rondeau/detail/context_node.h>
#include <rondeau/detail/header.h>

namespace rondeau::scheduler {

using task::Priority;

inline constexpr std::size_t kBands = 3;
/// The one that goes first comes first.
inline constexpr std::array<Priority, kBands> kAllBands{Priority::Interactive, Priority::Normal, Priority::Background};

constexpr std::size_t index_of(Priority band) noexcept { return static_cast<std::size_t>(band); }

/// For the one who submits the task, or has it from a queue. A task's own context is set before it is queued first, and
/// taken by the run that ends it; the transition that made the submitter the submitter comes after the one, before the
/// other. A context inside of the task, as with_context() makes it, is that of a branch.
inline Priority band_of(const detail::Header& task) noexcept {
  return task.root.context == nullptr ? Priority::Normal : task.root.context->priority;
}

/// Of one worker, and used by it alone. Times are those of Core::seen_time(): nobody reads a clock for a turn.
class BandTurns {
 public:
  static constexpr std::array<int, kBands> kWeights{8, 4, 1};
  static constexpr std::uint32_t kAged = 7;  ///< 1/64 s: 100 ms, rounded up

  static constexpr unsigned bit(Priority band) noexcept { return 1U << index_of(band); }

  /// The band whose turn it is, of those in `waiting`, which is not empty. Does not count as the turn.
  Priority next(unsigned waiting, std::uint32_t now) noexcept {
    if (const int aged = longest_waiting(waiting, now); aged >= 0) return kAllBands[static_cast<std::size_t>(aged)];
    for (;;) {
      for (const Priority band : kAllBands) {
        if ((waiting & bit(band)) != 0 && left_[index_of(band)] > 0) return band;
      }
      begin_cycle();
    }
  }
  /// One of its tasks is about to run, in its turn or from the LIFO slot. So many of the latter are paid in later cycles.
  void ran(Priority band, std::uint32_t now) noexcept {
    int& left = left_[index_of(band)];
    left = std::max(left - 1, -kWeights[index_of(band)]);
    since_[index_of(band)] = now;
  }
  /// A task came to a queue of the band that was empty.
  void came(Priority band, std::uint32_t now) noexcept { since_[index_of(band)] = now; }

 private:
  int longest_waiting(unsigned waiting, std::uint32_t now) noexcept {
    int found = -1;
    std::uint32_t longest = kAged - 1;
    for (std::size_t i = 0; i < kBands; ++i) {
      if ((waiting & (1U << i)) == 0) since_[i] = now;
      // Whoever saw the time may have been overtaken: what lies ahead did not wait.
      const std::uint32_t waited = now > since_[i] ? now - since_[i] : 0;
      if (waited <= longest) continue;
      longest = waited;
      found = static_cast<int>(i);
    }
    return found;
  }
  void begin_cycle() noexcept {
    for (std::size_t i = 0; i < kBands; ++i) left_[i] = std::min(left_[i] + kWeights[i], kWeights[i]);
  }

  std::array<int, kBands> left_ = kWeights;  ///< turns in this cycle
  std::array<std::uint32_t, kBands> since_{};  ///< when it last ran, was found empty, or got a task while empty
};

}  // namespace rondeau::scheduler
