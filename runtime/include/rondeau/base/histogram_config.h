// HistogramConfig: into which buckets a histogram of durations sorts.
#pragma once

#include <cstddef>
#include <cstdint>

#include <rondeau/base/instant.h>

namespace rondeau::base {

/// The bucket's durations: at least `from`, less than `to`. The last bucket ends at Duration::max().
struct HistogramRange {
  Duration from;
  Duration to;
  bool operator==(const HistogramRange&) const noexcept = default;
};

/// Buckets without gaps from zero on; those at the ends take whatever lies outside.
class HistogramConfig {
 public:
  struct Logarithmic {
    Duration min = std::chrono::nanoseconds(100);  ///< what is less shares the first bucket
    Duration max = std::chrono::seconds(60);       ///< what is more shares the last one
    double error = 0.25;  ///< a bucket is at most so much wider than its beginning; above 0, at most 1
  };

  /// The default: logarithmic, 117 buckets from 100 ns to 60 s, each at most a quarter wider than its beginning.
  HistogramConfig() : HistogramConfig(Logarithmic{}) {}
  /// Each bucket is at most `error` wide, as a part of its beginning. Aborts where the bounds make no sense.
  HistogramConfig(Logarithmic bounds);  // NOLINT(google-explicit-constructor): bounds are a configuration
  /// `buckets` of them, each `width` wide; at least one, and 1 ns.
  static HistogramConfig linear(Duration width, std::size_t buckets);

  std::size_t buckets() const noexcept { return count_; }
  /// Negative durations count as zero.
  std::size_t bucket_of(Duration duration) const noexcept;
  /// `bucket` is less than buckets(), or the process aborts.
  HistogramRange range(std::size_t bucket) const noexcept;

 private:
  HistogramConfig(std::uint64_t width, std::size_t count) noexcept : width_(width), count_(count) {}
  std::uint64_t begin_of(std::size_t bucket) const noexcept;

  std::uint64_t width_ = 0;  ///< linear: ns; 0: logarithmic
  unsigned precision_ = 0;   ///< logarithmic: each power of two has 2^precision_ buckets
  std::size_t first_ = 0;    ///< logarithmic: number, counted from zero nanoseconds, of the first bucket
  std::size_t count_;
};

}  // namespace rondeau::base

namespace rondeau {
using base::HistogramConfig;
using base::HistogramRange;
}  // namespace rondeau
