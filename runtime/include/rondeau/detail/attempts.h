// Attempts<Derived, Source>: an awaiter that tries, waits for readiness where it must, and tries again.
#pragma once

#include <cstdint>

#include <rondeau/detail/leaf.h>
#include <rondeau/detail/registration.h>
#include <rondeau/detail/waiter.h>

namespace rondeau::detail {

/// Derived has `bool attempt() noexcept`: true when the result is there, false after Errc::WouldBlock.
/// Source has start_wait(Waiter&), false where the wait would be over at once, and end_wait(Waiter&).
template <class Derived, class Source>
class Attempts : public Awaiter<Derived> {
 public:
  bool try_now() noexcept { return self().attempt(); }

  bool enqueue() noexcept {
    disarm();
    waiter_.wake = this->strand->wake();
    // Not linked: readiness came after the attempt.
    for (int i = 0; i < kAttemptsInARow; ++i) {
      if (source_.start_wait(waiter_)) return true;
      if (self().attempt()) return false;
    }
    // Said to be ready and would wait, again and again: others go first, then it is asked once more.
    waiter_.wake.wake_by_reference();
    return true;
  }

  bool fired() noexcept {
    if (waiter_.linked()) return false;
    return self().attempt() || !enqueue();
  }

  void disarm() noexcept {
    if (waiter_.linked()) source_.end_wait(waiter_);
  }
  void describe_wait(WaitDescription& wait) const noexcept {
    wait.object = &source_;
    if constexpr (requires(const Source& source) { source.described_descriptor(); }) {
      wait.descriptor = source_.described_descriptor();
    } else if constexpr (requires(const Source& source) { source.descriptor(); }) {
      wait.descriptor = source_.descriptor();
    } else if constexpr (requires(const Source& source) { source.fd(); }) {
      wait.descriptor = source_.fd();
    }
    wait.direction = (waiter_.interest & kReadInterest) != 0 ? "readable" : "writable";
  }

 protected:
  enum class Alone : bool { No, Yes };  ///< Yes: two at once are a bug of the caller

  Attempts(Source& source, std::uint32_t interest, Alone alone) noexcept : source_(source) {
    waiter_.interest = interest;
    waiter_.exclusive = alone == Alone::Yes;
  }
  ~Attempts() { disarm(); }

  Source& source_;

 private:
  static constexpr int kAttemptsInARow = 4;

  Derived& self() noexcept { return static_cast<Derived&>(*this); }

  Waiter waiter_;
};

/// Waits for readiness itself; nothing is attempted.
template <class Derived, class Source>
class WaitForReadiness : public Attempts<Derived, Source> {
 public:
  bool try_now() noexcept { return !Attempts<Derived, Source>::enqueue(); }
  bool enqueue() noexcept { return true; }  // try_now() began the wait
  bool attempt() noexcept { return true; }
  void await_resume() noexcept {}

 protected:
  WaitForReadiness(Source& source, std::uint32_t interest) noexcept
      : Attempts<Derived, Source>(source, interest, Attempts<Derived, Source>::Alone::No) {}
  ~WaitForReadiness() = default;
};

}  // namespace rondeau::detail
