// Where a worker finds tasks that are not in its own queues: four passes over those of the others, the inject queues.
#include <algorithm>

#include "scheduler/multi_thread.h"
#include "scheduler/worker.h"
#include "task/random.h"

namespace rondeau::scheduler {
namespace {

constexpr int kPasses = 4;
constexpr std::size_t kLargestShare = 128;

}  // namespace

detail::Header* Worker::search() noexcept {
  if (runtime_.workers() > 1) {
    if (!searching_ && !(searching_ = runtime_.idle().start_searching())) return nullptr;
    for (int pass = 1; pass <= kPasses; ++pass) {
      if (detail::Header* task = steal_once(pass == kPasses); task != nullptr) return task;
    }
  }
  return pop_inject();
}

detail::Header* Worker::steal_once(bool lifo_too) noexcept {
  const std::size_t first = detail::next_random(random_state_) % runtime_.workers();
  if (!runtime_.inject_bands().uses_bands()) [[likely]] {
    if (detail::Header* task = steal_from(first, Priority::Normal); task != nullptr) return task;
  } else {
    use_bands();
    for (const Priority band : kAllBands) {
      if (detail::Header* task = steal_from(first, band); task != nullptr) return task;
    }
  }
  return lifo_too ? steal_lifo(first) : nullptr;
}

detail::Header* Worker::steal_from(std::size_t first_victim, Priority band) noexcept {
  const std::size_t count = runtime_.workers();
  for (std::size_t i = 0; i < count; ++i) {
    Worker& victim = runtime_.worker((first_victim + i) % count);
    Ring<>* theirs = &victim == this ? nullptr : victim.queues_.find(band);
    if (theirs == nullptr) continue;
    const auto [task, number] = theirs->steal_into(queues_.of(band));
    if (task == nullptr) continue;
    counters_.steals.add(number);
    counters_.steal_operations.add();
    return task;
  }
  return nullptr;
}

detail::Header* Worker::steal_lifo(std::size_t first_victim) noexcept {
  const std::size_t count = runtime_.workers();
  for (std::size_t i = 0; i < count; ++i) {
    Worker& victim = runtime_.worker((first_victim + i) % count);
    detail::Header* task = &victim == this ? nullptr : victim.lifo_.take();
    if (task == nullptr) continue;
    counters_.steals.add();
    counters_.steal_operations.add();
    return task;
  }
  return nullptr;
}

detail::Header* Worker::pop_inject() noexcept {
  InjectBands& inject = runtime_.inject_bands();
  if (inject.uses_bands()) [[unlikely]] return pop_any_inject();
  return inject.of(Priority::Normal).empty() ? nullptr : take_share(Priority::Normal);
}

/// Of the inject queue: the first task to run, the rest to the ring.
detail::Header* Worker::take_share(Priority band) noexcept {
  Inject& inject = runtime_.inject_bands().of(band);
  Inject::Chain chain = inject.take(index_);
  if (chain.count == 0) return nullptr;
  Ring<>& ring = queues_.of(band);
  const std::size_t share =
      std::min({chain.count / runtime_.workers() + 1, chain.count, ring.room() + 1, kLargestShare});
  detail::Header* first = chain.first;
  chain.first = ring.append(first->queue_next, share - 1);
  chain.count -= share;
  if (chain.count > 0) inject.put_back(chain);
  if (share > 1 || chain.count > 0) runtime_.notify_other();  // others may have looked while the queue was empty
  return first;
}

}  // namespace rondeau::scheduler
