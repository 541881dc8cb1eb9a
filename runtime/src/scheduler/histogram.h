// A worker's histogram: it alone counts, anybody reads.
#pragma once

#include <cstdint>
#include <vector>

#include <rondeau/base/histogram_config.h>

#include "scheduler/worker_counters.h"

namespace rondeau::scheduler {

class Histogram {
 public:
  explicit Histogram(const HistogramConfig& config) : config_(config), counts_(config.buckets()) {}

  void add(Duration duration) noexcept { counts_[config_.bucket_of(duration)].add(); }
  std::uint64_t count(std::size_t bucket) const noexcept { return counts_[bucket].get(); }

 private:
  const HistogramConfig config_;
  std::vector<Counter> counts_;
};

}  // namespace rondeau::scheduler
