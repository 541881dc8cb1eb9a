#include <rondeau/detail/flight.h>

#include <algorithm>

#include <rondeau/base/assert.h>

#include "task/random.h"

namespace rondeau::detail {
namespace {

/// As the runner of a task asks the leaf of a slot that fired.
void ask(ArmBase& arm) noexcept {
  Leaf* leaf = arm.leaf;
  if (leaf == nullptr || !leaf->ready()) return;
  arm.leaf = nullptr;
  leaf->frame.resume();
}

}  // namespace

bool FlightBase::Wait::decided() const noexcept {
  const auto& seats = flight_.seats_;
  if (seats.empty()) return true;
  if (until_ == Until::First) return seats.front()->arm().done;
  return std::any_of(seats.begin(), seats.end(), [](const auto& seat) { return seat->arm().done; });
}

bool FlightBase::Wait::await_ready() {
  const auto& seats = flight_.seats_;
  const std::size_t first = until_ == Until::First || seats.empty() ? 0 : random_below(seats.size());
  asking_ = true;
  for (std::size_t i = 0; i < seats.size() && !decided(); ++i) {
    Seat& seat = *seats[(first + i) % seats.size()];
    ArmBase& arm = seat.arm();
    if (arm.done) continue;
    seat.inside = true;
    if (!arm.begun) {
      seat.start(*this);
    } else {
      arm.enter(*this);
      detail::unpause(arm);
      arm.set_context(strand->context);
      ask(arm);
    }
  }
  asking_ = false;
  return decided();
}

void FlightBase::Wait::context_changed() noexcept {
  for (const auto& seat : flight_.seats_) {
    if (seat->inside) seat->arm().set_context(strand->context);
  }
}

void FlightBase::Wait::describe(WaitDescription& wait) const noexcept {
  wait.operation = "buffered";
  wait.count = flight_.seats_.size();
}

void FlightBase::Wait::for_each_branch(BranchVisitor& visitor) const noexcept {
  for (const auto& seat : flight_.seats_) {
    if (seat->inside && !seat->arm().done) visitor.visit(seat->arm());
  }
}

bool FlightBase::Wait::await_suspend(std::coroutine_handle<> waiting) noexcept {
  frame = waiting;
  strand->leaf = this;
  return true;
}

void FlightBase::Wait::disarm() noexcept {
  for (const auto& seat : flight_.seats_) {
    if (std::exchange(seat->inside, false)) seat->arm().pause();
  }
}

std::coroutine_handle<> FlightBase::Wait::branch_done(Branch& branch) noexcept {
  static_cast<ArmBase&>(branch).done = true;
  if (asking_ || !decided()) return std::noop_coroutine();
  strand->leaf = nullptr;
  if (frame) return frame;
  auto& outer = static_cast<Branch&>(*strand);  // without a frame: itself a branch of a combinator
  return outer.owner->branch_done(outer);
}

bool FlightBase::Wait::end_branch_holds() noexcept {
  bool drained = true;
  for (const auto& seat : flight_.seats_) {
    ArmBase& arm = seat->arm();
    if (!arm.begun || arm.done) continue;
    arm.ending = true;
    drained = end_holds(arm) && drained;
  }
  return drained;
}

void FlightBase::Wait::pause() noexcept {
  for (const auto& seat : flight_.seats_) {
    if (seat->inside) seat->arm().pause();
  }
}

void FlightBase::Wait::unpause() noexcept {
  for (const auto& seat : flight_.seats_) {
    if (seat->inside && !seat->arm().done) seat->arm().unpause(*this);
  }
}

void FlightBase::remove(const void* tag) noexcept {
  std::erase_if(seats_, [&](const auto& seat) { return seat->tag == tag; });
}

std::unique_ptr<FlightBase::Seat> FlightBase::take_ended() noexcept {
  const auto ended = std::find_if(seats_.begin(), seats_.end(), [](const auto& seat) { return seat->arm().done; });
  if (ended == seats_.end()) base::fail("a flight has nothing that ended; wait for it first");
  std::unique_ptr<Seat> seat = std::move(*ended);
  seats_.erase(ended);
  return seat;
}

}  // namespace rondeau::detail
