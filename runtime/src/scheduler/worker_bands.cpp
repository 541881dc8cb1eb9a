// A worker among tasks of several priorities. Before it has met one that is not normal none of this is entered: it then
// asks for the bit kBanded where it asks for other reasons too, and looks around before each task from then on, which is
// where next_by_band() is called.
#include <algorithm>

#include "scheduler/multi_thread.h"
#include "scheduler/worker.h"

namespace rondeau::scheduler {

/// From now on, and for good.
void Worker::use_bands() noexcept {
  if (banded()) return;
  runtime_.inject_bands().use_bands();
  until_poll_ -= look_span_ - until_look_;
  until_inject_ -= look_span_ - until_look_;
  detour_ |= kBanded;
  counted_polls_ = counters_.polls.get();
  plan_next_look();
}

/// It is about to run, from the LIFO slot. Returns it, so that the caller need not keep it over a call.
detail::Header* Worker::take_turn(detail::Header* task) noexcept {
  turns_.ran(band_of(*task), runtime_.seen_time());
  return task;
}

std::array<std::size_t, kBands> Worker::depths() const noexcept {
  std::array<std::size_t, kBands> depths{};
  for (const Priority band : kAllBands) depths[index_of(band)] = queues_.size(band);
  if (!lifo_.empty()) ++depths[index_of(lifo_band_.load(std::memory_order_relaxed))];
  return depths;
}

/// With its own tasks, and with those that came from outside: whoever waits there has a turn as soon.
unsigned Worker::waiting_bands() const noexcept {
  unsigned waiting = 0;
  for (const Priority band : kAllBands) {
    if (queues_.size(band) != 0 || !runtime_.inject_bands().of(band).empty()) waiting |= BandTurns::bit(band);
  }
  return waiting;
}

void Worker::count_down() noexcept {
  const std::uint64_t ran = counters_.polls.get() - counted_polls_;
  counted_polls_ += ran;
  until_poll_ -= static_cast<unsigned>(std::min<std::uint64_t>(ran, until_poll_));
  until_inject_ -= static_cast<unsigned>(std::min<std::uint64_t>(ran, until_inject_));
}

/// look_around() and next_task() in one.
detail::Header* Worker::next_by_band() noexcept {
  count_down();
  if (until_poll_ == 0) poll_driver();
  const std::uint32_t now = runtime_.seen_time();
  if (detail::Header* task = lifo_.take(); task != nullptr) return take_turn(task);
  if (until_inject_ == 0) {
    let_in_ = (1U << kBands) - 1;
    until_inject_ = inject_interval_.tasks();
  }
  for (unsigned waiting = waiting_bands(); waiting != 0;) {
    const Priority band = turns_.next(waiting, now);
    if (detail::Header* task = take_from(band); task != nullptr) {
      turns_.ran(band, now);
      return task;
    }
    waiting &= ~BandTurns::bit(band);  // somebody else was faster
  }
  return nullptr;
}

detail::Header* Worker::take_from(Priority band) noexcept {
  if ((let_in_ & BandTurns::bit(band)) != 0) {
    let_in_ &= ~BandTurns::bit(band);
    if (detail::Header* task = pop_inject(band); task != nullptr) return task;
  }
  if (Ring<>* ring = queues_.find(band); ring != nullptr) {
    if (detail::Header* task = ring->pop(); task != nullptr) return task;
  }
  return pop_inject(band);
}

detail::Header* Worker::pop_inject(Priority band) noexcept {
  return runtime_.inject_bands().of(band).empty() ? nullptr : take_share(band);
}

detail::Header* Worker::pop_any_inject() noexcept {
  use_bands();
  for (const Priority band : kAllBands) {
    if (detail::Header* task = pop_inject(band); task != nullptr) return task;
  }
  return nullptr;
}

void Worker::push_by_band(detail::Header* task) noexcept {
  if (!banded()) return push(task);
  const Priority band = band_of(*task);
  Ring<>& ring = queues_.of(band);
  if (ring.empty()) turns_.came(band, runtime_.seen_time());
  ring.push(task, [&](detail::Header* first, detail::Header* last, std::size_t count) {
    counters_.overflows.add();
    const bool stands_in = &ring == &queues_.normal();  // and holds tasks of all bands
    runtime_.inject_bands().of(stands_in ? Priority::Normal : band).push(first, last, count);
  });
}

/// An interactive task takes the LIFO slot, a normal one takes it from none that is interactive, a background one never.
void Worker::submit_by_band(detail::Header* task, detail::Submit how) noexcept {
  const Priority band = band_of(*task);
  const bool behind = band == Priority::Background ||
                      (band == Priority::Normal && !lifo_.empty() &&
                       lifo_band_.load(std::memory_order_relaxed) == Priority::Interactive);
  if (behind || how == detail::Submit::Yielded || (detour_ & (kTurning | kNoLifoSlot)) != 0) {
    push_by_band(task);
    if ((detour_ & kTurning) == 0) runtime_.notify_other();
    return;
  }
  lifo_band_.store(band, std::memory_order_relaxed);
  detail::Header* before = lifo_.put(task);
  if (before == nullptr) return;
  push_by_band(before);
  runtime_.notify_other();
}

}  // namespace rondeau::scheduler
