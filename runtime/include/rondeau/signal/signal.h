// signal, ctrl_c: hear what the system tells the process.
#pragma once

#include <cstdint>
#include <optional>
#include <source_location>

#include <rondeau/base/result.h>
#include <rondeau/base/unique_fd.h>
#include <rondeau/detail/leaf.h>
#include <rondeau/detail/registration.h>
#include <rondeau/signal/signal_kind.h>
#include <rondeau/task/cancel_safety.h>
#include <rondeau/task/task.h>

namespace rondeau::signal {

/// Hears one kind of signal. `auto terminate = signal(SignalKind::terminate()).value(); co_await terminate.recv();`
///
/// Every listener hears each wave, in every runtime of the process; signals of one kind that come before a recv()
/// count as one. Thread safety: one user at a time. Lifetime: one that outlives its runtime hears no more.
class Signal {
 public:
  class Recv;

  Signal(Signal&&) noexcept = default;
  Signal& operator=(Signal&& other) noexcept {
    registration_ = std::move(other.registration_);  // first: deregistered, then closed
    descriptor_ = std::move(other.descriptor_);
    kind_ = other.kind_;
    heard_ = other.heard_;
    return *this;
  }

  SignalKind kind() const noexcept { return kind_; }

  /// Waits for the signal; ready at once where it came since the last recv(), or since this listener was made. Empty
  /// only after the runtime has ended. Cancellation: safe.
  Recv recv() noexcept;
  /// A listener is a stream.
  Recv next() noexcept;

 private:
  friend Result<Signal> signal(SignalKind kind, std::source_location where);
  Signal(SignalKind kind, std::uint64_t heard) noexcept : kind_(kind), heard_(heard) {}

  bool listen(bool& ended) const noexcept;
  std::optional<SignalKind> take(bool ended) noexcept;

  SignalKind kind_;
  std::uint64_t heard_;  ///< waves up to which recv() has told
  base::UniqueFd descriptor_;
  detail::Registration registration_;  ///< destroyed first: deregistered, then closed
};

class [[nodiscard("recv does nothing until it is awaited")]] Signal::Recv final : public detail::Awaiter<Recv> {
 public:
  static constexpr task::CancelSafety cancel_safety = task::CancelSafety::Safe;

  explicit Recv(Signal& signal) noexcept : signal_(signal) {}
  ~Recv() { disarm(); }
  bool try_now() noexcept { return signal_.listen(ended_); }
  bool enqueue() noexcept;
  bool fired() noexcept { return !waiter_.linked() && (try_now() || !enqueue()); }
  void disarm() noexcept {
    if (waiter_.linked()) signal_.registration_.end_wait(waiter_);
  }
  std::optional<SignalKind> await_resume() noexcept { return signal_.take(ended_); }

 private:
  Signal& signal_;
  detail::Waiter waiter_;
  bool ended_ = false;
};

inline Signal::Recv Signal::recv() noexcept {
  return Recv(*this);
}
inline Signal::Recv Signal::next() noexcept {
  return Recv(*this);
}

/// Begins to listen on the current runtime.
///
/// From the first listener on, the signal's default action is off for the life of the process, also when nobody
/// listens any more. Errors: InvalidArgument for KILL, STOP, SEGV, BUS, FPE, ILL and what is no signal;
/// TooManyOpenFiles; ShuttingDown. Aborts outside a runtime. Thread safety: any thread.
Result<Signal> signal(SignalKind kind, std::source_location where = std::source_location::current());

/// Waits for Ctrl-C (SIGINT), once. Errors: as signal(), and ShuttingDown. Cancellation: a signal that comes between
/// two calls is not heard; keep a Signal to miss none.
Task<Result<void>> ctrl_c();

}  // namespace rondeau::signal

namespace rondeau {
using signal::ctrl_c;
}
