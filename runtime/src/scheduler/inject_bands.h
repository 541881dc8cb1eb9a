// The inject queue of each band, and whether the runtime has bands at all.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "scheduler/bands.h"
#include "scheduler/inject.h"

namespace rondeau::scheduler {

class InjectBands {
 public:
  explicit InjectBands(std::size_t workers) : queues_{Inject(workers), Inject(workers), Inject(workers)} {}

  Inject& of(Priority band) noexcept { return queues_[index_of(band)]; }
  const Inject& of(Priority band) const noexcept { return queues_[index_of(band)]; }

  void push_remotely(detail::Header* task) noexcept {
    const Priority band = band_of(*task);
    if (band != Priority::Normal) use_bands();
    of(band).push_remotely(task);
  }

  /// A task that is not normal is about to be queued somewhere. Never taken back.
  void use_bands() noexcept {
    if (!uses_bands()) uses_bands_.store(true, std::memory_order_relaxed);
  }
  /// Relaxed: who finds the task in its queue sees what was stored before it was put there, and a worker that does not
  /// know yet learns it when it looks around next.
  bool uses_bands() const noexcept { return uses_bands_.load(std::memory_order_relaxed); }

  std::size_t size() const noexcept {
    std::size_t total = 0;
    for (const Inject& queue : queues_) total += queue.size();
    return total;
  }
  bool empty() const noexcept {
    // Whoever comes to sleep by what this says has met, in the parker or the idle word, those who pushed before.
    return uses_bands() ? size() == 0 : of(Priority::Normal).empty();
  }
  /// Those in which anything was ever queued.
  std::span<const Priority> bands() const noexcept {
    static constexpr std::array kNormal{Priority::Normal};
    return uses_bands() ? std::span<const Priority>(kAllBands) : kNormal;
  }
  std::uint64_t pushed_remotely() const noexcept {
    std::uint64_t total = 0;
    for (const Inject& queue : queues_) total += queue.pushed_remotely();
    return total;
  }

 private:
  std::array<Inject, kBands> queues_;
  std::atomic<bool> uses_bands_{false};  ///< written by whoever submits, read by workers
};

}  // namespace rondeau::scheduler
