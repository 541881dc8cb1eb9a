// Frame statistics: which coroutine functions have how many frames, how large and for how long.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <rondeau/base/instant.h>

namespace rondeau::runtime {

/// The frames of one coroutine function (an instance of a template is one), over all runtimes of the process.
///
/// A frame is made when the function is called, not when its Task is first resumed. One that the compiler laid into
/// its caller's is not counted.
struct FrameStatistics {
  std::string_view function;  ///< as the compiler writes it, with its types
  std::string_view file;
  unsigned line = 0;          ///< where it is defined
  std::size_t size = 0;       ///< bytes, of the largest where it was compiled more than once
  std::uint64_t live = 0;
  std::uint64_t peak = 0;       ///< most that lived at a time
  std::uint64_t made = 0;
  std::uint64_t finished = 0;   ///< ran to their end, by co_return or by an exception
  std::uint64_t cancelled = 0;  ///< destroyed before that, or never begun
  Duration total_life{};        ///< real time, of those that are gone; waiting counts
  Duration longest_life{};

  std::uint64_t live_bytes() const noexcept { return live * size; }
};

/// True where the library was built with -Dframe_statistics=enabled. Then a frame costs 64 bytes and two looks at the
/// clock more, and the first frame above 4 KiB of each function writes a warning to standard error.
bool frame_statistics_enabled() noexcept;

/// One for each function that was ever called, most live bytes first; empty where they are not enabled. Counts up to
/// 4096 functions. Stops nobody: numbers of one moment need not fit together. Thread safety: any thread.
std::vector<FrameStatistics> frame_statistics();

/// For people: a table with a line for each, in the order given.
std::string frame_statistics_text(const std::vector<FrameStatistics>& statistics);

}  // namespace rondeau::runtime

namespace rondeau {
using runtime::FrameStatistics;
}
