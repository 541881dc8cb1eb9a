#include <rondeau/runtime/test_clock.h>

#include <rondeau/base/assert.h>
#include <rondeau/detail/scheduler.h>

#include "time/paused_clock.h"

namespace rondeau::runtime::test {
namespace {

time::PausedClock& clock_of(detail::Scheduler& scheduler, std::source_location where) {
  time::PausedClock* clock = scheduler.paused_clock();
  if (clock == nullptr) {
    base::fail("only the clock of a current_thread runtime can be paused: nobody else knows when all is idle", where);
  }
  return *clock;
}

}  // namespace

void pause(std::source_location where) {
  clock_of(detail::require_scheduler(where), where).pause(where);
}

void resume(std::source_location where) {
  clock_of(detail::require_scheduler(where), where).resume(where);
}

bool Advance::enqueue() {
  time::PausedClock& clock = clock_of(*strand->task->scheduler, where_);
  clock.begin_advance(clock.now() + span_, strand->wake(), where_);
  begun_ = true;
  return true;
}

bool Advance::fired() const noexcept {
  return strand->task->scheduler->paused_clock()->advanced();
}

void Advance::disarm() noexcept {
  if (begun_) strand->task->scheduler->paused_clock()->cancel_advance();
  begun_ = false;
}

}  // namespace rondeau::runtime::test
