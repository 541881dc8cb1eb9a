// What happened in a world: a hash of all of it, and the last events for people.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rondeau/base/instant.h>

namespace rondeau::sim {

/// Of two runs of one seed.
inline constexpr std::string_view kRunsDiffer =
    "two runs of one seed differ: the program asks something that is not in the seed";

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
    history_.push_back(hash_);
    if (parted_ != 0 || followed_.empty()) return;
    if (count_ > followed_.size() || followed_[count_ - 1] != hash_) parted_ = count_;
  }
  /// The hash after each event.
  const std::vector<std::uint64_t>& history() const noexcept { return history_; }
  /// From now on parted() tells whether something else happened than in the run of that history.
  void follow(std::vector<std::uint64_t> history) noexcept { followed_ = std::move(history); }
  bool parted() const noexcept { return parted_ != 0; }
  /// The first event that was another.
  std::string parted_at(Instant start, const std::vector<std::string>& hosts) const { return line(last_[parted_ % kKept], start, hosts); }
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

  static std::string line(const Entry& entry, Instant start, const std::vector<std::string>& hosts);
  void mix(std::uint64_t word) noexcept {
    hash_ = (hash_ ^ word) * 0x9e3779b97f4a7c15;
    hash_ ^= hash_ >> 29;
  }

  std::uint64_t hash_ = 0xcbf29ce484222325;
  std::uint64_t count_ = 0;
  std::vector<std::uint64_t> history_;
  std::vector<std::uint64_t> followed_;  ///< empty: nobody asks
  std::uint64_t parted_ = 0;             ///< count_ at that event; 0: none
  std::array<Entry, kKept> last_{};
};

}  // namespace rondeau::sim
