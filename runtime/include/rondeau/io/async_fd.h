// AsyncFd: readiness of any descriptor the kernel can poll, for system calls of one's own.
#pragma once

#include <concepts>
#include <functional>
#include <type_traits>
#include <utility>

#include <rondeau/base/result.h>
#include <rondeau/detail/attempts.h>
#include <rondeau/detail/scheduler.h>
#include <rondeau/io/ready.h>
#include <rondeau/task/cancel_safety.h>

namespace rondeau::io {

/// Something that owns a descriptor and says which.
template <class T>
concept DescriptorOwner = requires(const T& owner) {
  { owner.get() } -> std::same_as<int>;
};

/// Where a registration is made for AsyncFd: with the reactor of this thread's runtime.
Result<detail::Registration> register_descriptor(int descriptor);

/// What was ready when a wait ended, and the means to say that it is so no more.
///
/// Clearing forgets nothing that was reported after the wait ended. Closed and error conditions are forgotten only by
/// try_io(): a call that would wait has shown that they are over, as where a FIFO found another writer.
/// Lifetime: the AsyncFd must outlive it.
class ReadyGuard {
 public:
  ReadyGuard(const detail::Registration& registration, detail::Readiness seen, Ready interest) noexcept
      : registration_(registration), seen_(seen), ready_(Ready(seen.bits()) & interest) {}

  Ready ready() const noexcept { return ready_; }
  /// The runtime has ended: there will be no more.
  bool is_shutdown() const noexcept { return seen_.is_shutdown(); }
  /// After a call that would have waited.
  void clear_ready() noexcept { clear_ready_matching(ready_); }
  void clear_ready_matching(Ready what) noexcept {
    constexpr std::uint32_t kFinal =
        base::PollEvent::ReadClosed | base::PollEvent::WriteClosed | base::PollEvent::Failed;
    registration_.clear(what.bits() & ~kFinal, seen_);
    ready_ = ready_ - what;
  }
  /// What was seen stays.
  void retain_ready() const noexcept {}
  /// Calls `call` and clears where it would have waited (Errc::WouldBlock).
  template <class F>
  auto try_io(F&& call) {
    auto result = std::invoke(std::forward<F>(call));
    if (!result && result.error() == Errc::WouldBlock) {
      registration_.clear(ready_.bits(), seen_);
      ready_ = Ready();
    }
    return result;
  }

 private:
  const detail::Registration& registration_;
  detail::Readiness seen_;
  Ready ready_;
};

/// Owns `T` and knows when its descriptor is ready. Deregisters before the owner closes it.
///
/// The descriptor should be non-blocking. Any number of tasks may wait. Thread safety: any thread; destroying as for an
/// int. Lifetime: it must stay where it is while somebody waits.
template <DescriptorOwner T>
class AsyncFd {
 public:
  AsyncFd(AsyncFd&&) noexcept = default;
  AsyncFd& operator=(AsyncFd&& other) noexcept {
    registration_ = std::move(other.registration_);  // first: deregistered, then closed
    owner_ = std::move(other.owner_);
    return *this;
  }

  /// Waits for the interest; gives Result<ReadyGuard>. Errors: ShuttingDown. Cancellation: safe.
  class [[nodiscard]] Wait final : public detail::WaitForReadiness<Wait, const detail::Registration> {
   public:
    static constexpr CancelSafety cancel_safety = CancelSafety::Safe;
    Wait(const detail::Registration& registration, Interest interest) noexcept
        : detail::WaitForReadiness<Wait, const detail::Registration>(registration, interest.ready().bits()),
          interest_(interest.ready()) {}
    Result<ReadyGuard> await_resume() noexcept {
      ReadyGuard guard(this->source_, this->source_.readiness(), interest_);
      if (guard.is_shutdown()) return Errc::ShuttingDown;
      return guard;
    }

   private:
    Ready interest_;
  };

  /// Repeats `call` (a callable that returns a Result) until it is not Errc::WouldBlock. Cancellation: safe.
  template <class F>
  class [[nodiscard]] Io final : public detail::Attempts<Io<F>, const detail::Registration> {
   public:
    static constexpr CancelSafety cancel_safety = CancelSafety::Safe;
    using Value = std::invoke_result_t<F&>;
    Io(const detail::Registration& registration, Interest interest, F call) noexcept
        : detail::Attempts<Io, const detail::Registration>(registration, interest.ready().bits(), Io::Alone::No),
          interest_(interest.ready()),
          call_(std::move(call)) {}
    bool attempt() noexcept {
      result_ = try_call(this->source_, interest_, call_);
      return result_ || result_.error() != Errc::WouldBlock;
    }
    Value await_resume() noexcept { return std::move(result_); }

   private:
    Ready interest_;
    F call_;
    Value result_{Errc::WouldBlock};
  };

  /// On a thread of a runtime. Errors: PermissionDenied for what cannot be polled (regular files), ShuttingDown.
  static Result<AsyncFd> make(T owner) {
    RONDEAU_TRY_PLAIN(detail::Registration registration, register_descriptor(owner.get()));
    return AsyncFd(std::move(owner), std::move(registration));
  }

  Wait readable() const noexcept { return ready(Interest::readable()); }
  Wait writable() const noexcept { return ready(Interest::writable()); }
  Wait ready(Interest interest) const noexcept { return Wait(registration_, interest); }

  template <std::invocable F>
  Io<std::decay_t<F>> async_io(Interest interest, F&& call) const {
    return Io<std::decay_t<F>>(registration_, interest, std::forward<F>(call));
  }
  /// Calls `call` if the descriptor was reported ready; else, and where the call would wait, Errc::WouldBlock.
  template <std::invocable F>
  std::invoke_result_t<F&> try_io(Interest interest, F&& call) const {
    return try_call(registration_, interest.ready(), call);
  }

  /// Forgets what was reported so far, closed and error conditions apart: the next wait ends at a report that is yet to
  /// come. For who writes a request and waits for its answer: forget, write, wait.
  void clear_ready(Interest interest) const noexcept {
    ReadyGuard(registration_, registration_.readiness(), interest.ready()).clear_ready();
  }

  /// For who implements a Reader over the descriptor: begins a wait, and ends it, as Reader has them.
  bool start_wait(detail::Waiter& waiter) const noexcept { return registration_.start_wait(waiter); }
  void end_wait(detail::Waiter& waiter) const noexcept { registration_.end_wait(waiter); }

  T& inner() noexcept { return owner_; }
  const T& inner() const noexcept { return owner_; }
  /// Deregisters and gives the owner back.
  T release() && noexcept {
    registration_.reset();
    return std::move(owner_);
  }

 private:
  AsyncFd(T owner, detail::Registration registration) noexcept
      : owner_(std::move(owner)), registration_(std::move(registration)) {}

  template <class F>
  static std::invoke_result_t<F&> try_call(const detail::Registration& registration, Ready interest, F& call) {
    const detail::Readiness seen = registration.readiness();
    if (seen.is_shutdown()) return Errc::ShuttingDown;
    ReadyGuard guard(registration, seen, interest);
    if (guard.ready().is_empty()) return Errc::WouldBlock;
    return guard.try_io(call);
  }

  T owner_;
  detail::Registration registration_;  // destroyed first
};

}  // namespace rondeau::io
