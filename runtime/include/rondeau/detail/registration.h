// Registration: a descriptor's place in a reactor. Readiness is remembered there, waits are linked there.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include <rondeau/base/driver.h>
#include <rondeau/base/result.h>
#include <rondeau/detail/waiter.h>

namespace rondeau::reactor {
class Reactor;
struct Record;
}  // namespace rondeau::reactor

namespace rondeau::detail {

/// What ends a wait for reading: bytes, or the certainty that none will come.
inline constexpr std::uint32_t kReadInterest = base::PollEvent::Readable | base::PollEvent::ReadClosed;
inline constexpr std::uint32_t kWriteInterest = base::PollEvent::Writable | base::PollEvent::WriteClosed;
inline constexpr std::uint32_t kClosedInterest =
    base::PollEvent::ReadClosed | base::PollEvent::WriteClosed | base::PollEvent::Failed;
/// Always part of a wait: the runtime ends.
inline constexpr std::uint32_t kShutdownBit = 1u << 31;

/// What a descriptor was ready for at one moment, and when that was.
///
/// 16 bits of readiness (base::PollEvent::Bits), a tick of 15 bits that moves with every report, the shutdown bit.
class Readiness {
 public:
  explicit Readiness(std::uint32_t word) noexcept : word_(word) {}
  bool any(std::uint32_t bits) const noexcept { return (word_ & bits & 0xffff) != 0; }
  std::uint32_t bits() const noexcept { return word_ & 0xffff; }
  std::uint32_t tick() const noexcept { return (word_ >> 16) & 0x7fff; }
  bool is_shutdown() const noexcept { return (word_ & kShutdownBit) != 0; }

 private:
  std::uint32_t word_;
};

/// Keeps a descriptor registered, edge-triggered for both directions; does not close it.
///
/// Deregister (destroy, reset) before closing the descriptor. No wait may be going on then.
/// Thread safety: readiness(), clear(), start_wait() and end_wait() from any thread; moving and destroying as for an
/// int. Lifetime: keeps the reactor's memory, not its life: once the runtime has ended every wait ends at once with the
/// shutdown bit set.
class Registration {
 public:
  Registration() noexcept = default;
  /// `ready`: what to try before the first report. Errors: ShuttingDown, PermissionDenied for what cannot be polled
  /// (regular files), OutOfMemory, NoSpace.
  static Result<Registration> make(reactor::Reactor& reactor, int descriptor, std::uint32_t ready);

  Registration(Registration&& other) noexcept
      : reactor_(std::exchange(other.reactor_, nullptr)),
        record_(std::exchange(other.record_, nullptr)),
        descriptor_(std::exchange(other.descriptor_, -1)) {}
  Registration& operator=(Registration&& other) noexcept {
    if (this != &other) {
      reset();
      reactor_ = std::exchange(other.reactor_, nullptr);
      record_ = std::exchange(other.record_, nullptr);
      descriptor_ = std::exchange(other.descriptor_, -1);
    }
    return *this;
  }
  ~Registration() { reset(); }

  /// Deregisters; the descriptor is the caller's again. -1 where there was none.
  int reset() noexcept;

  explicit operator bool() const noexcept { return record_ != nullptr; }
  int descriptor() const noexcept { return descriptor_; }
  base::Driver& driver() const noexcept;
  /// What the driver lives in, for who needs it after reset(); null where it lives by itself.
  std::shared_ptr<void> driver_memory() const noexcept;

  Readiness readiness() const noexcept;
  /// The caller met the end of what `seen` promised: forgets `bits`, unless a report came in after `seen` was read.
  /// Closed and error bits too, where they are named: only a call that would have waited shows that they are over.
  void clear(std::uint32_t bits, Readiness seen) const noexcept;

  /// Links the waiter; false: ready for its interest already, or shutting down.
  bool start_wait(Waiter& waiter) const noexcept;
  void end_wait(Waiter& waiter) const noexcept;

 private:
  reactor::Reactor* reactor_ = nullptr;
  reactor::Record* record_ = nullptr;
  int descriptor_ = -1;
};

}  // namespace rondeau::detail
