#include <rondeau/signal/signal.h>

#include <utility>

#include <rondeau/detail/scheduler.h>

#include "signal/dispatcher.h"

namespace rondeau::signal {

Result<Signal> signal(SignalKind kind, std::source_location where) {
  detail::Scheduler& scheduler = detail::require_scheduler(where);
  RONDEAU_TRY_VOID_PLAIN(install_handler(kind.raw()));
  Signal made(kind, waves(kind.raw()));
  RONDEAU_TRY_PLAIN(made.descriptor_, make_listener());
  RONDEAU_TRY_PLAIN(made.registration_, detail::Registration::make(scheduler.reactor(), made.descriptor_.get(), 0));
  return made;
}

bool Signal::listen(bool& ended) const noexcept {
  // First the readiness, then the count: a signal after the count was read is a report after `seen`, which clear()
  // keeps.
  const detail::Readiness seen = registration_.readiness();
  ended = seen.is_shutdown();
  if (ended || waves(kind_.raw()) != heard_) return true;
  registration_.clear(detail::kReadInterest, seen);
  return false;
}

std::optional<SignalKind> Signal::take(bool ended) noexcept {
  const std::uint64_t now = waves(kind_.raw());
  if (std::exchange(heard_, now) == now && ended) return std::nullopt;
  return kind_;
}

bool Signal::Recv::enqueue() noexcept {
  waiter_.wake = strand->wake();
  waiter_.interest = detail::kReadInterest;
  while (!signal_.registration_.start_wait(waiter_)) {
    if (signal_.listen(ended_)) return false;
  }
  return true;
}

Task<Result<void>> ctrl_c() {
  RONDEAU_TRY(Signal interrupt, signal(SignalKind::interrupt()));
  if (!co_await interrupt.recv()) co_return Errc::ShuttingDown;
  co_return Result<void>();
}

}  // namespace rondeau::signal
