#include <rondeau/task/block_in_place.h>

#include <utility>

#include <rondeau/detail/scheduler.h>

namespace rondeau::detail {
namespace {

thread_local bool in_place = false;

}  // namespace

// Not inlined, as all that touches a thread-local: see current.cpp.
[[gnu::noinline]] InPlace::InPlace() {
  if (current_task() == nullptr || in_place) return;
  seat_ = require_scheduler().give_worker_away();
  in_place = outermost_ = true;
}

[[gnu::noinline]] InPlace::~InPlace() {
  if (!outermost_) return;
  in_place = false;
  if (seat_ != nullptr) require_scheduler().take_worker_back(seat_);
}

[[gnu::noinline]] bool InPlace::exchange(bool here) noexcept { return std::exchange(in_place, here); }

}  // namespace rondeau::detail
