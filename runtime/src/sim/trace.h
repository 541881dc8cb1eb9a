// What happened in a world: a hash of all of it, and the last events for people.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <rondeau/base/instant.h>

namespace rondeau::sim {

enum class What : std::uint8_t {
  TaskRuns,        // task
  Turn,            // worker
  Timers,          // worker
  CallRuns,        // call
  Bind,            // socket, port
  Connect,         // socket, port
  Refused,         // socket
  Unanswered,      // socket, attempt
  Established,     // socket, socket of the client
  Accept,          // socket, listener
  AcceptFails,     // listener, errno
  Send,            // socket, bytes
  Receive,         // socket, bytes
  Arrives,         // socket, bytes
  EndArrives,      // socket
  ResetArrives,    // socket
  Lost,            // socket: what is on the way to it is sent again later
  Close,           // socket
  LookUp,          // addresses found
  Crash,
  Restart,
  Pause,
  Resume,
  Partition,       // to which host
  Heal,            // to which host
  ClockSet,
  Random,          // bytes
  RareBranch,      // a number of its name
  DiskFails,       // errno
};

class Trace {
 public:
  void add(Instant when, What what, std::size_t host, std::uint64_t first = 0, std::uint64_t second = 0) noexcept {
    ++count_;
    mix(static_cast<std::uint64_t>(when.nanoseconds()));
    mix(static_cast<std::uint64_t>(what) << 32 | host);
    mix(first);
    mix(second);
    last_[count_ % kKept] = {when, what, static_cast<std::uint32_t>(host), first, second};
  }
  std::uint64_t hash() const noexcept { return hash_; }
  /// A line each, oldest first.
  std::string text(Instant start, const std::vector<std::string>& hosts) const;

 private:
  static constexpr std::size_t kKept = 200;
  struct Entry {
    Instant when;
    What what{};
    std::uint32_t host = 0;
    std::uint64_t first = 0;
    std::uint64_t second = 0;
  };

  void mix(std::uint64_t word) noexcept {
    hash_ = (hash_ ^ word) * 0x9e3779b97f4a7c15;
    hash_ ^= hash_ >> 29;
  }

  std::uint64_t hash_ = 0xcbf29ce484222325;
  std::uint64_t count_ = 0;
  std::array<Entry, kKept> last_{};
};

}  // namespace rondeau::sim
