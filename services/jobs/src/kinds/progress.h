// Progress: how far a job is, told by whoever runs it, on whatever thread.
#pragma once

#include <atomic>

namespace jobs {

class Progress {
 public:
  /// From 0 to 1.
  void set(double part) noexcept { part_.store(part, std::memory_order_relaxed); }
  double get() const noexcept { return part_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> part_{0};  // written by the job, read by who keeps its lease; an old value is told a little later
};

}  // namespace jobs
