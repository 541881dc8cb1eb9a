#include <rondeau/runtime/frame_statistics.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <functional>

#include "task/frame_table.h"

namespace rondeau::runtime {
namespace {

std::uint64_t read(const std::atomic<std::uint64_t>& counter) noexcept {
  return counter.load(std::memory_order_relaxed);
}

FrameStatistics read(const detail::FrameFunction& function) {
  FrameStatistics read_now{
      .function = function.where.function_name(),
      .file = function.where.file_name(),
      .line = static_cast<unsigned>(function.where.line()),
      .size = function.size.load(std::memory_order_relaxed),
      .live = read(function.live),
      .peak = read(function.peak),
  };
  for (const detail::FrameShard& shard : function.shards) {
    read_now.made += read(shard.made);
    read_now.finished += read(shard.finished);
    read_now.cancelled += read(shard.destroyed);
    read_now.total_life += Duration(read(shard.life));
    read_now.longest_life = std::max(read_now.longest_life, Duration(read(shard.longest_life)));
  }
  return read_now;
}

}  // namespace

bool frame_statistics_enabled() noexcept {
#ifdef RONDEAU_FRAME_STATISTICS
  return true;
#else
  return false;
#endif
}

std::vector<FrameStatistics> frame_statistics() {
  std::vector<FrameStatistics> all;
  for (const detail::FrameFunction* each : detail::frame_functions()) all.push_back(read(*each));
  std::ranges::sort(all, std::ranges::greater(), &FrameStatistics::live_bytes);
  return all;
}

std::string frame_statistics_text(const std::vector<FrameStatistics>& statistics) {
  const auto milliseconds = [](Duration duration) { return static_cast<double>(duration.count()) / 1e6; };
  std::string text =
      "    bytes       live       peak       made   finished  cancelled     mean ms  longest ms  function\n";
  for (const FrameStatistics& each : statistics) {
    const std::uint64_t gone = each.finished + each.cancelled;
    std::array<char, 128> numbers;
    std::snprintf(numbers.data(), numbers.size(), "%9zu %10llu %10llu %10llu %10llu %10llu %11.3f %11.3f  ", each.size,
                  static_cast<unsigned long long>(each.live), static_cast<unsigned long long>(each.peak),
                  static_cast<unsigned long long>(each.made), static_cast<unsigned long long>(each.finished),
                  static_cast<unsigned long long>(each.cancelled),
                  gone == 0 ? 0.0 : milliseconds(each.total_life) / static_cast<double>(gone),
                  milliseconds(each.longest_life));
    text += numbers.data();
    text += each.function;
    text += " (" + std::string(each.file) + ':' + std::to_string(each.line) + ")\n";
  }
  return text;
}

}  // namespace rondeau::runtime
