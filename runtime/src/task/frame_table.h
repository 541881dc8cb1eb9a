// The coroutine functions that made frames, and how many: what frame statistics are read from.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <source_location>
#include <vector>

namespace rondeau::detail {

/// Counters that a few threads share, so that most additions stay in the cache of one.
struct alignas(64) FrameShard {
  std::atomic<std::uint64_t> made{0};
  std::atomic<std::uint64_t> finished{0};
  std::atomic<std::uint64_t> destroyed{0};      // before its end
  std::atomic<std::uint64_t> life{0};           // nanoseconds, of those that are gone
  std::atomic<std::uint64_t> longest_life{0};
};

/// One coroutine function. Never freed. All is relaxed: numbers for people, each right for itself.
struct FrameFunction {
  std::source_location where;
  std::atomic<std::size_t> size{0};  // written under the table's lock
  std::array<FrameShard, 8> shards;
  // Here all threads meet, without waiting for one another: a peak needs one word that sees every change.
  alignas(64) std::atomic<std::uint64_t> live{0};
  std::atomic<std::uint64_t> peak{0};
};

/// Any thread. Empty where frames are not counted.
std::vector<const FrameFunction*> frame_functions();

}  // namespace rondeau::detail
