// Vector clocks: what has happened before what, among the few threads of a scenario.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace support::model {

inline constexpr std::size_t kMaxThreads = 8;

using ThreadId = std::uint8_t;
using Epoch = std::uint16_t;

/// For each thread, up to which of its steps something is known. 16 bytes, so that a join is one instruction.
struct alignas(16) Clock {
  std::array<Epoch, kMaxThreads> at{};

  Epoch& operator[](ThreadId thread) noexcept { return at[thread]; }
  Epoch operator[](ThreadId thread) const noexcept { return at[thread]; }

  void join(const Clock& other) noexcept {
    for (std::size_t i = 0; i < kMaxThreads; ++i) at[i] = at[i] < other.at[i] ? other.at[i] : at[i];
  }
  /// All of this happened before `later`.
  bool before(const Clock& later) const noexcept {
    bool all = true;
    for (std::size_t i = 0; i < kMaxThreads; ++i) all &= at[i] <= later.at[i];
    return all;
  }
  /// Some of this happened before `later`. Entries that never happened are kNever.
  bool any_before(const Clock& later) const noexcept {
    bool any = false;
    for (std::size_t i = 0; i < kMaxThreads; ++i) any |= at[i] <= later.at[i];
    return any;
  }

  static constexpr Epoch kNever = 0xffff;
  static Clock never() noexcept {
    Clock clock;
    clock.at.fill(kNever);
    return clock;
  }
};

}  // namespace support::model
