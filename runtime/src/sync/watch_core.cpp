#include <rondeau/detail/watch_core.h>

namespace rondeau::detail {

void WatchCore::tell_receivers() noexcept {
  for (Line& line : crowds_) line.crowd.wake_all();
}

void WatchCore::drop_sender() noexcept {
  // What it sent happens before the end that receivers see.
  if (senders_.fetch_sub(1, std::memory_order_seq_cst) == 1) tell_receivers();
}

Crowd& WatchCore::add_receiver() noexcept {
  receivers_.fetch_add(1, std::memory_order_seq_cst);
  return crowds_[next_crowd_.fetch_add(1, std::memory_order_relaxed) % kCrowds].crowd;
}

void WatchCore::drop_receiver() noexcept {
  if (receivers_.fetch_sub(1, std::memory_order_seq_cst) == 1) no_receivers_.wake_all();
}

}  // namespace rondeau::detail
