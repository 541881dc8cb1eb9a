// The queues of whoever drives without workers: a list of tasks for each band. Used by one thread at a time.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "scheduler/bands.h"
#include "scheduler/inject.h"
#include "scheduler/progress.h"

namespace rondeau::scheduler {

/// Linked through queue_next.
class TaskList {
 public:
  bool empty() const noexcept { return head_ == nullptr; }
  void push(detail::Header* task) noexcept { append({.first = task, .last = task, .count = 1}); }
  void append(const Inject::Chain& chain) noexcept {
    chain.last->queue_next = nullptr;
    (tail_ != nullptr ? tail_->queue_next : head_) = chain.first;
    tail_ = chain.last;
    add(pushed_, static_cast<std::uint32_t>(chain.count));
  }
  detail::Header* pop() noexcept {
    detail::Header* task = head_;
    if (task == nullptr) return nullptr;
    head_ = task->queue_next;
    if (head_ == nullptr) tail_ = nullptr;
    add(popped_, 1);
    return task;
  }

  /// Any thread; a hint.
  Progress progress() const noexcept {
    return {popped_.load(std::memory_order_relaxed), pushed_.load(std::memory_order_relaxed)};
  }
  std::size_t size() const noexcept {
    const auto [popped, pushed] = progress();
    const auto count = static_cast<std::int32_t>(pushed - popped);
    return count < 0 ? 0 : static_cast<std::size_t>(count);
  }

 private:
  static void add(std::atomic<std::uint32_t>& counter, std::uint32_t count) noexcept {
    counter.store(counter.load(std::memory_order_relaxed) + count, std::memory_order_relaxed);
  }

  detail::Header* head_ = nullptr;
  detail::Header* tail_ = nullptr;
  std::atomic<std::uint32_t> pushed_{0};  // both written by who drives, read by metrics
  std::atomic<std::uint32_t> popped_{0};
};

class BandLists {
 public:
  TaskList& of(Priority band) noexcept { return lists_[index_of(band)]; }
  const TaskList& of(Priority band) const noexcept { return lists_[index_of(band)]; }

  bool empty() const noexcept { return lists_[0].empty() && lists_[1].empty() && lists_[2].empty(); }
  std::array<std::size_t, kBands> sizes() const noexcept { return {lists_[0].size(), lists_[1].size(), lists_[2].size()}; }
  std::size_t size() const noexcept { return lists_[0].size() + lists_[1].size() + lists_[2].size(); }

  void push(detail::Header* task, std::uint32_t now) noexcept {
    const Priority band = band_of(*task);
    if (of(band).empty()) turns_.came(band, now);
    of(band).push(task);
  }
  /// Some are about to be appended to a list that is empty.
  void came(Priority band, std::uint32_t now) noexcept { turns_.came(band, now); }
  /// Of the band whose turn it is; null: all are empty.
  detail::Header* pop(std::uint32_t now) noexcept {
    unsigned waiting = 0;
    for (const Priority band : kAllBands) {
      if (!of(band).empty()) waiting |= BandTurns::bit(band);
    }
    if (waiting == 0) return nullptr;
    const Priority band = turns_.next(waiting, now);
    turns_.ran(band, now);
    return of(band).pop();
  }

 private:
  std::array<TaskList, kBands> lists_;
  BandTurns turns_;
};

}  // namespace rondeau::scheduler
