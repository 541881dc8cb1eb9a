// A timer as its wheel sees it: linked into the wheel while armed. Lives in the awaiter that waits.
#pragma once

#include <atomic>
#include <cstdint>

#include <rondeau/base/instant.h>
#include <rondeau/detail/header.h>

namespace rondeau::timer {
class Wheel;
}

namespace rondeau::detail {

struct TimerEntry {
  TimerEntry* previous = nullptr;  ///< links of a slot's list, under the wheel's lock
  TimerEntry* next = nullptr;
  timer::Wheel* wheel = nullptr;   ///< home; null while never armed
  std::uint64_t tick = 0;          ///< when it is due, in the wheel's milliseconds
  Wake wake;
  std::atomic<std::uint8_t> state{0};  ///< Idle, Armed, Fired: written under the wheel's lock, read by ready()

  enum State : std::uint8_t { Idle, Armed, Fired };
  bool fired() const noexcept { return state.load(std::memory_order_acquire) == Fired; }  // pairs with the wheel's firing
};

/// Arms `entry` for `deadline` on the wheel of the current thread. False: it is due already (Fired).
bool arm_timer(TimerEntry& entry, base::Instant deadline, Wake wake, Scheduler& scheduler) noexcept;
/// Takes it out of its wheel; afterwards it does not fire. Any thread, but one at a time per entry.
void cancel_timer(TimerEntry& entry) noexcept;

}  // namespace rondeau::detail
