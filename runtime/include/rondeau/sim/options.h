// What a simulated world is like: its links, its faults, its limits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include <rondeau/base/driver.h>
#include <rondeau/base/instant.h>

namespace rondeau::sim {

/// One direction of the way between two hosts. What is sent takes between `latency` and `latency_max`, now and then
/// `slow_latency` more, and what was sent before it first.
struct Link {
  Duration latency = std::chrono::microseconds(200);
  Duration latency_max = std::chrono::milliseconds(2);
  double slow = 0.01;  ///< how often, of 1
  Duration slow_latency = std::chrono::milliseconds(40);
  std::uint64_t bytes_per_second = 0;  ///< 0: no limit
  double loss = 0;                     ///< of datagrams, which also overtake each other; streams lose nothing
  double duplicates = 0;               ///< datagrams that arrive twice
};

/// How often the world misbehaves, of 1; each at a moment drawn from the seed.
///
/// The first four only use liberties that a kernel and a scheduler have, so that no program may mind them; what a program
/// does at its own places of RONDEAU_BUGGIFY is its own affair.
struct Faults {
  double cuts = 0.3;         ///< what was sent at once arrives in parts; buffers are small
  double short_calls = 0.1;  ///< a read or a write takes less than there is, or says WouldBlock for now
  double yields = 0.2;       ///< runs of a task in which a ready await goes to the back of the queue
  double buggify = 0.25;     ///< places of RONDEAU_BUGGIFY that this run takes, now and then; 1: all, 0: none

  double resets = 0;         ///< a connection is reset where its bytes arrive, and what is on the way is lost
  double refusals = 0;       ///< a connection is refused although somebody listens
  double black_holes = 0;    ///< nobody answers a connection, until it times out
  double accept_errors = 0;  ///< accept says TooManyOpenFiles, or the connection has gone
  double look_ups = 0;       ///< a name can't be looked up for now
  double threads = 0;        ///< there is no thread for a blocking call
  double disk = 0;           ///< a call reads or changes nothing in a file: EIO, or ENOSPC where it writes or syncs
  Duration clock_skew{};     ///< the time of day of each host is off by up to so much

  static Faults none() noexcept { return {.cuts = 0, .short_calls = 0, .yields = 0, .buggify = 0}; }
  /// All of them, in a measure that lets a program that retries get through.
  static Faults harsh() noexcept {
    return {.resets = 0.01,
            .refusals = 0.05,
            .black_holes = 0.01,
            .accept_errors = 0.05,
            .look_ups = 0.05,
            .threads = 0.02,
            .disk = 0.01,
            .clock_skew = std::chrono::hours(1)};
  }
};

struct Options {
  std::size_t workers = 2;  ///< of each host
  Link link{};              ///< between any two hosts that are told nothing else
  Faults faults{};
  /// Of the faults that are on, the seed chooses which this run has: with all at once little is learnt of any.
  bool subset_of_faults = true;
  Duration blocking_call_max = std::chrono::milliseconds(2);  ///< a blocking call takes up to so long
  Duration time_limit = std::chrono::hours(1);                ///< of the simulated time
  std::uint64_t step_limit = 10'000'000;
  /// Puts a driver over the simulated one of a host, for example a FaultDriver.
  std::function<std::unique_ptr<base::Driver>(base::Driver& inner)> wrap_driver = nullptr;
};

}  // namespace rondeau::sim
