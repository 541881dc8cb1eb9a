// PoolStats: what a pool holds now, and what it has done.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <source_location>
#include <string>

#include <rondeau/base/instant.h>

namespace rondeau::connect {

/// Why a pool closed a connection.
enum class CloseReason : std::uint8_t {
  Idle,      ///< nobody wanted it for too long, or there were too many of them
  Lifetime,  ///< it had lived long enough
  Eof,       ///< the peer ended it, or said something, while it lay idle
  Dirty,     ///< its user or the recycler found it in no state to be used again
  Broken,    ///< its user met an error, or was cancelled in the middle of something
  PoolClosed,
};
inline constexpr std::size_t kCloseReasons = 6;
/// "idle", "lifetime" …
const char* to_string(CloseReason reason) noexcept;

/// How long those waited who got a connection; those served at once count in the first bucket.
struct WaitHistogram {
  static constexpr std::array<Duration, 9> kBounds = {
      std::chrono::milliseconds(1),    std::chrono::milliseconds(5),    std::chrono::milliseconds(10),
      std::chrono::milliseconds(50),   std::chrono::milliseconds(100),  std::chrono::milliseconds(500),
      std::chrono::milliseconds(1000), std::chrono::milliseconds(2500), std::chrono::milliseconds(5000)};
  /// counts[i]: at most kBounds[i], and more than the bound before; the last: more than all of them.
  std::array<std::uint64_t, kBounds.size() + 1> counts{};
  Duration sum{};
};

struct PoolStats {
  /// A connection that has been out for the longest time.
  struct Holder {
    std::source_location where;  ///< of the acquire
    Duration held_for;
  };

  std::size_t max = 0;
  // Now. open = idle + in_use, and those that are being recycled; with `connecting` never more than max.
  std::size_t open = 0;
  std::size_t idle = 0;
  std::size_t in_use = 0;
  std::size_t connecting = 0;
  std::size_t waiting = 0;
  std::optional<Holder> longest_holder;
  // Since the pool was made.
  std::uint64_t acquired = 0;
  std::uint64_t created = 0;
  std::uint64_t failed_connects = 0;
  std::uint64_t timed_out = 0;
  std::uint64_t exhausted = 0;
  std::array<std::uint64_t, kCloseReasons> closed{};  ///< by reason
  WaitHistogram waits;

  std::uint64_t closed_for(CloseReason reason) const noexcept { return closed[static_cast<std::size_t>(reason)]; }
  /// "16 of 16 connections in use, 0 idle, 0 connecting, 3 waiting; the longest is held for 12 s, since db.cpp:40".
  std::string describe() const;
};

}  // namespace rondeau::connect
