// Interest, Ready: what a descriptor is asked for, and what it is found to be.
#pragma once

#include <cstdint>

#include <rondeau/base/driver.h>
#include <rondeau/detail/registration.h>

namespace rondeau::io {

/// A set of conditions of a descriptor.
class Ready {
 public:
  constexpr Ready() noexcept = default;
  explicit constexpr Ready(std::uint32_t bits) noexcept : bits_(bits) {}

  constexpr bool is_empty() const noexcept { return bits_ == 0; }
  constexpr bool is_readable() const noexcept { return (bits_ & detail::kReadInterest) != 0; }
  constexpr bool is_writable() const noexcept { return (bits_ & detail::kWriteInterest) != 0; }
  constexpr bool is_read_closed() const noexcept { return (bits_ & base::PollEvent::ReadClosed) != 0; }
  constexpr bool is_write_closed() const noexcept { return (bits_ & base::PollEvent::WriteClosed) != 0; }
  constexpr bool is_priority() const noexcept { return (bits_ & base::PollEvent::Priority) != 0; }
  constexpr bool is_error() const noexcept { return (bits_ & base::PollEvent::Failed) != 0; }

  /// As in base::PollEvent.
  constexpr std::uint32_t bits() const noexcept { return bits_; }

  friend constexpr Ready operator|(Ready left, Ready right) noexcept { return Ready(left.bits_ | right.bits_); }
  friend constexpr Ready operator&(Ready left, Ready right) noexcept { return Ready(left.bits_ & right.bits_); }
  friend constexpr Ready operator-(Ready left, Ready right) noexcept { return Ready(left.bits_ & ~right.bits_); }
  friend constexpr bool operator==(Ready, Ready) noexcept = default;

  static constexpr Ready readable() noexcept { return Ready(base::PollEvent::Readable); }
  static constexpr Ready writable() noexcept { return Ready(base::PollEvent::Writable); }
  static constexpr Ready read_closed() noexcept { return Ready(base::PollEvent::ReadClosed); }
  static constexpr Ready write_closed() noexcept { return Ready(base::PollEvent::WriteClosed); }
  static constexpr Ready priority() noexcept { return Ready(base::PollEvent::Priority); }
  static constexpr Ready error() noexcept { return Ready(base::PollEvent::Failed); }

 private:
  std::uint32_t bits_ = 0;
};

/// What to wait for; a closed direction satisfies an interest in it.
class Interest {
 public:
  static constexpr Interest readable() noexcept { return Interest(detail::kReadInterest); }
  static constexpr Interest writable() noexcept { return Interest(detail::kWriteInterest); }
  static constexpr Interest priority() noexcept {
    return Interest(base::PollEvent::Priority | base::PollEvent::ReadClosed);
  }
  static constexpr Interest error() noexcept { return Interest(base::PollEvent::Failed); }

  /// The conditions that end the wait.
  constexpr Ready ready() const noexcept { return Ready(bits_); }
  friend constexpr Interest operator|(Interest left, Interest right) noexcept {
    return Interest(left.bits_ | right.bits_);
  }

 private:
  explicit constexpr Interest(std::uint32_t bits) noexcept : bits_(bits) {}
  std::uint32_t bits_;
};

}  // namespace rondeau::io
